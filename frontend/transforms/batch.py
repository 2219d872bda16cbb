"""Mapped arguments taken apart, and the results of the elements put together.

In: arguments with the axes to map over. Out: their *leaves*, each an array with an axis or a sequence of elements, and
for given parts of the leaves the arguments of one element. A list or tuple is one batch; dicts, named tuples, modules
and whatever JAX knows as a pytree are structure, and so is a tuple whose axes are given one by one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ...diagnostics.errors import XCSError
from ...lowering.literal_key import literal_key
from ..operator import register_pytrees

Build: TypeAlias = Callable[[Iterator[Any]], Any]
"""Makes a value of the parts of its leaves, in order."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """Something to map over.

    Attributes:
        value: an array, or a list, tuple or range.
        axis: the axis of the array; 0 for a sequence; None for an array that every element gets whole.
        where: how messages call it.
    """

    value: Any
    axis: int | None
    where: str

    @property
    def is_array(self) -> bool:
        """Whether it is an array rather than a sequence of elements."""
        return is_array(self.value)

    @property
    def size(self) -> int | None:
        """The number of elements; None for what isn't mapped over."""
        if self.axis is None:
            return None
        return self.value.shape[self.axis] if self.is_array else len(self.value)

    def part(self, index: int) -> Any:
        """One element: of an array an array of one dimension less."""
        if self.axis is None:
            return self.value
        if not self.is_array or self.axis == 0:
            return self.value[index]
        return self.value[(slice(None),) * self.axis + (index,)]


@dataclass(frozen=True, slots=True)
class Batch:
    """Arguments, taken apart.

    Attributes:
        leaves: what is mapped over.
        build: makes the list of the arguments of one element.
        size: the number of elements.
        key: equal for batches with the same structure, axes and values that aren't leaves; None if those have no key.
    """

    leaves: tuple[Leaf, ...]
    build: Build
    size: int
    key: object

    def element(self, index: int) -> list[Any]:
        """The arguments of one element."""
        return self.build(iter([leaf.part(index) for leaf in self.leaves]))

    @property
    def is_all_arrays(self) -> bool:
        """Whether every leaf is an array."""
        return all(leaf.is_array for leaf in self.leaves)


def is_array(value: Any) -> bool:
    """Whether a value is an array of NumPy or JAX, or stands for one while JAX traces."""
    numpy, jax = sys.modules.get("numpy"), sys.modules.get("jax")
    if numpy is not None and issubclass(type(value), numpy.ndarray):
        return True
    return jax is not None and isinstance(value, jax.Array)


def has_rows_of_its_own(value: Any) -> bool:
    """Whether a row of an array is another array: of JAX's, but not of its tracers."""
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(value, jax.Array) and not isinstance(value, jax.core.Tracer)


def batch_of(arguments: Iterable[tuple[str, Any, Any]], size: int | None = None) -> Batch:
    """Takes mapped arguments apart.

    Args:
        arguments: how messages call an argument, its value, and its axes: an axis, None for what every element gets
            whole, or a structure of them that is a prefix of the value's.
        size: the number of elements, or None to find it.

    Raises:
        XCSError: an axis doesn't fit its value, sizes differ, or nothing says how many elements there are.
    """
    leaves: list[Leaf] = []
    apart = [_take_apart(value, axes, where, leaves) for where, value, axes in arguments]
    builds, keys = [build for build, _ in apart], tuple(key for _, key in apart)
    sizes = {leaf.size for leaf in leaves if leaf.size is not None} | (set() if size is None else {size})
    if not sizes:
        raise XCSError("expected an argument to map over, found none; help: give an axis in `in_axes`, or `axis_size`")
    if len(sizes) > 1:
        found = ", ".join(f"{leaf.where} has {leaf.size}" for leaf in leaves if leaf.size is not None)
        asked = "" if size is None else f", `axis_size` is {size}"
        raise XCSError(f"expected as many elements in everything that is mapped over, found: {found}{asked}")
    return Batch(tuple(leaves), lambda parts: [build(parts) for build in builds], sizes.pop(), key_of(keys))


def _take_apart(value: Any, axes: Any, where: str, leaves: list[Leaf]) -> tuple[Build, object]:
    if axes is None or value is None:
        if is_array(value):
            leaves.append(Leaf(value, None, where))
            return next, "array"
        return (lambda parts: value), literal_key(value)
    children = children_of(value, splits_sequences=isinstance(axes, (tuple, list)))
    if children is not None:
        inner = _axes_of_children(value, axes, children.names, where)
        apart = [
            _take_apart(child, axis, f"{where}{name}", leaves)
            for child, axis, name in zip(children.values, inner, children.names, strict=True)
        ]
        builds = [build for build, _ in apart]
        key = key_of((children.key, *(key for _, key in apart)))
        return (lambda parts: children.build([build(parts) for build in builds])), key
    leaf = _leaf(value, axes, where)
    leaves.append(leaf)
    return next, ("mapped", leaf.axis)


def key_of(keys: tuple[object, ...]) -> object:
    """One key of several; None if one of them is None."""
    return None if any(key is None for key in keys) else keys


def _axes_of_children(value: Any, axes: Any, names: Sequence[str], where: str) -> Sequence[Any]:
    if isinstance(axes, int):
        return [axes] * len(names)
    if isinstance(axes, dict) and isinstance(value, dict) and axes.keys() == value.keys():
        return [axes[key] for key in value]
    if isinstance(axes, (tuple, list)) and not isinstance(value, dict) and len(axes) == len(names):
        return axes
    raise XCSError(f"expected the axes of {where} to be an integer, None or to have its structure, found `{axes!r}`")


def _leaf(value: Any, axis: Any, where: str) -> Leaf:
    if not isinstance(axis, int) or isinstance(axis, bool):
        raise XCSError(f"expected the axis of {where} to be an integer or None, found `{axis!r}`")
    if is_array(value):
        num_axes = value.ndim
        if not -num_axes <= axis < num_axes:
            raise XCSError(f"expected {where} to have axis {axis}, found an array of shape `{tuple(value.shape)}`")
        return Leaf(value, axis % num_axes, where)
    if not isinstance(value, (list, tuple, range)):
        kind = type(value).__qualname__
        raise XCSError(
            f"expected {where} to be an array, a list or a tuple to map over, found `{kind}`; "
            "help: what every element gets whole has `in_axes=None` in its place, or is used inside of the function"
        )
    if axis != 0:
        raise XCSError(f"expected axis 0 for {where}, which is a `{type(value).__qualname__}`, found {axis}")
    return Leaf(value, 0, where)


@dataclass(frozen=True, slots=True)
class Children:
    """One level of a structure: its parts, how they are reached, how it is made of others, and a key for all that."""

    values: Sequence[Any]
    names: Sequence[str]
    build: Callable[[list[Any]], Any]
    key: object


def children_of(value: Any, *, splits_sequences: bool) -> Children | None:
    """One level of a structure; None for a leaf. Plain lists and tuples are structure only if asked for."""
    cls = type(value)
    if cls is dict:
        keys = tuple(value)
        names = [f"[{key!r}]" for key in keys]
        return Children(
            list(value.values()), names, lambda parts: dict(zip(keys, parts, strict=True)), literal_key(keys)
        )
    if cls in (list, tuple):
        if not splits_sequences:
            return None
        return Children(value, [f"[{i}]" for i in range(len(value))], cls, (cls, len(value)))
    fields = getattr(cls, "_fields", None)
    if issubclass(cls, tuple) and fields is not None:
        return Children(value, [f".{name}" for name in fields], lambda parts: cls(*parts), cls)
    return _registered_children(value)


def _registered_children(value: Any) -> Children | None:
    """One level of what JAX knows as a pytree."""
    jax = sys.modules.get("jax")
    if jax is None or isinstance(value, (str, bytes, int, float, complex)) or is_array(value):
        return None
    register_pytrees()
    leaves, structure = jax.tree_util.tree_flatten(value, is_leaf=lambda one: one is not value)
    if len(leaves) == 1 and leaves[0] is value:
        return None
    names = [f".<{index}>" for index in range(len(leaves))]
    return Children(leaves, names, lambda parts: jax.tree_util.tree_unflatten(structure, parts), structure)
