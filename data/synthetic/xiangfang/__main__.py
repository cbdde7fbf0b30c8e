"""Write data/xiangfang anew: ``python -m data.synthetic.xiangfang [FOLDER]``."""

import sys
from pathlib import Path

from data.synthetic.xiangfang.zone_files import write_zone

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "xiangfang"
    write_zone(folder)
