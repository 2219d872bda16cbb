"""Compiled programs against a real server that fails: the results, errors and calls are those of plain Python."""

from __future__ import annotations

import json
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint_process import EndpointProcess, endpoint_process

import xcs

openai = pytest.importorskip("openai")
pytest.importorskip("tenacity")

pytestmark = pytest.mark.usefixtures("leaves_nothing")
SOON = xcs.Retry(3, first_wait_s=0.01)
KEY = "sk-very-secret-key"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EndpointProcess]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with endpoint_process(tmp_path) as running:
        yield running


def model_of(server: EndpointProcess, **options: object) -> xcs.ModelBinding:
    return xcs.bind("openai:small", base_url=server.base_url, api_key=KEY, max_retries=0, **options)


def same_as_plain(program: Callable[..., Any], server: EndpointProcess, *args: Any) -> Any:
    """What plain Python gives, and the compiled program too: a value or an error; and the calls of each."""
    ends, calls = [], []
    for run in (program, xcs.jit(program)):
        seen = len(server.requests())
        try:
            ends.append(run(*args))
        except openai.OpenAIError as error:
            ends.append((type(getattr(error, "original_error", error)), str(error)))
        calls.append(Counter(server.prompts()[seen:]))
    assert ends[0] == ends[1]
    return ends[0], calls


@pytest.mark.parametrize("place", [0, 3, 6])
@pytest.mark.parametrize("fault", ["500", "400"])
def test_an_error_at_any_item_is_raised_as_python_raises_it(server: EndpointProcess, place: int, fault: str) -> None:
    model = model_of(server)
    prompts = [f"q{i}" + (f"|{fault}|{fault}" if i == place else "") for i in range(7)]

    def program(prompts: list[str]) -> list[str]:
        return [model(prompt) for prompt in prompts]

    (kind, text), (plain, compiled) = same_as_plain(program, server, prompts)
    assert issubclass(kind, openai.APIStatusError)
    assert f"refused: q{place}" in text
    assert set(plain) <= set(compiled)  # what comes before the error is asked in any case, later ones may be
    assert max(compiled.values()) == 1


@pytest.mark.parametrize("place", [0, 3, 6])
@pytest.mark.parametrize("last", ["400", "500"])
def test_an_error_during_a_retry_is_raised_in_its_place(server: EndpointProcess, place: int, last: str) -> None:
    model = model_of(server, retries=xcs.Retry(1, first_wait_s=0.01))
    prompts = [f"q{i}" + (f"|500|{last}" * 2 if i == place else "") for i in range(7)]  # twice, for both runs

    def program(prompts: list[str]) -> list[str]:
        return [model(prompt) for prompt in prompts]

    (kind, text), (plain, compiled) = same_as_plain(program, server, prompts)
    assert issubclass(kind, openai.BadRequestError if last == "400" else openai.InternalServerError)
    assert f"refused: q{place}" in text
    assert plain[prompts[place]] == compiled[prompts[place]] == 2
    assert all(compiled[prompt] == 1 for prompt in prompts[:place])
    assert all(compiled[prompt] <= 1 for prompt in prompts[place + 1 :])


def test_two_errors_at_once_give_the_first(server: EndpointProcess) -> None:
    model = model_of(server)
    prompts = ["a", "b|500|500", "c|429|429", "d"]
    (_, text), _ = same_as_plain(lambda prompts: [model(prompt) for prompt in prompts], server, prompts)
    assert "refused: b" in text


def first_of(error: BaseException) -> str:
    """The error of the client in whose handler this one was raised."""
    context = error.__context__
    while context is not None and not isinstance(context, openai.OpenAIError):
        context = context.__context__
    return type(context).__name__


def test_an_error_in_a_handler(server: EndpointProcess) -> None:
    model = model_of(server)

    def program(prompts: list[str]) -> list[str]:
        answers = []
        for prompt in prompts:
            try:
                answers.append(model(prompt))
            except openai.InternalServerError:
                try:
                    answers.append(model("inner|400|400"))
                except openai.BadRequestError as error:
                    answers.append(f"after {first_of(error)}")
        return answers

    result, _ = same_as_plain(program, server, ["a", "b|500|500", "c"])
    assert result == ["echo a", "after InternalServerError", "echo c"]


@pytest.mark.parametrize("fault", ["500", "429:0.05", "reset", "truncated", "malformed", "empty", "hang"])
def test_a_fault_that_passes_is_overcome_by_retries(server: EndpointProcess, fault: str) -> None:
    """The second fault meets the retry itself."""
    model = model_of(server, retries=SOON, timeout_s=2.0 if fault == "hang" else 20)
    prompts = ["a", f"b|{fault}|{fault}", "c"]
    program = xcs.jit(lambda prompts: [model(prompt) for prompt in prompts])
    assert program(prompts) == ["echo a", "echo b", "echo c"]
    assert xcs.get_jit_stats(program)["retries"] == 2
    assert Counter(server.prompts()) == {"a": 1, "c": 1, prompts[1]: 3}


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_a_slow_answer_is_given_up_in_its_place(server: EndpointProcess, fault: str) -> None:
    """A server that sends a byte now and then outwits the client's own timeout, which counts from the last byte."""
    model = model_of(server, timeout_s=1.0)  # less than the slow answer takes at least

    @xcs.jit
    def program(prompts: list[str]) -> list[str]:
        answers = []
        for prompt in prompts:
            try:
                answers.append(model(prompt))
            except (TimeoutError, openai.APITimeoutError):
                answers.append("too slow")
        return answers

    assert program(["a", f"b|{fault}", "c"]) == ["echo a", "too slow", "echo c"]


def test_a_server_that_is_started_again(server: EndpointProcess) -> None:
    """It dies while calls are made, and comes back at the same address."""
    model = model_of(server, retries=xcs.Retry(100, first_wait_s=0.1, max_wait_s=0.1))
    is_dead = threading.Event()

    @xcs.op(effect="ordered")
    def kill() -> None:
        server.kill()
        is_dead.set()

    @xcs.jit
    def program(prompts: list[str]) -> tuple[list[str], list[str]]:
        first = [model(prompt) for prompt in prompts]
        kill()
        return first, [model(f"again {prompt} {len(first)}") for prompt in prompts]

    def start_again() -> None:
        assert is_dead.wait(30)
        server.start()

    starter = threading.Thread(target=start_again)
    starter.start()
    try:
        first, second = program(["a", "b", "c"])
    finally:
        is_dead.set()
        starter.join()
    assert first == ["echo a", "echo b", "echo c"]
    assert second == ["echo again a 3", "echo again b 3", "echo again c 3"]


def test_streams_of_the_client_itself_come_in_order(server: EndpointProcess) -> None:
    client = openai.OpenAI(base_url=server.base_url, api_key=KEY, max_retries=0)

    @xcs.op(effect="unordered")
    def streamed(prompt: str) -> str:
        messages: list[Any] = [{"role": "user", "content": prompt}]
        chunks = client.chat.completions.create(model="small", messages=messages, stream=True)
        return "-".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    program = xcs.jit(lambda prompts: [streamed(prompt) for prompt in prompts])
    assert program(["a", "b", "c"]) == ["echo-a", "echo-b", "echo-c"]


def test_no_key_is_shown_anywhere(
    server: EndpointProcess, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The server repeats the key in its errors; everything that XCS shows is searched for it."""
    caplog.set_level("DEBUG")
    models = [model_of(server, retries=xcs.Retry(1, first_wait_s=0), extra_headers={"X-Key": KEY}) for _ in range(2)]
    mesh = xcs.ModelMesh(models)
    error_texts = []

    class Agent:
        def __init__(self) -> None:
            self.model, self.mesh = models[0], mesh

        def __call__(self, prompts: list[str]) -> list[str]:
            return [self.model(prompt) + self.mesh(prompt) for prompt in prompts]

    agent = xcs.jit(Agent())
    for program in (agent, xcs.jit(lambda prompts: [models[0](p) + mesh(p) for p in prompts])):
        with xcs.timeline(tmp_path / "trace.json"), xcs.journal(tmp_path / "run.db"):
            program(["a", "b"])
            with pytest.raises(openai.AuthenticationError) as caught:
                program(["a", "b|401|401|401|401|401|401"])
        error = caught.value
        error_texts += [str(error), repr(error), str(vars(error)), *getattr(error, "__notes__", [])]
        lowered = program.lower()
        error_texts += [lowered.as_text(debuginfo=True), lowered.as_text(generic=True), program.compile().as_text()]
        error_texts += [str(xcs.get_jit_stats(program)), str(xcs.explain(program))]
    shown = [repr(mesh), str(mesh.stats()), *map(repr, models), (tmp_path / "trace.json").read_text(), *error_texts]
    assert any("401" in text for text in shown)
    files = [path for path in tmp_path.iterdir() if path.is_file() and path != server.log]
    assert any(path.name.startswith("run.db") for path in files)
    for path in files:
        assert KEY.encode() not in path.read_bytes(), path
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("xcs")]
    for text in (*shown, *logged, *capfd.readouterr()):
        assert KEY not in text


SECRETS = {
    "key": KEY,
    "password": "hunter2-of-the-address",
    "header": "token-of-a-header-77",
    "cookie": "cookie-of-a-session-88",
    "organization": "org-nobody-knows-99",
}


def bound_with_secrets(server: EndpointProcess) -> Any:
    """A model with secrets wherever one may put them: calling it sends them all."""
    return xcs.bind(
        "openai:small",
        base_url=server.base_url.replace("//", f"//user:{SECRETS['password']}@"),
        api_key=KEY,
        max_retries=0,
        organization=SECRETS["organization"],
        extra_headers={"X-Auth-Token": SECRETS["header"], "Cookie": f"a=b; sid={SECRETS['cookie']}"},
    )


def client_with_secrets(server: EndpointProcess, kind: str) -> Any:
    """A client of the user's own with the same."""
    address = server.base_url.replace("//", f"//user:{SECRETS['password']}@")
    headers = {"X-Auth-Token": SECRETS["header"], "Cookie": f"sid={SECRETS['cookie']}"}
    options: dict[str, Any] = {"api_key": KEY, "max_retries": 0, "default_headers": headers}
    if kind == "AzureOpenAI":
        return openai.AzureOpenAI(azure_endpoint=address, api_version="2026-01-01", **options)
    return openai.OpenAI(base_url=address, organization=SECRETS["organization"], **options)


@pytest.mark.parametrize("kind", ["bind", "OpenAI", "AzureOpenAI"])
def test_no_secret_of_any_kind_is_shown(
    server: EndpointProcess,
    tmp_path: Path,
    kind: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The server repeats all headers. What errors of the user's own client say is the user's; it isn't recorded."""
    caplog.set_level("DEBUG")
    ask: Any = bound_with_secrets(server) if kind == "bind" else client_with_secrets(server, kind)
    failures: list[BaseException] = []

    def asked(prompt: str) -> Any:
        if kind == "bind":
            return ask(prompt)
        messages = [{"role": "user", "content": prompt}]
        return ask.chat.completions.create(model="small", messages=messages).choices[0].message.content

    @xcs.jit
    def program(prompts: list[str]) -> list[str]:
        answers = []
        for prompt in prompts:
            try:
                answers.append(asked(prompt))
            except openai.APIError as error:
                failures.append(error)
        return answers

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with xcs.timeline(tmp_path / "trace.json"), xcs.journal(tmp_path / "run.db", exceptions=True):
            assert program(["a", "b|leak", "c|reset", "d|404", "e"]) == ["echo a", "echo e"]
    assert len(failures) == 3
    lowered = program.lower()
    shown = [str(one.message) for one in caught if one.category is xcs.XCSWarning]
    shown += [lowered.as_text(debuginfo=True), lowered.as_text(generic=True), program.compile().as_text()]
    shown += [str(xcs.get_jit_stats(program)), str(xcs.explain(program)), *capfd.readouterr()]
    shown += [record.getMessage() for record in caplog.records if record.name.startswith("xcs")]
    if kind == "bind":
        shown += [repr(ask), *(text for error in failures for text in texts_of(error))]
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file() and path != server.log}
    assert "run.db" in files
    for name, secret in SECRETS.items():
        assert not [text for text in shown if secret in text], name
        assert not [file for file, content in files.items() if secret.encode() in content], name
    if kind != "bind":
        ask.close()


def texts_of(error: BaseException | None) -> list[str]:
    """All that an error, and those it was raised from, says of itself."""
    found = []
    while error is not None:
        found += [str(error), repr(error), str(vars(error)), *getattr(error, "__notes__", [])]
        content = getattr(getattr(error, "response", None), "_content", b"")
        found.append(content.decode(errors="replace"))
        error = error.__cause__ or error.__context__
    return found


def test_structured_answers_tools_and_embeddings(server: EndpointProcess) -> None:
    pydantic = pytest.importorskip("pydantic")
    verdict = pydantic.create_model("Verdict", answer=(str, ...), score=(int, ...))
    model = model_of(server, prices=(3.0, 6.0))
    tool = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}

    @xcs.jit
    def program(prompts: list[str]) -> list[Any]:
        verdicts = [model.parse(prompt, verdict) for prompt in prompts]
        calls = [model.message(prompt, tools=[tool]).tool_calls[0].function for prompt in prompts]
        return [verdicts, calls]

    verdicts, calls = program(["one", "three"])
    assert [(one.answer, one.score) for one in verdicts] == [("one", 3), ("three", 5)]
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [
        ("look_up", {"text": "one"}),
        ("look_up", {"text": "three"}),
    ]
    usage = xcs.get_jit_stats(program)["usage"]["openai:small"]
    assert (usage["calls"], usage["prompt_tokens"], usage["completion_tokens"]) == (4, 80, 40)
    assert usage["cost"] == pytest.approx((80 * 3 + 40 * 6) / 1e6)
    rows = model.embed_batch(["ab", "a"])
    assert rows.shape == (2, 2)
    assert (rows[1] == model.embed("a")).all()
    assert model.embed_batch([]).shape[0] == 0
