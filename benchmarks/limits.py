"""Limits as servers see them: 50 in flight, 600 requests or 20,000 tokens a minute at each of three endpoints.

Three runs over three real server processes: the rate bounds the calls, how many are in flight, or their tokens.
`python benchmarks/limits.py [seconds]` prints a JSON object for each: what was allowed, the most that any server's own
log shows, and the share of what was allowed that was used.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "integration"))

from endpoint_process import EndpointProcess, Logged, endpoint_process
from endpoint_replies import tokens_of

import xcs

IN_FLIGHT = 50
A_MINUTE = 600
TOKENS_A_MINUTE = 20_000
NUM_ENDPOINTS = 3
SECONDS = 90.0  # a period and a half
SHORT_S, LONG_S = 0.2, 2.0  # what a server takes for an answer, in either run: as models do


def most_in_flight(requests: list[Logged]) -> int:
    """Requests at once."""
    changes = sorted([(one.start_s, 1) for one in requests] + [(one.end_s, -1) for one in requests])
    inside = most = 0
    for _, change in changes:
        inside += change
        most = max(most, inside)
    return most


def most_in(requests: list[Logged], window_s: float) -> int:
    """Requests in any window of so many seconds."""
    starts = [one.start_s for one in requests]
    first = most = 0
    for last, start_s in enumerate(starts):
        while starts[first] <= start_s - window_s:
            first += 1
        most = max(most, last - first + 1)
    return most


def rate_a_minute(requests: list[Logged]) -> float:
    """From the first request to the last."""
    return 60 * (len(requests) - 1) / (requests[-1].start_s - requests[0].start_s)


def mean_in_flight(requests: list[Logged]) -> float:
    """From the first request to the last one that came in."""
    until_s = requests[-1].start_s
    busy_s = sum(min(one.end_s, until_s) - one.start_s for one in requests)
    return busy_s / (until_s - requests[0].start_s)


def run(
    folder: Path, latency_s: float, prompts: list[str], max_tokens: int | None = None, **bounds: Any
) -> list[EndpointProcess]:
    """Calls over three servers; they are down again when this returns, and their logs are there."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(endpoint_process(folder, f"{'-'.join(bounds)}-{number}", latency_s))
            for number in range(NUM_ENDPOINTS)
        ]
        options = {"max_retries": 0, **({} if max_tokens is None else {"max_tokens": max_tokens})}
        models = [xcs.bind("openai:m", base_url=one.base_url, api_key="k", **options) for one in servers]
        mesh = xcs.ModelMesh(models, **bounds)
        program = xcs.jit(lambda prompts: [mesh(prompt) for prompt in prompts])
        assert program(prompts) == [f"echo {prompt}" for prompt in prompts]
    return servers


def prompts_of(num_calls: int) -> list[str]:
    """As many as calls are to be made."""
    return [f"q{number}" for number in range(num_calls)]


def measure_rate(folder: Path, seconds: float) -> dict[str, Any]:
    """The rate bounds the calls."""
    num_calls = int(NUM_ENDPOINTS * A_MINUTE * seconds / 60)
    servers = run(folder, SHORT_S, prompts_of(num_calls), max_concurrency=IN_FLIGHT, rate_limit=A_MINUTE)
    logs = [server.requests() for server in servers]
    used = min(rate_a_minute(log) for log in logs) / A_MINUTE
    most = max(most_in(log, 60.0) for log in logs)
    return {"bound": "requests a minute", "allowed": A_MINUTE, "most": most, "used": round(used, 3)}


def measure_in_flight(folder: Path, seconds: float) -> dict[str, Any]:
    """The number in flight bounds the calls."""
    num_calls = int(NUM_ENDPOINTS * IN_FLIGHT * seconds / LONG_S / 3)
    servers = run(folder, LONG_S, prompts_of(num_calls), max_concurrency=IN_FLIGHT)
    logs = [server.requests() for server in servers]
    used = min(mean_in_flight(log) for log in logs) / IN_FLIGHT
    return {"bound": "in flight", "allowed": IN_FLIGHT, "most": max(map(most_in_flight, logs)), "used": round(used, 3)}


def measure_tokens(folder: Path, seconds: float) -> dict[str, Any]:
    """The tokens bound the calls: answers of 20 to 140, each bounded by 140."""
    most_answered, size = 140, 100  # a call has 20 + 80 tokens in the mean
    num_calls = int(NUM_ENDPOINTS * TOKENS_A_MINUTE * seconds / 60 / size)
    prompts = [f"q{number} uses {20 + number * 37 % 121}" for number in range(num_calls)]
    servers = run(folder, SHORT_S, prompts, max_tokens=most_answered, token_limit=TOKENS_A_MINUTE)
    logs = [[(one.start_s, tokens_of(one.prompt)) for one in server.requests()] for server in servers]
    used = min(60 * sum(used for _, used in log[:-1]) / (log[-1][0] - log[0][0]) for log in logs) / TOKENS_A_MINUTE
    most = max(sum(used for at, used in log if start <= at < start + 60.0) for log in logs for start, _ in log)
    return {"bound": "tokens a minute", "allowed": TOKENS_A_MINUTE, "most": most, "used": round(used, 3)}


if __name__ == "__main__":
    asked_s = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as place:
        for measure in (measure_rate, measure_in_flight, measure_tokens):
            found = measure(Path(place), asked_s)
            print(json.dumps(found), flush=True)
