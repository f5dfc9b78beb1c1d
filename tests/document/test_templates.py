"""Templates of a user: what they may not do, and how their mistakes are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reporter.document.edition import Edition
from reporter.errors import DocumentError

HOSTILE = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.popen('touch {path}').read() }}",
    "{{ lipsum.__globals__['os'].popen('touch {path}').read() }}",
    "{{ self.__init__.__globals__.__builtins__.open('{path}', 'w').write('x') }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}{{ os.system('touch {path}') }}",
    "{{ page.__class__ }}",
    "{{ (page|attr('__class__')) }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ ''.format.__self__.__class__ }}",
)


@pytest.mark.fault("C2")
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_template_ends_with_a_clear_line(make: Callable[..., Edition], tmp_path: Path, text: str) -> None:
    canary = tmp_path / "canary"
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "brief.html.j2").write_text(text.replace("{path}", str(canary)))
    with pytest.raises(DocumentError) as told:
        make(languages=("en",), formats=("html",), templates=tmp_path / "templates")
    assert len(str(told.value).splitlines()) == 1
    assert not canary.exists()


@pytest.mark.fault("C3")
def test_a_variable_that_is_not_there_ends_with_a_clear_line(make: Callable[..., Edition], tmp_path: Path) -> None:
    (tmp_path / "brief.html.j2").write_text("<p>\n{{ page.no_such_thing }}")
    with pytest.raises(DocumentError, match=r"brief\.html\.j2.*no_such_thing"):
        make(languages=("en",), formats=("html",), templates=tmp_path)


def test_the_line_names_the_template_that_is_wrong_and_not_the_one_that_includes_it(
    make: Callable[..., Edition], tmp_path: Path
) -> None:
    (tmp_path / "sections").mkdir()
    for text, line in (("<h2>\n\n{{ part.lable }}</h2>", 3), ("\n{% if %}", 2)):
        (tmp_path / "sections" / "lede.html.j2").write_text(text)
        with pytest.raises(DocumentError, match=rf"^sections/lede\.html\.j2:{line}: "):
            make(languages=("en",), formats=("html",), templates=tmp_path)
