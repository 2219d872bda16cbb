"""The first table as a picture: an SVG that reads well on light and on dark pages, and needs nothing to be drawn."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from html import escape
from os import cpu_count

from .contender import CONTENDERS, Contender
from .workload import Result

LABEL_WIDTH = 128
CELL_WIDTH, CELL_HEIGHT = 98, 26
HEAD_HEIGHT = 58
FOOT_HEIGHT = 34
WORST = 30.0  # times the critical path: from here on a cell is as dark as it gets

_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328; }
.head { font-size: 11px; }
.ours { font-weight: 700; }
.foot { font-size: 11px; fill: #59636e; }
.none { fill: #818b98; }
.cell { fill: #1f2328; }
.worst { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .foot, .none { fill: #9198a1; }
  .cell { fill: #1f2328; }
}
"""


def chart(results: Sequence[Result], contenders: Sequence[Contender] = CONTENDERS) -> str:
    """The SVG: a row for each contender, a column for each workload that has a critical path."""
    shown = [result for result in results if result.critical_path_s]
    rows = [one for one in contenders if any(result.seconds(one.name) for result in shown)]
    width = LABEL_WIDTH + CELL_WIDTH * len(shown) + 8
    height = HEAD_HEIGHT + CELL_HEIGHT * len(rows) + FOOT_HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        "<title>Wall time over the critical path</title>",
        f"<style>{_STYLE}</style>",
        *(_head(result.title, LABEL_WIDTH + CELL_WIDTH * column) for column, result in enumerate(shown)),
    ]
    for index, contender in enumerate(rows):
        top = HEAD_HEIGHT + CELL_HEIGHT * index
        ours = ' class="ours"' if contender.name == "xcs_jit" else ""
        parts.append(f'<text x="4" y="{top + 17}"{ours}>{escape(contender.title)}</text>')
        parts += [
            _cell(result.seconds(contender.name), result.critical_path_s, LABEL_WIDTH + CELL_WIDTH * column, top)
            for column, result in enumerate(shown)
        ]
    foot = f"Wall time over the critical path: 1.00 is what no schedule can beat. Medians, {cpu_count()} cores."
    parts.append(f'<text class="foot" x="4" y="{height - 12}">{foot}</text></svg>')
    return "\n".join(parts) + "\n"


def _head(title: str, left: int) -> str:
    lines = _wrapped(title, 16)[:4]
    first = HEAD_HEIGHT - 8 - 13 * (len(lines) - 1)
    middle = left + CELL_WIDTH / 2
    return "".join(
        f'<text class="head" text-anchor="middle" x="{middle:g}" y="{first + 13 * index}">{escape(line)}</text>'
        for index, line in enumerate(lines)
    )


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _cell(seconds: float | None, critical_s: float, left: int, top: int) -> str:
    middle, base = left + CELL_WIDTH / 2, top + 17
    if seconds is None:
        return f'<text class="none" text-anchor="middle" x="{middle:g}" y="{base}">-</text>'
    ratio = seconds / critical_s
    badness = min(math.log(max(ratio, 1.0)) / math.log(WORST), 1.0)
    box = (
        f'<rect x="{left + 1}" y="{top + 1}" width="{CELL_WIDTH - 2}" height="{CELL_HEIGHT - 2}" rx="3" '
        f'fill="{_colour(badness)}"/>'
    )
    kind = "worst" if badness > 0.75 else "cell"
    shown = f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"
    return f'{box}<text class="{kind}" text-anchor="middle" x="{middle:g}" y="{base}">{shown}</text>'


def _colour(badness: float) -> str:
    """From green over yellow to dark red."""
    stops = ((0.0, (111, 207, 151)), (0.35, (247, 220, 111)), (0.7, (235, 152, 78)), (1.0, (146, 43, 33)))
    for (low, start), (high, end) in itertools.pairwise(stops):
        if badness <= high:
            part = (badness - low) / (high - low)
            return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(start, end, strict=True))
    raise AssertionError(badness)
