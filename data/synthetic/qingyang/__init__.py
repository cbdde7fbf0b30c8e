"""The zone data/qingyang: 甘肃省庆阳市, eight counties, rows made up, totals as published."""

from data.synthetic.qingyang.zone_files import write_zone

__all__ = ["write_zone"]
