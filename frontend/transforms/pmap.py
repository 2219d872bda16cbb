"""`xcs.pmap`: a function of one element, its array code spread over JAX's devices, its calls over workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...diagnostics.errors import XCSError
from .array_program import ArrayCode, has_tracer
from .batch import Batch, Leaf, children_of, is_array
from .transformed import Transformed
from .vmap import Mapping, is_mapped

AXIS = "xcs_devices"
"""The name of the axis of devices where the user gives none."""


def pmap(
    function: Callable[..., Any],
    axis_name: str | None = None,
    *,
    in_axes: Any = 0,
    out_axes: Any = 0,
    axis_size: int | None = None,
    devices: int | Sequence[Any] | None = None,
) -> Transformed:
    """Map a function over a batch, in JAX's conventions (`jax.pmap`): array code over devices, calls over workers.

    Where the function is array code and all that is mapped over is arrays, the batch is cut into as many equal pieces
    as there are devices, and each device maps its own piece (`jax.shard_map`); up to one element for each device, as
    many devices are used as there are elements. Elsewhere the elements run as iterations of one compiled loop, as with
    `xcs.vmap`: a `ModelMesh` that they call spreads them over its endpoints.

    Args:
        function: takes one element of each mapped argument, as for `xcs.vmap`.
        axis_name: the name of the mapped axis for collectives (`jax.lax.psum(x, axis_name)`).
        in_axes: the axis of each argument to map over, as for `xcs.vmap`; None: every element gets it whole.
        out_axes: where the batch axis of stacked results is, or a structure of such; None for results that are the
            same for all elements: the first one's is given.
        axis_size: the number of elements, needed where nothing is mapped over.
        devices: for array code a sequence of JAX's devices, or how many of `jax.devices()`, by default all. A number
            is also how many elements may make external calls at once.

    Returns:
        A callable, with the results of `xcs.vmap`; arrays are sharded over the devices along `out_axes`.

    Raises:
        XCSError: `devices` is empty; (when called) the number of elements isn't a multiple of the number of devices,
            there are more elements than devices where `axis_name` is given, or what `xcs.vmap` raises.
    """
    if not callable(function):
        raise XCSError(f"expected a function to map, found `{function!r}`")
    if axis_name is not None and not isinstance(axis_name, str):
        raise XCSError(f"expected `axis_name` to be a name, found `{axis_name!r}`; help: axes go to `in_axes=`")
    return Transformed(function, "pmap", DeviceMapping(function, axis_name, in_axes, out_axes, axis_size, devices))


class DeviceMapping(Mapping):
    """One mapped function whose array code runs on several devices.

    Attributes:
        axis_name: the name of the mapped axis, for collectives.
        devices: as given to `pmap`.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        axis_name: str | None,
        in_axes: Any,
        out_axes: Any,
        axis_size: int | None,
        devices: int | Sequence[Any] | None,
    ) -> None:
        held = devices if isinstance(devices, int) or devices is None else tuple(devices)
        if isinstance(held, bool) or held == () or (isinstance(held, int) and held < 1):
            raise XCSError(f"expected `devices` to be one device or more, or their number, found `{devices!r}`")
        super().__init__(function, in_axes, _all_stacked(out_axes), axis_size, held if isinstance(held, int) else None)
        self.axis_name = axis_name
        self.devices = held
        self._given_out_axes = out_axes

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The results of all elements, put together."""
        result = super().__call__(*args, **kwargs)
        return _unstacked(self._given_out_axes, result)

    def _array_code(self, batch: Batch, names: tuple[str, ...]) -> ArrayCode | None:
        code = super()._array_code(batch, names)
        if code is not None:
            self._devices_for(batch.size)
        return code

    def form_of(self, batch: Batch) -> object:
        """See `Mapping.form_of`."""
        return super().form_of(batch), self._devices_for(batch.size)

    def operands_of(self, batch: Batch) -> Iterable[Any]:
        """See `Mapping.operands_of`: arrays, each on the devices that need them."""
        values = [leaf.value for leaf in batch.leaves]
        if has_tracer(values):
            return values
        import jax

        mesh = self._mesh(batch.size)
        return [
            jax.device_put(leaf.value, jax.sharding.NamedSharding(mesh, _spec(leaf, mesh.axis_names[0])))
            for leaf in batch.leaves
        ]

    def batched(self, one: Callable[..., Any], batch: Batch) -> Callable[..., Any]:
        """See `Mapping.batched`."""
        import jax

        mesh = self._mesh(batch.size)
        (name,) = mesh.axis_names
        axes = tuple(leaf.axis for leaf in batch.leaves)
        spread = jax.shard_map(
            jax.vmap(one, axes, axis_size=None if is_mapped(batch) else batch.size // mesh.size),
            mesh=mesh,
            in_specs=tuple(_spec(leaf, name) for leaf in batch.leaves),
            out_specs=jax.sharding.PartitionSpec(name),
            check_vma=False,  # every result has the axis of the devices, so there is nothing to check
        )

        return lambda *parts: _moved(self.out_axes, spread(*parts))

    def _mesh(self, size: int) -> Any:
        import jax
        import numpy

        devices = self._devices_for(size)
        return jax.sharding.Mesh(numpy.array(devices, object), (self.axis_name or AXIS,))

    def _devices_for(self, size: int) -> tuple[Any, ...]:
        """The devices that this many elements are spread over."""
        devices = self._all_devices()
        if size <= len(devices):
            return devices[: max(size, 1)]
        if self.axis_name is not None:
            raise XCSError(
                f"expected at most one element for each device where `axis_name` is given, found {size} elements "
                f"on {len(devices)} devices"
            )
        if size % len(devices):
            raise XCSError(
                f"expected the number of elements to be divisible by the number of devices, found {size} elements "
                f"on {len(devices)} devices; help: give the `devices` to use, or pad the batch"
            )
        return devices

    def _all_devices(self) -> tuple[Any, ...]:
        if isinstance(self.devices, tuple):
            return self.devices
        import jax

        found = tuple(jax.devices())
        if self.devices is None:
            return found
        if self.devices > len(found):
            raise XCSError(f"expected at most {len(found)} devices, which is what JAX has, found `{self.devices}`")
        return found[: self.devices]


def _spec(leaf: Leaf, name: str) -> Any:
    """How an operand is cut: along its mapped axis, or not at all."""
    import jax

    return jax.sharding.PartitionSpec() if leaf.axis is None else jax.sharding.PartitionSpec(*(None,) * leaf.axis, name)


def _moved(axes: Any, result: Any) -> Any:
    """Stacked results, with the batch axis where it belongs."""
    import jax

    def move(axis: Any, part: Any) -> Any:
        return jax.tree_util.tree_map(lambda array: jax.numpy.moveaxis(array, 0, axis), part)

    return jax.tree_util.tree_map(move, axes, result)


def _all_stacked(axes: Any) -> Any:
    """Axes to stack along, where some are None."""
    if axes is None:
        return 0
    if type(axes) is dict:
        return {key: _all_stacked(axis) for key, axis in axes.items()}
    return type(axes)(map(_all_stacked, axes)) if type(axes) in (tuple, list) else axes


def _unstacked(axes: Any, result: Any) -> Any:
    """Stacked results, those of axis None as the first element gave them."""
    if axes is None:
        return _first(result)
    if type(axes) is dict and type(result) is dict:
        return {key: _unstacked(axes[key], part) for key, part in result.items()}
    if type(axes) in (tuple, list) and type(result) is tuple:
        return tuple(_unstacked(axis, part) for axis, part in zip(axes, result, strict=True))
    return result


def _first(result: Any) -> Any:
    """What the first element gave."""
    if type(result) is list or is_array(result):
        return result[0]
    children = children_of(result, splits_sequences=True)
    return result if children is None else children.build([_first(part) for part in children.values])
