"""Batch forms in jitted programs: values of plain Python, fewer calls; policies, journals and models."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xcs
from xcs.runtime import batched_calls
from xcs.runtime.models.model_methods import MAX_EMBEDDED, ModelMethods

PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine, no step between two calls counts as a long one."""
    monkeypatch.setattr(batched_calls, "LONG_NS", float("inf"))
    monkeypatch.setattr(batched_calls, "MAX_DELAY_NS", float("inf"))


class Service:
    """Embeds texts, one by one or together; the sizes of its calls are out of the sight of effect inference."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.refused: set[str] = set()
        self._lock = threading.Lock()

    def one(self, text: str) -> str:
        with self._lock:
            self.sizes.append(1)
        if text in self.refused:
            raise ValueError(f"refused: {text}")
        return text.upper()

    def many(self, texts: list[str]) -> list[str]:
        with self._lock:
            self.sizes.append(len(texts))
        if self.refused & set(texts):
            raise RuntimeError("something in there is refused")
        return [text.upper() for text in texts]


def op_of(service: Service, max_batch: int = 8, **options: Any) -> Any:
    def embed_all(texts: list[str], suffix: str = "") -> list[str]:
        return [text + suffix for text in service.many(texts)]

    @xcs.op(effect="unordered", batch=embed_all, max_batch=max_batch, **options)
    def embed(text: str, suffix: str = "") -> str:
        return service.one(text) + suffix

    return embed


TEXTS = [f"t{number}" for number in range(20)]


def comprehension(embed: Any, texts: list[str]) -> Any:
    return [embed(text) for text in texts]


def loop_with_appends(embed: Any, texts: list[str]) -> Any:
    found = []
    for index, text in enumerate(texts):
        vector = embed(text.strip(), suffix="!")
        found.append((index, vector))
    return found


def nested_maps(embed: Any, texts: list[str]) -> Any:
    return [[embed(text + other) for other in "abc"] for text in texts]


def through_helpers(embed: Any, texts: list[str]) -> Any:
    def vector(text: str) -> str:
        return embed(text=text.lower())

    return {text: vector(text) for text in texts}


def under_a_condition(embed: Any, texts: list[str]) -> Any:
    return [embed(text) if text != "t3" else None for text in texts]


def in_a_row(embed: Any, texts: list[str]) -> Any:
    question, answer, *rest = texts
    return embed(question), embed(answer, "?"), embed(rest[0], suffix="?")


def one_after_the_other(embed: Any, texts: list[str]) -> Any:
    state = "s"
    for text in texts:
        state = embed(state + text)
    return state


PROGRAMS = {
    comprehension: [8, 8, 4],
    loop_with_appends: [8, 8, 4],
    nested_maps: [8] * 7 + [4],
    through_helpers: [8, 8, 4],
    under_a_condition: [8, 8, 3],
    in_a_row: [1, 1, 1],
    one_after_the_other: [1] * 20,
}


@pytest.mark.parametrize(("function", "sizes"), PROGRAMS.items(), ids=lambda one: getattr(one, "__name__", ""))
@pytest.mark.parametrize("executor", ["threads", "one worker", "sequential"])
def test_values_are_those_of_plain_python_from_fewer_calls(function: Any, sizes: list[int], executor: str) -> None:
    service = Service()
    embed = op_of(service)

    def program(texts: list[str]) -> Any:
        return function(embed, texts)

    strategy = "sequential" if executor == "sequential" else "adaptive"
    options = {"max_workers": 1} if executor == "one worker" else {}
    compiled = xcs.jit(strategy=strategy, **options)(program)
    expected = program(TEXTS)
    num_calls = len(service.sizes)
    service.sizes.clear()
    assert compiled(TEXTS) == expected
    assert sorted(service.sizes) == sorted([1] * num_calls if executor == "sequential" else sizes)


def test_statistics_and_explain_say_what_went_out_together() -> None:
    service = Service()
    embed = op_of(service)

    @xcs.jit
    def program(texts: list[str]) -> list[str]:
        return [embed(text) for text in texts]

    program(TEXTS[:17])
    stats = xcs.get_jit_stats(program)
    assert (stats["leaf_calls"], stats["batches"], stats["batched_calls"]) == (3, 2, 16)
    assert "@op_of.embed: unordered, on a worker, up to 8 together" in xcs.explain(program)


def test_the_first_exception_is_that_of_its_own_call() -> None:
    service = Service()
    embed = op_of(service)
    service.refused = {"t5", "t12"}

    @xcs.jit
    def program(texts: list[str]) -> list[str]:
        return [embed(text) for text in texts]

    with pytest.raises(ValueError, match="refused: t5") as caught:
        program(TEXTS)
    assert isinstance(caught.value, xcs.XCSExecutionError)


def test_each_call_is_caught_by_itself() -> None:
    service = Service()
    embed = op_of(service)
    service.refused = {"t1", "t2"}

    def program(texts: list[str]) -> list[str]:
        found = []
        for text in texts:
            try:
                found.append(embed(text))
            except ValueError as error:
                found.append(str(error))
        return found

    assert xcs.jit(program)(TEXTS) == program(TEXTS)


def test_a_batch_form_that_loses_count_says_so() -> None:
    @xcs.op(effect="unordered", batch=lambda texts: texts[1:])
    def embed(text: str) -> str:
        return text

    with pytest.raises(xcs.XCSError, match="expected the batch form of `@.*` to give 3 results, found 2"):
        xcs.jit(lambda texts: [embed(text) for text in texts])(["a", "b", "c"])


def test_a_method_may_have_a_batch_form() -> None:
    class Encoder:
        def __init__(self, prefix: str) -> None:
            self.prefix = prefix

        def encode_all(self, texts: list[str]) -> list[str]:
            sizes.append((self.prefix, len(texts)))
            return [self.prefix + text for text in texts]

        @xcs.op(effect="unordered", batch=encode_all)
        def encode(self, text: str) -> str:
            sizes.append((self.prefix, 1))
            return self.prefix + text

    sizes: list[tuple[str, int]] = []

    @xcs.jit
    def program(left: Encoder, right: Encoder, texts: list[str]) -> list[tuple[str, str]]:
        return [(left.encode(text), right.encode(text)) for text in texts]

    assert program(Encoder("l"), Encoder("r"), ["a", "b", "c"]) == [("la", "ra"), ("lb", "rb"), ("lc", "rc")]
    assert sorted(sizes) == [("l", 3), ("r", 3)]


def test_another_parameter_may_be_the_item() -> None:
    sizes: list[int] = []

    def rank_all(query: str, documents: list[str]) -> Iterator[str]:
        sizes.append(len(documents))
        return (query + document for document in documents)

    @xcs.op(effect="reads", batch=rank_all, batch_over="document")
    def rank(query: str, document: str) -> str:
        sizes.append(1)
        return query + document

    @xcs.jit
    def program(queries: list[str], documents: list[str]) -> list[list[str]]:
        return [[rank(query, document) for document in documents] for query in queries]

    assert program(["x", "y"], ["1", "2", "3"]) == [["x1", "x2", "x3"], ["y1", "y2", "y3"]]
    assert sizes == [3, 3]


def test_code_that_was_short_before_puts_nothing_off_the_next_time() -> None:
    service = Service()
    embed = op_of(service)

    def shown(text: str) -> str:
        return f"<{text}>"

    @xcs.jit
    def program(texts: list[str]) -> list[tuple[str, str]]:
        return [(embed(text), shown(text)) for text in texts]

    for sizes in ([1, 7], [8]):
        service.sizes.clear()
        assert program(TEXTS[:8]) == [(text.upper(), f"<{text}>") for text in TEXTS[:8]]
        assert sorted(service.sizes) == sizes


def test_pieces_of_code_without_loops_put_nothing_off() -> None:
    service = Service()
    embed = op_of(service)

    @xcs.jit
    def program(texts: list[str]) -> list[tuple[str, str, int]]:
        return [(embed(text), f"{text.upper()}: {embed(text[1:])}", len(text) * 2) for text in texts]

    expected = [(text.upper(), f"{text.upper()}: {text[1:].upper()}", len(text) * 2) for text in TEXTS[:4]]
    assert program(TEXTS[:4]) == expected
    assert service.sizes == [8]


def test_a_batch_is_one_call_for_its_limits() -> None:
    service, inside, peak = Service(), [0], [0]
    full = threading.Event()
    lock = threading.Lock()

    def embed_all(texts: list[str]) -> list[str]:
        with lock:
            inside[0] += 1
            peak[0] = max(peak[0], inside[0])
            if inside[0] == 2:
                full.set()
        assert full.wait(PATIENCE_S)
        results = service.many(texts)
        with lock:
            inside[0] -= 1
        return results

    @xcs.op(effect="unordered", batch=embed_all, max_batch=3, max_concurrency=2)
    def embed(text: str) -> str:
        raise AssertionError("made alone")

    assert xcs.jit(lambda texts: [embed(text) for text in texts])(TEXTS[:18]) == [text.upper() for text in TEXTS[:18]]
    assert peak == [2]
    assert service.sizes == [3] * 6


def test_a_batch_form_that_uses_the_op_borrows_its_place() -> None:
    @xcs.op(effect="unordered", batch=lambda texts: [embed(text) for text in texts], max_concurrency=1)
    def embed(text: str) -> str:
        return text.upper()

    assert xcs.jit(lambda texts: [embed(text) for text in texts])(["a", "b"]) == ["A", "B"]


def test_a_batch_that_takes_too_long_is_made_one_by_one() -> None:
    never = threading.Event()

    @xcs.op(effect="unordered", batch=lambda texts: never.wait(PATIENCE_S), timeout_s=0.05)
    def embed(text: str) -> str:
        return text.upper()

    program = xcs.jit(lambda texts: [embed(text) for text in texts])
    assert program(["a", "b"]) == ["A", "B"]
    assert xcs.get_jit_stats(program)["timeouts"] == 1
    never.set()


made: list[tuple[str, ...]] = []
refused: set[str] = set()


def embed_recorded_texts(texts: list[str]) -> list[str]:
    made.append(tuple(texts))
    if refused & set(texts):
        raise RuntimeError("something in there is refused")
    return [text.upper() for text in texts]


@xcs.op(effect="unordered", batch=embed_recorded_texts, max_batch=8)
def embed_recorded(text: str) -> str:
    made.append((text,))
    if text in refused:
        raise ValueError(f"refused: {text}")
    return text.upper()


def embed_all_recorded(texts: list[str]) -> list[str]:
    return [embed_recorded(text) for text in texts]


@pytest.mark.parametrize("is_async", [False, True])
def test_each_item_is_recorded_and_made_once(tmp_path: Path, is_async: bool) -> None:
    async def embed_all_in_a_coroutine(texts: list[str]) -> list[str]:
        await asyncio.sleep(0)
        return [embed_recorded(text) for text in texts]

    def run(mode: str = "record") -> Any:
        with xcs.journal(tmp_path / "run.db", mode=mode):
            return asyncio.run(program(TEXTS)) if is_async else program(TEXTS)

    program = xcs.jit(embed_all_in_a_coroutine if is_async else embed_all_recorded)
    made.clear()
    refused.add("t9")
    with pytest.raises(ValueError, match="t9"):
        run()
    assert tuple(TEXTS[:8]) in made
    refused.clear()
    made.clear()
    assert run() == [text.upper() for text in TEXTS]
    again = [text for texts in made for text in texts]
    assert not set(TEXTS[:9]) & set(again)
    assert len(again) == len(set(again))
    made.clear()
    assert run("replay") == [text.upper() for text in TEXTS]
    assert made == []


def test_embeddings_of_a_model_go_out_together(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    plain = ModelMethods.embed_batch

    def counted(self: ModelMethods, texts: list[str], **options: object) -> Any:
        sizes.append(len(texts))
        return plain(self, texts, **options)

    monkeypatch.setattr(ModelMethods, "embed_batch", counted)
    model = xcs.embedded()

    @xcs.jit
    def program(texts: list[str]) -> list[Any]:
        return [model.embed(text) for text in texts]

    texts = [f"a text about {number}" for number in range(MAX_EMBEDDED + 3)]
    found = program(texts)
    assert sorted(sizes) == [3, MAX_EMBEDDED]
    quick = xcs.embedded(latency_s=0.0)
    for vector, text in zip(found, texts, strict=True):
        alone = quick.embed(text)
        assert vector.dtype == alone.dtype
        assert np.array_equal(vector, alone)
        assert vector.base is None  # it keeps no matrix alive


def test_in_coroutines_plain_calls_go_out_together_too() -> None:
    service = Service()
    embed = op_of(service)

    @xcs.jit
    async def program(texts: list[str]) -> list[str]:
        await asyncio.sleep(0)
        return [embed(text) for text in texts]

    assert asyncio.run(program(TEXTS)) == [text.upper() for text in TEXTS]
    assert service.sizes == [8, 8, 4]


def test_the_timeline_says_how_many_calls_are_one(tmp_path: Path) -> None:
    embed = op_of(Service())
    program = xcs.jit(lambda texts: [embed(text) for text in texts])
    with xcs.timeline(tmp_path / "trace.json"):
        program(TEXTS[:9])
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert sorted(event["args"].get("calls", 1) for event in events) == [1, 8]


def test_many_threads_batch_their_own_calls() -> None:
    service = Service()
    embed = op_of(service, max_batch=5)
    program = xcs.jit(lambda texts: [embed(text) for text in texts])
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(program(TEXTS))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert results == [[text.upper() for text in TEXTS]] * 4
    assert service.sizes == [5] * 16


class AsyncService(Service):
    """The same for coroutines; `gate` is awaited before anything comes back."""

    gate: asyncio.Event | None = None

    async def one_later(self, text: str) -> str:
        await asyncio.sleep(0)
        return self.one(text)

    async def many_later(self, texts: list[str]) -> list[str]:
        results = self.many(texts)
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(0)
        return results


def async_op_of(service: AsyncService, max_batch: int = 8, **options: Any) -> Any:
    async def embed_all(texts: list[str], suffix: str = "") -> list[str]:
        return [text + suffix for text in await service.many_later(texts)]

    @xcs.op(effect="unordered", batch=embed_all, max_batch=max_batch, **options)
    async def embed(text: str, suffix: str = "") -> str:
        return await service.one_later(text) + suffix

    return embed


def test_calls_that_are_awaited_go_out_together() -> None:
    service = AsyncService()
    embed = async_op_of(service)

    @xcs.jit
    async def program(texts: list[str]) -> list[str]:
        return [await embed(text.strip(), suffix="!") for text in texts]

    assert asyncio.run(program(TEXTS)) == [text.upper() + "!" for text in TEXTS]
    assert service.sizes == [8, 8, 4]
    stats = xcs.get_jit_stats(program)
    assert (stats["leaf_calls"], stats["batches"], stats["batched_calls"]) >= (3, 3, 20)


def test_each_awaited_call_has_its_own_exception() -> None:
    service = AsyncService()
    embed = async_op_of(service)
    service.refused = {"t1", "t2", "t9"}

    async def program(texts: list[str]) -> list[str]:
        found = []
        for text in texts:
            try:
                found.append(await embed(text))
            except ValueError as error:
                found.append(str(error))
        return found

    async def fails(texts: list[str]) -> list[str]:
        return [await embed(text) for text in texts]

    assert asyncio.run(xcs.jit(program)(TEXTS)) == asyncio.run(program(TEXTS))
    with pytest.raises(ValueError, match="refused: t1"):
        asyncio.run(xcs.jit(fails)(TEXTS))


def test_a_bound_counts_awaited_batches() -> None:
    service = AsyncService()
    embed = async_op_of(service, max_batch=3, max_concurrency=2)

    @xcs.jit
    async def program(texts: list[str]) -> list[str]:
        return [await embed(text) for text in texts]

    assert asyncio.run(program(TEXTS)) == [text.upper() for text in TEXTS]
    assert service.sizes == [3] * 6 + [2]


def test_a_cancellation_is_for_the_call_that_is_awaited() -> None:
    service = AsyncService()
    embed = async_op_of(service)

    async def program(texts: list[str]) -> list[str]:
        found = []
        for text in texts:
            try:
                found.append(await embed(text))
            except asyncio.CancelledError:
                found.append("cancelled")
        return found

    async def main() -> list[str]:
        service.gate = asyncio.Event()
        task = asyncio.create_task(xcs.jit(program)(TEXTS[:5]))
        while not service.sizes:
            await asyncio.sleep(0)
        task.cancel()
        return await task

    assert asyncio.run(main()) == ["cancelled", *(text.upper() for text in TEXTS[1:5])]
    assert service.sizes == [5, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("is_async", "message"),
    [(True, "expected a coroutine function as `batch` form"), (False, "expected a plain function as `batch` form")],
)
def test_a_batch_form_is_awaited_where_its_op_is(is_async: bool, message: str) -> None:
    async def later(text: Any) -> Any: ...

    def now(text: Any) -> Any: ...

    function, batch = (later, now) if is_async else (now, later)
    with pytest.raises(xcs.XCSError, match=message):
        xcs.op(effect="unordered", batch=batch)(function)


def test_awaited_calls_are_recorded_one_by_one(tmp_path: Path) -> None:
    async def embed_all(texts: list[str]) -> list[str]:
        return embed_recorded_texts(texts)

    @xcs.op(effect="unordered", batch=embed_all)
    async def embed(text: str) -> str:
        return embed_recorded(text)

    async def program(texts: list[str]) -> list[str]:
        return [await embed(text) for text in texts]

    made.clear()
    for mode in ("record", "replay"):
        with xcs.journal(tmp_path / "run.db", mode=mode):
            assert asyncio.run(xcs.jit(program)(TEXTS)) == [text.upper() for text in TEXTS]
    assert made == [tuple(TEXTS)]
