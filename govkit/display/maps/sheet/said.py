"""A map's texts in the language spoken: what is printed and what a browser shows of it come from the same words."""

from __future__ import annotations

from dataclasses import replace

from govkit.display.maps.sheet.spec import Category, Layer, MapNotes, MapSpec, Panel
from govkit.display.words.language import drawn


def spec_in_language(spec: MapSpec) -> MapSpec:
    """Return a map with every text said (``words.language.drawn``); names of places and codes stay as they are."""
    return replace(
        spec,
        title=drawn(spec.title),
        caption=drawn(spec.caption),
        notes=_notes(spec.notes),
        layers=tuple(map(_layer, spec.layers)),
        panels=tuple(Panel(drawn(one.title), tuple(map(_layer, one.layers))) for one in spec.panels),
    )


def _notes(notes: MapNotes) -> MapNotes:
    source, date, kept = (drawn(text) for text in (notes.source, notes.date, notes.classification))
    return replace(notes, source=source, date=date, classification=kept)


def _layer(layer: Layer) -> Layer:
    return replace(
        layer,
        title=drawn(layer.title),
        categories=_categories(layer.categories),
        tags=tuple(map(drawn, layer.tags)),
        facts=tuple(tuple((drawn(label), drawn(text)) for label, text in one) for one in layer.facts),
        remarks=tuple(map(drawn, layer.remarks)),
        matrix=(drawn(layer.matrix[0]), drawn(layer.matrix[1])) if layer.matrix else None,
    )


def _categories(categories: tuple[Category, ...]) -> tuple[Category, ...]:
    """A symbol's sign is one Chinese character; another language takes a letter of its label, no two the same."""
    said: list[Category] = []
    for one in categories:
        label = drawn(one.label)
        taken = {other.sign for other in said}
        letters = [letter for letter in label.upper() if letter.isalpha() and letter not in taken]
        sign = one.sign if label == one.label or not one.sign else (letters or [""])[0]
        said.append(replace(one, label=label, sign=sign))
    return tuple(said)
