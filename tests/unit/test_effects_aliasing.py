"""Programs in which an object has several names: a write through any of them must be seen as a write."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field

import pytest

from xcs.diagnostics.effect import Effect
from xcs.frontend.effects.abstract_type import ANY, FLOAT, INT, NONE, STR, DictType, InstanceType, ListType
from xcs.frontend.effects.infer import infer_call, resolve
from xcs.frontend.effects.lattice import covers

INTS = ListType(INT)
NESTED = ListType(INTS)
TABLE = DictType(STR, INTS)
CACHE: dict[str, int] = {}
LOG: list[str] = []
COUNT = 0
DEFAULT_TARGET: list[int] = []


class Evil:
    """Every operator on it prints."""

    def __add__(self, other: object) -> int:
        print("add")
        return 1

    def __getitem__(self, key: object) -> int:
        self.last = key
        return 1

    def __str__(self) -> str:
        LOG.append("str")
        return "evil"

    def __len__(self) -> int:
        print("len")
        return 0

    def __eq__(self, other: object) -> bool:
        LOG.append("eq")
        return True

    def __hash__(self) -> int:
        return 1

    def __lt__(self, other: object) -> bool:
        LOG.append("lt")
        return True

    @property
    def touched(self) -> int:
        LOG.append("touched")
        return 1


class Box:
    def __init__(self, items):
        self.items = items

    def add(self, item):
        self.items.append(item)
        return self


@dataclass
class Record:
    name: str
    tags: list = field(default_factory=list)


def append_parameter(xs):
    xs.append(1)


def append_alias(xs):
    ys = xs
    ys.append(1)


def append_through_list(xs):
    holder = [xs]
    holder[0].append(1)


def append_through_dict(xs):
    holder = {"a": xs}
    for one in holder.values():
        one.append(1)


def append_through_tuple(xs):
    pair = (xs, 1)
    ys, _ = pair
    ys.append(1)


def append_through_sorted(xss):
    for xs in sorted(xss, key=len):
        xs.append(1)


def append_through_slice(xss):
    xss[:1][0].append(1)


def append_through_zip(xss):
    for xs, _ in zip(xss, xss, strict=True):
        xs.append(1)


def append_through_enumerate(xss):
    for _, xs in enumerate(xss):
        xs += [1]


def append_through_max(xss):
    max(xss, key=len).append(1)


def append_through_comprehension(xss):
    copies = [xs for xs in xss]  # noqa: C416
    copies[0].clear()


def append_through_conditional(xs):
    ys = xs if len(xs) else []
    ys.append(1)


def append_through_or(xs):
    ys = xs or []
    ys.append(1)


def append_through_loop(xs):
    ys = []
    for _ in range(2):
        ys.append(1)
        ys = xs


def append_through_closure(xs):
    def push():
        xs.append(1)

    push()


def append_through_default(xs):
    def push(target=xs):
        target.append(1)

    push()


def append_through_rebound_closure(xs):
    target = []

    def push():
        target.append(1)

    target = xs
    push()


def append_through_box(xs):
    box = Box(xs)
    box.add(1)


def append_through_record(xs):
    record = Record("a", xs)
    record.tags.append(1)


def append_through_helper(xs):
    append_parameter(xs)


def append_through_returned(xs):
    identity(xs).append(1)


def identity(x):
    return x


def append_through_wrapped(xs):
    wrap(xs)[0].append(1)


def wrap(x):
    return [x]


def append_through_partial(xs):
    functools.partial(append_parameter, xs)()


def append_through_method(xs):
    push = xs.append
    push(1)


def append_through_map(xs):
    list(map(xs.append, [1, 2]))


def append_through_star(xs):
    append_parameter(*[xs])


def append_through_kwargs(xs):
    append_parameter(xs=xs)


def append_through_match(xs):
    match [xs]:
        case [ys]:
            ys.append(1)


def append_through_walrus(xs):
    if ys := xs:
        ys.append(1)


def append_through_with(xs):
    import contextlib

    with contextlib.nullcontext(xs) as ys:
        ys.append(1)


def append_through_next(xss):
    next(iter(xss)).append(1)


def append_through_reversed(xss):
    for xs in reversed(xss):
        xs.append(1)


def append_through_dict_comprehension(xss):
    {i: xs for i, xs in enumerate(xss)}[0].append(1)  # noqa: C416


def append_through_extend(xss):
    ys = []
    ys.extend(xss)
    ys[0].append(1)


def append_through_setdefault(xs):
    {}.setdefault("a", xs).append(1)


def append_through_pop(xs):
    [xs].pop().append(1)


def append_through_attribute(xs):
    box = Box([])
    box.items = xs
    box.items.append(1)


def append_through_unpacking(xss):
    _, *rest = xss
    rest[0].append(1)


def append_through_nonlocal(xs):
    target = []

    def choose():
        nonlocal target
        target = xs

    choose()
    target.append(1)


def augmented_parameter(xs):
    xs += [1]


def delete_item(xs):
    del xs[0]


def set_slice(xs):
    xs[:] = []


def sort_parameter(xs):
    xs.sort()


def append_in_try(xs):
    ys = []
    try:
        ys = xs
        int("x")
    except ValueError:
        ys.append(1)


def append_in_finally(xs):
    ys = []
    try:
        ys = xs
    finally:
        ys.append(1)


MUTATING = [
    (append_parameter, INTS),
    (append_alias, INTS),
    (append_through_list, INTS),
    (append_through_dict, INTS),
    (append_through_tuple, INTS),
    (append_through_sorted, NESTED),
    (append_through_slice, NESTED),
    (append_through_zip, NESTED),
    (append_through_enumerate, NESTED),
    (append_through_max, NESTED),
    (append_through_comprehension, NESTED),
    (append_through_conditional, INTS),
    (append_through_or, INTS),
    (append_through_loop, INTS),
    (append_through_closure, INTS),
    (append_through_default, INTS),
    (append_through_rebound_closure, INTS),
    (append_through_box, INTS),
    (append_through_record, INTS),
    (append_through_helper, INTS),
    (append_through_returned, INTS),
    (append_through_wrapped, INTS),
    (append_through_partial, INTS),
    (append_through_method, INTS),
    (append_through_map, INTS),
    (append_through_star, INTS),
    (append_through_kwargs, INTS),
    (append_through_match, INTS),
    (append_through_walrus, INTS),
    (append_through_with, INTS),
    (append_through_next, NESTED),
    (append_through_reversed, NESTED),
    (append_through_dict_comprehension, NESTED),
    (append_through_extend, NESTED),
    (append_through_setdefault, INTS),
    (append_through_pop, INTS),
    (append_through_attribute, INTS),
    (append_through_unpacking, NESTED),
    (append_through_nonlocal, INTS),
    (augmented_parameter, INTS),
    (delete_item, INTS),
    (set_slice, INTS),
    (sort_parameter, INTS),
    (append_in_try, INTS),
    (append_in_finally, INTS),
]


@pytest.mark.parametrize(("function", "type_"), MUTATING, ids=lambda one: getattr(one, "__name__", ""))
def test_write_through_an_alias_mutates_the_parameter(function, type_):
    summary = infer_call(function, (type_,), {})
    assert 0 in summary.mutates
    assert summary.behaviour().effect >= Effect.ORDERED


def build_fresh(xs):
    out = []
    for x in xs:
        out.append(x + 1)
    out.sort()
    return out


def build_rows(n):
    rows = [{"id": i, "tags": []} for i in range(n)]
    for row in rows:
        row["tags"].append(str(row["id"]))
        row["n"] = len(row["tags"])
    return rows


def build_record(name):
    record = Record(name)
    record.tags.append("new")
    return record


def copy_then_write(xs):
    ys = list(xs)
    ys.append(1)
    return ys


def count_locally(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


def accumulate_in_closure(xs):
    total = 0

    def add(x):
        nonlocal total
        total += x

    for x in xs:
        add(x)
    return total


@pytest.mark.parametrize(
    ("function", "type_", "result"),
    [
        (build_fresh, INTS, INTS),
        (build_rows, INT, ANY),
        (build_record, STR, ANY),
        (copy_then_write, INTS, INTS),
        (count_locally, ListType(STR), DictType(STR, INT)),
        (accumulate_in_closure, INTS, INT),
    ],
)
def test_objects_made_inside_may_be_written_freely(function, type_, result):
    summary = infer_call(function, (type_,), {})
    assert summary.effect is Effect.PURE, summary.reason
    assert not summary.mutates
    assert covers(result, summary.result)


def write_global_object(x):
    LOG.append(x)


def write_global_alias(x):
    log = LOG
    log.append(x)


def write_global_item(x):
    CACHE["a"] = x


def write_through_getter(x):
    get_log().append(x)


def get_log():
    return LOG


def rebind_global(x):
    global COUNT
    COUNT = x


def write_mutable_default(x, target=DEFAULT_TARGET):
    target.append(x)
    return target


def write_function_attribute(x):
    identity.last = x


def write_class_attribute(x):
    Box.shared = x


def store_fresh_then_write(x):
    fresh = []
    CACHE["list"] = fresh  # type: ignore[assignment]
    fresh.append(x)


def write_in_comprehension(x):
    return [LOG.append(str(i)) for i in range(3)]


def write_in_lambda(x):
    return sorted([3, 1], key=lambda i: LOG.append(str(i)) or i)


def write_in_any(x):
    return any(LOG.append(str(i)) for i in range(3))


def write_in_argument(x):
    return len(str(LOG.append("a")))


def write_in_default(x):
    def inner(y=LOG.append("a")):  # noqa: B008
        return y

    return inner()


def write_in_decorated(x):
    return len([str(one) for one in [LOG.append("a")]])


def write_in_property(x):
    return Evil().touched


def write_in_fstring(x):
    return f"{Evil()}"


def write_in_percent(x):
    return "%s" % Evil()  # noqa: UP031


def write_in_join(x):
    return ", ".join(map(str, [Evil()]))


def write_in_equality(x):
    return Evil() in [Evil()]


def write_in_dict_key(x):
    return {Evil(): 1}[Evil()]


def write_in_sort(x):
    return sorted([Evil(), Evil()])


def write_in_constructor(x):
    return Loud(x)


class Loud:
    def __init__(self, x):
        LOG.append(x)


def write_in_super(x):
    return Louder(x)


class Louder(Loud):
    def __init__(self, x):
        super().__init__(x)
        self.x = x


def write_in_post_init(x):
    return Checked(x)


@dataclass
class Checked:
    x: str

    def __post_init__(self):
        LOG.append(self.x)


def write_in_factory(x):
    from collections import defaultdict

    groups = defaultdict(lambda: LOG.append("made"))
    return groups[x]


def write_in_sub(x):
    import re

    return re.sub("a", lambda match: LOG.append("a") or "b", "aaa")


def write_in_json_hook(x):
    import json

    return json.loads("{}", object_hook=lambda d: LOG.append("hook"))


def write_in_recursion(n):
    if n == 0:
        LOG.append("zero")
        return 0
    return write_in_recursion(n - 1)


def write_after_late_binding(x):
    action = len

    def run():
        return action("a")

    action = LOG.append
    return run()


def write_in_evil_list(x):
    xs = [1]
    total = sum(xs)
    xs.append(Evil())
    return total + sum(xs)


def write_in_lazy_map(x):
    xs = [Box([])]
    lazy = map(lambda box: box.add(1) if isinstance(box, Box) else box.touched, xs)  # noqa: C417
    xs.append(Evil())
    return list(lazy)


def write_in_kept_generator(x):
    steps = (LOG.append(str(i)) for i in range(3))
    return next(steps)


def exec_source(x):
    exec("LOG.append(1)")


def set_attribute_by_name(x):
    setattr(Box, x, 1)


def write_locals_dict(x):
    vars(Box)["a"] = x


def first_import(x):
    import this_module_is_never_imported  # type: ignore[import-not-found]  # noqa: F401


ORDERED_CASES = [
    value for name, value in sorted(globals().items()) if name.startswith(("write_", "rebind_", "store_fresh"))
] + [exec_source, set_attribute_by_name, write_locals_dict, first_import]


@pytest.mark.parametrize("function", ORDERED_CASES, ids=lambda one: one.__name__)
def test_writing_what_others_see_is_ordered(function):
    argument = INT if function is write_in_recursion else STR
    summary = infer_call(function, (argument,), {})
    assert summary.effect >= Effect.ORDERED
    assert summary.reason


def poison_then_add(xs, ys):
    xs.append(Evil())
    return ys[0] + 1


def test_a_write_that_changes_contents_makes_types_unknown():
    """`xs` and `ys` may be the same list, so `ys[0]` may be the object whose `+` prints."""
    summary = infer_call(poison_then_add, (INTS, INTS), {})
    assert summary.effect >= Effect.ORDERED


def keep_type_then_add(xs, ys):
    xs.append(1)
    return ys[0] + 1


def test_a_write_that_keeps_the_type_keeps_what_is_known():
    summary = infer_call(keep_type_then_add, (INTS, INTS), {})
    assert summary.effect is Effect.PURE
    assert summary.mutates == {0}
    assert summary.result == INT


def test_types_that_a_write_breaks_are_told():
    def push(xs):
        xs.append("a")

    summary = infer_call(push, (INTS,), {})
    assert ("list", "element", STR) in summary.stores


def plain_or_evil(text, flag):
    data = json.loads(text) if flag else {"a": Evil()}
    return data["a"] + 1


def plain_or_evil_list(text, flag):
    data = json.loads(text) if flag else []
    data.append(Evil())
    return [one + 1 for one in data]


@pytest.mark.parametrize("function", [plain_or_evil, plain_or_evil_list])
def test_an_object_that_only_may_be_plain_data_is_looked_into(function):
    assert infer_call(function, (STR, INT), {}).effect >= Effect.ORDERED


def store_in_first(xs, ys):
    xs.append(ys)


def test_a_stored_parameter_is_retained():
    summary = infer_call(store_in_first, (NESTED, INTS), {})
    assert summary.mutates == {0}
    assert 1 in summary.retains


@pytest.mark.parametrize("function", [identity, wrap, Box])
def test_a_returned_parameter_is_retained(function):
    summary = infer_call(function, (INTS,), {})
    assert summary.retains == {0}
    assert not summary.mutates


def test_an_immutable_parameter_is_not_retained():
    assert not infer_call(wrap, (STR,), {}).retains


def shadowed(box):
    return box.add(1)


def test_an_instance_attribute_hides_the_method():
    known = InstanceType(Box, (("items", INTS),))
    assert infer_call(shadowed, (known,), {}).mutates == {0}
    hidden = InstanceType(Box, (("add", ANY), ("items", INTS)))
    summary = infer_call(shadowed, (hidden,), {})
    assert summary.effect is Effect.ORDERED
    assert summary.unknown_types


def test_an_instance_that_hides_its_method_is_seen_at_run_time():
    box = Box([])
    box.add = LOG.append  # type: ignore[method-assign]
    assert resolve(shadowed, (box,), {}).effect is Effect.ORDERED


def test_bound_methods_that_write_their_object_are_ordered():
    assert resolve(Box([]).add, (1,), {}).effect is Effect.ORDERED
    assert resolve([].append, (1,), {}).effect is Effect.ORDERED
    assert resolve([1].index, (1,), {}).effect is Effect.PURE


def rebindable():
    return helper_that_changes()


def helper_that_changes():
    return 1


def test_rebinding_a_global_function_is_noticed(monkeypatch):
    assert infer_call(rebindable, (), {}).effect is Effect.PURE

    def loud():
        print("loud")

    monkeypatch.setitem(globals(), "helper_that_changes", loud)
    assert infer_call(rebindable, (), {}).effect is Effect.ORDERED


def rebinds_what_it_calls(x):
    global switch
    switch(x)
    switch = float
    return switch(x)


switch = len


def test_a_name_that_the_code_rebinds_is_not_what_it_was():
    assert infer_call(rebinds_what_it_calls, (STR,), {}).result != INT


def test_patching_a_method_is_noticed(monkeypatch):
    instance = InstanceType(Plain)
    assert infer_call(use_plain, (instance,), {}).effect is Effect.PURE

    def loud(self):
        print("loud")

    monkeypatch.setattr(Plain, "value", loud)
    assert infer_call(use_plain, (instance,), {}).effect is Effect.ORDERED


class Plain:
    def value(self):
        return 1.5


def use_plain(plain):
    return plain.value()


def test_a_global_of_another_class_is_noticed(monkeypatch):
    def read():
        return LIMIT + 1

    assert infer_call(read, (), {}).result == INT
    monkeypatch.setitem(globals(), "LIMIT", 2.0)
    assert infer_call(read, (), {}).result == FLOAT


LIMIT = 3


def test_a_function_without_return_gives_none():
    assert infer_call(append_parameter, (INTS,), {}).result == NONE


class TwoNames:
    """Both attributes are one list."""

    def __init__(self, items):
        self.first, self.second = items, items


def in_two_attributes(number):
    return TwoNames([number])


def under_two_keys(number):
    items = [number]
    return {"first": items, "second": items}


def deeper_down(number):
    items = [number]
    return [items], {"second": {"inside": items}}


def through_attributes(evil):
    made = in_two_attributes(1)
    made.first.append(evil)
    return [str(one) for one in made.second]


def through_keys(evil):
    made = under_two_keys(1)
    kept = {"second": made["second"]}
    made["first"].append(evil)
    return str(kept["second"][1])


def through_a_tuple(evil):
    lists, rows = deeper_down(1)
    lists[0].append(evil)
    return [str(one) for one in rows["second"]["inside"]]


@pytest.mark.parametrize("function", [through_attributes, through_keys, through_a_tuple])
def test_what_a_call_has_made_may_be_one_object_in_two_places(function):
    assert infer_call(function, (InstanceType(Evil),), {}).effect >= Effect.ORDERED
