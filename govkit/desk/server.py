"""The desk's server: a Jupyter Server without kernels, on this computer alone, behind a token, with the desk's page.

Acts block, so each runs in a thread, one at a time; what is made meanwhile is asked for again and again by the page.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from jinja2 import Environment, FileSystemLoader
from jupyter_server.base.handlers import AuthenticatedFileHandler, JupyterHandler
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from tornado import web
from tornado.ioloop import IOLoop

from govkit import catalogue
from govkit.batch.plan.reports import Progress
from govkit.batch.record.approvals import sign
from govkit.batch.record.pack import pack
from govkit.batch.record.progress import WORDS
from govkit.desk import acts
from govkit.documents.html.policy import source_hash
from govkit.errors import GovkitError
from govkit.files import unwritable
from govkit.intake.reading.corrections import accept, withdraw

PAGE = Path(__file__).parent / "page"
_LARGEST_FILE = 1 << 30


@dataclass
class Desk:
    """One zone's desk: where its files and reports are, and how the reports being made get on."""

    folder: Path
    out: Path | None
    progress: dict[str, Any] = field(default_factory=lambda: {"running": False, "done": 0, "total": 0, "lines": []})
    works: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    busy: bool = False

    @property
    def root(self) -> Path:
        """The folder below which everything that the desk makes lies."""
        return (self.out or Path("reports") / self.folder.resolve().name).resolve()

    def act(self, name: str, said: dict[str, Any]) -> dict[str, Any]:
        """Do one of the desk's acts and return what came of it; raises GovkitError as the command line would."""
        folder, period = self.folder, str(said.get("period", ""))
        if name == "overview":
            return acts.overview(folder)
        if name == "look":
            return acts.look(folder, name=said["name"], code=said["code"], keep=bool(said["keep"]))
        if name == "findings":
            return acts.findings(folder, self.root)
        if name == "correct":
            return acts.put_right(folder, {**said})
        if name == "accept":
            return vars(accept(folder, **said))
        if name == "withdraw":
            withdraw(folder, kind=said["kind"], number=int(said["number"]))
            return {}
        if name == "compare":
            return acts.compared(folder, period)
        reports = acts.reports_of(folder, period, self.out)
        if name == "report":
            return self._report(period, said["formats"])
        if name == "sign":
            sign(reports, state=said["state"], name=said["by"], reports=tuple(said.get("reports", ())))
        elif name == "pack":
            pack(reports)
        elif name != "made":
            raise GovkitError(f"没有这个操作：{name!r}")
        place = reports.relative_to(self.root).as_posix() if reports.is_relative_to(self.root) else ""
        return {**acts.made(reports), "folder": "" if place == "." else place}

    def _report(self, period: str, formats: list[str]) -> dict[str, Any]:
        lines: list[str] = []
        self.progress = {"running": True, "done": 0, "total": 0, "lines": lines}

        def started(total: int) -> None:
            self.progress["total"] = total

        def finished(progress: Progress) -> None:
            self.progress["done"] = progress.done
            outcome = progress.outcome
            lines.append(f"{WORDS[outcome.status]} {outcome.name} {outcome.notebook} {outcome.error}".strip())

        try:
            manifest, _ = acts.report(
                self.folder, self.out, period=period, formats=formats, on_start=started, on_done=finished
            )
        finally:
            self.progress["running"] = False
        counts = {key: len(manifest.with_status(key)) for key in WORDS}
        return {"counts": {WORDS[key]: count for key, count in counts.items()}, "seconds": round(manifest.seconds, 1)}


class _Handler(JupyterHandler):
    def initialize(self, desk: Desk) -> None:
        self.desk = desk

    def answer(self, content: dict[str, Any], status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.finish(json.dumps(content, ensure_ascii=False, default=str))

    async def done(self, work: Callable[[], dict[str, Any]]) -> None:
        """Run an act in the thread for them and answer what came of it, or in Chinese why it did not."""
        words = catalogue.load("desk")["said"]
        if self.desk.busy:
            self.answer({"error": words["busy"]}, 409)
            return
        self.desk.busy = True
        try:
            content = await asyncio.get_running_loop().run_in_executor(self.desk.works, work)
        except GovkitError as error:
            self.answer({"error": str(error)}, 400)
        except OSError as error:
            self.answer({"error": str(unwritable(error))}, 500)
        except Exception as error:  # the page says it in one line, as the command line does
            told = words["internal"].format(error=f"{type(error).__name__}: {error}")
            self.answer({"error": told + words["internal_todo"]}, 500)
        else:
            self.answer(content)
        finally:
            self.desk.busy = False


class _Page(_Handler):
    """The desk's one page: it runs its own script, wears its own style and speaks to nobody but this server."""

    @cached_property
    def parts(self) -> dict[str, str]:
        """Style and script of the page."""
        return {name: (PAGE / f"desk.{name}").read_text(encoding="utf-8") for name in ("css", "js")}

    @property
    def content_security_policy(self) -> str:
        """What the page may do: run this script and wear this style; Jupyter Server sends it along."""
        script, style = (f"'sha256-{source_hash(self.parts[name])}'" for name in ("js", "css"))
        return (
            f"default-src 'none'; script-src {script}; style-src {style}; style-src-attr 'unsafe-inline'; "
            "img-src data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
        )

    @web.authenticated
    def get(self) -> None:
        pages = Environment(loader=FileSystemLoader(PAGE, encoding="utf-8"), autoescape=True)
        token = self.xsrf_token.decode("ascii")
        self.finish(pages.get_template("desk.html.j2").render(**self.parts, token=token, base=self.base_url))


class _Act(_Handler):
    @web.authenticated
    async def post(self, name: str) -> None:
        said = json.loads(self.request.body or b"{}")
        if name == "stop":
            self.answer({"said": catalogue.load("desk")["said"]["stopped"]})
            IOLoop.current().call_later(0.3, ServerApp.instance().stop)
            return
        await self.done(lambda: self.desk.act(name, said))

    @web.authenticated
    def get(self, name: str) -> None:
        if name != "progress":
            raise web.HTTPError(405)
        self.answer(self.desk.progress)


class _Upload(_Handler):
    @web.authenticated
    async def post(self) -> None:
        name, content = self.get_query_argument("name"), self.request.body
        await self.done(lambda: acts.keep_file(self.desk.folder, name, content))


class _Made(AuthenticatedFileHandler):
    """Reports: pages that may run their own scripts, but not speak to the desk."""

    @property
    def content_security_policy(self) -> str:
        return super().content_security_policy + " allow-popups allow-downloads allow-modals"


class _Server(ServerApp):
    """A Jupyter Server that runs no code and shows no folder: only who may come in, and the desk."""

    default_services: Any = ("api", "auth", "security")


class DeskApp(ExtensionApp):
    """The desk as an extension of Jupyter Server."""

    name = "govkit_desk"
    load_other_extensions = False
    serverapp_class = _Server
    default_url = "/desk"
    desk: ClassVar[Desk]

    @classmethod
    def get_extension_package(cls) -> str:
        """Return the package that Jupyter Server asks for this extension."""
        return "govkit.desk.server"

    def initialize_handlers(self) -> None:
        """Put the desk's addresses on the server."""
        desk = {"desk": DeskApp.desk}
        self.handlers += [
            ("/desk", _Page, desk),
            ("/desk/files", _Upload, desk),
            (r"/desk/act/(\w+)", _Act, desk),
            ("/desk/made/(.*)", _Made, {"path": str(DeskApp.desk.root)}),
        ]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "govkit.desk.server", "app": DeskApp}]


def serve(folder: Path, *, out: Path | None, port: int, browser: bool, said: Callable[[str], None]) -> None:
    """Open the desk of a folder and wait until it is closed; ``said`` is told where it is. The folder may be new."""
    folder.mkdir(parents=True, exist_ok=True)
    DeskApp.desk = Desk(folder, out)
    DeskApp.desk.root.mkdir(parents=True, exist_ok=True)
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.allow_remote_access": False,
        "ServerApp.allow_root": True,  # it runs no code for whoever comes in
        "ServerApp.open_browser": browser,
        "ServerApp.max_body_size": _LARGEST_FILE,
        "ServerApp.max_buffer_size": _LARGEST_FILE,
        "ServerApp.quit_button": False,
        "ServerApp.log_level": 50,
        "ServerApp.root_dir": str(DeskApp.desk.root),
        "IdentityProvider.token": secrets.token_hex(24),
        "PasswordIdentityProvider.hashed_password": "",
        "PasswordIdentityProvider.password_required": False,
    }
    server = DeskApp.initialize_server(argv=[f"--{key}={value}" for key, value in options.items()])
    words = catalogue.load("desk")["said"]
    address = f"{server.local_url.split('?')[0]}?token={server.identity_provider.token}"
    # said as soon as somebody listens there
    server.io_loop.add_callback(lambda: said(words["opened"].format(url=address) + "\n" + words["close"]))
    server.start()
