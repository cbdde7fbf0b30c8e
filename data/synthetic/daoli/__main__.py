"""Write data/daoli anew: ``python -m data.synthetic.daoli [FOLDER]``."""

import sys
from pathlib import Path

from data.synthetic.daoli.zone_files import write_zone

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "daoli"
    write_zone(folder)
