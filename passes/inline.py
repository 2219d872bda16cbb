"""Puts small straight-line functions in the place of their calls.

Expects: a module whose functions are single blocks.
Ensures: the same ops in the same order, so the same effects and exceptions. Functions stay, called or not.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import OpResult, SSAValue
from xdsl.passes import ModulePass

from ..dialect.calls import InvokeOp
from ..dialect.functions import FuncOp
from ..dialect.nesting import ops_inside
from .behaviour import own_summary
from .declarations import Declarations
from .unbound import reads_unbound

MAX_INLINED_OPS = 16
"""Ops of a function that isn't all array code; a call of the runtime's costs about as much as three ops."""


@dataclass(frozen=True)
class InlinePass(ModulePass):
    """Array code fuses across the helper functions it is written in, and tiny helpers cost no frame at run time.

    Inlined are functions without regions, external calls or calls of themselves, of at most 16 ops or all array code.

    ```mlir
    xcs.func @scale(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj) {
      %y = xcs.call pure @multiply(%x, %w)
      xcs.return %y
    }
    ... %s = xcs.invoke pure @scale(%a, %b)                         // becomes %s = xcs.call pure @multiply(%a, %b)
    ```
    """

    name = "xcs-inline"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Inline in all functions of a module, callees first."""
        declarations = Declarations.of(op)
        invokes = {func: _invokes_in(func) for func in declarations.functions.values()}
        small: set[FuncOp] = set()
        for func in _callees_first(invokes, declarations):
            for invoke in invokes[func]:
                callee = declarations.functions.get(invoke.callee.root_reference.data)
                if callee in small and not reads_unbound(invoke):
                    assert callee is not None
                    inline_call(invoke, callee)
            if is_small(func, declarations):
                small.add(func)


def is_small(func: FuncOp, declarations: Declarations) -> bool:
    """Whether copying the body costs less than calling it."""
    num_ops, all_array = 0, True
    for op in func.body.block.ops:
        if op.name == "xcs.return":
            break
        if op.regions or op.name == "xcs.invoke" or own_summary(op).behaviour.external:
            return False
        num_ops += 1
        all_array = all_array and (op.name == "xcs.constant" or declarations.array_kind(op) is not None)
    return all_array or num_ops <= MAX_INLINED_OPS


def inline_call(invoke: InvokeOp, callee: FuncOp) -> None:
    """Replace a call by a copy of the callee's body."""
    block = invoke.parent
    assert block is not None
    values: dict[SSAValue, SSAValue] = dict(zip(callee.args, invoke.operands, strict=True))
    for op in callee.body.block.ops:
        if op.name != "xcs.return":
            block.insert_op_before(op.clone(values), invoke)
    for result, returned in zip(invoke.results, callee.return_op.operands, strict=True):
        value = values.get(returned, returned)
        if isinstance(returned, OpResult) and result.name_hint:
            value.name_hint = result.name_hint
        result.replace_all_uses_with(value)
    block.erase_op(invoke)


def _invokes_in(func: FuncOp) -> list[InvokeOp]:
    return [op for op in ops_inside(func) if type(op) is InvokeOp]


def _callees_first(invokes: dict[FuncOp, list[InvokeOp]], declarations: Declarations) -> list[FuncOp]:
    """All functions, each after those it calls where no recursion forbids that; a stack instead of Python's own."""
    order: list[FuncOp] = []
    seen: set[FuncOp] = set()
    for root in invokes:
        stack: list[tuple[FuncOp, int]] = [] if root in seen else [(root, 0)]
        seen.add(root)
        while stack:
            func, position = stack.pop()
            if position == len(invokes[func]):
                order.append(func)
                continue
            stack.append((func, position + 1))
            callee = declarations.functions.get(invokes[func][position].callee.root_reference.data)
            if callee is not None and callee not in seen:
                seen.add(callee)
                stack.append((callee, 0))
    return order
