"""Texts that try to become something else: headers, scripts, files, connections, attachments."""

from __future__ import annotations

_BASES = (
    "\r\nBcc: eve@example.com", "\nBcc: eve@example.com", "\rBcc: eve@example.com", "\r\n\r\nbody", "\x00",
    "\x0bBcc: x", "\x0cBcc: x", "\x85Bcc: x", "\u2028Bcc: x", "\u2029Bcc: x", "=?utf-8?q?x=0ABcc:_eve=40example.com?=",
    "=?utf-8?b?eApCY2M6IGV2ZUBleGFtcGxlLmNvbQ==?=", "=?utf-8?q?x=0D=0ABcc:_x?= =?utf-8?q?y?=", "=?us-ascii?q?=0A=0A?=",
    "\u202etxet desrever", "\u2066hidden\u2069", "\ud800", "\udfff", "a\u0300" * 40, "\u200b" * 30, "\ufeff",
    "x" * 5000,
    "<script>alert(1)</script>", "<img src=http://{canary}/a.png>", "<link rel=attachment href=file://{secret}>",
    "<link rel=stylesheet href=http://{canary}/x.css>", "<a rel=attachment href='file://{secret}'>x</a>",
    "<style>@import url(http://{canary}/y.css)</style>", "<svg><image href='http://{canary}/z.svg'/></svg>",
    "<object data='file://{secret}'></object>", "<iframe src='http://{canary}/'></iframe>", "javascript:alert(1)",
    "<a href='javascript:alert(1)'>x</a>", "<a href='\\\\{canary}\\share'>x</a>", "'\"><img src=//{canary}/q>",
    "]]><!ENTITY x SYSTEM 'file://{secret}'>", "url(http://{canary}/u)", "\\\";}} body{{background:url(http://{canary}/b)}}",
    "{{{{ 7*7 }}}}", "{{% include '/etc/passwd' %}}",
)  # fmt: skip
_WRAPS = ("{0}", "Title {0}", "{0} end", "\u201c{0}\u201d", "{0}{0}")
#: 200 payloads: 40 kinds in 5 places of a line.
PAYLOADS = tuple(wrap.format(base) for base in _BASES for wrap in _WRAPS)


def filled(payload: str, canary: str = "127.0.0.1:9", secret: str = "/etc/passwd") -> str:
    return payload.replace("{canary}", canary).replace("{secret}", secret).replace("{{", "{").replace("}}", "}")
