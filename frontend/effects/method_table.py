"""What methods of Python's builtin classes do to their receiver, and what they give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...diagnostics.effect import Effect
from .abstract_type import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    NEVER,
    NONE,
    STR,
    AbstractType,
    DictType,
    ExactType,
    IteratorType,
    ListType,
    SetType,
    TupleType,
)
from .builtin_table import Named, Types
from .items import element_of
from .known import TABLE, KnownCallable, Rule
from .lattice import join
from .table_calls import NothingMore
from .value import ELEMENT, KEY, VALUE

BYTES = ExactType(bytes)
STRINGS = ListType(STR)
CONTENT = NothingMore()


def reads(result: AbstractType | Rule, *uses: str, retains: tuple[int, ...] = (), **changes: Any) -> KnownCallable:
    """A method that only looks at its receiver."""
    builds = bool(retains)
    return KnownCallable(result=result, uses=("any 0", *uses), retains=frozenset(retains), builds=builds, **changes)


def writes(
    result: AbstractType | Rule, *uses: str, stores: tuple[tuple[str, str], ...] = (), **changes: Any
) -> KnownCallable:
    """A method that writes its receiver; without `stores` its contents only move or shrink."""
    stored = stores or ((ELEMENT, "99"),)
    kept = frozenset(int(source.rstrip("*")) for _, source in stores)
    return KnownCallable(
        result=result, uses=("any 0", *uses), mutates=frozenset((0,)), stores=stored, retains=kept, **changes
    )


def same(args: Types, kwargs: Named) -> AbstractType:
    """The receiver's own type."""
    return args[0]


def _element(args: Types, kwargs: Named) -> AbstractType:
    return element_of(args[0])


def _views(args: Types) -> tuple[AbstractType, AbstractType]:
    one = args[0]
    return (one.key, one.value) if isinstance(one, DictType) else (ANY, ANY)


def _items(args: Types, kwargs: Named) -> AbstractType:
    return IteratorType(type({}.items()), TupleType(_views(args)))


def _keys(args: Types, kwargs: Named) -> AbstractType:
    return IteratorType(type({}.keys()), _views(args)[0])


def _values(args: Types, kwargs: Named) -> AbstractType:
    return IteratorType(type({}.values()), _views(args)[1])


def _popitem(args: Types, kwargs: Named) -> AbstractType:
    return TupleType(_views(args))


def _fromkeys(args: Types, kwargs: Named) -> AbstractType:
    return DictType(element_of(args[0]), args[1] if len(args) > 1 else NONE)


def _union(args: Types, kwargs: Named) -> AbstractType:
    found: AbstractType = NEVER
    for one in args:
        found = join(found, element_of(one))
    return SetType(found, getattr(args[0], "frozen", False))


STR_TO_STR = (
    "capitalize casefold center expandtabs ljust lower lstrip removeprefix removesuffix replace rjust rstrip strip "
    "swapcase title translate upper zfill"
).split()
STR_TO_BOOL = (
    "endswith isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle "
    "isupper startswith"
).split()

STR_METHODS: Mapping[str, KnownCallable] = {
    **{name: reads(STR) for name in STR_TO_STR},
    **{name: reads(BOOL) for name in STR_TO_BOOL},
    **{name: reads(INT) for name in ("count", "find", "index", "rfind", "rindex")},
    **{name: reads(STRINGS) for name in ("split", "rsplit", "splitlines")},
    **{name: reads(TupleType((STR, STR, STR))) for name in ("partition", "rpartition")},
    "join": reads(STR, "iter 1"),
    "format": reads(STR, "format 1 2 3 4 5 6 7 8 9", "format **"),
    "format_map": reads(STR, "deep 1"),
    "encode": reads(BYTES),
    "maketrans": KnownCallable(result=DictType(ANY, ANY)),
}

_BYTES_TO_BYTES = (
    "capitalize center expandtabs ljust lower lstrip removeprefix removesuffix replace rjust rstrip strip swapcase "
    "title translate upper zfill"
).split()
_BYTES_TO_BOOL = "endswith isalnum isalpha isascii isdigit islower isspace istitle isupper startswith".split()

BYTES_METHODS: Mapping[str, KnownCallable] = {
    **{name: reads(BYTES) for name in _BYTES_TO_BYTES},
    **{name: reads(BOOL) for name in _BYTES_TO_BOOL},
    **{name: reads(INT) for name in ("count", "find", "index", "rfind", "rindex")},
    **{name: reads(ListType(BYTES)) for name in ("split", "rsplit", "splitlines")},
    "join": reads(BYTES, "iter 1"),
    "decode": reads(STR),
    "hex": reads(STR),
    "fromhex": reads(BYTES),
}

LIST_METHODS: Mapping[str, KnownCallable] = {
    "append": writes(NONE, "any 1", stores=((ELEMENT, "1"),)),
    "extend": writes(NONE, "iter 1", stores=((ELEMENT, "1*"),)),
    "insert": writes(NONE, "any 2", stores=((ELEMENT, "2"),)),
    "pop": writes(CONTENT, gives=ELEMENT),
    "remove": writes(NONE, "eq 0* 1"),
    "clear": writes(NONE),
    "reverse": writes(NONE),
    "sort": writes(NONE, "order 0*", "any key"),
    "copy": reads(lambda args, kwargs: ListType(element_of(args[0])), retains=(0,)),
    "count": reads(INT, "eq 0* 1"),
    "index": reads(INT, "eq 0* 1"),
}

DICT_METHODS: Mapping[str, KnownCallable] = {
    "get": reads(lambda args, kwargs: NONE if len(args) < 3 else CONTENT, "key 1", "any 2", gives=VALUE, defaults=(2,)),
    "setdefault": writes(
        lambda args, kwargs: NONE if len(args) < 3 else CONTENT,
        "key 1",
        "any 2",
        stores=((KEY, "1"), (VALUE, "2")),
        gives=VALUE,
        defaults=(2,),
    ),
    "pop": writes(CONTENT, "key 1", "any 2", gives=VALUE, defaults=(2,)),
    "popitem": KnownCallable(
        result=_popitem, uses=("any 0",), mutates=frozenset((0,)), stores=((ELEMENT, "99"),), retains=frozenset((0,))
    ),
    "clear": writes(NONE),
    "items": reads(_items, retains=(0,)),
    "keys": reads(_keys, retains=(0,)),
    "values": reads(_values, retains=(0,)),
    "copy": reads(same, retains=(0,)),
}

_SET_READS = {
    **{
        name: reads(_union, "iter 1 2 3 4", "hash 1* 2* 3* 4*", retains=(0, 1, 2, 3))
        for name in ("union", "symmetric_difference")
    },
    **{name: reads(same, "iter 1 2 3 4", "hash 1* 2* 3* 4*", retains=(0,)) for name in ("intersection", "difference")},
    **{name: reads(BOOL, "iter 1", "hash 1*") for name in ("issubset", "issuperset", "isdisjoint")},
    "copy": reads(same, retains=(0,)),
}

SET_METHODS: Mapping[str, KnownCallable] = {
    **_SET_READS,
    "add": writes(NONE, "key 1", stores=((ELEMENT, "1"),)),
    "discard": writes(NONE, "key 1"),
    "remove": writes(NONE, "key 1"),
    "pop": writes(CONTENT, gives=ELEMENT),
    "clear": writes(NONE),
    "update": writes(NONE, "iter 1 2", "hash 1* 2*", stores=((ELEMENT, "1*"), (ELEMENT, "2*"))),
    "intersection_update": writes(NONE, "iter 1", "hash 1*"),
    "difference_update": writes(NONE, "iter 1", "hash 1*"),
    "symmetric_difference_update": writes(NONE, "iter 1", "hash 1*", stores=((ELEMENT, "1*"),)),
}

TUPLE_METHODS: Mapping[str, KnownCallable] = {
    "count": reads(INT, "eq 0* 1"),
    "index": reads(INT, "eq 0* 1"),
}

NUMBER_METHODS: Mapping[type, Mapping[str, KnownCallable]] = {
    int: {
        "bit_length": reads(INT),
        "bit_count": reads(INT),
        "conjugate": reads(INT),
        "to_bytes": reads(BYTES),
        "as_integer_ratio": reads(TupleType((INT, INT))),
        "from_bytes": reads(INT),
    },
    float: {
        "is_integer": reads(BOOL),
        "hex": reads(STR),
        "conjugate": reads(FLOAT),
        "as_integer_ratio": reads(TupleType((INT, INT))),
        "fromhex": reads(FLOAT),
    },
    complex: {"conjugate": reads(ExactType(complex))},
    range: {"count": reads(INT), "index": reads(INT)},
}

METHODS: Mapping[type, Mapping[str, KnownCallable]] = {
    str: STR_METHODS,
    bytes: BYTES_METHODS,
    list: LIST_METHODS,
    dict: DICT_METHODS,
    set: SET_METHODS,
    frozenset: _SET_READS,
    tuple: TUPLE_METHODS,
    **NUMBER_METHODS,
}
"""All entries, by class and name; a class's own descriptors are their keys in the table."""

_DUNDERS: Mapping[str, KnownCallable] = {
    "__len__": reads(INT),
    "__str__": reads(STR, "str 0"),
    "__repr__": reads(STR, "repr 0"),
}


def load() -> None:
    """Enters the methods into the table, by descriptor."""
    for cls, methods in METHODS.items():
        for name, entry in {**_DUNDERS, **methods}.items():
            member = cls.__dict__.get(name)
            if member is None:
                continue
            if type(member) in (classmethod, staticmethod) or type(member).__name__ == "classmethod_descriptor":
                TABLE.add(f"builtins.{cls.__name__}.{name}", entry)
            else:
                TABLE.add(member, entry)
    TABLE.add(
        "builtins.dict.fromkeys",
        KnownCallable(result=_fromkeys, uses=("iter 0", "hash 0*", "any 1"), retains=frozenset((0, 1)), builds=True),
    )
    file = KnownCallable(Effect.READS, external=True, writes="world", uses=("any 0",), mutates=frozenset((0,)))
    for name in ("read", "readline", "readlines"):
        result = ListType(STR) if name == "readlines" else STR
        TABLE.add(f"_io.TextIOWrapper.{name}", KnownCallable(**{**_fields(file), "result": result}))
    TABLE.add("_io.TextIOWrapper.close", KnownCallable(uses=("any 0",), mutates=frozenset((0,)), result=NONE))
    ordered = {**_fields(file), "effect": Effect.ORDERED, "reason": "writes a file"}
    for name in ("write", "writelines", "flush", "seek", "truncate"):
        TABLE.add(f"_io.TextIOWrapper.{name}", KnownCallable(**ordered))


def _fields(entry: KnownCallable) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in KnownCallable.__dataclass_fields__}


load()
