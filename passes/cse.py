"""Computes every pure value once.

Expects: ops that state their effect, `fresh` and `mutates`.
Ensures: the same program without repeated pure ops. Only ops that see no state, make no new object and have no regions
are merged, so identity and every external call stay as they were.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, SymbolRefAttr
from xdsl.ir import Block, Operation
from xdsl.passes import ModulePass

from ..diagnostics.effect import PURE, Effect
from ..diagnostics.identity import identity
from ..dialect.effects import EffectAttr
from ..dialect.nesting import ops_of
from ..dialect.types import OBJ


@dataclass(frozen=True)
class CsePass(ModulePass):
    """Repeated pure expressions, such as the same prompt built for two models, are computed once.

    Differs from xDSL's `cse` in cost: linear in the number of ops, however they nest and whatever they read.

    ```mlir
    %a = xcs.call pure @upper(%x)
    %b = xcs.call pure @upper(%x)        // gone, its uses take %a
    ```
    """

    name = "xcs-cse"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Merge in every function of a module."""
        _merge_in_block(op.body.block, {})


_SHARED = frozenset({"xcs.constant", "xcs.undef", "xcs.make_tuple"})
_SHARED_IF_PURE = frozenset({"xcs.call", "xcs.call_indirect", "xcs.getitem", "xcs.getattr", "xcs.unpack"})
_ISOLATED = frozenset({"xcs.func", "xcs.tensor"})


def is_shareable(op: Operation) -> bool:
    """Whether two ops that look like `op` may be one: pure, of immutable result, seeing no state."""
    name = op.name
    if name in _SHARED:
        return True
    if name not in _SHARED_IF_PURE:
        return False
    properties = op.properties
    effect = properties.get("effect")
    pure = type(effect) is EffectAttr and effect.data.effect is Effect.PURE and effect.data == PURE
    return pure and not ("fresh" in properties or "mutates" in properties or "star" in properties)


def _key(op: Operation) -> tuple[object, ...]:
    """Equal for ops that compute the same. Values are told apart by identity, which is cheaper to hash."""
    properties = op.properties
    callee = properties.get("callee")
    return (
        op.name,
        *map(identity, op._operands),
        callee.root_reference.data if isinstance(callee, SymbolRefAttr) else None,
        properties.get("args"),
        properties.get("name"),
        properties.get("value"),
        *(None if result.type is OBJ else result.type for result in op.results),
    )


def _merge_in_block(block: Block, known: dict[tuple[object, ...], Operation]) -> None:
    """Merge ops of a block with those of `known`, which on return is as it was."""
    added: list[tuple[object, ...]] = []
    for op in ops_of(block):
        if op.regions:
            inherited = {} if op.name in _ISOLATED else known
            for region in op.regions:
                for inner in region.blocks:
                    _merge_in_block(inner, inherited)
        elif is_shareable(op):
            key = _key(op)
            earlier = known.setdefault(key, op)
            if earlier is op:
                added.append(key)
            else:
                _replace(op, earlier)
    for key in added:
        del known[key]


def _replace(op: Operation, earlier: Operation) -> None:
    for result, same in zip(op.results, earlier.results, strict=True):
        result.replace_all_uses_with(same)
    parent = op.parent
    assert parent is not None
    parent.erase_op(op)
