"""Which of several wordings an edition uses: a pure rule of brief, week and kind, the same on every machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Rotation:
    """The wordings of a kind are dealt like cards: each once in as many weeks as there are, in a shuffled order.

    No two weeks in a row get the same one. Within a week the neighbours of a session get others (`place` is 0 1 2 1 0),
    and the first and last session of a week share the week's own, so that daily and weekly editions never repeat the
    wording of the edition before. With three wordings or more that holds without exception.
    """

    brief: str = ""
    week: int = 0  # number of the week; of the month for a brief that is due every month
    place: int = 0  # of the session in its week, see facts/week.py

    def pick(self, kind: str, n: int) -> int:
        """Index of the wording, 0 to n - 1."""
        if n < 2:
            return 0
        turn = self.week + self._hash(kind, 0)
        if n == 2:
            return (turn + self.place) % 2
        block, card = divmod(turn, n)
        deck, before = self._deck(kind, block, n), self._deck(kind, block - 1, n)
        if deck[0] == before[-1]:
            deck[0], deck[1] = deck[1], deck[0]
        return (deck[card] + self.place) % n

    def _deck(self, kind: str, block: int, n: int) -> list[int]:
        return sorted(range(n), key=lambda card: self._hash(f"{kind}/{block}", card + 1))

    def _hash(self, kind: str, number: int) -> int:
        digest = hashlib.sha256(f"{self.brief}/{kind}/{number}".encode()).digest()
        return int.from_bytes(digest[:4], "big")
