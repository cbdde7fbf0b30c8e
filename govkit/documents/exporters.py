"""PDF and Word through nbconvert: ``jupyter nbconvert --to govkit-pdf mine.ipynb``, and JupyterLab's export menu.

JupyterLab's menu shows an exporter by the name of its entry point, and its server answers Latin letters and _ alone:
there the exporters are called govkit_PDF and the like, and the names with a hyphen are for the command line.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from govkit.documents.formats import KINDS, write
from govkit.documents.html.exporter import ReportExporter, end_with_failure, folder_of
from govkit.documents.read.document import read_document


class _FileExporter(Exporter):
    """Writes one kind of document; what it lacks is said in it and in nbconvert's log."""

    kind: ClassVar[str]

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return KINDS[self.kind].suffix

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """Return the file and nbconvert's resources."""
        nb, given = super().from_notebook_node(nb, resources, **options)
        about = given.get("metadata", {})
        document = read_document(nb, folder=folder_of(about))
        with tempfile.TemporaryDirectory() as folder:
            path = KINDS[self.kind].path(Path(folder), str(about.get("name") or "notebook"))
            written = write(self.kind, nb, document, path)
            content = path.read_bytes()
        for one in written.unconverted:
            self.log.warning("%s", one)
        end_with_failure(written)
        return content, {**given, "output_extension": KINDS[self.kind].suffix}


class PdfExporter(_FileExporter):
    """Notebook → PDF, set by Typst."""

    kind = "pdf"
    export_from_notebook = "govkit 报告（PDF）"
    output_mimetype = "application/pdf"


class WordExporter(_FileExporter):
    """Notebook → Word."""

    kind = "docx"
    export_from_notebook = "govkit 报告（Word）"
    output_mimetype = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class _ByCommand:
    """An exporter of the command line: a server, which could not ask for it by its name, does not offer it."""

    @default("enabled")
    def _enabled_default(self) -> bool:
        server = sys.modules.get("jupyter_server.serverapp")
        return server is None or not isinstance(server.ServerApp._instance, server.ServerApp)


class HtmlByCommand(_ByCommand, ReportExporter):
    """``govkit-html``."""


class PdfByCommand(_ByCommand, PdfExporter):
    """``govkit-pdf``."""


class WordByCommand(_ByCommand, WordExporter):
    """``govkit-docx``."""
