"""The zone data/huangpi: 武汉市黄陂区, rows made up, totals as published."""

from data.synthetic.huangpi.zone_files import write_zone

__all__ = ["write_zone"]
