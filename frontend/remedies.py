"""What a user can do about a reason why a piece of Python isn't staged.

The table `remedies.json` holds the rows of docs/language.md; a test holds the two together.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

_TABLE = Path(__file__).with_name("remedies.json")


def remedy_for(reason: str) -> str | None:
    """What the language guide says about a reason as the compiler gives it; None where it says nothing."""
    for pattern, remedy in _remedies():
        if pattern.fullmatch(reason):
            return remedy
    return None


@lru_cache(maxsize=1)
def _remedies() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns with most text of their own first: `…` stands for any name."""
    table: dict[str, str] = json.loads(_TABLE.read_text(encoding="utf-8"))
    ordered = sorted(table.items(), key=lambda row: len(row[0].replace("…", "")), reverse=True)
    return tuple((re.compile(".*".join(map(re.escape, reason.split("…")))), remedy) for reason, remedy in ordered)
