"""Context variables, logging and OpenTelemetry see the calls of a program as they see those of plain Python."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import xcs

PATIENCE_S = 30.0
REQUEST: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="none")
LOG = logging.getLogger("xcs-test-calls")


@xcs.op(effect="unordered")
def ask(text: str) -> str:
    LOG.info("asked %s", text)
    if text == "fail":
        raise ValueError(text)
    return f"{REQUEST.get()} {text}"


@xcs.op(effect="unordered")
async def wait(text: str) -> str:
    await asyncio.sleep(0)
    return f"{REQUEST.get()} {text}"


def test_context_variables_flow_into_calls_and_threads_keep_their_own() -> None:
    program = xcs.jit(lambda texts: [ask(text) for text in texts])
    barrier = threading.Barrier(4)
    ends: dict[str, list[str]] = {}

    def drive(name: str) -> None:
        REQUEST.set(name)
        barrier.wait(PATIENCE_S)
        ends[name] = program(["a", "b"])

    threads = [threading.Thread(target=drive, args=(name,)) for name in "wxyz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert ends == {name: [f"{name} a", f"{name} b"] for name in "wxyz"}

    async def main() -> list[str]:
        REQUEST.set("loop")
        return await xcs.jit(on_a_loop)(["a", "b"])

    assert asyncio.run(main()) == ["loop a", "loop b"]


async def on_a_loop(texts: list[str]) -> list[str]:
    return [await wait(text) for text in texts]


def test_log_records_of_calls_carry_the_callers_context(caplog: pytest.LogCaptureFixture) -> None:
    class Tag(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            record.request = REQUEST.get()
            return True

    tag = Tag()
    LOG.addFilter(tag)
    caplog.set_level("INFO", LOG.name)
    try:
        contextvars.copy_context().run(lambda: (REQUEST.set("r1"), xcs.jit(two_calls)()))
    finally:
        LOG.removeFilter(tag)
    assert sorted((record.getMessage(), record.__dict__["request"]) for record in caplog.records) == [
        ("asked a", "r1"),
        ("asked b", "r1"),
    ]


def two_calls() -> list[str]:
    return [ask("a"), ask("b")]


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    yield exporter
    provider.shutdown()


def tracer() -> Any:
    from opentelemetry import trace

    return trace.get_tracer_provider().get_tracer("test")


def test_each_call_is_a_span_under_the_callers(exporter: Any) -> None:
    @xcs.op(effect="unordered")
    def outer(text: str) -> str:
        with tracer().start_as_current_span("inside the client"):
            return text.upper()

    with tracer().start_as_current_span("request") as request:
        assert xcs.jit(lambda: [ask("a"), outer("b")])() == ["none a", "B"]
    spans = {span.name: span for span in exporter.get_finished_spans()}
    asked = spans["ask"]
    [called] = [span for name, span in spans.items() if name not in ("ask", "request", "inside the client")]
    for span in (asked, called):
        assert span.parent.span_id == request.get_span_context().span_id
        assert span.attributes["code.file.path"] == __file__
        assert span.attributes["code.line.number"] > 0
        assert set(span.attributes) == {"code.file.path", "code.line.number"}  # nothing of what it was given
    assert spans["inside the client"].parent.span_id == called.get_span_context().span_id


def test_a_call_that_fails_ends_its_span_as_failed(exporter: Any) -> None:
    with pytest.raises(ValueError, match="fail"):
        xcs.jit(lambda: [ask("a"), ask("fail")])()
    ends = sorted(span.status.status_code.name for span in exporter.get_finished_spans())
    assert ends == ["ERROR", "UNSET"]


def test_spans_on_an_event_loop(exporter: Any) -> None:
    async def main() -> None:
        with tracer().start_as_current_span("request") as request:
            await xcs.jit(on_a_loop)(["a", "b", "c"])
        spans = [span for span in exporter.get_finished_spans() if span.name == "wait"]
        assert [span.parent.span_id for span in spans] == [request.get_span_context().span_id] * 3

    asyncio.run(main())


@xcs.op(effect="ordered")
def noted(text: str) -> str:
    return text


@pytest.mark.parametrize("strategy", ["sequential", "parallel", "hybrid", "adaptive"])
def test_every_strategy_gives_the_same_spans(exporter: Any, strategy: str) -> None:
    def program(function: Any, texts: list[str]) -> list[str]:
        answers = [ask(text) for text in texts]
        answers.append(noted("n"))
        for text in texts:
            try:
                answers.append(function(text))
            except ValueError:
                answers.append(noted("failed"))
        return answers

    jitted = xcs.jit(program, strategy=strategy)
    functions = [ask, *(xcs.op(eval(f"lambda text: text + '{n}'"), effect="unordered") for n in range(9))]
    for function in functions:  # so many that their types are no longer told apart: effects known when they are called
        jitted(function, ["a", "b"])
    exporter.clear()
    with tracer().start_as_current_span("request") as request:
        jitted(ask, ["a", "b", "c"])
    spans = [span for span in exporter.get_finished_spans() if span.name != "request"]
    assert len(spans) == 6
    assert {span.parent.span_id for span in spans} == {request.get_span_context().span_id}


@pytest.mark.parametrize("strategy", ["sequential", "adaptive"])
def test_coroutines_have_spans_with_every_strategy(exporter: Any, strategy: str) -> None:
    asyncio.run(xcs.jit(on_a_loop, strategy=strategy)(["a", "b", "c"]))
    assert [span.name for span in exporter.get_finished_spans()] == ["wait"] * 3


def test_straight_code_gives_way_to_spans(exporter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from xcs.runtime import executor, site

    @xcs.op(effect="unordered")
    def quick(text: str) -> str:
        return text

    program = xcs.jit(lambda texts: [quick(text) for text in texts])
    monkeypatch.setattr(site.Site, "is_fast", property(lambda _: True))
    with monkeypatch.context() as patched:
        patched.setattr(executor, "current_tracer", lambda: None)
        for _ in range(3):
            program(["a", "b"])
    assert program.compile().plan.steady[-1].code is not None  # it may run as straight code
    exporter.clear()
    program(["a", "b"])
    assert len(exporter.get_finished_spans()) == 2


def test_calls_under_limits_and_from_a_journal(exporter: Any, tmp_path: Any) -> None:
    @xcs.op(effect="unordered", max_concurrency=1)
    def limited(text: str) -> str:
        return text.upper()

    with xcs.journal(tmp_path / "run.db"):
        assert xcs.jit(lambda texts: [limited(text) for text in texts])(["a", "b", "c"]) == ["A", "B", "C"]
    assert len(exporter.get_finished_spans()) == 3


def test_without_a_provider_nothing_is_loaded() -> None:
    code = "import sys, xcs.runtime.spans; assert xcs.runtime.spans.current_tracer() is None; "
    code += "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    subprocess.run([sys.executable, "-c", code], check=True)
