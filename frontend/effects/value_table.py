"""Value classes of the standard library: dates, exact numbers, ids, paths, text in memory; making them, what they do.

Operators are tried on samples, as those of builtin numbers are: the operands' classes say the class of the result.
"""

from __future__ import annotations

import datetime
import decimal
import fractions
import io
import pathlib
import uuid
from collections.abc import Mapping
from typing import Any

from ...diagnostics.effect import Effect
from . import operations
from .abstract_type import (
    BOOL,
    BYTES,
    DATA,
    FLOAT,
    INT,
    NONE,
    STR,
    AbstractType,
    ExactType,
    ListType,
    TupleOfType,
    UnionType,
)
from .builtin_table import Named, Types, pure
from .known import TABLE, KnownCallable

PATH_CLASS: type = type(pathlib.Path())
PATHS: tuple[type, ...] = (pathlib.PurePath, pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.Path, PATH_CLASS)

operations.KNOWN_VALUE_CLASSES.update(
    (datetime.datetime, datetime.date, datetime.time, datetime.timedelta, datetime.timezone),
    (decimal.Decimal, fractions.Fraction, uuid.UUID),
    PATHS,
)
_DAY = datetime.date(2020, 1, 2)
_MOMENT = datetime.datetime(2020, 1, 2)
operations.VALUE_SAMPLES.update(
    {
        datetime.datetime: (_MOMENT,),
        datetime.date: (_DAY,),
        datetime.timedelta: (datetime.timedelta(1), datetime.timedelta(seconds=-3)),
        decimal.Decimal: (decimal.Decimal("1.5"), decimal.Decimal(-2)),
        fractions.Fraction: (fractions.Fraction(1, 2), fractions.Fraction(2), fractions.Fraction(-3, 2)),
        **{cls: (cls("a"),) for cls in PATHS if cls is not pathlib.Path},
    }
)

DATETIME, DATE, TIME, DELTA, DECIMAL, FRACTION, PATH = map(
    ExactType,
    (
        datetime.datetime,
        datetime.date,
        datetime.time,
        datetime.timedelta,
        decimal.Decimal,
        fractions.Fraction,
        PATH_CLASS,
    ),
)


def _same(args: Types, kwargs: Named) -> AbstractType:
    """The class of the receiver."""
    return args[0]


def _in_context(result: AbstractType) -> KnownCallable:
    """Decimal arithmetic looks at the precision that is set."""
    return KnownCallable(result=result, sees_writes=True, writes="context")


MADE: Mapping[str, KnownCallable] = {
    "datetime.datetime": pure(DATETIME),
    "datetime.date": pure(DATE),
    "datetime.time": pure(TIME),
    "datetime.timedelta": pure(DELTA),
    "datetime.timezone": pure(ExactType(datetime.timezone)),
    "decimal.Decimal": pure(DECIMAL),
    "fractions.Fraction": pure(FRACTION),
    "uuid.UUID": pure(ExactType(uuid.UUID)),
    **{
        f"datetime.datetime.{name}": pure(DATETIME)
        for name in ("fromisoformat", "strptime", "fromtimestamp", "utcfromtimestamp", "combine", "fromordinal")
    },
    **{f"datetime.date.{name}": pure(DATE) for name in ("fromisoformat", "fromtimestamp", "fromordinal")},
    "datetime.time.fromisoformat": pure(TIME),
}

METHODS: Mapping[str, KnownCallable] = {
    **{
        f"datetime.{cls}.{name}": pure(STR)
        for cls in ("date", "datetime", "time")
        for name in ("isoformat", "strftime", "ctime")
    },
    **{
        f"datetime.{cls}.{name}": pure(INT)
        for cls in ("date", "datetime")
        for name in ("weekday", "isoweekday", "toordinal")
    },
    **{f"datetime.{cls}.replace": pure(_same) for cls in ("date", "datetime", "time")},
    "datetime.datetime.date": pure(DATE),
    **{f"datetime.datetime.{name}": pure(TIME) for name in ("time", "timetz")},
    "datetime.datetime.astimezone": pure(DATETIME),
    "datetime.datetime.utcoffset": pure(UnionType(frozenset((DELTA, NONE)))),
    **{
        f"decimal.Decimal.{name}": _in_context(DECIMAL)
        for name in ("quantize", "sqrt", "normalize", "exp", "ln", "log10", "to_integral_value", "copy_abs")
    },
    **{
        f"decimal.Decimal.{name}": pure(BOOL) for name in ("is_nan", "is_zero", "is_finite", "is_infinite", "is_signed")
    },
    "fractions.Fraction.limit_denominator": pure(FRACTION),
}

_PATH_METHODS: Mapping[str, KnownCallable] = {
    **dict.fromkeys(("with_suffix", "with_name", "with_stem", "joinpath", "relative_to"), pure(_same)),
    **dict.fromkeys(("is_absolute", "is_relative_to", "match"), pure(BOOL)),
    **dict.fromkeys(("as_posix", "as_uri"), pure(STR)),
    **{
        name: KnownCallable(Effect.READS, True, True, result, ("any 0",), writes="world")
        for name, result in (
            ("read_text", STR),
            ("read_bytes", BYTES),
            ("exists", BOOL),
            ("is_file", BOOL),
            ("is_dir", BOOL),
            ("is_symlink", BOOL),
            ("resolve", PATH),
            ("absolute", PATH),
            ("stat", DATA),
            ("expanduser", PATH),
        )
    },
}

ATTRIBUTES: Mapping[tuple[type, str], AbstractType] = {
    **{(cls, name): STR for cls in PATHS for name in ("name", "stem", "suffix", "root", "drive", "anchor")},
    **{(cls, "parent"): ExactType(PATH_CLASS if cls is pathlib.Path else cls) for cls in PATHS},
    **{(cls, "parts"): TupleOfType(STR) for cls in PATHS},
    **{(cls, "suffixes"): ListType(STR) for cls in PATHS},
    **{(fractions.Fraction, name): INT for name in ("numerator", "denominator")},
    **{(uuid.UUID, name): STR for name in ("hex", "urn")},
    (uuid.UUID, "int"): INT,
    (uuid.UUID, "bytes"): BYTES,
    **{(datetime.timedelta, name): INT for name in ("days", "seconds", "microseconds")},
    (datetime.timedelta, "total_seconds"): FLOAT,
}
"""What attributes of values hold, where it isn't a number of a date."""


_TEXT_METHODS: Mapping[str, KnownCallable] = {
    **{name: KnownCallable(result=STR, uses=("any 0",), mutates=frozenset((0,))) for name in ("read", "readline")},
    "readlines": KnownCallable(result=ListType(STR), uses=("any 0",), mutates=frozenset((0,))),
    "write": KnownCallable(result=INT, uses=("any 0",), mutates=frozenset((0,))),
    **{name: KnownCallable(result=INT, uses=("any 0",), mutates=frozenset((0,))) for name in ("seek", "truncate")},
    "writelines": KnownCallable(result=NONE, uses=("any 0", "iter 1"), mutates=frozenset((0,))),
    "getvalue": pure(STR, "any 0"),
    "tell": pure(INT, "any 0"),
    "close": KnownCallable(result=NONE, uses=("any 0",), mutates=frozenset((0,))),
}
"""Text in memory: an object of the program's own, until others get hold of it."""


def load() -> None:
    """Enters the values into the table."""
    TABLE.add(io.StringIO, pure(ExactType(io.StringIO)))
    for name, entry in _TEXT_METHODS.items():
        TABLE.add(getattr(io.StringIO, name), entry)
    for path, entry in (*MADE.items(), *METHODS.items()):
        TABLE.add(path, entry)
    for name, entry in _PATH_METHODS.items():
        for cls in PATHS:
            found: Any = getattr(cls, name, None)
            if found is not None:  # by identity: Python 3.13 defines them in modules of another name
                TABLE.add(found, entry)
    for cls in PATHS:
        TABLE.add(cls, pure(ExactType(PATH_CLASS if cls is pathlib.Path else cls)))
    operations.VALUE_ATTRIBUTES.update(ATTRIBUTES)
    operations.SEE_CONTEXT.add(decimal.Decimal)


load()
