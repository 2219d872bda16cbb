"""Containers and objects of the program that the body of a `try` changes, more than once, and that handlers look at.

Calls overlap; what a handler sees is what the failing step has left.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask, flaky, say
from observe import case

import xcs


class Job:
    """An object with a log, changed by its own method inside of a `try`."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.log: list[Any] = []
        self.tries = 0

    def run(self) -> Job:
        try:
            self.log.append("start")
            self.tries += 1
            self.log.append(flaky(self.number))
            self.log.append("end")
        except ValueError as error:
            self.log.append((str(error), self.tries, len(self.log)))
        return self


class Runner:
    def __init__(self) -> None:
        self.results: dict[int, Any] = {}
        self.errors: list[Any] = []

    def run(self, x):
        try:
            self.results[x] = flaky(x)
        except ValueError as error:
            self.errors.append((x, str(error)))


# ---------------------------------------------------------------- calls overlap
def lists_and_counts(xs):
    out, errors, stats = [], [], {"ok": 0, "bad": 0}
    for x in xs:
        try:
            reply = flaky(x)
            out.append(reply)
            stats["ok"] += 1
        except ValueError as error:
            stats["bad"] += 1
            errors.append(f"{x}: {error}")
    return out, errors, stats


def noted_first(xs):
    out, tried = [], []
    for x in xs:
        try:
            tried.append(x)
            out.append(flaky(x))
        except ValueError:
            tried.append("!")
    return out, tried


def a_log_around(xs):
    log, out = [], []
    for x in xs:
        log.append(f"start {x}")
        try:
            out.append(flaky(x))
            log.append(f"done {x}")
        except ValueError:
            log.append(f"failed {x}")
    return log, out


def counted_by_kind(xs):
    counts, seen = Counter(), set()
    for x in xs:
        try:
            reply = flaky(x)
            counts["ok"] += 1
            seen.add(reply)
        except ValueError as error:
            counts[type(error).__name__] += 1
    return counts, sorted(seen)


def groups_of_lists(xs):
    named: dict[str, list[Any]] = {}
    made = defaultdict(list)
    for x in xs:
        try:
            named.setdefault("ok", []).append(flaky(x))
            made[x % 2].append(ask(x))
        except ValueError as error:
            named.setdefault("bad", []).append(str(error))
            made["bad"].append(x)
    return named, made


def handlers_look(xs):
    out, counts = [], {"n": 0}
    for x in xs:
        try:
            out.append("start")
            counts["n"] += 1
            out.append(flaky(x))
            counts["n"] += 10
        except ValueError:
            out.append((len(out), counts["n"]))
    return out, counts


def nested(xs):
    log: list[Any] = []
    for x in xs:
        try:
            log.append(x)
            try:
                log.append("in")
                log.append(flaky(x))
            except KeyError:
                log.append("never")
            finally:
                log.append(f"finally {len(log)}")
        except ValueError as error:
            log.append((str(error), len(log)))
    return log


def raised_again(xs):
    out: list[Any] = []
    try:
        for x in xs:
            try:
                out.append("start")
                out.append(flaky(x))
            except ValueError as error:
                out.append("bad")
                raise RuntimeError(x) from error
    except RuntimeError as error:
        return out, str(error)
    return out, None


def a_loop_inside(xs):
    out: list[Any] = []
    try:
        for x in xs:
            out.append(x)
            out.append(flaky(x))
    except ValueError as error:
        return out, len(out), str(error)
    return out, len(out), None


def rows_and_counts(rows):
    counts = {"ok": 0, "bad": 0}
    for row in rows:
        try:
            row["reply"] = flaky(row["number"])
            counts["ok"] += 1
            row["done"] = True
        except ValueError as error:
            counts["bad"] += 1
            row["error"] = str(error)
    return rows, counts


def own_jobs(xs):
    jobs = [Job(x) for x in xs]
    for job in jobs:
        job.run()
    return [(job.log, job.tries) for job in jobs]


def one_runner(xs):
    runner = Runner()
    for x in xs:
        runner.run(x)
    return runner.results, runner.errors


def an_object_in_the_function(xs):
    job = Job(0)
    out = []
    for x in xs:
        try:
            job.tries += 1
            job.log.append(x)
            out.append(job.tries)
            job.log.append(flaky(x))
        except ValueError:
            job.log.append(job.tries)
    return job.log, job.tries, out


def added(log, x):
    log.append(x)
    log.append(flaky(x))
    log.append("end")


def a_helper_changes_it(xs):
    log: list[Any] = []
    for x in xs:
        try:
            added(log, x)
        except ValueError:
            log.append(len(log))
    return log


# ---------------------------------------------------------------- what keeps its order
def looked_at_before(xs):
    out: list[Any] = []
    length = len(out)
    try:
        out.append(1)
        out.append(flaky(2))
    except ValueError:
        return length, len(out), out
    return length, out


def effects_between(xs):
    out: list[Any] = []
    for x in xs:
        try:
            out.append("a")
            say(len(out))
            out.append(flaky(x))
        except ValueError:
            say("bad", len(out))
    return out


def shared_on_the_way(xs):
    out, kept = [], []
    for x in xs:
        try:
            out.append("start")
            out.append(flaky(x))
            kept.append(out)
        except ValueError:
            out.append(None)
    return out, [one is out for one in kept]


def iterated_on_the_way(xs):
    out: list[Any] = []
    for x in xs:
        try:
            out.append(str(x))
            out.append("".join(one for one in out))
            out.append(str(flaky(x)))
            out.sort()
        except ValueError:
            out = [one for one in out if one != "0"]
            out.append("z")
    return out


def left_on_the_way(xs):
    counts = Counter()
    for x in xs:
        try:
            counts["seen"] += 1
            flaky(x)
            counts["ok"] += 1
            if counts["ok"] > 2:
                break
        except ValueError:
            counts["bad"] += 1
            continue
        finally:
            counts["finally"] += 1
        counts["after"] += 1
    return counts


def returned_on_the_way(xs):
    out: list[Any] = []
    for x in xs:
        try:
            out.append("start")
            reply = flaky(x)
            out.append(reply)
            if reply > 20:
                return out, "early"
        except ValueError:
            out.append("bad")
    return out, "late"


def asked_of_what_is_there(xs):
    out: list[Any] = []
    for x in xs:
        try:
            out.append(x)
            out.append(flaky(x))
        except ValueError:
            out.append(ask(len(out)))
        out.append(ask(x, len(out)))
    return out


def in_stages(xs):
    found = []
    for x in xs:
        out = {"x": x, "errors": []}
        try:
            out["reply"] = flaky(x)
        except ValueError as error:
            out["errors"].append(str(error))
        try:
            out["answer"] = ask(out.get("reply", x))
            out["size"] = len(out)
        except KeyError:
            out["size"] = -1
        finally:
            out["done"] = True
        found.append(out)
    return found


@xcs.op(effect="unordered")
def read_number(text):
    return int(text)


def parsed_then_asked(texts):
    found = []
    for text in texts:
        out = {"text": text, "errors": []}
        try:
            out["number"] = read_number(text)
            out["half"] = 10 // out["number"]
        except ValueError as error:
            out["errors"].append(str(error))
        except ZeroDivisionError:
            out["errors"].append(out["number"])
        out["answer"] = ask(out.get("half", text))
        found.append(out)
    return found


def behind_an_outer_failure(xs):
    found = []
    for x in xs:
        out = {"x": x}
        try:
            y = flaky(x)
            try:
                out["inner"] = x
                out["reply"] = ask(x)
            except KeyError:
                out["inner"] = "failed"
            out["y"] = y
        except ValueError:
            found.append((sorted(out), ask("handler")))
        else:
            found.append(out)
    return found


def of_the_caller(row, xs):
    for x in xs:
        try:
            row["last"] = x
            row["reply"] = flaky(x)
        except KeyError:
            row["last"] = "failed"
    return ask(row["reply"])


XS = ([0, 1, 2, 3, 5],)
ROWS = ([{"number": number} for number in range(4)],)

PROGRAMS = [
    case(lists_and_counts, XS, overlap=5, more_calls=True),
    case(noted_first, XS, overlap=5, more_calls=True),
    case(a_log_around, XS, overlap=5, more_calls=True),
    case(counted_by_kind, XS, overlap=5, more_calls=True),
    case(groups_of_lists, XS, overlap=8, more_calls=True),
    case(handlers_look, XS, overlap=5, more_calls=True),
    case(nested, XS, overlap=5, more_calls=True),
    case(raised_again, XS, overlap=5, more_calls=True),
    case(a_loop_inside, XS, overlap=5, more_calls=True),
    case(rows_and_counts, ROWS, overlap=4, more_calls=True),
    case(own_jobs, XS, overlap=5, more_calls=True),
    case(one_runner, XS, overlap=5, more_calls=True),
    case(an_object_in_the_function, XS, overlap=5, more_calls=True),
    case(a_helper_changes_it, XS, overlap=5, more_calls=True),
    case(looked_at_before, XS, more_calls=True),
    case(effects_between, XS, more_calls=True),
    case(shared_on_the_way, XS, more_calls=True),
    case(iterated_on_the_way, XS, more_calls=True),
    case(left_on_the_way, XS, more_calls=True),
    case(returned_on_the_way, XS, more_calls=True),
    case(asked_of_what_is_there, XS, more_calls=True),
    case(parsed_then_asked, (["1", "x", "0", "5"],), overlap=4, more_calls=True),
    case(in_stages, XS, overlap=5, more_calls=True),
    case(behind_an_outer_failure, XS, more_calls=True),
    case(of_the_caller, ({"last": None}, [0, 1, 2, 3]), ({}, [3]), raises="*", more_calls=True),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
