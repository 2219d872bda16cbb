"""NumPy's operations that give the same bits for many vectors at once as for one vector after the other.

Sums are pairwise in both forms, `vecdot` makes the same BLAS call for each row as `dot`; a product of a matrix and a
vector does not. The ufuncs here are those whose results IEEE 754 fixes; others may differ between whole registers and
the rest of a row. Nothing here imports NumPy before a call of NumPy's is met.
"""

from __future__ import annotations

import operator
import sys
from functools import cache
from typing import Any

from ..runtime.plan import Call, Literal
from .array_access import ArrayAccess

_OPERATORS = {
    operator.add: "add",
    operator.sub: "subtract",
    operator.mul: "multiply",
    operator.truediv: "true_divide",
    operator.neg: "negative",
    operator.lt: "less",
    operator.le: "less_equal",
    operator.gt: "greater",
    operator.ge: "greater_equal",
    operator.matmul: "dot",
}
_COMPARISONS = frozenset("less less_equal greater greater_equal".split())
_ELEMENTWISE = _COMPARISONS | frozenset(
    "add subtract multiply divide true_divide negative sqrt square absolute".split()
)
_REDUCTIONS = frozenset(("sum", "mean", "norm"))
_PRODUCTS = frozenset(("dot", "inner", "matmul", "vdot", "vecdot"))


def is_known(call: Call) -> bool:
    """Whether a call is of an operation in the table, in a plain form."""
    return batched_name(call) is not None


def batched_name(call: Call) -> str | None:
    """What the table calls the operation of a call: a ufunc's name, `sum`, `mean`, `norm` or `dot`; else None."""
    arguments = call.arguments
    if arguments.keyword or any(star for star, _ in arguments.positional) or not isinstance(call.callee, Literal):
        return None
    name, num_operands = _name_of(call.callee.value), len(arguments.positional)
    if name in _REDUCTIONS:
        return name if num_operands == 1 else None
    if name in _PRODUCTS:
        return "dot" if num_operands == 2 else None
    return name if name in _ELEMENTWISE and num_operands == _num_inputs(name) else None


def _num_inputs(name: str) -> int:
    return 1 if name in ("negative", "sqrt", "square", "absolute") else 2


def _name_of(callee: Any) -> str | None:
    if isinstance(callee, ArrayAccess):
        name = callee.text.removeprefix(".")
        return name if callee.is_call and name in ("sum", "mean", "dot") else None
    try:
        return _OPERATORS.get(callee) or _functions(sys.modules.get("numpy")).get(callee)
    except TypeError:  # a callable without a hash
        return None


@cache
def _functions(numpy: Any) -> dict[Any, str]:
    if numpy is None:
        return {}
    names = _ELEMENTWISE | _PRODUCTS | {"sum", "mean"}
    return {getattr(numpy, name): name for name in sorted(names)} | {numpy.linalg.norm: "norm"}
