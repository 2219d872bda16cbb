"""The two tables as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .contender import CONTENDERS, Contender
from .semantics import COLUMNS
from .workload import Entry, Result


def speed_table(results: Sequence[Result], contenders: Sequence[Contender] = CONTENDERS) -> str:
    """For each workload: what XCS is to reach, and the time of each contender with the ratio of XCS to it."""
    titles = {one.name: one.title for one in contenders}
    lines: list[str] = []
    for result in results:
        verdict = "" if result.is_met else "  MISSED"
        lines.append(f"{result.title}: {result.ratio:.3f}x, {result.bar}{verdict}")
        mine = result.seconds("xcs_jit")
        lines += [f"  {titles[entry.contender]:<18}{_entry(entry, mine, result.unit)}" for entry in result.entries]
    return "\n".join(lines)


def _entry(entry: Entry, mine: float | None, unit: str) -> str:
    if entry.seconds is None:
        return entry.note or "not written"
    if unit != "s":
        return f"{entry.seconds:12.2f} {unit}"
    ratio = f"{entry.seconds / mine:8.2f} x XCS" if mine else ""
    return f"{entry.seconds * 1e3:12.2f} ms {ratio}"


def semantics_table(rows: Mapping[str, Mapping[str, str]], contenders: Sequence[Contender] = CONTENDERS) -> str:
    """Contender by column."""
    titles = {one.name: one.title for one in contenders}
    cells = [["", *COLUMNS], *([titles[name], *row.values()] for name, row in rows.items())]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) for line in cells)


def markdown(results: Sequence[Result], rows: Mapping[str, Mapping[str, str]]) -> str:
    """Both tables for a page."""
    lines = ["| work | XCS | bar | met |", "|---|---|---|---|"]
    lines += [f"| {one.title} | {one.ratio:.2f} | {one.bar} | {'yes' if one.is_met else 'no'} |" for one in results]
    titles = {one.name: one.title for one in CONTENDERS}
    lines += ["", f"| | {' | '.join(COLUMNS)} |", f"|---|{'---|' * len(COLUMNS)}"]
    lines += [f"| {titles[name]} | {' | '.join(row.values())} |" for name, row in rows.items()]
    return "\n".join(lines) + "\n"
