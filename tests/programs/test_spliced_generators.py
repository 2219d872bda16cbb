"""Generators of the module that call the world, walked by loops, comprehensions and each other: their steps overlap.

Beside them stand generators and loops whose steps, ends or ways out Python does differently.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from leaves import ask, flaky, note
from observe import case

import xcs


def cleaned(lines):
    for line in lines:
        text = line.strip()
        if text:
            yield text


def answers(texts):
    for text in texts:
        yield ask(text)


def rows(texts, prefix="q"):
    """Each text with what was asked of it."""
    done = 0
    for number, text in enumerate(texts):
        reply = ask(f"{prefix}{text}")
        if len(reply) < 3:
            continue
        yield number, {"text": text, "reply": reply}
        done += 1
        note(f"done {done}")


def numbered(found):
    for number, row in found:
        row["number"] = number
        yield row


def short(texts, limit):
    for text in texts:
        if len(text) <= limit:
            yield text


def again(texts):
    yield from answers(texts)


def twice(texts):
    for text in texts:
        for one in (text, text * 2):
            yield ask(one)


def risky(numbers):
    for number in numbers:
        yield flaky(number)


def closing(texts):
    try:
        for text in texts:
            yield ask(text)
    finally:
        note("closed")


def until(texts):
    for text in texts:
        if text == "c":
            return
        yield ask(text)


def talking(texts):
    for text in texts:
        given = yield ask(text)
        note(given)


def stopping(texts):
    walk = iter(texts)
    while True:
        yield ask(next(walk))


def unbound(texts):
    for text in texts:
        if text == "b":
            last = ask(text)
        yield last


# ---------------------------------------------------------------- the steps overlap
def walked(texts):
    replies = []
    for reply in answers(texts):
        replies.append(reply.upper())
    return replies


def listed(texts):
    return list(answers(texts)), list(texts)


def comprehended(lines):
    return [reply * 2 for reply in answers(cleaned(lines)) if "b" not in reply]


def joined(texts):
    return "+".join(reply for reply in answers(texts))


def pipeline(lines):
    texts = cleaned(lines)
    found = rows(texts, prefix="p")
    return [row for row in numbered(found) if row]


def of_other_generators(texts):
    return list(short(again(texts), 9))


def saved(texts):
    for number, row in rows(texts):
        print(number, row["reply"])


def in_a_loop(texts):
    replies = []
    for text in texts:
        for reply in answers([text, text + "!"]):
            replies.append(reply)
    return replies


def continues(texts):
    total = 0
    for reply in answers(texts):
        if "b" in reply:
            continue
        total += len(reply)
    return total


# ---------------------------------------------------------------- ends and ways out
def breaks(texts):
    for reply in answers(texts):
        if "c" in reply:
            break
        note(reply)


def breaks_out_of_two(texts):
    for reply in twice(texts):
        if "bb" in reply:
            break
        note(reply)
    else:
        note("all")


def returns(texts):
    for number, row in rows(texts):
        if number == 1:
            return row
        note(number)
    return None


def continues_before_a_note(texts):
    for number, _ in rows(texts):
        if number == 1:
            continue
        note(number)


def cleans_up(texts):
    for reply in closing(texts):
        if "c" in reply:
            break
        note(reply)
    note("after")


def ends_early(texts):
    return [reply.upper() for reply in until(texts)]


def never_sent(texts):
    return list(talking(texts))


def stops(texts):
    return list(stopping(texts))


def unbound_inside(texts):
    return list(unbound(texts))


def fails(numbers):
    replies = []
    for reply in risky(numbers):
        note(reply)
        replies.append(ask(reply))
    return replies


def fails_in_a_try(numbers):
    try:
        for reply in risky(numbers):
            note(reply)
    except ValueError as error:
        return str(error)


def body_fails(texts):
    try:
        for reply in answers(texts):
            note(reply)
            if "b" in reply:
                raise KeyError(reply)
    except KeyError as error:
        return error.args


# ---------------------------------------------------------------- other names, other functions
def stepped_by_hand(texts):
    steps = answers(texts)
    return next(steps), list(steps)


def taken_twice(texts):
    steps = answers(texts)
    return list(steps), list(steps)


def source_is_bound_anew(texts):
    steps = answers(texts)
    texts = texts[:1]
    return list(steps), texts


def names_of_the_loop(texts):
    text, done = "mine", "too"
    for number, row in rows(texts):
        text += str(number)
        done += row["text"]
    return text, done


def own_answers(texts):
    def answers(texts):
        note("own")
        return [text * 2 for text in texts]

    return list(answers(texts))


def own_ask(texts):
    ask = str.upper
    return [ask(reply) for reply in answers(texts)]


def passed(texts, answers):
    return list(answers(texts))


def wrong_arguments(texts):
    return list(rows(texts, "a", "b"))


def grows(texts):
    for reply in answers(texts):
        if len(texts) < 6:
            texts.append(reply)
    return texts


TEXTS = ["a", "b", "c"]
LINES = ["a ", "", " b", "c"]

PROGRAMS = [
    case(walked, (TEXTS,), overlap=3),
    case(listed, (TEXTS,), staged=True),
    case(comprehended, (LINES,), overlap=3),
    case(joined, (TEXTS,), overlap=3),
    case(pipeline, (LINES,), overlap=3),
    case(of_other_generators, (TEXTS,), overlap=3),
    case(saved, (TEXTS,), overlap=3),
    case(in_a_loop, (TEXTS,), overlap=6),
    case(continues, (TEXTS,), overlap=3),
    case(breaks, (TEXTS,)),
    case(breaks_out_of_two, (TEXTS,)),
    case(returns, (TEXTS,)),
    case(continues_before_a_note, (TEXTS,)),
    case(cleans_up, (TEXTS,)),
    case(ends_early, (TEXTS,)),
    case(never_sent, (TEXTS,)),
    case(stops, (TEXTS,), raises="RuntimeError"),
    case(unbound_inside, (TEXTS,), raises="UnboundLocalError"),
    case(fails, ([0, 1, 2, 3],), raises="ValueError"),
    case(fails_in_a_try, ([0, 1, 2, 3],), more_calls=True),
    case(body_fails, (TEXTS,), more_calls=True),
    case(stepped_by_hand, (TEXTS,)),
    case(taken_twice, (TEXTS,)),
    case(source_is_bound_anew, (TEXTS,)),
    case(names_of_the_loop, (TEXTS,), overlap=3),
    case(own_answers, (TEXTS,)),
    case(own_ask, (TEXTS,)),
    case(passed, lambda: (TEXTS, closing)),
    case(wrong_arguments, (TEXTS,), raises="TypeError"),
    case(grows, lambda: (["a", "b"],)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()


def renamed(texts):
    return list(answers(texts))


def test_a_generator_that_is_bound_anew_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    program = xcs.jit(renamed)
    assert program(["a"]) == ["<a>"]
    monkeypatch.setitem(globals(), "answers", lambda texts: [text * 2 for text in texts])
    assert program(["a"]) == ["aa"]
