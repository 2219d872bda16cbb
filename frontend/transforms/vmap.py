"""`xcs.vmap`: a function of one element, applied to all elements of a batch at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ...diagnostics.effect import Effect
from ...diagnostics.errors import XCSError
from .array_program import ArrayCode, array_code, checked_arrays, has_tracer, jax_jit
from .batch import Batch, Leaf, batch_of, has_rows_of_its_own
from .element_loop import ElementLoop, effect_of
from .stacking import stack
from .transformed import Transformed

MAX_COMPILED = 16  # batched forms kept for one transformed function, the oldest dropped first


def vmap(
    function: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0, axis_size: int | None = None
) -> Transformed:
    """Map a function over a batch: external calls in parallel, array code as one batched kernel.

    Where the function is array code and all that is mapped over is arrays, this is `jax.vmap`. Elsewhere the elements
    run as iterations of one compiled loop: their external calls overlap.

    Args:
        function: takes one element of each mapped argument: of an array `f32[batch, ...]` a part `f32[...]`, of a
            list or tuple one item. In dicts, named tuples, modules and other pytrees each part is mapped over. Keyword
            arguments are mapped over axis 0.
        in_axes: the axis of each argument to map over, None for an argument that every element gets whole: one
            for all, or a tuple with one (or a structure that is a prefix of the argument's) for each.
        out_axes: where the batch axis of stacked results is, or a structure of such that is a prefix of the result's.
        axis_size: the number of elements, needed where nothing is mapped over.

    Returns:
        A callable. Its result has the structure of one element's, with arrays of one shape and dtype stacked, and a
        list of whatever else it is, lists among them; `[]` for no elements, if they aren't arrays.

    Raises:
        XCSError: (when called) an axis doesn't fit, sizes differ, or there is nothing to map over.
    """
    if not callable(function):
        raise XCSError(f"expected a function to map, found `{function!r}`")
    mapping = Mapping(function, in_axes, out_axes, axis_size)
    return Transformed(function, "vmap", mapping)


class Mapping:
    """One mapped function.

    Attributes:
        function: maps one element.
        in_axes, out_axes, axis_size: as given to `vmap`.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        in_axes: Any,
        out_axes: Any,
        axis_size: int | None,
        window: int | None = None,
    ) -> None:
        self.function, self.in_axes, self.out_axes, self.axis_size = function, in_axes, out_axes, axis_size
        self._loop = ElementLoop(function, window)
        self._compiled: dict[object, Callable[..., Any]] = {}
        self._samples: dict[object, Any] = {}

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The results of all elements, put together."""
        batch, names = self._batch(args, kwargs), tuple(kwargs)
        if has_tracer(leaf.value for leaf in batch.leaves):
            return self._by_jax(ArrayCode(self.function, None), batch, names)  # what JAX can't trace is its own error
        code = self._array_code(batch, names)
        if code is not None:
            try:
                return self._by_jax(code, batch, names)
            except Exception:  # the function has no effect: running it element by element decides
                pass
        rows = [_split(batch.element(index), names) for index in range(batch.size)]
        return stack(self._loop(rows), self.out_axes)

    def array_code(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ArrayCode | None:
        """See `Transform.array_code`."""
        batch, names = self._batch(args, kwargs), tuple(kwargs)
        code = self._array_code(batch, names)
        if code is None:
            return None
        token = None if code.token is None or batch.key is None else (self, code.token)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._by_jax(code, self._batch(args, kwargs), names)

        return ArrayCode(call, token)

    def effect(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Effect:
        """See `Transform.effect`."""
        batch = self._batch(args, kwargs)
        return effect_of(self.function, *_split(batch.element(0), tuple(kwargs))) if batch.size else Effect.PURE

    def _batch(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Batch:
        axes = self.in_axes
        if not isinstance(axes, (tuple, list)):
            axes = (axes,) * len(args)
        elif len(axes) != len(args):
            raise XCSError(f"expected `in_axes` to have an axis for each of {len(args)} arguments, found `{axes!r}`")
        positional = [(f"argument {i}", value, axis) for i, (value, axis) in enumerate(zip(args, axes, strict=True))]
        return batch_of([*positional, *((f"argument `{name}`", kwargs[name], 0) for name in kwargs)], self.axis_size)

    def _array_code(self, batch: Batch, names: tuple[str, ...]) -> ArrayCode | None:
        """The function as array code for the elements of a batch."""
        if not batch.leaves or not batch.is_all_arrays or not batch.size:
            return None
        args, kwargs = _split(batch.build(iter([self._sample(leaf) for leaf in batch.leaves])), names)
        return array_code(self.function, args, kwargs)

    def _sample(self, leaf: Leaf) -> Any:
        """What an element gets of a leaf, as far as types go: taking a row of a JAX array costs more than a kernel."""
        value = leaf.value
        if leaf.axis is None or not has_rows_of_its_own(value):
            return leaf.part(0)
        key = type(value), value.shape, leaf.axis, value.dtype, value.weak_type
        found = self._samples.get(key)
        if found is None:
            if len(self._samples) >= MAX_COMPILED:
                self._samples.clear()
            found = self._samples[key] = leaf.part(0)
        return found

    def _by_jax(self, code: ArrayCode, batch: Batch, names: tuple[str, ...]) -> Any:
        """The result by `jax.vmap`."""
        key = None if code.token is None or batch.key is None else (code.token, batch.key, names, self.form_of(batch))
        compiled = None if key is None else self._compiled.get(key)
        if compiled is None:
            compiled = self._mapped_by_jax(code, batch, names)
            if key is not None:
                if len(self._compiled) >= MAX_COMPILED:
                    self._compiled.clear()
                compiled = self._compiled[key] = jax_jit(compiled)
        return compiled(*self.operands_of(batch))

    def _mapped_by_jax(self, code: ArrayCode, batch: Batch, names: tuple[str, ...]) -> Callable[..., Any]:
        build = batch.build

        def one(*parts: Any) -> Any:
            args, kwargs = _split(build(iter(parts)), names)
            return checked_arrays(code.call(*args, **kwargs))

        return self.batched(one, batch)

    def form_of(self, batch: Batch) -> object:
        """What `batched` depends on besides the axes."""
        return None if is_mapped(batch) else batch.size

    def operands_of(self, batch: Batch) -> Iterable[Any]:
        """What the batched function is called with."""
        return [leaf.value for leaf in batch.leaves]

    def batched(self, one: Callable[..., Any], batch: Batch) -> Callable[..., Any]:
        """A function of the parts of one element as a function of the leaves of a batch."""
        import jax

        axes = tuple(leaf.axis for leaf in batch.leaves)
        return jax.vmap(one, axes, self.out_axes, axis_size=None if is_mapped(batch) else batch.size)


def is_mapped(batch: Batch) -> bool:
    """Whether the operands say how many elements there are; another number of elements is the same function then."""
    return any(leaf.axis is not None for leaf in batch.leaves)


def _split(values: list[Any], names: tuple[str, ...]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and keyword arguments."""
    num_positional = len(values) - len(names)
    return tuple(values[:num_positional]), dict(zip(names, values[num_positional:], strict=True))
