"""SMTP against a server that misbehaves."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reporter.channels import OAuth2, Relay
from reporter.delivery import mail
from reporter.delivery.mail import Connection, Fate, Outcome, transmit
from reporter.delivery.smtp import quoted
from reporter.errors import ConfigError
from reporter.setting import Secret
from tests.delivery.smtp_server import ACTS, STEPS, SmtpServer, certificates

#: More than all buffers between client and server hold: the server can go while it is on its way.
LARGE = b"Subject: x\r\n\r\n" + b"0123456789abcdef\r\n" * 600_000
BODY = b"Subject: x\r\n\r\nHello\r\n.\r\nMAIL FROM:<evil@example.com>\r\n..two dots\r\n"
DEADLINE, FINAL, EACH = 1.0, 1.0, 0.5


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return certificates(tmp_path_factory.mktemp("tls"))


def relay(server: SmtpServer, trust: tuple[ssl.SSLContext, Path] | None = None, **settings: Any) -> Relay:
    given = {"host": "localhost", "port": server.port, "tls": "off", "step_timeout": EACH, "deadline": DEADLINE}
    given |= {"final_timeout": FINAL}
    if trust:
        given |= {"tls": "implicit" if server.implicit else "starttls", "ca_file": trust[1]}
    return Relay(**given | settings)


def attempt(to: Relay, before_dot: Callable[[], bool] = lambda: True, body: bytes = BODY) -> Outcome:
    return transmit(to, "brief@example.com", "ann@example.com", body, before_dot)


def password(monkeypatch: pytest.MonkeyPatch, value: str = "hunter2") -> dict[str, Any]:
    monkeypatch.setenv("TEST_SMTP_PASSWORD", value)
    return {"user": "brief", "password": Secret(env="TEST_SMTP_PASSWORD")}


@pytest.mark.fault("D1", "D2")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("act", ACTS)
def test_fifty_ways_to_fail(
    act: str, step: str, tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the dot: later. After it: nobody knows. At QUIT: accepted. Never beyond the time that it has."""
    dots = []
    with SmtpServer(acts={step: act}, tls=tls[0], auth="PLAIN") as server:
        began = time.monotonic()
        outcome = attempt(
            relay(server, tls, **password(monkeypatch)), lambda: not dots.append(1), LARGE if step == "body" else BODY
        )
        took = time.monotonic() - began
    expected = {"dot": Fate.UNKNOWN, "quit": Fate.ACCEPTED}.get(step, Fate.LATER)
    assert outcome.fate is expected
    assert took < DEADLINE + FINAL + 2
    assert len(dots) == (step in ("dot", "quit"))
    assert len(server.messages) == (step == "quit")


#: What a relay says -> what it means. 12 replies.
REPLIES = [
    ("rcpt", "450 4.2.0 Greylisted, come again", Fate.LATER),
    ("connect", "421 4.3.2 Too busy", Fate.LATER),
    ("mail", "451 4.3.0 Temporary lookup failure", Fate.LATER),
    ("dot", "452 4.3.1 Insufficient system storage", Fate.LATER),
    ("rcpt", "550 5.1.1 No such user", Fate.BOUNCED),
    ("dot", "554 5.7.1 Content refused", Fate.BOUNCED),
    ("data", "554 5.5.1 No valid recipients", Fate.BOUNCED),
    ("mail", "552 5.3.4 Message too big", Fate.TOO_BIG),
    ("dot", "552 5.2.3 Message exceeds fixed size", Fate.TOO_BIG),
    ("mail", "530 5.7.0 Must issue a STARTTLS command first", Fate.MISCONFIGURED),
    ("mail", "553 5.7.1 Sender address rejected: not owned by user", Fate.MISCONFIGURED),
    ("connect", "554 5.7.1 No SMTP service here", Fate.MISCONFIGURED),
]


@pytest.mark.fault("D3", "D4", "D5")
@pytest.mark.parametrize(("step", "reply", "fate"), REPLIES)
def test_twelve_replies(step: str, reply: str, fate: Fate) -> None:
    with SmtpServer(acts={step: reply}) as server:
        outcome = attempt(relay(server))
    assert (outcome.fate, outcome.code, outcome.text) == (fate, int(reply[:3]), reply[4:])
    assert server.messages == []


def test_what_is_accepted_is_what_was_given() -> None:
    with SmtpServer() as server:
        outcome = attempt(relay(server))
    assert outcome == Outcome(Fate.ACCEPTED, 250, "2.0.0 Ok: queued as A1B2C3", "A1B2C3")
    (message,) = server.messages
    assert message.content == BODY
    assert (message.sender, message.recipients) == ("brief@example.com", ["ann@example.com"])
    assert [command for command in server.commands if command.startswith("MAIL")] == ["MAIL FROM:<brief@example.com>"]


def test_no_content_can_end_itself() -> None:
    """SMTP smuggling: bare line ends are made whole, dots doubled (RFC 5321, 4.5.2)."""
    wire = quoted(b"a\n.\rMAIL FROM:<x>\r\n.\r\n.b")
    assert wire == b"a\r\n..\r\nMAIL FROM:<x>\r\n..\r\n..b\r\n"
    assert quoted(b".a\r\r\n\n.\r") == b"..a\r\n\r\n\r\n..\r\n"


def test_a_file_of_authorities_that_holds_none_is_a_matter_of_settings(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    with SmtpServer() as server:
        for name, words in (("empty.pem", "holds no certificate"), ("absent.pem", "No such file")):
            with pytest.raises(ConfigError, match=words):
                attempt(relay(server, tls="starttls", ca_file=tmp_path / name))
    assert server.commands == []


def test_many_go_over_one_connection(tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with a transaction of its own, also after one that was refused; one login, one QUIT."""
    refused = {"bea@example.com": "550 5.1.1 No such user", "cyd@example.com": "451 4.7.1 Greylisted"}
    names = ("ann", "bea", "cyd", "dan")
    with SmtpServer(tls=tls[0], auth="PLAIN", replies_for=refused) as server:
        with Connection(relay(server, tls, **password(monkeypatch))) as connection:
            fates = [
                connection.transmit("b@example.com", f"{name}@example.com", BODY, lambda: True).fate for name in names
            ]
        assert fates == [Fate.ACCEPTED, Fate.BOUNCED, Fate.LATER, Fate.ACCEPTED]
        assert [message.recipients for message in server.messages] == [["ann@example.com"], ["dan@example.com"]]
        verbs = [command.split()[0] for command in server.commands]
    assert (verbs.count("EHLO"), verbs.count("AUTH"), verbs.count("QUIT"), verbs.count("RSET")) == (2, 1, 1, 2)
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


@pytest.mark.parametrize(
    "end", ["421 4.7.0 Too many messages in this session", "451 4.3.0 Not on this one", "close", "reset"]
)
def test_a_relay_that_had_enough_of_a_connection_gets_another(end: str) -> None:
    """Whatever it does at the second message: that goes at once on a new connection, and nothing twice."""
    with SmtpServer(acts={"mail": [None, end, None]}) as server:
        with Connection(relay(server)) as connection:
            fates = [
                connection.transmit("b@example.com", f"{name}@example.com", BODY, lambda: True).fate
                for name in ("ann", "bea", "cyd")
            ]
        assert fates == [Fate.ACCEPTED] * 3
        assert [message.recipients[0][:3] for message in server.messages] == ["ann", "bea", "cyd"]
        assert sum(command.startswith("EHLO") for command in server.commands) == 2


@pytest.mark.fault("D1")
@pytest.mark.parametrize("act", ACTS)
def test_doubt_about_one_message_is_none_about_the_next(act: str) -> None:
    with SmtpServer(acts={"dot": [None, act, None]}) as server:
        with Connection(relay(server)) as connection:
            fates = [
                connection.transmit("b@example.com", f"{name}@example.com", BODY, lambda: True).fate
                for name in ("ann", "bea", "cyd")
            ]
        assert fates == [Fate.ACCEPTED, Fate.UNKNOWN, Fate.ACCEPTED]
        assert [message.recipients[0][:3] for message in server.messages] == ["ann", "cyd"]


@pytest.mark.fault("D7")
def test_stripped_starttls_is_refused_and_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with SmtpServer(auth="PLAIN") as server:
        outcome = attempt(relay(server, tls="starttls", **password(monkeypatch)))
    assert (outcome.fate, "no STARTTLS" in outcome.text) == (Fate.MISCONFIGURED, True)
    assert [command.split()[0] for command in server.commands] == ["EHLO"]


@pytest.mark.fault("D7")
@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("wrong", ["host", "authority"])
def test_a_wrong_certificate_is_refused(implicit: bool, wrong: str, tmp_path: Path) -> None:
    context, authority = certificates(tmp_path, host="other.example.com" if wrong == "host" else "localhost")
    if wrong == "authority":
        (tmp_path / "another").mkdir()
        _, authority = certificates(tmp_path / "another")
    with SmtpServer(tls=context, implicit=implicit) as server:
        outcome = attempt(relay(server, (context, authority)))
    assert outcome.fate is Fate.MISCONFIGURED
    assert "certificate verify failed" in outcome.text.lower() or "CERTIFICATE_VERIFY_FAILED" in outcome.text
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("offered", ["PLAIN LOGIN", "LOGIN"])
def test_logging_in(
    implicit: bool, offered: str, tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with SmtpServer(tls=tls[0], implicit=implicit, auth=offered) as server:
        outcome = attempt(relay(server, tls, **password(monkeypatch)))
    assert outcome.fate is Fate.ACCEPTED and server.messages[0].encrypted
    wanted = "PLAIN:\0brief\0hunter2" if "PLAIN" in offered else "LOGIN:brief hunter2"
    assert server.logins == [wanted]


def test_a_token_in_place_of_a_password(tls: tuple[ssl.SSLContext, Path]) -> None:
    oauth2 = OAuth2(command=("printf", "ya29.token\\n"))
    with SmtpServer(tls=tls[0], auth="PLAIN XOAUTH2") as server:
        outcome = attempt(relay(server, tls, user="brief@example.com", oauth2=oauth2))
    assert outcome.fate is Fate.ACCEPTED
    assert server.logins == ["XOAUTH2:user=brief@example.com\1auth=Bearer ya29.token\1\1"]


@pytest.mark.fault("D5", "F1")
def test_a_refused_login_is_a_matter_of_settings_and_keeps_the_secret(
    tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import base64

    echo = base64.b64encode(b"\0brief\0hunter2").decode()
    with SmtpServer(acts={"auth": f"535 5.7.8 wrong: hunter2 {echo}"}, tls=tls[0], auth="PLAIN") as server:
        outcome = attempt(relay(server, tls, **password(monkeypatch)))
    assert outcome.fate is Fate.MISCONFIGURED
    assert "hunter2" not in outcome.text and echo not in outcome.text and "5.7.8 wrong" in outcome.text


@pytest.mark.fault("D6")
def test_what_is_larger_than_the_relay_says_is_not_sent() -> None:
    with SmtpServer(size=10) as server:
        assert attempt(relay(server)).fate is Fate.TOO_BIG
    assert not any(command.startswith("MAIL") for command in server.commands)


@pytest.mark.fault("D2")
@pytest.mark.parametrize("reply", ["250 " + "x" * 1_000_000, "\r\n".join(["250-more"] * 10_000) + "\r\n250 end"])
def test_replies_without_end(reply: str) -> None:
    with SmtpServer(acts={"mail": reply}) as server:
        assert attempt(relay(server)).fate is Fate.LATER
    with SmtpServer(acts={"dot": reply}) as server:
        assert attempt(relay(server)).fate is Fate.UNKNOWN


def test_nothing_is_sent_when_the_ledger_says_no() -> None:
    with SmtpServer() as server:
        assert attempt(relay(server), lambda: False).fate is Fate.LATER
        time.sleep(0.1)
    assert server.messages == []


@pytest.mark.fault("D3")
def test_nobody_listens() -> None:
    with SmtpServer() as server:
        settings = relay(server)
    outcome = attempt(settings)
    assert outcome.fate is Fate.LATER and "refused" in outcome.text


def test_the_matrix_is_the_whole_matrix() -> None:
    assert len(ACTS) * len(STEPS) == 50 and len(REPLIES) == 12
    assert mail.LOGIN == (530, 534, 535, 538)
