"""What a call of a model may use of its tokens, from what is asked and its options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..limits.demand import Demand

PART_TOKENS = 1_500
"""For an image or a sound: OpenAI counts up to 85 + 8 * 170 tokens for an image of `gpt-4o`."""
PROMPT_OPTIONS = ("system", "tools", "functions", "response_format")
"""Options that a model reads with its prompt."""
BOUND_OPTIONS = ("max_completion_tokens", "max_tokens")


def demand_of(kind: str, subject: Any, options: Mapping[str, object]) -> Demand:
    """The demand of asking a text model's method `kind` for `subject`."""
    texts = list(_texts(subject))
    num_bytes = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    if kind.startswith("embed"):
        return Demand(num_bytes, most_answered=0)
    read = (options[name] for name in PROMPT_OPTIONS if options.get(name) is not None)
    num_bytes += sum(len(one if isinstance(one, str) else _written(one)) for one in read)
    bound = next((options[name] for name in BOUND_OPTIONS if isinstance(options.get(name), int)), None)
    choices = options.get("n")
    most = bound * (choices if isinstance(choices, int) else 1) if isinstance(bound, int) else None
    return Demand(num_bytes, PART_TOKENS * sum(1 for _ in _other_parts(subject)), most)


def _texts(subject: Any) -> Iterator[str]:
    """The texts of a prompt, of several, or of a conversation."""
    if isinstance(subject, str):
        yield subject
    elif isinstance(subject, Mapping):
        if not _is_other_part(subject):
            for held in subject.values():
                yield from _texts(held)
    elif isinstance(subject, Sequence) and not isinstance(subject, bytes | bytearray):
        for held in subject:
            yield from _texts(held)


def _other_parts(subject: Any) -> Iterator[Mapping[str, Any]]:
    """The parts of a conversation that are no text."""
    if isinstance(subject, Mapping):
        if _is_other_part(subject):
            yield subject
        else:
            for held in subject.values():
                yield from _other_parts(held)
    elif isinstance(subject, Sequence) and not isinstance(subject, str | bytes | bytearray):
        for held in subject:
            yield from _other_parts(held)


def _is_other_part(part: Mapping[str, Any]) -> bool:
    kind = part.get("type")
    return isinstance(kind, str) and kind in ("image_url", "input_audio", "file", "image")


def _written(option: object) -> str:
    """An option as the model is told it: the schema of a class, else about what JSON would have."""
    schema = getattr(option, "model_json_schema", None)
    return str(schema() if callable(schema) else option)
