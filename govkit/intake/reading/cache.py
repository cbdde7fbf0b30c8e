"""Tidy tables kept between two openings of a zone: found by what went into them, rebuilt when in doubt.

An entry is a folder of Parquet files (GeoParquet where there are shapes) named after a hash of the sources' bytes, the
options they are read with, and the code and catalogue that read them. It holds what the tidy tables, findings and row
accounts hold and nothing else; columns about persons never get that far. Beside the entries each single source is kept
as it was read, so that of a zone in which one file has changed the others need not be read again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import cache as once
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from govkit.errors import SourceError
from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.packing import packed, unpacked
from govkit.intake.reading.sources import Source, files_of, fingerprint, is_address, locate

Frames = Mapping[str, pd.DataFrame]

_FORMAT = 2
_LIST = "entry.json"
_MOST_ENTRIES = 20
_STALE_SECONDS = 86_400
_SOURCES = "sources"
_MOST_SOURCES = 100
# Larger files are read again: to keep them takes about as long.
_MOST_SOURCE_BYTES = 32 << 20
_DIGEST = hashlib.sha256().digest_size
_READERS = ("intake", "geometry", "catalogue")
_LIBRARIES = ("pandas", "geopandas", "shapely", "pyarrow", "python-calamine")


def key_of(
    folder: Path, sources: Mapping[str, Source], options: Mapping[str, Any]
) -> tuple[str, dict[tuple[str, str], str]] | None:
    """Return what an entry for these sources is called, and the SHA-256 of every source's bytes.

    ``options`` is everything else that decides what is read, plain values only. None where nothing may be kept: a
    source is a database, which changes without a trace, or a file is not there.
    """
    if any(is_address(source.path) for source in sources.values()):
        return None
    try:
        files = [(name, one) for name, source in sources.items() for one in files_of(folder, source)]
        digests = {(name, one.path): fingerprint(locate(folder, one))[0] for name, one in files}
        for name, source in sources.items():
            if source.boundaries:
                drawn = Source(name, source.boundaries)
                digests[name, source.boundaries] = fingerprint(locate(folder, drawn))[0]
        if options.get("changes"):
            digests["changes", ""] = fingerprint(locate(folder, Source("units", str(options["changes"]))))[0]
    except (SourceError, OSError):
        return None
    read_how = {name: asdict(source) for name, source in sources.items()}
    every = [_FORMAT, _readers(), list(read_how.items()), sorted(options.items()), sorted(digests.items())]
    text = json.dumps(every, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest(), digests


@once
def _readers() -> str:
    """Return a hash of the code and the catalogue that turn files into tables, and of the libraries they use."""
    root, digest = Path(__file__).parents[2], hashlib.sha256()
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    for path in sorted(
        p for room in _READERS for p in (root / room).rglob("*") if p.suffix in {".py", ".toml", ".csv", ".parquet"}
    ):
        digest.update(path.relative_to(root).as_posix().encode("utf-8") + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def kept(folder: Path, key: str, make: Callable[[], Frames], *, sound: Callable[[Frames], bool]) -> Frames:
    """Return the frames kept under ``key``; make and keep them where there are none, or none that are whole.

    What ``sound`` refuses is returned but not kept. Two processes may do this at once: an entry is written aside and
    renamed. A folder that cannot be written to costs time, nothing else.
    """
    entry = folder / key
    found = _load(entry)
    if found is not None:
        return found
    made = make()
    if sound(made):
        try:
            _store(entry, made)
            # Remove the entries used longest ago, and what broken-off processes left behind
            entries = [(path.stat().st_mtime, path) for path in folder.iterdir() if path.is_dir()]
            hidden = [path for used, path in entries if path.name[0] == "." and used < time.time() - _STALE_SECONDS]
            whole = sorted((one for one in entries if len(one[1].name) == 64), reverse=True)
            for path in [*hidden, *(path for _, path in whole[_MOST_ENTRIES:])]:
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            pass
    return made


def kept_source(
    folder: Path,
    path: Path,
    read_how: Mapping[str, Any],
    make: Callable[[], Reading],
    *,
    sha256_of: Callable[[Reading], str],
) -> Reading:
    """Return what was read from a file before, if it, the way to read it and the program are the same; else make it.

    ``sha256_of`` says which bytes were read: if somebody saved the file meanwhile they are not those of the name.
    """
    digest, size = fingerprint(path)
    if size > _MOST_SOURCE_BYTES:
        return make()
    every = [_FORMAT, _readers(), digest, sorted(read_how.items())]
    text = json.dumps(every, ensure_ascii=False, default=str)
    entry = folder / _SOURCES / hashlib.sha256(text.encode("utf-8")).hexdigest()
    found = _source(entry)
    if found is not None:
        return found
    made = make()
    if sha256_of(made) == digest:
        with suppress(OSError):
            _write_source(entry, packed(made))
    return made


def _source(entry: Path) -> Reading | None:
    """Return what is kept of a source, None if there is nothing, or nothing whole."""
    try:
        content = entry.read_bytes()
        if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
            return None
        os.utime(entry)
        return unpacked(content[_DIGEST:])
    except Exception:
        return None


def _write_source(entry: Path, content: bytes) -> None:
    entry.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = entry.with_name(f".{entry.name}.{os.getpid()}.{uuid.uuid4().hex}")
    try:
        aside.write_bytes(hashlib.sha256(content).digest() + content)
        aside.replace(entry)
    finally:
        aside.unlink(missing_ok=True)
    known = sorted(entry.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in known[_MOST_SOURCES:]:
        path.unlink(missing_ok=True)


def _load(entry: Path) -> Frames | None:
    """Return the frames of an entry, None if there is none; a damaged one is removed."""
    if not entry.is_dir():
        return None
    try:
        listed = json.loads((entry / _LIST).read_text(encoding="utf-8"))
        frames = {name: _read(entry / about["file"], about) for name, about in listed.items()}
        os.utime(entry)
    except Exception:
        shutil.rmtree(entry, ignore_errors=True)
        return None
    return frames


def _read(path: Path, about: Mapping[str, Any]) -> pd.DataFrame:
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != about["sha256"]:
        raise ValueError(path.name)
    read = gpd.read_parquet if about["shapes"] else pd.read_parquet
    frame = read(io.BytesIO(raw))
    # Parquet knows no seconds, only finer units of time
    other = {name: kind for name, kind in about["types"].items() if str(frame[name].dtype) != kind}
    return frame.astype(other) if other else frame


def _store(entry: Path, frames: Frames) -> None:
    aside = entry.with_name(f".{entry.name}.{os.getpid()}.{uuid.uuid4().hex}")
    aside.mkdir(parents=True, mode=0o700)
    try:
        listed = {name: _write(aside, f"{at}.parquet", frame) for at, (name, frame) in enumerate(frames.items())}
        (aside / _LIST).write_text(json.dumps(listed, ensure_ascii=False), encoding="utf-8")
        aside.rename(entry)
    except OSError:
        # somebody else was quicker, or there is no room
        shutil.rmtree(aside, ignore_errors=True)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def _write(folder: Path, name: str, frame: pd.DataFrame) -> dict[str, Any]:
    frame.to_parquet(folder / name, index=False, compression="lz4")
    shapes = isinstance(frame, gpd.GeoDataFrame)
    return {
        "file": name,
        "shapes": shapes,
        "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
        "types": {str(column): str(kind) for column, kind in frame.dtypes.items() if str(kind) != "geometry"},
    }
