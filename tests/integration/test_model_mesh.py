"""A mesh over real servers: bounds are kept and used, failures go elsewhere, and results stay in order."""

from __future__ import annotations

import asyncio
import pickle
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from endpoint_process import EndpointProcess, Logged, endpoint_process
from endpoint_replies import tokens_of

import xcs

pytest.importorskip("openai")

pytestmark = pytest.mark.usefixtures("leaves_nothing")
LATENCY_S = 0.05
PERIOD_S, WINDOW_S = 5.0, 4.0  # on a busy machine requests come in up to a second later than they are let go


@pytest.fixture
def servers(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[EndpointProcess]]:
    """Three servers; a parameter says how many requests at once each of them waits for at first."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ExitStack() as stack:
        yield [
            stack.enter_context(endpoint_process(tmp_path, name, LATENCY_S, num_meeting=number))
            for name, number in zip("abc", getattr(request, "param", (0, 0, 0)), strict=True)
        ]


def meeting(*numbers: int) -> pytest.MarkDecorator:
    """Servers that wait at first until they have so many requests at once."""
    return pytest.mark.parametrize("servers", [numbers], indirect=True)


def mesh_of(servers: Sequence[EndpointProcess], **options: object) -> xcs.ModelMesh:
    bindings = [xcs.bind("openai:m", base_url=one.base_url, api_key="k", max_retries=0) for one in servers]
    return xcs.ModelMesh(bindings, **options)  # type: ignore[arg-type]


def peak_in_flight(requests: list[Logged]) -> int:
    """Most requests at once, as the server saw them."""
    changes = sorted([(one.start_s, 1) for one in requests] + [(one.end_s, -1) for one in requests])
    inside = peak = 0
    for _, change in changes:
        inside += change
        peak = max(peak, inside)
    return peak


def most_in_a_window(requests: list[Logged], window_s: float) -> int:
    """Most requests that any window of so many seconds has seen."""
    starts = [one.start_s for one in requests]
    return max(sum(start <= other < start + window_s for other in starts) for start in starts)


def most_tokens_in_a_window(requests: list[Logged], window_s: float) -> int:
    """Most tokens that any window of so many seconds has seen, of requests that came in then."""
    starts = [one.start_s for one in requests]
    return max(
        sum(tokens_of(one.prompt) for one in requests if start <= one.start_s < start + window_s) for start in starts
    )


def test_limits_of_a_period_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """60 requests, or 3,000 tokens in answers of 20 to 140, in any 5 s at each server, for one period and a half.

    The three meshes run at once. How much of a limit is used a busy machine decides, too: `benchmarks/limits.py`
    measures it.
    """
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    requests, tokens = xcs.RateLimit(60, per_s=PERIOD_S), xcs.RateLimit(3000, per_s=PERIOD_S)
    sized = [f"q{index} uses {20 + index * 37 % 121}" for index in range(94)]

    def run(servers: list[EndpointProcess], prompts: list[str], call: dict[str, int], **limits: object) -> float:
        mesh = mesh_of(servers, **limits)
        program = xcs.jit(lambda prompts: [mesh(prompt, **call) for prompt in prompts])
        assert program(prompts) == [f"echo {prompt}" for prompt in prompts]
        return xcs.get_jit_stats(program)["limit_wait_s"]

    with ExitStack() as stack:
        counted, bounded, free = (
            [stack.enter_context(endpoint_process(tmp_path, name, LATENCY_S)) for name in pair]
            for pair in ("ab", "cd", "ef")
        )
        threads = stack.enter_context(ThreadPoolExecutor(3))
        runs = [
            threads.submit(run, counted, [f"q{i}" for i in range(180)], {}, rate_limit=requests, max_concurrency=5),
            threads.submit(run, bounded, sized, {"max_tokens": 140}, token_limit=tokens),
            threads.submit(run, free, sized, {}, token_limit=tokens),
        ]
        assert min(one.result() for one in runs) > 0
        for server in counted:
            assert most_in_a_window(server.requests(), WINDOW_S) <= 60
            assert peak_in_flight(server.requests()) <= 5
        for server in bounded:
            assert most_tokens_in_a_window(server.requests(), WINDOW_S) <= 3000
        for server in free:  # an answer may be longer than all before, by at most 120, once for each call in flight
            log = server.requests()
            assert most_tokens_in_a_window(log, WINDOW_S) <= 3000 + 120 * peak_in_flight(log)


@meeting(5, 3, 1)
def test_concurrency_is_kept_and_used(servers: list[EndpointProcess]) -> None:
    mesh = mesh_of(servers, max_concurrency=[5, 3, 1])
    program = xcs.jit(lambda rows: [[mesh(prompt) for prompt in row] for row in rows])
    rows = [[f"q{i} {j}" for j in range(10)] for i in range(9)]
    assert program(rows) == [[f"echo {prompt}" for prompt in row] for row in rows]
    assert [peak_in_flight(server.requests()) for server in servers] == [5, 3, 1]


@meeting(5, 3, 1)
def test_a_mapped_mesh_spreads_elements_over_its_endpoints(servers: list[EndpointProcess]) -> None:
    mesh = mesh_of(servers, max_concurrency=[5, 3, 1])
    prompts = [f"q{i}" for i in range(60)]
    assert xcs.pmap(mesh)(prompts) == [f"echo {prompt}" for prompt in prompts]
    assert [peak_in_flight(server.requests()) for server in servers] == [5, 3, 1]


@meeting(6, 4, 2)
@pytest.mark.parametrize("is_jitted", [False, True])
def test_xcs_map_spreads_items_by_weight(servers: list[EndpointProcess], is_jitted: bool) -> None:
    mesh = mesh_of(servers, weights=[3, 2, 1], max_concurrency=[6, 4, 2])

    def program(prompts: list[str]) -> list[str]:
        return xcs.map(mesh, prompts)

    prompts = [f"q{i}" for i in range(60)]
    assert (xcs.jit(program) if is_jitted else program)(prompts) == [f"echo {prompt}" for prompt in prompts]
    logs = [server.requests() for server in servers]
    assert [peak_in_flight(log) for log in logs] == [6, 4, 2]
    assert sum(map(len, logs)) == 60  # which of them takes how many more a busy machine decides, too


def test_a_server_that_asks_for_time_gets_it_and_the_others_go_on(servers: list[EndpointProcess]) -> None:
    mesh = mesh_of(servers[:2], max_concurrency=2)
    program = xcs.jit(lambda prompts: [mesh(prompt) for prompt in prompts])
    prompts = [*(f"first{i}|429:3.0@a" for i in range(4)), *(f"q{i}" for i in range(30))]
    assert program(prompts) == [f"echo {prompt.partition('|')[0]}" for prompt in prompts]
    assert xcs.get_jit_stats(program)["endpoints"] == mesh.stats()
    refused, others = (server.requests() for server in servers[:2])
    refusals = [one for one in refused if one.status == 429]
    refusal = refusals[-1]
    quiet = [one for one in refused if refusal.end_s + 0.5 < one.start_s < refusal.end_s + 2.5]
    busy = [one for one in others if refusal.end_s < one.start_s < refusal.end_s + 2.5]
    assert not quiet
    assert busy
    assert [state["refusals"] for state in mesh.stats()] == [len(refusals), 0]


def test_a_dead_endpoint_is_left_alone_and_tried_again(servers: list[EndpointProcess]) -> None:
    mesh = mesh_of(servers[:2], max_concurrency=2, break_after=2, cooldown_s=0.5)
    program = xcs.jit(lambda prompts: [mesh(prompt) for prompt in prompts])
    servers[0].kill()
    prompts = [f"q{i}" for i in range(12)]
    start_s = time.monotonic()
    assert program(prompts) == [f"echo {prompt}" for prompt in prompts]
    dead, alive = mesh.stats()
    num_trials = (time.monotonic() - start_s) // 0.5  # one after each time that it is left alone
    assert dead["state"] in ("open", "half-open")
    assert 2 <= dead["failures"] <= 4 + num_trials  # at most as many calls as were under way when it was found out
    assert (alive["state"], alive["failures"]) == ("closed", 0)
    servers[0].start()
    for _ in range(200):
        if mesh.stats()[0]["state"] == "closed":
            break
        program(prompts[:2])
    assert mesh.stats()[0]["state"] == "closed"
    assert servers[0].requests()


def test_a_call_that_fails_everywhere_fails_and_a_wrong_request_is_asked_once(servers: list[EndpointProcess]) -> None:
    import openai

    mesh = mesh_of(servers)
    with pytest.raises(openai.InternalServerError):
        xcs.jit(lambda: mesh("down|500"))()
    with pytest.raises(openai.BadRequestError):
        xcs.jit(lambda: mesh("wrong|400"))()
    prompts = [prompt for server in servers for prompt in server.prompts()]
    assert sorted(prompts) == ["down|500"] * 3 + ["wrong|400"]
    assert [state["state"] for state in mesh.stats()] == ["closed"] * 3


def test_weights_share_the_calls(servers: list[EndpointProcess]) -> None:
    mesh = mesh_of(servers[:2], weights=[3, 1])
    for index in range(8):
        mesh(f"q{index}")
    assert [len(server.requests()) for server in servers[:2]] == [6, 2]


def test_tokens_are_counted_as_the_server_does(servers: list[EndpointProcess]) -> None:
    """Each answer uses 30 tokens, far less than expected: what is spared lets the next calls go."""
    mesh = mesh_of(servers[:1], token_limit=xcs.RateLimit(3000, per_s=10.0))
    program = xcs.jit(lambda prompts: [mesh(prompt, max_tokens=100) for prompt in prompts])
    assert program(["a", "b", "c", "d", "e"]) == ["echo a", "echo b", "echo c", "echo d", "echo e"]
    assert xcs.get_jit_stats(program)["usage"]["openai:m"]["completion_tokens"] == 50


def test_a_binding_bounds_its_tokens_itself(servers: list[EndpointProcess]) -> None:
    limit = xcs.RateLimit(600, per_s=PERIOD_S)
    model = xcs.bind("openai:m", base_url=servers[0].base_url, api_key="k", max_tokens=100, token_limit=limit)
    prompts = [f"q{index} uses {50 + index}" for index in range(12)]
    assert xcs.jit(lambda prompts: [model(prompt) for prompt in prompts])(prompts) == [f"echo {p}" for p in prompts]
    assert most_tokens_in_a_window(servers[0].requests(), WINDOW_S) <= 600


@meeting(2, 2, 0)
def test_coroutines_share_the_bounds(servers: list[EndpointProcess]) -> None:
    mesh = mesh_of(servers[:2], max_concurrency=2)

    @xcs.jit
    async def program(prompts: list[str]) -> list[str]:
        return await asyncio.gather(*[mesh.acall(prompt) for prompt in prompts])

    prompts = [f"q{i}" for i in range(12)]
    assert asyncio.run(program(prompts)) == [f"echo {prompt}" for prompt in prompts]
    assert [peak_in_flight(server.requests()) for server in servers[:2]] == [2, 2]


def test_a_mesh_is_a_value() -> None:
    bindings = [xcs.bind("embedded:a", latency_s=0.0), xcs.bind("embedded:b", latency_s=0.0)]
    mesh = xcs.ModelMesh(bindings, weights=[1, 2], rate_limit=100)
    assert pickle.loads(pickle.dumps(mesh)) == mesh == xcs.ModelMesh(bindings, weights=[1, 2], rate_limit=100)
    assert hash(mesh) == hash(pickle.loads(pickle.dumps(mesh)))
    assert mesh != xcs.ModelMesh(bindings)
    assert "xcs.map" in xcs.jit(lambda ps: [mesh(p) for p in ps]).trace(["a"]).lower().as_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": [1]}, "expected one of `weights` for each of `2` endpoints, found `1`"),
        ({"weights": [1, 0]}, r"expected weights above 0, found `\(1.0, 0.0\)`"),
        ({"max_concurrency": [1, -1]}, "expected `max_concurrency` to be at least 1, found `-1`"),
        ({"break_after": 0}, "expected `break_after` of at least 1"),
    ],
)
def test_impossible_meshes_are_explained(options: dict[str, object], message: str) -> None:
    bindings = [xcs.bind("embedded:a"), xcs.bind("embedded:b")]
    with pytest.raises(xcs.XCSError, match=message):
        xcs.ModelMesh(bindings, **options)  # type: ignore[arg-type]
    with pytest.raises(xcs.XCSError, match="expected one model binding or more"):
        xcs.ModelMesh([])
