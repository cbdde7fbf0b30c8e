"""Write data/huangpi anew: ``python -m data.synthetic.huangpi [FOLDER]``."""

import sys
from pathlib import Path

from data.synthetic.huangpi.zone_files import write_zone

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "huangpi"
    write_zone(folder)
