"""Fusing array code makes no external call wait: no path of a program is longer behind `xcs-fuse-tensor`.

Array code takes time here: an op an eighth of a call, a region as long as the longest chain of ops in it. So a region
that a call needs only a part of would show.
"""

from __future__ import annotations

import re
from itertools import count

from hypothesis import HealthCheck, example, given, settings
from random_modules import DECLARATIONS as WORLD
from random_modules import modules
from xdsl.ir import Operation, SSAValue

from xcs.dialect.functions import FuncOp
from xcs.dialect.parsing import parse_module
from xcs.dialect.printing import ir_text
from xcs.dialect.tensor import TensorOp
from xcs.passes.behaviour import OpSummaries
from xcs.passes.cost import CostModel
from xcs.passes.critical_path import CriticalPath
from xcs.passes.declarations import Declarations
from xcs.passes.pipeline import optimise

BEFORE = (
    "xcs-infer-effects",
    "xcs-inline",
    "xcs-canonicalize",
    "xcs-cse",
    "xcs-dce",
    "xcs-loop-to-map",
    "xcs-fuse-maps",
)
ARRAY_S = 0.125
NUM_CALLABLES = 4  # their calls take 1, 2, 4 and 8

DECLARATIONS = "".join(
    f'xcs.callable @ask{i} {{path = "world:ask{i}", effect = #xcs.effect<unordered, external>, '
    f"latency_s = {float(1 << i)} : f64}}\n"
    for i in range(NUM_CALLABLES)
)


class ArrayCost(CostModel):
    """Calls as they are declared, array code as long as its longest chain."""

    def latency_s(self, op: Operation) -> float:
        if not isinstance(op, TensorOp):
            return ARRAY_S if self.declarations.array_kind(op) == "jax" else super().latency_s(op)
        times: dict[SSAValue, float] = {}
        for inner in op.body.block.ops:
            start = max((times.get(value, 0.0) for value in inner.operands), default=0.0)
            spent = ARRAY_S if self.declarations.array_kind(inner) == "jax" else 0.0
            times.update(dict.fromkeys(inner.results, start + spent))
        return max(times.values(), default=0.0)


def longest_paths(module) -> dict[str, float]:
    """How long each function of a module takes with any number of workers."""
    path = CriticalPath(ArrayCost(Declarations.of(module)), OpSummaries())
    return {op.sym_name.data: path.of_function(op).critical_path_s for op in module.walk() if isinstance(op, FuncOp)}


def varied(text: str) -> str:
    """The program with calls of different length, and none that is ordered: what waits for all waits for array code."""
    number = count()
    declared, functions = text.split("xcs.func", 1)
    functions = re.sub(r"@ask\(", lambda _: f"@ask{(next(number) * 7) % NUM_CALLABLES}(", "xcs.func" + functions)
    functions = functions.replace("ordered @log", "pure total @wrap")
    return declared + DECLARATIONS + functions


PREPARED_FOR_TWO_CALLS = """
xcs.func @main(%p : !xcs.obj, %q : !xcs.obj, %xs : !xcs.list<!xcs.obj>) -> (!xcs.obj) {
  %a = xcs.call pure total @arr(%p)
  %b = xcs.call pure total @arr(%q)
  %c = xcs.call pure total @arr(%b)
  %d = xcs.call pure total @arr(%c)
  %e = xcs.call unordered external @ask(%a)
  %f = xcs.call pure @fmt(%e, %d)
  xcs.return %f
}
"""


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=modules())
@example(text=WORLD + PREPARED_FOR_TWO_CALLS)
def test_no_path_is_longer_behind_fusion(text: str) -> None:
    module = parse_module(varied(text))
    optimise(module, BEFORE)
    before, shown = longest_paths(module), ir_text(module)
    optimise(module, ("xcs-fuse-tensor",))
    after = longest_paths(module)
    assert all(after[name] <= before[name] for name in before), f"{before} {after}\n{shown}\n{ir_text(module)}"
