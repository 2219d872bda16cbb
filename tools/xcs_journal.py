"""The command line tool `xcs-journal`: lists, shows, prunes and exports journals.

    xcs-journal list run.db
    xcs-journal show run.db 3f2a
    xcs-journal export run.db > calls.jsonl
    xcs-journal prune run.db --ended

Nothing that a journal names is imported or run: what is of a class that isn't loaded is shown as that. Every mistake
is one line on standard error and exit code 1; mistakes in the options exit with 2.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from ..diagnostics.errors import XCSError
from ..runtime.journal.format import FormatError
from ..runtime.journal.store import CallRecord, RunRecord, Store, unseal
from ..runtime.journal.values import decode, decode_exception

MAX_SHOWN = 60
"""Characters of a value in a line of `show`; `export` has all of it."""
SECONDS_A_DAY = 86_400


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the tool with these command line arguments (the process's own by default) and returns the exit code."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as stop:  # how argparse leaves
        return stop.code if isinstance(stop.code, int) else 1
    try:
        with contextlib.closing(Store(options.journal, "rw" if options.command == "prune" else "ro")) as store:
            options.act(store, options)
    except XCSError as error:
        print(f"xcs-journal: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the output has seen enough
        sys.stderr.close()
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("xcs-journal", description="Lists, shows, prunes and exports journals of XCS")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, act, meaning in (
        ("list", _list, "the runs: identity, program, when, whether it has ended, calls, bytes"),
        ("show", _show, "the calls of runs, in the order in which they ended"),
        ("export", _export, "the calls as JSON lines, in full"),
        ("prune", _prune, "remove runs"),
    ):
        command = commands.add_parser(name, help=meaning, description=f"Prints {meaning}" if name != "prune" else None)
        command.set_defaults(act=act)
        command.add_argument("journal", help="the file")
        if name != "list":
            command.add_argument("runs", nargs="*", metavar="RUN", help="the beginning of a run's identity")
        if name == "prune":
            command.add_argument("--all", action="store_true", help="every run")
            command.add_argument("--ended", action="store_true", help="runs that have ended by themselves")
            command.add_argument("--older-than", type=float, metavar="DAYS", help="runs started longer ago")
    return parser


def _list(store: Store, options: argparse.Namespace) -> None:
    for run in store.runs():
        state = "unfinished" if run.ended is None else "ended"
        size = f"{run.num_calls:>6} calls  {run.num_bytes:>9} bytes"
        print(f"{run.id.hex()[:12]}  {_moment(run.started)}  {state:<10}  {size}  {run.program}")


def _show(store: Store, options: argparse.Namespace) -> None:
    for run in _chosen(store, options.runs):
        print(f"{run.id.hex()}  {run.program}")
        for call in store.calls(run.id):
            text = repr(_shown(call))
            text = text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."
            raised = "raised " if call.raised else ""
            print(f"  {call.path:<16}  {call.duration_ns / 1e6:>9.3f} ms  {call.op}  {call.location}  {raised}{text}")


def _export(store: Store, options: argparse.Namespace) -> None:
    for run in _chosen(store, options.runs):
        for call in store.calls(run.id):
            line = {
                "run": run.id.hex(),
                "program": run.program,
                "path": call.path,
                "inputs": call.inputs.hex(),
                "op": call.op,
                "location": call.location,
                "ended": call.ended,
                "duration_ns": call.duration_ns,
                "raised" if call.raised else "value": _as_json(_shown(call)),
            }
            print(json.dumps(line))


def _prune(store: Store, options: argparse.Namespace) -> None:
    if not (options.runs or options.all or options.ended or options.older_than is not None):
        raise XCSError(
            "expected what to remove, found nothing (help: name runs, or give `--all`, `--ended`, `--older-than`)"
        )
    oldest = time.time() - (options.older_than or 0) * SECONDS_A_DAY
    chosen = [
        run
        for run in _chosen(store, options.runs)
        if (run.ended is not None or not options.ended) and (options.older_than is None or run.started < oldest)
    ]
    store.remove([run.id for run in chosen])
    print(f"removed {len(chosen)} runs with {sum(run.num_calls for run in chosen)} calls")


def _chosen(store: Store, beginnings: list[str]) -> Iterator[RunRecord]:
    runs = store.runs()
    for beginning in beginnings:
        if not any(run.id.hex().startswith(beginning) for run in runs):
            raise XCSError(f"expected the beginning of a run's identity, found `{beginning}`")
    return (run for run in runs if not beginnings or any(run.id.hex().startswith(one) for one in beginnings))


class Unread:
    """A value that can't be shown, with the reason."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return f"<{self.reason}>"


def _shown(call: CallRecord) -> Any:
    try:
        data = unseal(call.run, call.path, call.inputs, call.raised, call.value)
        return decode_exception(data) if call.raised else decode(data)
    except FormatError as error:
        return Unread(str(error))


def _as_json(value: Any) -> Any:
    """The value where JSON has a form for it, else what Python prints of it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, list):
        return [_as_json(part) for part in value]
    if type(value) is dict and all(isinstance(key, str) for key in value):
        return {key: _as_json(held) for key, held in value.items()}
    if type(value) is float and value - value == 0:
        return value
    return {"repr": repr(value)}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


if __name__ == "__main__":
    sys.exit(main())
