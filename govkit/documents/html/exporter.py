"""The nbconvert exporter of reports.

``jupyter nbconvert --to govkit.documents.html.exporter.ReportExporter`` works too.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment
from nbconvert.exporters import Exporter, HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import default

from govkit.documents.html.environment import TEMPLATES, equip
from govkit.documents.html.origins import linked
from govkit.documents.html.policy import sealed
from govkit.documents.html.shared_scripts import share_scripts
from govkit.documents.read.document import read_document
from govkit.documents.read.tree import Document


def folder_of(about: Mapping[str, Any]) -> Path | None:
    """Return the folder of the notebook that nbconvert exports, None where it has none."""
    return Path(about["path"]) if about.get("path") else None


def end_with_failure(document: Document, *, on_screen: bool = False) -> None:
    """Let ``jupyter nbconvert`` end with exit code 1 where a document lacks an output, after all files are written.

    nbconvert has no word for it: its last step of each notebook is followed by one of ours. Nothing happens where
    another program (JupyterLab's server) exports.
    """
    from nbconvert.nbconvertapp import NbConvertApp

    app: Any = NbConvertApp._instance if NbConvertApp.initialized() else None
    if not isinstance(app, NbConvertApp):
        return
    lacking: list[bool] = vars(app).setdefault("govkit_lacking", [])
    if not lacking:
        last_step = app.postprocess_single_notebook

        def finish(written: str) -> None:
            last_step(written)
            if any(lacking) and len(lacking) >= len(app.notebooks):
                app.log.error("有输出没有收入（见上），文件已写出，退出码为 1")
                app.exit(1)

        app.postprocess_single_notebook = finish  # type: ignore[method-assign]
    lacking.append(not all(on_screen and one.paper for one in document.lost))


class ReportExporter(HTMLExporter):
    """Notebook → report: code hidden, numbered, self-contained. Everything that is not a block is escaped."""

    export_from_notebook = "govkit 报告（HTML）"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "report"

    @default("extra_template_basedirs")
    def _extra_template_basedirs(self) -> list[str]:
        return [str(TEMPLATES)]

    @default("extra_template_paths")
    def _extra_template_paths(self) -> list[str]:
        return [str(TEMPLATES)]

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.autoescape = True
        environment.trim_blocks = environment.lstrip_blocks = True
        equip(environment)
        return environment

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page and nbconvert's resources; what the page lacks is said in it and in nbconvert's log.

        HTMLExporter would parse the finished page once more to add alt texts; ours has them, and reparsing megabytes
        of maps is dear, so its parent is called instead.
        """
        given = dict(resources or {})
        about = given.get("metadata", {})
        document = given.get("document")
        if document is None:  # nbconvert asks: what it was told to do before (--execute) comes first
            nb, given = Exporter.from_notebook_node(self, nb, given)
            document = read_document(nb, folder=folder_of(about))
            for one in document.unconverted:
                self.log.log(logging.INFO if one.paper else logging.WARNING, "%s", one)
            end_with_failure(document, on_screen=True)
        name = about.get("name", "")
        document, origins = linked(document)
        given |= {"document": document, "origins": origins, "title": given.get("title") or document.title or name}
        # The page shows the document; the cells would be copied and checked four times over for nothing.
        bare = NotebookNode({**nb, "cells": []})
        done, self._preprocessors = self._preprocessors, []
        try:
            html, given = TemplateExporter.from_notebook_node(self, bare, self._init_resources(given), **options)
        finally:
            self._preprocessors = done
        return share_scripts(sealed(html)), given
