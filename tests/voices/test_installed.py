"""From the installed command to the pages: headlines, a quote and an earlier edition, in both languages."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema
import pypdf
import pytest

from reporter.document.facts_json import SCHEMA_FILE
from tests.feed_server import FeedServer, item, rss, serve
from tests.yahoo_server import Yahoo
from tests.yahoo_server import serve as serve_yahoo

COMMAND = Path(sys.executable).with_name("reporter")
AS_OF = "2024-10-16"
ENGLISH = rss(
    [
        item(
            "Small caps <script>alert('x')</script>show 3 signs of life, up 20% & more",
            link="https://a.example/?x=1&y=2",
        ),
        item(
            "Russell 2000 -3.1%: 5 charts \u2013 \u201cofficially\u201d difficult",
            "Wed, 16 Oct 2024 19:59:00 GMT",
            "https://a.example/2",
        ),
        item("Small caps fall after the bell", "Wed, 16 Oct 2024 20:00:01 GMT", "https://a.example/3"),
        item("Small caps of tomorrow", "Thu, 17 Oct 2024 09:00:00 GMT", "https://a.example/4"),
    ]
)
RUSSIAN = rss([item("Малые компании США дорожают на 4 %: \u202eчто дальше", link="javascript:alert(1)")], "Пример")
CONFIG = """\
headlines:
  timeout: 1
  budget: 5
  yahoo: {yahoo}
  feeds:
    - {{url: "{url}/en", language: en, outlet: Example Wire}}
    - {{url: "{url}/ru", language: ru}}
    - {{url: "{url}/down", language: en, outlet: Silent Post}}
sources: {{use: simulated, yahoo: {{base_url: "{base}", spacing: 0}}}}
quotes: quotes.yaml
briefs:
  small-caps:
    subject: IJR
    benchmark: SPY
    field: [MTUM, IVW, QUAL]
    keywords: {{en: [small cap*, Russell 2000], ru: [мал* компани*]}}
"""
QUOTES = """\
quotes:
  - text: "Two of 3 small companies lose money in 1% of years."
    language: en
    speaker: Ann Example
    link: https://example.com/note
    said: 2024-10-09
"""


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with serve(FeedServer({"/en": ENGLISH, "/ru": RUSSIAN, "/down": "500"})) as running:
        yield running


def configure(folder: Path, url: str, yahoo: str = "off", base: str = "http://127.0.0.1:9") -> None:
    (folder / "config.yaml").write_text(CONFIG.format(url=url, yahoo=yahoo, base=base), "utf-8")
    (folder / "quotes.yaml").write_text(QUOTES, "utf-8")


def run(folder: Path, *arguments: str) -> tuple[dict[str, Any], dict[str, bytes], str]:
    """What the command told, the files that it made, and its remarks."""
    command = [str(COMMAND), "brief", "small-caps", "--as-of", AS_OF, "--json", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return told, {Path(path).name: (folder / path).read_bytes() for path in told["files"]}, done.stderr


def links(pdf: bytes) -> set[str]:
    pages = pypdf.PdfReader(BytesIO(pdf)).pages
    found = (one.get_object() for page in pages for one in page.get("/Annots") or ())
    return {one["/A"]["/URI"] for one in found if "/A" in one and "/URI" in one["/A"]}


def test_from_feed_to_page(server: FeedServer, tmp_path: Path) -> None:
    configure(tmp_path, server.url)
    told, files, remarks = run(tmp_path)
    english, russian = (
        files[f"small-caps-{AS_OF}-{code}.html"].decode().replace("\u00a0", " ") for code in ("en", "ru")
    )
    for title in (
        "“Small caps show 3 signs of life, up 20% &amp; more”",
        "“Russell 2000 -3.1%: 5 charts – “officially” difficult”",
    ):
        assert title in english and title not in russian
    assert "«Малые компании США дорожают на 4 %: что дальше»" in russian and "Малые компании США" not in english
    assert "after the bell" not in english and "tomorrow" not in english and "<script" not in english
    assert '<a href="https://a.example/?x=1&amp;y=2">Example Wire</a>' in english and "javascript:" not in russian
    assert {"https://a.example/?x=1&y=2", "https://a.example/2"} <= links(files[f"small-caps-{AS_OF}-en.pdf"])
    assert all(link.startswith("https://") for link in links(files[f"small-caps-{AS_OF}-ru.pdf"]))
    # What was not there is said: on the page, in facts.json, at the terminal.
    assert "No headlines could be read from: Silent Post." in english and "Silent Post" in russian
    facts, voices = json.loads(files["facts.json"]), json.loads(files["voices.json"])
    jsonschema.validate(facts, json.loads(SCHEMA_FILE.read_text("utf-8")))
    assert facts["quality"]["status"] == "ok" and facts["quality"]["notes"] == ["Silent Post: HTTP 500"]
    assert (
        told["quality"]["notes"] == ["Silent Post: HTTP 500"] and "no headlines from Silent Post: HTTP 500" in remarks
    )
    assert [one["published"] for one in voices["headlines"]] == sorted(
        (one["published"] for one in voices["headlines"]), reverse=True
    )
    assert all(len(one["sha256"]) == 64 and one["fetched_at"] == "2024-10-17T07:00:00Z" for one in voices["headlines"])


def test_again_without_a_server(server: FeedServer, tmp_path: Path) -> None:
    """Once all feeds have answered an edition stays what it is, whatever they say later."""
    server.pages["/down"] = rss([])
    configure(tmp_path, server.url)
    _, first, _ = run(tmp_path)
    server.pages = {"/en": "404", "/ru": "reset", "/down": "slow"}
    _, second, remarks = run(tmp_path)
    assert second == first and remarks == ""


def test_all_feeds_down(server: FeedServer, tmp_path: Path) -> None:
    server.pages = {"/en": "reset", "/ru": "500", "/down": "slow"}
    configure(tmp_path, server.url)
    told, files, _ = run(tmp_path, "--format", "html")
    page = files[f"small-caps-{AS_OF}-en.html"].decode()
    assert 'id="headlines"' not in page and 'id="quote"' in page
    assert "No headlines could be read from: Example Wire, 127.0.0.1, Silent Post." in html.unescape(page)
    assert len(told["quality"]["notes"]) == 3


def test_yahoo_news(server: FeedServer, tmp_path: Path) -> None:
    item = {
        "title": "Small caps: what Yahoo wrote in 2024",
        "publisher": "Example Post",
        "link": "https://post.example.com/2",
        "providerPublishTime": 1729000800,  # 2024-10-15 14:00 UTC
    }
    server.pages = {}
    with serve_yahoo(Yahoo({}, news={"IJR": [item]})) as yahoo:
        configure(tmp_path, server.url, "on", yahoo.url)
        _, files, _ = run(tmp_path, "--format", "html")
    page = files[f"small-caps-{AS_OF}-en.html"].decode()
    assert "“Small caps: what Yahoo wrote in 2024”" in page and 'href="https://post.example.com/2"' in page


def test_english_headlines_serve_where_there_are_none_in_russian(server: FeedServer, tmp_path: Path) -> None:
    server.pages["/ru"] = rss([])
    configure(tmp_path, server.url)
    _, files, _ = run(tmp_path, "--format", "html")
    assert '<q lang="en">«Small caps show 3 signs' in files[f"small-caps-{AS_OF}-ru.html"].decode()


def test_without_feeds_nothing_is_imported_for_them(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom reporter.cli import reporter\n"
        "try: reporter(sys.argv[1:])\nexcept SystemExit as done: assert not done.code, done.code\n"
        "heavy = {'httpx', 'feedparser', 'nh3', 'yfinance'} & set(sys.modules)\nassert not heavy, heavy"
    )
    pair = ["--subject", "AAA", "--benchmark", "BBB", "--source", "simulated", "--as-of", AS_OF, "--format", "html"]
    done = subprocess.run(
        [sys.executable, "-c", code, "brief", *pair], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('/en"', '/e n"', "headlines.feeds.0.url: .*is not the address of a feed"),
        ("http://127.0.0.1", "http://feeds.example.com", "is not the address of a feed"),
        ("small cap*", "sm*ll cap", "keywords.en.0: 'sm.ll cap' is not a keyword"),
        ("timeout: 1", "timeout: 0", "headlines.timeout: must be more than 0"),
        ("language: ru", "langauge: ru", "did you mean 'language'"),
        ("yahoo: off", "yahoo: perhaps", "headlines.yahoo: expected on or off"),
    ],
)
def test_mistakes_have_a_place(tmp_path: Path, old: str, new: str, problem: str) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    text = (tmp_path / "config.yaml").read_text("utf-8")
    (tmp_path / "config.yaml").write_text(text.replace(old, new, 1), "utf-8")
    command = [str(COMMAND), "brief", "small-caps", "--as-of", AS_OF]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 78 and re.search(problem, done.stderr), done.stderr
    assert re.match(r"(reporter: )?config.yaml:\d+:\d+: ", done.stderr)
