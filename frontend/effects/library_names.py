"""Names of methods that library data may have, by what they do: they read, they change, or only text has them."""

from __future__ import annotations

_CONTAINERS = (list, tuple, dict, set, frozenset, int, float)
TEXT_METHODS = frozenset(
    name
    for cls in (str, bytes)
    for name in vars(cls)
    if not name.startswith("_") and not any(name in vars(other) for other in _CONTAINERS)
)
"""Methods that only text has."""

READING = frozenset(
    "get items keys values copy count index union intersection difference symmetric_difference issubset issuperset "
    "isdisjoint is_integer bit_length hex json dict model_dump model_dump_json to_dict to_json to_json_dict "
    "raise_for_status get_content get_text get_score get_formatted_sources".split()
)
"""Methods of containers, numbers and records that change nothing."""

CHANGING = frozenset(
    "append extend insert remove pop popitem clear sort reverse update setdefault add discard intersection_update "
    "difference_update symmetric_difference_update".split()
)
"""Methods that change their object and nothing else."""
