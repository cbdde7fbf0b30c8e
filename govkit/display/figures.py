"""Figures of somebody's own with Chinese type, whatever style they set; errors too deep to be read, shortened.

An IPython extension (``%load_ext govkit.display.figures``); the kernel ``govkit`` and every kernel of a batch load it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import cache, partial
from types import TracebackType
from typing import Any

from govkit.errors import ReportError

# In the metadata of a picture: it has axes and no data.
WITHOUT_DATA = "govkit_without_data"
# The settings by which matplotlib picks a face for a family.
_FAMILIES = ("font.family", "font.serif", "font.sans-serif", "font.cursive", "font.fantasy", "font.monospace")


# Of an error deeper than this only the first and the last half is shown: IPython takes a second for fifty levels.
_LEVELS_SHOWN = 30


def load_ipython_extension(shell: Any) -> None:
    """Called by IPython."""
    shell.InteractiveTB.get_records = partial(_levels_shown, shell.InteractiveTB.get_records)
    use_chinese_fallback()


def _levels_shown(show: Callable[..., Any], raised: TracebackType, *how: Any) -> Any:
    """Show the levels of an error, of an endless recursion's without those in the middle, which are counted."""
    levels = [raised]
    while levels[-1].tb_next:
        levels.append(levels[-1].tb_next)
    if (left_out := len(levels) - _LEVELS_SHOWN - 1) > 0:
        levels[_LEVELS_SHOWN // 2].tb_next = levels[-_LEVELS_SHOWN // 2]
        sys.stderr.write(f"错误共 {len(levels):,} 层，中间 {left_out:,} 层没有列出。\n")
    return show(raised, *how)


@cache
def use_chinese_fallback() -> None:
    """Let every text of a figure fall back to Chinese type; a character that no font has raises ReportError.

    A face follows the ones a figure asks for, whenever it asks: so it holds after ``sns.set_theme()`` and
    ``plt.style.use`` too, and Western letters stay as they were.
    """
    import matplotlib as mpl
    from matplotlib import _text_helpers, font_manager

    manager: Any = font_manager.fontManager
    asked_for = manager._find_fonts_by_props

    known: dict[Any, list[Any]] = {}
    rc: Any = mpl.rcParams

    def with_chinese(prop: Any, *arguments: Any, **options: Any) -> list[Any]:
        faces = str([rc[name] for name in _FAMILIES])
        asked = (hash(prop), arguments, *options.items(), faces, len(manager.ttflist))
        if asked not in known:
            found = asked_for(prop, *arguments, **options)
            known[asked] = [*found, *(path for path in _faces() if path not in found)]
        return known[asked]

    manager._find_fonts_by_props = with_chinese
    _mark_figures_without_data()
    _show_without_window()
    _text_helpers.warn_on_missing_glyph = _refuse  # type: ignore[assignment]
    # 微软雅黑 is asked for in every notebook written on Windows; what stands in for it is said nowhere twenty times
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


def _mark_figures_without_data() -> None:
    """Let a figure that shows nothing but empty axes say so in its output's metadata (``WITHOUT_DATA``)."""
    from IPython.core import pylabtools

    printed = pylabtools.print_figure

    def marked(figure: Any, fmt: str = "png", *arguments: Any, **options: Any) -> Any:
        made = printed(figure, fmt, *arguments, **options)
        return (made, {WITHOUT_DATA: True}) if made and fmt != "retina" and without_data(figure) else made

    pylabtools.print_figure = marked  # type: ignore[assignment]


def _show_without_window() -> None:
    """Let ``plt.show()`` show figures after ``matplotlib.use("agg")`` too, which drops them without a word."""
    from matplotlib.backend_bases import FigureManagerBase

    def show(manager: Any) -> None:
        from IPython.core import pylabtools
        from IPython.display import Image, display
        from matplotlib._pylab_helpers import Gcf

        made = pylabtools.print_figure(manager.canvas.figure)
        display(Image(data=made[0] if isinstance(made, tuple) else made))
        Gcf.destroy(manager)

    setattr(FigureManagerBase, "show", show)  # noqa: B010


def without_data(figure: Any) -> bool:
    """Whether a figure of matplotlib has axes and none of them a mark: lines of missing values are none.

    A picture of one value is none, either.
    """
    import numpy as np

    def shows(axes: Any) -> bool:
        lines = (np.asarray(line.get_ydata(), dtype="object") for line in axes.lines)
        return bool(
            any(any(one is not None and one == one for one in values) for values in lines)
            or any(len(one.get_paths()) and one.get_visible() for one in axes.collections)
            or any(np.ptp(np.asarray(one.get_array(), dtype=float)) > 0 for one in axes.images)
            or any(np.isfinite(one.get_patch_transform().frozen().to_values()).all() for one in axes.patches)
            or axes.texts
            or axes.tables
            or axes.artists
        )

    return bool(figure.axes) and not (figure.texts or figure.images or any(map(shows, figure.axes)))


@cache
def _faces() -> tuple[Any, ...]:
    from matplotlib import font_manager

    from govkit.display.fonts import map_families

    return tuple(font_manager.findfont(family, fallback_to_default=False) for family in map_families())


def _refuse(codepoint: Any, _: str) -> None:
    character = chr(int(codepoint))
    raise ReportError(
        f"图中的字符 {character!r}（U+{ord(character):04X}）没有字体可以印出。",
        where=_figure(),
        todo="改用常用字，或在本机安装含有该字的字体后重新运行。",
    )


def _figure() -> str:
    """The figure that is drawn now, by number and title."""
    from matplotlib._pylab_helpers import Gcf

    active = Gcf.get_active()
    if active is None:
        return ""
    figure = active.canvas.figure
    titles = [figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)]
    return f"第 {active.num} 幅图 {next((title for title in titles if title), '')}".strip()
