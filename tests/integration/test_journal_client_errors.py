"""Errors of real clients in a journal: handlers of a run started again see what they saw, and no key is written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint_process import EndpointProcess, endpoint_process

import xcs
from xcs.runtime.journal.values import decode_exception, encode_exception

openai = pytest.importorskip("openai")
pytestmark = pytest.mark.usefixtures("leaves_nothing")
KEY = "sk-of-these-tests-0123456789"

SCRIPT = """
import sys
import openai
import xcs

journal, mode, base_url, key = sys.argv[1:]
model = xcs.bind("openai:m", base_url=base_url, api_key=key, max_retries=0)


@xcs.jit
def program(prompts):
    seen = []
    for prompt in prompts:
        try:
            seen.append(model(prompt))
        except openai.APIStatusError as error:
            seen.append((type(error).__name__, error.status_code, error.code, str(error), error.request.method))
            seen.append((error.response.headers.get("retry-after"), error.response.json(), str(error.response.url)))
        except openai.APIConnectionError as error:
            seen.append((type(error).__name__, str(error), type(error.__cause__).__name__))
    return seen


with xcs.journal(journal, mode=mode, exceptions=True):
    print(program(["a", "b|400", "c|429:3", "d|500", "e|reset", "f"]))
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EndpointProcess]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with endpoint_process(tmp_path) as running:
        yield running


def test_another_process_sees_the_errors_of_the_first(server: EndpointProcess, tmp_path: Path) -> None:
    script, journal = tmp_path / "program.py", tmp_path / "run.db"
    script.write_text(SCRIPT)

    def run(mode: str) -> str:
        command = [sys.executable, "-W", "error", str(script), str(journal), mode, server.base_url, KEY]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout

    first = run("record")
    assert all(name in first for name in ("BadRequestError", "RateLimitError", "InternalServerError", "ReadError"))
    asked = server.prompts()
    assert run("record") == run("replay") == first
    assert server.prompts() == asked
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("run.db*"))
    assert KEY not in first
    assert KEY.encode() not in kept
    assert b"refused: b with ***" in kept


def client_of(server: EndpointProcess) -> Any:
    return openai.OpenAI(base_url=server.base_url, api_key=KEY, max_retries=0)


def error_of(server: EndpointProcess, prompt: str) -> Any:
    with pytest.raises(openai.OpenAIError) as raised:
        client_of(server).chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return raised.value


def test_a_text_with_the_key_is_refused_and_the_call_is_made_again(server: EndpointProcess, tmp_path: Path) -> None:
    @xcs.jit
    def program(client: Any, prompts: list[str]) -> list[str]:
        seen = []
        for prompt in prompts:
            try:
                client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
            except openai.APIError as error:
                seen.append(str(error))
        return seen

    message = "`BadRequestError` has the key of its request in its text"
    expected = [f"Error code: 400 - refused: a with {KEY}", "Connection error."]
    with client_of(server) as client:
        for _ in range(2):
            with pytest.warns(xcs.XCSWarning, match=message), xcs.journal(tmp_path / "run.db", exceptions=True):
                assert program(client, ["a|400|400", "b|reset|400"]) == expected
    assert sorted(server.prompts()) == ["a|400|400"] * 2 + ["b|reset|400"]
    assert KEY.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("run.db*"))


def test_what_may_hold_a_secret_is_left_out(server: EndpointProcess) -> None:
    error = error_of(server, "q|reset")
    error.request.headers["x-of-the-user"] = "private"
    error.request.url = error.request.url.copy_merge_params({"key": "private"})
    data = encode_exception(error)
    assert b"private" not in data
    assert KEY.encode() not in data
    made: Any = decode_exception(data)
    assert isinstance(made, openai.APIConnectionError)
    assert made.request.url.path == "/v1/chat/completions"
    assert not made.request.url.query
    assert made.__cause__ is not None
    assert made.__cause__.request.method == "POST"
    assert made.__cause__.__cause__ is None  # of the transport


def test_request_and_response_are_one_pair_again(server: EndpointProcess) -> None:
    error = error_of(server, "q|429:7")
    error.args = (error.args[0].replace(KEY, "***"),)
    error.message, error.body = error.args[0], None
    made: Any = decode_exception(encode_exception(error))
    assert isinstance(made, openai.RateLimitError)
    assert made.response.request is made.request
    assert made.response.headers["Retry-After"] == "7"
    assert made.response.json()["error"]["message"] == "refused: q with ***"
    assert made.__suppress_context__ == error.__suppress_context__
