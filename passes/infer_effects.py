"""Finds what each function of a module does, and tells every call of it.

Expects: acting ops that state their effect.
Ensures: every `xcs.func` and every `xcs.invoke` of one has an `effect` that joins all its ops do, recursion included.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass

from ..diagnostics.effect import PURE, Behaviour
from ..diagnostics.identity import identity
from ..dialect.calls import InvokeOp
from ..dialect.effects import EffectAttr
from ..dialect.functions import FuncOp
from ..dialect.nesting import ops_of
from .behaviour import OpSummary, join_behaviours, own_summary


@dataclass(frozen=True)
class InferEffectsPass(ModulePass):
    """Calls of helper functions overlap like the calls inside them would, instead of being taken as ordered.

    ```mlir
    xcs.func @ask(%q : !xcs.obj) -> (!xcs.obj) {                    // gets `effects unordered external`
      %a = xcs.call unordered external @model(%q)
      xcs.return %a
    }
    ... xcs.invoke dynamic @ask(%q)                                 // becomes `xcs.invoke unordered external @ask(%q)`
    ```
    """

    name = "xcs-infer-effects"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Infer all effects of a module and write them down."""
        functions = [func for func in ops_of(op.body.block) if type(func) is FuncOp]
        bodies = {func.sym_name.data: FunctionBody.of(func) for func in functions}
        behaviours = solve(bodies)
        for symbol, body in bodies.items():
            body.func.properties["effect"] = EffectAttr.of(behaviours[symbol])
            for invoke in body.invokes:
                called = behaviours.get(invoke.callee.root_reference.data)
                if called is not None:
                    invoke.properties["effect"] = EffectAttr.of(called)


@dataclass(frozen=True, slots=True)
class FunctionBody:
    """One function, split into what its own ops do and the calls of other functions.

    Attributes:
        func: the function.
        behaviour: the joined effect of its ops but `xcs.invoke`.
        invokes: its calls of functions, at any depth.
    """

    func: FuncOp
    behaviour: Behaviour
    invokes: tuple[InvokeOp, ...]

    @staticmethod
    def of(func: FuncOp) -> FunctionBody:
        """Collect a function's body."""
        invokes: list[InvokeOp] = []
        summaries: dict[int, OpSummary] = {}  # by identity: few are different, and joining each is what costs
        for op in _ops_inside(func):
            if type(op) is InvokeOp:
                invokes.append(op)
            else:
                summary = own_summary(op)
                summaries[identity(summary)] = summary
        behaviour = reduce(join_behaviours, (summary.behaviour for summary in summaries.values()), PURE)
        return FunctionBody(func, behaviour, tuple(invokes))


def solve(bodies: dict[str, FunctionBody]) -> dict[str, Behaviour]:
    """The least effects that are consistent with all calls between functions."""
    behaviours = {symbol: body.behaviour for symbol, body in bodies.items()}
    callers: dict[str, set[str]] = {symbol: set() for symbol in bodies}
    for symbol, body in bodies.items():
        for invoke in body.invokes:
            callers.setdefault(invoke.callee.root_reference.data, set()).add(symbol)
    pending = list(bodies)
    while pending:
        called = pending.pop()
        for caller in callers[called]:
            joined = join_behaviours(behaviours[caller], behaviours[called])
            if joined != behaviours[caller]:
                behaviours[caller] = joined
                pending.append(caller)
    return behaviours


def _ops_inside(func: FuncOp) -> list[Operation]:
    """All ops of a function but itself; array regions are one op each."""
    found: list[Operation] = []
    blocks = [func.body.block]
    while blocks:
        for op in ops_of(blocks.pop()):
            found.append(op)
            if op.regions and op.name != "xcs.tensor":
                blocks.extend(block for region in op.regions for block in region.blocks)
    return found
