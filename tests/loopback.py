"""What the servers of the tests share: on loopback, on a free port, in a thread that ends with its block."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """Gives an answer, or what a fault puts in its place, and writes no log."""

    def give(self, now: datetime, status: int, kind: str, body: bytes, fault: str, **headers: str) -> None:
        if fault == "slow":
            time.sleep(1.0)
        if fault == "reset":
            self.connection.close()
            return
        self.head(now, status, {"Content-Type": kind, "Content-Length": str(len(body)), **headers})
        with suppress(OSError):  # a client that has lost its patience
            for start in range(0, len(body), 2000) if fault == "drip" else ():
                self.wfile.write(body[start : start + 2000])
                time.sleep(0.1)
            if fault != "drip":
                self.wfile.write(body)

    def head(self, now: datetime, status: int, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        self.send_header("Date", format_datetime(now, usegmt=True))
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()

    def log_message(self, *said: object) -> None:
        return


@contextmanager
def running(handler: Callable[..., Any]) -> Iterator[str]:
    """The address of a server with this handler."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False  # a handler may still be dripping
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
