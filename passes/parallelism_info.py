"""The opportunities for parallelism of one op, one value, or a whole program, as the analysis finds them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from xdsl.ir import Block, Operation, SSAValue

from ..dialect.access import GetAttrOp
from ..dialect.functions import FuncOp
from ..dialect.parallel import MapOp
from ..dialect.tensor import TensorOp
from ..dialect.types import ObjType
from .declarations import Declarations
from .dependence import blocks_of


@dataclass(frozen=True)
class ParallelismInfo:
    """The opportunities at one op, at one value (in what uses it), or in a program.

    Attributes:
        can_vmap: it is array code, or a map of it over independent elements: one vectorised kernel can do it.
        can_pmap: the same in JAX's code, which can be spread over devices.
        can_batch: its calls have a batch form.
        can_parallelize: its calls can be in flight together, or together with others.
        data_parallel_axes: the values over whose elements it is independent, by name: `texts`, `self.experts`.
    """

    can_vmap: bool = False
    can_pmap: bool = False
    can_batch: bool = False
    can_parallelize: bool = False
    data_parallel_axes: frozenset[str] = frozenset()

    def __str__(self) -> str:
        words = [name for name in _CLAIMS if getattr(self, name)]
        over = ", ".join(f"`{name}`" for name in sorted(self.data_parallel_axes))
        return (", ".join(words) or "no opportunity") + (f"; over the elements of {over}" if over else "")


_CLAIMS = ("can_vmap", "can_pmap", "can_batch", "can_parallelize")
_STRUCTURE = frozenset(
    "xcs.yield xcs.return xcs.constant xcs.undef xcs.make_tuple xcs.make_list xcs.make_dict xcs.unpack xcs.getattr "
    "xcs.getitem xcs.append xcs.load".split()
)
"""Ops that only pass values on: what uses their results counts."""

NONE = ParallelismInfo()
Infos = Mapping[Operation, ParallelismInfo]


def axis_name(value: SSAValue, declarations: Declarations) -> str | None:
    """How reports call a value: `texts`, or `self.experts` for what an attribute holds; None for what has no name."""
    owner = value.owner
    if isinstance(owner, GetAttrOp):
        name = axis_name(owner.operands[0], declarations)
        return None if name is None else f"{name}.{owner.attribute.data}"
    if value.name_hint is None and isinstance(owner, Operation):
        source = _source(owner, declarations)
        return source if source is not None and source.replace(".", "_").isidentifier() else None
    return value.name_hint


def _source(op: Operation, declarations: Declarations) -> str | None:
    """The user's code that an op runs as one piece."""
    declaration = declarations.declaration(op)
    return None if declaration is None or declaration.source is None else declaration.source.data


def _only_passes_on(op: Operation, declarations: Declarations) -> bool:
    """Whether an op computes nothing: what uses its results counts."""
    if op.name in _STRUCTURE:
        return True
    source = _source(op, declarations)
    if source is None:
        return False
    try:
        nodes = ast.walk(ast.parse(source, mode="eval").body)
    except SyntaxError:
        return False
    return all(isinstance(node, _DISPLAYS) for node in nodes)


_DISPLAYS = (ast.Name, ast.Attribute, ast.Dict, ast.Tuple, ast.List, ast.Constant, ast.expr_context)


def combined(infos: Iterable[ParallelismInfo]) -> ParallelismInfo:
    """The opportunities of several uses together: all must be array code to be vectorised, one is enough to overlap."""
    found = list(infos)
    return ParallelismInfo(
        bool(found) and all(one.can_vmap for one in found),
        bool(found) and all(one.can_pmap for one in found),
        any(one.can_batch for one in found),
        any(one.can_parallelize for one in found),
        frozenset().union(*(one.data_parallel_axes for one in found)),
    )


def infos_of_values(blocks: Iterable[Block], infos: Infos, declarations: Declarations) -> dict[str, ParallelismInfo]:
    """The opportunities of each named value in what uses it; values without any are left out.

    Args:
        blocks: of the program, array regions not looked into.
        infos: of the ops.
        declarations: of the module.
    """
    found: dict[str, ParallelismInfo] = {}
    for block in blocks:
        for value in (*block.args, *(result for op in block.ops for result in op.results)):
            name = axis_name(value, declarations)
            info = NONE if name is None else _info_of_value(value, infos, declarations)
            if name is not None and info != NONE:
                found[numbered(name, found)] = info
    return found


def info_of_program(
    entry: FuncOp, functions: Iterable[FuncOp], infos: Infos, declarations: Declarations, *, overlaps: bool
) -> ParallelismInfo:
    """The opportunities of a whole program.

    It can be vectorised where all its functions are array code. Its axes are the arguments, and their attributes, that
    its maps go over.
    """
    ops = [op for block in blocks_of(functions) for op in block.ops if not _only_passes_on(op, declarations)]
    kinds = {_kind(op, declarations) for op in ops if op.name not in ("xcs.invoke", "xcs.map")}
    arguments = {value.name_hint for value in entry.body.block.args}
    axes = {name for op in ops for name in infos.get(op, NONE).data_parallel_axes}
    return ParallelismInfo(
        bool(kinds) and None not in kinds,
        kinds == {"jax"},
        any(infos[op].can_batch for op in ops if op in infos),
        overlaps,
        frozenset(name for name in axes if name.partition(".")[0] in arguments),
    )


def info_of_map(op: MapOp, declarations: Declarations, *, can_batch: bool, is_external: bool) -> ParallelismInfo:
    """The opportunities of a map: as one kernel, in batches, or with the calls of its elements in flight together."""
    body = [inner for inner in op.body.block.ops if not _only_passes_on(inner, declarations)]
    kinds = {_kind(inner, declarations) for inner in body}
    arrays = bool(kinds) and None not in kinds
    is_vectorized = "vectorized" in op.properties
    vectorized = {kind for inner in op.walk() if (kind := _kind(inner, declarations)) is not None}
    on_devices = kinds == {"jax"} if arrays else is_vectorized and vectorized == {"jax"}
    axis = axis_name(op.iterable, declarations) or "items"
    return ParallelismInfo(arrays or is_vectorized, on_devices, can_batch, is_external, frozenset((axis,)))


_SCALARS = frozenset(("int", "float", "complex", "bool", "str", "bytes", "None"))


def _info_of_value(value: SSAValue, infos: Infos, declarations: Declarations) -> ParallelismInfo:
    found = _info_of_uses(value, infos, declarations)
    is_scalar = isinstance(value.type, ObjType) and getattr(value.type.class_name, "data", None) in _SCALARS
    return replace(found, can_vmap=False, can_pmap=False) if is_scalar else found  # there is no axis to go along


def _info_of_uses(value: SSAValue, infos: Infos, declarations: Declarations) -> ParallelismInfo:
    uses: list[ParallelismInfo] = []
    for use in value.uses:
        op = use.operation
        if _only_passes_on(op, declarations):
            continue
        kind = _kind(op, declarations)
        uses.append(infos.get(op, NONE) if kind is None else ParallelismInfo(True, kind == "jax"))
    return combined(uses)


def _kind(op: Operation, declarations: Declarations) -> str | None:
    """`jax` or `numpy` for array code."""
    if isinstance(op, TensorOp):
        return op.kind.data
    return "jax" if op.name == "xcs.xla_call" else declarations.array_kind(op)


def numbered(name: str, taken: Mapping[str, object]) -> str:
    """A name, with a number where several share it."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} #{number}"
    return found
