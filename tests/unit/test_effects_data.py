"""Library data: where it stands in the lattice, what reading and writing it does, who gives it."""

from __future__ import annotations

import ast
import json  # noqa: F401 (names of the code under inference)
import re  # noqa: F401
import sys
import textwrap
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

import xcs
from xcs.diagnostics.effect import Effect
from xcs.diagnostics.errors import XCSError
from xcs.frontend.effects.abstract_type import (
    ANY,
    BOOL,
    BYTES,
    COMPLEX,
    DATA,
    FLOAT,
    INT,
    NEVER,
    NONE,
    PLAIN,
    STR,
    AbstractType,
    DictType,
    ExactType,
    InstanceType,
    IteratorType,
    ListType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
)
from xcs.frontend.effects.contents import degraded, fits
from xcs.frontend.effects.infer import infer_call, infer_code
from xcs.frontend.effects.lattice import covers, is_data, is_immutable, is_plain, join
from xcs.frontend.effects.scope import CodeScope
from xcs.frontend.effects.staleness import shallow
from xcs.frontend.effects.summary import CodeSummary, Summary
from xcs.frontend.effects.type_of import type_of

LOG: list[object] = []


class Noisy:
    """An object whose code is seen by others."""

    def strip(self) -> str:
        LOG.append("strip")
        return ""

    def __eq__(self, other: object) -> bool:
        LOG.append("eq")
        return self is other

    def __hash__(self) -> int:
        LOG.append("hash")
        return 1

    def __str__(self) -> str:
        LOG.append("str")
        return ""


NOISY = InstanceType(Noisy)

SCALARS = st.sampled_from([STR, INT, FLOAT, BOOL, NONE, BYTES, COMPLEX, StaticType(3), StaticType("a")])
ATOMS = SCALARS | st.sampled_from([NEVER, PLAIN, DATA, ANY, NOISY, ExactType(type("Native", (), {}))])


def _nested(inner: st.SearchStrategy[AbstractType]) -> st.SearchStrategy[AbstractType]:
    return (
        st.builds(ListType, inner)
        | st.builds(SetType, inner, st.booleans())
        | st.builds(DictType, inner, inner)
        | st.builds(TupleOfType, inner)
        | st.builds(TupleType, st.lists(inner, max_size=3).map(tuple))
    )


TYPES = st.recursive(ATOMS, _nested, max_leaves=5)
DATA_TYPES = st.recursive(SCALARS | st.sampled_from([NEVER, PLAIN, DATA]), _nested, max_leaves=5)


@given(DATA_TYPES)
def test_data_describes_all_builtin_data(one: AbstractType) -> None:
    assert is_data(one)
    assert covers(DATA, one)
    assert join(DATA, one) == join(one, DATA) == DATA


@given(TYPES)
def test_data_describes_nothing_else(one: AbstractType) -> None:
    assert covers(DATA, one) == is_data(one)
    assert (join(DATA, one) == DATA) == is_data(one)
    assert covers(join(DATA, one), DATA)


@given(TYPES, TYPES)
def test_joining_goes_up_and_minds_no_order(left: AbstractType, right: AbstractType) -> None:
    joined = join(left, right)
    assert joined == join(right, left)
    assert covers(joined, left)
    assert covers(joined, right)


@given(TYPES, TYPES)
def test_what_is_joined_of_data_is_data(left: AbstractType, right: AbstractType) -> None:
    assert is_data(join(left, right)) == (is_data(left) and is_data(right))


@given(TYPES)
def test_plain_data_is_data_and_data_is_never_immutable(one: AbstractType) -> None:
    assert is_data(one) or not is_plain(one)
    assert not is_immutable(DATA)


def test_wide_unions_of_data_are_data() -> None:
    parts = [STR, INT, BYTES, COMPLEX, ListType(FLOAT)]
    found: AbstractType = NEVER
    for part in parts:
        found = join(found, part)
    assert found == DATA
    assert join(join(DATA, NOISY), STR) == UnionType(frozenset((DATA, NOISY)))


def test_a_write_may_make_data_something_else() -> None:
    assert shallow(DATA) == ANY
    assert degraded(DATA, {("attr:content", "attr:content"): STR}) == DATA
    for kind in ("attr:content", "list", "dict", "set", "*"):
        assert degraded(DATA, {(kind, None): NOISY}) == ANY
    assert degraded(DATA, {("global:m.x", None): NOISY}) == DATA
    assert not fits(DATA, "list", "element", NOISY)
    assert fits(DATA, "list", "element", ListType(STR))


def code(text: str, **inputs: AbstractType) -> CodeSummary:
    """The summary of statements over these input types."""
    return infer_code(ast.parse(textwrap.dedent(text)).body, inputs, CodeScope(globals()))


def expression(text: str, **inputs: AbstractType) -> Summary:
    """The summary of an expression over these input types, `r` being library data."""
    node = ast.parse(text, mode="eval").body
    return infer_code(node, {"r": DATA, **inputs}, CodeScope(globals())).summary


TEXT = UnionType(frozenset((STR, BYTES)))
NUMBER = UnionType(frozenset((INT, FLOAT, COMPLEX)))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("r.choices", DATA),
        ("r.choices[0].message.content", DATA),
        ("r['a'][0]", DATA),
        ("r[1:2]", DATA),
        ("r.choices[0].message.content.strip()", TEXT),
        ("r.content.strip().lower() == 'yes'", BOOL),
        ("r.split('\\n')[0]", TEXT),
        ("r.model_dump()", DATA),
        ("r.get('a', 'b').items()", DATA),
        ("getattr(r, 'content')", DATA),
        ("r.a or 'nothing'", DATA),
        ("[one.text for one in r.choices]", ListType(DATA)),
        ("{key: held for key, held in r.items()}", DictType(DATA, DATA)),
        ("str(r)", STR),
        ("repr(r)", STR),
        ("f'{r} {r.a!r} {r.b:>4}'", STR),
        ("format(r)", STR),
        ("'%s' % r", STR),
        ("r == 'a'", BOOL),
        ("r.a < r.b", BOOL),
        ("'a' in r.tags", BOOL),
        ("not r.a", BOOL),
        ("r.a is None", BOOL),
        ("bool(r)", BOOL),
        ("len(r.data)", INT),
        ("int(r.text)", INT),
        ("float(r.score)", FLOAT),
        ("'answer: ' + r.text", STR),
        ("1 + r.tokens", NUMBER),
        ("-r.tokens", NUMBER),
        ("r.a + r.b", DATA),
        ("sum(r.counts)", NUMBER),
        ("round(r.score)", UnionType(frozenset((INT, FLOAT)))),
        ("json.loads(r.text)", PLAIN),
        ("json.dumps(r)", STR),
        ("', '.join(r.tags)", STR),
        ("sorted(r.tags)", ListType(DATA)),
        ("list(r)", ListType(DATA)),
        ("dict(r)", DictType(DATA, DATA)),
        ("max(r.scores)", DATA),
        ("enumerate(r)", IteratorType(enumerate, TupleType((INT, DATA)))),
        ("isinstance(r, str)", BOOL),
        ("re.sub('a', 'b', r.text)", STR),
    ],
)
def test_reading_data_has_no_effect(text: str, result: AbstractType) -> None:
    found = expression(text)
    assert found.effect is Effect.PURE, found.reason
    assert not found.writes
    assert found.result == result


def test_unpacking_gives_data() -> None:
    found = code("a, *rest = r.pair\nfor key, held in r.items():\n    b = key, held", r=DATA)
    assert found.summary.effect is Effect.PURE
    assert found.bindings["a"] == DATA
    assert found.bindings["rest"] == ListType(DATA)
    assert found.bindings["b"] == TupleType((DATA, DATA))


def test_a_test_for_none_leaves_none() -> None:
    found = code("y = r.content\nif y is None:\n    z = y\nelse:\n    z = y.strip()", r=DATA)
    assert found.bindings["z"] == UnionType(frozenset((NONE, STR, BYTES)))


def first_line(text):
    return text.splitlines()[0]


def test_functions_take_data_as_data() -> None:
    assert infer_call(first_line, (DATA,), {}).effect is Effect.PURE
    assert infer_call(first_line, (DATA,), {}).result == TEXT


@pytest.mark.parametrize(
    "text",
    [
        "r.pretty_print()",
        "r.handler('a')",
        "r('a')",
        "list(map(r.score, [1]))",
        "getattr(r, 'strip')()",
        "r.__class__",
        "getattr(r, name)",
        "r.json(object_hook=noisy.strip)",
        "r.sort(key=function)",
        "r[noisy]",
        "noisy in r",
        "r.index(noisy)",
        "r == noisy",
        "r.tags + [noisy] == [1]",
        "str(r.tags + [noisy])",
        "f'{r}{noisy}'",
        "r.format(noisy)",
        "function(r)",
    ],
)
def test_code_that_may_run_beside_data_is_never_pure(text: str) -> None:
    found = expression(text, noisy=NOISY, function=ANY, name=STR)
    assert found.effect is Effect.ORDERED


def test_containers_of_data_and_other_objects_are_no_data() -> None:
    assert expression("r.tags + [noisy]", noisy=NOISY).result != DATA
    for text in (
        "([noisy] if c else r)[0].strip()",
        "{**r, 'a': noisy}['a'].strip()",
        "([noisy] if c else r).index(c)",
    ):
        found = expression(text, noisy=NOISY, c=BOOL)
        assert found.effect is Effect.ORDERED, text


@pytest.mark.parametrize(
    "text",
    [
        "r.a = 1",
        "r['a'] = 1",
        "r[0:1] = [1]",
        "del r['a']",
        "setattr(r, 'a', 1)",
        "r.choices.append('x')",
        "r.tags.sort()",
        "r.pop('a')",
        "r.choices[0].tags.update({'a': 1})",
        "for one in r: one.append(1)",
        "r += [1]",
        "text = r.content\ntext += 'more'",
        "r *= 2",
        "r.a.b += 1",
    ],
)
def test_writing_data_writes_its_object(text: str) -> None:
    found = code(text, r=DATA).summary
    assert ("r", "*") in found.writes
    assert "r" in found.mutates
    assert found.behaviour().effect is Effect.ORDERED
    assert found.effect is Effect.PURE, "only its own object is written"


@pytest.mark.parametrize("text", ["del r.a", "r.choices.append(x)", "r.a = x", "r.setdefault('a', x)"])
def test_writing_something_else_into_data_is_ordered(text: str) -> None:
    found = code(text, r=DATA, x=NOISY).summary
    assert ("r", "*") in found.writes
    assert found.effect is Effect.ORDERED


def test_counting_up_writes_nothing() -> None:
    found = code("tokens = 0\nfor one in r:\n    tokens += one.tokens\n    total = one.score\n    total += 1", r=DATA)
    assert found.summary.effect is Effect.PURE
    assert not found.summary.writes
    assert found.bindings["tokens"] == NUMBER


def test_keeping_data_is_told() -> None:
    kept = code("LOG.append(r)", r=DATA).summary
    assert kept.effect is Effect.ORDERED
    assert "r" in kept.retains
    assert "r" in expression("r.choices[0]").retains
    assert "r" in expression("{'a': r}").retains
    assert expression("r.strip()").retains == frozenset()


def test_data_filled_with_objects_is_no_data_any_more() -> None:
    for text in ("r.a = x\ny = r.a.strip()", "r.tags.append(x)\ny = r.tags[0].strip()", "z.a = x\ny = r.a.strip()"):
        found = code(text, r=DATA, z=InstanceType(Holder), x=NOISY)
        assert found.summary.unknown_types, text
        assert found.bindings["y"] == ANY
    loop = code("for i in range(3):\n    y = r.a.strip()\n    r.a = x", r=DATA, x=NOISY)
    assert loop.summary.unknown_types
    assert code("r.a = ['x']\ny = r.a[0].strip()", r=DATA).bindings["y"] == TEXT


class Holder:
    a: object


def stand_in(module: str, name: str) -> InstanceType:
    """An instance of a class that claims to come from a library which isn't installed here."""
    return InstanceType(type(name, (), {"__module__": module, "__getattr__": lambda self, attribute: None}))


ASYNC_CALLS = [
    ("openai._client", "AsyncOpenAI", "c.chat.completions.create(model='m', messages=[])"),
    ("httpx._client", "AsyncClient", "c.get('x')"),
]
GIVE_DATA = [
    ("openai._client", "OpenAI", "c.chat.completions.create(model='m', messages=[])"),
    ("openai._client", "OpenAI", "c.embeddings.create(model='m', input='x')"),
    ("openai._client", "OpenAI", "c.chat.completions.create(messages=[], **options)"),
    ("openai.lib.azure", "AzureOpenAI", "c.responses.create(model='m', input='x', stream=None)"),
    ("anthropic._client", "Anthropic", "c.messages.create(model='m', messages=[])"),
    ("mistralai.sdk", "Mistral", "c.chat.complete(model='m', messages=[])"),
    ("cohere.client", "Client", "c.chat(message='x')"),
    ("google.genai.client", "Client", "c.models.generate_content(model='m', contents='x', config={'top_k': 1})"),
    ("ollama._client", "Client", "c.chat(model='m', messages=[])"),
    ("requests.sessions", "Session", "c.get('x')"),
    ("httpx._client", "Client", "c.get('x')"),
    *((module, name, f"await {call}") for module, name, call in ASYNC_CALLS),
]


@pytest.mark.parametrize(("module", "name", "call"), GIVE_DATA)
def test_answers_of_clients_are_data(module: str, name: str, call: str) -> None:
    found = expression(call, c=stand_in(module, name), options=DictType(STR, join(STR, FLOAT)))
    assert found.effect in (Effect.UNORDERED, Effect.READS)
    assert found.result == DATA
    assert found.fresh


@pytest.mark.parametrize(
    ("module", "name", "call"),
    [
        ("openai._client", "OpenAI", "c.chat.completions.create(messages=[], **unknown)"),
        ("openai._client", "OpenAI", "c.chat.completions.create(messages=[], stream=unknown['x'])"),
        ("openai._client", "OpenAI", "c.chat.completions.create(messages=[], stream=True, response_format=Noisy)"),
        ("google.genai.client", "Client", "c.models.generate_content(contents='x', config={'response_schema': Noisy})"),
        ("requests.sessions", "Session", "c.get('x', stream=True)"),
    ],
)
def test_what_may_hold_objects_of_the_user_is_no_data(module: str, name: str, call: str) -> None:
    found = expression(call, c=stand_in(module, name), unknown=DictType(STR, ANY))
    assert found.effect in (Effect.UNORDERED, Effect.READS)
    assert found.result == ANY


def test_an_answer_that_is_made_by_code_of_the_user_is_not_moved() -> None:
    call = "c.chat.completions.parse(model='m', messages=[], response_format=Noisy)"
    found = expression(call, c=stand_in("openai._client", "OpenAI"))
    assert found.unknown_types
    assert found.result == ANY


@pytest.mark.parametrize(
    ("module", "name", "call"),
    [
        ("langchain_core.language_models.chat_models", "BaseChatModel", "c.invoke('x')"),
        ("langchain_core.runnables.base", "Runnable", "c.invoke('x')"),
        ("llama_index.core.llms.llm", "LLM", "c.complete('x')"),
    ],
)
def test_models_of_frameworks_count_where_their_class_is_installed(module: str, name: str, call: str) -> None:
    """A framework runs the code of its subclasses: one that stands in no package may be anybody's."""
    assert expression(call, c=stand_in(module, name)).effect is Effect.ORDERED


@pytest.mark.parametrize(("module", "name", "call"), ASYNC_CALLS)
def test_calls_of_asynchronous_clients_do_nothing_before_they_are_awaited(module: str, name: str, call: str) -> None:
    found = expression(call, c=stand_in(module, name))
    assert found.effect is Effect.PURE
    assert not found.external
    assert found.result == ANY


def test_a_fresh_answer_may_be_changed_unless_somebody_else_has_it() -> None:
    client = stand_in("openai._client", "OpenAI")
    call = "r = c.chat.completions.create(model='m', messages=[])\n"
    assert code(call + "r.tags.append(1)", c=client).summary.effect is Effect.UNORDERED
    assert code(call + "r.tags.append(x)\ny = r.tags[0].strip()", c=client, x=NOISY).summary.unknown_types
    assert code(call + "LOG.append(r)\ny = r.tags[0].strip()", c=client).bindings["y"] == ANY
    returned = code(call + "y = r.choices[0]", c=client)
    assert returned.bindings["y"] == DATA
    assert returned.summary.fresh


def test_a_client_class_of_ones_own_may_replace_what_the_library_does() -> None:
    base = stand_in("openai._client", "OpenAI").cls

    class Loud(base):  # type: ignore[misc, valid-type]
        @property
        def chat(self):
            LOG.append("chat")
            return None

    class Quiet(base):  # type: ignore[misc, valid-type]
        pass

    call = "c.chat.completions.create(model='m', messages=[])"
    assert expression(call, c=InstanceType(Quiet)).effect is Effect.UNORDERED
    assert expression(call, c=InstanceType(Loud)).effect is Effect.ORDERED


def test_clients_are_told_by_class_alone() -> None:
    cls = types.new_class("Client", exec_body=lambda body: body.update(__module__="ollama._client"))
    client = cls()
    client.hidden = Noisy()
    assert type_of(client) == InstanceType(cls)
    assert shallow(type_of(client)) == InstanceType(cls)
    assert shallow(type_of(Holder())) == ANY


def declared(promise: object) -> object:
    """A declared function whose body doesn't tell what it gives."""

    def ask(text):
        return sys.modules["a"].ask(text)

    return xcs.op(effect="unordered", result=promise)(ask)


@pytest.mark.parametrize(("promise", "type_"), [(str, STR), (int, INT), ("plain", PLAIN), ("data", DATA)])
def test_declared_functions_may_promise_results(promise: object, type_: AbstractType) -> None:
    found = infer_call(declared(promise), (STR,), {})  # type: ignore[arg-type]
    assert found.effect is Effect.UNORDERED
    assert found.result == type_


@pytest.mark.parametrize(("promise", "type_"), [(str, STR), ("plain", PLAIN), ("data", DATA)])
def test_registered_functions_may_promise_results(promise: type | str, type_: AbstractType) -> None:
    def ask(text):
        return sys.modules["a"].ask(text)

    xcs.register(ask, "unordered", result=promise)
    assert infer_call(ask, (STR,), {}).result == type_


@pytest.mark.parametrize("promise", ["text", list, 3, Noisy])
def test_other_promises_are_refused(promise: object) -> None:
    with pytest.raises(
        XCSError, match='expected the result to be a scalar class, `"plain"`, `"data"` or `"stream"`, found'
    ):
        declared(promise)
    with pytest.raises(XCSError, match="expected the result to be"):
        xcs.register(print, "ordered", result=promise)  # type: ignore[arg-type]


def test_a_promise_needs_an_effect() -> None:
    with pytest.raises(XCSError, match="expected an `effect` beside `result`"):
        xcs.op(result=str)
