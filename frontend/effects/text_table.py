"""What functions of text and bytes do: `json`, `re`, `string`, `urllib.parse`, `hashlib` and others, by import path.

Arguments that `uses` doesn't name must be builtin data.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import string
from collections.abc import Mapping

from ...diagnostics.effect import Effect
from . import operations
from .abstract_type import (
    ANY,
    BOOL,
    BYTES,
    DATA,
    FLOAT,
    INT,
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
from .builtin_table import Named, Types, ordered, pure
from .known import TABLE, KnownCallable
from .lattice import join_all, widen

operations.KNOWN_VALUE_CLASSES |= {re.Pattern, re.Match, re.RegexFlag, string.Template}

MATCH = UnionType(frozenset((ExactType(re.Match), NONE)))

STRINGS = ListType(STR)

DIGEST = ExactType(type(hashlib.sha256()))


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
        if result == MATCH:
            return MATCH  # of whatever it is
        if STR in given:  # text that goes with text isn't bytes
            given = [one for one in given if one != DATA]
        return result if all(one in _TEXT_LIKE for one in given) else ANY

    return pure(rule, *uses)


def _unescaped(args: Types, kwargs: Named) -> AbstractType:
    """It gives back what holds no `&`, whatever it is."""
    return STR if args and widen(args[0]) == STR else ANY


def _joined_url(args: Types, kwargs: Named) -> AbstractType:
    return STR if all(widen(one) == STR for one in args) else ANY


_GROUP = (STR, BYTES, NONE)


def _group_with_default(args: Types, kwargs: Named) -> AbstractType:
    """What groups hold: those that took no part, None or the default."""
    default = args[1] if len(args) > 1 else kwargs.get("default", NONE)
    return join_all((*_GROUP, widen(default)))


def _all_groups(args: Types, kwargs: Named) -> AbstractType:
    return TupleOfType(_group_with_default(args, kwargs))


def _named_groups(args: Types, kwargs: Named) -> AbstractType:
    return DictType(STR, _group_with_default(args, kwargs))


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
    "re.Match.groups": pure(_all_groups, "any *", retains=frozenset((1,))),
    "re.Match.groupdict": pure(_named_groups, "any *", retains=frozenset((1,))),
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
    "_csv.reader": pure(
        IteratorType(type(csv.reader([])), STRINGS), "iter 0", "any **", retains=frozenset((0,)), builds=True
    ),
}

HASHES: Mapping[str, KnownCallable] = {
    **{f"_hashlib.openssl_{name}": pure(DIGEST) for name in ("md5", "sha1", "sha256", "sha512", "sha224", "sha384")},
    **{
        f"_hashlib.HASH.{name}": pure(STR if name == "hexdigest" else BYTES, "any 0")
        for name in ("hexdigest", "digest")
    },
    "_hashlib.HASH.update": KnownCallable(result=NONE, uses=("any 0",), mutates=frozenset((0,))),
}


def load() -> None:
    """Enters text and hashes into the table."""
    TABLE.add_all(TEXT, HASHES)
    TABLE.add(str.maketrans, pure(DictType(INT, UnionType(frozenset((INT, STR, NONE))))))
    TABLE.add(hashlib.new, pure(DIGEST))
    for made in (hashlib.blake2b, hashlib.blake2s, hashlib.sha3_256):
        TABLE.add(made, pure(ExactType(made) if isinstance(made, type) else DIGEST))
        if isinstance(made, type):
            TABLE.add(made.hexdigest, pure(STR, "any 0"))
            TABLE.add(made.digest, pure(BYTES, "any 0"))
            TABLE.add(made.update, KnownCallable(result=NONE, uses=("any 0",), mutates=frozenset((0,))))


load()
