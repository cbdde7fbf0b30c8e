"""How a batch goes on, as each reader wants it: a bar, lines of a log, events for a program, a notebook's bar."""

from __future__ import annotations

import json
import sys
import time
from importlib.util import find_spec
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from govkit.batch.plan.reports import Progress
from govkit.batch.record.manifest import Outcome
from govkit.errors import GovkitError

WORDS = {"done": "完成", "unchanged": "未变", "failed": "失败"}
_MINUTE = 60


class Display:
    """Shows how a batch goes on, between entering and leaving it; this one shows nothing."""

    def start(self, total: int) -> None:
        """So many reports there will be."""

    def done(self, progress: Progress) -> None:
        """One more is finished."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left open."""


class _Pace:
    """Reports a minute and the seconds left; unchanged ones take no time and tell nothing."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._made = self.failed = 0

    def after(self, outcome: Outcome) -> None:
        self._made += outcome.status != "unchanged"
        self.failed += outcome.status == "failed"

    def told(self, left: int) -> str:
        """Say how fast it goes and how long it still takes; "" as long as nothing is known."""
        seconds = time.monotonic() - self._started
        if not self._made or seconds <= 0:
            return ""
        rest = f"，约剩 {left * seconds / self._made:.0f} 秒" if left else ""
        return f"每分钟 {self._made / seconds * _MINUTE:.1f} 份{rest}"


class Lines(Display):
    """One line a report, for a log."""

    def __init__(self) -> None:
        self._pace = _Pace()

    def start(self, total: int) -> None:
        """Say how many there are."""
        print(f"共 {total} 份报告", flush=True)  # noqa: T201 - this is where the user reads

    def done(self, progress: Progress) -> None:
        """Say one is finished."""
        outcome, number, total = progress.outcome, progress.done, progress.total
        self._pace.after(outcome)
        line = f"[{number}/{total}] {WORDS[outcome.status]} {outcome.name} {outcome.notebook}"
        if outcome.status != "unchanged":
            line += f" {outcome.seconds:.1f} 秒（{self._pace.told(total - number)}）"
        print(line, flush=True)  # noqa: T201 - this is where the user reads


class Bar(Display):
    """A bar with pace, time left and failures, on a terminal."""

    def __init__(self, console: Console) -> None:
        self._pace = _Pace()
        columns = (
            TextColumn("生成报告"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[pace]}"),
            TextColumn("[red]{task.fields[failed]}[/red]"),
            TextColumn("{task.fields[last]}"),
        )
        self._bar = RichProgress(*columns, console=console)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def start(self, total: int) -> None:
        """Show the empty bar."""
        self._task = self._bar.add_task("", total=total, pace="", failed="", last="")

    def done(self, progress: Progress) -> None:
        """Move the bar."""
        outcome = progress.outcome
        self._pace.after(outcome)
        self._bar.update(
            self._task,
            completed=progress.done,
            pace=self._pace.told(0),
            failed=f"失败 {self._pace.failed}" if self._pace.failed else "",
            last=f"{WORDS[outcome.status]} {outcome.name}",
        )


class Events(Display):
    """One JSON object a line on standard output, for programs: ``start``, ``report``, ``end``, ``error``."""

    def __exit__(self, *ended: object) -> None:
        error = ended[1]
        if isinstance(error, GovkitError):
            self.tell("error", message=str(error))
        elif error is not None:
            self.tell("error", message=type(error).__name__)

    def start(self, total: int) -> None:
        """Tell how many reports there are."""
        self.tell("start", total=total)

    def done(self, progress: Progress) -> None:
        """Tell of one report."""
        outcome = progress.outcome
        told = {name: getattr(outcome, name) for name in ("district", "name", "notebook", "status", "error")}
        outputs = [path.name for path in outcome.outputs]
        self.tell(
            "report",
            **told,
            seconds=round(outcome.seconds, 2),
            why=list(outcome.why),
            unconverted=list(outcome.unconverted),
            outputs=outputs,
            done=progress.done,
            total=progress.total,
        )

    def tell(self, event: str, **what: Any) -> None:
        """Write one event."""
        print(json.dumps({"event": event, **what}, ensure_ascii=False), flush=True)  # noqa: T201


class NotebookBar(Display):
    """tqdm's bar, in JupyterLab."""

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    _bar: Any = None

    def start(self, total: int) -> None:
        """Show the empty bar; as text where ipywidgets is not installed."""
        if find_spec("ipywidgets"):
            from tqdm.notebook import tqdm
        else:
            from tqdm import tqdm
        self._bar = tqdm(total=total, desc="生成报告", unit="份")
        self._failed = 0

    def done(self, progress: Progress) -> None:
        """Move the bar."""
        self._failed += progress.outcome.status == "failed"
        self._bar.set_postfix_str(f"失败 {self._failed}" if self._failed else progress.outcome.name, refresh=False)
        self._bar.update(1)


def for_console(*, as_json: bool = False) -> Display:
    """Return the display of the command line: a bar on a terminal, lines in a log, events if asked for."""
    if as_json:
        return Events()
    console = Console(stderr=True)
    return Bar(console) if console.is_terminal else Lines()


def for_python() -> Display:
    """Return the display for ``govkit.report``: a bar in a notebook, nothing in a program."""
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    return NotebookBar() if type(shell).__name__ == "ZMQInteractiveShell" else Display()
