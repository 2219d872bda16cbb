"""Keys in a program's own text reach its calls, and nothing that XCS prints, writes or raises."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyed_program
import pytest
from openai_endpoint import Endpoint

import xcs
from xcs.tools.xcs_journal import main as journal_main

SOURCE = Path(keyed_program.__file__)
KEYS = sorted(set(re.findall(r"z[a-z]+\d[A-Za-z]{1,2}\d?[\w-]*", SOURCE.read_text())) | {"ZAMAZON6QWERTY77"})
"""Each key of the program from its `z` on."""
WINDOW = 6  # characters of a key that say too much
PARTS = {
    key: [part for at in range(len(key) - WINDOW + 1) if any(map(str.isdigit, part := key[at : at + WINDOW]))]
    for key in (key.rstrip("a") for key in KEYS)
}
PROGRAMS = {"everything": keyed_program.everything, "local": keyed_program.in_a_class()}


def leaks(text: str) -> list[str]:
    """The keys of which a part is in a text, also where it was made an identifier."""
    return [key for key, parts in PARTS.items() if any(part in text for part in parts)]


def seen_by(program: Callable[[list[str]], Any], questions: list[str]) -> tuple[Any, list[Any]]:
    """What a program gives, and what its calls were given."""
    keyed_program.SEEN.clear()
    result = program(questions)
    return result, sorted(keyed_program.SEEN, key=repr)


IDENTITIES: list[str] = []


@xcs.op(effect="unordered")
def whoami(question: str, api_key: str) -> str:
    IDENTITIES.append(api_key)
    return f"{question} by {api_key}" if question == "repeat" else question


def answer_as(question: str, key: str) -> str:
    return whoami(question, key)


@pytest.fixture(params=["gains", "all"])
def stage(request: pytest.FixtureRequest) -> str:
    return request.param


def test_the_program_has_the_keys_that_are_looked_for() -> None:
    assert len(KEYS) >= 35
    assert all(PARTS.values())
    assert leaks("api_key=sk-zplain0Df3aaaaaaaaaaaa") == ["zplain0Df3"]
    assert leaks("@ask_zplain0Df3_1") == ["zplain0Df3"]
    assert not leaks("plain-model-name")


@pytest.mark.parametrize("name", PROGRAMS)
def test_calls_get_the_real_keys(name: str, stage: str) -> None:
    program = PROGRAMS[name]
    jitted = xcs.jit(stage=stage)(program)
    assert seen_by(jitted, ["a", "b"]) == seen_by(program, ["a", "b"])
    assert xcs.get_jit_stats(jitted)["fallback"] is None
    assert leaks(repr(keyed_program.SEEN))


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_text_of_any_stage_has_a_key(name: str, stage: str) -> None:
    jitted = xcs.jit(stage=stage)(PROGRAMS[name])
    jitted(["a", "b"])
    for where, text in texts_of(jitted):
        assert leaks(text) == [], where


def texts_of(jitted: Any) -> Iterator[tuple[str, str]]:
    """All that a jitted function says of itself."""
    traced = jitted.trace(["a", "b"])
    yield "traced", traced.as_text(debuginfo=True)
    yield "generic", traced.as_text(generic=True)
    yield from traced.after_each_pass()
    lowered = traced.lower()
    compiled = lowered.compile()
    yield "lowered", lowered.as_text()
    yield "stablehlo", lowered.as_text("stablehlo", debuginfo=True)
    yield "plan", compiled.as_text()
    yield "repr of the plan", repr(compiled.plan)
    yield "repr of the stages", f"{traced!r} {lowered!r} {compiled!r} {jitted!r}"
    yield "opportunities", f"{traced.find_parallel_opportunities()} {traced.independent_sets()} {lowered.parallelism}"
    yield "stats", repr(xcs.get_jit_stats(jitted))
    yield "explain", xcs.explain(jitted)


def test_text_is_read_back_and_runs_only_with_the_program_s_own_keys(stage: str) -> None:
    lowered = xcs.jit(stage=stage)(keyed_program.failing).lower("q")
    text = lowered.as_text()
    assert 'secret "secret' in text
    shown = subprocess.run(
        [sys.executable, "-m", "xcs.tools.xcs_opt", "-"], input=text, capture_output=True, text=True, check=True
    )
    assert 'secret "secret' in shown.stdout
    keyed_program.SEEN.clear()
    assert xcs.run(shown.stdout, "q", callables=lowered.objects) == "Q"
    assert keyed_program.SEEN[0][1]["api_key"] == "sk-zfailing3Vb5aaaaaaaaaaaa"
    without = {name: held for name, held in lowered.objects.items() if not isinstance(held, str)}
    with pytest.raises(xcs.XCSError, match="a module never holds keys") as caught:
        xcs.run(text, "q", callables=without)
    assert leaks(str(caught.value)) == []
    assert len(keyed_program.SEEN) == 1


def test_command_line_shows_no_key() -> None:
    command = [sys.executable, "-m", "xcs.tools.xcs_opt", f"{SOURCE}:everything", "--print-debuginfo"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "<secret>" in shown.stdout
    assert leaks(shown.stdout + shown.stderr) == []


def test_errors_and_their_notes_have_no_key(stage: str) -> None:
    jitted = xcs.jit(stage=stage)(keyed_program.failing)
    with pytest.raises(ConnectionError) as caught:
        jitted("fail")
    error = caught.value
    told = [str(error), repr(error), *getattr(error, "__notes__", []), repr(vars(error))]
    assert any("ask" in note for note in getattr(error, "__notes__", []))
    assert leaks("\n".join(told)) == []


def test_what_happens_while_it_runs_is_told_without_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, stage: str
) -> None:
    jitted = xcs.jit(stage=stage)(keyed_program.everything)
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with xcs.timeline(tmp_path / "run.json"), xcs.journal(tmp_path / "run.db", exceptions=True):
            jitted(["a", "b"])
    assert json.loads((tmp_path / "run.json").read_text())
    journal = b"".join(path.read_bytes() for path in tmp_path.glob("run.db*")).decode("latin-1")
    journal_main(["export", str(tmp_path / "run.db")])
    journal_main(["show", str(tmp_path / "run.db")])
    journal_main(["list", str(tmp_path / "run.db")])
    shown = capsys.readouterr()
    assert shown.out.count("xcs.call") >= 40  # calls are in it
    told = [*(str(warning.message) for warning in warned), caplog.text, shown.out, shown.err]
    for text in (*told, (tmp_path / "run.json").read_text(), journal):
        assert leaks(text) == []


def test_journals_tell_keys_apart_and_record_no_answer_that_repeats_one(tmp_path: Path) -> None:
    program = xcs.jit(answer_as)
    IDENTITIES.clear()
    for key in ("zruntime1Aq2-first", "zruntime1Aq2-first", "zruntime2Sw3-second"):
        with xcs.journal(tmp_path / "run.db"):
            assert program("ask", key) == "ask"
    assert IDENTITIES == ["zruntime1Aq2-first", "zruntime2Sw3-second"]
    with pytest.warns(xcs.XCSWarning, match="has a key in it"), xcs.journal(tmp_path / "run.db"):
        assert program("repeat", "zruntime3De4-third") == "repeat by zruntime3De4-third"
    data = b"".join(path.read_bytes() for path in tmp_path.glob("run.db*"))
    assert b"zruntime" not in data


def test_a_client_that_is_made_in_the_program_speaks_with_its_key(endpoint: Endpoint) -> None:
    openai = pytest.importorskip("openai")
    url = endpoint.base_url

    @xcs.jit
    def program(questions: list[str]) -> list[str]:
        client = openai.OpenAI(api_key="sk-zclient9Er1aaaaaaaa", base_url=url, max_retries=0)
        answers = []
        for question in questions:
            messages = [{"role": "user", "content": question}]
            reply = client.chat.completions.create(model="m", messages=messages, extra_headers={"X-Key": "plain"})
            answers.append(reply.choices[0].message.content)
        client.close()
        return answers

    endpoint.gate = threading.Barrier(3)  # they overlap
    assert program(["a", "b", "c"]) == ["echo a", "echo b", "echo c"]
    assert {key for _, key, _ in endpoint.requests} == {"Bearer sk-zclient9Er1aaaaaaaa"}
    for where, text in texts_of(program):
        assert "zclient9" not in text, where
