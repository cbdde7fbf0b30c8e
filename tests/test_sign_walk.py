"""Walks over a folder of reports: changed, made again, signed, tampered with, put back; log and states always agree."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from govkit.batch.record.approvals import approvals, say_approvals, sign
from govkit.batch.record.log import NAME, log_run
from govkit.batch.record.manifest import Manifest, Outcome, write_manifest
from govkit.batch.record.verify import verify
from govkit.errors import ReportError
from govkit.files import sha256

NAMES = {"230102019": "群力街道", "230102020": "新发镇"}
REPORTS = st.sampled_from(sorted(NAMES))


class Walk(RuleBasedStateMachine):
    """``edition``: the content each report was made with last; ``signed``: state and content it was signed with."""

    @initialize()
    def begin(self) -> None:
        self.held = TemporaryDirectory()
        self.folder = Path(self.held.name) / "2018H2"
        self.folder.mkdir()
        self.edition = dict.fromkeys(NAMES, 0)
        self.wanted = dict.fromkeys(NAMES, 0)
        self.signed: dict[str, tuple[str, int]] = {}
        self.altered: set[str] = set()
        self.run()

    def teardown(self) -> None:
        if hasattr(self, "held"):
            self.held.cleanup()

    def page(self, code: str) -> Path:
        return self.folder / f"{code}-{NAMES[code]}.html"

    @rule(code=REPORTS, edition=st.integers(0, 2))
    def change_data(self, code: str, edition: int) -> None:
        self.wanted[code] = edition

    @rule()
    def run(self) -> None:
        """As a run does: what changed or was tampered with is made again, the rest left as it stands."""
        outcomes = []
        for code, name in NAMES.items():
            page = self.page(code)
            again = self.wanted[code] != self.edition[code] or code in self.altered or not page.is_file()
            if again:
                page.write_text(f"{name} {self.wanted[code]}", encoding="utf-8")
            status = "done" if again else "unchanged"
            outcomes.append(Outcome(code, name, "report", {}, status, (page,), hashes=(sha256(page),)))
        self.edition, self.altered = dict(self.wanted), set()
        (self.folder / "index.html").write_text("索引", encoding="utf-8")
        manifest = Manifest("区", "2018H2", "2019-01-01T00:00:00", 1.0, (), tuple(outcomes))
        write_manifest(manifest, self.folder)
        say_approvals(self.folder)
        log_run(self.folder / NAME, manifest, self.folder, {"index.html": self.folder / "index.html"})

    @rule(code=REPORTS, state=st.sampled_from(["reviewed", "approved"]))
    def sign(self, code: str, state: str) -> None:
        before = self.signed.get(code)
        if code in self.altered or (state == "approved" and (before is None or before[1] != self.edition[code])):
            with pytest.raises(ReportError):
                sign(self.folder, state=state, name="王审核", reports=[code])
            return
        sign(self.folder, state=state, name="王审核", reports=[code])
        self.signed[code] = (state, self.edition[code])

    @rule(code=REPORTS)
    def tamper(self, code: str) -> None:
        self.page(code).write_text("别的数", encoding="utf-8")
        self.altered.add(code)

    @rule(code=REPORTS)
    def put_back(self, code: str) -> None:
        self.page(code).write_text(f"{NAMES[code]} {self.edition[code]}", encoding="utf-8")
        self.altered.discard(code)

    @invariant()
    def what_was_altered_and_nothing_else_is_named(self) -> None:
        if hasattr(self, "folder"):
            told = verify(self.folder)[1]
            assert {line for line in told if "被改动过" in line} == {
                f"2018H2/{self.page(code).name} 被改动过" for code in self.altered
            }
            assert len(told) == len(self.altered)

    @invariant()
    def a_signature_holds_as_long_as_what_was_signed_stands(self) -> None:
        if hasattr(self, "folder"):
            assert {key.partition("/")[2]: (one.state, one.void) for key, one in approvals(self.folder).items()} == {
                code: (state, code in self.altered or edition != self.edition[code])
                for code, (state, edition) in self.signed.items()
            }


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
