"""A real Postfix with a mailbox of its own: what arrives is what was queued, and its log is a witness.

The instance has its own configuration, queue and port below a temporary folder; the system's is not touched.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import io
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pypdf
import pytest

from reporter.service.ledger import open_ledger
from reporter.service.rows import Delivery, Run
from reporter.service.spool import read_edition, read_message
from tests.delivery.servers import free_port, wait_for
from tests.delivery.test_archive import NOW
from tests.programs import needs
from tests.service.carry import Started

SERVICES = """
{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    port: int
    mailbox: Path
    log: Path

    def arrived(self, count: int) -> list[bytes]:
        """Messages in the mailbox, once there are that many, without the lines that Postfix puts on top."""
        end = time.monotonic() + 20
        while len(found := sorted((self.mailbox / "new").glob("*"))) < count and time.monotonic() < end:
            time.sleep(0.05)
        return [path.read_bytes() for path in found]


@pytest.fixture
def postfix() -> Iterator[Postfix]:
    program = needs("postfix")
    if os.geteuid() != 0:
        pytest.skip("Postfix is started as root")
    folder = Path(tempfile.mkdtemp(prefix="brief-postfix-"))
    folder.chmod(0o755)
    port, nobody = free_port(), pwd.getpwnam("nobody")
    for name in ("etc", "queue", "data", "box"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "box", nobody.pw_uid)
    (folder / "etc/main.cf").write_text(
        f"compatibility_level = 3.6\nqueue_directory = {folder}/queue\ndata_directory = {folder}/data\n"
        f"inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmyhostname = mx.example.com\nmydestination =\n"
        f"mynetworks = 127.0.0.0/8\nmaillog_file = {folder}/mail.log\nmaillog_file_prefixes = {folder}\n"
        f"virtual_mailbox_domains = example.com\nvirtual_mailbox_base = {folder}/box\n"
        f"virtual_mailbox_maps = static:all/\nvirtual_uid_maps = static:{nobody.pw_uid}\n"
        f"virtual_gid_maps = static:{nobody.pw_gid}\nvirtual_minimum_uid = 1\nalias_maps =\nmulti_instance_name = \n"
        "virtual_alias_maps = inline:{gone@example.com=nobody@gone.example.net}\n"
        "transport_maps = inline:{ {gone.example.net = error:5.1.1 there is no such mailbox} }\n"
        "import_environment = MAIL_CONFIG\n"
    )
    (folder / "etc/master.cf").write_text(SERVICES.format(port=f"127.0.0.1:{port}"))
    try:
        with (folder / "start.log").open("wb") as said:  # a pipe would stay open as long as the server runs
            command = [program, "-c", str(folder / "etc"), "start"]
            code = subprocess.run(command, stdout=said, stderr=said, timeout=60, check=False).returncode
        assert code == 0, (folder / "start.log").read_text()
        wait_for(port)
        yield Postfix(port, folder / "box" / "all", folder / "mail.log")
    finally:
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((folder / "queue/pid/master.pid").read_text()), signal.SIGTERM)
        time.sleep(0.3)
        shutil.rmtree(folder, ignore_errors=True)


def configure(folder: Path, postfix: Postfix, readers: str, mail: str = "") -> None:
    (folder / "config.yaml").write_text(
        "sources: {use: simulated}\nmail:\n  sender: Brief <brief@example.com>\n"
        f"  relay: {{host: 127.0.0.1, port: {postfix.port}, tls: off}}\n{mail}"
        f"briefs:\n  small: {{title: {{en: Small caps, ru: Компании малой капитализации}}, subject: IJR, "
        f"benchmark: SPY, languages: [en, ru], recipients: [{readers}]}}\n"
    )


def body_of(content: bytes) -> bytes:
    """From our first header on, with the line ends of the wire; `virtual` writes those of Unix and a Delivered-To."""
    return re.sub(rb"\r?\n", b"\r\n", content[content.index(b"From: Brief") :])


def test_what_arrives_is_what_was_queued_and_every_part_opens(postfix: Postfix, tmp_path: Path) -> None:
    """The whole way: the command as it is installed, a simulated market, both languages."""
    configure(tmp_path, postfix, "ann@example.com, {address: boris@example.com, name: Борис, language: ru}")
    command = [sys.executable, "-m", "reporter", "send", "small", "--as-of", "2024-10-16"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    spool = tmp_path / "output/.state/spool"
    with open_ledger(spool.parent, NOW) as ledger:
        run = ledger.one(Run)
        assert run
        edition = read_edition(ledger, run)
        queued = {read_message(ledger, row.eml_path, row.eml_sha256) for row in ledger.rows(Delivery)}
    arrived = postfix.arrived(2)
    assert {body_of(content) for content in arrived} == queued and len(queued) == 2

    for content in arrived:
        message = email.message_from_bytes(body_of(content), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        language = "ru" if "boris" in message["To"] else "en"
        body = edition.mails[language]
        assert message["Subject"] == body.subject
        plain, html = message.get_body(("plain",)), message.get_body(("html",))
        assert plain and plain.get_content().replace("\r\n", "\n") == body.text
        assert html and html.get_content().replace("\r\n", "\n").strip() == body.html.strip()
        images = [part for part in message.walk() if part.get_content_type() == "image/png"]
        pictures = {part["Content-ID"]: part.get_content() for part in images}
        assert pictures == {f"<{cid}>": png for cid, png in body.images.items()}
        (pdf,) = list(message.iter_attachments())
        name = "Компании малой капитализации 2024-10-16.pdf" if language == "ru" else "Small caps 2024-10-16.pdf"
        assert name.rsplit(" ", maxsplit=1)[-1] in str(pdf.get_filename())
        assert pdf.get_content() == edition.files[f"small-2024-10-16-{language}.pdf"]
        assert len(pypdf.PdfReader(io.BytesIO(pdf.get_content())).pages) >= 1
        other = "boris@example.com" if language == "en" else "ann@example.com"
        assert other.encode() not in content


@pytest.mark.fault("A1", "D1")
@pytest.mark.parametrize("point", ["dot", "after-dot"])
def test_the_log_of_the_relay_knows_what_became_of_a_message_in_doubt(
    point: str, postfix: Postfix, tmp_path: Path
) -> None:
    """Dead between dot and answer: with `reconcile`, nobody is left out and nobody gets it twice."""
    readers = ("ann@example.com", "bea@example.com")
    witness = f"  witness: {{postfix_log: {postfix.log}, settle: 2}}\n"
    configure(tmp_path, postfix, ", ".join(readers), witness)
    send = ("send", "small", "--as-of", "2024-10-16")
    assert Started(tmp_path, send, point).end().returncode == 137
    done = Started(tmp_path, send, "").end()
    assert (done.returncode, "its log is asked" in done.stderr) == (0, True)
    delivered = Counter(
        match[1].decode() for content in postfix.arrived(2) if (match := re.search(rb"(?m)^To: (\S+)", content))
    )
    time.sleep(0.5)
    assert delivered == Counter(readers) and len(postfix.arrived(2)) == 2
