"""Write a demo zone of data/ anew: ``python -m data.synthetic daoli [FOLDER]``."""

import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    name, *folder = sys.argv[1:]
    zone = import_module(f"data.synthetic.{name}")
    zone.write_zone(Path(folder[0]) if folder else Path(__file__).parents[1] / name)
