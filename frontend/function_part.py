"""What a jitted function shares with the function behind it, and what a class does with functions of certain names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

IMPLICIT: Mapping[str, type] = {
    "__new__": staticmethod,
    "__init_subclass__": classmethod,
    "__class_getitem__": classmethod,
}
"""Names under which the body of a class makes a plain function a static or a class method."""


class FunctionPart:
    """An attribute of a jitted function that is its function's own, to read and to write: `f.__defaults__ = (1,)`."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, jitted: Any, owner: type | None = None) -> Any:
        """The function's attribute."""
        return self if jitted is None else getattr(jitted.__xcs_wrapped__, self.name)

    def __set__(self, jitted: Any, value: object) -> None:
        """Change the function's attribute."""
        setattr(jitted.__xcs_wrapped__, self.name, value)
        jitted._xcs_forget()


class Computed:
    """An attribute that is computed when it is read, unless the user's function has one of that name."""

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __get__(self, jitted: Any, owner: type | None = None) -> Any:
        """What is computed of the jitted function."""
        return self if jitted is None else self.compute(jitted)
