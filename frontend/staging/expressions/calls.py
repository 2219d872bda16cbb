"""Calls: one leaf, a function of its own, an array op, or native code, by what the callable is."""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Sequence
from functools import cached_property

from xdsl.ir import SSAValue

from ...effects.abstract_type import AbstractType, InstanceType
from ...effects.client_paths import method_path
from ...effects.coroutines import looked_into, makes_coroutine
from ...effects.infer import infer_awaited_value, infer_value_call
from ...effects.known import known
from ...effects.source import is_library
from ...effects.staged_calls import is_transformation
from ...effects.summary import CALLEE, Summary
from ...frame_reader import reads_frames
from ..source.syntax import placed
from ..state.binding import BindingError
from ..values import Closure, Owned, Static, Tracer, Unstageable, Value
from .invocations import InvocationStager


class CallStager(InvocationStager):
    """The layer of calls."""

    def stage_call(self, node: ast.Call) -> Value:
        """A call whose operands are names, literals or native expressions, and which is itself worth staging.

        What runs natively as a whole is decided before any operand is staged: nothing is evaluated twice.
        """
        self.at(node)
        node = self._with_made_callee(node)
        node = self.with_stars_spread(node)
        if self.passes_functions(node) and (value := self._pass_functions(node)) is not None:
            return value
        if self.runs_natively(node):
            node = self.with_stars_computed(node)
            entry = known(self.static_of(node.func))
            calls_jax = self._is_transformed(node.func) or (entry is not None and entry.array == "jax")
            return self.stage_native_expression(node, calls_jax=calls_jax)
        if (value := self.stage_array_method(node)) is not None:
            return value
        node = self.with_named_callee(node)
        target = self.target(node)
        if target is None:
            return self.stage_native_expression(node)
        callee = target[0]
        positional = [*target[1], *(self.stage_expression(a) for a in node.args)]
        keyword = [(str(k.arg), self.stage_expression(k.value)) for k in node.keywords]
        self.at(node)
        if isinstance(callee, Tracer):
            return self.call_data(callee, positional, keyword)
        return self._call_static(callee, positional, keyword)

    def runs_natively(self, node: ast.Call) -> bool:
        """Starred arguments, functions of this function as callee or argument, callees that look at who calls them."""
        if reads_frames(self.static_of(node.func)):
            return True
        if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
            return True
        if self._is_transformed(node.func):
            return True
        is_closure = isinstance(node.func, ast.Name) and isinstance(self.state.names.get(node.func.id), Closure)
        if self.is_local_function(node.func) and not is_closure and self.lifted_callee(node.func) is None:
            return True
        passed = [*node.args, *(k.value for k in node.keywords)]
        entry = known(self.static_of(node.func))
        if entry is not None and entry.array == "jax":  # branches of `jax.lax.switch` stand in a list
            passed += [part for one in passed if isinstance(one, (ast.List, ast.Tuple)) for part in one.elts]
        return any(map(self.is_local_function, passed))

    def _is_transformed(self, node: ast.expr) -> bool:
        """Whether a callee is made where it is called, by `jax.vmap` and the like."""
        return isinstance(node, ast.Call) and is_transformation(self.static_of(node.func))

    @cached_property
    def _made(self) -> dict[SSAValue, tuple[ast.Call, dict[str, Value]]]:
        """What `jax.vmap(f)` and the like have made: how, and of which values."""
        return {}

    def stage_native_expression(self, node: ast.expr, *, calls_jax: bool = False) -> Value:
        """An expression as one call of native code; what `jax.vmap(f)` has made is remembered."""
        value = super().stage_native_expression(node, calls_jax=calls_jax)
        is_one = isinstance(node, ast.Call) and is_transformation(self.static_of(node.func))
        if isinstance(node, ast.Call) and is_one and isinstance(value, Tracer):
            names = self.program.names([node]).read
            if all(name in self.state.names or self.known_free_name(name) is not None for name in names):
                used = {name: self.state.names[name] for name in names if name in self.state.names}
                self._made[value.ssa] = node, used
        return value

    def _with_made_callee(self, node: ast.Call) -> ast.Call:
        """The call with `jax.vmap(f)` in the place of a name for it, while all that this reads is the same."""
        value = self.state.names.get(node.func.id) if isinstance(node.func, ast.Name) else None
        made = self._made.get(value.ssa) if isinstance(value, Tracer) else None
        if made is None or any(self.state.names.get(name) is not held for name, held in made[1].items()):
            return node
        inlined = copy.copy(node)
        inlined.func = made[0]
        return inlined

    def _pass_functions(self, node: ast.Call) -> Value | None:
        """A call of the user's own with functions of this one as arguments, looked into; None: it can't be."""
        start = self.mark()
        try:
            summary = self.describe(node).summary
            target = self.target(self.with_named_callee(node))
            function = looked_into(target[0].value) if target is not None and isinstance(target[0], Static) else None
            if target is not None and isinstance(function, types.FunctionType):
                is_own = not is_library(function.__code__.co_filename)
                if is_own and self._looks_into(function, summary, is_async=False):
                    positional = [*target[1], *map(self.argument, node.args)]
                    keyword = [(str(k.arg), self.argument(k.value)) for k in node.keywords]
                    self.at(node)
                    return self.invoke(function, positional, keyword, summary.renamed({}), is_kept=True)
        except (Unstageable, BindingError):
            pass
        self.go_back(start)
        return None

    def with_named_callee(self, node: ast.Call) -> ast.Call:
        """The call with a computed callee under a name of its own: native code finds it computed."""
        if isinstance(node.func, (ast.Name, ast.Attribute)):
            return node
        named = copy.copy(node)
        named.func = self.compute(node.func)
        return named

    def target(self, node: ast.Call) -> tuple[Value, Sequence[Value]] | None:
        """The callee and the receiver to pass before the arguments; None where native code must look it up."""
        if isinstance(node.func, ast.Attribute):
            if (known := self.static_of(node.func)) is not None:
                return Static(known), ()
            return self._method(node.func, node) or self._model(node.func)
        if (lifted := self.lifted_callee(node.func)) is not None:
            return Static(lifted.function), [self.state.names[name] for name in lifted.captured]
        held = self.state.names.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if isinstance(held, Closure):
            return Static(held.function), held.captured
        if isinstance(held, Owned) and self.is_owned(held):
            method = placed(ast.Attribute(node.func, "__call__", ast.Load()), node)
            return self._method(method, placed(ast.Call(method, node.args, node.keywords), node))
        if isinstance(node.func, ast.Name) and self.type_of_outside(node.func.id) is not None:
            return self.outside_object(node.func), ()
        callee = self.stage_expression(node.func)
        return (callee, ()) if isinstance(callee, (Static, Tracer)) else None

    def _model(self, node: ast.Attribute) -> tuple[Value, Sequence[Value]] | None:
        """A model that an instance of known type holds: a call of its own, which waits for limits without a thread."""
        if not isinstance(node.value, ast.Name):
            return None
        receiver_type = self.type_of(self.lookup(node.value.id, node))
        held = dict(receiver_type.attributes).get(node.attr) if isinstance(receiver_type, InstanceType) else None
        if not isinstance(held, InstanceType) or not hasattr(held.cls, "__xcs_behaviour__"):
            return None
        callee = self.stage_expression(node)
        return (callee, ()) if isinstance(callee, (Static, Tracer)) else None

    def _method(self, node: ast.Attribute, call: ast.Call) -> tuple[Value, Sequence[Value]] | None:
        """A method found on the class of an instance of known type."""
        receiver: Value | None = None
        is_outside = False
        if isinstance(node.value, ast.Name) and not self.is_outside(node.value.id):
            receiver = self.lookup(node.value.id, node.value)
            receiver_type: AbstractType | None = self.type_of(receiver)
        else:
            receiver_type = self.describe(node.value).summary.result
            if isinstance(node.value, ast.Name) and getattr(receiver_type, "cls", object).__dictoffset__:
                is_outside = True  # of data outside the class is known: the object may have a function of that name
                receiver_type = self.type_of_outside(node.value.id)
        if not isinstance(receiver_type, InstanceType) or node.attr in dict(receiver_type.attributes):
            return None
        method = class_function(receiver_type.cls, node.attr)
        if method is None or method_path(receiver_type, node.attr) is not None:
            return None  # the table knows a client's method by its path
        if is_outside and is_library(method.__code__.co_filename):
            return None
        self.program.rely_on_class(receiver_type.cls, node.attr)
        if receiver is not None and self.is_owned(receiver):
            summary = self.describe(call).summary
            is_given = isinstance(node.value, ast.Name) and node.value.id in summary.retains
            if not summary.num_external_sites and not summary.has_array_work and not is_given:
                return None  # as native code its next version is known by what it holds
        if is_outside and isinstance(node.value, ast.Name):
            return Static(method), (self.outside_object(node.value),)
        return Static(method), (self.stage_expression(node.value),)

    def _call_static(self, callee: Value, positional: Sequence[Value], keyword: Sequence[tuple[str, Value]]) -> Value:
        assert isinstance(callee, Static)
        function = callee.value
        if (repeated := self.call_again(function, positional, keyword)) is not None:
            return repeated
        entry = known(function)
        if entry is not None and entry.array is not None:
            return self.emit_array(function, entry.array, positional, keyword)
        function = looked_into(function)
        args = [self.type_of(value) for value in positional]
        named = tuple((name, self.type_of(value)) for name, value in keyword)
        summary = self.program.summary_of(function, tuple(args), named)
        return self.call_function(function, positional, keyword, summary)

    def call_function(
        self,
        function: object,
        positional: Sequence[Value],
        keyword: Sequence[tuple[str, Value]],
        summary: Summary,
        *,
        is_async: bool = False,
    ) -> Value:
        """A call of a known callable, awaited if `is_async`: staged on its own where that gains, else a leaf."""
        if (value := self._call_staged(function, positional, keyword, summary, is_async)) is not None:
            return value
        hint = getattr(function, "__qualname__", None) or type(function).__name__
        ssa = self.emit_leaf(function, hint.replace("<locals>.", ""), positional, keyword, summary, is_async=is_async)
        value = self.value_of(ssa, summary)
        if not is_async:
            self.remember_call(function, positional, keyword, value)
        return value

    def _call_staged(
        self,
        function: object,
        positional: Sequence[Value],
        keyword: Sequence[tuple[str, Value]],
        summary: Summary,
        is_async: bool,
    ) -> Value | None:
        """A call of a function that is staged on its own; None where that gains nothing, or can't be."""
        if not isinstance(function, types.FunctionType) or not self._looks_into(function, summary, is_async):
            return None
        try:
            return self.invoke(function, positional, keyword, summary)
        except (Unstageable, BindingError) as refusal:
            self.program.note_opaque(function, str(refusal))
            return None

    def _looks_into(self, function: types.FunctionType, summary: Summary, is_async: bool) -> bool:
        gains = self.program.gains_as_function(function, summary)
        return gains and not is_leaf(function) and makes_coroutine(function) == is_async

    def call_data(
        self,
        callee: Tracer,
        positional: Sequence[Value],
        keyword: Sequence[tuple[str, Value]],
        *,
        is_async: bool = False,
    ) -> Value:
        """A call of a callable that is data, awaited if `is_async`."""
        callee_type = self.type_of(callee)
        args = [self.type_of(value) for value in positional]
        kwargs = {name: self.type_of(value) for name, value in keyword}
        summary = (infer_awaited_value if is_async else infer_value_call)(callee_type, args, kwargs)
        method = class_function(callee_type.cls, "__call__") if isinstance(callee_type, InstanceType) else None
        if method is not None and isinstance(callee_type, InstanceType):
            taken = [callee, *positional]
            if (value := self._call_staged(method, taken, keyword, self.as_method(summary), is_async)) is not None:
                self.program.rely_on_class(callee_type.cls, "__call__")
                return value
        ssa = self.emit_leaf(callee, "", positional, keyword, summary, is_async=is_async)
        return self.value_of(ssa, summary)

    def as_method(self, summary: Summary) -> Summary:
        """The summary of calling an instance as that of its `__call__` with the instance as first argument."""
        keys: dict[int | str, int | str] = {CALLEE: 0}
        keys.update({index: index + 1 for index in range(64)})
        keys.update({k: k for k in summary.mutates | summary.retains if isinstance(k, str) and k != CALLEE})
        return summary.renamed(keys)


def class_function(cls: type, name: str) -> types.FunctionType | None:
    """A plain method of a class, found without running a descriptor."""
    for base in cls.__mro__:
        if name in base.__dict__:
            found = base.__dict__[name]
            found = looked_into(found)
            return found if isinstance(found, types.FunctionType) else None
    return None


def is_leaf(function: object) -> bool:
    """Whether a function is declared to be one leaf."""
    return hasattr(function, "__xcs_leaf__") or hasattr(function, "__xcs_behaviour__")
