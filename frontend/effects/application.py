"""Enters the effect of one operation or call into the ledger, and makes the value of its result.

In: a summary (or a table entry) and the argument values. Out: the result as a value, with the origins it may have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...diagnostics.effect import Effect
from .frame import Frame
from .ledger import DECLARE
from .summary import ParameterKey, Summary
from .value import Cell, Origin, Value, reach, reach_of


def keyed(args: Sequence[Value], kwargs: Mapping[str, Value]) -> dict[ParameterKey, Value]:
    """Arguments by the keys that summaries use for them."""
    return {**dict(enumerate(args)), **kwargs}


def apply_summary(
    frame: Frame, summary: Summary, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> Value:
    """One call with this summary takes place."""
    ledger = frame.ledger
    has_gain = summary.has_array_work or summary.num_external_sites
    if summary.effect is Effect.PURE and not (
        has_gain or summary.sees or summary.writes or summary.retains or summary.guards
    ):
        return ledger.made(summary.result, (node, "result"), _outside_of(summary))
    by_key = keyed(args, kwargs)
    if summary.unknown_types:
        ledger.unknown(summary.reason.removeprefix("unknown type: "))
    elif summary.waits:
        ledger.waits = True
    else:
        ledger.act(summary.effect, summary.reason, summary.remedy)
    ledger.guards |= summary.guards
    ledger.external |= summary.external
    ledger.has_array_work |= summary.has_array_work
    if summary.external or summary.num_external_sites:
        ledger.site(id(node), max(summary.num_external_sites, 1))
    _apply_reads(frame, summary, by_key)
    _apply_writes(frame, summary, by_key)
    kept = reach(o for key in summary.retains if key in by_key for o in reach_of(by_key[key]))
    if kept and (summary.writes or summary.effect >= Effect.ORDERED):
        ledger.escape(kept)
    return ledger.made(summary.result, (node, "result"), kept | _outside_of(summary), summary.builds)


def _outside_of(summary: Summary) -> frozenset[Origin]:
    return frozenset() if summary.fresh else frozenset((None,))


def _apply_reads(frame: Frame, summary: Summary, by_key: Mapping[ParameterKey, Value]) -> None:
    for key, kind in summary.sees:
        seen = by_key.get(key) if key is not None else None
        if key is None or seen is None:
            frame.ledger.sees.add((None, kind))
        else:
            frame.ledger.look_kinds(seen, (kind,), deeply=True)


def _apply_writes(frame: Frame, summary: Summary, by_key: Mapping[ParameterKey, Value]) -> None:
    ledger = frame.ledger
    retained = reach(o for key in summary.retains if key in by_key for o in reach_of(by_key[key]))
    reaches_others = False
    for key, kind in summary.writes:
        written = by_key.get(key) if key is not None else None
        if key is None or written is None:
            ledger.writes.add((None, kind))
            reaches_others = True
            if key is not None and not summary.unknown_types:
                ledger.act(Effect.ORDERED, "writes an object from outside", DECLARE)
            continue
        for origin in reach_of(written):
            if isinstance(origin, Cell):
                origin.unsettle(retained)
                continue
            reaches_others = True
            ledger.writes.add((origin, kind))
            if origin is None and not summary.unknown_types:
                ledger.act(Effect.ORDERED, f"writes an object from outside ({kind})", DECLARE)
    if reaches_others:
        for kind in summary.unsettles:
            ledger.unsettle(kind)
