"""What calls give that make an object of a class they are told, as `client.chat.completions.parse` does.

A plain record is data. Validators of another class run inside of the call, so they do there what they do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .abstract_type import ANY, DATA, NONE, AbstractType, StaticType
from .classes import is_class
from .known import Infer
from .lattice import is_data
from .record_classes import checks_of, is_record_class

_TOLD_BY = ("response_format", "text_format")


def parsed_call(
    receiver: AbstractType, path: str, args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType], infer: Infer
) -> AbstractType | None:
    """What a call gives that parses the answer; None where it isn't known which code that runs."""
    if args or "**" in kwargs:
        return None
    told = next((kwargs[name] for name in _TOLD_BY if name in kwargs), NONE)
    if is_data(told):
        return DATA
    cls = told.value if isinstance(told, StaticType) else None
    if not is_class(cls):
        return None
    if is_record_class(cls):
        return DATA
    checks = checks_of(cls)
    if checks is None:
        return None
    given = [infer(function, (StaticType(cls), DATA, *[ANY] * num_more), {}) for function, num_more in checks]
    return DATA if all(map(is_data, given)) else ANY
