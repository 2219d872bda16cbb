"""JSON-like data as keys and in sets: what has a hash can't change, so tables and sets of it delay nothing else."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest
from leaves import ask, note
from observe import case


def parsed(text):
    return json.loads(json.dumps({"topic": ask(text)[1], "size": len(text), "tags": text.split()}))


def grouped(texts):
    groups = defaultdict(list)
    sizes = Counter()
    for text in texts:
        topic = parsed(text)["topic"]
        groups[topic].append(text)
        sizes[topic] += 1
    return groups, sizes.most_common()


def set_by_default(texts):
    groups: dict[str, list[str]] = {}
    for text in texts:
        groups.setdefault(parsed(text)["topic"], []).append(text)
    return {topic: ask(*members) for topic, members in groups.items()}


def keys_of_two(texts):
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for text in texts:
        row = parsed(text)
        counts[row["topic"], row["size"]] += 1
    return counts


def sets_of_groups(texts):
    found = defaultdict(set)
    every = set()
    for text in texts:
        row = parsed(text)
        found[row["topic"]].add(row["size"])
        every |= set(row["tags"])
    return {topic: sorted(sizes) for topic, sizes in found.items()}, sorted(every)


def by_key(texts):
    table = {parsed(text)["topic"]: text for text in texts}
    return {topic: ask(topic, text) for topic, text in table.items()}


# ---------------------------------------------------------------- what has no hash, what may change, what sees it
def no_hash(texts):
    groups = defaultdict(list)
    for text in texts:
        groups[parsed(text)["tags"]].append(text)
    return groups


def no_hash_caught(texts):
    groups = defaultdict(list)
    for text in texts:
        row = parsed(text)
        try:
            groups[row["tags"]].append(text)
        except TypeError as error:
            groups[str(error)].append(row["topic"])
    return groups


def held_and_changed(texts):
    groups = defaultdict(list)
    for text in texts:
        row = parsed(text)
        groups[row["topic"]].append(row)
        row["tags"].append(len(groups))
        note(len(groups[row["topic"]][0]["tags"]))
    return groups


def one_row_in_two_groups(texts):
    groups = defaultdict(list)
    for text in texts:
        row = parsed(text)
        groups[row["topic"]].append(row)
        groups[row["size"]].append(row)
        groups[row["topic"]][0]["seen"] = ask(text, len(groups[row["size"]][0]))
    return groups


def keys_of_objects(keys):
    counts = Counter()
    for key in keys:
        counts[key] += 1
        counts[ask(key.name)] += 1
    return sorted(map(str, counts))


class Key:
    """A key whose hash others see."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __hash__(self) -> int:
        note(f"hash {self.name}")
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and self.name == other.name

    def __str__(self) -> str:
        return self.name


TEXTS = ["ab x", "ac y z", "bd", "ab"]

PROGRAMS = [
    case(grouped, (TEXTS,), overlap=4),
    case(set_by_default, (TEXTS,), overlap=4),
    case(keys_of_two, (TEXTS,), overlap=4),
    case(sets_of_groups, (TEXTS,), overlap=4),
    case(by_key, (TEXTS,), overlap=4),
    case(no_hash, (TEXTS,), raises="TypeError"),
    case(no_hash_caught, (TEXTS,)),
    case(held_and_changed, (TEXTS,)),
    case(one_row_in_two_groups, (TEXTS,)),
    case(keys_of_objects, lambda: ([Key("a"), Key("b"), Key("a")],)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
