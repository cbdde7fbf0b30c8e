"""Whatever is done to a zone and its reports, in any order: reports are of the zone as it is, tampering shows."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from conftest import write_zone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from test_batch import write_notebook

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.record.approvals import approvals, sign
from govkit.batch.record.verify import verify
from govkit.errors import ReportError
from govkit.zone.opening import open_zone

COUNT = (
    "from pathlib import Path\n"
    "print('共', len(Path(zone, '网格事项.csv').read_text(encoding='utf-8-sig').split()), '段')"
)


class Reports(RuleBasedStateMachine):
    """A zone of four matters and one report that prints how long their list is."""

    @initialize()
    def begin(self) -> None:
        """Write the zone; nothing is reported yet."""
        self.root = Path(tempfile.mkdtemp())
        self.zone = write_zone(self.root / "区")
        own = write_notebook(self.root / "专题.ipynb", COUNT, parameters='zone = ""\nperiod = ""')
        self.request = Request(self.zone, notebooks=(str(own),), formats=("html",), out=self.root / "o")
        self.folder = self.request.reports
        self.rows = 4
        self.shown: int | None = None  # how many matters the report is of
        self.pieces = 0  # what it prints
        self.signed = ""
        self.tampered: set[str] = set()
        self.log_broken = False

    def teardown(self) -> None:
        """Leave nothing."""
        if hasattr(self, "root"):
            shutil.rmtree(self.root)

    @rule(many=st.integers(1, 2))
    def change(self, many: int) -> None:
        """Report more matters to the office."""
        path = self.zone / "网格事项.csv"
        rows = [f"N{self.rows + at},,环境卫生,2018-09-01 08:00,,,办理中\n" for at in range(many)]
        with path.open("a", encoding="utf-8") as file:
            file.writelines(rows)
        self.rows += many

    @rule()
    def opened(self) -> None:
        """Open the zone: it holds what its files hold now."""
        assert int(open_zone(self.zone).accounts.set_index("table").at["events", "rows_read"]) == self.rows

    @rule()
    def report(self) -> None:
        """Make reports: only where something has changed, and what was altered is healed."""
        manifest, _ = make_reports(self.request)
        same = self.shown == self.rows and "report" not in self.tampered
        if not self.tampered & {"manifest", "journal"}:
            assert [one.status for one in manifest.reports] == ["unchanged" if same else "done"]
        if self.shown != self.rows:
            self.signed = f"{self.signed} void" if self.signed else ""
        self.shown = self.rows
        self.pieces = len((self.zone / "网格事项.csv").read_text(encoding="utf-8-sig").split())
        self.tampered = set()

    @precondition(lambda self: self.shown is not None)
    @rule(state=st.sampled_from(["reviewed", "approved"]))
    def sign(self, state: str) -> None:
        """Sign: refused where anything is not as it was made, or approval comes before review."""
        fit = not self.tampered and not self.log_broken
        if fit and (state == "reviewed" or self.signed in {"reviewed", "approved"}):
            sign(self.folder, state=state, name="张三")
            self.signed = state
        else:
            with pytest.raises(ReportError):
                sign(self.folder, state=state, name="张三")

    @precondition(lambda self: self.shown is not None)
    @rule(what=st.sampled_from(["report", "index", "manifest"]))
    def tamper(self, what: str) -> None:
        """Alter a file by hand."""
        name = {"report": "专题.html", "index": "index.html", "manifest": "manifest.json"}[what]
        path = self.folder / name
        path.write_text(path.read_text(encoding="utf-8").replace("新发", "别处") + "\n", encoding="utf-8")
        self.tampered.add(what)

    @precondition(lambda self: self.shown is not None and not self.log_broken)
    @rule()
    def forge(self) -> None:
        """Alter a line of the log: nothing heals that."""
        log = self.folder / "log.jsonl"
        log.write_text(log.read_text(encoding="utf-8").replace('"who"', '"wer"', 1), encoding="utf-8")
        self.log_broken = True

    @invariant()
    def verified(self) -> None:
        """What was altered is named, and nothing else."""
        if getattr(self, "shown", None) is None:
            return
        log, altered = verify(self.folder)
        assert (log.broken is not None) == self.log_broken
        names = {"report": "专题.html", "index": "index.html", "manifest": "manifest.json"}
        for what, name in names.items():
            assert any(name in line for line in altered) or what not in self.tampered, (what, altered)
        assert bool(altered) == bool(self.tampered or self.log_broken), altered
        if "report" not in self.tampered:
            assert f"共 {self.pieces} 段" in (self.folder / "专题.html").read_text(encoding="utf-8")
        if not self.tampered and not self.log_broken:
            states = [*approvals(self.folder).values()]
            told = [f"{one.state}{' void' if one.void else ''}" for one in states]
            assert told == ([self.signed] if self.signed else [])


@pytest.mark.long
def test_reports_are_of_the_zone_as_it_is_and_tampering_shows_in_any_order() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    few = settings(
        max_examples=6,
        stateful_step_count=8,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Reports, settings=few)
