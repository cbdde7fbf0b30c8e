"""Chinese fonts: found on any machine, the same everywhere for maps, and never a box for a missing character."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govkit.display import fonts
from govkit.errors import ReportError

CHINESE = st.text(alphabet="道里区群力街道，。（）abc12 ", min_size=1, max_size=60)


def test_maps_are_set_in_the_packaged_font_first() -> None:
    assert fonts.map_families()[0] == "Govkit Sans"
    assert fonts.packaged_fonts()["Govkit Sans"].name == "NotoSansSC-Regular.otf"


def test_the_packaged_files_exist() -> None:
    assert all(path.is_file() for path in fonts.packaged_fonts().values())


DRAWS_CHINESE = """
import matplotlib
matplotlib.use("agg")
from govkit.display.figures import use_chinese_fallback
use_chinese_fallback()
from matplotlib import pyplot
{before}
pyplot.title({text!r}); pyplot.plot([-1, 1])
pyplot.gcf().canvas.draw()
print("drawn")
"""


def drawn_elsewhere(text: str, home: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """Draw a text in a fresh process whose home is empty and which sees no font but matplotlib's own."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "FONTCONFIG_FILE": str(home / "none.conf"),
        "PYTHONIOENCODING": "utf-8",
    }
    command = [sys.executable, "-c", DRAWS_CHINESE.format(text=text, before=before)]
    root = Path(__file__).parents[1]
    return subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, encoding="utf-8")


def test_chinese_is_drawn_with_an_empty_home_and_no_font_on_the_machine(tmp_path: Path) -> None:
    outcome = drawn_elsewhere("道里区群力街道 −5", tmp_path)
    assert outcome.stdout == "drawn\n", outcome.stderr


@pytest.mark.parametrize(
    "before",
    ["import seaborn; seaborn.set_theme()", "pyplot.style.use('ggplot')", "pyplot.rcParams['font.family'] = 'SimHei'"],
    ids=["seaborn", "style", "a face of Windows"],
)
def test_chinese_is_drawn_whatever_style_a_notebook_sets(tmp_path: Path, before: str) -> None:
    if "seaborn" in before:
        pytest.importorskip("seaborn")
    outcome = drawn_elsewhere("道里区群力街道 −5", tmp_path, before)
    assert outcome.stdout == "drawn\n", outcome.stderr


def test_a_missing_glyph_is_an_error_that_names_character_figure_and_remedy(tmp_path: Path) -> None:
    outcome = drawn_elsewhere("道里\U00013000", tmp_path)
    assert outcome.returncode != 0
    for words in ("U+13000", "第 1 幅图 道里", "改用常用字"):
        assert words in outcome.stderr


def test_importing_govkit_changes_no_figure() -> None:
    code = "import govkit, sys; assert 'matplotlib' not in sys.modules; from matplotlib import font_manager as f;"
    code += "assert f.fontManager._find_fonts_by_props.__func__ is f.FontManager._find_fonts_by_props"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")
    assert done.stderr == ""


def test_the_kernel_govkit_is_installed_and_loads_the_extension() -> None:
    from jupyter_client.kernelspec import KernelSpecManager

    assert "--ext=govkit.display.figures" in KernelSpecManager().get_kernel_spec("govkit").argv


def test_printable_keeps_common_and_rare_chinese_characters() -> None:
    assert fonts.printable("阎家岗村 㙍垚 ½") == "阎家岗村 㙍垚 ½"


def test_printable_drops_direction_marks_and_line_breaks() -> None:
    assert fonts.printable("太\u202e平\u200b\n村\t1") == "太平 村 1"


def test_printable_names_text_place_and_character_it_cannot_print() -> None:
    with pytest.raises(ReportError, match=r"(?s)笑脸😀村.*U\+1F600.*编码 1") as raised:
        fonts.printable("笑脸😀村", where="编码 1")
    assert raised.value.todo


def test_a_character_without_glyph_drawn_on_a_map_is_a_report_error() -> None:
    from govkit.display.maps.sheet.sheet import Sheet

    sheet = Sheet(3, 2)
    sheet.text(1, 1, "\U00013000", 8)
    with pytest.raises(ReportError, match=r"没有的字符|没有字体可以印出"):
        sheet.png(50)


def test_four_characters_are_four_times_as_wide_as_one() -> None:
    assert fonts.text_width("道里道里", 10) == pytest.approx(4 * 10 / 72 * 2.54, rel=0.05)


@given(CHINESE, st.floats(1, 6))
def test_wrapping_loses_no_character_but_spaces(text: str, width: float) -> None:
    assert "".join(fonts.wrap(text, 8, width)).replace(" ", "") == text.replace(" ", "")


@given(CHINESE, st.floats(1, 6))
def test_no_line_starts_with_closing_punctuation(text: str, width: float) -> None:
    assert all(line[:1] not in "，。）" or not line for line in fonts.wrap(text, 8, width)[1:])


def test_wrapped_lines_fit() -> None:
    lines = fonts.wrap("资料来源于道里区民政局二〇一八年下半年网格台账和设施台账", 8, 3)
    assert len(lines) > 1
    assert all(fonts.text_width(line, 8) <= 3 for line in lines)


def test_documents_get_the_readers_own_font_where_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "own_font", lambda style: Path("/fonts/simfang.ttf") if style == "fangsong" else None)
    assert fonts.font_file("fangsong") == Path("/fonts/simfang.ttf")
    assert fonts.font_file("songti").name == "NotoSerifSC-Regular.otf"
    assert fonts.font_file("heiti").name == "NotoSansSC-Regular.otf"
    assert fonts.font_file("fangsong", prefer_own=False).name == "NotoSerifSC-Regular.otf"


def test_a_missing_font_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pylopdf_fonts_zh_cn", None)
    with pytest.raises(ReportError, match="pylopdf-fonts-zh-cn"):
        fonts.packaged_fonts.__wrapped__()


def test_a_word_of_latin_letters_is_broken_only_where_it_is_wider_than_a_line() -> None:
    assert fonts.wrap("Issues resolved in the community", 8.0, 2.6) == ["Issues resolved in", "the community"]
    assert len(fonts.wrap("communitycommunity", 8.0, 1.5)) > 1
