"""Garbage that is left lying."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_lying() -> Iterator[None]:
    """For a process that does one thing and ends: looking for cycles would cost it a tenth of its time, most of it
    while libraries are imported, and find nothing worth having. One that makes many must look: pages are full of them.
    """
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()


@contextmanager
def swept() -> Iterator[None]:
    """Where garbage is left lying, that of what is done in here goes at its end; nothing else is looked at."""
    if gc.isenabled():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
