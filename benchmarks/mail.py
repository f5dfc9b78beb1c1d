"""An edition for many readers: what it weighs on the disk, and how long it takes with a relay that answers at once."""

from __future__ import annotations

import socketserver
import sys
import tempfile
import threading
from pathlib import Path

from benchmarks.measure import Report, cost

READERS = 5_000
CONFIG = """\
sources: {{use: simulated}}
mail:
  sender: Brief <brief@example.com>
  relay: {{host: 127.0.0.1, port: {port}, tls: off}}
briefs:
  small: {{subject: IJR, benchmark: SPY, field: [IWM, MDY], languages: [en, ru], recipients_file: readers.csv}}
"""


class Relay(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.connections = self.messages = 0


class Conversation(socketserver.StreamRequestHandler):
    server: Relay

    def handle(self) -> None:
        self.server.connections += 1
        self.wfile.write(b"220 relay\r\n")
        while line := self.rfile.readline():
            if line.startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.server.messages += 1
            if line.startswith(b"QUIT"):
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")


def measure(report: Report, _: int) -> None:
    with tempfile.TemporaryDirectory() as name, Relay() as relay:
        folder = Path(name)
        threading.Thread(target=relay.serve_forever, daemon=True).start()
        send = [sys.executable, "-m", "reporter", "send", "small", "--as-of", "2024-10-16"]
        (folder / "config.yaml").write_text(CONFIG.format(port=relay.server_address[1]), "utf-8")
        rows = (f"reader{number}@example.com,{'ru' if number % 2 else 'en'}" for number in range(READERS))
        (folder / "readers.csv").write_text("\n".join(["address,language", *rows]), "utf-8")
        whole = cost(send, folder)
        spool = [path.stat() for path in (folder / "output/.state/spool").rglob("*") if path.is_file()]
        report.say(f"messages to {READERS} readers on the disk", sum(one.st_blocks for one in spool) / 2048, "MiB", 100)
        report.say("made, archived and sent, by the clock", whole.wall, "s", 120)
        report.say("CPU of that", whole.cpu, "s")
        report.say("memory of that", whole.peak, "MiB", 300)
        report.say("connections for it", relay.connections, "", 1)
        report.say("messages the relay has", relay.messages, "", READERS, at_least=True)
        relay.shutdown()
