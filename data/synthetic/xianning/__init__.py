"""The zone data/xianning: 湖北省咸宁市, six counties led by their city, rows made up, totals as published."""

from data.synthetic.xianning.zone_files import write_zone

__all__ = ["write_zone"]
