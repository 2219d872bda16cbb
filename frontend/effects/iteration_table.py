"""What functions that walk, sort and copy do: `itertools`, `heapq`, `bisect`, `copy` and others, by import path.

Arguments that `uses` doesn't name must be builtin data.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping
from typing import Any

from .abstract_type import (
    ANY,
    BOOL,
    DATA,
    INT,
    NONE,
    AbstractType,
    ExactType,
    IteratorType,
    ListType,
    TupleOfType,
    TupleType,
)
from .builtin_table import Named, Types, pure
from .items import element_of
from .known import TABLE, KnownCallable
from .lattice import join, join_all, widen
from .number_table import number_of_elements
from .table_calls import CalledType, NothingMore


def _list_of_second(args: Types, kwargs: Named) -> AbstractType:
    return ListType(element_of(args[1]))


def _accumulated(args: Types, kwargs: Named) -> AbstractType:
    """Sums of numbers; what a function of the caller's gives is not known."""
    is_sum = len(args) == 1 and not kwargs
    return IteratorType(itertools.accumulate, number_of_elements(args, kwargs) if is_sum else ANY)


def _flat(args: Types, kwargs: Named) -> AbstractType:
    """The elements of the elements."""
    return IteratorType(itertools.chain, element_of(element_of(args[0])))


def _count(args: Types, kwargs: Named) -> AbstractType:
    is_int = all(widen(one) in (INT, BOOL) for one in (*args, *kwargs.values()))
    return IteratorType(itertools.count, INT if is_int else ANY)


def _copied(args: Types, kwargs: Named) -> AbstractType:
    return args[0]


def _iterator(path: str) -> Any:
    cls = getattr(itertools, path)
    return lambda args, kwargs: IteratorType(cls, join_all(map(element_of, args)))


ITERATION: Mapping[str, KnownCallable] = {
    "itertools.chain": pure(_iterator("chain"), "iter *", retains=frozenset(range(8)), builds=True),
    "itertools.accumulate": pure(
        _accumulated,
        "iter 0",
        "fold 1 0* initial",
        "fold func 0* initial",
        "add 0*",
        "any initial",
        retains=frozenset((0,)),
        builds=True,
    ),
    "itertools.cycle": pure(_iterator("cycle"), "iter *", retains=frozenset((0,)), builds=True),
    "itertools.chain.from_iterable": pure(_flat, "iter 0 0*", retains=frozenset((0,)), builds=True),
    "itertools.compress": pure(
        lambda args, kwargs: IteratorType(itertools.compress, element_of(args[0])),
        "iter 0 1",
        "bool 1*",
        retains=frozenset((0,)),
        builds=True,
    ),
    **{
        f"itertools.{name}": pure(
            lambda args, kwargs, name=name: IteratorType(getattr(itertools, name), element_of(args[1])),
            "iter 1",
            "call 0 1*",
            "bool 1*",
            retains=frozenset((1,)),
            builds=True,
        )
        for name in ("takewhile", "dropwhile", "filterfalse")
    },
    "itertools.islice": pure(
        lambda args, kwargs: IteratorType(itertools.islice, element_of(args[0])),
        "iter 0",
        retains=frozenset((0,)),
        builds=True,
    ),
    "itertools.count": pure(_count),
    "itertools.repeat": pure(
        lambda args, kwargs: IteratorType(itertools.repeat, args[0]), "any 0", retains=frozenset((0,)), builds=True
    ),
    "itertools.product": pure(
        lambda args, kwargs: IteratorType(
            itertools.product,
            TupleType(tuple(map(element_of, args)))
            if "repeat" not in kwargs and "*" not in kwargs
            else TupleOfType(join_all(map(element_of, args))),
        ),
        "iter *",
        retains=frozenset(range(8)),
        builds=True,
    ),
    "itertools.zip_longest": pure(
        lambda args, kwargs: IteratorType(
            itertools.zip_longest, TupleOfType(join(join_all(map(element_of, args)), kwargs.get("fillvalue", NONE)))
        ),
        "iter *",
        "any fillvalue",
        retains=frozenset(range(8)),
        builds=True,
    ),
    **{
        f"itertools.{name}": pure(
            lambda args, kwargs, name=name: IteratorType(getattr(itertools, name), TupleOfType(element_of(args[0]))),
            "iter 0",
            retains=frozenset((0,)),
            builds=True,
        )
        for name in ("combinations", "permutations", "combinations_with_replacement", "pairwise")
    },
    "_functools.reduce": pure(CalledType(), "iter 1", "any 2", "fold 0 1* 2"),
}

HEAPS: Mapping[str, KnownCallable] = {
    **{f"_bisect.{name}": pure(INT, "iter 0", "order 0*", "any key") for name in ("bisect_left", "bisect_right")},
    **{
        f"_bisect.{name}": KnownCallable(
            result=NONE,
            uses=("any 0 1", "order 0*", "any key"),
            mutates=frozenset((0,)),
            stores=(("element", "1"),),
            retains=frozenset((1,)),
        )
        for name in ("insort_left", "insort_right")
    },
    **{
        f"heapq.{name}": pure(
            _list_of_second, "any 0", "iter 1", "order 1*", "any key", retains=frozenset((1,)), builds=True
        )
        for name in ("nlargest", "nsmallest")
    },
    "_heapq.heapify": KnownCallable(
        result=NONE, uses=("any 0", "lt 0*"), mutates=frozenset((0,)), stores=(("element", "99"),)
    ),
    **{
        f"_heapq.{name}": KnownCallable(
            result=NothingMore(),
            uses=("any 0 1", "lt 0*", "lt 1"),
            mutates=frozenset((0,)),
            stores=(("element", "1"),),
            retains=frozenset((1,)),
            gives="element",
            defaults=(1,),
        )
        for name in ("heappushpop", "heapreplace")
    },
    **{
        f"_heapq.{name}": KnownCallable(
            result=NONE if name == "heappush" else NothingMore(),
            uses=("any 0 1", "lt 0*"),
            mutates=frozenset((0,)),
            stores=(("element", "1"),) if name == "heappush" else (("element", "99"),),
            retains=frozenset((1,)) if name == "heappush" else frozenset(),
            gives=None if name == "heappush" else "element",
        )
        for name in ("heappush", "heappop")
    },
}
"""Functions that keep a list sorted, or in the order of a heap."""


OBJECTS: Mapping[str, KnownCallable] = {
    "copy.copy": pure(_copied, "deep 0", retains=frozenset((0,)), builds=True),
    "copy.deepcopy": pure(_copied, "deep 0", builds=True),
    "dataclasses.asdict": pure(ANY, "deep 0"),
    "dataclasses.is_dataclass": pure(BOOL, "any 0"),
    "dataclasses.fields": pure(DATA, "any 0"),
    "typing.cast": pure(lambda args, kwargs: args[1], "any *", retains=frozenset((1,)), fresh=True),
    "contextlib.suppress": pure(ExactType(contextlib.suppress), "any *"),
    "contextlib.nullcontext": pure(ExactType(contextlib.nullcontext), "any *", retains=frozenset((0,))),
}
"""Functions that copy objects, or look at what they are."""

TABLE.add_all(ITERATION, HEAPS, OBJECTS)
