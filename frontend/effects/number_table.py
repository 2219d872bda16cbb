"""What arithmetic of the standard library gives: `math`, `statistics` and `operator`, by import path.

Arguments that `uses` doesn't name must be builtin data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import operators
from .abstract_type import (
    ANY,
    BOOL,
    DATA,
    FLOAT,
    INT,
    NEVER,
    PLAIN,
    AbstractType,
    ListType,
    TupleType,
    UnionType,
)
from .builtin_table import Named, Types, element, list_of_elements, pure
from .known import TABLE, KnownCallable
from .lattice import join, members

NUMBER = UnionType(frozenset((INT, FLOAT)))


def number_of_elements(args: Types, kwargs: Named) -> AbstractType:
    """A number for numbers; other elements have arithmetic of their own."""
    part = element(args, kwargs)
    return NUMBER if part in (PLAIN, DATA) or all(one in (INT, FLOAT, BOOL, NEVER) for one in members(part)) else ANY


def _product(args: Types, kwargs: Named) -> AbstractType:
    number = number_of_elements(args, kwargs)
    return number if kwargs or number is ANY else INT if element(args, kwargs) == INT else number


def _mean(args: Types, kwargs: Named) -> AbstractType:
    """Means and deviations of numbers are floats, or ints where they come out even."""
    return NUMBER if all(one in (INT, FLOAT, BOOL, NEVER) for one in members(element(args, kwargs))) else ANY


def _median(args: Types, kwargs: Named) -> AbstractType:
    part = element(args, kwargs)
    return NUMBER if all(one in (INT, FLOAT) for one in members(part)) else ANY


_OF_EACH = ("iter 0", "deep 0*")
"""Functions of numbers that an iterable gives."""

MATH: Mapping[str, KnownCallable] = {
    **{
        f"math.{name}": pure(FLOAT, "deep *")
        for name in (
            "sqrt exp exp2 expm1 log log10 log1p log2 sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh "
            "atanh degrees radians hypot fabs fmod copysign pow erf erfc gamma lgamma ldexp "
            "cbrt nextafter ulp remainder fsum dist"
        ).split()
    },
    **{f"math.{name}": pure(INT, "deep *") for name in "gcd lcm factorial comb perm isqrt".split()},
    **{f"math.{name}": pure(INT) for name in "ceil floor trunc".split()},
    **{f"math.{name}": pure(BOOL) for name in "isnan isinf isfinite isclose".split()},
    "math.prod": pure(_product, *_OF_EACH),
    "math.modf": pure(TupleType((FLOAT, FLOAT))),
    "math.frexp": pure(TupleType((FLOAT, INT))),
}

STATISTICS: Mapping[str, KnownCallable] = {
    **{
        f"statistics.{name}": pure(
            _median if name.startswith("median") else _mean if name != "mode" else ANY, *_OF_EACH
        )
        for name in (
            "mean fmean median median_low median_high stdev pstdev variance pvariance mode harmonic_mean geometric_mean"
        ).split()
    },
    # Of a single element there is nothing to compute.
    "statistics.quantiles": pure(lambda args, kwargs: ListType(join(NUMBER, element(args, kwargs))), *_OF_EACH),
    "statistics.multimode": pure(list_of_elements, *_OF_EACH),
}


class _NoInference:
    """Operators on builtin data never ask for a call's summary."""

    def call(self, function: object, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]) -> Any:
        """Never called: arguments are builtin data."""
        raise LookupError(function)


def _negated(name: str) -> Any:
    return lambda args, kwargs: operators.unary(name, args[0], _NoInference()).result  # type: ignore[arg-type]


def _operated(name: str) -> Any:
    def rule(args: Types, kwargs: Named) -> AbstractType:
        try:
            return operators.binary(name, args[0], args[1], _NoInference()).result  # type: ignore[arg-type]
        except LookupError:
            return ANY

    return rule


OPERATORS: Mapping[str, KnownCallable] = {
    **{f"_operator.{name}": pure(BOOL, "eq 0 1") for name in ("eq", "ne")},
    **{f"_operator.{name}": pure(BOOL, "deep *") for name in "lt le gt ge not_ truth contains".split()},
    **{f"_operator.{name}": pure(BOOL, "any *") for name in ("is_", "is_not")},
    **{
        f"_operator.{name}": pure(_operated(name.rstrip("_")), "deep *", retains=frozenset((0, 1)))
        for name in "add sub mul truediv mod floordiv pow xor and_ or_".split()
    },
    **{f"_operator.{name}": pure(_negated(name), "deep *") for name in ("neg", "pos", "invert")},
}
"""Functions of `operator` on builtin data; on other types the operator itself is inferred."""


TABLE.add_all(MATH, STATISTICS, OPERATORS)
