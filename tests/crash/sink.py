"""A relay in a process of its own: takes every message, a few ms late, and writes a log like Postfix's.

python -m tests.crash.sink LOG SEED     prints its port
"""

from __future__ import annotations

import os
import random
import re
import socketserver
import sys
import threading
import time


class Relay(socketserver.StreamRequestHandler):
    numbers = iter(range(1, 10**9))
    lock = threading.Lock()

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def note(self, text: str) -> None:
        with self.lock:
            os.write(LOG, f"Nov 20 21:45:00 relay postfix/{text}\n".encode())

    def handle(self) -> None:
        try:
            self.talk()
        except OSError:
            pass
        finally:
            self.note("smtpd[1]: disconnect from localhost[127.0.0.1]")

    def talk(self) -> None:
        self.say("220 relay ESMTP")
        recipient = ""
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
            if verb == b"DATA":
                self.say("354 go on")
                if not self.data(recipient):
                    return
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def data(self, recipient: str) -> bool:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False  # it went before the dot: nothing was accepted
            lines.append(line)
        time.sleep(RANDOM.uniform(0, 0.01))
        found = re.search(rb"(?mi)^Message-ID:\s*(<[^>]+>)", b"".join(lines))
        identity = found[1].decode() if found else "<none>"
        with self.lock:
            queue = f"{next(self.numbers):08X}"
        self.note(f"cleanup[1]: {queue}: message-id={identity}")
        self.note(f"qmgr[1]: {queue}: from=<b@example.com>, to=<{recipient}>, size=9, nrcpt=1 (queue active)")
        time.sleep(RANDOM.uniform(0, 0.01))
        self.say(f"250 2.0.0 Ok: queued as {queue}")
        return True


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


if __name__ == "__main__":
    LOG = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    RANDOM = random.Random(int(sys.argv[2]))
    with Server(("127.0.0.1", 0), Relay) as server:
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()
