"""Ways out of loops: `break`, `return`, `else`, flags that stay known, names that only some paths bind, agents."""

# ruff: noqa: B007, F821, F841 - written as people write, mistakes included

from __future__ import annotations

import pytest
from leaves import ask, flaky, note, num, rate
from observe import case


def first_good(xs):
    for x in xs:
        answer = ask(x)
        if "3" in answer:
            break
    return answer


def search(xs):
    for x in xs:
        answer = ask(x)
        if "3" in answer:
            return x, answer
    return None


def search_in_rows(rows):
    found = []
    for row in rows:
        for x in row:
            if num(x) > 20:
                found.append((row, ask(x)))
                break
        else:
            found.append(None)
    return found


def rows_in_parallel(rows):
    return [first_good(row) for row in rows]


def found_or_default(xs):
    for x in xs:
        if num(x) == 30:
            winner = ask(x)
            break
    else:
        winner = ask("none")
        note("nothing found")
    return winner


def agent(question):
    state = [question]
    while True:
        answer = ask(state[-1])
        if len(answer) > 6:
            break
        state.append(answer)
    return state


def two_agents(a, b):
    left = agent(a)
    right = agent(b)
    return left, right


def agents_in_a_loop(questions):
    return {question: agent(question) for question in questions}


def bounded_agent(question, limit):
    steps = 0
    while steps < limit:
        question = ask(question)
        steps += 1
        if steps == 3:
            return question, steps
        if "zz" in question:
            continue
        question = question.strip()
    else:
        return "done", question


def everything_at_once(rows):
    for row in rows:
        for x in row:
            answer = ask(x)
            if answer == "<5>":
                return "found", x
            if answer == "<2>":
                break
            if answer == "<3>":
                continue
            note(x)
            again = ask(answer)
        else:
            ask("else")
            continue
        last = x
    return answer, again, last


def effects_before_and_after(xs):
    for x in xs:
        note(("start", x))
        if num(x) > 20:
            note("stop")
            break
        note(("end", x))
    note("after")
    return ask("after")


def exits_and_work_between(xs):
    out = []
    for x in xs:
        if x is None:
            continue
        if x == 4:
            break
        out.append(ask(x))
    out.append(ask("rest"))
    return out


def exit_in_one_branch_only(a, b, x):
    if a:
        if b:
            return "early"
        x = x + 1
    else:
        y = ask("else")
    first = ask(x)
    second = ask("other")
    return first, second


def name_bound_on_one_side(flag):
    if num(flag):
        y = ask("yes")
    z = ask("always")
    return y, z


def name_read_where_it_is_bound(flag):
    condition = num(flag)
    if condition:
        y = ask("yes")
    z = ask("always")
    if condition:
        return y, z
    return z


def name_of_the_previous_iteration(xs):
    for index, x in enumerate(xs):
        if index > 0:
            note(previous)
        previous = ask(x)
    return previous


def deleted_name(x):
    answer = ask(x)
    if x == 1:
        del answer
    other = ask("other")
    return answer, other


def deleted_in_a_loop(xs):
    for x in xs:
        kept = ask(x)
        if x == 2:
            del kept
    return kept


def caught_and_gone(x):
    try:
        y = flaky(x)
    except ValueError as error:
        y = str(error)
    z = ask(y)
    return z, error


def return_from_a_static_loop(x):
    for k in range(4):
        answer = ask(f"{x}{k}")
        if answer.endswith("2>"):
            return answer
    return "none"


def break_known_while_staging(x):
    for k in (1, 2, 3):
        if k == 2:
            break
        answer = ask((x, k))
    else:
        answer = ask("else")
    return answer


def else_known_while_staging(x):
    for k in (1, 2, 3):
        if k == 5:
            break
        answer = ask((x, k))
    else:
        answer = ask("else")
    return answer


def returns_a_list_of_its_own(xs):
    out = []
    for x in xs:
        out.append(ask(x))
        if len(out) == 2:
            return out
    out.append("end")
    return out


def breaks_with_lists(xs):
    seen, left = [], list(xs)
    while left:
        x = left.pop(0)
        seen.append(num(x))
        if seen[-1] == 20:
            break
    return seen, left


def queue_of_work(root):
    pending, done = [root], []
    while pending:
        node = pending.pop()
        done.append(ask(node))
        if len(done) >= 5:
            break
        for child in (node + "l", node + "r"):
            if len(child) < 4:
                pending.append(child)
    return done


def walrus_in_while(question):
    out = []
    while (question := ask(question)) and len(question) < 8:
        out.append(question)
    return out, question


def counts_down(n):
    while True:
        n = num(n) // 10 - 1
        if n <= 0:
            return "zero"
        if n == 2:
            break
    return n


def retries(x):
    for attempt in range(3):
        answer = ask((x, attempt))
        if rate(answer) >= 0:
            return attempt, answer
    raise RuntimeError("never good")


def raises_behind_a_loop(xs):
    for x in xs:
        if num(x) == 100:
            break
    else:
        raise LookupError(f"none of {len(xs)}")
    return "found"


def error_after_break_is_not_reached(xs):
    for x in xs:
        if x == 2:
            break
        flaky(x)
    else:
        flaky(2)
    return "fine"


def break_in_else(rows):
    for row in rows:
        for x in row:
            ask(x)
        else:
            if len(row) == 1:
                break
        note(row)
    return "end"


def return_in_else(row):
    for x in row:
        if num(x) == 20:
            break
    else:
        return "all"
    return ask("some")


def loop_in_a_branch_of_a_loop(xs):
    total = 0
    for x in xs:
        if num(x) > 10:
            for y in range(x):
                if num(y) == 20:
                    total += 100
                    break
                total += 1
            else:
                continue
            note(total)
    return total


def early_out_of_nested_ifs(x):
    for k in range(x):
        if num(k) >= 0:
            if k == 2:
                if ask(k):
                    return "deep"
            elif k == 1:
                note("one")
    return "shallow"


def pure_search_before_calls(xs, wanted):
    for x in xs:
        if x == wanted:
            return "there"
    return [ask(x) for x in xs]


def pure_search_with_break(xs, wanted):
    for index, x in enumerate(xs):
        if x == wanted:
            break
    else:
        index = -1
    return [ask((x, index)) for x in xs]


def asked_until_empty(xs):
    while (x := num(xs.pop() if xs else 0)) > 5:
        note(("more", x))
    else:
        note("no more")
    note("after")


def asked_inside_a_loop(rows):
    for row in rows:
        while (x := num(row.pop() if row else 0)) > 5:
            if x == 20:
                break
        else:
            note("no more")
        note(("after", ask(row)))


def own_rows_shrink(ns):
    rows = [[n, n + 1] for n in ns]
    for row in rows:
        while (x := num(row.pop() if row else 0)) > 1:
            if x == 20:
                break
    return rows


def while_with_pure_return(n):
    while n > 0:
        if n % 7 == 0:
            return n
        n -= 1
    return ask(n), ask("x")


PROGRAMS = [
    case(first_good, (["1", "2", "3", "4"],), (["1"],), ([],)),
    case(search, (["1", "2", "3", "4"],), (["1"],), ([],)),
    case(search_in_rows, ([[1, 2, 3, 4], [1], []],)),
    case(search_in_rows, ([[1], [2]],), name="rows_overlap", overlap=2),
    case(rows_in_parallel, ([["1", "3"], ["3"], ["2"]],), overlap=3),
    case(found_or_default, ([1, 3, 2],), ([1],)),
    case(agent, ("q",)),
    case(two_agents, ("q", "r"), overlap=2),
    case(agents_in_a_loop, (["a", "bb", "c"],), overlap=3),
    case(bounded_agent, ("q", 5), ("q", 2), ("q", 0)),
    case(everything_at_once, ([["1", "3", "2"], ["7"], ["2"]],), ([["1"], ["5"]],), ([],), ([["3"]],)),
    case(effects_before_and_after, ([1, 2, 3, 4],), ([],)),
    case(exits_and_work_between, ([1, None, 3, 4, 5],), ([],), overlap=1),
    case(exits_and_work_between, ([1, None, 3, 4, 5],), name="guards_do_not_wait", overlap=3),
    case(exit_in_one_branch_only, (1, 1, 1), (1, 0, 1), (0, 0, 1)),
    case(exit_in_one_branch_only, (1, 0, 1), name="what_follows_overlaps", overlap=2),
    case(name_bound_on_one_side, (1,), (0,)),
    case(name_read_where_it_is_bound, (1,), (0,)),
    case(name_of_the_previous_iteration, ([1, 2, 3],), ([],), ([1],)),
    case(deleted_name, (1,), (2,)),
    case(deleted_in_a_loop, ([1, 2],), ([2, 1],), ([],)),
    case(caught_and_gone, (2,), (1,), more_calls=True),
    case(return_from_a_static_loop, ("x",)),
    case(break_known_while_staging, ("x",)),
    case(else_known_while_staging, ("x",), overlap=3),
    case(returns_a_list_of_its_own, ([1, 2, 3],), ([1],)),
    case(breaks_with_lists, ([1, 2, 3],), ([1],), ([],)),
    case(queue_of_work, ("r",)),
    case(walrus_in_while, ("q",)),
    case(counts_down, (5,), (2,), (3,)),
    case(retries, (1,)),
    case(raises_behind_a_loop, ([1, 10],), ([1],)),
    case(error_after_break_is_not_reached, ([1, 2, 3],), ([1, 3],)),
    case(break_in_else, ([[1, 2], [3], [4]],)),
    case(return_in_else, ([1, 2],), ([1],)),
    case(loop_in_a_branch_of_a_loop, ([1, 2, 4],)),
    case(early_out_of_nested_ifs, (2,), (4,)),
    case(pure_search_before_calls, ([1, 2, 3], 2), ([1, 2, 3], 9)),
    case(pure_search_before_calls, ([1, 2, 3], 9), name="calls_behind_a_pure_search", overlap=3),
    case(pure_search_with_break, ([1, 2, 3], 2), ([1, 2, 3], 9), overlap=3),
    case(while_with_pure_return, (6,), (8,)),
    case(asked_until_empty, lambda: ([1, 2],), lambda: ([],)),
    case(own_rows_shrink, ([1, 2, 3],), overlap=3),
    case(asked_inside_a_loop, lambda: ([[1, 2], [3], []],)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program) -> None:
    program()
