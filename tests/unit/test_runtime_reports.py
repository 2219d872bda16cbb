"""What a run and a plan show: recorded calls, timelines, plan text, summaries."""

from __future__ import annotations

import json
import operator
from pathlib import Path

import pytest
from plan_writing import DYNAMIC, EXTERNAL, FENCE, ORDERED, READS, call, plan_of
from virtual_pool import Script, VirtualPool

from xcs.runtime.dataflow import Scheduler
from xcs.runtime.executor import SequentialExecutor, ThreadsExecutor
from xcs.runtime.instrument import Instrument
from xcs.runtime.plan import (
    Block,
    For,
    If,
    Instruction,
    Invoke,
    Literal,
    LoopSource,
    Map,
    Plan,
    Raise,
    Slot,
    Try,
    While,
)
from xcs.runtime.plan_summary import summarise
from xcs.runtime.plan_text import plan_text
from xcs.runtime.timeline import timeline_events, write_timeline


def looping() -> Plan:
    body = Block(2, (call(abs, Slot(0), to=1, behaviour=EXTERNAL, line=7),), (Slot(1),), 1)
    block = Block(3, (Map("map", (1,), iterable=Slot(0), body=body), call(sum, Slot(1), to=2, line=8)), (Slot(2),), 1)
    return plan_of(block)


def test_every_leaf_call_is_recorded_at_its_place() -> None:
    instrument = Instrument()
    pool = VirtualPool(Script("abs"))
    Scheduler(looping(), pool, instrument=instrument).run(((1, 2),)).unwrap()
    sequential = Instrument()
    SequentialExecutor().run(looping(), ((1, 2),), sequential).unwrap()
    for spans in (instrument.in_program_order(), sequential.spans):
        assert [(span.name, span.location.line, span.path) for span in spans] == [
            ("abs", 7, (0, 0, 0)),
            ("abs", 7, (0, 1, 0)),
            ("sum", 8, (1,)),
        ]
        assert all(span.duration_ns >= 0 for span in spans)


def test_failing_calls_are_recorded_too() -> None:
    block = Block(1, (call(operator.truediv, 1, 0, to=0, behaviour=EXTERNAL), call(abs, "x")), (Slot(0),))
    instrument = Instrument()
    assert ThreadsExecutor().run(plan_of(block), (), instrument).failure is not None
    assert "truediv" in [span.name for span in instrument.spans]


def test_a_timeline_is_a_chrome_trace(tmp_path: Path) -> None:
    instrument = Instrument()
    ThreadsExecutor().run(looping(), ((1, 2),), instrument).unwrap()
    write_timeline(instrument, tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert events == timeline_events(instrument)
    assert {event["name"] for event in events} == {"abs", "sum"}
    assert min(event["ts"] for event in events) == 0
    assert all(event["ph"] == "X" and event["dur"] >= 0 for event in events)
    assert events[-1]["args"] == {"location": "program.py:8", "path": "1"}
    assert timeline_events(Instrument()) == []


def test_plan_text() -> None:
    error = Block(1, (Raise("raise", (), exception=Slot(0)),), (), 1)
    body = Block(
        3, (call(operator.add, Slot(0), Slot(2), to=1, behaviour=EXTERNAL, after=()),), (Slot(1),), 1, ((0, 2),)
    )
    block = Block(
        3,
        (
            Try("try", (), body=Block(0, (), ()), handler=error),
            For("for", (1,), iterable=Slot(0), initial=(Literal("a"),), body=body, after=(0,)),
            Invoke("invoke", (2,), symbol="other", operands=(Slot(1), Literal(2))),
        ),
        (Slot(2),),
        1,
    )
    other = Block(2, (), (Slot(0),), 2)
    assert plan_text(plan_of(block, other=other)) == "\n".join(
        [
            "function @main(%0) may_write:",
            "  0: try  # try <unknown>:0",
            "    body():",
            "      yield",
            "    handler(%0):",
            "      0: raise %0  # raise <unknown>:0",
            "      yield",
            "  1: %1 = for %0 stepped carries 'a' after 0  # for <unknown>:0",
            "    body(%0) captures %2 = outer %0:",
            "      0: %1 = call unordered external add(%0, %2)  # add program.py:0",
            "      yield %1",
            "  2: %2 = invoke @other(%1, 2)  # invoke <unknown>:0",
            "  yield %2",
            "function @other(%0, %1):",
            "  yield %0",
        ]
    )


EMPTY = Block(0, (), ())
WRITING = Block(0, (call(print, behaviour=ORDERED),), ())
READING = Block(0, (call(print, behaviour=READS),), ())
FENCED = Block(0, (call(print, behaviour=FENCE),), ())
TRUE = Literal(True)
ITEMS = Literal((1,))


@pytest.mark.parametrize(
    ("instruction", "may_write", "has_fence"),
    [
        (call(print), False, False),
        (call(print, behaviour=EXTERNAL), False, False),
        (call(print, behaviour=READS), False, False),
        (call(print, behaviour=ORDERED), True, False),
        (call(print, behaviour=DYNAMIC), True, False),
        (call(print, behaviour=FENCE), True, True),
        (Raise("raise", (), exception=TRUE), False, False),
        (If("if", (), condition=TRUE, then_block=EMPTY, else_block=READING), False, False),
        (If("if", (), condition=TRUE, then_block=EMPTY, else_block=WRITING), True, False),
        (If("if", (), condition=TRUE, then_block=EMPTY, else_block=EMPTY, truth=DYNAMIC), True, False),
        (Map("map", (), iterable=ITEMS, body=READING, source=LoopSource.SNAPSHOT), False, False),
        (Map("map", (), iterable=ITEMS, body=READING, source=LoopSource.STEPPED), True, False),
        (For("for", (), iterable=ITEMS, body=FENCED, source=LoopSource.SNAPSHOT), True, True),
        (While("while", (), condition=EMPTY, body=EMPTY), False, False),
        (While("while", (), condition=WRITING, body=EMPTY), True, False),
        (Try("try", (), body=EMPTY, handler=WRITING), True, False),
        (Invoke("invoke", (), symbol="reading"), False, False),
        (Invoke("invoke", (), symbol="recursive"), True, True),
    ],
)
def test_summaries(instruction: Instruction, may_write: bool, has_fence: bool) -> None:
    again = Invoke("invoke", (), symbol="recursive")
    functions = {
        "main": Block(0, (instruction,), ()),
        "reading": READING,
        "recursive": Block(0, (again, *FENCED.instructions), ()),
        "harmless": Block(0, (Invoke("invoke", (), symbol="harmless"),), ()),
    }
    found = summarise(functions)
    assert (found["main"].may_write, found["main"].has_fence) == (may_write, has_fence)
    assert not found["harmless"].may_write


def test_deeply_nested_blocks_are_summarised() -> None:
    block = WRITING
    for _ in range(400):
        block = Block(0, (If("if", (), condition=TRUE, then_block=block, else_block=EMPTY),), ())
    plan = plan_of(block)
    assert plan.functions["main"].may_write
    plan = plan_of(Block(0, (), ()), deep=block)
    assert not plan.functions["main"].may_write
