"""`xcs.progress()`: bars for the loops of the jitted programs run inside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from ..runtime.progress import DELAY_S, Progress
from ..runtime.watched_executor import shown


@contextmanager
def progress(file: TextIO | None = None, delay_s: float = DELAY_S) -> Iterator[None]:
    """Show each loop of the jitted programs run inside as a `tqdm` bar, with its rate and the time that is left.

    A loop inside of another one has one bar for all of its runs. Bars go to standard error and only where that is a
    terminal, or are widgets in a notebook; printing programs print above them.

    Args:
        file: where to draw instead, terminal or not.
        delay_s: seconds after which a bar appears; a loop that ends sooner has none.

    Raises:
        XCSError: the extra `progress` (`tqdm`) is not installed.
    """
    with shown(Progress(file, delay_s)):
        yield
