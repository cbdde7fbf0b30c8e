"""The command line: new, check, list, report. Thin: it parses, calls the package and prints; nothing is computed here.

Exit codes: 0 all done; 1 something failed or was rejected, everything else was done; 2 it could not start.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Hashable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from govkit.errors import GovkitError, StrictError, ZoneError, nearest
from govkit.files import unwritable

if TYPE_CHECKING:
    from govkit.batch.record.manifest import Manifest

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="社区治理实验区分析与报告工作台。",
)

# Where zones are looked for when only a name is given.
DATA = Path("data")
# What typer makes of Ctrl-C.
_INTERRUPTED = 130
# A terminal holds no more findings than this; the files hold them all.
_MOST_PRINTED = 200

notebooks_app = typer.Typer(no_args_is_help=True, help="工作台自带的笔记本。")
app.add_typer(notebooks_app, name="notebooks")
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取")]
ZoneArgument = Annotated[str, typer.Argument(metavar="ZONE", help="分区文件夹，或 data/ 下的名称")]


def _version(wanted: bool) -> None:
    if wanted:
        import govkit

        print(f"govkit {govkit.__version__}")
        raise typer.Exit


@app.callback()
def _every(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="显示版本")] = False,
) -> None:
    """社区治理实验区分析与报告工作台。"""


@notebooks_app.command("copy")
def copy_notebooks(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="复制到哪里")] = Path("notebooks"),
    name: Annotated[list[str] | None, typer.Option(help="只要这些笔记本，可重复；默认全部")] = None,
) -> int:
    """把自带的笔记本复制出来修改；已有的文件不会被覆盖。当前文件夹 notebooks/ 下的笔记本优先使用。"""
    from govkit import notebook_places

    copied, there = notebook_places.copy_notebooks(folder, tuple(name or ()))
    for path in copied:
        print(f"已写出 {path}")
    for path in there:
        print(f"已有，未改动 {path}")
    return 0


@notebooks_app.command("list")
def list_notebooks(
    zone: Annotated[str | None, typer.Argument(metavar="[ZONE]", help="分区；也列出它自己的笔记本")] = None,
) -> int:
    """列出能按名称使用的笔记本和它们所在的位置。"""
    from govkit import notebook_places

    for name, path in notebook_places.notebooks(_zone_folder(zone) if zone else None).items():
        print(f"{name}\t{path}")
    return 0


@app.command()
def new(
    folder: Annotated[Path | None, typer.Argument(metavar="[FOLDER]", help="新分区文件夹")] = None,
    name: Annotated[str, typer.Option(help="分区名称")] = "",
    code: Annotated[str, typer.Option(help="区划代码，如 230102")] = "",
    table: Annotated[list[str] | None, typer.Option(help="只要这些表的模板，可重复；默认全部")] = None,
    files: Annotated[Path | None, typer.Option("--from", help="已有文件的文件夹：按其中的文件提出 zone.toml")] = None,
    country: Annotated[str, typer.Option(help="我国以外的分区：国家的两个字母，如 KE")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="不提问，直接写出")] = False,
) -> int:
    """新建分区：带注释的 zone.toml 和 Excel 模板；或用 --from 按已有的文件提出 zone.toml。"""
    if files is not None:
        return _new_from(files, name=name, code=code, country=country, yes=yes)
    if folder is None or not name or not code:
        raise ZoneError(
            "缺少新分区的文件夹、--name 或 --code。", todo="补上后重试；已有文件的，用 govkit new --from 文件夹。"
        )
    from govkit.intake.templates.new_zone import new_zone

    for path in new_zone(folder, name=name, code=code, tables=tuple(table or ())):
        print(f"已写出 {path}")
    print(f"下一步：填好后运行 govkit check {folder}")
    return 0


def _new_from(folder: Path, *, name: str, code: str, country: str, yes: bool) -> int:
    """Propose a zone from the files of a folder, ask whether to write it, and write it."""
    from govkit.intake.proposing.propose import in_words, propose, write

    proposal = propose(folder, name=name, code=code, country=country)
    print("\n".join(in_words(proposal)))
    if proposal.text and proposal.asks and not yes:
        # what no file tells
        if "name" in proposal.asks:
            name = typer.prompt("分区名称", default=proposal.asks["name"])
        if "code" in proposal.asks:
            code = typer.prompt("区划代码（如 230102；不知道直接回车）", default="", show_default=False).strip()
        proposal = propose(folder, name=name, code=code, country=country)
    if not proposal.text:
        return 0 if proposal.adds else 1
    if not yes and not typer.confirm("写出 zone.toml？", default=True):
        print("没有写出。")
        return 0
    for path in write(proposal):
        print(f"已写出 {path}")
    print(f"下一步：govkit check {folder}")
    return 0


@app.command()
def check(
    zone: ZoneArgument,
    out: Annotated[Path | None, typer.Option(help="check.xlsx、check.html 写到哪里")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="有错误时退出码为 1")] = False,
    as_json: AsJson = False,
) -> int:
    """检查数据文件：逐文件、工作表、行、列列出问题。"""
    from govkit.documents.check.write import SEVERITY, as_records, check_judges, check_zone, spoken

    place = _zone_folder(zone)
    opened, written = check_zone(place, out or Path("reports") / place.resolve().name)
    counts = opened.findings.loc[opened.findings["accepted"].isna(), "severity"].value_counts()
    told = {key: int(counts.get(key, 0)) for key in SEVERITY}
    if as_json:
        print(json.dumps({"counts": told, "files": [*map(str, written)], **as_records(opened)}, ensure_ascii=False))
    else:
        print("\n".join(spoken(opened.findings, opened.accounts, most=_MOST_PRINTED)))
        for path in written:
            print(f"已写出 {path}")
        print("合计：" + "，".join(f"{word} {told[key]} 处" for key, word in SEVERITY.items()))
    check_judges(opened)
    return 1 if strict and told["error"] else 0


@app.command("correct")
def correct_cell(
    zone: ZoneArgument,
    file: Annotated[str, typer.Argument(metavar="FILE", help="文件名，如 03-设施台账.xlsx")],
    cell: Annotated[str, typer.Argument(metavar="CELL", help="单元格，如 F17；图层写 12!字段名")],
    now: Annotated[str, typer.Argument(metavar="VALUE", help="应为；空着写 ''")],
    name: Annotated[str, typer.Option(help="更正人")] = "",
    sheet: Annotated[str, typer.Option(help="工作表，只有一张时可不写")] = "",
    reason: Annotated[str, typer.Option(help="理由或依据")] = "",
) -> int:
    """更正一格：记在 corrections.toml 里，原文件不改动。"""
    from govkit.desk.acts import correct_cell as put_right

    one = put_right(_zone_folder(zone), file=file, cell=cell, now=now, by=name, sheet=sheet, reason=reason)
    print(f"已记下：{one.file} {one.sheet} {one.cell} “{one.was}” 读作 “{one.now}”（{one.by}，{one.on}）")
    return 0


@app.command()
def accept(
    zone: ZoneArgument,
    finding: Annotated[str, typer.Argument(metavar="ID", help="问题的编号，见 govkit check")],
    reason: Annotated[str, typer.Option(help="为什么可以这样")] = "",
    name: Annotated[str, typer.Option(help="认可人")] = "",
) -> int:
    """认可一处问题：理由、姓名、日期记在 corrections.toml 里，印在报告附录。"""
    from govkit.intake.reading.corrections import accept as put_down

    one = put_down(_zone_folder(zone), id=finding, reason=reason, by=name)
    print(f"已记下：{one.id} {one.reason}（{one.by}，{one.on}）")
    return 0


@app.command()
def desk(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="分区文件夹，或放着资料的文件夹")] = Path(
        "我区资料"
    ),
    out: Annotated[Path | None, typer.Option(help="报告写到哪里，默认 reports/")] = None,
    port: Annotated[int, typer.Option(help="本机端口，0 为任意一个空的")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="打开浏览器")] = True,
) -> int:
    """打开工作台：在本机浏览器里放文件、看问题、更正、出报告、签批、打包。"""
    from govkit.desk.server import serve

    place = _zone_folder(str(folder))
    serve(place, out=out, port=port, browser=browser, said=lambda line: print(line, flush=True))
    return 0


@app.command()
def bundle(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="新文件夹，整个拷到不联网的电脑上")],
    python: Annotated[str, typer.Option(help="那台电脑上 Python 的版本")] = "3.12",
    wheel: Annotated[Path | None, typer.Option(help="govkit 的 .whl，默认用源代码现做")] = None,
    lock: Annotated[Path | None, typer.Option(help="requirements.lock，默认用源代码里的")] = None,
    installer: Annotated[Path | None, typer.Option(help="Python 的安装程序 .exe，一并放入")] = None,
) -> int:
    """做一个给不联网的 Windows 电脑用的文件夹：安装包和“开始.bat”。要联网取安装包。"""
    from govkit.desk.bundle import bundle as bundled

    made = bundled(folder, python=python, wheel=wheel, lock=lock, installer=installer)
    print(f"已写出 {made.folder}：{made.wheels} 个安装包，{made.size / 1e6:.0f} MB，路径最长 {made.longest} 个字符")
    print("没有在 Windows 上运行过；到那台电脑上双击“开始.bat”试一次，见 说明.txt。")
    return 0


@app.command()
def pack(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="报告所在的文件夹，如 reports/daoli/2018H2")],
    out: Annotated[Path | None, typer.Option(help="写成哪个 zip，默认在报告文件夹旁边")] = None,
) -> int:
    """打包报告：核对无误后压成一个 zip，附制作记录和签批情况。"""
    from govkit.batch.record.pack import pack as packed

    print(f"已写出 {packed(folder, out=out)}")
    return 0


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="报告所在的文件夹，如 reports/daoli/2018H2")],
) -> int:
    """核对报告文件夹：制作记录、清单和每个文件是否与制作时一致，被改动的逐个列出。"""
    from govkit.batch.record.verify import verify

    log, altered = verify(folder)
    for line in altered:
        print(f"[不符] {line}")
    count = f"制作记录 {len(log.entries)} 条，最后一条的封印 {log.last_seal[:16]}"
    print(f"{count}：" + (f"有 {len(altered)} 处不符" if altered else "全部一致"))
    return 1 if altered else 0


@app.command()
def fill(
    zone: ZoneArgument,
    form: Annotated[Path, typer.Argument(metavar="FORM", help="上级报表的空表（.xlsx、.docx）")],
    period: Annotated[str | None, typer.Option(help="报告期，默认为最近一期")] = None,
    out: Annotated[Path | None, typer.Option(help="写到哪个文件夹，默认 reports/<分区>/<报告期>/forms")] = None,
) -> int:
    """填写上级报表：认得的表头和行名填上数，每格附来源；不知道的留空并列出。"""
    import govkit
    from govkit.forms.fill import fill

    done = fill(govkit.open_zone(_zone_folder(zone)), form, period=period, out=out)
    for line in done.contradicted:
        print(f"[不符] {line}")
    for line in done.empty:
        print(f"[未填] {line}")
    print(f"已写出 {done.path}")
    print(f"填写 {done.filled} 格，没有数据、留空 {done.left_empty} 格，合计不符 {len(done.contradicted)} 处")
    if done.empty:
        print(f"表头不认识的，可在 {done.teaching} 的 [heads] 里写上对应的指标，下次沿用。")
    return 1 if done.contradicted or not done.filled else 0


@app.command()
def sign(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="报告所在的文件夹，如 reports/daoli/2018H2")],
    state: Annotated[
        str, typer.Option(help="reviewed（已审核）、approved（已批准）、draft（退回）；不给则只列出")
    ] = "",
    name: Annotated[str, typer.Option(help="签批人")] = "",
    report: Annotated[list[str] | None, typer.Option(help="街道代码或名称、笔记本名称，可重复；默认全部")] = None,
) -> int:
    """签批报告：记下谁在何时审核、批准了哪一份的哪个版本；内容一改动，签批即失效。"""
    from govkit.batch.record.approvals import listed
    from govkit.batch.record.approvals import sign as sign_reports

    names = tuple(report or ())
    for title, approval in (
        sign_reports(folder, state=state, name=name, reports=names) if state else listed(folder, names)
    ):
        print(f"{title}：{approval.text}")
    return 0


@app.command()
def trace(
    report: Annotated[
        Path, typer.Argument(metavar="REPORT", help="报告文件，如 reports/daoli/2018H2/230102019-群力街道.html")
    ],
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="报告里印出的数，如 98.6%")],
    zone: Annotated[str, typer.Option(help="分区文件夹；默认按报告所记的名称在 data/ 下找")] = "",
    out: Annotated[Path | None, typer.Option(help="把背后的数据行写成 CSV 的文件夹")] = None,
) -> int:
    """查一个数的来历：印在哪里，是哪个指标的值，背后是哪些文件的哪些行。"""
    from govkit import trace as found
    from govkit.research.zone import open_zone
    from govkit.zone.editions import is_public

    notebook = found.executed_notebook(report)
    given = found.parameters_of(notebook)
    about = {"period": given["period"], "district": given.get("district", "")}
    document = found.printed_document(notebook)
    where = found.places(document, number)
    for place in where:
        print(f"印在：{place}")
    folder, edition = _zone_folder(zone or str(given.get("zone", ""))), found.edition_of(notebook)
    opened = open_zone(folder, edition=edition)
    if is_public(opened.settings):  # numbers as the public reads them, files as only the office knows them
        opened = replace(opened, accounts=open_zone(folder).accounts)
    if not where and (near := found.near(document, number)):
        print(f"报告里没有印出 {number}；最接近的是 {'、'.join(near)}")
    origins = found.origins(opened, number, **about)
    for at, origin in enumerate(origins, start=1):
        print(found.told(origin))
        for table, rows in origin.rows.items():
            if out is not None and len(rows):
                out.mkdir(parents=True, exist_ok=True)
                rows.to_csv(
                    out / f"{at}-{origin.measure.name}-{table}.csv".replace(":", "-"), index=False, encoding="utf-8-sig"
                )
    ledgers = found.ledger_rows(opened, document, number, **about)
    for at, (said, table, rows) in enumerate(ledgers, start=1):
        print(said)
        if out is not None and len(rows):
            out.mkdir(parents=True, exist_ok=True)
            rows.to_csv(out / f"台账{at}-{table}.csv", index=False, encoding="utf-8-sig")
    added = found.sums(document, number)
    for said in added:
        print(said)
    if not origins and not ledgers and not added:
        print("没有指标的值、分子或分母等于这个数；它可能是由几个数算出的，见上面的表注。")
    return 0 if where or origins or ledgers or added else 1


@app.command("list")
def list_(
    zone: Annotated[
        str | None, typer.Argument(metavar="[ZONE]", help="分区，不给则列出所有分区；或 standards、sections、measures")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """列出分区；或一个分区的街道乡镇、报告期、标准和笔记本。"""
    from govkit import catalogue
    from govkit.catalogue.stated import shown_name
    from govkit.notebook_places import notebooks
    from govkit.zone.opening import open_zone, zone_folders

    if zone == "standards" and not Path("standards").is_dir():
        from govkit.catalogue.needs import listed

        rows = listed()
        lines = [f"{one['name']}\t{one['said']}" for one in rows]
        print(json.dumps(rows, ensure_ascii=False) if as_json else "\n".join(lines))
        return 0
    if zone in ("sections", "measures") and not Path(zone).is_dir():
        named = catalogue.load(zone)
        titles = named["titles"] if zone == "sections" else {key: one["label"] for key, one in named.items()}
        print(json.dumps(titles, ensure_ascii=False) if as_json else "\n".join(map("\t".join, titles.items())))
        return 0
    if zone is None:
        # where zones lie: below data/, or below the folder one stands in
        found = {
            str(folder): catalogue.read_toml(folder / "zone.toml").get("name", "")
            for root in (DATA, Path())
            for folder in zone_folders(root)
        }
        if as_json:
            print(
                json.dumps([{"folder": folder, "name": title} for folder, title in found.items()], ensure_ascii=False)
            )
            return 0
        for folder, title in found.items():
            print(f"{folder}\t{title}")
        if not found:
            print(f"{DATA} 和当前文件夹下没有分区（含 zone.toml 的文件夹）。")
            print("新建一个：govkit new 我区 --name 名称 --code 区划代码")
        return 0
    opened = open_zone(_zone_folder(zone))
    if as_json:
        settings = opened.settings
        listing = {
            "name": opened.name,
            "code": opened.code,
            "districts": [{"code": row.code, "name": row.name} for row in opened.districts.itertuples()],
            "periods": [{"id": one.id, "name": one.name} for one in settings.periods],
            "standards": [*map(shown_name, settings.standards)],
            "scheme": shown_name(settings.scheme),
            "tables": {name: len(table) for name, table in opened.tables.items()},
            "notebooks": {name: str(path) for name, path in notebooks(opened.folder).items()},
        }
        print(json.dumps(listing, ensure_ascii=False))
        return 0
    print(f"{opened.name}（{opened.code}）")
    print("报告单元：")
    for row in opened.districts.itertuples():
        print(f"  {row.code}  {row.name}")
    print("报告期：" + "、".join(f"{period.id}（{period.name}）" for period in opened.settings.periods))
    standards = "、".join(map(shown_name, opened.settings.standards))
    print(f"标准：{standards}；指标体系：{shown_name(opened.settings.scheme) or '未指定'}")
    print("笔记本：" + "、".join(notebooks(opened.folder)))
    return 0


@app.command()
def report(
    zone: ZoneArgument,
    period: Annotated[str | None, typer.Option(help="报告期，默认为最近一期")] = None,
    district: Annotated[list[str] | None, typer.Option(help="街道、乡镇或区县的代码或名称，可重复")] = None,
    notebook: Annotated[list[str] | None, typer.Option(help="笔记本名称或路径，可重复")] = None,
    to: Annotated[
        str, typer.Option(help="输出格式，逗号分隔：html、pdf、docx、xlsx（附表）、slides、pptx")
    ] = "html,pdf",
    out: Annotated[Path | None, typer.Option(help="输出文件夹，默认 reports/<分区>/<报告期>")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="同时运行几个，默认为处理器数")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="数据有错误时不生成任何报告")] = False,
    isolated: Annotated[bool, typer.Option("--isolated", help="每份报告用一个全新的 Jupyter 内核（较慢）")] = False,
    cluster: Annotated[str, typer.Option(metavar="ADDRESS", help="交给 Dask 调度器；试用 local:4")] = "",
    force: Annotated[bool, typer.Option("--force", help="没有变化的报告也重新生成")] = False,
    why: Annotated[bool, typer.Option("--why", help="逐份说明为什么重新生成")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="输出文件夹正被另一个 govkit 使用时，等它完成")] = False,
    memory: Annotated[int | None, typer.Option(min=64, help="每份报告最多用多少内存（MB）")] = None,
    timeout: Annotated[float | None, typer.Option(min=1, help="笔记本的一个单元最多运行多少秒，默认 600")] = None,
    allow_network: Annotated[
        bool, typer.Option("--allow-network", help="自带笔记本的网页内容打开时可以联网（逐条列出），默认不可以")
    ] = False,
    edition: Annotated[str, typer.Option(help="只出一种版本：公开或内部；默认 zone.toml 写了几种出几种")] = "",
    volume: Annotated[bool, typer.Option("--volume", help="另把各街道、乡镇的报告合成一册（PDF）")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 事件，供程序读取")] = False,
    parameter: Annotated[list[str] | None, typer.Option("--parameter", "-p", help="笔记本参数 名=值，可重复")] = None,
) -> int:
    """生成报告：每个街道、乡镇一份，另有全区总览、索引和清单。没有变化的不重做。"""
    from govkit.batch.plan.reports import make_reports
    from govkit.batch.plan.request import Request, editions_of
    from govkit.batch.record.progress import Events, for_console

    request = Request(
        zone=_zone_folder(zone),
        period=period,
        districts=tuple(district or ()),
        notebooks=tuple(notebook or ()),
        formats=tuple(part.strip() for part in to.replace("，", ",").split(",") if part.strip()),
        out=out,
        jobs=jobs,
        strict=strict,
        isolated=isolated,
        cluster=cluster,
        force=force,
        wait=wait,
        memory_mb=memory,
        timeout_s=timeout,
        allow_network=allow_network,
        parameters=_parameters(parameter or []),
        volume=volume,
    )
    failed = False
    for one in [edition] if edition else editions_of(request.zone) or [""]:
        with _own_stdout() if as_json else nullcontext(), for_console(as_json=as_json) as display:
            try:
                manifest, folder = make_reports(
                    replace(request, edition=one), on_start=display.start, on_done=display.done
                )
            except KeyboardInterrupt as stopped:
                if stopped.args:
                    _say(_counts(stopped.args[0]) + "；其余没有做，再运行一次会接着做。", as_json=True)
                raise
            if isinstance(display, Events):
                display.tell("end", **_end(manifest, folder), **({"edition": one} if one else {}))
        _say(f"{one}版：", as_json=as_json) if one else None
        _report_summary(manifest, folder, zone, why=why, as_json=as_json)
        failed |= bool(manifest.failed)
    return 1 if failed else 0


@contextmanager
def _own_stdout() -> Iterator[None]:
    """Within this block nobody but this program writes to its stdout; what its children write goes to stderr."""
    usual = sys.stdout
    usual.flush()
    with ExitStack() as stack:
        handle = os.dup(1)
        stack.callback(os.close, handle)
        stack.callback(os.dup2, handle, 1)
        if usual is sys.__stdout__:  # a test's own is nobody else's
            sys.stdout = stack.enter_context(open(os.dup(handle), "w", encoding="utf-8"))  # noqa: PTH123
        os.dup2(2, 1)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stdout = usual


def _report_summary(manifest: Manifest, folder: Path, zone: str, *, why: bool, as_json: bool) -> None:
    if why:
        for one in manifest.reports:
            reasons = "；".join(one.why) or "没有变化，未重新生成"
            _say(f"{one.name}（{one.notebook}）：{reasons}", as_json=as_json)
    _say(f"{_counts(manifest)}，用时 {manifest.seconds:.1f} 秒。", as_json=as_json)
    set_aside = manifest.rows("rows_set_aside")
    if set_aside:
        _say(f"数据文件中有 {set_aside} 行有误，已搁置、未参与计算；逐条查看：govkit check {zone}", as_json=as_json)
    _say(f"索引页：{folder / 'index.html'}", as_json=as_json)
    from govkit.batch.record.manifest import notices

    for text, names in notices(manifest.reports):
        whose = f"{names[0]}" if len(names) == 1 else f"{names[0]} 等 {len(names)} 份"
        _say(f"提示：{whose}：{text}", as_json=as_json)
    for one in manifest.failed:
        print(f"失败：{one.name}（{one.notebook}）{one.error}", file=sys.stderr)


def _say(line: str, *, as_json: bool) -> None:
    """Print a line for people; beside JSON events it goes where errors go."""
    print(line, file=sys.stderr if as_json else sys.stdout)


def _counts(manifest: Manifest) -> str:
    made, unchanged = len(manifest.with_status("done")), len(manifest.with_status("unchanged"))
    same = f"未变 {unchanged} 份，" if unchanged else ""
    return f"完成 {made} 份，{same}失败 {len(manifest.failed)} 份"


def _end(manifest: Manifest, folder: Path) -> dict[str, Any]:
    counts = {status: len(manifest.with_status(status)) for status in ("done", "unchanged", "failed")}
    return {**counts, "seconds": round(manifest.seconds, 1), "folder": str(folder)}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code; a user's mistake never shows a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A Chinese Windows console or pipe may be GBK: a character it lacks must not stop the run.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        code = app(arguments or ["--help"], prog_name="govkit", standalone_mode=False) or 0
        return _interrupted() if code == _INTERRUPTED else code
    except typer.Exit as stop:
        return _interrupted() if stop.exit_code == _INTERRUPTED else stop.exit_code
    except typer.TyperException as error:
        print(_usage(error), file=sys.stderr)
        return 2
    except StrictError as error:
        print(error, file=sys.stderr)
        return 1
    except GovkitError as error:
        print(error, file=sys.stderr)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except OSError as error:  # the system refused something: no traceback helps
        print(unwritable(error), file=sys.stderr)
        return 2


def _interrupted() -> int:
    print("已中断。已完成的报告、索引和清单保留在输出文件夹里。", file=sys.stderr)
    return 1


def _zone_folder(zone: str) -> Path:
    """A bare name means a folder under data/, if there is no such folder here."""
    from govkit.zone.crate import zone_folder

    path = Path(zone)
    return zone_folder(DATA / zone if not path.exists() and (DATA / zone).is_dir() else path)


def _place(record: dict[Hashable, Any]) -> str:
    if record["单元格"] != "":
        return f" {record['单元格']}({record['列']})"
    row = f" 第 {record['行']} 行" if record["行"] != "" else ""
    return row + (f" “{record['列']}”列" if record["列"] != "" else "")


def _parameters(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise GovkitError(f"参数应写成 名=值，现在是 {pair!r}", todo="例如 --parameter top=10")
    return dict(pair.split("=", 1) for pair in pairs)


def _usage(error: typer.TyperException) -> str:
    """Say in Chinese what typer says in English, with the nearest valid option or command."""
    context, message = getattr(error, "ctx", None), getattr(error, "message", str(error))
    known = [name for one in context.command.get_params(context) for name in one.opts] if context else []
    if hasattr(error, "option_name") and hasattr(error, "possibilities"):
        return _no_such("选项", error.option_name, [name for name in known if name.startswith("-")])
    if isinstance(error, typer.BadParameter):
        name = error.param.opts[0] if error.param else ""
        if not message:
            return f"缺少参数：{name.upper()}。用法见 govkit --help"
        return f"选项 {name} 的值不对：{'应为整数' if 'integer' in message else message}"
    commands = list(getattr(context.command, "commands", ())) if context else []
    if commands:
        return _no_such("命令", message.split("'")[1] if "'" in message else message, commands)
    return f"用法不对：{message} 用法见 govkit --help"


def _no_such(kind: str, value: str, valid: list[str]) -> str:
    near = nearest(value, valid)
    hint = f"最接近的是：{'、'.join(near)}。" if near else ""
    return f"没有这个{kind}：{value!r}。{hint}\n  可用：{'、'.join(valid)}"
