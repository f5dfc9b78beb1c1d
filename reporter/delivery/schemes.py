"""What differs between the places that keep files: how to connect, to give a file its name, and what goes wrong."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reporter.channels import ArchiveTarget

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
TIMEOUT = 30  # seconds for one answer of a server


def _smb(settings: ArchiveTarget, host: str, password: str | None) -> AbstractFileSystem:
    from fsspec.implementations.smb import SMBFileSystem

    fs = SMBFileSystem(
        host,
        port=settings.port,
        username=settings.user,
        password=password,
        timeout=TIMEOUT,
        share_access="r",
        register_session_retries=0,  # fsspec divides by the number less one; whoever wants it again asks again
        skip_instance_cache=True,
    )
    share = urlsplit(str(settings.url)).path.split("/")[1]
    if not fs.exists(f"/{share}"):  # to write there would wait for ever
        raise OSError(errno.ENOENT, f"it has no share '{share}'")
    return fs


def _sftp(settings: ArchiveTarget, host: str, password: str | None) -> AbstractFileSystem:
    import paramiko
    from fsspec.implementations.sftp import SFTPFileSystem

    known = str(settings.known_hosts or Path("~/.ssh/known_hosts").expanduser())

    class KnownHostsOnly(SFTPFileSystem):  # type: ignore[misc]  # a class without types
        """fsspec reads no list of known hosts and, left to itself, trusts everybody."""

        def _connect(self) -> None:
            self.client = paramiko.SSHClient()
            self.client.load_host_keys(known)
            self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
            self.client.connect(self.host, **self.ssh_kwargs)
            self.ftp = self.client.open_sftp()
            self.ftp.get_channel().settimeout(TIMEOUT)

    return KnownHostsOnly(
        host,
        port=settings.port or 22,
        username=settings.user,
        password=password,
        key_filename=str(settings.key_file) if settings.key_file else None,
        timeout=TIMEOUT,
        banner_timeout=TIMEOUT,
        auth_timeout=TIMEOUT,
        allow_agent=False,
        look_for_keys=False,
        skip_instance_cache=True,
    )


def _s3(settings: ArchiveTarget, host: str, password: str | None) -> AbstractFileSystem:  # noqa: ARG001  one signature for every scheme
    from s3fs import S3FileSystem

    return S3FileSystem(
        key=settings.user,
        secret=password,
        endpoint_url=settings.endpoint,
        use_listings_cache=False,
        config_kwargs={"connect_timeout": TIMEOUT, "read_timeout": TIMEOUT, "retries": {"max_attempts": 3}},
        skip_instance_cache=True,
    )


CONNECT: dict[str, Callable[[ArchiveTarget, str, str | None], AbstractFileSystem]] = {
    "smb": _smb,
    "sftp": _sftp,
    "s3": _s3,
}


def _settle_file(_: AbstractFileSystem, temporary: str, final: str) -> None:
    """A hard link never replaces; where the file system knows none, the name is looked for first."""
    try:
        os.link(temporary, final)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if os.path.lexists(final):
            raise FileExistsError(final) from None
        os.rename(temporary, final)  # noqa: PTH104  paths of fsspec are texts
    else:
        os.unlink(temporary)
    folder = os.open(Path(final).parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _settle_smb(fs: AbstractFileSystem, temporary: str, final: str) -> None:
    """The rename of the protocol refuses a name that is taken."""
    import smbclient

    smbclient.rename(_unc(fs, temporary), _unc(fs, final), port=fs.port or 445)


def _replace_smb(fs: AbstractFileSystem, temporary: str, final: str) -> None:
    """Refused while a reader has the file open."""
    import smbclient

    smbclient.replace(_unc(fs, temporary), _unc(fs, final), port=fs.port or 445)


def _unc(fs: AbstractFileSystem, path: str) -> str:
    return rf"\\{fs.host}{path}".replace("/", "\\")


def _settle_sftp(fs: AbstractFileSystem, temporary: str, final: str) -> None:
    """The plain rename of the protocol, which fails where the name is taken; fsspec's `mv` would replace."""
    if fs.exists(final):
        raise FileExistsError(final)
    fs.ftp.rename(temporary, final)


#: How a finished temporary file gets its name, by scheme.
SETTLE: dict[str, Callable[[Any, str, str], None]] = {
    "file": _settle_file,
    "smb": _settle_smb,
    "sftp": _settle_sftp,
    "s3": lambda *_: None,
}


#: How it takes the name of another one.
REPLACE: dict[str, Callable[[Any, str, str], None]] = {
    "file": lambda _, temporary, final: os.replace(temporary, final),
    "smb": _replace_smb,
    "sftp": lambda fs, temporary, final: fs.ftp.posix_rename(temporary, final),
}


def failures(kind: str) -> tuple[type[BaseException], ...]:
    """What the library behind a scheme raises when its server is away, full or unwilling."""
    if kind == "smb":
        from smbprotocol.exceptions import SMBException

        return (OSError, SMBException, ValueError)  # ValueError: its way to say that it cannot connect
    if kind == "sftp":
        from paramiko import SSHException

        return (OSError, SSHException, EOFError)
    if kind == "s3":
        from botocore.exceptions import BotoCoreError, ClientError

        return (OSError, BotoCoreError, ClientError)
    return (OSError,)
