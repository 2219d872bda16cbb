"""Objects that a function makes: library containers, containers in containers, instances, objects that count."""

from __future__ import annotations

import copy
import enum
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from leaves import ask, flaky, note, num, rate
from observe import case

SHARED: list[Any] = []


def put_back() -> None:
    SHARED.clear()


def shared() -> list[Any]:
    return SHARED


# ---------------------------------------------------------------- containers of collections
def grouped(xs):
    groups = defaultdict(list)
    for x in xs:
        groups[ask(x)[-2]].append(x)
    return {k: ask(" ".join(map(str, v))) for k, v in sorted(groups.items())}


def grouped_answers(xs):
    groups = defaultdict(list)
    for x in xs:
        groups[x % 2].append(ask(x))
    return groups


def counted(xs):
    counts = Counter()
    for x in xs:
        counts[ask(x)[1]] += 1
    counts.update(["1", "1"])
    return counts.most_common(1), counts, counts["never"], counts.total()


def queue(xs):
    todo = deque()
    for x in xs:
        todo.append(ask(x))
    done = []
    while todo:
        done.append(ask(todo.popleft()))
    return done


def bounded_queue(xs):
    last = deque(maxlen=2)
    for x in xs:
        last.append(ask(x))
    last.appendleft("first")
    last.rotate(1)
    return last, last.maxlen, "first" in last, last.index("first")


def ordered_dict(xs):
    found = OrderedDict()
    for x in xs:
        found[x] = ask(x)
    found.move_to_end(xs[0])
    return found, list(found), found.popitem(last=False)


def set_filled(xs):
    seen = set()
    for x in xs:
        seen.add(ask(x))
    return sorted(seen)


def factory_is_a_lambda(xs):
    table = defaultdict(lambda: {"n": 0, "all": []})
    for x in xs:
        table[x % 2]["n"] += 1
        table[x % 2]["all"].append(ask(x))
    return dict(table)


def factory_in_factory(xs):
    table = defaultdict(lambda: defaultdict(int))
    for x in xs:
        table[x % 2][ask(x)] += 1
    return {key: dict(inner) for key, inner in table.items()}


def noisy_list():
    note("a list is made")
    return []


def factory_has_effects(xs):
    groups = defaultdict(noisy_list)
    for x in xs:
        groups[x % 2].append(ask(x))
        note(x)
    return groups


def failing_factory():
    raise KeyError("no more")


def factory_raises(xs):
    groups = defaultdict(failing_factory)
    groups[1] = [ask("first")]
    groups[xs[0]].append(num(xs[0]))
    groups[xs[1]].append(num(xs[1]))
    return groups


def factory_is_shared(xs):
    base: list[Any] = []
    groups = defaultdict(lambda: base)
    for x in xs:
        groups[x].append(ask(x))
    return groups, base, groups[xs[0]] is base


def factory_replaced(xs):
    groups = defaultdict(list)
    groups["a"].append(ask(xs[0]))
    groups.default_factory = dict
    groups["b"][ask(xs[1])] = 1
    groups.default_factory = None
    try:
        groups["c"].append(ask("never used"))
    except KeyError as error:
        note(str(error))
    return groups


def factory_is_global(xs):
    groups = defaultdict(lambda: SHARED)
    groups[1].append(ask(xs[0]))
    groups[2].append(len(SHARED))
    SHARED.append("direct")
    return [list(v) for v in groups.values()]


class Growing(dict):
    def __missing__(self, key):
        note(f"missing {key}")
        self[key] = value = [key]
        return value


def missing_method(xs):
    table = Growing()
    for x in xs:
        table[x % 2].append(ask(x))
    return dict(table)


class Loud(list):
    def append(self, value):
        note(f"append {value}")
        super().append(value)


def list_subclass(xs):
    out = Loud()
    for x in xs:
        out.append(ask(x))
    return list(out)


class Upper(defaultdict):
    def __getitem__(self, key):
        note(f"get {key}")
        return super().__getitem__(str(key).upper())


def defaultdict_subclass(xs):
    table = Upper(list)
    for x in xs:
        table["a"].append(ask(x))
    return dict(table)


def counter_arithmetic(xs):
    a, b = Counter(), Counter()
    for x in xs:
        a[ask(x)] += x
        b[ask(x)] += 1
    return a - b, a + b, a & b, a | b, a == b, sorted(a.elements())


def counter_of_arguments(counts, xs):
    for x in xs:
        counts[x] += num(x)
    return counts.most_common()


def groups_passed_on(xs):
    def size(groups):
        return sum(map(len, groups.values()))

    groups = defaultdict(list)
    for x in xs:
        groups[x % 2].append(ask(x))
    first = size(groups)
    groups[0].append("more")
    return first, size(groups), groups


def deque_stored(xs):
    todo = deque(xs)
    SHARED.append(todo)
    while todo:
        ask(todo.pop())
        note(len(SHARED[0]))
    return len(todo)


# ---------------------------------------------------------------- containers in containers
def nested_setdefault(xs):
    found = {}
    for x in xs:
        found.setdefault(x % 2, []).append(ask(x))
    return found


def dict_of_lists(xs):
    found = {"even": [], "odd": []}
    for x in xs:
        found["odd" if x % 2 else "even"].append(ask(x))
    return found


def list_of_dicts(xs):
    rows = []
    for x in xs:
        row = {"x": x}
        row["answer"] = ask(x)
        row["score"] = rate(row["answer"])
        rows.append(row)
    return rows


def part_is_named(xs):
    found = {"a": []}
    part = found["a"]
    found["a"].append(ask(xs[0]))
    part.append(num(xs[1]))
    found["a"].append(len(part))
    return found, part is found["a"]


def part_is_read_between(xs):
    found = {"a": [], "b": []}
    found["a"].append(ask(xs[0]))
    n = len(found["a"])
    found["b"].append(num(xs[0] + n))
    return found, n, found["b"][0]


def two_keys_one_list(xs):
    one = []
    found = {"a": one, "b": one}
    found["a"].append(ask(xs[0]))
    found["b"].append(num(xs[1]))
    return found, len(one), found["a"] is found["b"]


def shared_default(xs):
    empty = []
    found = {}
    for x in xs:
        found.setdefault(x, empty).append(ask(x))
    return found, len(empty)


def row_changed_after_append(xs):
    rows = []
    row = {}
    for x in xs:
        row["x"] = ask(x)
        rows.append(row)
    row["last"] = num(1)
    return rows, rows[0] is rows[-1]


def stored_in_each_other(xs):
    a, b = [], []
    a.insert(0, b)
    b.append(ask(xs[0]))
    n = len(a[0])
    b.append(num(xs[1]))
    return a, n, len(a[0]), a[0] is b


def cyclic(x):
    def make():
        made = []
        made.append(made)
        return made

    a = make()
    a[0].append(ask(x))
    return len(a), len(a[0]), a is a[0]


def escapes_midway(xs):
    found = {"a": []}
    found["a"].append(ask(xs[0]))
    SHARED.append(found)
    found["a"].append(ask(xs[1]))
    SHARED[0]["a"].append("direct")
    found["b"] = len(SHARED[0]["a"])
    return found


def part_escapes(xs):
    found = {"a": [], "b": []}
    SHARED.append(found["a"])
    found["a"].append(ask(xs[0]))
    SHARED[0].append(num(xs[1]))
    found["b"].append(len(SHARED[0]))
    return found


def escapes_on_one_path(xs):
    found = {"a": []}
    if num(xs[0]) > 5:
        SHARED.append(found["a"])
    found["a"].append(ask(xs[1]))
    for part in SHARED:
        part.append("seen")
    return found


def escapes_in_a_loop(xs):
    found = {"a": []}
    for x in xs:
        found["a"].append(ask(x))
        if x == 2:
            SHARED.append(found["a"])
    SHARED[0].append("end")
    return found


def missing_part(xs):
    found = {"a": []}
    for x in xs:
        found["b"].append(ask(x))
    return found


def missing_part_is_caught(xs):
    found = {"a": []}
    try:
        found["a"].append(ask(1))
        found["b"].append(ask(2))
    except KeyError as error:
        found["b"] = [str(error)]
    return found


def default_is_seen_by_the_handler(xs):
    found = {}
    try:
        for x in xs:
            found.setdefault(x, []).append(flaky(x))
    except ValueError:
        found["failed"] = sorted(map(str, found))
    return found


def argument_changes_the_receiver(xs):
    found = {"a": [1]}
    found["a"].append(ask(found.pop("a")))
    return found


def argument_reads_the_receiver(xs):
    found = {"a": []}
    for x in xs:
        found["a"].append(ask(f"{x} after {len(found['a'])}"))
    return found


def log_in_the_argument(xs):
    def logged(x):
        note(x)
        return ask(x)

    found = {"a": []}
    found["missing"].append(logged(xs[0]))
    return found


def outside_row(rows, xs):
    kept = {"rows": []}
    for row in rows:
        kept["rows"].append(row)
        row["seen"] = ask(row["x"])
    kept["rows"][0]["again"] = num(xs[0])
    return kept, rows[0]["again"]


def rows_by_name_and_by_place(xs):
    rows = [{"x": x} for x in xs]
    for row in rows:
        row["a"] = ask(row["x"])
    n = len(rows[0]["a"])
    rows[0]["a"] = num(n)
    first, *rest = rows
    first["b"] = ask(first["a"])
    return rows, rows[0]["b"], rest


def parts_unpacked(xs):
    pairs = [[x] for x in xs]
    one, two = pairs
    one.append(ask(xs[0]))
    pairs[1].append(num(xs[1]))
    two.append(len(pairs[0]))
    return pairs, len(one), len(two)


def parts_in_a_comprehension(xs):
    rows = [{"x": x} for x in xs]
    names = [row for row in rows if row]
    names[0]["y"] = ask(xs[0])
    rows[0]["z"] = num(rows[0]["x"])
    return names[0]["z"], rows[0]["y"], [ask(row["x"]) for row in rows]


def moved_between(xs):
    a, b = {"x": []}, {"x": []}
    a["x"].append(ask(xs[0]))
    b["y"] = a["x"]
    a["x"].append(num(xs[1]))
    b["y"].append("end")
    return a, b, a["x"] is b["y"]


def grid(xs):
    rows = [[0] * 2 for _ in xs]
    for i, x in enumerate(xs):
        rows[i][0] = ask(x)
    return rows


def grid_of_one_row(xs):
    rows = [[0] * 2] * 2
    rows[0][0] = ask(xs[0])
    rows[1][1] = num(xs[1])
    return rows, rows[0] is rows[1]


def json_like(xs):
    tree: dict[str, Any] = {"name": "root", "children": []}
    for x in xs:
        tree["children"].append({"name": ask(x), "children": []})
    tree["children"][0]["children"].append({"name": ask("leaf"), "children": []})
    return tree


def key_is_an_answer(xs):
    found = {}
    for x in xs:
        found[ask(x)] = x
    return found


def value_before_key(xs):
    found = {}
    for x in xs:
        found[ask(f"key {x}")] = num(x)
    return found


def counts_are_added(xs):
    totals = {"a": 0, "b": 0}
    for x in xs:
        totals["a" if x % 2 else "b"] += num(x)
    return totals


CONTAINERS = [
    case(grouped, ([1, 2, 3, 4],), overlap=4),
    case(grouped_answers, ([1, 2, 3, 4],), overlap=4),
    case(counted, ([1, 2, 3, 4],), overlap=4),
    case(queue, ([1, 2, 3, 4],), overlap=4),
    case(bounded_queue, ([1, 2, 3, 4],), overlap=4),
    case(ordered_dict, ([1, 2, 3, 4],), overlap=4),
    case(set_filled, ([1, 2, 3, 4],), overlap=4),
    case(factory_is_a_lambda, ([1, 2, 3, 4],), overlap=2),
    case(factory_in_factory, ([1, 2, 3, 4],)),
    case(factory_has_effects, ([1, 2, 3, 4],)),
    case(factory_raises, ([1, 2],), raises="KeyError"),
    case(factory_is_shared, ([1, 2, 3],)),
    case(factory_replaced, ([1, 2],), more_calls=True),
    case(factory_is_global, ([1, 2],), setup=put_back, state=shared),
    case(missing_method, ([1, 2, 3],)),
    case(list_subclass, ([1, 2, 3],)),
    case(defaultdict_subclass, ([1, 2, 3],)),
    case(counter_arithmetic, ([1, 2, 3],)),
    case(counter_of_arguments, lambda: (Counter({1: 5}), [1, 2, 3])),
    case(groups_passed_on, ([1, 2, 3],)),
    case(deque_stored, ([1, 2, 3],), setup=put_back, state=shared),
    case(nested_setdefault, ([1, 2, 3, 4],), overlap=4),
    case(dict_of_lists, ([1, 2, 3, 4],), overlap=4),
    case(list_of_dicts, ([1, 2, 3, 4],), overlap=4),
    case(part_is_named, ([1, 2],)),
    case(part_is_read_between, ([1, 2],)),
    case(two_keys_one_list, ([1, 2],)),
    case(shared_default, ([1, 2, 3],)),
    case(row_changed_after_append, ([1, 2, 3],)),
    case(stored_in_each_other, ([1, 2],)),
    case(cyclic, (1,)),
    case(escapes_midway, ([1, 2],), setup=put_back, state=shared),
    case(part_escapes, ([1, 2],), setup=put_back, state=shared),
    case(escapes_on_one_path, ([0, 2],), ([1, 2],), setup=put_back, state=shared),
    case(escapes_in_a_loop, ([1, 2, 3],), setup=put_back, state=shared),
    case(missing_part, ([1, 2],), raises="KeyError"),
    case(missing_part_is_caught, ([1, 2],), more_calls=True),
    case(default_is_seen_by_the_handler, ([1, 2, 3],), more_calls=True),
    case(argument_changes_the_receiver, ([1],)),
    case(argument_reads_the_receiver, ([1, 2, 3],)),
    case(log_in_the_argument, ([1],), raises="KeyError"),
    case(outside_row, lambda: ([{"x": 1}, {"x": 2}], [1])),
    case(rows_by_name_and_by_place, ([1, 2, 3],)),
    case(parts_unpacked, ([1, 2],)),
    case(parts_in_a_comprehension, ([1, 2],)),
    case(moved_between, ([1, 2],)),
    case(grid, ([1, 2, 3],)),
    case(grid_of_one_row, ([1, 2],)),
    case(json_like, ([1, 2, 3],)),
    case(key_is_an_answer, ([1, 2, 3],), overlap=3),
    case(value_before_key, ([1, 2, 3],), overlap=3),
    case(counts_are_added, ([1, 2, 3],), overlap=3),
]


@pytest.mark.parametrize("run", CONTAINERS)
def test_containers(run: Callable[[], None]) -> None:
    run()


# ---------------------------------------------------------------- instances
class Report:
    kind = "report"

    def __init__(self, title: str) -> None:
        self.title = title
        self.sections: list[Any] = []

    def add(self, section: Any) -> Report:
        self.sections.append(section)
        return self

    @property
    def size(self) -> int:
        return len(self.sections)

    @classmethod
    def empty(cls) -> Report:
        return cls("empty")

    def __len__(self) -> int:
        return len(self.sections)

    def __iadd__(self, section: Any) -> Report:
        self.sections.append(section)
        return self


class Registered(Report):
    def __init__(self, title: str) -> None:
        super().__init__(title)
        SHARED.append(self)


class Noisy(Report):
    def add(self, section: Any) -> Report:
        note(f"add {section}")
        return super().add(section)

    def __bool__(self) -> bool:
        note("asked")
        return bool(self.sections)


class Guarded(Report):
    def __setattr__(self, name: str, value: Any) -> None:
        note(f"set {name}")
        super().__setattr__(name, value)


class Lazy:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.asked.append(name)
        return name.upper()


class Slotted:
    __slots__ = ("items", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.items: list[Any] = []


@dataclass
class Item:
    name: Any
    score: float = 0.0
    notes: list[Any] = field(default_factory=list)


class Agent:
    def __init__(self, name: str) -> None:
        self.name = name
        self.memory: list[Any] = []

    def step(self, task: Any) -> str:
        answer = ask(f"{self.name}:{task}:{len(self.memory)}")
        self.memory.append(answer)
        return answer


class Counting:
    def __init__(self, model: Any) -> None:
        self.model = model
        self.calls = 0

    def __call__(self, prompt: Any) -> Any:
        self.calls += 1
        return self.model(prompt)


class CountingAfter(Counting):
    def __call__(self, prompt: Any) -> Any:
        answer = self.model(prompt)
        self.calls += 1
        return answer


class Level(enum.Enum):
    LOW = 1
    HIGH = 2

    def describe(self) -> str:
        return f"{self.name}:{self.value}"


class Pair(NamedTuple):
    left: Any
    right: list[Any]


class Positive:
    """A descriptor."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = f"_{name}"

    def __get__(self, instance: Any, owner: type) -> Any:
        return getattr(instance, self.name)

    def __set__(self, instance: Any, value: Any) -> None:
        note(f"{self.name} = {value}")
        setattr(instance, self.name, abs(value))


class Account:
    balance = Positive()

    def __init__(self, balance: Any) -> None:
        self.balance = balance


class Node:
    def __init__(self, text: str) -> None:
        self.text = text
        self.children: list[Node] = []


def expand(text, depth):
    node = Node(ask(text))
    if depth > 0:
        for i in range(2):
            node.children.append(expand(f"{node.text}{i}", depth - 1))
    return node


def report(xs):
    made = Report("t")
    for x in xs:
        made.sections.append(ask(x))
    return made, made.size, len(made)


def report_by_method(xs):
    made = Report("t")
    for x in xs:
        made.add(ask(x))
    return made, made.size, made.kind


def report_two_names(xs):
    a = b = Report("t")
    a.add(ask(xs[0]))
    n = b.size
    b.title = num(xs[1])
    a.sections.append(n)
    return a.title, b.sections, a is b


def report_escapes_midway(xs):
    made = Report("t")
    made.add(ask(xs[0]))
    SHARED.append(made)
    made.add(num(xs[1]))
    SHARED[0].add("direct")
    return made.size, made


def report_part_escapes(xs):
    made = Report("t")
    sections = made.sections
    made.add(ask(xs[0]))
    sections.append(num(xs[1]))
    made.add(len(sections))
    return made, sections is made.sections


def report_is_registered(xs):
    made = Registered("t")
    for x in xs:
        made.add(ask(x))
        note(len(SHARED[0].sections))
    return made.size


def report_is_noisy(xs):
    made = Noisy("t")
    for x in xs:
        if not made:
            note("empty")
        made.add(ask(x))
    return made.size


def report_guarded(xs):
    made = Guarded("t")
    made.title = ask(xs[0])
    made.add(num(xs[1]))
    return made.title, made.sections


def report_in_place(xs):
    made = Report("t")
    for x in xs:
        made += ask(x)
    return made.sections, bool(made)


def report_method_hidden(xs):
    made = Report("t")
    made.add(ask(xs[0]))
    made.add = lambda section: note(section)
    made.add(num(xs[1]))
    del made.add
    made.add("last")
    return made.sections


def report_method_hidden_by_an_argument(xs):
    def hide(one, value):
        one.add = SHARED.append
        return value

    made = Report("t")
    made.add(hide(made, ask(xs[0])))
    made.add(num(xs[1]))
    return made.sections, list(SHARED)


def report_made_by_a_class_method(xs):
    made = Report.empty()
    for x in xs:
        made.add(ask(x))
    return made


def reports_in_a_dict(xs):
    found = {}
    for x in xs:
        found.setdefault(x % 2, Report("r")).add(ask(x))
    return {key: one.sections for key, one in found.items()}


def report_on_one_path(xs):
    made = Report("a") if xs[0] > 1 else Noisy("b")
    made.add(ask(xs[0]))
    made.add(num(xs[0]))
    return made.sections, made.title


def report_attribute_on_one_path(xs):
    made = Report("a")
    if num(xs[0]) > 10:
        made.extra = [ask("extra")]
    made.add(ask(xs[0]))
    try:
        made.extra.append("more")
    except AttributeError:
        note("no extra")
    return vars(made)


def report_without_attribute(xs):
    made = Report("a")
    made.missing.append(ask(xs[0]))
    return made


def report_copied(xs):
    made = Report("a")
    made.add(ask(xs[0]))
    other = copy.copy(made)
    deep = copy.deepcopy(made)
    other.add(num(xs[1]))
    deep.add("deep")
    return made.sections, other.sections, deep.sections, other.sections is made.sections


def report_in_a_tuple(xs):
    made = Report("a")
    both = (made, 1)
    both[0].add(ask(xs[0]))
    n = made.size
    made.add(num(xs[1]))
    return both[0].sections, n, both[0].size


def report_seen_by_a_closure(xs):
    made = Report("a")

    def size():
        return len(made.sections)

    made.add(ask(xs[0]))
    first = size()
    made.add(num(xs[1]))
    return first, size()


def report_in_try(xs):
    made = Report("a")
    try:
        for x in xs:
            made.add(flaky(x))
    except ValueError:
        made.add("failed")
    return made


def report_is_slotted(xs):
    made = Slotted("s")
    for x in xs:
        made.items.append(ask(x))
    return made.items, made.name


def attributes_on_demand(xs):
    made = Lazy()
    first = made.one
    answer = ask(made.two)
    return first, answer, made.asked, num(len(made.asked))


def items_updated(xs):
    made = [Item(x) for x in xs]
    for one in made:
        one.score = rate(str(one.name))
    for one in made:
        one.notes.append(ask(one.name))
    return made


def item_in_two_places(xs):
    one = Item("one")
    found = [one, one, Item("two")]
    for each in found:
        each.notes.append(ask(len(each.notes)))
    found[0].score = num(1)
    return found, one.score


def two_agents(x):
    a, b = Agent("a"), Agent("b")
    first, second = a.step(x), b.step(x)
    return a.memory, b.memory, first, second


def one_agent_twice(x):
    a = Agent("a")
    return a.step(x), a.step(x), a.memory


def agents_share_memory(x):
    a, b = Agent("a"), Agent("b")
    b.memory = a.memory
    first, second = a.step(x), b.step(x)
    return a.memory, first, second, a.memory is b.memory


def agents_know_each_other(x):
    a, b = Agent("a"), Agent("b")
    a.friend, b.friend = b, a
    a.step(x)
    a.friend.step(x)
    b.friend.step(x)
    return [len(one.memory) for one in (a, b)], a.friend.friend is a


def agents_in_a_list(xs):
    made = [Agent(str(x)) for x in xs]
    for _ in range(2):
        for one in made:
            one.step("go")
    return made


def counting(xs):
    model = Counting(ask)
    answers = [model(x) for x in xs]
    return answers, model.calls


def counting_read_between(model, xs):
    first = model(xs[0])
    n = model.calls
    second = model(xs[1])
    return first, n, second, model.calls


def counting_in_loops(model, xs):
    answers = [model(x) for x in xs]
    note(model.calls)
    answers += [model(x) for x in xs]
    return answers, model.calls


def counting_fails(model, xs):
    try:
        for x in xs:
            model(x)
    except ValueError:
        note(model.calls)
    return model.calls


def two_counting(a, b, x):
    return a(x), b(x), a.calls, b.calls


def counting_copied(model, x):
    other = copy.deepcopy(model)
    return model(x), other(x), other(x), model.calls, other.calls


def levels(xs):
    return [(Level.HIGH if ask(x) > "<2" else Level.LOW).describe() for x in xs], Level(1).name


def pairs(xs):
    made = [Pair(ask(x), []) for x in xs]
    made[0].right.append(num(xs[0]))
    left, right = made[0]
    right.append(left)
    return made, made[0].right


def descriptor(xs):
    account = Account(-5)
    account.balance = -num(xs[0])
    return account.balance, ask(account.balance)


class Selfish:
    def __init__(self) -> None:
        self.me = self
        self.items: list[Any] = []

    def __str__(self) -> str:
        self.items.append("shown")
        return f"selfish {len(self.items)}"

    def __eq__(self, other: object) -> bool:
        self.items.append("compared")
        return isinstance(other, Selfish) and len(self.items) == len(other.items)

    __hash__ = None  # type: ignore[assignment]

    def each(self) -> Any:
        for item in self.items:
            yield item
            self.items[0] = "stepped"

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        if not self.items:
            raise StopIteration
        return self.items.pop()

    def __enter__(self) -> Selfish:
        self.items.append("entered")
        return self

    def __exit__(self, *failure: object) -> bool:
        self.items.append("left")
        return True


@dataclass
class Booked:
    name: Any
    tags: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        SHARED.append(self.tags)


def refers_to_itself(x):
    one = Selfish()
    one.me.items.append(ask(x))
    n = len(one.items)
    one.me.me.items.append(num(x))
    return n, one.items, one.me is one


def text_that_writes(x):
    one = Selfish()
    first = f"{one} {ask(x)}"
    second = str(one)
    one.items.append(num(x))
    return first, second, f"{one}", one.items


def comparison_that_writes(x):
    one, other = Selfish(), Selfish()
    one.items.append(ask(x))
    same = one == other
    other.items.append(num(x))
    return same, one == other, one.items, other.items


def iterator_that_writes(x):
    one = Selfish()
    one.items += [ask(x), num(x)]
    seen = [ask(item) for item in one]
    return seen, one.items


def generator_method(x):
    one = Selfish()
    one.items += [1, 2, 3]
    seen = []
    for item in one.each():
        seen.append(ask(item))
        one.items.append(0) if len(one.items) < 4 else None
    return seen, one.items


def manager_that_writes(x):
    one = Selfish()
    with one as same:
        one.items.append(ask(x))
        same.items.append(flaky(2))
    one.items.append(num(len(same.items)))
    return one.items, same is one


def booked_in_post_init(xs):
    one = Booked("a")
    for x in xs:
        one.tags.append(ask(x))
        note(len(SHARED[0]))
    return one


def outside_list_stored(items, xs):
    made = Report("a")
    made.sections = items
    made.add(ask(xs[0]))
    items.append(num(xs[1]))
    made.add(len(items))
    return made.sections, items is made.sections


def hook_stored(xs):
    made = Report("a")
    made.hook = lambda: len(made.sections)
    made.add(ask(xs[0]))
    n = made.hook()
    made.add(num(xs[1]))
    return n, made.hook()


def name_computed(xs):
    made = Report("a")
    for name, x in zip(("one", "two"), xs, strict=True):
        setattr(made, name, ask(x))
    return getattr(made, "o" + "ne"), made.two, sorted(vars(made))


def changed_by_a_helper(xs):
    def fill(one, values):
        for value in values:
            one.add(ask(value))
        return len(one.sections)

    made = Report("a")
    n = fill(made, xs)
    made.add(n)
    m = fill(made, [made.size])
    return made.sections, n, m


def append_answer(one, x):
    one.sections.append(ask(x))
    one.title = num(x)
    return one.title


def changed_by_a_function(xs):
    made = Report("a")
    found = [append_answer(made, x) for x in xs]
    return made, found, append_answer(made, made.title)


class Pipeline:
    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[Any] = []

    def run(self, xs: Any) -> list[str]:
        answers = [ask(f"{self.name} {x}") for x in xs]
        return [ask(answer) for answer in answers]

    def run_and_keep(self, xs: Any) -> int:
        for x in xs:
            self.seen.append(ask(x))
            self.seen.append(num(x))
        return len(self.seen)


def pipeline(xs):
    made = Pipeline("p")
    return made.run(xs)


def pipeline_keeps(xs):
    made = Pipeline("p")
    first = made.run_and_keep(xs)
    return first, made.run_and_keep(list(made.seen)), made.seen


def two_reports_swap(xs):
    a, b = Report("a"), Report("b")
    a.add(ask(xs[0]))
    a, b = b, a
    a.add(num(xs[1]))
    b.title, a.title = a.title, b.title
    return a, b


def report_in_a_while(xs):
    made = Report("a")
    while made.size < 3:
        made.add(ask(made.size))
    return made


def report_chosen_twice(xs):
    made = other = None
    for x in xs:
        if x == 2:
            made = Report(x)
            other = made
        if made is not None:
            made.add(ask(x))
            note(other.size)
    return made, other


def deleted_attribute(xs):
    made = Report("a")
    made.add(ask(xs[0]))
    del made.sections
    try:
        made.add(num(xs[1]))
    except AttributeError:
        made.sections = ["again"]
    return made


MORE = [
    case(refers_to_itself, (1,)),
    case(text_that_writes, (1,)),
    case(comparison_that_writes, (1,)),
    case(iterator_that_writes, (1,)),
    case(generator_method, (1,)),
    case(manager_that_writes, (1,)),
    case(booked_in_post_init, ([1, 2],), setup=put_back, state=shared),
    case(outside_list_stored, lambda: ([0], [1, 2])),
    case(hook_stored, ([1, 2],)),
    case(name_computed, ([1, 2],)),
    case(changed_by_a_helper, ([1, 2],)),
    case(changed_by_a_function, ([1, 2],)),
    case(pipeline, ([1, 2, 3],), overlap=3),
    case(pipeline_keeps, ([1, 2],)),
    case(two_reports_swap, ([1, 2],)),
    case(report_in_a_while, ([1],)),
    case(report_chosen_twice, ([1, 2, 3],)),
    case(deleted_attribute, ([1, 2],), more_calls=True),
]


INSTANCES = [
    case(report, ([1, 2, 3, 4],), overlap=4),
    case(report_by_method, ([1, 2, 3, 4],), overlap=4),
    case(report_two_names, ([1, 2],)),
    case(report_escapes_midway, ([1, 2],), setup=put_back, state=shared),
    case(report_part_escapes, ([1, 2],)),
    case(report_is_registered, ([1, 2],), setup=put_back, state=shared),
    case(report_is_noisy, ([1, 2],)),
    case(report_guarded, ([1, 2],)),
    case(report_in_place, ([1, 2, 3],)),
    case(report_method_hidden, ([1, 2],)),
    case(report_method_hidden_by_an_argument, ([1, 2],), setup=put_back),
    case(report_made_by_a_class_method, ([1, 2],)),
    case(reports_in_a_dict, ([1, 2, 3],)),
    case(report_on_one_path, ([1],), ([2],)),
    case(report_attribute_on_one_path, ([1],), ([2],)),
    case(report_without_attribute, ([1],), raises="AttributeError"),
    case(report_copied, ([1, 2],)),
    case(report_in_a_tuple, ([1, 2],)),
    case(report_seen_by_a_closure, ([1, 2],)),
    case(report_in_try, ([1, 2, 3],), more_calls=True),
    case(report_is_slotted, ([1, 2, 3],)),
    case(attributes_on_demand, ([1],)),
    case(items_updated, ([1, 2, 3],)),
    case(item_in_two_places, ([1],)),
    case(two_agents, (1,), overlap=2),
    case(one_agent_twice, (1,)),
    case(agents_share_memory, (1,)),
    case(agents_know_each_other, (1,)),
    case(agents_in_a_list, ([1, 2],)),
    case(expand, ("t", 2), name="tree"),
    case(counting, ([1, 2, 3],)),
    case(counting_read_between, lambda: (Counting(ask), [1, 2])),
    case(counting_in_loops, lambda: (CountingAfter(ask), [1, 2])),
    case(counting_fails, lambda: (Counting(flaky), [1, 2, 3]), more_calls=True),
    case(counting_fails, lambda: (CountingAfter(flaky), [1, 2, 3]), name="counting_after_fails", more_calls=True),
    case(two_counting, lambda: (Counting(ask), CountingAfter(num), 1)),
    case(two_counting, lambda: (one := Counting(ask), one, 1), name="counting_twice_the_same"),
    case(counting_copied, lambda: (Counting(ask), 1)),
    case(levels, ([1, 2, 3],)),
    case(pairs, ([1, 2],)),
    case(descriptor, ([1],)),
]


@pytest.mark.parametrize("run", [*INSTANCES, *MORE])
def test_instances(run: Callable[[], None]) -> None:
    run()
