"""A folder for an offline Windows PC: wheels pinned by the lock, a start script, what it is and what was not tried."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.parser import BytesParser
from importlib import metadata
from pathlib import Path
from string import Template

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from govkit.errors import GovkitError, ReportError
from govkit.files import sha256

_TEMPLATES = Path(__file__).parent / "windows"
_ROOT = Path(__file__).parents[2]
START, README = "开始.bat", "说明.txt"
PLATFORM = "win_amd64"
_MEGABYTE = 1 << 20
# a path on Windows without long paths switched on
_LONGEST_PATH = 259
_LONGEST_LINE = 8191

Download = Callable[[Path, Path, str], None]


@dataclass(frozen=True)
class Bundle:
    """What was put together: its folder, how many wheels of how many bytes, the longest path inside."""

    folder: Path
    wheels: int
    size: int
    longest: int


def bundle(
    folder: Path,
    *,
    python: str = "3.12",
    wheel: Path | None = None,
    lock: Path | None = None,
    installer: Path | None = None,
    download: Download | None = None,
) -> Bundle:
    """Put all that an offline Windows PC needs to run govkit into a new folder.

    ``python``: its version there; ``wheel``: govkit's own, built from the clone by default; ``lock``: requirements with
    hashes, the clone's by default; ``installer``: Python's own installer, copied in. ``download`` fetches the wheels
    (requirements, folder, version) and is pip by default. Raises GovkitError if the folder is not empty, if a start
    script is unfit for Windows or a wheel is missing.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise ReportError("文件夹不是空的。", where=str(folder), todo="请换一个新文件夹。")
    lock = lock or _ROOT / "requirements.lock"
    if not lock.is_file():
        raise GovkitError("找不到 requirements.lock。", todo="在源代码文件夹里运行，或用 --lock 指明。")
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    mine = shutil.copy2(wheel, wheels) if wheel else _built(wheels)
    text, wanted = lock.read_text(encoding="utf-8"), dict[str, str]()
    # a package may need others there than here: what its wheel says counts, once it is here
    while more := {
        name: line for name, line in pinned(text, python=python, wheels=wheels).items() if name not in wanted
    }:
        wanted = dict(sorted({**wanted, **more}.items()))
        _write(folder / "requirements.txt", "\n".join(more.values()) + "\n")
        (download or _download)(folder / "requirements.txt", wheels, python)
        missing = sorted(set(more) - set(_by_name(wheels)))
        if missing:
            raise GovkitError(f"没有取到 {len(missing)} 个安装包：{'、'.join(missing)}。", todo="联网后重试。")
    line = f"govkit=={metadata.version('govkit')} --hash=sha256:{sha256(Path(mine))}"
    _write(folder / "requirements.txt", "\n".join([line, *wanted.values()]) + "\n")
    if installer:
        shutil.copy2(installer, folder)
    files = [*wheels.glob("*.whl")]
    size = sum(path.stat().st_size for path in files)
    words = {
        "python": python,
        "name": f"{metadata.version('govkit')}-{_digest(wanted, line)}",
        "version": metadata.version("govkit"),
        "count": str(len(files)),
        "size": str(round(size / _MEGABYTE)),
        "longest": str(max(len(str(path.relative_to(folder))) for path in files)),
        "installer": "安装程序已在本文件夹里。" if installer else "",
    }
    script = as_script(Template((_TEMPLATES / "start.bat").read_text(encoding="utf-8")).substitute(words))
    if defects := script_defects(script):
        raise GovkitError("启动脚本不合 Windows 的要求：" + "；".join(defects))
    (folder / START).write_bytes(script)
    text = Template((_TEMPLATES / "readme.txt").read_text(encoding="utf-8")).substitute(words)
    (folder / README).write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    _write(folder / "SHA256.txt", "".join(f"{sha256(path)}  {name}\n" for name, path in _files(folder)))
    return Bundle(folder, len(files), size, int(words["longest"]))


def pinned(lock: str, *, python: str, wheels: Path | None = None) -> dict[str, str]:
    """Return the lines of a lock that govkit needs on Windows, by name: without extras, without markers.

    Dependencies of a package are told by its wheel in ``wheels``, else by the one installed here, else it has none.
    """
    there = _by_name(wheels) if wheels else {}
    target = windows(python)
    pins: dict[str, str] = {}
    for line in re.sub(r" \\\n\s+", " ", lock).splitlines():
        found = re.match(r"([\w.-]+)==(\S+)(?: ; (.+?))?((?: --hash=\S+)*)$", line.strip())
        if found and (not found[3] or Marker(found[3]).evaluate(target)):
            pins[canonicalize_name(found[1])] = f"{found[1]}=={found[2]}{found[4]}"
    needed: dict[str, str] = {}
    open_ones = [("govkit", "")]
    seen: set[tuple[str, str]] = set()
    while open_ones:
        name, extra = open_ones.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for requirement in _requirements(name, there.get(name)):
            if requirement.marker and not requirement.marker.evaluate({**target, "extra": extra}):
                continue
            other = canonicalize_name(requirement.name)
            if other not in pins:
                raise GovkitError(
                    f"requirements.lock 里没有 {other}（{name} 要用）。", todo="重新生成 requirements.lock。"
                )
            needed[other] = pins[other]
            open_ones += [(other, ""), *((other, one) for one in requirement.extras)]
    return dict(sorted(needed.items()))


def windows(python: str) -> dict[str, str]:
    """Return the environment that markers ask about, of a 64-bit Windows PC with a version of Python."""
    return {
        "os_name": "nt",
        "sys_platform": "win32",
        "platform_system": "Windows",
        "platform_machine": "AMD64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "platform_release": "10",
        "platform_version": "10.0.19045",
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_version": f"{python}.0",
        "extra": "",
    }


def _by_name(wheels: Path) -> dict[str, Path]:
    return {canonicalize_name(path.name.split("-")[0]): path for path in wheels.glob("*.whl")}


def _requirements(name: str, wheel: Path | None) -> Iterable[Requirement]:
    """Return what a package says it needs: its wheel, else the one installed here."""
    if wheel is not None and zipfile.is_zipfile(wheel):
        with zipfile.ZipFile(wheel) as archive:
            about = next(one for one in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", one))
            said = BytesParser().parsebytes(archive.read(about)).get_all("Requires-Dist") or []
        return [Requirement(one) for one in said]
    try:
        return [Requirement(one) for one in metadata.requires(name) or ()]
    except metadata.PackageNotFoundError:
        return []


def as_script(text: str) -> bytes:
    """Return a batch file's bytes: code page 936, lines ended as Windows ends them."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode("cp936")


def script_defects(script: bytes) -> list[str]:
    """Return in Chinese what would break a batch file on a Chinese Windows PC, nothing if nothing would."""
    found = []
    if script.startswith((b"\xef\xbb\xbf", b"\xff\xfe")):
        found.append("开头有 BOM，第一行会报错")
    if re.search(rb"(?<!\r)\n|\r(?!\n)", script):
        found.append("有的行不以 CRLF 结尾，标签会找不到")
    try:
        text = script.decode("cp936")
    except UnicodeDecodeError as error:
        return [*found, f"不是代码页 936（第 {error.start} 字节）"]
    lines = text.splitlines()
    if not text.isascii() and "chcp 936 >nul" not in lines[:2]:
        found.append("有汉字而开头没有 chcp 936")
    for number, line in enumerate(lines, start=1):
        # what a path may hold (blanks, brackets, &) is a word of its own outside quotes
        bare = re.sub(r'"[^"]*"', "", line)
        if re.search(r"%(?:~\w*[0-9]|\w*(?:FOLDER|PYTHON|APPDATA|PATH)\w*%)", bare):
            found.append(f"第 {number} 行的路径没有加引号")
        if re.search(r'%~dp0"', line) and not line.lower().startswith("pushd"):
            found.append(f'第 {number} 行的路径以反斜杠结尾又加引号，程序会把 \\" 当成引号')
        if len(line) > _LONGEST_LINE:
            found.append(f"第 {number} 行太长")
    labels = {line[1:].split()[0].lower() for line in lines if re.match(r":\w", line)}
    gone = {word.lower() for word in re.findall(r"goto (\w+)", text)} - labels
    return found + [f"goto 的 {word} 没有这个标签" for word in sorted(gone)]


def _built(folder: Path) -> Path:
    if not (_ROOT / "pyproject.toml").is_file():
        raise GovkitError("这里没有源代码，做不出 govkit 的安装包。", todo="用 --wheel 指明 govkit 的 .whl 文件。")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder.resolve())]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise GovkitError(f"govkit 的安装包没有做成：{done.stderr.strip()[-300:]}", todo="先安装 hatchling。")
    return next(folder.glob("govkit-*.whl"))


def _download(requirements: Path, wheels: Path, python: str) -> None:
    """Fetch the wheels of a list with hashes for Windows by pip."""
    pips = [[sys.executable, "-m", "pip"], *([[found]] if (found := shutil.which("pip")) else [])]
    pip = next((one for one in pips if not subprocess.run([*one, "--version"], capture_output=True).returncode), None)
    if pip is None:
        raise GovkitError("这里没有 pip，取不了安装包。", todo="运行 python -m ensurepip 后重试。")
    target = ["--platform", PLATFORM, "--python-version", python, "--implementation", "cp", "--only-binary", ":all:"]
    command = [*pip, "download", "--quiet", "--no-deps", "--require-hashes", *target, "-d", str(wheels)]
    done = subprocess.run([*command, "-r", str(requirements)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise GovkitError(f"安装包没有取全：{done.stderr.strip()[-500:]}", todo="检查网络后重试。")


def _files(folder: Path) -> list[tuple[str, Path]]:
    return [(path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*")) if path.is_file()]


def _digest(wanted: Mapping[str, str], line: str) -> str:
    return hashlib.sha256("\n".join([line, *wanted.values()]).encode()).hexdigest()[:8]


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\r\n")
