"""Requests to the web services that answer with plain prices: the one user of httpx among the sources."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import httpx

from reporter.config import FredSettings, TiingoSettings
from reporter.prices.asking import Blocked, Deadline, Trouble, moment_of, retry_after

#: No answer about one fund is larger; what is goes on for ever. Bytes.
LARGEST = 30_000_000


class Web:
    """A connection to one host, with spacing and a deadline, that sorts the answers which are none.

    It is an `asking.Line` but for `bars`, which each service has its own of.
    """

    def __init__(
        self, host: str, settings: TiingoSettings | FredSettings, headers: Mapping[str, str], *, patient: bool
    ) -> None:
        self.host = host
        self.patient = patient
        self.settings = settings
        self.client = httpx.Client(
            base_url=settings.base_url, headers=dict(headers), timeout=settings.timeout, follow_redirects=False
        )
        self.deadline = Deadline(settings.budget, settings.spacing)
        self.answered = False
        self.served_at: datetime | None = None

    def left(self) -> float:
        return self.deadline.left()

    def close(self) -> None:
        self.client.close()

    def get(self, path: str, **parameters: str) -> tuple[int, str]:
        """Status and text of an answer: 200, 400 or 404.

        Raises:
            Trouble, Blocked: there was none. No message holds a header of ours: the key stays secret.
        """
        seconds = self.deadline.patience(self.settings.timeout)
        try:
            with self.client.stream("GET", path, params=parameters, timeout=seconds) as answer:
                content = self._content(answer, seconds)
        except httpx.TimeoutException as error:
            raise Trouble(f"no answer within {seconds:.3g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = Trouble if self.answered else Blocked
            raise failure(f"cannot connect ({' '.join(str(error).split())[:120] or type(error).__name__})") from error
        finally:
            self.deadline.asked()
        self._check(answer)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Trouble("an answer that is not text") from error
        if text.lstrip()[:1] == "<":
            raise Trouble("a web page came instead of prices (an outage, or a page that asks for consent)")
        return answer.status_code, text

    def _content(self, answer: httpx.Response, seconds: float) -> bytes:
        """httpx gives each piece of an answer its own time; here all of them have to come in time."""
        content = b""
        last = self.deadline.left() - seconds
        for piece in answer.iter_bytes():
            content += piece
            if self.deadline.left() < last or len(content) > LARGEST:
                raise Trouble(f"no whole answer within {seconds:.3g} s")
        return content

    def _check(self, answer: httpx.Response) -> None:
        self.answered = True
        status = answer.status_code
        self.served_at = moment_of(answer.headers.get("Date")) or self.served_at
        if status == 429:
            raise Blocked(
                "rate limited (HTTP 429): too many requests with this key",
                wait=retry_after(answer.headers.get("Retry-After")),
            )
        if status in (401, 403):
            raise Blocked(f"the key was turned down (HTTP {status}); check it, and what it is allowed to ask for")
        if status >= 500:
            raise Trouble(f"the server has an error (HTTP {status})")
        if status not in (200, 400, 404):
            raise Trouble(f"the request was turned down (HTTP {status})")
