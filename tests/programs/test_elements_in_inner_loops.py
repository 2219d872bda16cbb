"""Objects of an own list or dict that an inner loop changes: different ones go side by side, each one's calls overlap
where what it has stored does not come from them. Beside them stand programs that look alike and must keep order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from leaves import ask, flaky, note
from observe import case

SHOWN: list[Any] = []


class Reviewer:
    def __init__(self, name, seen=None):
        self.name = name
        self.seen = [] if seen is None else seen
        self.parts = []
        self.last = None

    def review(self, draft):
        self.seen.append(draft)
        return ask(self.name, draft)

    def remember(self, draft):
        self.last = ask(self.name, draft, self.last)
        return self.last

    def check(self, draft):
        self.seen.append(draft)
        return flaky(draft)

    def show(self, draft):
        SHOWN.append(self)
        return ask(self.name, draft)

    def hear(self, other):
        self.seen.append((other.name, len(other.seen)))
        return ask(self.name, len(other.seen))


def seen_by(reviewers):
    return [(who.name, who.seen, who.last) for who in reviewers]


def in_a_list(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    return [[who.review(draft) for draft in drafts] for who in reviewers], seen_by(reviewers)


def in_a_dict(drafts):
    reviewers = {name: Reviewer(name) for name in ("ann", "bob")}
    notes = {name: [who.review(draft) for draft in drafts] for name, who in reviewers.items()}
    return notes, seen_by(reviewers.values())


def in_statements(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    notes = []
    for who in reviewers:
        for draft in drafts:
            notes.append((who.name, who.review(draft)))
        notes.append(len(who.seen))
    return notes, seen_by(reviewers)


def in_rounds(drafts):
    reviewers = {name: Reviewer(name) for name in ("ann", "bob")}
    for _ in range(2):
        notes = {name: [who.review(draft) for draft in drafts] for name, who in reviewers.items()}
        drafts = [ask(draft, one, other) for draft, one, other in zip(drafts, notes["ann"], notes["bob"])]  # noqa: B905
    return drafts, seen_by(reviewers.values())


def one_after_the_other(drafts):
    reviewers = {name: Reviewer(name) for name in ("ann", "bob")}
    for _ in range(2):
        for who in reviewers.values():
            drafts = [who.review(draft) for draft in drafts]
    return drafts, seen_by(reviewers.values())


def each_remembers(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    return [[who.remember(draft) for draft in drafts] for who in reviewers], seen_by(reviewers)


def only_some(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    notes = []
    for who in reviewers:
        for draft in drafts:
            if len(who.seen) < 2:
                notes.append(who.review(draft))
            else:
                who.seen.clear()
    return notes, seen_by(reviewers)


def until_one_fits(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    notes = []
    for who in reviewers:
        for draft in drafts:
            note_ = who.review(draft)
            if "b" in note_:
                break
            notes.append(note_)
        else:
            notes.append("none")
    return notes, seen_by(reviewers)


def while_there_is_room(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    notes = []
    for who in reviewers:
        while len(who.seen) < len(drafts):
            notes.append(who.review(drafts[len(who.seen)]))
    return notes, seen_by(reviewers)


def three_deep(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    return [[[who.review(draft + part) for part in "xy"] for draft in drafts] for who in reviewers], seen_by(reviewers)


def parts_of_parts(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    for who in reviewers:
        for draft in drafts:
            who.parts.append(Reviewer(draft))
        for part in who.parts:
            for draft in drafts:
                part.review(draft)
    return [seen_by(who.parts) for who in reviewers]


def groups(drafts):
    teams = [[Reviewer(name + str(number)) for name in ("ann", "bob")] for number in range(2)]
    notes = [[[who.review(draft) for draft in drafts] for who in team] for team in teams]
    return notes, [seen_by(team) for team in teams]


def by_itself_and_inside(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    notes = []
    for who in reviewers:
        notes.append(who.review("first"))
        notes.extend([who.review(draft) for draft in drafts])
        notes.append((who.remember("last"), len(who.seen)))
    return notes, seen_by(reviewers)


def next_to_tasks(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    notes = []
    for who, draft in zip(reviewers, drafts):  # noqa: B905
        for number in range(2):
            notes.append(who.review(draft + str(number)))
    return notes, seen_by(reviewers)


def kept_by_the_inner_loop(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    chosen = []
    for who in reviewers:
        for draft in drafts:
            who.review(draft)
            chosen.append(who)
    for who in chosen:
        who.review("again")
    return seen_by(reviewers), len(chosen)


def shown_by_the_inner_loop(drafts):
    SHOWN.clear()
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    notes = [[(who.show(draft), note(len(SHOWN))) for draft in drafts] for who in reviewers]
    return notes, [who.name for who in SHOWN]


def one_memory(drafts):
    memory = []
    reviewers = [Reviewer(name, memory) for name in ("ann", "bob")]
    notes = [[(who.review(draft), len(who.seen)) for draft in drafts] for who in reviewers]
    return notes, seen_by(reviewers)


def memory_that_is_looked_at(drafts):
    memory = []
    reviewers = [Reviewer(name, memory) for name in ("ann", "bob")]
    return [[(who.review(draft), ask(len(memory))) for draft in drafts] for who in reviewers], memory


def list_that_is_looked_at(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    notes = []
    for who in reviewers:
        for draft in drafts:
            who.review(draft)
            notes.append(ask(sum(len(one.seen) for one in reviewers)))
    return notes


def each_hears_each(drafts):
    reviewers = [Reviewer(name) for name in drafts]
    return [[who.hear(other) for other in reviewers] for who in reviewers], seen_by(reviewers)


def list_that_grows(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    for who in reviewers:
        for draft in drafts:
            who.review(draft)
            if len(reviewers) < 4:
                reviewers.append(Reviewer(draft))
    return seen_by(reviewers)


def replaced_in_the_inner_loop(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    for index, who in enumerate(reviewers):
        for draft in drafts:
            who.review(draft)
            reviewers[index] = Reviewer(draft)
    return seen_by(reviewers)


def rebound_in_the_inner_loop(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    for who in reviewers:
        for draft in drafts:
            who.review(draft)
            who = Reviewer(draft)
        who.review("end")
    return seen_by(reviewers)


def last_one_goes_on(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    for who in reviewers:
        for draft in drafts:
            who.review(draft)
    who.review("again")
    return seen_by(reviewers)


def fails_on_the_way(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    return [[who.check(draft) for draft in drafts] for who in reviewers], seen_by(reviewers)


def each_tried(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    notes = []
    for who in reviewers:
        for draft in drafts:
            try:
                notes.append(who.check(draft))
            except ValueError:
                notes.append(len(who.seen))
    return notes, seen_by(reviewers)


def tried_as_a_whole(drafts):
    reviewers = [Reviewer(name) for name in ("ann", "bob")]
    notes = []
    for who in reviewers:
        try:
            notes.append([who.check(draft) for draft in drafts])
        except ValueError:
            notes.append(len(who.seen))
    return notes, seen_by(reviewers)


DRAFTS = (["x", "y", "z"],)

PROGRAMS = [
    case(in_a_list, DRAFTS, overlap=6),
    case(in_a_list, ([],), name="no_drafts"),
    case(in_a_dict, DRAFTS, overlap=6),
    case(in_statements, DRAFTS, overlap=6),
    case(in_rounds, DRAFTS, overlap=6),
    case(one_after_the_other, DRAFTS, overlap=3),
    case(each_remembers, DRAFTS, overlap=2),
    case(only_some, DRAFTS, overlap=2),
    case(until_one_fits, DRAFTS, overlap=2),
    case(while_there_is_room, DRAFTS, overlap=2),
    case(three_deep, DRAFTS, overlap=12),
    case(parts_of_parts, DRAFTS),
    case(groups, DRAFTS),
    case(by_itself_and_inside, DRAFTS, overlap=8),
    case(next_to_tasks, DRAFTS, overlap=4),
    case(kept_by_the_inner_loop, DRAFTS, overlap=2),
    case(shown_by_the_inner_loop, DRAFTS),
    case(one_memory, DRAFTS),
    case(memory_that_is_looked_at, DRAFTS),
    case(list_that_is_looked_at, DRAFTS),
    case(each_hears_each, DRAFTS),
    case(list_that_grows, DRAFTS),
    case(replaced_in_the_inner_loop, DRAFTS),
    case(rebound_in_the_inner_loop, DRAFTS),
    case(last_one_goes_on, DRAFTS, overlap=2),
    case(fails_on_the_way, ([1, 3, 2, 5],), raises="ValueError", more_calls=True),
    case(fails_on_the_way, ([1, 3],), name="none_fails", overlap=4),
    case(each_tried, ([1, 2, 3],), more_calls=True, overlap=2),
    case(tried_as_a_whole, ([1, 2, 3],), more_calls=True, overlap=2),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
