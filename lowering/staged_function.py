"""One Python function under `jax.jit`, giving back exactly the Python structure that the function gives.

`jax.jit` alone turns a Python number among the results into an array and sorts the keys of dicts. Here what isn't an
array rides in the structure of the results, which JAX keeps per trace.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
from jax.extend import source_info_util

from .literal_key import literal_key

for own in (f"{Path(__file__).parent.parent}{os.sep}", "<xcs "):
    source_info_util.register_exclusion(own)  # JAX notes where operations come from: the user's frames alone


class NotStageable(Exception):
    """A result that can't leave a staged function, such as a mutable object made while tracing."""


class HostValue:
    """A Python value among the results: a pytree node without leaves, which JAX puts back as the value itself."""

    __slots__ = ("key", "value")

    def __init__(self, value: Any, key: object) -> None:
        self.value, self.key = value, key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HostValue) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


class OrderedItems:
    """A dict among the results: a pytree node that keeps the order of its keys, and comes back as the dict."""

    __slots__ = ("keys", "values")

    def __init__(self, keys: HostValue, values: tuple[Any, ...]) -> None:
        self.keys, self.values = keys, values


jax.tree_util.register_pytree_node(HostValue, lambda node: ((), node), lambda node, _: node.value)
jax.tree_util.register_pytree_node(
    OrderedItems,
    lambda node: (node.values, node.keys),
    lambda keys, values: dict(zip(keys.value, values, strict=True)),  # type: ignore[arg-type]  # comes back as a dict
)


class StagedFunction:
    """A function staged by `jax.jit`; `jitted` is the bare jit object.

    Attributes:
        wraps_values: whether some result of some trace wasn't made of arrays in lists and tuples.
    """

    __slots__ = ("__weakref__", "_function", "jitted", "wraps_values")

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        def staged(*arguments: Any) -> Any:
            return self._wrap(function(*arguments))

        staged.__name__ = staged.__qualname__ = name
        self.wraps_values = False
        self._function = function  # and what it calls
        self.jitted: Any = jax.jit(staged, keep_unused=True)

    def __call__(self, *arguments: Any) -> Any:
        """What the function gives, in its own structure."""
        return self.jitted(*arguments)

    def _wrap(self, value: Any) -> Any:
        if value is None or isinstance(value, jax.Array):
            return value
        cls = type(value)
        if cls is tuple or cls is list:
            return cls(map(self._wrap, value))
        self.wraps_values = True
        if cls is dict:
            key = literal_key(tuple(value))
            if key is not None:
                return OrderedItems(HostValue(tuple(value), key), tuple(map(self._wrap, value.values())))
        key = literal_key(value)
        if key is not None:
            return HostValue(value, key)
        leaves = jax.tree_util.tree_leaves(value)
        if leaves and all(leaf is not value and isinstance(leaf, jax.Array) for leaf in leaves):
            return value
        raise NotStageable(f"a staged function gives back `{cls.__name__}`")
