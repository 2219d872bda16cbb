"""Operators and modules: classes whose instances are programs with parameters."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any, TypeVar, dataclass_transform

from ..diagnostics.errors import XCSError

Cls = TypeVar("Cls", bound=type)

_unregistered: list[type] = []


class Operator:
    """A class with `forward`, which is what calling an instance does.

    Subclasses define `forward`; `@xcs.jit` on the class or on an instance compiles it.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "forward" in cls.__dict__ and "__call__" not in cls.__dict__:
            cls.__call__ = cls.__dict__["forward"]  # one function under both names: staging sees through it

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the operator does."""
        raise NotImplementedError(f"`{type(self).__qualname__}` does not define `forward`")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls `forward`."""
        return self.forward(*args, **kwargs)


def field(*, static: bool = False, **options: Any) -> Any:
    """A field of a `module`, as `dataclasses.field` makes it.

    Args:
        static: part of the program, not of its data: it is no leaf of the pytree.
        options: of `dataclasses.field`.
    """
    metadata = {**options.pop("metadata", {}), "static": static}
    return dataclasses.field(metadata=metadata, **options)


@dataclass_transform(frozen_default=True, field_specifiers=(field, dataclasses.field))
def module(cls: Cls) -> Cls:
    """Make a class a frozen dataclass that JAX knows as a pytree.

    Fields are leaves or subtrees, except those made with `field(static=True)`. Instances compare and hash by identity,
    as their fields may be arrays.

    Raises:
        XCSError: it isn't a class.
    """
    if not isinstance(cls, type):
        raise XCSError(f"expected a class to make a module of, found `{cls!r}`")
    made = dataclasses.dataclass(frozen=True, eq=False)(cls)
    _unregistered.append(made)
    if "jax" in sys.modules:
        register_pytrees()
    return made


def register_pytrees() -> None:
    """Tell JAX about the modules made before it was loaded."""
    import jax

    while _unregistered:
        cls = _unregistered.pop()
        fields = dataclasses.fields(cls)
        static = [f.name for f in fields if f.metadata.get("static")]
        data = [f.name for f in fields if not f.metadata.get("static")]
        jax.tree_util.register_dataclass(cls, data_fields=data, meta_fields=static)
