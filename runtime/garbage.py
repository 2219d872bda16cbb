"""Times at which nothing looks for garbage.

Guarantees: the switch belongs to the process. A thread that finds it off leaves it off; where two threads overlap, the
one that turned it off turns it on again, which at worst is early.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """While many objects are made that all stay: looking at them again and again costs more than making them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
