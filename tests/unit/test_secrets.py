"""What is secret by its name, by its shape, and which literals of a file are."""

from __future__ import annotations

import ast
import functools
import textwrap

import pytest

import xcs
from xcs.diagnostics.secrets import has_secret_shape, is_secret, is_secret_name, masked, may_hold_secrets
from xcs.dialect.literals import LiteralAttr, Secret
from xcs.frontend.effects.secret_literals import is_marked, mark_secrets
from xcs.frontend.effects.source_spans import without_spans

SECRET_NAMES = (
    "api_key apiKey OPENAI_API_KEY x-api-key openai_key access_key_id_secret password db_password user_pass pwd token "
    "access_token HF_TOKEN secret client_secret Authorization Proxy-Authorization auth Cookie set-cookie jwt "
    "credentials"
).split()
OTHER_NAMES = (
    "key sort_key memory_key monkey tokens max_tokens eos_token next_token token_limit password_length secret_name "
    "api_key_env credentials_path author first_pass bypass compass text model temperature"
).split()
SHAPED = (
    "sk-abcdefgh1234",
    "sk-ant-api03-abcdefgh",
    "hf_abcdefgh12345",
    "ghp_0123456789abcdef",
    "github_pat_11ABCDEFG0123456",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA1234567890abcdefghijk",
    "xoxb-1234567890-abc",
    "glpat-abc123def456ghi",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    "-----BEGIN RSA PRIVATE KEY-----",
    "postgres://bob:hunter2@db/main",
    "Bearer abc123def",
    "Server=db;Password=hunter2;",
    "say sk-abcdefgh1234 twice",
)
PLAIN = (
    "sk-learn",
    "What is a key, and who has the token?",
    "gpt-4o-mini-2024-07-18",
    "claude-3-5-sonnet-20241022",
    "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    "https://example.com/a@b",
    "mail bob@example.com",
    "Basic understanding of tasks",
    "x = y",
    "",
)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)
    assert may_hold_secrets(f"f({name}=1)")


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_names_of_other_things(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize("text", SHAPED)
def test_shapes_of_secrets(text: str) -> None:
    assert has_secret_shape(text)
    assert may_hold_secrets(f"f({text!r})")
    assert text not in masked(f"it is {text}.")


@pytest.mark.parametrize("text", PLAIN)
def test_other_text(text: str) -> None:
    assert not has_secret_shape(text)
    assert masked(text) == text


def test_what_is_given_to_a_doubtful_name_is_secret_if_it_looks_random() -> None:
    assert is_secret("aZ09bY18cX27", "key")
    assert not is_secret("question", "key")
    assert not is_secret("a text with 12 words", "session")
    assert not is_secret("", "password")


def test_what_is_printed_of_objects_is_masked() -> None:
    made = functools.partial(print, api_key="hunter2", end="")
    assert "hunter2" not in masked(repr(made))
    assert "end=''" in masked(repr(made))
    assert masked("{'Authorization': 'abc', 'model': 'm'}") == "{'Authorization': <secret>, 'model': 'm'}"


def test_mistakes_are_shown_without_the_keys_of_what_is_found() -> None:
    class Settings:
        def __repr__(self) -> str:
            return "Settings(api_key='hunter2', url='https://bob:hunter2@host', model='m')"

    with pytest.raises(xcs.XCSError, match="expected a function") as caught:
        xcs.jit(Settings())
    assert "hunter2" not in str(caught.value)
    assert "model='m'" in str(caught.value)


def keep(record: dict[str, str]) -> None:
    """Somebody else, who may write what it is given."""
    record["seen"] = "yes"


def test_parts_of_objects_of_the_program_s_own_stay_secret() -> None:
    @xcs.op(effect="unordered")
    def ask(question: str, **given: str) -> str:
        return f"{question} {sorted(given.values())}"

    def program(questions: list[str]) -> list[str]:
        settings = {"api_key": "zpart1Ab2-of-dict", "model": "m"}
        found = []
        for question in questions:
            found.append(ask(question, one=settings["api_key"], other=settings["model"]))
        keep(settings)
        return found

    for stage in ("gains", "all"):
        jitted = xcs.jit(stage=stage)(program)
        assert jitted(["a"]) == program(["a"]) == ["a ['m', 'zpart1Ab2-of-dict']"]
        lowered = jitted.lower(["a"])
        assert "zpart1" not in lowered.as_text() + lowered.compile().as_text() + repr(lowered.compile().plan)


def marked(source: str) -> list[object]:
    """The secret literals of a file, in the order of the source."""
    text = textwrap.dedent(source)
    tree = ast.parse(text)
    mark_secrets(tree, text)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and is_marked(node)]
    return [node.value for node in sorted(found, key=lambda node: (node.lineno, node.col_offset))]


@pytest.mark.parametrize(
    ("source", "secrets"),
    [
        ("f(api_key='k', model='m')", ["k"]),
        ("f(headers={'Authorization': 'Bearer ' + 'k', 'Accept': 'json'})", ["Bearer ", "k"]),
        ("f(api_key=os.environ.get('API_KEY', 'k'))", ["k"]),
        ("f(api_key=os.environ['API_KEY'])", []),
        ("f(api_key=SecretStr('k'), password=read('path'))", ["k"]),
        ("def f(q, password='k', *, token='t', n='x'): ...", ["k", "t"]),
        ("user, password = 'bob', 'k'", ["k"]),
        ("self.token: str = 'k'; settings['secret'] = b'b'; password += 'c'", ["k", b"b", "c"]),
        ("def f():\n    a = 'k'\n    b = a\n    g(api_key=b)\ndef h():\n    a = 'plain'\n    g(a)", ["k"]),
        ("def enter(user, secret): ...\nenter('bob', 'k')", ["k"]),
        ("class C:\n    def __init__(self, name, token): ...\nC('bob', 'k')", ["k"]),
        ("class R:\n    name: str\n    token: str = 'd'\nR('bob', 'k')", ["d", "k"]),
        ("def api_key(): return 'k'", ["k"]),
        ("if password == 'k' or mode == 'm': ...", ["k"]),
        ("requests.get(url, auth=('bob', 'k'))", ["bob", "k"]),
        ("token = ask('a question')", []),
        ("sorted(rows, key='score'); f(input_key='question')", []),
        ("f(url=f'https://bob:{word}hunter2@{host}/x')", ["https://bob:", "hunter2@", "/x"]),
        ("f(api_key=''); f(api_key=None); f(pin=1234, password=1234)", []),
        ("f(password='hunter2'); print('hunter2', 'hunter3')", ["hunter2", "hunter2"]),
        ("ask('plain'); ask('sk-abcdefgh1234')", ["sk-abcdefgh1234"]),
    ],
)
def test_literals_of_a_file(source: str, secrets: list[object]) -> None:
    assert marked(source) == secrets


def test_lines_are_shown_without_secrets() -> None:
    text = 'ask("é", api_key="one" "two", m="m",\n    token="a"\n    "b", n=1)\n'
    spans = mark_secrets(ast.parse(text), text)
    lines = [without_spans(line, number, spans, "*") for number, line in enumerate(text.splitlines(), 1)]
    assert lines == ['ask("é", api_key=*, m="m",', "    token=*", "    *, n=1)"]


def test_a_secret_in_the_ir_is_its_name() -> None:
    assert LiteralAttr.of(Secret("a")) == LiteralAttr.of(Secret("a"))
    assert LiteralAttr.of(Secret("a")) != LiteralAttr.of(Secret("b"))
    assert LiteralAttr.of(Secret("a")) != LiteralAttr.of("a")


def test_loads_that_differ_in_a_secret_alone_stay_two() -> None:
    def pick(table: dict[str, str]) -> tuple[str, str]:
        return table["sk-aaaaaaaa1111"], table["sk-bbbbbbbb2222"]

    table = {"sk-aaaaaaaa1111": "a", "sk-bbbbbbbb2222": "b"}
    for stage in ("gains", "all"):
        jitted = xcs.jit(stage=stage)(pick)
        assert jitted(table) == ("a", "b")
        assert "sk-" not in jitted.lower().as_text()
