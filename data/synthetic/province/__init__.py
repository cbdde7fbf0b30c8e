"""A made-up province for measuring: counties, streets, communities, grids, facilities and matters as GeoParquet."""

from data.synthetic.province.plan import Plan
from data.synthetic.province.written import write_province
from data.synthetic.province.zone_files import write_zone

__all__ = ["Plan", "write_province", "write_zone"]
