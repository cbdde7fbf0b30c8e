"""A made-up province for measuring: counties, streets, communities, grids, facilities and matters as GeoParquet."""

from data.synthetic.province.plan import Plan
from data.synthetic.province.written import write_province

__all__ = ["Plan", "write_province"]
