"""What holds of each demonstration zone's folder: the same bytes at each run, the planted defects and no other."""

from __future__ import annotations

import csv
from importlib import import_module
from pathlib import Path

from govkit.zone.opening import Zone

DATA = Path(__file__).parents[1] / "data"


def assert_rerun_writes_the_same(name: str, place: Path) -> None:
    """The generator of a zone writes, at ``place``, the bytes of its folder and of its list of planted defects."""
    import_module(f"data.synthetic.{name}").write_zone(place / name, planted=place / "planted.csv")
    made, kept = ({path.name: path.read_bytes() for path in one.iterdir()} for one in (place / name, DATA / name))
    assert sorted(made) == sorted(kept)
    assert [file for file in kept if made[file] != kept[file]] == []
    assert (place / "planted.csv").read_bytes() == (DATA / "synthetic" / name / "planted.csv").read_bytes()


def size(name: str) -> int:
    """The bytes of a zone's folder."""
    return sum(path.stat().st_size for path in (DATA / name).iterdir())


def planted(name: str) -> list[dict[str, str]]:
    """The defects planted in a zone, one a row."""
    with (DATA / "synthetic" / name / "planted.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def assert_planted_and_no_other(zone: Zone, name: str, *also: str, told_twice: int = 0) -> None:
    """The findings are the planted rows, told by file, row, rule, severity and ``also``; a gap or overlap by its rule.

    ``told_twice``: planted facilities that repeat their neighbour's place, and so are told of once more.
    """
    keys = ("file", "row", "rule", "severity", *also)
    found = zone.findings.loc[zone.findings["severity"] != "note"].astype({"row": str}).fillna({"sheet": ""})
    assert list(found["rule"]).count("same_point") == told_twice
    rows = found.loc[found["rule"] != "same_point"].to_dict("records")

    def told(one: dict[str, str]) -> tuple[str, ...]:
        return tuple("" if key == "row" and one["rule"].startswith("grid_") else one[key] for key in keys)

    assert set(map(told, rows)) == set(map(told, planted(name)))
