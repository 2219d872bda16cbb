"""Functions, methods and modules' names that code which is called binds anew while the program runs."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable

import pytest
from leaves import ask
from observe import case

plugin = types.ModuleType("plugin")
COUNT = 0


def helper(x):
    return ask("helper", x)


def length(x):
    return len(ask(x))


class Client:
    def call(self, x):
        return ask("client", x)


FIRST, METHOD = helper, Client.call


def reset() -> None:
    global helper, COUNT
    helper, COUNT = FIRST, 0
    Client.call = METHOD
    plugin.__dict__["call"] = FIRST
    sys.modules[__name__].__dict__.pop("len", None)


def swap():
    global helper
    helper = lambda x: ask("swapped", x)


def remove():
    global helper
    del helper


def shadow():
    global len
    len = lambda x: 42


def patch():
    Client.call = lambda self, x: ask("patched", x)


def plug():
    plugin.call = lambda x: ask("plugged", x)


def count():
    global COUNT
    COUNT += 1


def through(x):
    return helper(x)


def swapped(x):
    before = helper(x)
    swap()
    return before, helper(x)


def swapped_in_a_loop(xs):
    found = []
    for x in xs:
        found.append(helper(x))
        if x == 2:
            swap()
    return found


def swapped_two_calls_away(x):
    before = through(x)
    swap()
    return before, through(x)


def swapped_here(x):
    global helper
    before = through(x)
    helper = lambda x: ask("own", x)
    return before, through(x)


def removed(x):
    before = helper(x)
    remove()
    return before, helper(x)


def builtin_shadowed(x):
    before = length(x)
    shadow()
    return before, len(ask(x))


def method_patched(x):
    before = Client().call(x)
    patch()
    return before, Client().call(x)


def module_patched(x):
    before = plugin.call(x)
    plug()
    return before, plugin.call(x)


def counted(xs):
    answers = []
    for x in xs:
        count()
        answers.append(helper(x))
    return answers, COUNT


def make_cells():
    chosen = FIRST

    def choose():
        nonlocal chosen
        chosen = ask

    def both(x):
        before = chosen(x)
        choose()
        return before, chosen(x)

    return both


def cell_swapped(x):
    return make_cells()(x)


def renamed(x):
    return ask("renamed", x)


def by_globals():
    globals()["helper"] = renamed


def by_update():
    names = globals()
    names.update(helper=renamed)


def by_sys_modules():
    sys.modules[__name__].helper = renamed


def by_setattr():
    setattr(sys.modules[__name__], "help" + "er", renamed)


def by_vars():
    vars(sys.modules[__name__])["helper"] = renamed


def by_a_function():
    renamed.__globals__["helper"] = renamed


def by_import_module():
    importlib.import_module(__name__).helper = renamed


def by_exec():
    exec("global helper; helper = renamed")


def by_method_name():
    setattr(Client, "ca" + "ll", lambda self, x: ask("set", x))


def by_computed_name():
    for name in ("call",):
        setattr(Client, name, lambda self, x: ask("set", x))


def found_and_swapped(swapping, x):
    before = helper(x)
    swapping()
    return before, helper(x), [helper(y) for y in (1, 2)]


def method_found_and_patched(patching, x):
    before = Client().call(x)
    patching()
    return before, Client().call(x)


def chosen_by_name(name, x):
    return globals()[name](x) if name in globals() else globals().get("helper")(x)


def looked_up(xs):
    return [(chosen_by_name("renamed", x), helper(x), chosen_by_name("other", x)) for x in xs]


BY_NAMESPACE = (
    by_globals,
    by_update,
    by_sys_modules,
    by_setattr,
    by_vars,
    by_a_function,
    by_import_module,
    by_exec,
)
PROGRAMS = [
    *(case(found_and_swapped, (by, 1), setup=reset, staged=False, name=by.__name__) for by in BY_NAMESPACE),
    case(method_found_and_patched, (by_method_name, 1), setup=reset, staged=False),
    case(method_found_and_patched, (by_computed_name, 1), setup=reset, staged=False, name="patched_by_computed_name"),
    case(looked_up, ([1, 2],), setup=reset, overlap=1),
    case(swapped, (1,), setup=reset, staged=False),
    case(swapped_in_a_loop, ([1, 2, 3],), setup=reset, staged=False),
    case(swapped_two_calls_away, (1,), setup=reset, staged=False),
    case(swapped_here, (1,), setup=reset, staged=False),
    case(removed, (1,), setup=reset, staged=False, raises="NameError"),
    case(builtin_shadowed, (1,), setup=reset, staged=False),
    case(method_patched, (1,), setup=reset, staged=False),
    case(module_patched, (1,), setup=reset, staged=False),
    case(cell_swapped, (1,), setup=reset),
    case(counted, ([1, 2, 3],), setup=reset, state=lambda: COUNT, overlap=3),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
