"""Templates as Jinja has compiled them: read back by another process, and never a damaged one."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from reporter.compiled import Compiled


def test_a_compiled_template_is_read_back_and_a_damaged_one_compiled_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporter.cache.user_cache_dir", lambda name: str(tmp_path))
    compiled: list[str] = []

    class Counting(Environment):
        def compile(self, source, name=None, filename=None, *more, **others):  # type: ignore[no-untyped-def]
            compiled.append(str(name))
            return super().compile(source, name, filename, *more, **others)

    def rendered() -> str:
        monkeypatch.setattr(Compiled, "_kept", {})  # as another process
        made = Counting(loader=DictLoader({"a": "{{ 6 * n }}"}), bytecode_cache=Compiled())
        return made.get_template("a").render(n=7)

    assert [rendered(), rendered()] == ["42", "42"]
    assert compiled == ["a"]
    [file] = tmp_path.iterdir()
    content = file.read_bytes()
    for damaged in (content[:-9], content[:20], content[:-1] + b"\xff", b"\0" + content):
        file.write_bytes(damaged)
        compiled.clear()
        assert rendered() == "42"
        assert compiled == ["a"]
    assert file.read_bytes() == content
