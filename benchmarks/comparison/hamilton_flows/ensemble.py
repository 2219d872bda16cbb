"""An ensemble."""

from hamilton.htypes import Collect, Parallelizable

from ..ensemble import NUM_MODELS, asked


def model() -> Parallelizable[int]:
    """Each model."""
    yield from range(NUM_MODELS)


def model_answer(model: int) -> str:
    """One model's answer."""
    return asked(model)


def answers(model_answer: Collect[str]) -> list:
    """All of them."""
    return list(model_answer)
