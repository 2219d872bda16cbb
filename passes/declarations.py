"""The symbols of a module, looked up once: its functions and what it declares of the outside."""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.dialects.builtin import ModuleOp, StringAttr, SymbolRefAttr
from xdsl.ir import Operation

from ..dialect.constants import ConstantOp
from ..dialect.functions import CallableOp, FuncOp, OutsideOp
from ..dialect.nesting import ops_of
from ..dialect.state import LoadOp


@dataclass(frozen=True)
class Declarations:
    """The symbols of a module.

    Attributes:
        functions, callables: by symbol, in the order of the module.
        objects: the symbols of its objects.
        arrays: of the callables that are array computations, which library's.
    """

    functions: dict[str, FuncOp]
    callables: dict[str, CallableOp]
    objects: frozenset[str] = frozenset()
    arrays: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def of(module: ModuleOp) -> Declarations:
        """Collect the symbols of a module; an xDSL lookup for each call would be quadratic."""
        functions: dict[str, FuncOp] = {}
        callables: dict[str, CallableOp] = {}
        objects: list[str] = []
        arrays: dict[str, str] = {}
        for op in ops_of(module.body.block):
            kind = type(op)  # `isinstance` asks the metaclass of ops, and that Python code
            if kind is CallableOp:
                symbol: str = op.properties["sym_name"].data  # type: ignore[attr-defined]
                callables[symbol] = op  # type: ignore[assignment]
                if (array := _own_array_kind(op)) is not None:
                    arrays[symbol] = array
            elif kind is FuncOp:
                functions[op.properties["sym_name"].data] = op  # type: ignore[attr-defined]
            elif kind is OutsideOp and op.kind.data == "object":  # type: ignore[attr-defined]
                objects.append(op.sym_name.data)  # type: ignore[attr-defined]
        return Declarations(functions, callables, frozenset(objects), arrays)

    def is_literal(self, op: object) -> bool:
        """Whether an op only gives a value known when compiling: a literal, or an object such as a dtype."""
        if isinstance(op, LoadOp):
            return op.outside.root_reference.data in self.objects
        return isinstance(op, ConstantOp)

    def declaration(self, call: Operation) -> CallableOp | None:
        """What the module declares of a call's callee."""
        callee = call.properties.get("callee")
        return self.callables.get(callee.root_reference.data) if isinstance(callee, SymbolRefAttr) else None

    def array_kind(self, op: Operation) -> str | None:
        """`jax` or `numpy` where an op is one array computation, as the op itself or its callee's declaration says."""
        kind = _own_array_kind(op)
        if kind is not None or not self.arrays or op.name != "xcs.call":
            return kind
        callee = op.properties.get("callee")
        return self.arrays.get(callee.root_reference.data) if isinstance(callee, SymbolRefAttr) else None


def _own_array_kind(op: Operation) -> str | None:
    kind = op.attributes.get("array") or op.properties.get("array")
    return kind.data if type(kind) is StringAttr else None  # `isinstance` of what it isn't asks Python code
