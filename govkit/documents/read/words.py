"""What documents say by themselves, in the language of the report that is being written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from govkit import catalogue

_language: ContextVar[str] = ContextVar("language", default="zh")


def section(name: str, file: str = "document") -> dict[str, Any]:
    """Return a section of catalogue/document.toml (or ``file``), that of the language over it."""
    own: dict[str, Any] = catalogue.load(file)[name]
    language = _language.get()
    return own if language == "zh" else own | catalogue.load(f"{language}/{file}").get(name, {})


class _Words(Mapping[str, str]):
    """The words of documents, looked up when they are asked for."""

    def __getitem__(self, name: str) -> str:
        return str(section("words")[name])

    def __iter__(self) -> Iterator[str]:
        return iter(section("words"))

    def __len__(self) -> int:
        return len(section("words"))


words = _Words()


@contextmanager
def written_in(cover: Mapping[str, Any] | None) -> Iterator[None]:
    """Have documents written meanwhile speak the language a cover names, Chinese without one."""
    token = _language.set(str((cover or {}).get("language") or "zh"))
    try:
        yield
    finally:
        _language.reset(token)
