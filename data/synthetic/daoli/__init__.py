"""The zone data/daoli: 哈尔滨市道里区, rows made up, totals as published."""

from data.synthetic.daoli.zone_files import write_zone

__all__ = ["write_zone"]
