"""`await`: a call that is awaited at once is one `async` call, or a function of its own; all else is native code."""

from __future__ import annotations

import ast

from ...effects.awaiting import AWAITED
from ...effects.coroutines import looked_into
from ...effects.infer import infer_awaited
from ...effects.known import path_of
from ..source.syntax import placed
from ..values import Static, Tracer, Value
from .calls import CallStager

BACKGROUND = frozenset(("create_task", "ensure_future", "as_completed", "start_soon", "call_soon", "call_later"))
"""Methods and functions that start what goes on while the code after them runs."""
AWAITED_AT_ONCE = frozenset(("gather", "run_in_executor", "shield"))
"""The same, unless they are awaited where they are called."""


class AwaitStager(CallStager):
    """The layer of `await`."""

    def stage_await(self, node: ast.Await) -> Value:
        """An `await` whose operand has nothing to stage, and which is itself worth staging."""
        self.at(node)
        call = node.value
        if not isinstance(call, ast.Call) or self.runs_natively(call) or self._does_what_its_arguments_do(call):
            return self.stage_native_expression(node)
        call = self.with_named_callee(call)
        if call is not node.value:
            node = placed(ast.Await(call), node)
        target = self.target(call)
        if target is None:
            return self.stage_native_expression(node)
        callee = target[0]
        positional = [*target[1], *(self.stage_expression(a) for a in call.args)]
        keyword = [(str(k.arg), self.stage_expression(k.value)) for k in call.keywords]
        self.at(node)
        if isinstance(callee, Tracer):
            return self.call_data(callee, positional, keyword, is_async=True)
        assert isinstance(callee, Static)
        function = looked_into(callee.value)
        types_ = [self.type_of(value) for value in positional]
        summary = infer_awaited(function, types_, {name: self.type_of(value) for name, value in keyword})
        return self.call_function(function, positional, keyword, summary, is_async=True)

    def _does_what_its_arguments_do(self, call: ast.Call) -> bool:
        """Whether this is `asyncio.gather` or the like: its arguments are coroutines, known only to native code."""
        return path_of(self.static_of(call.func)) in AWAITED


def started_in_background(node: ast.AST) -> str | None:
    """What in a function starts work that goes on while later code runs; inside `async with` it ends with the block."""
    pending: list[tuple[ast.AST, bool]] = [(node, False)]
    while pending:
        here, is_awaited = pending.pop()
        if isinstance(here, ast.AsyncWith):
            continue
        if isinstance(here, ast.Call):
            name = here.func.attr if isinstance(here.func, ast.Attribute) else getattr(here.func, "id", "")
            if name in BACKGROUND or (name in AWAITED_AT_ONCE and not is_awaited):
                return name
        pending += [(child, isinstance(here, ast.Await)) for child in ast.iter_child_nodes(here)]
    return None
