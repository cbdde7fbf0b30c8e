"""公开 and 内部 editions of one run: apart in files, marks, rights, log; no number held back is in the public one."""

from __future__ import annotations

import contextlib
import json
import os
import re
import zipfile
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import docx
import numpy as np
import openpyxl
import pyogrio
import pytest
from bs4 import BeautifulSoup
from scipy.optimize import linprog
from test_small_numbers import THRESHOLD, make_zone, rows_of, village
from typer.testing import CliRunner

from govkit.cli import app
from govkit.errors import GovkitError, ZoneError
from govkit.files import sha256
from govkit.front_matter import EDITION
from govkit.research.zone import open_zone as govkit_open
from govkit.zone.opening import open_zone

STATED = 'editions = ["公开", "内部"]\n'
ASKED = ("--district", "230102003", "--notebook", "district_report", "--to", "html,docx,xlsx,pdf")
ITEM = "留守儿童日间照料"
SMALL_UNITS = {0: (3, 9), 1: (2, 8), 2: (6, 12)}


def two_editions(folder: Path, counts: dict[int, tuple[int, int]], **how: str) -> Path:
    """Write a zone of villages that prints children in day care: done and due, by village of 丙镇."""
    every = {at: counts.get(at, (20, 30)) for at in range(6)}
    rows: dict[tuple[str, int, str, str], tuple[float, float | None]] = {
        ("230102003000", at, "2018H2", ITEM): pair for at, pair in every.items()
    }
    zone = make_zone(folder, rows_of(rows), **how)
    with (zone / "zone.toml").open("a", encoding="utf-8") as file:
        file.write(STATED)
    return zone


def govkit(*arguments: str, folder: Path) -> str:
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "失败：" not in done.output, done.output
    return done.output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both editions of one town's report."""
    folder = tmp_path_factory.mktemp("editions")
    two_editions(folder / "区", SMALL_UNITS)
    govkit("report", "区", *ASKED, "--volume", "--out", "出", folder=folder)
    return folder


def texts(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield every file of an edition, those in a zip one by one; the log's times and the run's own notes left out."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or ".govkit" in path.parts or path.name == "log.jsonl":
            continue
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from ((path / name, archive.read(name)) for name in archive.namelist())
        else:
            yield path, path.read_bytes()


def test_each_edition_has_its_files_its_marks_and_its_rights(made: Path) -> None:
    for edition, other, mode in (("公开", "内部", 0o644), ("内部", "公开", 0o600)):
        names = [path.name for path in (made / "出" / edition).rglob("*2301*") if path.is_file()]
        reports = [name for name in names if name.startswith("230102003-丙镇")]
        assert len(reports) == 4
        assert all(edition in name and other not in name for name in reports)
        files = [path for path in (made / "出" / edition).glob("*") if path.is_file()]
        if os.name == "posix":
            assert {path.stat().st_mode & 0o777 for path in files} == {mode}
    page = (made / "出" / "内部" / "230102003-丙镇-内部.html").read_text(encoding="utf-8")
    assert page.count('<span class="mark">内部') == 2
    public = (made / "出" / "公开" / "230102003-丙镇-公开.html").read_text(encoding="utf-8")
    assert "内部</span>" not in public
    assert "统计指标.csv" in page
    assert "统计指标.csv" not in public


def test_every_page_of_the_internal_edition_says_so(made: Path) -> None:
    from pypdf import PdfReader

    pages = PdfReader(made / "出" / "内部" / "230102003-丙镇-内部.pdf").pages
    assert all("内部" in page.extract_text() for page in pages)
    with zipfile.ZipFile(made / "出" / "内部" / "230102003-丙镇-内部.docx") as word:
        heads = [word.read(name).decode("utf-8") for name in word.namelist() if "/header" in name]
    assert any("内部" in head for head in heads)
    book = openpyxl.load_workbook(made / "出" / "内部" / "230102003-丙镇-内部-附表.xlsx")
    assert all(sheet.oddHeader.right.text == "内部" for sheet in book)


def test_the_public_edition_is_the_same_whatever_the_numbers_it_holds_back(made: Path, tmp_path: Path) -> None:
    # the same sums of what is shown together, another number in each cell
    two_editions(tmp_path / "区", {0: (1, 8), 1: (4, 12), 2: (6, 9)})
    govkit("report", "区", *ASKED, "--volume", "--out", "出", "--edition", "公开", folder=tmp_path)
    first, second = (
        {path.relative_to(root / "出"): data for path, data in texts(root / "出" / "公开")} for root in (made, tmp_path)
    )
    assert first.keys() == second.keys()
    assert len(first) > 20
    apart = {path for path in first if first[path] != second[path]}
    assert apart <= {Path("公开/index.html"), Path("公开/manifest.json")}  # say when they were made
    told = [json.loads(found[Path("公开/manifest.json")]) for found in (first, second)]
    for one in told:
        for report in (one, *one["reports"]):
            report.pop("seconds")
        one.pop("started")
    assert told[0] == told[1]


def test_the_internal_edition_lists_each_cell_the_public_one_does_not_hold(made: Path) -> None:
    book = openpyxl.load_workbook(made / "出" / "内部" / "公开版未列内容.xlsx")
    cells = [row for row in book["逐格"].iter_rows(min_row=5, values_only=True) if row[4] == ITEM]
    code = village("230102003000", 0)
    assert ("统计指标", code, "丙1村", "2018H2", ITEM, "数值", "3", None) in [
        (*row[:6], str(row[6]), row[7]) for row in cells
    ]
    assert len(cells) == 6
    summary = [str(row) for row in book["汇总"].iter_rows(values_only=True)]
    assert any("留守" in row for row in summary)
    assert any("文件名" in row for row in summary)
    assert not (made / "出" / "公开" / "公开版未列内容.xlsx").exists()


def test_nothing_to_do_is_seen_for_each_edition_and_verify_sign_and_pack_know_them(made: Path) -> None:
    assert govkit("report", "区", *ASKED, "--volume", "--out", "出", folder=made).count("未变 2 份") == 2
    for edition in ("公开", "内部"):
        place = f"出/{edition}"
        assert "全部一致" in govkit("verify", place, folder=made)
        assert "已审核" in govkit("sign", place, "--state", "reviewed", "--name", "张三", folder=made)
        govkit("pack", place, folder=made)
    assert "草稿" not in govkit("sign", "出/公开", folder=made)
    packed = made / "出" / "出-内部.zip"
    if os.name == "posix":
        assert packed.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(made / "出" / "出-公开.zip") as archive:
        assert not [name for name in archive.namelist() if "内部" in name or "未列" in name]
        assert b"csv" not in archive.read("公开/log.jsonl")


def test_a_zone_is_opened_in_the_edition_asked_for_or_that_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = two_editions(tmp_path / "区", SMALL_UNITS)
    assert open_zone(folder).tables["statistics"]["value"].min() == 2
    public = open_zone(folder, edition="公开")
    assert public.tables["statistics"]["value"].min() >= 5
    assert public.front.classification == "公开"
    assert public.accounts["sha256"].isna().all()
    monkeypatch.setenv(EDITION, "公开")
    assert open_zone(folder).front.edition == "公开"
    with pytest.raises(ZoneError, match="正在出“公开”版"):
        open_zone(folder, edition="内部")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('editions = ["公开版"]', 'editions 应写作 \\["公开", "内部"\\]'),
        ('editions = ["公开"]\npublic_without = ["问题清"]', "问题清单"),
        ('public_without = ["问题清单"]', "只在 editions 里有“公开”时"),
    ],
)
def test_what_zone_toml_may_say_of_editions(tmp_path: Path, lines: str, said: str) -> None:
    folder = make_zone(tmp_path / "区", [])
    with (folder / "zone.toml").open("a", encoding="utf-8") as file:
        file.write(lines)
    with pytest.raises(ZoneError, match=said):
        open_zone(folder)


def test_a_zone_without_editions_has_none_to_ask_for(tmp_path: Path) -> None:
    with pytest.raises(ZoneError, match="只有一个版本"):
        open_zone(make_zone(tmp_path / "区", []), edition="公开")


def printed(folder: Path, edition: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield every table of the finished web page, Word file and workbook as rows of cells, with the file's ending."""
    page = BeautifulSoup((folder / f"230102003-丙镇-{edition}.html").read_bytes(), "html.parser")
    for table in page.find_all("table"):
        yield ".html", [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in table.select("tr")]
    for written in docx.Document(str(folder / f"230102003-丙镇-{edition}.docx")).tables:
        yield ".docx", [[cell.text.strip() for cell in row.cells] for row in written.rows]
    for sheet in openpyxl.load_workbook(folder / f"230102003-丙镇-{edition}-附表.xlsx"):
        rows = sheet.iter_rows(values_only=True)
        yield ".xlsx", [["" if cell is None else str(cell) for cell in row] for row in rows]


def day_care(folder: Path, edition: str) -> dict[str, dict[str, tuple[float, float]]]:
    """Return for each ending what is printed of children in day care: row → done and due, where it has both."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for ending, rows in printed(folder, edition):
        heads = next((row for row in rows if any("应享受人数" in cell for cell in row)), None)
        if heads is None:
            continue
        due = next(at for at, cell in enumerate(heads) if "应享受人数" in cell)
        done = next(at for at, cell in enumerate(heads) if "享受人数" in cell and at != due)
        for row in rows[rows.index(heads) + 1 :]:
            if len(row) > due and all(re.fullmatch(r"[\d,]+(\.0)?", row[at]) for at in (done, due)):
                numbers = [float(row[at].replace(",", "")) for at in (done, due)]
                name = next(cell for cell in row if cell and not cell[0].isdigit())
                found.setdefault(ending, {})[name] = (numbers[0], numbers[1])
    return found


def test_linear_programming_over_the_finished_documents_finds_no_small_number(made: Path) -> None:
    every = day_care(made / "出" / "内部", "内部")
    truth = {f"丙{at + 1}村": SMALL_UNITS.get(at, (20, 30)) for at in range(6)}
    assert every.keys() == {".html", ".docx", ".xlsx"}
    assert all(rows[name] == pair for rows in every.values() for name, pair in truth.items())
    known: dict[str, tuple[float, float]] = {}
    for rows in day_care(made / "出" / "公开", "公开").values():
        known |= rows
    apart, total = (next(pair for name, pair in known.items() if word in name) for word in ("未单列", "合计"))
    assert total == tuple(map(sum, zip(*truth.values(), strict=True)))
    shown = {name: pair for name, pair in known.items() if name in truth}
    names = [*truth]
    # unknown: done and due of each village; done is at most due
    equal, values = [], []
    for column in (0, 1):
        for some, number in [
            *(([name], pair[column]) for name, pair in shown.items()),
            ([name for name in names if name not in shown], apart[column]),
            (names, total[column]),
        ]:
            equal.append([float(at % 2 == column and names[at // 2] in some) for at in range(2 * len(names))])
            values.append(number)
    below = [
        [float((at == 2 * one) - (at == 2 * one + 1)) for at in range(2 * len(names))] for one in range(len(names))
    ]
    asked = {"A_eq": equal, "b_eq": values, "A_ub": below, "b_ub": [0.0] * len(names), "method": "highs"}
    attacked = 0
    for at, (done, due) in enumerate(truth.values()):
        for cost, number in (({0: 1.0}, done), ({1: 1.0}, due), ({0: -1.0, 1: 1.0}, due - done)):
            if 0 < number < THRESHOLD:
                goal = [cost.get(place - 2 * at, 0.0) for place in range(2 * len(names))]
                low, high = (sign * linprog([sign * one for one in goal], **asked).fun for sign in (1, -1))
                assert high - low >= THRESHOLD, (names[at], low, high)
                attacked += 1
    assert attacked == 2


# Large numbers that no two sums of them share, but for two villages with few children.
MANY = {0: (3, 917), 1: (2, 826), 2: (1297, 2693), 3: (4111, 7529), 4: (5227, 9133), 5: (6361, 8969)}
BEFORE = {0: (4, 931), 1: (1, 809), 2: (1283, 2741), 3: (4057, 7639), 4: (5351, 9293), 5: (6577, 8821)}
PERIODS = {"2018H1": BEFORE, "2018H2": MANY}


def statements(folder: Path) -> Iterator[str]:
    """Yield what all documents below a folder say: table rows, sentences, texts of slides and cells of workbooks."""
    for path in sorted(folder.rglob("*.html")):
        page = BeautifulSoup(path.read_bytes(), "html.parser")
        for part in page.find_all("tr"):
            yield part.extract().get_text(" ", strip=True)
        for part in page.find_all(["script", "style"]):
            part.decompose()
        yield from re.split("[。；]", page.get_text(" ", strip=True))
    for path in sorted(folder.rglob("*.xlsx")):
        for sheet in openpyxl.load_workbook(path):
            yield from (" ".join(map(str, filter(None, row))) for row in sheet.iter_rows(values_only=True))
    for path in [*sorted(folder.rglob("*.pptx")), *sorted(folder.rglob("*.docx"))]:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".xml"):
                    yield from re.split("</a:tr>|</w:tr>|</a:p>|</w:p>|</p:sp>", archive.read(name).decode("utf-8"))


def attacked(said: list[str]) -> dict[tuple[str, int, int], float]:
    """Return how wide each small number's span is by all that is said: any number printed that is a sum of villages'.

    Sums are of any villages, of done, due or what is left, of a period, both, or the one less the other; a share
    printed beside a village's name is one of its.
    """
    places = [(period, at, column) for period in PERIODS for at in range(6) for column in (0, 1)]
    truth = np.array([float(PERIODS[period][at][column]) for period, at, column in places])
    plain = [re.sub(r"<[^>]*>", " ", one) for one in said]
    numbers = {float(hit.replace(",", "")) for one in plain for hit in re.findall(r"\d[\d,]*(?:\.\d+)?", one)}
    equal, below, most = [], [], []
    for some in (set(one) for size in range(1, 7) for one in combinations(range(6), size)):
        for done, due in ((1, 0), (0, 1), (-1, 1)):
            for weights in ((1, 0), (0, 1), (1, 1), (-1, 1)):
                weight = dict(zip(PERIODS, weights, strict=True))
                sums = np.array([weight[period] * (at in some) * (done, due)[column] for period, at, column in places])
                number = abs(float(sums @ truth))
                if number in numbers and (number > 99 or any(says(plain, one, number) for one in some)):
                    equal.append(sums)
    for first in range(0, len(places), 2):
        one = np.eye(len(places))
        below.append(one[first] - one[first + 1])
        most.append(0.0)
        share = 100 * truth[first] / truth[first + 1]
        if says(plain, places[first][1], round(share, 1)):
            for sign in (1, -1):
                below.append(sign * (one[first] - (share + sign * 0.05) / 100 * one[first + 1]))
                most.append(0.0)
    asked = {"A_ub": below, "b_ub": most, "method": "highs"}
    if equal:
        asked |= {"A_eq": np.array(equal), "b_eq": np.array(equal) @ truth}
    found = {}
    for place, cost, number in zip(places, np.eye(len(places)), truth, strict=True):
        if number < THRESHOLD:
            ends = [linprog(sign * cost, **asked) for sign in (1, -1)]
            found[place] = np.inf if ends[1].status == 3 else -ends[1].fun - ends[0].fun
    return found


def says(said: list[str], at: int, number: float) -> bool:
    """Whether a number stands in a statement that names a village."""
    find = re.compile(rf"(?<![\d.,]){re.escape(f'{number:g}')}(?:\.0)?(?![\d.])")
    return any(f"丙{at + 1}村" in one and find.search(re.sub(r"丙\d村", "", one)) for one in said)


def test_linear_programming_over_all_documents_of_two_periods_finds_no_small_number(tmp_path: Path) -> None:
    rows = {("230102003000", at, period, ITEM): pair for period, every in PERIODS.items() for at, pair in every.items()}
    zone = make_zone(tmp_path / "区", rows_of(rows))
    with (zone / "zone.toml").open("a", encoding="utf-8") as file:
        file.write(STATED)
    for period in PERIODS:
        asked = ("--district", "230102003", "--period", period, "--to", "html,xlsx,docx,pptx,slides")
        govkit("report", "区", *asked, "--out", f"出/{period}", folder=tmp_path)
    assert {f"{name}-公开.html" for name in ("230102003-丙镇", "overview", "bulletin")} <= {
        path.name for path in (tmp_path / "出" / "2018H2" / "公开").glob("*.html")
    }
    said = {
        edition: [one for period in PERIODS for one in statements(tmp_path / "出" / period / edition)]
        for edition in ("公开", "内部")
    }
    assert min(map(len, said.values())) > 500
    known = attacked(said["内部"])
    assert len(known) == 4
    assert max(known.values()) < 1  # the attack reads what is printed
    public = attacked(said["公开"])
    assert min(public.values()) >= THRESHOLD, public


def test_no_hash_tells_a_file_of_the_office_that_somebody_may_guess(made: Path) -> None:
    hashes = [sha256(path).encode("ascii") for path in (made / "区").iterdir() if path.is_file()]
    written = [path for path in (made / "出" / "公开").rglob("*") if path.is_file()]
    assert len(hashes) > 4
    assert any(path.parent.name == ".govkit" for path in written)
    assert [path for path in written if any(one in path.read_bytes() for one in hashes)] == []


def test_an_export_of_the_public_edition_holds_no_small_number_either(made: Path, tmp_path: Path) -> None:
    public = govkit_open(made / "区", edition="公开")
    with pytest.raises(GovkitError, match="公开版不能附上原文件"):
        public.export(tmp_path / "带原件", sources=True)
    public.export(tmp_path / "出")
    layer = pyogrio.read_dataframe(next((tmp_path / "出").glob("*.gpkg")), layer="statistics")
    assert layer["value"].dropna().min() >= THRESHOLD
    assert layer["value"].sum() == sum(SMALL_UNITS.get(at, (20, 30))[0] for at in range(6))
    for path in (tmp_path / "出").rglob("*"):
        assert not path.is_file() or "统计指标.csv".encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("edition", "line"), [("公开", "来源：统计指标，2018H2。"), ("内部", "来源：统计指标（统计指标.csv），2018H2。")]
)
def test_a_table_says_below_it_what_it_is_made_of(made: Path, edition: str, line: str) -> None:
    page = BeautifulSoup((made / "出" / edition / f"230102003-丙镇-{edition}.html").read_bytes(), "html.parser")
    assert page.get_text().count(line) >= 1
    with zipfile.ZipFile(made / "出" / edition / f"230102003-丙镇-{edition}.docx") as word:
        assert line in word.read("word/document.xml").decode("utf-8")


def test_a_number_of_either_edition_is_traced_in_its_own(made: Path) -> None:
    def told(edition: str, number: str, name: str = "230102003-丙镇") -> str:
        page = made / "出" / edition / f"{name}-{edition}.html"
        done = CliRunner().invoke(app, ["trace", str(page), number, "--zone", str(made / "区")])
        return f"{done.output}{done.exception or ''}"

    assert "最接近的是" in told("公开", "97531")
    assert "230102003-丙镇-公开" in told("公开", "3", "230102003-丙镇村")
    assert "统计指标.csv" in told("公开", "71")
    assert "丙1村" in told("内部", "9")
