"""Small programs with everyday side conditions: counters, cookies, pacing, polling, budgets, timing. Test data."""

from __future__ import annotations

import contextvars
import datetime
import enum
import functools
import json
import logging
import os
import random
import re
import threading
import time
from dataclasses import dataclass, field

PAUSE_S = 0.01
LOG: list[str] = []
LOGGER = logging.getLogger(__name__)
LOCK = threading.Lock()
VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable")


def ask(prompt: str, temperature: float = 0.0) -> str:
    time.sleep(PAUSE_S)
    return f"<{prompt}@{temperature:g}>"


def flaky(x: int) -> int:
    time.sleep(PAUSE_S)
    if x % 3 == 2:
        raise ValueError(f"flaky({x})")
    return x * 10


def save(x: object) -> None:
    LOG.append(f"save {x}")


class Expert:
    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, question: str) -> str:
        time.sleep(PAUSE_S)
        return f"{self.name}: {question}"


class Panel:
    def __init__(self, names: list[str]) -> None:
        self.experts = [Expert(name) for name in names]

    def forward(self, question: str) -> str:
        opinions = [expert(question) for expert in self.experts]
        return ask(" + ".join(opinions))


class CountingClient:
    def __init__(self) -> None:
        self.calls = 0

    def ask(self, question: str) -> str:
        self.calls += 1
        return ask(question)


class CookieSession:
    def __init__(self) -> None:
        self.cookies = {}

    def get(self, url: str) -> str:
        self.cookies["last"] = url
        time.sleep(PAUSE_S)
        return self.cookies.get("session", "none")


class Budget:
    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, prompt: str) -> str:
        if self.left <= 0:
            raise RuntimeError("no budget left")
        self.left -= 1
        return ask(prompt)


class Database:
    def __init__(self) -> None:
        self.rows = []

    def add(self, row: str) -> None:
        self.rows.append(row)

    def query(self, text: str) -> list[str]:
        return [row for row in self.rows if text in row]


def pause():
    time.sleep(PAUSE_S)


def paced(prompt):
    pause()
    return ask(prompt)


def poll(job):
    while True:
        state = ask(job)
        if "done" in state:
            return state
        time.sleep(PAUSE_S)


def retried(prompt):
    for attempt in range(3):
        try:
            return ask(prompt)
        except ConnectionError:
            time.sleep(PAUSE_S * attempt)
    raise RuntimeError("exhausted")


def timed(prompt):
    start = time.perf_counter()
    ask(prompt)
    return time.perf_counter() - start


def stamped(prompt):
    return f"{datetime.datetime.now().isoformat()} {ask(prompt)}"


def logged(prompt):
    LOGGER.info("asking %s", prompt)
    return ask(prompt)


def printed(prompt):
    print(prompt)
    return ask(prompt)


def sampled(prompt):
    return ask(prompt) if random.random() < 0.5 else ""


def read_file(path):
    with open(path) as file:
        return file.read()


def write_file(path):
    with open(path, "w") as file:
        file.write("text")


def environment(name):
    return os.environ.get(name) or os.getenv(name)


def locked(prompt):
    with LOCK:
        return ask(prompt)


def scoped(prompt):
    VARIABLE.set(prompt)
    return ask(prompt)


def caught(prompt):
    try:
        return ask(prompt)
    except Exception as error:
        return f"error: {error}"


def traced(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def loud(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print(args)
        return function(*args, **kwargs)

    return wrapper


@traced
def decorated(prompt):
    return ask(prompt, temperature=1.0)


@loud
def loudly_decorated(prompt):
    return prompt


@functools.lru_cache
def cached_pure(text):
    return text.upper()


@functools.lru_cache
def cached_call(text):
    return ask(text)


class Base:
    def __init__(self, prefix):
        self.prefix = prefix

    def run(self, text):
        return self.prefix + text


class Derived(Base):
    def __init__(self, prefix, suffix):
        super().__init__(prefix)
        self.suffix = suffix

    def run(self, text):
        return super().run(text) + self.suffix

    @property
    def both(self):
        return self.prefix + self.suffix

    @staticmethod
    def shout(text):
        return text.upper()

    @classmethod
    def make(cls, text):
        return cls(text, text)


def inherits(text):
    return Derived("a", "b").run(text)


def makes(text):
    return Derived(text, 1)


def uses_class_methods(text):
    return Derived.make(text).both + Derived.shout(text)


@dataclass
class Note:
    title: str
    tags: list[str] = field(default_factory=list)
    score: float = 0.0


def makes_note(title):
    return Note(title, score=1.5)


class Color(enum.Enum):
    RED = "red"


def is_red(text):
    return text == Color.RED.value


def counts(n):
    yield from range(n)


def walks_generator(n):
    return [x + 1 for x in counts(n)]


def first_group(text):
    match = re.search(r"a(b)", text, re.IGNORECASE)
    return match is not None


def parses(text):
    data = json.loads(text)
    return data["a"]["b"].upper() if "a" in data else ""


def words(text):
    return {word: len(word) for word in set(text.split()) if word[0].isupper()}


def extremes(text):
    return max(len(word) for word in text.split()), min((len(word), word) for word in text.split())


def measured(text):
    return sum(map(ord, text)) % 97


def slices(text):
    head, *rest = text.split(",")
    return head[:3] + "".join(reversed(rest)), rest[-1:] or ["none"]


def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def matched(command):
    match command:
        case "go":
            return 1
        case "stop" | "halt":
            return 2
        case _:
            return 3


def walrus(text):
    return n if (n := len(text)) > 3 else -n


def chained(x):
    return 0 < x <= 10 and x != 5


def formats(x):
    return "%s-%03d" % ("a", x) + f"{x:>5}" + f"{x} {x}"  # noqa: UP031


def undefined_name(x):
    return not_defined_yet(x)  # noqa: F821


def calls_parameter(function, x):
    return function(x)


def methods_of_anything(x):
    return x.strip()


class ReadOnlyCall:
    def __init__(self, client):
        self.client = client

    def complete(self, prompt):
        return self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])

    def upload(self, path):
        return self.client.files.create(file=path)
