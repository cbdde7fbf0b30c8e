"""Every output of a partner's notebook, counted one by one: in the page, in print, in Word and on the slides.

The cells are those of the cases that partners' libraries and habits make: each shows one thing, with a word or a
picture of its own to look for.
"""

from __future__ import annotations

import base64
import html
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image
from pypdf import PdfReader
from sample_notebook import png

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.record.manifest import Outcome
from govkit.documents.deck.pptx import png_of
from govkit.documents.read.blocks import Block, Code, Figure, TableBlock
from govkit.documents.read.document import read_document
from govkit.documents.read.outputs import OBJECT_NAME
from govkit.documents.read.tree import walk

for library in (
    "seaborn",
    "plotnine",
    "altair",
    "vl_convert",
    "plotly",
    "bokeh",
    "itables",
    "ipywidgets",
    "mapclassify",
):
    pytest.importorskip(library)

FRAME = "import pandas as pd\nframe = pd.DataFrame({'村': ['太平村', '新发村'], '户数': [31, 47]})"
SHAPES = "import geopandas, shapely\nshapes = geopandas.GeoDataFrame({'名': ['甲', '乙']}, "
SHAPES += "geometry=[shapely.box(126 + at, 45, 126.5 + at, 46) for at in (0, 1)], crs=4490)"
# what a cell shows, and the words to look for in every document
TEXTS = {
    "print('关键结论：系数为 0.97')": "关键结论：系数为 0.97",
    "{'返回值': 1}": "'返回值': 1",
    "import warnings; warnings.warn('请注意此处')": "请注意此处",
    "print('\\x1b[31m红色字\\x1b[0m')": "红色字",
    "from IPython.display import HTML\nHTML('<p>表前的话</p><table><tr><td>格中字</td></tr></table>')": "表前的话",
    "HTML('<style>b{color:red}</style><b>样式单元</b>')": "样式单元",
    "frame": "新发村",
    "frame.style.background_gradient(subset='户数').set_caption('彩色表')": "彩色表",
    "pd.DataFrame([range(60)], columns=[f'指标{at}号' for at in range(60)])": "指标59号",
    "pd.set_option('display.max_colwidth', None); pd.DataFrame({'令牌': ['头' + 'x' * 300 + '尾']})": "x尾",
    "from itables import show\nshow(frame.rename(columns={'户数': '可排序'}))": "可排序",
    "import ipywidgets\nipywidgets.IntSlider(2018, max=3000, description='年份')": "年份：2018",
    "ipywidgets.Tab([ipywidgets.Label('页中字')], titles=['页签题'])": "页签题",
    "import datetime; ipywidgets.DatePicker(value=datetime.date(2018, 7, 1), description='日期')": "日期：2018-07-01",
    "pd.crosstab(pd.Series(['甲'], name='村名'), pd.Series(['乙'], name='类别名'))": "类别名",
    "HTML('<input type=text value=框中字>')": "框中字",
    "import matplotlib.pyplot as plt\nclass Fit:\n    def __repr__(self): return '<拟合优度 0.91>'\nFit()": "拟合优度",
    "print('旧状态\\x1b[1G新状态')": "新状态",
    "1 / 0  # raises-exception": "division by zero",
    "def deeper(n): return deeper(n + 1)\ndeeper(0)  # raises-exception": "层没有列出",
    "class Latex:\n    def _repr_latex_(self): return '设 $x^2$ 为平方'\nLatex()": "为平方",
    "display({'text/markdown': '- 列表第一点\\n- 列表第二点'}, raw=True)": "列表第二点",
}
FIGURES = (
    "import matplotlib.pyplot as plt\nplt.bar(['甲', '乙'], [1, 2]); plt.title('中文题'); plt.show()",
    "import seaborn\nseaborn.set_theme()\nseaborn.barplot(frame, x='村', y='户数'); plt.show()",
    "from plotnine import aes, geom_col, ggplot\nggplot(frame, aes('村', '户数')) + geom_col()",
    "shapes.plot('名', legend=True); plt.show()",
    "shapes.explore('名', tiles=None)",
    "import folium\nmade = folium.Map([45.7, 126.6], tiles=None); folium.Marker([45.7, 126.6]).add_to(made); made",
    "import matplotlib.pyplot as plt\nplt.ioff(); plt.ion(); plt.plot([1, 3]); plt.show()",
    "import altair\naltair.Chart(frame).mark_bar().encode(x='村', y='户数')",
    "with altair.renderers.enable('mimetype'): display(altair.Chart(frame).mark_bar().encode(x='村', y='户数'))",
    "import plotly.express\nplotly.express.bar(frame, x='村', y='户数')",
    (
        "from bokeh.plotting import figure, output_notebook, show as shown\noutput_notebook()\n"
        "plot = figure(height=200); plot.line([1, 2], [3, 4]); shown(plot)"
    ),
    (
        "from IPython.display import SVG\n"
        "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"90\" height=\"40\"><circle r=\"9\"/></svg>')"
    ),
    "HTML('<svg width=90 height=40><rect width=30 height=20 fill=blue /></svg>')",
    (
        "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"90\" height=\"40\"><circle r=\"9\"/><foreignObject><p "
        "xmlns=\"http://www.w3.org/1999/xhtml\">图框里的字</p></foreignObject></svg>')"
    ),
    "ipywidgets.Image(value=open('村口.png', 'rb').read())",
    "plot = figure(height=200); plot.arc(x=1, y=2, radius=1, start_angle=0, end_angle=2); shown(plot)",
)  # fmt: skip
PROSE = r"""# 伙伴的研究

正文[^1]，~~删去~~，H~2~O，[到下节](#下一节)，引文[@chen2020]、[@zhou]。

- [x] 办完的事
- 外层
  - 里层

    | 表中 | 列 |
    |---|--:|
    | `甲|乙` | $w_i*x_i$ |

| `子|丑` | 列 |
|---|---|
| 一 | 二 |

术语
: 它的解释

\begin{align} a &= b \label{one} \\ c &= d \label{two} \end{align}

见式 (\ref{two})。

![村口](村口.png)

## 下一节

[^1]: 脚注的话。
"""
WORDS_OF_PROSE = (
    "删去",
    "办完的事",
    "里层",
    "甲|乙",
    "子|丑",
    "它的解释",
    "脚注的话",
    "（2）",
    "社区治理研究[J]",
    "网格化 GIS 研究[D]. 哈尔滨工业大学",
    "公共管理学报",
    "图框里的字",  # of a drawing among the figures
)
BOOK = "@article{chen2020, author={陈明 and 李华}, title={社区治理研究}, journal={公共管理学报}, "
BOOK += "year={2020}, volume={17}, number={2}, pages={1--12}}\n"
BOOK += "@phdthesis{zhou, author={周五}, title={网格化 \\emph{GIS} 研究}, school={哈尔滨工业大学}, year={2017}}\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Path]:
    from conftest import write_zone

    folder = tmp_path_factory.mktemp("伙伴")
    zone = write_zone(folder / "区")
    (folder / "refs.bib").write_text(BOOK, encoding="utf-8")
    (folder / "村口.png").write_bytes(png())
    cells = [
        new_code_cell(f"zone = {zone.as_posix()!r}"),
        new_markdown_cell(PROSE),
        new_code_cell(f"{FRAME}\n{SHAPES}"),
    ]
    for source in (*TEXTS, *FIGURES):
        tags = ["raises-exception"] if "raises-exception" in source else []
        cells.append(new_code_cell(source, metadata={"tags": tags}))
    nbformat.write(new_notebook(cells=cells), folder / "mine.ipynb")
    formats = ("html", "pdf", "docx", "slides", "pptx")
    manifest, out = make_reports(
        Request(zone, notebooks=(str(folder / "mine.ipynb"),), formats=formats, out=folder / "out")
    )
    return manifest.reports[0], out


def of_html(path: Path) -> str:
    text = re.sub(
        r"<(style|script)\b.*?</\1>|<iframe\b.*?</iframe>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def of_pdf(path: Path) -> str:
    return "".join(page.extract_text() for page in PdfReader(path).pages)


def of_office(path: Path) -> str:
    with zipfile.ZipFile(path) as file:
        parts = [name for name in file.namelist() if re.search(r"(document|footnotes|slides/slide\d+)\.xml$", name)]
        return "".join(html.unescape(re.sub(r"<[^>]*>", "", file.read(name).decode("utf-8"))) for name in parts)


DOCUMENTS: dict[str, Callable[[Path], str]] = {
    ".html": of_html, ".pdf": of_pdf, ".docx": of_office, ".slides.html": of_html, ".slides.pptx": of_office,
}  # fmt: skip


def file_of(made: tuple[Outcome, Path], kind: str) -> Path:
    slides = kind.startswith(".slides")
    return next(path for path in made[0].outputs if path.name.endswith(kind) and (".slides" in path.name) == slides)


def test_nothing_of_it_is_lost(made: tuple[Outcome, Path]) -> None:
    assert (made[0].status, made[0].error) == ("done", None)
    assert made[0].figures == len(FIGURES) + 1


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_every_text_arrives(made: tuple[Outcome, Path], kind: str) -> None:
    text = re.sub(r"[\s\u200b]", "", DOCUMENTS[kind](file_of(made, kind)))
    wanted = {word: source for source, word in TEXTS.items()} | dict.fromkeys(WORDS_OF_PROSE, "prose")
    assert {source: word for word, source in wanted.items() if re.sub(r"\s", "", word) not in text} == {}
    assert "仅见于网页版" not in text


def outputs_of(made: tuple[Outcome, Path]) -> list[tuple[str, NotebookNode, tuple[Block, ...]]]:
    """Each output of the executed notebook, with its cell's source and what a document of it alone holds."""
    notebook = nbformat.read(file_of(made, ".ipynb"), as_version=4)
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            alone = NotebookNode({**notebook, "cells": [NotebookNode({**cell, "outputs": [output]})]})
            found.append(
                (cell.source, output, read_document(alone, folder=file_of(made, ".html").parent.parent).blocks)
            )
    return found


def expected(output: NotebookNode) -> type[Block] | None:
    """What kind of block an output must be, by its types alone; None for what only brings a library."""
    if output.output_type in {"stream", "error"}:
        return Code
    data, page = output.data, "".join(output.data.get("text/html", ""))
    if "application/vnd.bokehjs_load.v0+json" in data or re.search("bk-notebook-logo|data-root-id|PlotlyConfig", page):
        return None
    if re.search(r"vega|plotly|bokehjs_exec|^image/", "\n".join(data), re.MULTILINE) or "folium-map" in page:
        return Figure
    if "<table" in page or "dt_args" in page:
        return TableBlock
    return Figure if "<svg" in page else None if page.startswith(("<style>\n\n", "<!--")) else Block


def test_every_output_is_in_the_document_by_its_kind(made: tuple[Outcome, Path]) -> None:
    missing = []
    for source, output, blocks in outputs_of(made):
        kind = expected(output)
        named = set(output.get("data", {})) == {"text/plain"} and OBJECT_NAME.match(output.data["text/plain"])
        if kind is not None and not named and not any(isinstance(one, kind) for one in walk(blocks)):
            missing.append((source[:60], kind))
    assert missing == []


def test_every_figure_of_an_output_is_the_figure_in_its_place_in_every_document(made: tuple[Outcome, Path]) -> None:
    """One to one and in order: the picture at place n of a document is the n-th picture of the outputs."""
    figures = [one for _, _, blocks in outputs_of(made) for one in walk(blocks) if isinstance(one, Figure)]
    assert len(figures) == len(FIGURES)
    wanted = [png(), *(one.image for one in figures)]  # that of the prose stands first
    page = file_of(made, ".html").read_text(encoding="utf-8")
    drawn = [re.findall(r"data:image/[\w+]+;base64,([^\"')]+)", one)[-1:] for one in _parts(page, "figure")]
    assert [[base64.b64decode(text) for text in one] for one in drawn] == [[one] for one in wanted]
    deck = file_of(made, ".slides.html").read_text(encoding="utf-8")
    assert [base64.b64decode(one) for one in re.findall(r'<img src="data:image/[\w+]+;base64,([^"]+)"', deck)] == wanted
    raster = [one if one.startswith(b"\x89PNG") else png_of(one) for one in wanted]
    assert _office_pictures(file_of(made, ".docx"), r"word/document\.xml") == raster
    slides = _office_pictures(file_of(made, ".slides.pptx"), r"ppt/slides/slide\d+\.xml")
    assert [one for one in slides if one in raster] == raster
    assert len(slides) == len(raster) + 2  # formulas on lines of their own are pictures there
    sizes = Counter(one.image.size for page in PdfReader(file_of(made, ".pdf")).pages for one in page.images)
    assert Counter(Image.open(BytesIO(one)).size for one in wanted if one.startswith(b"\x89PNG")) <= sizes
    text = re.sub(r"\s", "", of_pdf(file_of(made, ".pdf")))
    assert [at for at in range(1, len(wanted) + 1) if f"图{at}" not in text] == []


def _parts(page: str, name: str) -> list[str]:
    return re.findall(rf'<{name} class="picture.*?</{name}>', page, re.DOTALL)


def _office_pictures(path: Path, part: str) -> list[bytes]:
    """The pictures of an Office file in reading order."""
    found = []
    with zipfile.ZipFile(path) as file:
        names = [name for name in file.namelist() if re.fullmatch(part, name)]
        for name in sorted(names, key=lambda one: int("0" + re.sub(r"\D", "", one))):
            folder, _, last = name.rpartition("/")
            relations = file.read(f"{folder}/_rels/{last}.rels").decode("utf-8")
            targets = {
                re.search(r'Id="([^"]+)"', one)[1]: re.search(r'Target="([^"]+)"', one)[1]  # type: ignore[index]
                for one in re.findall(r"<Relationship [^>]*>", relations)
            }
            used = re.findall(r'<a:blip [^>]*?r:embed="([^"]+)"', file.read(name).decode("utf-8"))
            places = (posixpath.normpath(posixpath.join(folder, targets[one])).lstrip("/") for one in used)
            found += [file.read(place) for place in places]
    return found


def test_texts_and_tables_of_outputs_follow_each_other_as_in_the_notebook(made: tuple[Outcome, Path]) -> None:
    for kind in (".html", ".docx", ".pdf"):
        text, at = re.sub(r"[\s\u200b]", "", DOCUMENTS[kind](file_of(made, kind))), 0
        for source, _, blocks in outputs_of(made):
            for block in walk(blocks):
                said = block.text.splitlines()[0] if isinstance(block, Code) else _first_cell(block)
                found = text.find(re.sub(r"\s", "", said)[:20], at)
                assert found >= 0, (kind, source[:60], said)
                at = found


def _first_cell(block: Block) -> str:
    return block.columns[-1].label if isinstance(block, TableBlock) else ""


def test_formulas_are_set_in_every_document(made: tuple[Outcome, Path]) -> None:
    for kind, sign, least in ((".html", "<math", 4), (".slides.html", "<math", 4)):
        assert file_of(made, kind).read_text(encoding="utf-8").count(sign) >= least
    with zipfile.ZipFile(file_of(made, ".docx")) as word:
        assert word.read("word/document.xml").decode("utf-8").count("<m:oMath>") >= 4
    assert "\\begin" not in of_pdf(file_of(made, ".pdf"))


def test_no_document_asks_an_outside_address(made: tuple[Outcome, Path]) -> None:
    for kind in (".html", ".slides.html"):
        text = html.unescape(file_of(made, kind).read_text(encoding="utf-8"))
        assert re.findall(r"""<(?:script|img|link|iframe)\b[^>]*?\b(?:src|href)=["']?(?:https?:)?//""", text) == []
