"""Uses of the standard library as natural programs make them, with the effect each has. Test data."""

from __future__ import annotations

import base64
import bisect
import collections
import contextvars
import copy
import csv
import dataclasses
import datetime
import decimal
import difflib
import enum
import fractions
import functools
import glob
import hashlib
import heapq
import html
import io
import itertools
import json
import logging
import math
import operator
import os
import os.path
import pathlib
import pprint
import queue
import random
import re
import secrets
import shlex
import statistics
import string
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import typing
import unicodedata
import urllib.parse
import uuid
import zlib
from collections.abc import Callable
from typing import Any

from xcs.diagnostics.effect import Effect

TEXT = "Ab, cd\n ef"
WORDS = ["b", "a", "c"]
NUMBERS = [3, 1, 2]
ROWS = [{"k": "a", "n": 2}, {"k": "b", "n": 1}]
MOMENT = datetime.datetime(2024, 5, 17, 12, 30, tzinfo=datetime.UTC)
VARIABLE: contextvars.ContextVar[int] = contextvars.ContextVar("library_uses", default=3)
LOGGER = logging.getLogger("xcs.tests.library")
LOGGER.propagate = False
LOGGER.addHandler(logging.NullHandler())
PATTERN = re.compile(r"(\w)(\w)")
TEMPLATE = string.Template("hello $name")


@dataclasses.dataclass
class Point:
    x: int
    tags: list[str] = dataclasses.field(default_factory=list)


class Color(enum.Enum):
    RED = 1
    BLUE = 2


PURE: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (lambda s: re.findall(r"\w+", s), (TEXT,)),
    (lambda s: re.sub(r"\s+", " ", s), (TEXT,)),
    (lambda s: re.subn(r"\s+", " ", s)[1], (TEXT,)),
    (lambda s: re.split(r"\s*,\s*", s), (TEXT,)),
    (lambda s: m.group(1) if (m := re.search(r"(\w)", s)) else "", (TEXT,)),
    (lambda s: [m.group() for m in re.finditer(r"\w", s)], (TEXT,)),
    (lambda s: PATTERN.sub("x", s), (TEXT,)),
    (lambda s: [m.span() for m in PATTERN.finditer(s)], (TEXT,)),
    (lambda s: m["x"] if (m := re.match("(?P<x>A)", s)) else None, (TEXT,)),
    (lambda s: re.compile(s).pattern, ("a",)),
    (lambda s: re.search("(?i)AB", s) is not None, (TEXT,)),
    (lambda s: re.escape(s), (TEXT,)),
    (lambda s: json.loads(s)["a"], ('{"a": [1]}',)),
    (lambda d: json.dumps(d, indent=2, sort_keys=True, ensure_ascii=False), (ROWS,)),
    (lambda a, b: (b - a).total_seconds(), (MOMENT, MOMENT)),
    (lambda a: a + datetime.timedelta(days=1, hours=2), (MOMENT,)),
    (lambda a: a.strftime("%Y"), (MOMENT,)),
    (lambda a: f"{a:%Y-%m}", (MOMENT,)),
    (lambda a: a.isoformat(), (MOMENT,)),
    (lambda a: a.date().isoformat(), (MOMENT,)),
    (lambda a: a.replace(hour=3).weekday(), (MOMENT,)),
    (lambda s: datetime.datetime.fromisoformat(s).year, ("2024-05-17",)),
    (lambda s: datetime.date.fromisoformat(s), ("2024-05-17",)),
    (lambda s: datetime.datetime.strptime(s, "%Y-%m-%d"), ("2024-05-17",)),
    (lambda n: datetime.datetime.fromtimestamp(n, datetime.UTC), (0.0,)),
    (lambda n: datetime.date(n, 1, 2), (2024,)),
    (lambda n: datetime.datetime(n, 1, 2), (2024,)),
    (lambda n: datetime.timedelta(seconds=n), (5,)),
    (lambda a: a < a, (MOMENT,)),
    (lambda a: a.timestamp(), (MOMENT,)),
    (lambda s: textwrap.dedent(s), (TEXT,)),
    (lambda s: textwrap.shorten(s, width=8, placeholder="..."), (TEXT,)),
    (lambda s: textwrap.wrap(s, 3), (TEXT,)),
    (lambda s: textwrap.indent(s, "  "), (TEXT,)),
    (lambda s: string.capwords(s), (TEXT,)),
    (lambda s: string.Template(s).substitute(name="x"), ("$name",)),
    (lambda s: string.Template(s).safe_substitute({"name": "x"}), ("$name $b",)),
    (lambda s: s.translate(str.maketrans("", "", string.punctuation)), (TEXT,)),
    (lambda xs: collections.Counter(xs).most_common(1), (WORDS,)),
    (lambda xs: list(collections.deque(xs, maxlen=2)), (WORDS,)),
    (lambda xs: list(itertools.chain(xs, xs)), (WORDS,)),
    (lambda xs: list(itertools.chain.from_iterable(xs)), ([[1], [2]],)),
    (lambda xs: list(itertools.islice(xs, 2)), (WORDS,)),
    (lambda xs: list(itertools.product(xs, repeat=2)), (WORDS,)),
    (lambda xs: list(itertools.combinations(xs, 2)), (WORDS,)),
    (lambda xs: list(itertools.accumulate(xs)), (NUMBERS,)),
    (lambda xs: list(itertools.accumulate(xs, operator.mul, initial=2)), (NUMBERS,)),
    (lambda xs: list(itertools.accumulate(xs, lambda a, b: a - b)), (NUMBERS,)),
    (lambda xs: list(itertools.takewhile(lambda x: x != "c", xs)), (WORDS,)),
    (lambda xs: list(itertools.dropwhile(lambda x: x != "a", xs)), (WORDS,)),
    (lambda xs: list(itertools.filterfalse(lambda x: x == "a", xs)), (WORDS,)),
    (lambda xs: list(itertools.compress(xs, [1, 0, 1])), (WORDS,)),
    (lambda xs: list(itertools.pairwise(xs)), (WORDS,)),
    (lambda xs: list(itertools.zip_longest(xs, [1])), (WORDS,)),
    (lambda xs: list(zip(xs, itertools.count(1), itertools.cycle("ab"), itertools.repeat(3))), (WORDS,)),
    (lambda xs: functools.reduce(operator.add, xs, 0), (NUMBERS,)),
    (lambda xs: functools.reduce(lambda a, b: a * b, xs), (NUMBERS,)),
    (lambda a: (operator.neg(a), operator.pow(a, 2), operator.floordiv(a, 2), operator.xor(a, 1)), (3,)),
    (lambda rows: sorted(rows, key=operator.itemgetter("n")), (ROWS,)),
    (lambda rows: [operator.itemgetter("k", "n")(r) for r in rows], (ROWS,)),
    (lambda points: max(points, key=operator.attrgetter("x")).x, ([Point(2), Point(1)],)),
    (lambda xs: list(map(operator.methodcaller("upper"), xs)), (WORDS,)),
    (lambda xs: statistics.mean(xs), (NUMBERS,)),
    (lambda xs: (statistics.median(xs), statistics.stdev(xs), statistics.mode(xs)), (NUMBERS,)),
    (lambda xs: statistics.quantiles(xs, n=4), (NUMBERS,)),
    (lambda s: decimal.Decimal(s) * 2 + 1, ("1.5",)),
    (lambda s: decimal.Decimal(s).quantize(decimal.Decimal("0.1")), ("1.55",)),
    (lambda s: str(decimal.Decimal(s)), ("1.55",)),
    (lambda n: fractions.Fraction(n, 4) + fractions.Fraction(1, 2), (3,)),
    (lambda n: fractions.Fraction(n, 4).numerator, (3,)),
    (lambda s: uuid.uuid5(uuid.NAMESPACE_DNS, s).hex, ("a",)),
    (lambda s: str(uuid.UUID(s)), ("12345678123456781234567812345678",)),
    (lambda s: hashlib.sha256(s.encode()).hexdigest(), (TEXT,)),
    (lambda s: hashlib.md5(s.encode(), usedforsecurity=False).digest(), (TEXT,)),
    (lambda s: hashlib.blake2b(s.encode(), digest_size=8).hexdigest(), (TEXT,)),
    (lambda s: hashlib.new("sha1", s.encode()).hexdigest(), (TEXT,)),
    (lambda s: base64.b64encode(s.encode()).decode(), (TEXT,)),
    (lambda s: base64.b64decode(s), ("YWI=",)),
    (lambda s: urllib.parse.quote(s, safe=""), (TEXT,)),
    (lambda d: urllib.parse.urlencode(d), ({"a": 1},)),
    (lambda s: urllib.parse.urlparse(s).netloc, ("http://a/b?c=1",)),
    (lambda s: urllib.parse.parse_qs(s), ("a=1",)),
    (lambda s: urllib.parse.parse_qsl(s), ("a=1",)),
    (lambda s: urllib.parse.urljoin(s, "c"), ("http://a/b",)),
    (lambda s: pathlib.PurePosixPath(s).name, ("/a/b.txt",)),
    (lambda s: pathlib.Path(s).suffix, ("/a/b.txt",)),
    (lambda s: (pathlib.Path(s) / "c").name, ("/a",)),
    (lambda s: str(pathlib.Path(s).parent), ("/a/b",)),
    (lambda s: pathlib.Path(s).with_suffix(".md").stem, ("/a/b.txt",)),
    (lambda s: pathlib.Path(s).joinpath("x", "y").parts, ("/a/b.txt",)),
    (lambda s: os.path.join(s, "b"), ("a",)),
    (lambda s: os.path.splitext(os.path.basename(s))[0], ("a/b.txt",)),
    (lambda s: os.path.dirname(s), ("a/b.txt",)),
    (lambda s: os.path.isabs(s), ("a/b.txt",)),
    (lambda s: io.StringIO(s).read(), (TEXT,)),
    (lambda s: io.StringIO(s).readlines(), (TEXT,)),
    (lambda d: copy.deepcopy(d), (ROWS,)),
    (lambda xs: set(xs).union("ab"), (NUMBERS,)),
    (lambda d: copy.copy(d), (ROWS,)),
    (lambda xs: heapq.nlargest(2, xs), (NUMBERS,)),
    (lambda xs: heapq.nsmallest(2, xs, key=lambda x: -x), (NUMBERS,)),
    (lambda xs: bisect.bisect(xs, 2), ([1, 2, 3],)),
    (lambda xs: bisect.bisect_left(xs, 2, key=lambda x: x), ([1, 2, 3],)),
    (lambda p: [f.name for f in dataclasses.fields(p)], (Point(1),)),
    (lambda p: dataclasses.is_dataclass(p), (Point(1),)),
    (lambda p: dataclasses.asdict(p), (Point(1, ["a"]),)),
    (lambda p: dataclasses.replace(p, x=5).x, (Point(1),)),
    (lambda s: [c.name for c in Color if c.name != s], ("RED",)),
    (lambda s: {c.name: c.value for c in Color}[s], ("RED",)),
    (lambda s: list(csv.reader(io.StringIO(s))), ("a,b\n1,2",)),
    (lambda s: list(csv.reader(s.splitlines(), delimiter=",")), ("a,b\n1,2",)),
    (lambda d: pprint.pformat(d), (ROWS,)),
    (lambda s: html.escape(s), ("<a>",)),
    (lambda s: html.unescape(s), ("&lt;",)),
    (lambda s: difflib.get_close_matches(s, ["ape", "b"]), ("appel",)),
    (lambda s: shlex.split(s), ("a 'b c'",)),
    (lambda s: shlex.join(["a", s]), ("b c",)),
    (lambda s: unicodedata.normalize("NFKD", s), (TEXT,)),
    (lambda s: struct.pack("<I", s), (3,)),
    (lambda s: struct.unpack("<I", s)[0], (b"\x01\x00\x00\x00",)),
    (lambda s: zlib.decompress(zlib.compress(s)), (b"abc",)),
    (lambda s: zlib.crc32(s), (b"abc",)),
    (lambda s: typing.cast("str", s), (TEXT,)),
    (lambda x: math.floor(math.log2(x)) + math.pi, (9.0,)),
    (lambda xs: math.fsum(xs) / len(xs), (NUMBERS,)),
    (lambda s: sys.intern(s), ("a",)),
]
"""A function of its arguments, and nothing else."""


def builds_text(words):
    out = io.StringIO()
    for word in words:
        out.write(word)
    return out.getvalue()


def uses_heap(numbers):
    heap = list(numbers)
    heapq.heapify(heap)
    heapq.heappush(heap, 0)
    first = heapq.heappop(heap)
    second = heapq.heappushpop(heap, 5)
    third = heapq.heapreplace(heap, 6)
    return first, second, third, heap


def uses_insort(numbers):
    found = []
    for number in numbers:
        bisect.insort(found, number)
    return found


def uses_deque(words):
    waiting = collections.deque(words)
    waiting.appendleft("z")
    waiting.rotate(1)
    out = []
    while waiting:
        out.append(waiting.popleft())
    return out


def uses_defaultdict(rows):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row["k"]].append(row["n"])
    return {k: sum(v) for k, v in groups.items()}


def hashes_in_parts(words):
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode())
    return digest.hexdigest()


PURE += [
    (builds_text, (WORDS,)),
    (uses_heap, (NUMBERS,)),
    (uses_insort, (NUMBERS,)),
    (uses_deque, (WORDS,)),
    (uses_defaultdict, (ROWS,)),
    (hashes_in_parts, (WORDS,)),
]


def counts_lines(path):
    with open(path, encoding="utf-8") as file:
        return sum(1 for _ in file)


def reads_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


READS: list[tuple[Callable[..., Any], str]] = [
    (lambda path: pathlib.Path(path).read_text(), "text"),
    (lambda path: pathlib.Path(path).exists(), "text"),
    (lambda path: pathlib.Path(path).stat().st_size, "text"),
    (lambda path: str(pathlib.Path(path).resolve()), "text"),
    (lambda path: os.path.exists(path) and os.path.isfile(path), "text"),
    (lambda path: os.path.getsize(path), "text"),
    (lambda path: os.path.abspath(path), "text"),
    (lambda path: os.path.expanduser(path), "text"),
    (lambda path: sorted(os.listdir(os.path.dirname(path))), "text"),
    (lambda path: glob.glob(path + "*"), "text"),
    (lambda path: os.environ.get("HOME", path), "text"),
    (lambda path: os.environ["HOME"], "text"),
    (lambda path: os.getenv("HOME"), "text"),
    (lambda path: os.getcwd(), "text"),
    (lambda path: os.stat(path).st_size, "text"),
    (counts_lines, "text"),
    (reads_json, '{"a": 1}'),
]
"""Sees the world: files, folders, the environment. The argument is the path of a file that holds this text."""


def writes_json(path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"a": 1}, file)


def makes_folder(path):
    with tempfile.TemporaryDirectory() as folder:
        return os.path.exists(folder)


def uses_queue(path):
    waiting = queue.Queue()
    waiting.put(path)
    return waiting.get()


def uses_thread(path):
    thread = threading.Thread(target=len, args=(path,))
    thread.start()
    thread.join()


def sets_variable(path):
    token = VARIABLE.set(4)
    VARIABLE.reset(token)


ORDERED: list[Callable[..., Any]] = [
    lambda path: random.random(),
    lambda path: random.randint(1, 6),
    lambda path: random.choice([1, 2]),
    lambda path: random.shuffle([1, 2]),
    lambda path: secrets.token_hex(4),
    lambda path: uuid.uuid4(),
    lambda path: str(uuid.uuid1()),
    lambda path: LOGGER.info("x %s", path),
    lambda path: logging.getLogger("xcs.tests.other").debug("x"),
    lambda path: print(path, file=sys.stderr),
    lambda path: sys.stdout.write(path),
    lambda path: pprint.pprint(path),
    lambda path: pathlib.Path(path).write_text("x"),
    lambda path: pathlib.Path(path).with_name("made").mkdir(exist_ok=True),
    lambda path: os.makedirs(path + "folder", exist_ok=True),
    lambda path: os.remove(path),
    lambda path: os.environ.update(XCS_TEST_LIBRARY="1"),
    lambda path: os.environ.pop("XCS_TEST_LIBRARY", None),
    lambda path: tempfile.mkdtemp(dir=os.path.dirname(path)),
    lambda path: subprocess.run([sys.executable, "-c", ""], check=True),
    writes_json,
    makes_folder,
    uses_queue,
    uses_thread,
    sets_variable,
]
"""Others may notice. The argument is the path of a file."""

FENCES: list[Callable[..., Any]] = [
    lambda path: time.time(),
    lambda path: time.strftime("%Y"),
    lambda path: datetime.datetime.now(),
    lambda path: datetime.datetime.now(datetime.UTC).isoformat(),
    lambda path: datetime.date.today(),
    lambda path: time.sleep(0),
]
"""Time itself."""

STRENGTHS = {Effect.PURE: PURE, Effect.READS: READS, Effect.ORDERED: ORDERED, Effect.FENCE: FENCES}
