"""Enters the effect of one operation or call into the ledger, and makes the value of its result.

In: a summary (or a table entry) and the argument values. Out: the result as a value, with the origins it may have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...diagnostics.effect import Effect
from .abstract_type import IteratorType
from .frame import Frame
from .ledger import DECLARE, sources
from .place import OutsideName, ParameterKey, Place, Root, is_content
from .summary import Summary
from .value import Cell, Origin, Value, bound_origins, reach, reach_of


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
    if summary.reads_streams and not summary.num_external_sites:
        ledger.num_stream_reads += 1  # of streams that are opened here
    elif summary.external or summary.num_external_sites:
        ledger.site(id(node), max(summary.num_external_sites, 1))
    _apply_reads(frame, summary, by_key)
    _apply_writes(frame, summary, by_key)
    kept = reach(o for key in summary.retains if key in by_key for o in reach_of(by_key[key]))
    if kept and (summary.writes or summary.effect >= Effect.ORDERED):
        ledger.escape(kept)
    made = ledger.made(summary.result, (node, "result"), kept | _outside_of(summary), summary.builds)
    if isinstance(summary.result, IteratorType):
        watch_sources(frame, [held for key, held in by_key.items() if key in summary.retains], node)
    if summary.gives is not None and made.origins:
        made.place = _seen(summary.gives, by_key)
    return made


def watch_sources(frame: Frame, sources: Iterable[Value], node: object) -> Cell:
    """The cell of an iterator that a call has made: it goes stale when what it walks changes."""
    cell = frame.ledger.cell((node, "result"))
    reached = reach(origin for one in sources for origin in reach_of(one))
    cell.source_versions = tuple((one, one.version) for one in reached if isinstance(one, Cell) and one is not cell)
    if any(isinstance(origin, Cell) and origin.is_lazy for origin in reached):
        cell.is_lazy = True
    return cell


def _outside_of(summary: Summary) -> frozenset[Origin]:
    return frozenset() if summary.fresh else frozenset((None,))


def _apply_reads(frame: Frame, summary: Summary, by_key: Mapping[ParameterKey, Value]) -> None:
    for key, kind in summary.sees:
        if key is None or key not in by_key:
            frame.ledger.note_looks((kind,), None)
    for place, kind in summary.all_looks:
        seen = by_key.get(place.root)  # type: ignore[arg-type]
        if seen is None:
            continue
        where = place.seen_from(seen.place)
        if where is not None and seen.origins == {where.root}:
            frame.ledger.note_looks((kind,), where)
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
            ledger.placed.add((None, kind))
            reaches_others = reaches_others or is_content(kind)
            if key is not None and not summary.unknown_types:
                ledger.act(Effect.ORDERED, "writes an object from outside", DECLARE)
            continue
        for origin in reach_of(written):
            if isinstance(origin, Cell):
                origin.unsettle(retained)
                continue
            reaches_others = True
            ledger.writes.add((origin, kind))  # type: ignore[arg-type]
            ledger.placed.add((origin, kind))  # type: ignore[arg-type]
            if origin is None and not summary.unknown_types:
                ledger.act(Effect.ORDERED, f"writes an object from outside ({kind})", DECLARE)
    if reaches_others:
        for place in summary.written_places:
            ledger.places.update(_places_at(place, by_key))
        for kind, field, held in summary.written_contents:
            ledger.note_store(kind, field, held)
        for root in summary.spreads:
            ledger.spreads.update(_roots_at(root, by_key))


def _seen(place: Place, by_key: Mapping[ParameterKey, Value]) -> Place | None:
    """A place as the caller finds it."""
    if isinstance(place.root, OutsideName):
        return place
    held = by_key.get(place.root)
    return None if held is None else place.seen_from(held.place)


def _places_at(place: Place | None, by_key: Mapping[ParameterKey, Value]) -> Iterable[Place | None]:
    """A written place as the caller finds it; of objects that the caller made itself, where it has stored them."""
    if place is None or isinstance(place.root, OutsideName):
        return {place}
    if (seen := _seen(place, by_key)) is not None:
        return {seen}
    held = by_key.get(place.root)
    if held is None:
        return {None}
    found: set[Place | None] = set()
    for origin in reach_of(held):
        if not isinstance(origin, Cell):
            found.add(None if origin is None else Place(origin, inside=True))
        elif origin.unsettled:
            found |= origin.stored_in
    return found


def _roots_at(root: Root | None, by_key: Mapping[ParameterKey, Value]) -> Iterable[Root | None]:
    if root is None or isinstance(root, OutsideName):
        return {root}
    held = by_key.get(root)
    return {None} if held is None else sources(held.origins | bound_origins(held))
