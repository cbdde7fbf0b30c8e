"""``python -m govkit``."""

from govkit.cli import main

if __name__ == "__main__":
    main()
