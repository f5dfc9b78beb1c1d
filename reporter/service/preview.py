"""The preview: a brief as page, PDF and mail on loopback, made again when configuration, templates or words change."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from reporter.document.edition import Edition
from reporter.document.html import environment, filled
from reporter.errors import OutputError, ReporterError, UsageError
from reporter.words import BUNDLED, template_folders

LOOK_EVERY = 0.4  # seconds between two looks at the files
REQUEST_TIME = 10  # seconds that a browser may take to say what it wants
KINDS = {".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8", ".pdf": "application/pdf",
         ".svg": "image/svg+xml", ".png": "image/png", ".json": "application/json"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the server gives: finished bytes by path, and nothing else."""

    version: int = 0
    error: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    shown = Shown()


class Handler(BaseHTTPRequestHandler):
    """Looks the path up in a table: there is no way from a request to a file."""

    server: Server
    timeout = REQUEST_TIME
    server_version, sys_version = "reporter", ""

    def do_GET(self) -> None:
        if not of_loopback(self.headers.get("Host", "")):  # a name that somebody points at this machine
            self.send_error(HTTPStatus.FORBIDDEN, "only for this machine")
            return
        shown, path = self.server.shown, urlsplit(self.path).path
        content = version_json(shown) if path == "/version" else shown.files.get(path)
        if content is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", KINDS.get(Path(path).suffix, KINDS[".html" if path == "/" else ".json"]))
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name in http.server
        """Requests are nobody's business."""


def version_json(shown: Shown) -> bytes:
    return json.dumps({"version": shown.version, "error": shown.error}).encode()


def of_loopback(host: str) -> bool:
    """Whether a host, perhaps with a port, is this machine by number or as `localhost`."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def open_server(host: str, port: int) -> Server:
    """A server that listens; port 0 takes a free one.

    Raises:
        UsageError: the host is not loopback.
        OutputError: the port is taken.
    """
    if not of_loopback(f"[{host}]" if ":" in host else host):
        raise UsageError(f"--host {host}: the preview is for this machine alone; use 127.0.0.1")
    try:
        return Server(("127.0.0.1" if host == "localhost" else host, port), Handler)
    except OSError as error:
        raise OutputError(f"cannot listen on {host}:{port}: {error.strerror}; name another port with --port") from error


def serve(
    server: Server, make: Callable[[], Edition], watched: Callable[[], Sequence[Path]], tell: Callable[[str], None]
) -> None:
    """Serves until interrupted, and makes everything again when a watched file changes.

    Args:
        make: Reads the configuration anew and builds the edition.
        watched: Files and folders; they depend on the configuration.
        tell: Is told what happened, in a line for a person.
    """
    server.shown = Shown(files={"/": shell(None)})
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
    pause = threading.Event()
    seen: dict[Path, int] = {}
    try:
        while True:
            if (now := times(paths := watched())) != seen:
                server.shown = render(server.shown, make)
                seen = now if watched() == paths else times(watched())
                tell(server.shown.error or f"made, version {server.shown.version}")
            pause.wait(LOOK_EVERY)
    except KeyboardInterrupt:
        tell("stopped")
    finally:
        server.shutdown()
        server.server_close()


def times(paths: Sequence[Path]) -> dict[Path, int]:
    """Every file below the paths, with the time of its last change."""
    return {path: changed for path in everything(paths) if (changed := changed_at(path)) is not None}


def everything(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        yield from (one for one in path.rglob("*") if one.is_file()) if path.is_dir() else (path,)


def changed_at(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def render(before: Shown, make: Callable[[], Edition]) -> Shown:
    """The next thing to show; after a failure what was there, with the one clear line."""
    version = before.version + 1
    try:
        edition = make()
        return Shown(version=version, files=pages(edition))
    except ReporterError as error:
        return Shown(version=version, files=before.files, error=str(error))


def pages(edition: Edition) -> dict[str, bytes]:
    """The frame, every file of the edition, and the mails with their pictures."""
    files = {f"/edition/{name}": content for name, content in edition.files.items()}
    for code, mail in edition.mails.items():
        html = mail.html
        for content_id, png in mail.images.items():
            files[f"/mail/{content_id}.png"] = png
            html = html.replace(f"cid:{content_id}", f"{content_id}.png")
        files[f"/mail/{code}.html"] = html.encode()
        files[f"/mail/{code}.txt"] = mail.text.encode()
    return {**files, "/": shell(edition)}


def shell(edition: Edition | None) -> bytes:
    """The frame around the three; it is the program's own, and no template of the user's can break it."""
    made = environment(None)
    script = Markup((BUNDLED / "preview.js").read_text("utf-8"))  # noqa: S704  a file of the templates, not a text
    return filled(made, "preview.html.j2", edition=edition, script=script).encode()


def watched_files(config: Path, templates: Path | None, quotes: Path | None) -> list[Path]:
    """What a change of which shows in an edition."""
    return [config, *template_folders(templates), *([quotes] if quotes else [])]
