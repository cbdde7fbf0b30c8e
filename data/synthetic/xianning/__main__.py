"""Write data/xianning anew: ``python -m data.synthetic.xianning [FOLDER]``."""

import sys
from pathlib import Path

from data.synthetic.xianning.zone_files import write_zone

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "xianning"
    write_zone(folder)
