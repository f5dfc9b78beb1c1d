"""What systemd wants to hear from a service of `Type=notify`: that it is ready, alive, stopping."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


def notify_systemd(text: str) -> None:
    """`READY=1`, `WATCHDOG=1`, `STATUS=…`, `STOPPING=1`; nothing where nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            line.sendall(text.encode())
