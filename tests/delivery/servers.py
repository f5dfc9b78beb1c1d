"""Real servers on loopback, each started by its test in a folder of its own and ended by its own process id."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reporter.channels import ArchiveTarget
from reporter.setting import Secret
from tests.programs import needs

PASSWORD = "correct-horse"  # of the share; set in the environment for the program under test


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for(port: int, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1.0).close()
            return
        assert time.monotonic() < end, f"nothing listens on {port}"
        time.sleep(0.05)


@contextlib.contextmanager
def running(command: list[str], port: int, **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a process group of its own, which ends with the block."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **more
    )
    try:
        wait_for(port)
        yield process
    finally:
        kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """The server and whatever it has started, also in sessions of their own."""
    for pid in (process.pid, *descendants(process.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait(10)


def descendants(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                child = int(path.parent.name)
                found += [child, *descendants(child)]
    return found


@dataclass
class Place:
    """A target, and the folder of this machine that it keeps its files in, if it is one."""

    settings: ArchiveTarget
    folder: Path | None
    process: subprocess.Popen[bytes] | None = None


@contextlib.contextmanager
def samba(folder: Path, monkeypatch: pytest.MonkeyPatch, share: Path | None = None) -> Iterator[Place]:
    program = needs("smbd")
    if os.geteuid() != 0:
        pytest.skip("smbd is started as root")
    share = share or folder / "share"
    share.mkdir(exist_ok=True)
    port = free_port()
    for name in ("private", "lock", "state", "cache", "pid", "ncalrpc"):
        (folder / name).mkdir()
    configuration = folder / "smb.conf"
    configuration.write_text(
        f"[global]\nsmb ports = {port}\nbind interfaces only = yes\ninterfaces = 127.0.0.1/8\ndisable netbios = yes\n"
        f"server role = standalone server\nmap to guest = never\nload printers = no\nprinting = bsd\n"
        f"private dir = {folder}/private\nlock directory = {folder}/lock\nstate directory = {folder}/state\n"
        f"cache directory = {folder}/cache\npid directory = {folder}/pid\nncalrpc dir = {folder}/ncalrpc\n"
        f"passdb backend = tdbsam:{folder}/passdb.tdb\nlog file = {folder}/log.smbd\n"
        f"[archive]\npath = {share}\nread only = no\nforce user = root\n"
    )
    subprocess.run(
        [needs("smbpasswd"), "-c", str(configuration), "-s", "-a", "root"],
        input=f"{PASSWORD}\n{PASSWORD}\n".encode(), check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("TEST_SHARE_PASSWORD", PASSWORD)
    command = [program, "--foreground", "--no-process-group", "-s", str(configuration)]
    with running(command, port) as process:
        settings = ArchiveTarget(
            name="share", url="smb://127.0.0.1/archive/briefs", port=port, user="root",
            password=Secret(env="TEST_SHARE_PASSWORD"), deadline=60.0,
        )  # fmt: skip
        yield Place(settings, share / "briefs", process)


@contextlib.contextmanager
def sftp(folder: Path, share: Path | None = None) -> Iterator[Place]:
    program, keygen = needs("sshd"), needs("ssh-keygen")
    share = share or folder / "share"
    share.mkdir(exist_ok=True)
    for name in ("host", "user"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    port = free_port()
    with contextlib.suppress(PermissionError):
        Path("/run/sshd").mkdir(exist_ok=True)
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
        f"PasswordAuthentication no\nUsePAM no\nStrictModes no\nPidFile {folder}/pid\nPermitRootLogin yes\n"
        "Subsystem sftp internal-sftp\n"
    )
    host = (folder / "host.pub").read_text().split()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host[0]} {host[1]}\n")
    with running([program, "-D", "-f", str(folder / "sshd_config")], port) as process:
        import getpass

        settings = ArchiveTarget(
            name="share", url=f"sftp://127.0.0.1{share}/briefs", port=port, user=getpass.getuser(),
            key_file=folder / "user", known_hosts=folder / "known_hosts", deadline=60.0,
        )  # fmt: skip
        yield Place(settings, share / "briefs", process)


@contextlib.contextmanager
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("TEST_SHARE_PASSWORD", PASSWORD)
        bucket = f"brief-{os.urandom(4).hex()}"  # buckets of one test are there in the next
        settings = ArchiveTarget(
            name="share", url=f"s3://{bucket}/briefs", endpoint=f"http://{host}:{port}", user="key",
            password=Secret(env="TEST_SHARE_PASSWORD"), deadline=60.0,
        )  # fmt: skip
        import s3fs

        s3fs.S3FileSystem(key="key", secret=PASSWORD, endpoint_url=settings.endpoint, skip_instance_cache=True).mkdir(
            bucket
        )
        yield Place(settings, None)
    finally:
        server.stop()
