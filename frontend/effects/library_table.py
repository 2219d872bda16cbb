"""What functions of Python's standard library do, by import path.

Paths that end in `.*` stand for everything below. Arguments that `uses` doesn't name must be builtin data.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import datetime
import hashlib
import io
import itertools
import os
import re
import string
import uuid
from collections.abc import Mapping
from typing import Any

from ...diagnostics.effect import Effect
from . import operations, operators
from .abstract_type import (
    ANY,
    BOOL,
    BYTES,
    DATA,
    FLOAT,
    INT,
    NEVER,
    NONE,
    PLAIN,
    STR,
    AbstractType,
    DictType,
    ExactType,
    IteratorType,
    ListType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .builtin_table import Named, Types, element, list_of_elements, ordered, pure
from .items import element_of
from .known import TABLE, KnownCallable
from .lattice import is_plain, join, join_all, members, widen
from .table_calls import CalledType, NothingMore

operations.KNOWN_VALUE_CLASSES |= {
    re.Pattern,
    re.Match,
    re.RegexFlag,
    string.Template,
    slice,
}

NUMBER = UnionType(frozenset((INT, FLOAT)))
MATCH = UnionType(frozenset((ExactType(re.Match), NONE)))
STRINGS = ListType(STR)
DIGEST = ExactType(type(hashlib.sha256()))

FENCE = KnownCallable(Effect.FENCE, result=FLOAT, reason="reads the clock", writes="clock")
NOW = KnownCallable(
    Effect.FENCE, result=ExactType(datetime.datetime), reason="reads the clock", writes="clock", uses=("any *",)
)
SLEEP = KnownCallable(Effect.FENCE, external=True, result=NONE, reason="sleeps", waits=True, writes="clock")


def _given_after_sleep(args: Types, kwargs: Named) -> AbstractType:
    return args[1] if len(args) > 1 else kwargs.get("result", NONE)


ASYNC_SLEEP = dataclasses.replace(
    SLEEP, result=_given_after_sleep, uses=("any 1", "any result"), retains=frozenset((1, "result")), is_async=True
)
READ = KnownCallable(Effect.READS, True, True, uses=("str *",), writes="world", fresh=True)
RANDOM = ordered("draws from a random generator", writes="random")


def _reads(result: AbstractType, *uses: str, **changes: Any) -> KnownCallable:
    return KnownCallable(Effect.READS, True, True, result, uses or ("str *",), writes="world", **changes)


def _plain_or_any(args: Types, kwargs: Named) -> AbstractType:
    """JSON text without hooks gives plain data."""
    hooks = {"cls", "object_hook", "parse_float", "parse_int", "parse_constant", "object_pairs_hook"} & set(kwargs)
    return ANY if hooks else PLAIN


def _load_effect(args: Types, kwargs: Named) -> Effect:
    """A file is read, or text of the program's own; other objects have code of their own."""
    if not args or not isinstance(args[0], ExactType):
        return Effect.ORDERED
    return {io.TextIOWrapper: Effect.READS, io.StringIO: Effect.READS}.get(args[0].cls, Effect.ORDERED)


_TEXT_LIKE = (STR, PLAIN, INT, FLOAT, BOOL, NONE, ExactType(re.Pattern), ExactType(re.RegexFlag))


def text(result: AbstractType, *uses: str) -> KnownCallable:
    """A function of strings: of bytes (or of what only looks like text) it gives something else."""

    def rule(args: Types, kwargs: Named) -> AbstractType:
        given = [widen(one) for one in (*args, *kwargs.values())]
        if STR in given or result == MATCH:  # text that goes with text isn't bytes
            given = [one for one in given if one != DATA]
        return result if all(one in _TEXT_LIKE for one in given) else ANY

    return pure(rule, *uses)


def _unescaped(args: Types, kwargs: Named) -> AbstractType:
    """It gives back what holds no `&`, whatever it is."""
    return STR if args and widen(args[0]) == STR else ANY


def _joined_url(args: Types, kwargs: Named) -> AbstractType:
    return STR if all(widen(one) == STR for one in args) else ANY


def _list_of_second(args: Types, kwargs: Named) -> AbstractType:
    return ListType(element_of(args[1]))


def _accumulated(args: Types, kwargs: Named) -> AbstractType:
    """Sums of numbers; what a function of the caller's gives is not known."""
    is_sum = len(args) == 1 and not kwargs
    return IteratorType(itertools.accumulate, _number(args, kwargs) if is_sum else ANY)


def _flat(args: Types, kwargs: Named) -> AbstractType:
    """The elements of the elements."""
    return IteratorType(itertools.chain, element_of(element_of(args[0])))


def _count(args: Types, kwargs: Named) -> AbstractType:
    is_int = all(widen(one) in (INT, BOOL) for one in (*args, *kwargs.values()))
    return IteratorType(itertools.count, INT if is_int else ANY)


def _number(args: Types, kwargs: Named) -> AbstractType:
    """A number for numbers; other elements have arithmetic of their own."""
    part = element(args, kwargs)
    return NUMBER if part in (PLAIN, DATA) or all(one in (INT, FLOAT, BOOL, NEVER) for one in members(part)) else ANY


def _product(args: Types, kwargs: Named) -> AbstractType:
    number = _number(args, kwargs)
    return number if kwargs or number is ANY else INT if element(args, kwargs) == INT else number


def _mean(args: Types, kwargs: Named) -> AbstractType:
    """Means and deviations of numbers are floats, or ints where they come out even."""
    return NUMBER if all(one in (INT, FLOAT, BOOL, NEVER) for one in members(element(args, kwargs))) else ANY


def _median(args: Types, kwargs: Named) -> AbstractType:
    part = element(args, kwargs)
    return NUMBER if all(one in (INT, FLOAT) for one in members(part)) else ANY


def _copied(args: Types, kwargs: Named) -> AbstractType:
    return args[0]


def _iterator(path: str) -> Any:
    cls = getattr(itertools, path)
    return lambda args, kwargs: IteratorType(cls, join_all(map(element_of, args)))


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
    "math.prod": pure(_product, "deep 0"),
    "math.modf": pure(TupleType((FLOAT, FLOAT))),
    "math.frexp": pure(TupleType((FLOAT, INT))),
}

_GROUP = (STR, BYTES, NONE)

TEXT: Mapping[str, KnownCallable] = {
    "json.loads": pure(_plain_or_any, "any cls"),
    "json.dumps": pure(STR, "deep 0"),
    "json.load": KnownCallable(
        _load_effect, True, True, _plain_or_any, ("any 0 cls",), frozenset((0,)), writes="world", reason="reads a file"
    ),
    "json.dump": ordered("writes a file object", writes="world"),
    "re.compile": pure(ExactType(re.Pattern)),
    **{f"re.{name}": text(MATCH) for name in ("match", "search", "fullmatch")},
    "re.sub": text(STR),
    "re.subn": text(TupleType((STR, INT))),
    "re.escape": text(STR),
    "re.findall": text(ListType(UnionType(frozenset((STR, TupleOfType(STR)))))),
    "re.split": text(ListType(UnionType(frozenset((STR, NONE))))),
    "re.finditer": pure(IteratorType(type(re.finditer("", "")), ExactType(re.Match))),
    **{f"re.Pattern.{name}": text(MATCH) for name in ("match", "search", "fullmatch")},
    "re.Pattern.sub": text(STR),
    "re.Pattern.subn": text(TupleType((STR, INT))),
    "re.Pattern.findall": text(ListType(UnionType(frozenset((STR, TupleOfType(STR)))))),
    "re.Pattern.split": text(ListType(UnionType(frozenset((STR, NONE))))),
    "re.Pattern.finditer": pure(IteratorType(type(re.finditer("", "")), ExactType(re.Match))),
    "re.Match.group": pure(UnionType(frozenset((*_GROUP, TupleOfType(UnionType(frozenset(_GROUP))))))),
    "re.Match.__getitem__": pure(UnionType(frozenset(_GROUP))),
    "re.Match.groups": pure(TupleOfType(ANY)),
    "re.Match.groupdict": pure(ANY),
    **{f"re.Match.{name}": pure(INT) for name in ("start", "end")},
    "re.Match.span": pure(TupleType((INT, INT))),
    **{f"textwrap.{name}": text(STR) for name in ("dedent", "indent", "fill", "shorten")},
    "textwrap.wrap": text(STRINGS),
    "string.capwords": text(STR),
    "string.Template": pure(ExactType(string.Template)),
    **{f"string.Template.{name}": text(STR) for name in ("substitute", "safe_substitute")},
    "html.escape": text(STR),
    "html.unescape": pure(_unescaped),
    **{f"urllib.parse.{name}": text(STR) for name in ("quote", "unquote", "quote_plus", "unquote_plus", "urlencode")},
    "urllib.parse.urljoin": pure(_joined_url),
    "urllib.parse.urlparse": pure(lambda args, kwargs: DATA if all(widen(one) == STR for one in args) else ANY),
    "urllib.parse.parse_qs": text(DictType(STR, STRINGS)),
    "urllib.parse.parse_qsl": text(ListType(TupleType((STR, STR)))),
    **{f"difflib.{name}": text(STRINGS) for name in ("get_close_matches",)},
    **{f"unicodedata.{name}": text(STR) for name in ("normalize", "category", "name")},
    **{
        f"base64.{name}": pure(BYTES)
        for name in (
            "b64encode b64decode urlsafe_b64encode urlsafe_b64decode standard_b64encode standard_b64decode "
            "b32encode b32decode"
        ).split()
    },
    **{f"binascii.{name}": pure(BYTES) for name in ("hexlify", "unhexlify")},
    "zlib.crc32": pure(INT),
    "zlib.compress": pure(BYTES),
    "zlib.decompress": pure(BYTES),
    "ast.literal_eval": pure(ANY),
    "_struct.pack": pure(BYTES),
    "_struct.unpack": pure(TupleOfType(UnionType(frozenset((INT, FLOAT, BYTES, BOOL))))),
    "_struct.calcsize": pure(INT),
    "pprint.pformat": pure(STR, "deep 0"),
    "shlex.split": text(STRINGS),
    "shlex.quote": text(STR),
    "shlex.join": pure(STR, "deep 0"),
    "sys.intern": pure(STR),
}

NUMBERS: Mapping[str, KnownCallable] = {
    **{
        f"statistics.{name}": pure(_median if name.startswith("median") else _mean if name != "mode" else ANY, "deep 0")
        for name in (
            "mean fmean median median_low median_high stdev pstdev variance pvariance mode harmonic_mean geometric_mean"
        ).split()
    },
    # Of a single element there is nothing to compute.
    "statistics.quantiles": pure(lambda args, kwargs: ListType(join(NUMBER, element(args, kwargs))), "deep 0"),
    "statistics.multimode": pure(list_of_elements, "deep 0"),
    **{f"_operator.{name}": pure(BOOL, "eq 0 1") for name in ("eq", "ne")},
    "copy.copy": pure(_copied, "deep 0", retains=frozenset((0,)), builds=True),
    "copy.deepcopy": pure(_copied, "deep 0", builds=True),
    **{f"_hashlib.openssl_{name}": pure(DIGEST) for name in ("md5", "sha1", "sha256", "sha512", "sha224", "sha384")},
    **{
        f"_hashlib.HASH.{name}": pure(STR if name == "hexdigest" else BYTES, "any 0")
        for name in ("hexdigest", "digest")
    },
    "_hashlib.HASH.update": KnownCallable(result=NONE, uses=("any 0",), mutates=frozenset((0,))),
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
    "_csv.reader": pure(
        IteratorType(type(csv.reader([])), STRINGS), "iter 0", "any **", retains=frozenset((0,)), builds=True
    ),
    "_functools.reduce": pure(CalledType(), "iter 1", "any 2", "fold 0 1* 2"),
    "dataclasses.asdict": pure(ANY, "deep 0"),
    "dataclasses.is_dataclass": pure(BOOL, "any 0"),
    "dataclasses.fields": pure(DATA, "any 0"),
    "typing.cast": pure(lambda args, kwargs: args[1], "any *", retains=frozenset((1,)), fresh=True),
    "contextlib.suppress": pure(ExactType(contextlib.suppress), "any *"),
    "contextlib.nullcontext": pure(ExactType(contextlib.nullcontext), "any *", retains=frozenset((0,))),
}

WORLD: Mapping[str, KnownCallable] = {
    "time.sleep": SLEEP,
    "asyncio.tasks.sleep": ASYNC_SLEEP,
    **{f"time.{name}": FENCE for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time")},
    **{
        f"time.{name}": KnownCallable(Effect.FENCE, result=INT, reason="reads the clock", writes="clock")
        for name in ("time_ns", "perf_counter_ns", "monotonic_ns", "process_time_ns")
    },
    **{
        f"time.{name}": KnownCallable(Effect.FENCE, result=ANY, reason="reads the clock", writes="clock")
        for name in ("localtime", "gmtime", "ctime", "strftime")
    },
    **{f"datetime.datetime.{name}": NOW for name in ("now", "utcnow", "today")},
    "datetime.date.today": KnownCallable(
        Effect.FENCE, result=ANY, reason="reads the clock", writes="clock", uses=("any *",)
    ),
    "datetime.datetime.timestamp": pure(FLOAT),
    "datetime.timedelta.total_seconds": pure(FLOAT),
    "random.*": RANDOM,
    "secrets.*": RANDOM,
    **{f"uuid.uuid{n}": ordered("makes a random id", writes="random", result=ExactType(uuid.UUID)) for n in (1, 4)},
    **{f"uuid.uuid{n}": pure(ExactType(uuid.UUID)) for n in (3, 5)},
    "os.urandom": RANDOM,
    "logging.*": KnownCallable(Effect.ORDERED, result=ANY, uses=("any *",), reason="writes the log", fresh=False),
    **{
        f"logging.{name}": KnownCallable(
            Effect.ORDERED, result=NONE, uses=("str *",), writes="log", reason="writes the log"
        )
        for name in ("debug", "info", "warning", "error", "critical", "exception", "log")
    },
    **{
        f"logging.Logger.{name}": KnownCallable(
            Effect.ORDERED, result=NONE, uses=("any 0", "str *"), writes="log", reason="writes the log"
        )
        for name in ("debug", "info", "warning", "error", "critical", "exception", "log")
    },
    "warnings.warn": ordered("warns", writes="log", result=NONE),
    "os.getenv": _reads(UnionType(frozenset((STR, NONE)))),
    "os.path.exists": _reads(BOOL),
    "genericpath.exists": _reads(BOOL),
    "genericpath.isfile": _reads(BOOL),
    "genericpath.isdir": _reads(BOOL),
    "genericpath.getsize": _reads(INT),
    **{f"posixpath.{name}": pure(STR, "deep *") for name in ("join", "basename", "dirname", "normpath", "commonpath")},
    "genericpath.commonprefix": pure(STR, "deep 0"),
    "posixpath.isabs": pure(BOOL),
    **{f"posixpath.{name}": _reads(STR) for name in ("abspath", "expanduser", "expandvars", "realpath", "relpath")},
    "posix.stat": _reads(DATA),
    "glob.glob": _reads(STRINGS),
    "posixpath.splitext": pure(TupleType((STR, STR))),
    "posixpath.split": pure(TupleType((STR, STR))),
    "posix.listdir": _reads(STRINGS),
    "posix.getcwd": _reads(STR),
    **{
        f"pathlib.Path.{name}": ordered("writes a file", writes="world")
        for name in ("write_text", "write_bytes", "mkdir", "unlink", "touch", "rename", "replace", "rmdir")
    },
    "sqlite3.*": ordered("talks to a database", writes="world"),
    "subprocess.*": ordered("starts a process", writes="world"),
    "shutil.*": ordered("writes files", writes="world"),
    "_contextvars.ContextVar.get": KnownCallable(Effect.PURE, True, uses=("any *",), fresh=False, writes="context"),
    # Every later call gets a copy of the context, so none may be issued before.
    "_contextvars.ContextVar.set": KnownCallable(
        Effect.FENCE, uses=("any *",), retains=frozenset((1,)), writes="context", reason="writes a context variable"
    ),
    "_contextvars.ContextVar.reset": KnownCallable(
        Effect.FENCE, uses=("any *",), writes="context", reason="writes a context variable"
    ),
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
    for name, known_as in (("floordiv", "floordiv"), ("pow", "pow"), ("xor", "xor"), ("and_", "and"), ("or_", "or")):
        found[f"_operator.{name}"] = pure(_operated(known_as), "deep *", retains=frozenset((0, 1)))
    for name in ("neg", "pos", "invert"):
        found[f"_operator.{name}"] = pure(_negated(name), "deep *")
    return found


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


def load() -> None:
    """Enters the library into the table."""
    for entries in (_operator_entries(), MATH, TEXT, NUMBERS, ITERATION, WORLD):
        for path, entry in entries.items():
            TABLE.add(path, entry)
    environ = _reads(UnionType(frozenset((STR, NONE))), "any *")
    TABLE.add("os._Environ.get", environ)
    TABLE.add(hashlib.new, pure(DIGEST))
    TABLE.add(str.maketrans, pure(DictType(INT, UnionType(frozenset((INT, STR, NONE))))))
    for made in (hashlib.blake2b, hashlib.blake2s, hashlib.sha3_256):
        TABLE.add(made, pure(ExactType(made) if isinstance(made, type) else DIGEST))
        if isinstance(made, type):
            TABLE.add(made.hexdigest, pure(STR, "any 0"))
            TABLE.add(made.digest, pure(BYTES, "any 0"))
            TABLE.add(made.update, KnownCallable(result=NONE, uses=("any 0",), mutates=frozenset((0,))))
    TABLE.add(type(os.environ).__getitem__, _reads(STR, "any 0", "str 1"))
    TABLE.add("urllib.request.urlopen", KnownCallable(_urlopen, True, True, writes="world", reason="opens a URL"))


load()
