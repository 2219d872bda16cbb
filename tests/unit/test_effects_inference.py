"""Effects and types inferred from source: what everyday helpers of compound programs come out as."""

from __future__ import annotations

import ast
import functools
import importlib
import operator
import textwrap
import types

import polite_programs as programs
import pytest

from xcs.diagnostics.effect import PURE, Behaviour, Effect
from xcs.frontend.effects.abstract_type import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    NEVER,
    NONE,
    PLAIN,
    STR,
    DictType,
    InstanceType,
    IteratorType,
    ListType,
    StaticType,
    TupleType,
    UnionType,
)
from xcs.frontend.effects.infer import infer_call, infer_code, infer_value_call, resolve, summarise
from xcs.frontend.effects.known import known, register
from xcs.frontend.effects.place import EVERYTHING, whole_kind
from xcs.frontend.effects.scope import CodeScope
from xcs.frontend.effects.source import function_ast
from xcs.frontend.effects.summary import CALLEE
from xcs.frontend.effects.type_of import type_of

EXPERT = InstanceType(programs.Expert, (("name", STR),))
NOTE = InstanceType(programs.Note, (("score", FLOAT), ("tags", ListType(NEVER)), ("title", STR)))
DERIVED = InstanceType(programs.Derived, (("prefix", STR), ("suffix", INT)))

UNORDERED = [
    (programs.ask, (STR,), STR),
    (programs.flaky, (INT,), INT),
    (programs.Expert.__call__, (EXPERT, STR), STR),
    (programs.Panel.forward, (type_of(programs.Panel(["a"])), STR), STR),
    (programs.paced, (STR,), STR),
    (programs.poll, (STR,), STR),
    (programs.retried, (STR,), STR),
    (programs.caught, (STR,), STR),
    (programs.decorated, (STR,), STR),
]


@pytest.mark.parametrize(("function", "types_", "result"), UNORDERED, ids=lambda one: getattr(one, "__name__", ""))
def test_a_call_of_the_world_that_commutes_is_unordered(function, types_, result):
    summary = infer_call(function, types_, {})
    assert summary.effect is Effect.UNORDERED, summary.reason
    assert summary.external
    assert summary.result == result
    assert not summary.mutates
    assert summary.num_external_sites >= 1


PURE_CASES = [
    (programs.cached_pure, (STR,), STR),
    (programs.inherits, (STR,), STR),
    (programs.makes, (STR,), DERIVED),
    (programs.uses_class_methods, (STR,), STR),
    (programs.makes_note, (STR,), NOTE),
    (programs.is_red, (STR,), BOOL),
    (programs.counts, (INT,), IteratorType(types.GeneratorType, INT)),
    (programs.walks_generator, (INT,), ListType(INT)),
    (programs.first_group, (STR,), BOOL),
    (programs.parses, (STR,), STR),
    (programs.words, (STR,), DictType(STR, INT)),
    (programs.extremes, (STR,), TupleType((INT, TupleType((INT, STR))))),
    (programs.slices, (STR,), TupleType((STR, ListType(STR)))),
    (programs.factorial, (INT,), INT),
    (programs.is_even, (INT,), BOOL),
    (programs.matched, (STR,), INT),
    (programs.walrus, (STR,), INT),
    (programs.chained, (INT,), BOOL),
    (programs.formats, (INT,), STR),
    (programs.undefined_name, (INT,), NEVER),
]


@pytest.mark.parametrize(("function", "types_", "result"), PURE_CASES, ids=lambda one: getattr(one, "__name__", ""))
def test_plain_computation_is_pure(function, types_, result):
    summary = infer_call(function, types_, {})
    assert summary.effect is Effect.PURE, summary.reason
    assert summary.result == result
    assert summary.num_external_sites == 0


ORDERED = [
    (programs.save, STR, "outside"),
    (programs.logged, STR, "log"),
    (programs.printed, STR, "print"),
    (programs.sampled, STR, "random"),
    (programs.write_file, STR, "file"),
    (programs.locked, STR, "lock"),
    (programs.scoped, STR, "context variable"),
    (programs.loudly_decorated, STR, "print"),
    (programs.cached_call, STR, "cache"),
    (programs.methods_of_anything, ANY, "unknown type"),
]


@pytest.mark.parametrize(("function", "type_", "reason"), ORDERED, ids=lambda one: getattr(one, "__name__", ""))
def test_what_others_may_notice_is_ordered(function, type_, reason):
    summary = infer_call(function, (type_,), {})
    assert summary.effect in (Effect.ORDERED, Effect.FENCE)
    assert reason.lower() in summary.reason.lower()


@pytest.mark.parametrize("function", [programs.timed, programs.stamped])
def test_reading_the_clock_is_a_fence(function):
    assert infer_call(function, (STR,), {}).effect is Effect.FENCE


def test_a_helper_that_only_waits_is_a_fence():
    summary = infer_call(programs.pause, (), {})
    assert summary.effect is Effect.FENCE
    assert summary.waits


def test_a_sleep_as_a_statement_is_a_fence():
    scope = CodeScope(vars(programs))
    nodes = ast.parse("time.sleep(PAUSE_S)").body
    assert infer_code(nodes, {}, scope).summary.effect is Effect.FENCE


@pytest.mark.parametrize("function", [programs.read_file, programs.environment])
def test_reading_the_world_is_a_read(function):
    summary = infer_call(function, (STR,), {})
    assert summary.effect is Effect.READS, summary.reason
    assert summary.sees_writes


POLITE_OBJECTS = [
    (programs.CountingClient.ask, programs.CountingClient(), STR, "attr:calls"),
    (programs.CookieSession.get, programs.CookieSession(), STR, "dict"),
    (programs.Budget.spend, programs.Budget(3), STR, "attr:left"),
    (programs.Database.add, programs.Database(), STR, "list"),
]


@pytest.mark.parametrize(("method", "instance", "argument", "kind"), POLITE_OBJECTS, ids=lambda one: str(one)[:20])
def test_objects_that_keep_books_are_told_by_what_they_write(method, instance, argument, kind):
    summary = infer_call(method, (type_of(instance), argument), {})
    assert summary.mutates == {0}
    assert (0, kind) in {(key, whole_kind(one)) for key, one in summary.writes}
    assert summary.behaviour().effect is Effect.ORDERED
    assert resolve(method.__get__(instance), ("text",), {}).effect is Effect.ORDERED


def test_a_query_sees_what_an_addition_writes():
    database = type_of(programs.Database())
    add = infer_call(programs.Database.add, (database, STR), {})
    query = infer_call(programs.Database.query, (database, STR), {})
    assert query.sees_writes
    assert {kind for _, kind in add.writes} & {kind for _, kind in query.sees}


def test_state_of_another_kind_is_not_disturbed():
    save = infer_call(programs.save, (STR,), {})
    ask = infer_call(programs.Expert.__call__, (EXPERT, STR), {})
    assert ask.sees_writes
    written, seen = ({kind for _, kind in one} for one in (save.writes, ask.sees))
    assert written
    assert EVERYTHING not in written | seen
    assert not written & seen


def test_passing_a_function_looks_at_nothing():
    assert not infer_call(programs.measured, (STR,), {}).sees


def test_more_than_one_external_site_is_counted():
    panel = type_of(programs.Panel(["a", "b"]))
    assert infer_call(programs.Panel.forward, (panel, STR), {}).num_external_sites >= 2
    assert infer_call(programs.ask, (STR,), {}).num_external_sites == 1
    assert infer_call(programs.poll, (STR,), {}).num_external_sites >= 2


def test_unknown_types_are_told_from_known_order():
    assert infer_call(programs.methods_of_anything, (ANY,), {}).unknown_types
    assert not infer_call(programs.save, (ANY,), {}).unknown_types
    assert not infer_call(programs.printed, (STR,), {}).unknown_types
    assert infer_call(programs.methods_of_anything, (STR,), {}).effect is Effect.PURE


def test_plain_data_has_the_methods_of_all_its_classes():
    summary = infer_call(programs.methods_of_anything, (PLAIN,), {})
    assert summary.effect is Effect.PURE
    assert summary.result == STR


def test_a_callable_parameter_is_inferred_by_what_it_is():
    function = StaticType(programs.ask)
    assert infer_call(programs.calls_parameter, (function, STR), {}).effect is Effect.UNORDERED
    assert infer_call(programs.calls_parameter, (StaticType(print), STR), {}).effect is Effect.ORDERED
    assert infer_call(programs.calls_parameter, (EXPERT, STR), {}).result == STR
    assert infer_call(programs.calls_parameter, (ANY, STR), {}).unknown_types


def test_callees_known_by_type():
    assert infer_value_call(EXPERT, (STR,), {}).result == STR
    both = UnionType(frozenset((EXPERT, StaticType(programs.save))))
    assert infer_value_call(both, (STR,), {}).effect is Effect.ORDERED
    counting = type_of(programs.CountingClient())
    assert not infer_value_call(counting, (STR,), {}).mutates, "it can't be called"
    assert infer_value_call(ANY, (STR,), {}).unknown_types


class Ledger:
    def __init__(self):
        self.entries = []

    def __call__(self, entry):
        self.entries.append(entry)
        return len(self.entries)


def test_a_callable_object_that_writes_itself_is_ordered():
    summary = infer_value_call(type_of(Ledger()), (STR,), {})
    assert CALLEE in summary.mutates
    assert resolve(Ledger(), ("a",), {}).effect is Effect.ORDERED


def test_partial_calls_are_those_of_the_function():
    asked = functools.partial(programs.ask, temperature=1.0)
    assert infer_call(asked, (STR,), {}).effect is Effect.UNORDERED
    assert infer_call(functools.partial(programs.save, "x"), (), {}).effect is Effect.ORDERED


def test_declared_behaviour_is_believed():
    def leaf(x):
        programs.LOG.append(x)
        return x

    leaf.__xcs_behaviour__ = Behaviour(Effect.UNORDERED, external=True)
    leaf.__xcs_result__ = STR

    def uses(x):
        return leaf(x)

    for function in (leaf, uses):
        summary = infer_call(function, (STR,), {})
        assert summary.effect is Effect.UNORDERED
        assert summary.external
        assert summary.result == STR


def test_registered_callables_are_believed():
    def opaque(x):
        return exec(x)

    assert infer_call(opaque, (STR,), {}).effect is Effect.ORDERED
    register(opaque, "unordered", result=STR)
    entry = known(opaque)
    assert entry is not None
    assert entry.external
    assert infer_call(opaque, (STR,), {}).effect is Effect.UNORDERED


def client_class(module: str, name: str) -> type:
    """A class that claims to come from a library which isn't installed here."""
    return type(name, (), {"__module__": module, "__getattr__": lambda self, attribute: None})


@pytest.mark.parametrize(("module", "name"), [("openai._client", "OpenAI"), ("openai.lib.azure", "AzureOpenAI")])
def test_model_clients_are_known_by_class_and_path(module, name):
    client = InstanceType(client_class(module, name))
    holder = InstanceType(programs.ReadOnlyCall, (("client", client),))
    complete = infer_call(programs.ReadOnlyCall.complete, (holder, STR), {})
    assert complete.effect is Effect.UNORDERED, complete.reason
    assert complete.external
    assert infer_call(programs.ReadOnlyCall.upload, (holder, STR), {}).effect is Effect.ORDERED


def test_http_reads_and_writes():
    session = InstanceType(client_class("requests.sessions", "Session"))
    scope = CodeScope({})
    for source, effect in (("s.get(url)", Effect.READS), ("s.post(url)", Effect.ORDERED)):
        node = ast.parse(source, mode="eval").body
        assert infer_code(node, {"s": session, "url": STR}, scope).summary.effect is effect


def code(text: str, **inputs):
    """The summary of statements over these input types."""
    return infer_code(ast.parse(textwrap.dedent(text)).body, inputs, CodeScope(vars(programs)))


def test_a_while_loop_over_lists_is_pure_but_for_its_output():
    found = code(
        """
        while i < len(left) and j < len(right):
            if left[i] <= right[j]:
                out.append(left[i])
                i += 1
            else:
                out.append(right[j])
                j += 1
        """,
        i=INT,
        j=INT,
        left=ListType(STR),
        right=ListType(STR),
        out=ListType(STR),
    )
    assert found.summary.effect is Effect.PURE, found.summary.reason
    assert found.summary.mutates == {"out"}
    assert found.bindings == {"i": INT, "j": INT}


def test_an_expression_over_inputs():
    node = ast.parse("sorted(rows, key=lambda r: (-r['n'], r['topic']))", mode="eval").body
    found = infer_code(node, {"rows": ListType(PLAIN)}, CodeScope({})).summary
    assert found.effect is Effect.PURE, found.reason
    assert found.result == ListType(PLAIN)
    assert found.retains == {"rows"}


def test_a_comprehension_over_vectors():
    found = code(
        "sims = [sum(x * y for x, y in zip(q, v)) / (max(q) * max(v)) for v in vectors]",
        q=ListType(FLOAT),
        vectors=ListType(ListType(FLOAT)),
    )
    assert found.summary.effect is Effect.PURE, found.summary.reason
    assert found.bindings == {"sims": ListType(FLOAT)}


def test_a_binding_that_is_an_input_retains_it():
    found = code("kept = xs", xs=ListType(INT))
    assert found.summary.retains == {"xs"}
    assert code("copy = list(xs)", xs=ListType(INT)).summary.retains == frozenset()


def test_segments_with_return_give_its_value():
    found = code("y = x + 1\nreturn str(y)", x=INT)
    assert found.summary.result == STR


def test_a_loop_that_changes_types_is_widened():
    found = code("x = 0\nfor _ in range(n):\n    x = [x]", n=INT)
    assert found.bindings["x"] in (ANY, UnionType(frozenset((INT, ListType(ANY))))) or "list" in str(
        found.bindings["x"]
    )


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        (operator.add, (1, 2), PURE),
        (operator.add, ("a", "b"), PURE),
        (str.upper, ("a",), PURE),
        ("abc".upper, (), PURE),
        (len, ("a",), PURE),
        (len, ([1],), Behaviour(Effect.PURE, sees_writes=True)),
        (programs.ask, ("q",), Behaviour(Effect.UNORDERED, sees_writes=True, external=True)),
    ],
)
def test_resolving_actual_values(function, arguments, expected):
    assert resolve(function, arguments, {}) == expected


class Hostile:
    """Everything that can be asked of it raises."""

    def __getattribute__(self, name):
        raise RuntimeError(name)

    def __eq__(self, other):
        raise RuntimeError("eq")

    def __hash__(self):
        raise RuntimeError("hash")

    def __repr__(self):
        raise RuntimeError("repr")


def test_resolving_never_raises_and_runs_nothing_of_the_users():
    hostile = Hostile()
    for function in (print, len, operator.add, programs.ask, hostile, [].append, "".join, 3):
        for arguments in ((hostile,), (hostile, hostile), ()):
            assert isinstance(resolve(function, arguments, {}), Behaviour)
    assert resolve(operator.add, (hostile, 1), {}).effect is Effect.ORDERED


class NativeSegment:
    """What the staging puts on functions that it has compiled itself."""

    def summarise(self, arg_types):
        assert arg_types == (INT,)
        return infer_call(len, (STR,), {})


def test_native_segments_answer_for_themselves():
    def function(x):
        return print(x)

    function.__xcs_segment__ = NativeSegment()
    assert resolve(function, (1,), {}).effect is Effect.PURE
    assert summarise(function, (1,), {}).result == INT


def test_library_code_is_not_read():
    summary = infer_call(textwrap.TextWrapper.fill, (ANY, STR), {})
    assert summary.effect is Effect.ORDERED
    assert "library" in summary.reason
    assert summary.remedy


def test_functions_without_source_are_ordered():
    namespace: dict[str, object] = {}
    exec("def made(x):\n    return x", namespace)
    summary = infer_call(namespace["made"], (INT,), {})  # type: ignore[arg-type]
    assert summary.effect is Effect.ORDERED
    assert "source" in summary.reason


def test_a_segment_of_a_real_function():
    body = function_ast(programs.slices).body
    found = infer_code([body[0]], {"text": STR}, CodeScope(vars(programs)))
    assert found.bindings == {"head": STR, "rest": ListType(STR)}


def test_a_statement_has_no_value():
    assert code("x = 1").summary.result == NONE


SAME_NAME = "of this module"


def test_local_functions_mean_the_globals_of_their_own_module_wherever_they_are_called(tmp_path, monkeypatch):
    """What a helper of another module calls back is looked up where it was written."""
    (tmp_path / "calls_back.py").write_text("SAME_NAME = 1\n\ndef call_back(f, x):\n    return f(x)\n")
    monkeypatch.syspath_prepend(tmp_path)
    calls_back = importlib.import_module("calls_back")

    def prints(text):
        return calls_back.call_back(lambda one: programs.printed(one), text)

    def names(text):
        return calls_back.call_back(lambda one: SAME_NAME, text)

    assert infer_call(prints, [STR], {}).effect is Effect.ORDERED
    assert infer_call(names, [INT], {}).result == STR


def test_a_constructor_without_source_is_asked_about_once() -> None:
    made: dict[str, type] = {}
    exec("class Failure(Exception):\n    def __init__(self, text):\n        self.text = text", made)
    raising = ast.parse("raise Failure(text)", mode="exec").body
    found = infer_code(raising, {"text": STR}, CodeScope({"Failure": made["Failure"]}))
    assert "too large" not in (found.summary.reason or "")
