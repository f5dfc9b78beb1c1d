"""Which documents hold which words, in few bytes: what the search of the archive page goes through."""

from __future__ import annotations

from collections.abc import Sequence


def inverted(documents: Sequence[Sequence[str]]) -> tuple[list[str], bytes]:
    """Which documents hold which word: the words in order, and for each its documents.

    For each word: how many numbers follow, doubled, plus one where they name the documents *without* it, which for a
    frequent word is shorter; then the differences between the numbers. All in bytes of seven bits, the low ones first.
    """
    places: dict[str, list[int]] = {}
    for number, words in enumerate(documents):
        for word in words:
            places.setdefault(word, []).append(number)
    postings = bytearray()
    for word in sorted(places):
        found, without = places[word], len(places[word]) * 2 > len(documents)
        if without:
            having = set(found)
            found = [number for number in range(len(documents)) if number not in having]
        postings += sevens(len(found) * 2 + without)
        last = 0
        for number in found:
            postings += sevens(number - last)
            last = number
    return sorted(places), bytes(postings)


def documents(vocabulary: Sequence[str], postings: bytes, count: int) -> list[list[str]]:
    """The other way round: the words of each of `count` documents, in order.

    Raises:
        ValueError: that is not what `inverted` made.
    """
    numbers = iter(numbers_of(postings))
    found: list[list[str]] = [[] for _ in range(count)]
    try:
        for word in vocabulary:
            head, place = next(numbers), 0
            named = []
            for _ in range(head >> 1):
                place += next(numbers)
                named.append(place)
            for number in set(range(count)) - set(named) if head & 1 else named:
                found[number].append(word)
    except (StopIteration, IndexError) as error:
        raise ValueError("torn postings") from error
    if next(numbers, None) is not None:
        raise ValueError("more postings than words")
    return found


def sevens(number: int) -> bytes:
    """A number in bytes of seven bits, the low ones first; the eighth says that more follow."""
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes((*made, number))


def numbers_of(content: bytes) -> list[int]:
    found, number, shift = [], 0, 0
    for byte in content:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(number)
            number = shift = 0
    return found
