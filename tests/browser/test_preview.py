"""The preview from the installed command: it shows, follows changes, says what is wrong, serves this machine alone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from reporter.errors import UsageError
from reporter.service.preview import of_loopback, open_server
from tests.browser.conftest import Open

COMMAND = Path(sys.executable).with_name("reporter")
CONFIG = """\
templates: words
briefs:
  pair: {subject: IJR, benchmark: SPY, field: [MTUM], languages: [en], title: {en: First name}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("preview")
    (made / "config.yaml").write_text(CONFIG)
    (made / "words").mkdir()
    return made


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [str(COMMAND), "preview", "--source", "simulated", "--as-of", "2024-10-16", "--port", "0"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    yield process, process.stdout.readline().strip()
    if process.poll() is None:
        process.kill()
    process.communicate(timeout=20)


def get(address: str, path: str, host: str | None = None) -> tuple[int, bytes]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("Host", host or urlsplit(address).netloc)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def wait(address: str, fits: Callable[[dict[str, object]], bool]) -> dict[str, object]:
    """The first answer that fits, within a minute and a half."""
    for _ in range(450):
        told = json.loads(get(address, "/version")[1])
        if fits(told):
            return dict(told)
        time.sleep(0.2)
    raise AssertionError(told)


def test_shows_follows_and_recovers(running: tuple[subprocess.Popen[str], str], folder: Path, look_at: Open) -> None:
    process, address = running
    first = wait(address, lambda told: told["version"] == 1)
    assert first["error"] == ""
    assert get(address, "/edition/pair-2024-10-16-en.pdf")[1].startswith(b"%PDF")
    assert b"First name" in get(address, "/edition/pair-2024-10-16-en.html")[1]
    assert b"cid:" not in get(address, "/mail/en.html")[1]
    assert not (folder / "output").exists(), "nothing is archived"

    with look_at(address) as view:
        view.page.wait_for_function("document.querySelector('[data-frame=mail]').contentDocument?.querySelector('h1')")
        assert view.overflow() <= 0 and view.away() == [] and view.complaints == []
        page = view.page.frame_locator("[data-frame=page]")
        assert page.locator("h1").count() == 1
        assert view.page.locator("[data-envelope=en]").is_visible()
        view.page.locator("#part button[value=txt]").click()
        assert "MARKET BRIEF" in view.page.frame_locator("[data-frame=mail]").locator("body").inner_text()

        (folder / "words" / "brief.html.j2").write_text("{{ page.nothing }}")
        told = wait(address, lambda told: bool(told["error"]))
        assert "brief.html.j2" in str(told["error"]) and "nothing" in str(told["error"])
        view.page.wait_for_function("!document.getElementById('error').hidden")
        assert "brief.html.j2" in view.page.locator("#error").inner_text()
        assert b"First name" in get(address, "/edition/pair-2024-10-16-en.html")[1], "what was there stays"

        (folder / "words" / "brief.html.j2").unlink()
        (folder / "config.yaml").write_text(CONFIG.replace("First name", "Second name"))
        told = wait(address, lambda now: not now["error"] and now["version"] > told["version"])
        view.page.wait_for_function("document.getElementById('error').hidden")
        page.get_by_text("Second name").first.wait_for(timeout=20_000)
        assert view.away() == []

    (folder / "config.yaml").write_text("briefs: [")
    told = wait(address, lambda now: bool(now["error"]))
    assert str(told["error"]).startswith("config.yaml:1:")
    (folder / "config.yaml").write_text(CONFIG)

    for path in ("/../config.yaml", "/edition/../../config.yaml", "/edition/%2e%2e/config.yaml", "//etc/passwd", "/x"):
        assert get(address, path)[0] == 404, path
    assert get(address, "/", host="brief.example")[0] == 403, "a name that somebody points at this machine"

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0 and err.rstrip().endswith("reporter: stopped") and "Traceback" not in err


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "example.com", "::", ""])
def test_other_machines_are_not_served(host: str) -> None:
    with pytest.raises(UsageError, match="for this machine alone"):
        open_server(host, 0)


def test_names_of_this_machine() -> None:
    near = ("localhost", "localhost:8747", "127.0.0.1", "127.0.0.1:80", "[::1]:8747", "127.9.9.9")
    assert all(map(of_loopback, near))
    assert not any(map(of_loopback, ("localhost.example", "10.0.0.1", "", "[::]", "127.0.0.1.example", "0")))
