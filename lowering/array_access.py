"""Items, attributes and methods of arrays as callables, so that they can be calls of an array region.

`ArrayAccess.of("[-16:]")(x)` is `x[-16:]`, `ArrayAccess.of("[p0, :]", 1)(x, i)` is `x[i, :]`,
`ArrayAccess.of(".sum", is_call=True)(x, axis=0)` is `x.sum(axis=0)`. The array comes first; what the text names `p0`,
`p1` comes next; then come a method's own arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class ArrayAccess:
    """One way of getting at something of an array.

    Attributes:
        text: what stands behind the array in Python.
        is_call: whether a method that `text` ends in is called.
    """

    text: str
    is_call: bool
    _function: Callable[..., Any] = field(repr=False, compare=False)

    @staticmethod
    @lru_cache(maxsize=1024)
    def of(text: str, num_parts: int = 0, *, is_call: bool = False) -> ArrayAccess:
        """The one access with this text, which has `num_parts` places for values."""
        parts = "".join(f", p{index}" for index in range(num_parts))
        rest, called = (", *args, **kwargs", "(*args, **kwargs)") if is_call else ("", "")
        source = compile(f"lambda array{parts}{rest}: array{text}{called}", "<xcs array access>", "eval")
        return ArrayAccess(text, is_call, eval(source, {}))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What Python gives for the text behind the array."""
        return self._function(*args, **kwargs)

    @property
    def __name__(self) -> str:  # type: ignore[override]
        """The text as it reads behind a word for the array."""
        return f"array{self.text}"
