"""Write data/qingyang anew: ``python -m data.synthetic.qingyang [FOLDER]``."""

import sys
from pathlib import Path

from data.synthetic.qingyang.zone_files import write_zone

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "qingyang"
    write_zone(folder)
