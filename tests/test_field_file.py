"""A field from a file: what it may look like, and that what is wrong with it is one line with its place."""

from __future__ import annotations

from pathlib import Path

import click.testing
import pytest

from reporter.cli import reporter
from reporter.errors import ReporterError
from reporter.field_file import MOST, is_field_file, read_field


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain.txt", "IJR\nVOD.L\n^TNX\n"),
        ("remarks.txt", "# a universe\n\nIJR  # small caps\n VOD.L\n^TNX"),
        ("head.csv", "Ticker,Name\nIJR,Small caps\n\"VOD.L\",Vodafone\n^TNX,\n"),
        ("bom.csv", "\ufeffsymbol;weight\r\nIJR;1\r\nVOD.L;2\r\n^TNX;3\r\n"),
        ("list.yaml", "field: [IJR, VOD.L, ^TNX]\n"),
        ("lines.yml", "field:\n  - IJR\n  - VOD.L\n  - ^TNX\n"),
    ],
)  # fmt: skip
def test_what_it_may_look_like(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert read_field(tmp_path / name) == ("IJR", "VOD.L", "^TNX")


WRONG = {
    "absent": (None, "cannot be read (No such file or directory)"),
    "empty": (b"# nothing\n", "has no ticker; write one a line"),
    "lower case": (b"IJR\nspy\n", "wrong.txt:2: 'spy' is not a ticker such as IJR, VOD.L or ^TNX"),
    "words": (b"Small caps are fine\n", "wrong.txt:1: 'Small caps are fine' is not a ticker"),
    "twice": (b"IJR\nSPY\nIJR\n", "wrong.txt:3: IJR is there already, in line 1"),
    "no text": (b"IJR\n\xff\xfe\n", "is not UTF-8 text (byte 4)"),
    "too many": (b"".join(b"F%d\n" % n for n in range(MOST + 1)), f":{MOST + 1}: a field has {MOST} funds at most"),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_wrong_is_one_line(tmp_path: Path, fault: str) -> None:
    content, words = WRONG[fault]
    path = tmp_path / "wrong.txt"
    if content is not None:
        path.write_bytes(content)
    result = click.testing.CliRunner().invoke(
        reporter, ["brief", "--subject", "IJR", "--benchmark", "SPY", "--field", str(path), "--source", "simulated"]
    )
    assert result.exit_code == 2, result.output
    assert words in result.stderr and len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.output


@pytest.mark.parametrize("text", ["field: IJR\n", "funds: [IJR]\n", "- IJR\n", "field: [IJR\n"])
def test_yaml_of_another_shape(tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong.yaml").write_text(text)
    with pytest.raises(ReporterError, match=r"wrong\.yaml"):
        read_field(tmp_path / "wrong.yaml")


def test_a_ticker_is_no_file() -> None:
    assert not any(is_field_file(text) for text in ("IJR", "IJR,SPY", "VOD.L", "BRK.B,IJR"))


def test_the_pair_in_the_file_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reporter.request import adhoc_brief

    (tmp_path / "funds.txt").write_text("SPY\nMTUM\nIJR\nIVW\n")
    asked = {"subject": "IJR", "benchmark": "SPY", "field": str(tmp_path / "funds.txt")}
    assert adhoc_brief(asked)[1].field == ("MTUM", "IVW")
