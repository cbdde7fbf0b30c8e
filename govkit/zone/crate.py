"""A zone packed for others: its own files below a folder of what was exported, found again where it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

# Where an export keeps the zone folder's own files.
PACKED = "分区"
_CRATE = "ro-crate-metadata.json"


def zone_folder(folder: Path) -> Path:
    """Return the zone folder in an export that holds one, any other folder as it is."""
    packed = folder / PACKED
    is_export = not (folder / "zone.toml").is_file() and (folder / _CRATE).is_file()
    return packed if is_export and (packed / "zone.toml").is_file() else folder


def source_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a zone folder in order: none hidden, none that a program holds open, no folder of reports."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")) or path.is_symlink():
            continue
        if path.is_dir():
            if not (path / ".govkit").is_dir() and not (path / "manifest.json").is_file():
                yield from source_files(path)
        else:
            yield path
