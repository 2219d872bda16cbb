"""Streams that a program opens and reads itself are one external call; what others may see is read in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from leaves import CURRENT, note, num, say
from observe import case, check

import xcs


class Stream:
    """Gives its words one by one; each step and the end are calls of the world."""

    def __init__(self, prompt: Any, fails_at: int = -1) -> None:
        self.prompt = prompt
        self.left = [f"{prompt}{letter}" for letter in "abc"]
        self.fails_at = fails_at
        self.closed = False

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self

    def __next__(self) -> dict[str, Any]:
        with CURRENT.world.call("step", self.prompt, len(self.left)):
            if self.closed or not self.left:
                raise StopIteration
            if len(self.left) == self.fails_at:
                raise ValueError(f"{self.prompt} breaks off")
            return {"text": self.left.pop(0), "left": len(self.left)}

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with CURRENT.world.call("close", self.prompt):
            self.closed = True


@xcs.op(effect="unordered", result="stream")
def opened(prompt: Any, fails_at: int = -1) -> Stream:
    return Stream(prompt, fails_at)


def read(x):
    return "".join(piece["text"] for piece in opened(x))


def mapped(xs):
    return [read(x) for x in xs]


def called_twice(x):
    a = read(x)
    b = read(x + 1)
    return a + b


def where_it_stands(xs):
    return ["".join(piece["text"] for piece in opened(x)) for x in xs]


def listed(xs):
    return [[piece["left"] for piece in opened(x)] for x in xs]


def in_a_loop(xs):
    texts = []
    for x in xs:
        words = []
        for piece in opened(x):
            if piece["left"] == 1:
                continue
            words.append(piece["text"])
        texts.append(" ".join(words))
    return texts


def under_a_name(xs):
    texts = []
    for x in xs:
        stream = opened(x)
        text = ""
        for piece in stream:
            text += piece["text"]
        texts.append(text)
    return texts


def two_under_one_name(xs):
    texts = []
    for x in xs:
        stream = opened(x)
        text = "".join(piece["text"] for piece in stream)
        stream = opened(x + 100)
        texts.append(text + "".join(piece["text"] for piece in stream))
    return texts


def managed(xs):
    texts = []
    for x in xs:
        with opened(x) as stream:
            texts.append("".join(piece["text"] for piece in stream))
    return texts


def managed_under_names(xs):
    found = {}
    for x in xs:
        with opened(x) as stream:
            first = next(stream)
            rest = [piece["text"] for piece in stream]
        found[x] = first["text"], rest
    return found


def into_one_dict(xs):
    found = {}
    for x in xs:
        with opened(x) as stream:
            for piece in stream:
                found[f"{x} {piece['left']}"] = piece["text"]
    return found


def into_one_list(xs):
    found = ["start"]
    for x in xs:
        for piece in opened(x):
            found.append(piece["text"])
    return found


def left_early(xs):
    texts = []
    for x in xs:
        for piece in opened(x):
            if piece["left"] == 1:
                break
            texts.append(piece["text"])
        else:
            texts.append("all")
    return texts


def passed_to_a_helper(xs):
    return [joined(opened(x)) for x in xs]


def joined(stream):
    return "-".join(piece["text"] for piece in stream)


def from_a_helper(xs):
    return [joined(opener(x)) for x in xs]


def opener(x):
    return opened(x, fails_at=-1)


def closed_by_hand(xs):
    texts = []
    for x in xs:
        stream = opened(x)
        texts.append(next(stream)["text"])
        stream.close()
    return texts


OVERLAPPING = [
    *(mapped, where_it_stands, listed, in_a_loop, under_a_name, managed, managed_under_names, into_one_dict),
    *(into_one_list, left_early, passed_to_a_helper, from_a_helper, closed_by_hand, two_under_one_name),
]


# ---- what has a place in the order


def printing(xs):
    texts = []
    for x in xs:
        for piece in opened(x):
            say(piece["text"])
            texts.append(piece["text"])
    return texts


def printing_between(xs):
    texts = []
    for x in xs:
        say("opening", x)
        stream = opened(x)
        say("opened", x)
        texts.append("".join(piece["text"] for piece in stream))
        say("read", x)
    return texts


def read_by_two(x):
    stream = opened(x)
    first = next(stream)["text"]
    say(first)
    rest = [piece["text"] for piece in stream]
    return first, rest


def read_by_two_names(x):
    stream = opened(x)
    other = stream
    first = next(other)["text"]
    again = next(stream)["text"]
    return first, again, [piece["text"] for piece in other]


def read_lazily(x):
    stream = opened(x)
    texts = (piece["text"] for piece in stream)
    first = next(texts)
    say(first)
    second = next(stream)["text"]
    return first, second, list(texts)


def enumerated(xs):
    return [[(n, piece["text"]) for n, piece in enumerate(opened(x))] for x in xs]


def zipped(x):
    return [(a["text"], b["text"]) for a, b in zip(opened(x), opened(x + 1), strict=False)]


def given_away(x):
    stream = opened(x)
    HELD.append(stream)
    first = next(HELD[-1])["text"]
    return first, [piece["text"] for piece in stream]


HELD: list[Any] = []


def returned(x):
    stream = opened(x)
    first = next(stream)["text"]
    return first, stream


def reads_what_is_returned(x):
    first, stream = returned(x)
    say(first)
    second = next(stream)["text"]
    third = next(stream)["text"]
    return first, second, third


def opened_before(xs):
    streams = [opened(x) for x in xs]
    return ["".join(piece["text"] for piece in stream) for stream in streams]


def stepped_in_turns(x):
    a, b = opened(x), opened(x + 1)
    texts = []
    for piece in a:
        texts.append(piece["text"])
        texts.append(next(b)["text"])
    return texts


def asks_for_each_piece(xs):
    found = []
    for x in xs:
        for piece in opened(x):
            found.append((piece["text"], num(piece["left"])))
    return found


def pieces_are_changed(x):
    pieces = []
    for piece in opened(x):
        piece["left"] = [piece["left"]]
        pieces.append(piece)
    pieces[0]["left"].append(x)
    return pieces


def noting_inside(xs):
    return [noted(x) for x in xs]


def noted(x):
    texts = []
    for piece in opened(x):
        note(piece["text"])
        texts.append(piece["text"])
    return texts


# ---- failures


def fails(xs):
    texts = []
    for x in xs:
        say("before", x)
        for piece in opened(x, 2 if x == 2 else -1):
            texts.append(piece["text"])
    return texts


def half_is_seen_by_a_handler(xs):
    texts = []
    try:
        for x in xs:
            with opened(x, 1 if x == 2 else -1) as stream:
                for piece in stream:
                    texts.append(piece["text"])
    except ValueError as error:
        texts.append(str(error))
    return texts


def handled_inside(xs):
    texts = []
    for x in xs:
        try:
            for piece in opened(x, 1 if x == 2 else -1):
                texts.append(piece["text"])
        except ValueError as error:
            texts.append(str(error))
    return texts


def name_of_a_piece_lives_on(xs):
    piece = {"text": "none"}
    for x in xs:
        for piece in opened(x):  # noqa: B007 its name is what this is about
            pass
    return piece["text"]


def name_in_a_manager_lives_on(xs):
    text = "none"
    texts = []
    for x in xs:
        texts.append(text)
        with opened(x) as stream:
            text = next(stream)["text"]
    return text, texts


class LateStream(Stream):
    """Looks at what it was asked with when it is first stepped, as clients of some services do."""

    def __init__(self, asked: list[Any]) -> None:
        super().__init__("")
        self.asked = asked

    def __next__(self) -> dict[str, Any]:
        if not self.prompt:
            self.prompt = str(self.asked)
            self.left = [f"{self.prompt}{letter}" for letter in "ab"]
        return super().__next__()


@xcs.op(effect="unordered", result="stream")
def opened_late(asked: list[Any]) -> LateStream:
    return LateStream(asked)


@xcs.op(effect="unordered", result="stream")
def opened_empty(prompt: Any) -> Stream:
    stream = Stream(prompt)
    stream.left.clear()
    return stream


def question_is_changed_before_it_is_read(x):
    asked = [x]
    stream = opened_late(asked)
    asked.append(num(x))
    texts = [piece["text"] for piece in stream]
    asked.append(3)
    return texts, asked


def question_of_others_is_changed(asked, x):
    stream = opened_late(asked)
    asked.append(x)
    first = next(stream)["text"]
    asked.append(num(x))
    return first, [piece["text"] for piece in stream]


def names_in_a_handler(xs):
    found = []
    last = "none"
    for x in xs:
        try:
            for piece in opened(x, 1 if x == 2 else -1):
                last = piece["text"]
            stream = opened(x + 100)
            found.append(joined(stream))
        except ValueError:
            found.append((last, piece["text"]))
    return found, last


def names_after_a_handler(x):
    try:
        stream = opened(x)
        for piece in stream:
            text = piece["text"]
        raise LookupError(text)
    except LookupError as error:
        return str(error), text, piece["left"]


def no_piece_at_all(x):
    for piece in opened_empty(x):
        text = piece["text"]
    return text


def no_piece_in_a_manager(xs):
    texts = []
    for x in xs:
        with opened_empty(x) if x == 2 else opened(x) as stream:
            for piece in stream:
                text = piece["text"]
        texts.append(text)
    return texts


def kept_generator(x):
    stream = opened(x)
    texts = (piece["text"] for piece in stream)
    say("before", x)
    return "".join(texts)


def stepped_by_hand(xs):
    found = []
    for x in xs:
        stream = opened(x)
        while (piece := next(stream, None)) is not None:
            found.append(piece["text"])
    return found


def closed_over(xs):
    def read_one(x):
        stream = opened(x)
        return [piece["text"] for piece in stream]

    return [read_one(x) for x in xs]


def counted_outside(xs):
    count = 0
    for x in xs:
        for _ in opened(x):
            count += 1
    return count


class Reader:
    def __init__(self) -> None:
        self.seen = []

    def read(self, x):
        with opened(x) as stream:
            text = "".join(piece["text"] for piece in stream)
        self.seen.append(text)
        return text


def by_methods(reader, xs):
    return [reader.read(x) for x in xs], reader.seen


def returns_from_inside(x):
    with opened(x) as stream:
        for piece in stream:
            if piece["left"] == 1:
                return piece["text"]
    return None


def continues_from_inside(xs):
    texts = []
    for x in xs:
        with opened(x) as stream:
            if x == 2:
                continue
            texts.append(joined(stream))
        texts.append("read")
    return texts


def unpacked(x):
    a, b, c = opened(x)
    first, *rest = opened(x + 1)
    return a["text"], b["left"], c["text"], first, rest, [*opened(x + 2)]


def attribute_is_set(x):
    stream = opened(x)
    stream.left = ["other"]
    return [piece["text"] for piece in stream]


XS = [1, 2, 3]
PROGRAMS = [
    *(case(program, (XS,), ([],)) for program in OVERLAPPING),
    case(called_twice, (1,)),
    *(case(one, (1,)) for one in (question_is_changed_before_it_is_read, names_after_a_handler, kept_generator)),
    *(case(one, (1,)) for one in (returns_from_inside, unpacked, attribute_is_set)),
    case(question_of_others_is_changed, lambda: ([5], 1)),
    case(no_piece_at_all, (1,), raises="UnboundLocalError"),
    *(case(one, (XS,), ([],)) for one in (no_piece_in_a_manager, stepped_by_hand, closed_over, counted_outside)),
    *(case(one, (XS,), ([],), more_calls=True) for one in (names_in_a_handler, continues_from_inside)),
    case(by_methods, lambda: (Reader(), XS)),
    *(case(one, (XS,), ([],)) for one in (printing, printing_between, enumerated, asks_for_each_piece, noting_inside)),
    *(case(one, (XS,), ([],)) for one in (opened_before, handled_inside)),
    *(case(one, (XS,), ([],), more_calls=True) for one in (fails, half_is_seen_by_a_handler)),
    *(case(one, (XS,), ([],)) for one in (name_of_a_piece_lives_on, name_in_a_manager_lives_on)),
    *(case(one, (1,)) for one in (read_by_two, read_by_two_names, read_lazily, zipped, given_away)),
    *(case(one, (1,)) for one in (reads_what_is_returned, stepped_in_turns, pieces_are_changed)),
]


@pytest.mark.parametrize("run", PROGRAMS)
def test_same(run: Callable[[], None]) -> None:
    run()


@pytest.mark.parametrize("program", OVERLAPPING)
def test_streams_are_read_side_by_side(program: Callable[..., Any]) -> None:
    check(program, (XS,), overlap=3)
