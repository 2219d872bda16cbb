"""What functions of Python's standard library do, by import path.

Paths that end in `.*` stand for everything below. Arguments that `uses` doesn't name must be builtin data.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import operator
import re
import sys
import types
import uuid
from collections.abc import Mapping
from typing import Any

from ...diagnostics.effect import Effect
from . import operators
from .abstract_type import (
    ANY,
    BOOL,
    BYTES,
    FLOAT,
    INT,
    NEVER,
    NONE,
    PLAIN,
    STR,
    AbstractType,
    ExactType,
    IteratorType,
    ListType,
    TupleOfType,
    TupleType,
    UnionType,
    is_plain,
    join,
    join_all,
)
from .application import CalledType, NothingMore
from .builtin_table import Named, Types, element, ordered, pure
from .items import element_of
from .known import TABLE, KnownCallable

operators.KNOWN_VALUE_CLASSES |= {
    datetime.datetime,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    decimal.Decimal,
    fractions.Fraction,
    re.Pattern,
    re.Match,
    uuid.UUID,
    slice,
}

NUMBER = UnionType(frozenset((INT, FLOAT)))
MATCH = UnionType(frozenset((ExactType(re.Match), NONE)))
STRINGS = ListType(STR)

FENCE = KnownCallable(Effect.FENCE, result=FLOAT, reason="reads the clock", writes="clock")
NOW = KnownCallable(Effect.FENCE, result=ExactType(datetime.datetime), reason="reads the clock", writes="clock", uses=("any *",))
SLEEP = KnownCallable(Effect.FENCE, external=True, result=NONE, reason="sleeps", waits=True, writes="clock")
READ = KnownCallable(Effect.READS, True, True, uses=("str *",), writes="world", fresh=True)
RANDOM = ordered("draws from a random generator", writes="random")


def _reads(result: AbstractType, *uses: str, **changes: Any) -> KnownCallable:
    return KnownCallable(Effect.READS, True, True, result, uses or ("str *",), writes="world", **changes)


def _plain_or_any(args: Types, kwargs: Named) -> AbstractType:
    """JSON text without hooks gives plain data."""
    hooks = {"cls", "object_hook", "parse_float", "parse_int", "parse_constant", "object_pairs_hook"} & set(kwargs)
    return ANY if hooks else PLAIN


def _copied(args: Types, kwargs: Named) -> AbstractType:
    return args[0]


def _iterator(path: str) -> Any:
    cls = getattr(__import__("itertools"), path)
    return lambda args, kwargs: IteratorType(cls, join_all(map(element_of, args)))


MATH: Mapping[str, KnownCallable] = {
    **{f"math.{name}": pure(FLOAT, "deep *") for name in (
        "sqrt exp exp2 expm1 log log10 log1p log2 sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh degrees "
        "radians hypot fabs fmod copysign pow erf erfc gamma lgamma ldexp cbrt nextafter ulp remainder fsum dist"
    ).split()},
    **{f"math.{name}": pure(INT, "deep *") for name in "gcd lcm factorial comb perm isqrt".split()},
    **{f"math.{name}": pure(INT) for name in "ceil floor trunc".split()},
    **{f"math.{name}": pure(BOOL) for name in "isnan isinf isfinite isclose".split()},
    "math.prod": pure(lambda args, kwargs: INT if element(args, kwargs) == INT and not kwargs else NUMBER, "deep 0"),
    "math.modf": pure(TupleType((FLOAT, FLOAT))),
    "math.frexp": pure(TupleType((FLOAT, INT))),
}

TEXT: Mapping[str, KnownCallable] = {
    "json.loads": pure(_plain_or_any, "any cls"),
    "json.dumps": pure(STR, "deep 0"),
    "json.load": ordered("reads a file object", writes="world"),
    "json.dump": ordered("writes a file object", writes="world"),
    "re.compile": pure(ExactType(re.Pattern)),
    **{f"re.{name}": pure(MATCH) for name in ("match", "search", "fullmatch")},
    "re.sub": pure(STR),
    "re.escape": pure(STR),
    "re.findall": pure(ListType(UnionType(frozenset((STR, TupleOfType(STR)))))),
    "re.split": pure(ListType(UnionType(frozenset((STR, NONE))))),
    "re.finditer": pure(IteratorType(type(re.finditer("", "")), ExactType(re.Match))),
    **{f"re.Pattern.{name}": pure(MATCH) for name in ("match", "search", "fullmatch")},
    "re.Pattern.sub": pure(STR),
    "re.Pattern.findall": pure(ListType(UnionType(frozenset((STR, TupleOfType(STR)))))),
    "re.Pattern.split": pure(ListType(UnionType(frozenset((STR, NONE))))),
    "re.Pattern.finditer": pure(IteratorType(type(re.finditer("", "")), ExactType(re.Match))),
    "re.Match.group": pure(UnionType(frozenset((STR, NONE, TupleOfType(UnionType(frozenset((STR, NONE)))))))),
    "re.Match.groups": pure(TupleOfType(ANY)),
    "re.Match.groupdict": pure(ANY),
    **{f"re.Match.{name}": pure(INT) for name in ("start", "end")},
    "re.Match.span": pure(TupleType((INT, INT))),
    **{f"textwrap.{name}": pure(STR) for name in ("dedent", "indent", "fill", "shorten")},
    "textwrap.wrap": pure(STRINGS),
    "string.capwords": pure(STR),
    **{f"html.{name}": pure(STR) for name in ("escape", "unescape")},
    **{f"urllib.parse.{name}": pure(STR) for name in ("quote", "unquote", "quote_plus", "unquote_plus", "urlencode", "urljoin")},
    **{f"difflib.{name}": pure(STRINGS) for name in ("get_close_matches",)},
    **{f"unicodedata.{name}": pure(STR) for name in ("normalize", "category", "name")},
    **{f"base64.{name}": pure(BYTES) for name in (
        "b64encode b64decode urlsafe_b64encode urlsafe_b64decode standard_b64encode standard_b64decode b32encode b32decode"
    ).split()},
    **{f"binascii.{name}": pure(BYTES) for name in ("hexlify", "unhexlify")},
    "zlib.crc32": pure(INT),
    "zlib.compress": pure(BYTES),
    "zlib.decompress": pure(BYTES),
    "ast.literal_eval": pure(ANY),
    "shlex.split": pure(STRINGS),
    "shlex.quote": pure(STR),
}

NUMBERS: Mapping[str, KnownCallable] = {
    **{f"statistics.{name}": pure(NUMBER if name != "mode" else ANY, "deep 0") for name in (
        "mean fmean median median_low median_high stdev pstdev variance pvariance mode harmonic_mean geometric_mean"
    ).split()},
    **{f"_operator.{name}": pure(BOOL, "eq 0 1") for name in ("eq", "ne")},
    "copy.copy": pure(_copied, "deep 0", retains=frozenset((0,)), builds=True),
    "copy.deepcopy": pure(_copied, "deep 0", builds=True),
    **{f"_hashlib.openssl_{name}": pure(ANY) for name in ("md5", "sha1", "sha256", "sha512", "sha224", "sha384")},
    **{f"_hashlib.HASH.{name}": pure(STR if name == "hexdigest" else BYTES, "any 0") for name in ("hexdigest", "digest")},
    "_hashlib.HASH.update": KnownCallable(result=NONE, uses=("any 0",), mutates=frozenset((0,))),
    **{f"bisect.{name}": pure(INT, "iter 0", "lt 0*") for name in ("bisect", "bisect_left", "bisect_right")},
    **{f"_bisect.{name}": pure(INT, "iter 0", "lt 0*") for name in ("bisect", "bisect_left", "bisect_right")},
    **{f"_heapq.{name}": KnownCallable(
        result=NONE if name == "heappush" else NothingMore(),
        uses=("any 0 1", "lt 0*"),
        mutates=frozenset((0,)),
        stores=(("element", "1"),) if name == "heappush" else (("element", "99"),),
        retains=frozenset((1,)) if name == "heappush" else frozenset(),
        gives=None if name == "heappush" else "element",
    ) for name in ("heappush", "heappop")},
}

ITERATION: Mapping[str, KnownCallable] = {
    "itertools.chain": pure(_iterator("chain"), "iter *", retains=frozenset(range(8)), builds=True),
    "itertools.islice": pure(lambda args, kwargs: IteratorType(__import__("itertools").islice, element_of(args[0])), "iter 0", retains=frozenset((0,)), builds=True),
    "itertools.count": pure(IteratorType(__import__("itertools").count, INT)),
    "itertools.repeat": pure(lambda args, kwargs: IteratorType(__import__("itertools").repeat, args[0]), "any 0", retains=frozenset((0,)), builds=True),
    "itertools.product": pure(lambda args, kwargs: IteratorType(__import__("itertools").product, TupleType(tuple(map(element_of, args))) if "repeat" not in kwargs and "*" not in kwargs else TupleOfType(join_all(map(element_of, args)))), "iter *", retains=frozenset(range(8)), builds=True),
    "itertools.zip_longest": pure(lambda args, kwargs: IteratorType(__import__("itertools").zip_longest, TupleOfType(join(join_all(map(element_of, args)), kwargs.get("fillvalue", NONE)))), "iter *", "any fillvalue", retains=frozenset(range(8)), builds=True),
    **{f"itertools.{name}": pure(lambda args, kwargs, name=name: IteratorType(getattr(__import__("itertools"), name), TupleOfType(element_of(args[0]))), "iter 0", retains=frozenset((0,)), builds=True) for name in ("combinations", "permutations", "combinations_with_replacement", "pairwise")},
    "_functools.reduce": pure(CalledType(lambda called: ANY), "iter 1", "any 0"),
    "dataclasses.asdict": pure(ANY, "deep 0"),
    "typing.cast": pure(lambda args, kwargs: args[1], "any *", retains=frozenset((1,)), fresh=True),
    "contextlib.suppress": pure(ExactType(__import__("contextlib").suppress), "any *"),
    "contextlib.nullcontext": pure(ExactType(__import__("contextlib").nullcontext), "any *", retains=frozenset((0,))),
}

WORLD: Mapping[str, KnownCallable] = {
    "time.sleep": SLEEP,
    **{f"time.{name}": FENCE for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time")},
    **{f"time.{name}": KnownCallable(Effect.FENCE, result=INT, reason="reads the clock", writes="clock") for name in (
        "time_ns", "perf_counter_ns", "monotonic_ns", "process_time_ns"
    )},
    **{f"time.{name}": KnownCallable(Effect.FENCE, result=ANY, reason="reads the clock", writes="clock") for name in (
        "localtime", "gmtime", "ctime", "strftime"
    )},
    **{f"datetime.datetime.{name}": NOW for name in ("now", "utcnow", "today")},
    "datetime.date.today": KnownCallable(Effect.FENCE, result=ANY, reason="reads the clock", writes="clock", uses=("any *",)),
    "datetime.datetime.isoformat": pure(STR),
    "datetime.datetime.strftime": pure(STR),
    "datetime.datetime.timestamp": pure(FLOAT),
    "datetime.timedelta.total_seconds": pure(FLOAT),
    "random.*": RANDOM,
    "secrets.*": RANDOM,
    **{f"uuid.uuid{n}": ordered("makes a random id", writes="random", result=ExactType(uuid.UUID)) for n in (1, 4)},
    **{f"uuid.uuid{n}": pure(ExactType(uuid.UUID)) for n in (3, 5)},
    "os.urandom": RANDOM,
    "logging.*": KnownCallable(Effect.ORDERED, result=ANY, uses=("any *",), reason="writes the log", fresh=False),
    **{f"logging.{name}": KnownCallable(Effect.ORDERED, result=NONE, uses=("str *",), writes="log", reason="writes the log") for name in (
        "debug", "info", "warning", "error", "critical", "exception", "log"
    )},
    **{f"logging.Logger.{name}": KnownCallable(
        Effect.ORDERED, result=NONE, uses=("any 0", "str *"), writes="log", reason="writes the log"
    ) for name in ("debug", "info", "warning", "error", "critical", "exception", "log")},
    "warnings.warn": ordered("warns", writes="log", result=NONE),
    "os.getenv": _reads(UnionType(frozenset((STR, NONE)))),
    "os.path.exists": _reads(BOOL),
    "genericpath.exists": _reads(BOOL),
    "genericpath.isfile": _reads(BOOL),
    "genericpath.isdir": _reads(BOOL),
    "genericpath.getsize": _reads(INT),
    **{f"posixpath.{name}": pure(STR, "deep *") for name in ("join", "basename", "dirname", "normpath")},
    "posixpath.splitext": pure(TupleType((STR, STR))),
    "posixpath.split": pure(TupleType((STR, STR))),
    "posix.listdir": _reads(STRINGS),
    "posix.getcwd": _reads(STR),
    **{f"pathlib.Path.{name}": _reads(result, "any 0") for name, result in (
        ("read_text", STR), ("read_bytes", BYTES), ("exists", BOOL), ("is_file", BOOL), ("is_dir", BOOL)
    )},
    **{f"pathlib.Path.{name}": ordered("writes a file", writes="world") for name in (
        "write_text", "write_bytes", "mkdir", "unlink", "touch", "rename", "replace", "rmdir"
    )},
    "sqlite3.*": ordered("talks to a database", writes="world"),
    "subprocess.*": ordered("starts a process", writes="world"),
    "shutil.*": ordered("writes files", writes="world"),
    "_contextvars.ContextVar.get": KnownCallable(Effect.PURE, True, uses=("any *",), fresh=False, writes="context"),
    "_contextvars.ContextVar.set": ordered("writes a context variable", writes="context"),
    "_contextvars.ContextVar.reset": ordered("writes a context variable", writes="context"),
    "sys._getframe": ordered("inspects frames"),
    "inspect.*": ordered("inspects frames or code"),
    "gc.*": ordered("runs the garbage collector"),
    "threading.*": ordered("works with threads"),
    "_thread.*": ordered("works with threads"),
    "asyncio.*": ordered("works with an event loop"),
}


def _urlopen(args: Types, kwargs: Named) -> Effect:
    """A GET reads; with data it is a POST."""
    is_get = len(args) == 1 and args[0] not in (ANY,) and "data" not in kwargs
    return Effect.READS if is_get and (is_plain(args[0]) or getattr(args[0], "cls", None) is str) else Effect.ORDERED


def _operator_entries() -> dict[str, KnownCallable]:
    """`operator` functions on builtin data; on other types the operator itself is inferred."""
    found: dict[str, KnownCallable] = {}
    for name in ("eq", "ne", "lt", "le", "gt", "ge", "not_", "truth", "contains", "is_", "is_not"):
        found[f"_operator.{name}"] = pure(BOOL, "any *" if name.startswith("is") else "deep *")
    for name, known_as in (("add", "add"), ("sub", "sub"), ("mul", "mul"), ("truediv", "truediv"), ("mod", "mod")):
        found[f"_operator.{name}"] = pure(_operated(known_as), "deep *", retains=frozenset((0, 1)))
    return found


class _NoInference:
    """Operators on builtin data never ask for a call's summary."""

    def call(self, function: object, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]) -> Any:
        """Never called: arguments are builtin data."""
        raise LookupError(function)


def _operated(name: str) -> Any:
    def rule(args: Types, kwargs: Named) -> AbstractType:
        try:
            return operators.binary(name, args[0], args[1], _NoInference()).result  # type: ignore[arg-type]
        except LookupError:
            return ANY

    return rule


def load() -> None:
    """Enters the library into the table."""
    for entries in (_operator_entries(), MATH, TEXT, NUMBERS, ITERATION, WORLD):
        for path, entry in entries.items():
            TABLE.add(path, entry)
    TABLE.add("urllib.request.urlopen", KnownCallable(_urlopen, True, True, writes="world", reason="opens a URL"))


load()
_ = (NEVER, collections, operator, sys, types)
