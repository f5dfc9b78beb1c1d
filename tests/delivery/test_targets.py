"""The archive on a folder, a real Samba, a real OpenSSH and moto's S3: whole or not at all, and never over anything."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from reporter.channels import ArchiveTarget
from reporter.delivery.archive import MANIFEST, Sender, store
from reporter.delivery.target import MARKER, Target, local_target, open_target
from reporter.delivery.verify import prune, verify
from reporter.document.edition import Edition
from reporter.errors import OutputError
from reporter.limits import Limits, run_limited
from reporter.setting import Secret
from tests.delivery.servers import PASSWORD, Place, descendants, kill_group, s3, samba, sftp
from tests.delivery.test_archive import EDITION, NOW

#: Clients of servers that were killed leave files and sockets that nobody can close.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
SENDER = Sender(instance="an-instance", occurrence="2024-10-16")
KINDS = ("folder", "smb", "sftp", "s3")
LARGE = replace(EDITION, files={**EDITION.files, "big.pdf": b"x" * 3_000_000})


@contextlib.contextmanager
def opened(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch, share: Path | None = None) -> Iterator[Place]:
    if kind == "folder":
        root = (share or folder) / "briefs"
        yield Place(ArchiveTarget(name="share", folder=root), root)
    elif kind == "smb":
        with samba(folder, monkeypatch, share) as place:
            yield place
    elif kind == "sftp":
        with sftp(folder, share) as place:
            yield place
    else:
        with s3(monkeypatch) as place:
            yield place


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with opened(request.param, tmp_path, monkeypatch) as made:
        yield made


def differences(target: Target) -> list[str]:
    return [f"{shelved.path}: {text}" for shelved, found in verify(target) for text in found]


def everything(target: Target, path: str) -> dict[str, bytes]:
    return {name: target.read(f"{path}/{name}") for name in target.names(path)}


@pytest.mark.fault("E6", "E7", "E9", "E11")
def test_a_life_of_an_archive(place: Place) -> None:
    """Written, found again, revised, checked, damaged, noticed, pruned: the same on every kind of place."""
    target = open_target(place.settings)
    earlier = store(replace(EDITION, session=date(2024, 10, 9)), target, NOW, SENDER)
    first = store(EDITION, target, NOW, SENDER)
    assert (first.path, first.revision) == ("small-caps/2024/2024-10-16-r0", 0)
    held = everything(target, first.path)
    assert {name: content for name, content in held.items() if name != MANIFEST} == EDITION.files
    assert hashlib.sha256(held[MANIFEST]).hexdigest() == first.manifest_sha256
    assert store(EDITION, target, NOW, SENDER) == first  # again, as after a crash
    second = store(replace(EDITION, files={**EDITION.files, "a.html": b"<b>"}), target, NOW, SENDER)
    assert second.revision == 1 and everything(target, first.path) == held
    assert differences(target) == []

    with pytest.raises(FileExistsError):
        target.create(f"{first.path}/a.pdf", b"other", "12345678", NOW)
    assert target.read(f"{first.path}/a.pdf") == EDITION.files["a.pdf"]
    assert target.create(f"{first.path}/a.pdf", EDITION.files["a.pdf"], "12345678", NOW) is False

    flipped = bytes([EDITION.files["a.html"][0] ^ 1]) + EDITION.files["a.html"][1:]
    target.replace(f"{first.path}/a.html", flipped, "12345678", NOW)
    assert differences(target) == [f"{first.path}: a.html: other bytes than were archived"]
    target.replace(f"{first.path}/a.html", EDITION.files["a.html"], "12345678", NOW)
    target.remove(f"{earlier.path}/{MANIFEST}")
    assert differences(target) == [f"{first.path}: the edition before it, 2024-10-09-r0, is missing"]

    gone = list(prune(target, date(2024, 10, 16), NOW))
    assert [shelved.path for shelved in gone] == [earlier.path] and target.names(earlier.path) == []
    assert differences(target) == []


@pytest.mark.fault("E3")
def test_a_place_that_is_not_the_one_that_was_set_up(place: Place) -> None:
    target = open_target(place.settings)
    with pytest.raises(OutputError, match=r"is missing\. Is the share mounted\?"):
        store(EDITION, target, NOW, replace(SENDER, marker="an-id"))
    assert target.names("small-caps") == []
    target.create(MARKER, b"another\n", "12345678", NOW)
    with pytest.raises(OutputError, match="another archive"):
        store(EDITION, target, NOW, replace(SENDER, marker="an-id"))
    assert target.names("small-caps") == []
    store(EDITION, target, NOW, replace(SENDER, marker="another"))
    assert differences(target) == []


@pytest.mark.fault("E5")
def test_only_own_and_stale_temporary_files_are_swept(tmp_path: Path) -> None:
    target = open_target(ArchiveTarget(name="share", folder=tmp_path))
    place = store(EDITION, target, NOW, SENDER)
    folder = tmp_path / place.path
    mark = hashlib.sha256(SENDER.instance.encode()).hexdigest()[:8]
    names = {
        "stale and ours": f".a.pdf.{mark}-20241014T000000-abcdef.tmp",
        "fresh": f".a.pdf.{mark}-20241016T205900-abcdef.tmp",
        "another's": ".a.pdf.00000000-20200101T000000-abcdef.tmp",
    }
    for name in names.values():
        (folder / name).write_bytes(b"half")
    target.sweep(place.path, mark, NOW)
    left = {what for what, name in names.items() if (folder / name).exists()}
    assert left == {"fresh", "another's"}
    assert differences(target) == []


@contextlib.contextmanager
def small_disk(folder: Path, size: str = "1m", options: str = "") -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}{options}", "tmpfs", str(folder)], check=False)
    if done.returncode:
        pytest.skip("this machine does not let its root mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, stderr=subprocess.DEVNULL)


@pytest.mark.fault("E1")
@pytest.mark.parametrize("kind", ["folder", "smb", "sftp"])
def test_a_full_disk(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(tmp_path / "disk") as disk, opened(kind, tmp_path, monkeypatch, share=disk) as place:
        target = open_target(place.settings)
        store(EDITION, target, NOW, SENDER)
        later = replace(LARGE, session=date(2024, 10, 23))
        with pytest.raises(OutputError):
            store(later, target, NOW, SENDER)
        assert_whole(place, later)
        assert differences(open_target(place.settings)) == []
        subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True)
        store(later, open_target(place.settings), NOW, SENDER)
        assert differences(open_target(place.settings)) == []


def assert_whole(place: Place, edition: Edition) -> None:
    """No partial file under a final name, and nothing that a reader takes for an edition."""
    assert place.folder
    folder = place.folder / edition.brief / str(edition.session.year) / f"{edition.session}-r0"
    for path in folder.glob("[!.]*"):
        assert path.read_bytes() == edition.files[path.name]
    assert not (folder / MANIFEST).exists()


@pytest.mark.fault("E2")
def test_a_disk_that_is_read_only(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        target = open_target(ArchiveTarget(name="share", folder=disk / "briefs"))
        store(EDITION, target, NOW, SENDER)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(OutputError, match="Read-only file system"):
            store(replace(EDITION, session=date(2024, 10, 23)), target, NOW, SENDER)
        assert differences(target) == []


@pytest.mark.fault("E3")
def test_a_link_to_a_share_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "briefs").symlink_to("/nowhere/briefs")
    target = local_target(tmp_path / "briefs")
    with pytest.raises(OutputError, match="Is the share mounted"):
        store(EDITION, target, NOW, SENDER)
    with pytest.raises(OutputError, match="Is the share mounted"):
        target.replace("index.html", b"page", "12345678", NOW)


@pytest.mark.parametrize(("kind", "words"), [("smb", "it has no share 'nowhere'"), ("s3", "there is no such bucket")])
def test_a_share_that_does_not_exist(kind: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left to itself one library waits for ever, and the other says that a file is missing."""
    with opened(kind, tmp_path, monkeypatch) as place:
        name = str(place.settings.url).split("/")[3 if kind == "smb" else 2]
        wrong = place.settings.model_copy(update={"url": str(place.settings.url).replace(name, "nowhere")})
        with pytest.raises(OutputError, match=words):
            open_target(wrong).create(MARKER, b"an-id\n", "12345678", NOW)


@pytest.mark.fault("E3")
def test_unmounted_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written next would land on the local disk under the mount point."""
    with small_disk(tmp_path / "disk", size="16m") as disk:
        target = open_target(ArchiveTarget(name="share", folder=disk))
        target.create(MARKER, b"an-id\n", "12345678", NOW)
        create, seen = Target.create, []

        def then_gone(self: Target, path: str, *rest: object) -> bool:
            done = create(self, path, *rest)
            seen.append(path)
            if len(seen) == 2:
                subprocess.run(["umount", "-l", str(disk)], check=True)
            return done

        monkeypatch.setattr(Target, "create", then_gone)
        with pytest.raises(OutputError, match="Is the share mounted"):
            store(EDITION, target, NOW, replace(SENDER, marker="an-id"))
        assert list(disk.iterdir()) == []


@pytest.mark.fault("E3")
@pytest.mark.parametrize("kind", ["folder", "smb", "sftp"])
@pytest.mark.parametrize("moment", ["_holds", "_write", "_check", "_settle"])
@pytest.mark.parametrize("file", ["a.pdf", MANIFEST])
def test_unmounted_within_one_write(
    file: str, moment: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its folder is made, its first byte written, it is read back or gets its name; on this machine
    and below a server. Nothing is on the disk under the mount point, and the share has no edition."""
    with small_disk(tmp_path / "disk", size="16m") as disk, opened(kind, tmp_path, monkeypatch, share=disk) as place:
        target = open_target(place.settings)
        target.create(MARKER, b"an-id\n", "12345678", NOW)
        held = os.open(disk, os.O_RDONLY)  # what is unmounted can still be looked at
        going: list[str] = []
        create, step = Target.create, getattr(target, moment)

        def noticed(self: Target, path: str, *rest: object) -> bool:
            going.append(path.rpartition("/")[2])
            return create(self, path, *rest)

        def gone_before(*given: object) -> object:
            if going and going[-1] == file and (moment == "_settle" or file in str(given[0])):
                going.append("gone")
                subprocess.run(["umount", "-l", str(disk)], check=True)
            return step(*given)

        monkeypatch.setattr(Target, "create", noticed)
        monkeypatch.setattr(target, moment, gone_before)
        with pytest.raises(OutputError, match=r"[Ii]s the share (still )?mounted|cannot (write|read|list)"):
            store(EDITION, target, NOW, replace(SENDER, marker="an-id"))
        assert going[-1] == "gone"
        assert [path for path in disk.rglob("*") if path.is_file()] == []
        names = [name for _, _, files in os.walk(f"/proc/self/fd/{held}") for name in files]
        os.close(held)
        assert MARKER in names and MANIFEST not in names


@pytest.mark.fault("E5")
@pytest.mark.parametrize("kind", ["smb", "sftp"])
def test_a_server_that_is_killed_in_the_middle(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = replace(EDITION, files={f"{number}.pdf": os.urandom(2_000_000) for number in range(12)})
    with opened(kind, tmp_path, monkeypatch) as place:
        target = open_target(place.settings)
        assert place.folder and place.process
        killer = threading.Thread(target=kill_when, args=(place, lambda: any_file(place.folder, "5.pdf")))
        killer.start()
        with pytest.raises(OutputError):
            store(edition, target, NOW, SENDER)
        killer.join()
        assert_whole(place, edition)
    folder = place.folder / "small-caps/2024/2024-10-16-r0"
    assert 0 < len(list(folder.glob("[!.]*.pdf"))) < 12
    again = open_target(ArchiveTarget(name="share", folder=place.folder))
    assert store(edition, again, NOW, SENDER).revision == 0
    assert differences(again) == []


def any_file(folder: Path | None, name: str) -> bool:
    return bool(folder and any(folder.rglob(f"*{name}*")))


def kill_when(place: Place, happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not happened() and time.monotonic() < end:
        time.sleep(0.001)
    assert place.process
    kill_group(place.process)


@pytest.mark.fault("E4")
@pytest.mark.parametrize("scheme", ["smb", "sftp", "s3"])
@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_a_server_that_is_not_there(host: str, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens at that port, or the name belongs to nobody."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "known_hosts").touch()
    hosts = {"known_hosts": tmp_path / "known_hosts"} if scheme == "sftp" else {}
    url = f"{scheme}://{'briefs' if scheme == 's3' else host}/share/briefs"
    more = {"endpoint": f"http://{host}:{port}"} if scheme == "s3" else {"port": port}
    monkeypatch.setenv("SECRET", "secret")
    settings = ArchiveTarget(name="share", url=url, user="brief", password={"env": "SECRET"}, **hosts, **more)
    with pytest.raises(OutputError, match=r"cannot (reach|list|read)"):
        store_there(settings)


def test_a_list_of_known_hosts_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = ArchiveTarget(name="share", url="sftp://127.0.0.1/briefs", known_hosts=tmp_path / "nowhere")
    with pytest.raises(OutputError, match=r"cannot reach 'sftp://127.0.0.1/briefs': No such file .*nowhere"):
        open_target(settings)


@pytest.mark.fault("E4")
def test_a_server_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes connections and answers nothing: the deadline ends the child, and the same works when it goes on."""
    with samba(tmp_path, monkeypatch) as place:
        assert place.process and place.folder
        # A server of forks that another test has begun does not know what is in the environment since.
        (tmp_path / "password").write_text(PASSWORD)
        (tmp_path / "password").chmod(0o600)
        settings = place.settings.model_copy(update={"password": Secret(file=tmp_path / "password")})
        store_there(settings)
        servers = [place.process.pid, *descendants(place.process.pid)]
        later = replace(EDITION, session=date(2024, 10, 23))
        for pid in servers:
            os.kill(pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            with pytest.raises(OutputError, match="archiving was ended: it needed more than 2 s"):
                run_limited(store_there, settings, later, limits=Limits(wall=2.0), what="archiving", error=OutputError)
            assert time.monotonic() - began < 10
        finally:
            for pid in servers:
                os.kill(pid, signal.SIGCONT)
        assert_whole(place, later)
        store_there(settings, later)
        assert differences(open_target(settings)) == []


def store_there(settings: ArchiveTarget, edition: Edition = EDITION) -> None:
    store(edition, open_target(settings), NOW, SENDER)


@pytest.mark.fault("E9")
def test_a_reader_has_files_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows shares a file that is open cannot be replaced; a revision needs no replacing."""
    import smbclient

    with samba(tmp_path, monkeypatch) as place:
        target = open_target(place.settings)
        first = store(EDITION, target, NOW, SENDER)
        name = rf"\\127.0.0.1\archive\briefs\{first.path}\a.html".replace("/", "\\")
        with smbclient.open_file(name, "rb", port=place.settings.port, share_access="r") as held:
            second = store(replace(EDITION, files={"a.html": b"<b>"}), target, NOW, SENDER)
            assert held.read() == EDITION.files["a.html"]
        assert second.revision == 1
        assert differences(target) == []


@pytest.mark.fault("E10")
@pytest.mark.parametrize("known", ["nobody", "another"])
def test_an_unknown_host_key_is_refused(known: str, tmp_path: Path) -> None:
    with sftp(tmp_path) as place:
        hosts = tmp_path / "known_hosts"
        if known == "nobody":
            hosts.write_text("")
        else:
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
            hosts.write_text(hosts.read_text().split(" ")[0] + " " + (tmp_path / "other.pub").read_text())
        with pytest.raises(OutputError) as raised:
            open_target(place.settings)
        assert place.folder and not place.folder.exists()
        assert "known_hosts" in str(raised.value) or "Host key" in str(raised.value) or "host key" in str(raised.value)


@pytest.mark.fault("E8")
def test_a_torn_manifest_is_named(tmp_path: Path) -> None:
    target = open_target(ArchiveTarget(name="share", folder=tmp_path))
    place = store(EDITION, target, NOW, SENDER)
    path = tmp_path / place.path / MANIFEST
    path.write_bytes(path.read_bytes()[:100])
    assert differences(target) == [f"{place.path}: {MANIFEST}: is torn or was changed"]


@pytest.mark.fault("F1")
def test_no_message_holds_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with samba(tmp_path, monkeypatch) as place:
        monkeypatch.setenv("TEST_SHARE_PASSWORD", "canary-4711")
        with pytest.raises(OutputError) as raised:
            open_target(place.settings)
    assert "canary-4711" not in str(raised.value) + repr(place.settings)


def test_old_times_are_old() -> None:
    assert NOW - datetime(2024, 10, 14, tzinfo=UTC) > timedelta(hours=24)
