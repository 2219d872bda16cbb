"""A program of external calls that is killed and started again: run by `test_journal_kill.py`, one process a run.

Each call writes what it was given to a log before and what it gives after, and a byte to standard output at each of
these moments, so that whoever reads it can kill the process at any of them. What a call gives is random, and later
calls are given it: an answer is right only if every result is the one that was recorded.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xcs

LOG: list[int] = []


def note(kind: str, tag: str, given: tuple[int, ...]) -> None:
    """Writes a line of the log, and says so."""
    os.write(LOG[0], f"{kind} {tag} {' '.join(map(str, given))}\n".encode())
    os.write(1, b".")


@xcs.op(effect="unordered")
def ask(tag: str, given: tuple[int, ...]) -> dict[str, Any]:
    note("start", tag, given)
    if tag == "fail":
        raise ValueError(tag)
    value = random.SystemRandom().getrandbits(62)
    note("end", tag, given)
    return {"tag": tag, "given": given, "value": value}


def joined(node: int, depth: int) -> int:
    if depth == 0:
        return ask(f"leaf{node}", ())["value"]
    left, right = joined(2 * node, depth - 1), joined(2 * node + 1, depth - 1)
    return ask("join", (left, right))["value"]


@xcs.jit
def program(items: list[str]) -> dict[str, Any]:
    drafts = [ask(item, ())["value"] for item in items]
    state = 0
    for draft in drafts:
        state = ask("carry", (state, draft))["value"]
        if state % 2:
            state = ask("odd", (state,))["value"]
    print("carried", file=sys.stderr)
    try:
        first = ask("try", (state,))["value"]
        ask("fail", (first,))
    except ValueError:
        first = ask("recover", (state,))["value"]
    rounds = 0
    while rounds < 3:
        first = ask("while", (first,))["value"]
        rounds += 1
    return {"state": state, "first": first, "tree": joined(1, 2)}


ITEMS = [f"draft{number}" for number in range(6)]


def answer_with(known: Callable[[str, tuple[int, ...]], dict[str, Any]]) -> dict[str, Any]:
    """What plain Python gives where the calls give what is known of them."""
    global ask
    original, ask = ask, known
    try:
        with xcs.disable_jit():
            return program(ITEMS)
    finally:
        ask = original


def main(journal: str, log: str, mode: str) -> None:
    LOG.append(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT))
    with xcs.journal(journal, mode=mode):
        answer = program(ITEMS)
    Path(log).with_suffix(".answer").write_text(repr(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
