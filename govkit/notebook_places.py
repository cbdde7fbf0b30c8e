"""Where notebooks are found by name: a zone's own folder, the working folder, the workbench itself."""

from __future__ import annotations

import shutil
from pathlib import Path

from govkit.errors import GovkitError, UnknownNameError

_HERE = Path(__file__).parent


def built_in() -> Path:
    """Return the folder of the workbench's own notebooks: inside an installed package, at the top of a clone."""
    inside = _HERE / "notebooks"
    return inside if inside.is_dir() else _HERE.parent / "notebooks"


def notebooks(zone: Path | None = None) -> dict[str, Path]:
    """Return notebooks by name; the zone's ``notebooks/`` comes before the working folder's, that before the built-in.

    Hidden files and JupyterLab's checkpoints do not count.
    """
    places = [*([zone / "notebooks"] if zone else []), Path("notebooks"), built_in()]
    found: dict[str, Path] = {}
    for place in reversed(places):
        found |= {path.stem: path.resolve() for path in sorted(place.glob("*.ipynb")) if not path.name.startswith(".")}
    return dict(sorted(found.items()))


def find_notebook(name: str, zone: Path | None = None) -> Path:
    """Return a notebook by its path or its name; UnknownNameError with the nearest ones otherwise."""
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    known = notebooks(zone)
    if path.name == name and name.removesuffix(".ipynb") in known:
        return known[name.removesuffix(".ipynb")]
    raise UnknownNameError("笔记本", name, known)


def copy_notebooks(folder: Path, names: tuple[str, ...] = ()) -> tuple[list[Path], list[Path]]:
    """Copy the workbench's notebooks where they can be changed; return those copied and those that were there already.

    A file that is there is never touched. Raises UnknownNameError for a name, GovkitError where nothing can be written.
    """
    own = {path.stem: path for path in sorted(built_in().rglob("*.ipynb"))}
    for name in names:
        if name not in own:
            raise UnknownNameError("笔记本", name, own)
    copied, there = [], []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names or own:
            target = folder / own[name].relative_to(built_in())
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                there.append(target)
            else:
                shutil.copyfile(own[name], target)
                copied.append(target)
    except OSError as error:
        raise GovkitError(
            f"不能写入：{error.strerror or error}", where=str(folder), todo="换一个文件夹再试。"
        ) from None
    return copied, there
