"""The map."""

from hamilton.htypes import Collect, Parallelizable

from ..bounded_map import NUM_CALLS, asked


def index() -> Parallelizable[int]:
    """Each index."""
    yield from range(NUM_CALLS)


def one_answer(index: int) -> str:
    """One answer."""
    return asked(index)


def answers(one_answer: Collect[str]) -> list:
    """All of them."""
    return list(one_answer)
