"""The second table: does a program still mean what it says while its calls overlap?

Each contender runs in a process of its own, so that one that hangs takes nobody along. Calls note when they start and
end in files, which works across processes. `python -m comparison.semantics dask_delayed` prints one row.
"""

from __future__ import annotations

import contextvars
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .contender import CONTENDERS, Contender, quiet

HANG_S = 20.0  # a check that takes longer hangs: all of its calls together take half a second
BOUND = 2
WIDTH = 3  # of each level of the nested fan-out
NUM_CALLS = 12
FAILING = 3
CALL_S = 0.02

RIGHT = "right"
NO_PENDING = "-"
"""There are no pending values: what one call gives is handed to the next by the library."""

INDICES = range(WIDTH)

user: contextvars.ContextVar[str] = contextvars.ContextVar("user", default="nobody")


class Late(LookupError):
    """The failure that comes first in the program and last in time."""


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of one check, as picklable functions that note their times in a folder."""

    folder: str

    def work(self, index: int) -> int:
        """A call that takes a while; one of them fails."""
        self.note("start", index)
        time.sleep(CALL_S if index != FAILING else CALL_S / 2)  # in the midst of the other one in flight
        if index == FAILING:
            self.note("fail", index)
            raise ValueError("failed")
        return index

    def leaf(self, index: int) -> int:
        """A call of the nested fan-out."""
        self.note("start", index)
        time.sleep(CALL_S)
        self.note("end", index)
        return index

    def fail_in_turn(self, index: int) -> int:
        """Two failures: the second one comes first."""
        if index == 0:
            while not self.times("fail"):
                time.sleep(CALL_S / 4)
            time.sleep(CALL_S)
            raise Late("first")
        self.note("fail", index)
        raise KeyError("second")

    def note(self, what: str, index: int) -> None:
        """Keeps the time of an event."""
        Path(self.folder, f"{what}-{index}").write_text(repr(time.time()), encoding="utf-8")

    def times(self, what: str) -> dict[int, float]:
        """When an event has happened, by index."""
        found = Path(self.folder).glob(f"{what}-*")
        return {int(path.name.rpartition("-")[2]): float(path.read_text() or "inf") for path in found}


def late_and_early(index: int) -> int:
    """A call that ends the sooner the later it stands in the program."""
    time.sleep(CALL_S * (5 - index))
    return index


def who(index: int) -> str:
    """A call that reads a context variable."""
    time.sleep(CALL_S)
    return user.get()


def echo(text: str) -> str:
    """A call that gives its argument back."""
    time.sleep(CALL_S)
    return text


def index_of(i: int, j: int, k: int) -> int:
    """A number for each leaf of the nested fan-out."""
    return (i * WIDTH + j) * WIDTH + k


class Programs:
    """How programs are written with one contender; the base is plain Python.

    `with_pending` gives `use(value)` the result of a call while that is pending, inside of a running program; None:
    there is no such thing.
    """

    with_pending: Callable[[Callable[[Any], Any], str], Any] | None = None

    def fan_out(self, call: Callable[[int], Any], size: int, bound: int) -> list[Any]:
        """One call for each index, at most `bound` at once."""
        return [call(index) for index in range(size)]

    def nested(self, leaf: Callable[[int], int]) -> Any:
        """A fan-out in a fan-out in a fan-out, with at most `BOUND` leaves at once."""
        raise NotImplementedError


def text_of_pending(programs: Programs) -> str:
    """`f"[{answer}]"`."""
    if programs.with_pending is None:
        return NO_PENDING
    found = programs.with_pending(lambda answer: f"[{answer}]", "why")
    return RIGHT if found == "[why]" else f"gives `{str(found)[:24]}...`"


def truth_of_pending(programs: Programs) -> str:
    """`if answer:` of an empty answer."""
    if programs.with_pending is None:
        return NO_PENDING
    found = programs.with_pending(lambda answer: "full" if answer else "empty", "")
    return RIGHT if found == "empty" else "true"


def first_failure(programs: Programs) -> str:
    """Which of two failures surfaces, and whether its type does."""
    calls = Calls(tempfile.mkdtemp())
    try:
        programs.fan_out(calls.fail_in_turn, 2, 4 * BOUND)  # room is not the question
    except Late:
        return RIGHT
    except KeyError:
        return "the second one"
    except Exception as error:
        cause = f"{error} {error.__cause__!r}"
        return f"{type(error).__name__} with {'the first' if 'Late' in cause or 'first' in cause else 'another'}"
    return "none"


def nothing_later(programs: Programs) -> str:
    """How many calls later in the program start after the failure."""
    calls = Calls(tempfile.mkdtemp())
    try:
        programs.fan_out(calls.work, NUM_CALLS, BOUND)
    except Exception:
        time.sleep(NUM_CALLS * CALL_S + 0.3)  # for calls that go on in the background
    failed_s = min(calls.times("fail").values())
    started = calls.times("start")
    late = [index for index, time_s in started.items() if index > FAILING and time_s > failed_s]
    missing = [index for index in range(FAILING) if index not in started]
    if missing:
        return "earlier ones don't"
    return RIGHT if not late else f"{len(late)} of {NUM_CALLS - FAILING - 1} start"


def nested_bound(programs: Programs) -> str:
    """The most leaves of a nested fan-out that ran at once."""
    calls = Calls(tempfile.mkdtemp())
    try:
        programs.nested(calls.leaf)
    except NotImplementedError:
        return NO_PENDING
    starts, ends = calls.times("start"), calls.times("end")
    if len(ends) != WIDTH**3:
        return f"{len(ends)} of {WIDTH**3} calls"
    peak = max(sum(starts[i] <= at < ends[i] for i in starts) for at in starts.values())
    return RIGHT if peak <= BOUND else f"{peak} at once"


def context_arrives(programs: Programs) -> str:
    """Whether calls see a context variable of the caller."""
    user.set("somebody")
    found = programs.fan_out(who, 4, 4)
    return RIGHT if found == ["somebody"] * 4 else "lost"


def order_stays(programs: Programs) -> str:
    """Whether results come in the order of the program."""
    return RIGHT if programs.fan_out(late_and_early, 5, 5) == [*range(5)] else "another order"


COLUMNS: dict[str, Callable[[Programs], str]] = {
    "text of a pending value": text_of_pending,
    "truth of a pending ''": truth_of_pending,
    "first failure, its type": first_failure,
    "nothing later starts": nothing_later,
    "nested, bound of 2": nested_bound,
    "context variables": context_arrives,
    "order of results": order_stays,
}


def check_all(contenders: Sequence[Contender] = CONTENDERS) -> dict[str, dict[str, str]]:
    """Contender by column."""
    return {one.name: _row(one) for one in contenders if one.name != "plain"}


def _row(contender: Contender) -> dict[str, str]:
    if not contender.is_installed:
        return dict.fromkeys(COLUMNS, "not installed")
    folder = Path(__file__).parent.parent
    paths = [str(folder), str(folder.parent), os.environ.get("PYTHONPATH", "")]
    with tempfile.TemporaryFile("w+") as out:  # no pipe: servers of a contender that outlive it would hold that open
        subprocess.run(
            [sys.executable, "-m", "comparison.semantics", contender.name],
            stdout=out,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            timeout=HANG_S * len(COLUMNS) + 180,
            check=False,
        )
        out.seek(0)
        lines = [line for line in out if line.startswith("{")]
    return json.loads(lines[-1]) if lines else dict.fromkeys(COLUMNS, "doesn't run")


def _in_time(check: Callable[[Programs], str], programs: Programs) -> str:
    found: list[str] = []

    def run() -> None:
        try:
            found.append(check(programs))
        except BaseException as error:
            found.append(f"{type(error).__name__}")

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(HANG_S)
    return found[0] if found else "hangs"


def main() -> None:
    """Prints the row of one contender."""
    from .semantics_programs import PROGRAMS

    contender = next(one for one in CONTENDERS if one.name == sys.argv[1])
    with quiet(), contender.running():
        programs = PROGRAMS[contender.name]()
        row = {name: _in_time(check, programs) for name, check in COLUMNS.items()}
        print(json.dumps(row), flush=True)
    os._exit(0)  # threads that hang can't be ended otherwise


if __name__ == "__main__":
    # Under its own name, so that what is pickled is found again in other processes.
    from comparison import semantics

    semantics.main()
