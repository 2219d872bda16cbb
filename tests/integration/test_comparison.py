"""The comparison with other libraries is complete, and its chart and tables can be drawn from any results."""

from __future__ import annotations

import importlib
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKLOADS = sorted(
    path.stem
    for path in (ROOT / "benchmarks" / "comparison").glob("*.py")
    if "TITLE = " in path.read_text(encoding="utf-8")
)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


def module(name: str) -> Any:
    return importlib.import_module(f"comparison.{name}")


def results() -> list[Any]:
    """Rows in which everybody takes twice the critical path, or nothing is known."""
    rows = []
    for workload in module("workload").WORKLOADS:
        known: ModuleType = module(workload)
        path_s = getattr(known, "CRITICAL_PATH_S", 0.0)
        entries = tuple(
            module("workload").Entry(one.name, 2 * path_s or None, "a < b & c")
            for one in module("contender").CONTENDERS
        )
        rows.append(module("workload").Result(workload, known.TITLE, str(known.BAR), 2.0, False, path_s, "s", entries))
    return rows


def test_every_workload_is_run() -> None:
    assert sorted(module("workload").WORKLOADS) == WORKLOADS


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_contender_has_a_program_or_a_reason(workload: str) -> None:
    known = module(workload)
    if hasattr(known, "measure"):
        return
    missing = [
        one.name
        for one in module("contender").CONTENDERS
        if not callable(getattr(known, one.name, None)) and not getattr(known, "NOT_WRITTEN", {}).get(one.name)
    ]
    assert missing == []


def test_every_contender_has_programs_of_the_second_table() -> None:
    names = {one.name for one in module("contender").CONTENDERS} - {"plain"}
    assert set(module("semantics_programs").PROGRAMS) == names


@pytest.mark.parametrize(
    "name", ["text_of_pending", "truth_of_pending", "first_failure", "context_arrives", "order_stays"]
)
def test_compiled_programs_are_right_in_the_second_table(name: str) -> None:
    semantics = module("semantics")
    assert getattr(semantics, name)(module("semantics_programs").Xcs()) == semantics.RIGHT


def test_the_chart_is_a_picture() -> None:
    drawn = ElementTree.fromstring(module("chart").chart(results()))
    texts = ["".join(text.itertext()) for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"XCS", "LangGraph", "2.00"} <= set(texts)


def test_the_tables_name_everybody() -> None:
    rows = {"xcs_jit": dict.fromkeys(module("semantics").COLUMNS, "right")}
    assert "a < b & c" in module("table").speed_table(results())
    assert "truth of a pending ''" in module("table").semantics_table(rows)
    assert module("table").markdown(results(), rows).count("| no |") == len(WORKLOADS)
