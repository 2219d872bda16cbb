"""NumPy programs stay NumPy's: bits, dtypes, views, writes in place, drawing and errors, with calls around them."""

from __future__ import annotations

import numpy as np
import pytest
from leaves import ask, note, num
from observe import case


def write_through_a_view(x):
    head = x[:2]
    head += num(1)
    flat = x.reshape(-1)
    flat[-1] = num(2)
    turned = x.T
    turned[0] *= 2
    return head, turned, x.sum()


def in_place_between_uses(x):
    before = x * 2
    first = ask(int(before.sum()))
    x[1:] = 7
    after = x * 2
    x -= 1
    return before, after, first, x


def out_arguments(x):
    made = np.empty_like(x)
    given = np.add(x, 1, out=made)
    ask(int(made[0]))
    np.multiply(made, 2, out=x)
    np.cumsum(x, out=made)
    return given is made, made, x


def swapped_rows(x):
    x[0], x[1] = x[1].copy(), x[0].copy()
    x[[0, 1]] = x[[1, 0]]
    a, b = x
    a[...] = b + num(1)
    return x


def old_generator(n):
    np.random.seed(n)
    first = np.random.rand(3)
    text = ask(str(first.round(2)))
    second = np.random.normal(size=2) * num(n)
    np.random.shuffle(first)
    return first, second, text, np.random.randint(10, size=3)


def new_generator(seed):
    random = np.random.default_rng(seed)
    rows = [random.normal(size=3) + num(i) for i in range(4)]
    order = random.permutation(4)
    return np.stack(rows)[order], random.integers(100)


def shared_generator(random, names):
    drawn = []
    for name in names:
        drawn.append(random.random())
        note(name)
        drawn.append(len(ask(name)) * random.random())
    return drawn, random.random()


def promoted(x, y):
    return x + y, x * 2, x * 2.5, x / 2, x**2, -x, x @ y, np.sqrt(x), (x > y).sum(), x.mean()


def scalars(x):
    total = x.sum()
    total += num(1)
    item = x[0]
    item *= 2
    return total, item, x[0], complex(total), type(item).__name__, item.dtype, isinstance(item, np.floating)


def overflow(x):
    with np.errstate(all="ignore"):
        wrapped = x * np.int8(100)
        infinite = np.float32(1e38) * np.float32(10)
    return wrapped, infinite, np.isinf(infinite), num(int(wrapped[0]))


def by_value(x):
    positive = x[x > 0]
    found = np.nonzero(x)[0]
    unique, counts = np.unique(x, return_counts=True)
    ask(len(positive))
    x[x < 0] = 0
    return positive, found, unique, counts, np.where(x > 1, x, -1)


def records(n):
    table = np.zeros(n, dtype=[("name", "U8"), ("score", "f4")])
    for i in range(n):
        table[i] = (ask(i)[:8], num(i))
    table["score"] *= 2
    return table.tolist(), table["score"].base is table, table.dtype.names


def objects(names):
    held = np.array([ask(name) for name in names], dtype=object)
    return held + "!", held.sum(), held.shape


def normalised(rows):
    means = [row.mean() for row in rows]
    centred = [row - mean for row, mean in zip(rows, means, strict=True)]
    names = [ask(str(mean)) for mean in means]
    return [row / (np.linalg.norm(row) + 1e-9) for row in centred], names


def broadcast_view(x):
    wide = np.broadcast_to(x, (3, len(x)))
    copied = wide.copy()
    copied[0] = num(5)
    return wide, copied, wide.flags.writeable, np.shares_memory(wide, x)


def write_to_a_read_only_view(x):
    wide = np.broadcast_to(x, (3, len(x)))
    ask("before")
    wide[0] = 1
    return wide


def index_out_of_bounds(x):
    ask("before")
    return x[10] + num(1)


def shapes_that_do_not_fit(x, y):
    first = x.sum() + num(1)
    return first + (x @ y)


def singular(x):
    note("solving")
    return np.linalg.inv(x - x)


def aliased(x, y):
    x += 1
    text = ask(int(y[0]))
    y[0] = 5
    return x, y, text


def same_array_twice():
    x = np.arange(3.0)
    return (x, x)


def dtypes():
    for dtype in ("i1", "u2", "i8", "f2", "f4", "f8", "c8"):
        yield np.arange(1, 4).astype(dtype)


PROGRAMS = [
    case(write_through_a_view, lambda: (np.arange(12.0).reshape(3, 4),)),
    case(in_place_between_uses, lambda: (np.arange(4),)),
    case(out_arguments, lambda: (np.arange(4.0),)),
    case(swapped_rows, lambda: (np.arange(6.0).reshape(2, 3),)),
    case(old_generator, (3,), (4,)),
    case(new_generator, (0,), (1,)),
    case(shared_generator, lambda: (np.random.default_rng(5), ["a", "bb"])),
    *(case(promoted, lambda x=x: (x.copy(), np.ones(3, "f4")), name=f"promoted_{x.dtype}") for x in dtypes()),
    *(case(scalars, lambda x=x: (x.copy(),), name=f"scalars_{x.dtype}") for x in dtypes()),
    case(overflow, lambda: (np.array([1, 2, 3], "i1"),)),
    case(by_value, lambda: (np.array([1.0, -2.0, 0.0, 3.0]),)),
    case(records, (3,)),
    case(objects, (["a", "b"],)),
    case(normalised, lambda: ([np.arange(3.0), np.ones(3), np.arange(2.0)],)),
    case(broadcast_view, lambda: (np.arange(3.0),)),
    case(write_to_a_read_only_view, lambda: (np.arange(3.0),), raises="ValueError"),
    case(index_out_of_bounds, lambda: (np.arange(3.0),), raises="IndexError"),
    case(shapes_that_do_not_fit, lambda: (np.ones((2, 2)), np.ones(3)), raises="ValueError"),
    case(singular, lambda: (np.eye(2),), raises="LinAlgError"),
    case(aliased, same_array_twice),
    case(aliased, lambda: (np.arange(3.0), np.arange(3.0)), name="not_aliased"),
]


@pytest.mark.parametrize("run", PROGRAMS)
@pytest.mark.parametrize("stage", ["gains", "all"])
def test_same(run, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCS_STAGE", stage)
    run()
