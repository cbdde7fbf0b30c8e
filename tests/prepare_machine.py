"""Make ready what the tests need beyond pip: Chromium (Debian: chromium) and Poppler (poppler-utils).

Installed by apt where this runs as root on Debian or Ubuntu; otherwise named, and the tests that need it are
skipped with a word. On CI (CI=true) a missing one is an error: a skipped test proves nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NEEDS = {"chromium": ("chromium", "chromium-browser", "google-chrome"), "poppler-utils": ("pdftoppm",)}


def missing() -> list[str]:
    """Return the Debian packages none of whose programs is on the PATH."""
    return [package for package, programs in NEEDS.items() if not any(map(shutil.which, programs))]


def install(packages: list[str]) -> None:
    """Install Debian packages, quietly; whatever fails shows as still missing afterwards."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *packages]):
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)


def main() -> int:
    """Return 0, or 1 on CI if something is still missing."""
    lacking = missing()
    if lacking and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        install(lacking)
        lacking = missing()
    for package in lacking:
        print(f"没有找到 {package}：需要它的测试将被跳过。Debian/Ubuntu 上可运行：sudo apt-get install {package}")
    return 1 if lacking and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
