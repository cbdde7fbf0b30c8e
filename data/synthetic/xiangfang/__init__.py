"""The zone data/xiangfang: 哈尔滨市香坊区, an urban reform pilot, rows made up, totals as published."""

from data.synthetic.xiangfang.zone_files import write_zone

__all__ = ["write_zone"]
