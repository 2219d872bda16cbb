"""Lowers a module of the xcs dialect to a plan.

Assumes: the module verifies, and every value is defined above its uses. Owned objects (operands of `xcs.append`,
`xcs.insert` and `mutates`) are owned indeed: nobody outside the program sees their versions.

Ensures: one block per function and region, ensembles flattened; literals as operands; effects, names and locations
kept; order edges and copies so that updates in place give what the versions of the IR say; `may_write` and `has_fence`
of every block final.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from ..diagnostics.errors import XCSError
from ..dialect.functions import DeclarationOp, FuncOp
from ..dialect.tensor import XlaOp
from ..runtime.plan import AwaitedResolver, Plan, Resolver
from .adjustments import Adjustments
from .block_builder import BlockBuilder, OpLowering, ProgramContext
from .op_lowering import LEAF_LOWERINGS
from .region_facts import ModuleFacts
from .region_lowering import REGION_LOWERINGS
from .tensor_lowering import TENSOR_LOWERINGS
from .unbound import find_checks
from .versions import order_updates
from .xla_payload import XlaPayload

LOWERINGS: dict[type[Operation], OpLowering] = {**LEAF_LOWERINGS, **REGION_LOWERINGS, **TENSOR_LOWERINGS}


def lower_to_plan(
    module: ModuleOp,
    callables: Mapping[str, Any],
    resolve: Resolver,
    entry: str | None = None,
    resolve_early: Resolver | None = None,
    resolve_awaited: AwaitedResolver | None = None,
) -> Plan:
    """The plan of a module.

    Args:
        module: functions and declarations.
        callables: the object behind each symbol that an op uses: of `xcs.callable` the callable; of `xcs.outside` an
            object with `load()` and `store(value)` for globals and cells, the object itself otherwise; of `xcs.xla` a
            kernel, which may be missing: the text is run then.
        resolve: answers what calls with a dynamic effect do.
        entry: the symbol of the function to run; the first function if not given.
        resolve_early: answers the same without looking at the contents of mutable arguments (see `Plan`).
        resolve_awaited: answers what calling and awaiting does, for `async` calls.

    Raises:
        XCSError: a callable is missing, or there is no such function.
    """
    declarations = {op.properties["sym_name"].data: op for op in module.ops if "sym_name" in op.properties}  # type: ignore[attr-defined]
    functions = {symbol: op for symbol, op in declarations.items() if type(op) is FuncOp}
    entry = _entry_of(functions, entry)
    blocks = {symbol: op.body.block for symbol, op in functions.items()}
    facts = ModuleFacts().collect(blocks)
    adjustments = Adjustments()
    if facts.unbound:
        find_checks(facts.unbound, adjustments)
    if facts.updates:
        order_updates(facts.updates, blocks.values(), adjustments)
    used = [(symbol, op) for symbol, op in declarations.items() if symbol in facts.referenced]
    available = _complete_callables(used, callables)
    context = ProgramContext(available, LOWERINGS, facts, adjustments, declarations)
    lowered = {}
    for symbol, block in blocks.items():
        builder = BlockBuilder(context)
        for argument in block.args:
            builder.define(argument)
        lowered[symbol] = builder.finish(block)
    is_batched = context.batch_forms.any()
    holds_arrays = context.num_kernels > 0
    return Plan(lowered, entry, resolve, resolve_early, resolve_awaited, facts.is_async, is_batched, holds_arrays)


def _entry_of(functions: Mapping[str, FuncOp], entry: str | None) -> str:
    if not functions:
        raise XCSError("expected a module with at least one `xcs.func`, found none")
    if entry is None:
        return next(iter(functions))
    if entry not in functions:
        choices = ", ".join(f"`@{symbol}`" for symbol in functions)
        raise XCSError(f"expected the entry to be one of {choices}, found `@{entry}`")
    return entry


def _complete_callables(
    declarations: Iterable[tuple[str, Operation]], callables: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The callables given, together with kernels that the module holds as text."""
    missing, kernels = [], {}
    for symbol, op in declarations:
        if symbol in callables:
            continue
        if isinstance(op, DeclarationOp):
            missing.append(f"`@{symbol}` ({op.path.data})")
        elif isinstance(op, XlaOp):
            kernels[symbol] = XlaPayload(symbol, op.text.data)
    if missing:
        raise XCSError(f"expected `callables` to have an entry for each symbol in use, missing {', '.join(missing)}")
    return {**callables, **kernels} if kernels else callables
