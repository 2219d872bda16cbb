from __future__ import annotations

import pytest
from xdsl.ir import Operation

from xcs.dialect.parsing import parse_module
from xcs.passes.cost import op_label
from xcs.passes.dependence import analyze_block, find_parallel_opportunities, independent_sets
from xcs.passes.parallelism import ParallelismAnalysis, analyze_parallelism
from xcs.passes.parallelism_info import ParallelismInfo
from xcs.passes.pipeline import DEFAULT_PIPELINE, optimise

DECLARED = """
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.callable @slow {path = "app:slow", effect = #xcs.effect<unordered, external>, latency_s = 3.0 : f64}
xcs.callable @get {path = "app:get", effect = #xcs.effect<reads, external>}
xcs.callable @save {path = "app:save", effect = #xcs.effect<ordered, external>}
xcs.callable @print {path = "builtins:print", effect = #xcs.effect<ordered>}
xcs.callable @clock {path = "time:time", effect = #xcs.effect<fence>}
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>, batch = "app:embed_all"}
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @fmt {path = "builtins:format", effect = #xcs.effect<pure>}
"""


def analyze(body: str, pipeline: tuple[str, ...] = ("xcs-infer-effects",), **options: object) -> ParallelismAnalysis:
    """The analysis of a function `@f(%x, %y, %xs)` with this body, or of these functions."""
    if "xcs.func" not in body:
        body = f"xcs.func @f(%x : !xcs.obj, %y : !xcs.obj, %xs : !xcs.list<!xcs.obj>) -> (!xcs.obj) {{\n{body}\n}}"
    module = parse_module(DECLARED + body)
    optimise(module, pipeline)
    return analyze_parallelism(module, **options)  # type: ignore[arg-type]


def times(body: str, **options: object) -> tuple[float, float]:
    """Critical path and total."""
    found = analyze(body, **options)  # type: ignore[arg-type]
    assert found.estimated_speedup == (found.total_cost_s / found.critical_path_s if found.critical_path_s else 1.0)
    return found.critical_path_s, found.total_cost_s


INDEPENDENT = """
  %a = xcs.call unordered external @ask(%x)
  %b = xcs.call unordered external @ask(%y)
  %t = xcs.make_tuple(%a, %b)
  xcs.return %t"""


def test_independent_calls_overlap() -> None:
    found = analyze(INDEPENDENT)
    (group,) = found.parallel_groups
    assert (group.kind, group.calls, group.width) == ("calls", ("@ask", "@ask"), 2)
    assert (found.critical_path_s, found.total_cost_s, found.estimated_speedup) == (1, 2, 2)
    assert found.execution_strategy == "parallel"
    assert found.infos["@ask"].can_parallelize
    assert found.infos["@ask #2"].can_parallelize


def test_a_chain_is_sequential() -> None:
    found = analyze("""
      %a = xcs.call unordered external @ask(%x)
      %b = xcs.call unordered external @ask(%a)
      xcs.return %b""")
    assert found.parallel_groups == ()
    assert (found.critical_path_s, found.total_cost_s, found.estimated_speedup) == (2, 2, 1)
    assert found.execution_strategy == "sequential"
    assert found.infos["@ask"] == ParallelismInfo()


def test_a_program_without_calls_has_nothing_to_gain() -> None:
    found = analyze("xcs.return %x")
    assert found == ParallelismAnalysis()


def test_latencies_are_measured_or_declared_or_assumed() -> None:
    body = """
      %a = xcs.call unordered external @ask(%x)
      %b = xcs.call unordered external @slow(%x)
      %c = xcs.call unordered external @embed(%x)
      %t = xcs.make_tuple(%a, %b, %c)
      xcs.return %t"""
    assert times(body) == (3, 5)
    assert times(body, default_latency_s=0.5) == (3, 4)
    assert times(body, measured_s={"ask": 7.0, "app:slow": 2.0}) == (7, 10)


@pytest.mark.parametrize(
    ("between", "critical_path"),
    [
        ("%p = xcs.call ordered @print(%a)", 1),  # the second call overtakes it
        ("%p = xcs.call fence @clock()", 2),
        ("%p = xcs.call_indirect dynamic %y()", 1),
    ],
)
def test_what_stands_between_two_calls(between: str, critical_path: float) -> None:
    body = f"""
      %a = xcs.call unordered external @ask(%x)
      {between}
      %b = xcs.call unordered external @ask(%x)
      xcs.return %b"""
    assert times(body) == (critical_path, 2)


def test_ordered_calls_wait_for_everything_and_reads_for_writers() -> None:
    body = """
      %a = xcs.call unordered external @ask(%x)
      %s = xcs.call ordered external @save(%y)
      %g = xcs.call reads external @get(%y)
      %b = xcs.call unordered external @ask(%y)
      xcs.return %b"""
    found = analyze(body)
    assert (found.critical_path_s, found.total_cost_s) == (3, 4)
    assert [group.calls for group in found.parallel_groups] == [("@ask", "@ask")]


def test_maps_count_their_elements_where_these_are_known() -> None:
    body = """
      %ys = xcs.map %e in {iterable} snapshot {{
        %a = xcs.call unordered external @ask(%e)
        %b = xcs.call unordered external @ask(%a)
        xcs.yield %b
      }}
      xcs.return %ys"""
    found = analyze(body.format(iterable="%xs"))
    (group,) = found.parallel_groups
    assert (group.kind, group.width, found.critical_path_s, found.total_cost_s) == ("map", None, 2, 16)
    assert found.infos["xcs.map"] == ParallelismInfo(can_parallelize=True, data_parallel_axes=frozenset({"xs"}))
    three = "%l = xcs.make_list(%x, %y, %x)\n" + body.format(iterable="%l")
    assert analyze(three).parallel_groups[0].width == 3
    assert times(three) == (2, 6)


def test_a_map_of_batched_calls_can_batch() -> None:
    body = """
      %ys = xcs.map %e in %xs snapshot {
        %a = xcs.call unordered external @embed(%e)
        xcs.yield %a
      }
      xcs.return %ys"""
    assert analyze(body).infos["xcs.map"].can_batch
    assert analyze(body).infos["@embed"].can_batch


def test_a_map_of_array_code_can_vectorise() -> None:
    body = """
      %ys = xcs.map %e in %xs snapshot {
        %a = xcs.call pure @dot(%e, %x)
        %b = xcs.call pure @dot(%a, %x)
        xcs.yield %b
      }
      xcs.return %ys"""
    for pipeline in (("xcs-infer-effects",), DEFAULT_PIPELINE):
        found = analyze(body, pipeline)
        expected = ParallelismInfo(can_vmap=True, can_pmap=True, data_parallel_axes=frozenset({"xs"}))
        assert found.infos["xcs.map"] == expected
        assert found.execution_strategy == "vectorized"
    assert found.fusion_groups[0].calls == ("@dot", "@dot")
    assert found.tensor_ops == 1


def test_loops_overlap_where_only_part_of_an_iteration_waits_for_the_one_before() -> None:
    body = """
      %r = xcs.for %e in %xs iter(%acc = %x) snapshot {
        %a = xcs.call unordered external @ask(%e)
        %next = xcs.call pure @fmt(%acc, %a)
        xcs.yield %next
      }
      xcs.return %r"""
    found = analyze(body)
    (group,) = found.parallel_groups
    assert (group.kind, group.calls, group.width) == ("loop", ("@ask",), None)
    assert (found.critical_path_s, found.total_cost_s) == (1, 8)
    (loop,) = found.sequential_loops
    assert loop.overlaps
    assert "may raise" in loop.reason


def test_chained_loops_dont_overlap() -> None:
    body = """
      %r = xcs.for %e in %xs iter(%acc = %x) snapshot {
        %next = xcs.call unordered external @ask(%acc, %e)
        xcs.yield %next
      }
      xcs.return %r"""
    found = analyze(body)
    assert found.parallel_groups == ()
    assert (found.critical_path_s, found.total_cost_s) == (8, 8)
    (loop,) = found.sequential_loops
    assert not loop.overlaps
    assert loop.reason == "an iteration computes `acc` from that of the one before"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("%r = xcs.call ordered @print(%e)", "`@print` in its body is ordered"),
        ("%r = xcs.call_indirect dynamic %e()", "`xcs.call_indirect` in its body has an effect not known before"),
    ],
)
def test_loops_with_effects_say_which(call: str, reason: str) -> None:
    found = analyze(f"xcs.for %e in %xs snapshot {{\n{call}\nxcs.yield\n}}\nxcs.return %x")
    assert [loop.reason for loop in found.sequential_loops] == [reason]


def test_loops_say_what_they_carry() -> None:
    body = """
      %empty = xcs.make_list()
      %ys, %last = xcs.for %e in %xs iter(%out = %empty, %z = %x) snapshot {
        %a = xcs.call unordered external @ask(%e)
        %next = xcs.if %a {
          %longer = xcs.append %out, %a
          xcs.yield %longer
        } else {
          xcs.yield %out
        }
        xcs.yield %next, %a
      }
      %unused = xcs.for %e in %xs iter(%z = %x) snapshot {
        xcs.yield %e
      }
      %t = xcs.make_tuple(%ys, %last)
      xcs.return %t"""
    found = analyze(body)
    assert [loop.reason for loop in found.sequential_loops] == [
        "an iteration changes `out` under a condition",
        "`z` is what the last iteration leaves, if there is one",
    ]
    assert [loop.overlaps for loop in found.sequential_loops] == [True, False]


def test_a_loop_that_may_break_starts_each_iteration_after_the_one_before() -> None:
    body = """
      xcs.for %e in %xs snapshot breaks {
        %a = xcs.call unordered external @ask(%e)
        xcs.yield %a
      }
      xcs.return %x"""
    found = analyze(body)
    assert (found.critical_path_s, found.parallel_groups) == (8, ())
    assert found.sequential_loops[0].reason == "`break` or `return` may end the loop in any iteration"


def test_while_loops_test_before_each_iteration() -> None:
    body = """
      %r = xcs.while iter(%a = %x) {
        %c = xcs.call unordered external @ask(%a)
        xcs.yield %c
      } do (%b) {
        %next = xcs.call unordered external @ask(%b)
        xcs.yield %next
      }
      xcs.return %r"""
    assert times(body) == (16, 16)


def test_branches_count_with_the_longer_side_and_wait_for_the_condition() -> None:
    body = """
      %c = xcs.call unordered external @ask(%x)
      %r = xcs.if %c {
        %a = xcs.call unordered external @slow(%x)
        xcs.yield %a
      } else {
        xcs.yield %x
      }
      xcs.return %r"""
    assert times(body) == (4, 4)


def test_a_slow_stranger_hides_no_overlap() -> None:
    body = """
      %s = xcs.call unordered external @slow(%x)
      %r = xcs.for %e in %xs iter(%acc = %x) snapshot {
        %a = xcs.call unordered external @ask(%e)
        %next = xcs.call pure @fmt(%acc, %a)
        xcs.yield %next
      }
      %t = xcs.make_tuple(%s, %r)
      xcs.return %t"""
    assert "loop" in [group.kind for group in analyze(body).parallel_groups]
    assert times(body) == (3, 11)


def test_encode_ask_decode_is_hybrid() -> None:
    body = """
      %h = xcs.call pure @dot(%x, %y)
      %e = xcs.call pure @dot(%h, %y)
      %a = xcs.call unordered external @ask(%e)
      %d = xcs.call pure @dot(%a, %y)
      xcs.return %d"""
    found = analyze(body, DEFAULT_PIPELINE)
    assert (found.execution_strategy, found.tensor_ops, found.orchestration_ops) == ("hybrid", 2, 1)


def test_calls_of_data_are_adaptive() -> None:
    found = analyze("%a = xcs.call_indirect dynamic %x(%y)\nxcs.return %a")
    assert found.execution_strategy == "adaptive"


def test_five_models_make_one_ensemble() -> None:
    calls = "\n".join(f"%a{i} = xcs.call unordered external @ask(%x, {i})" for i in range(5))
    body = f"{calls}\n%l = xcs.make_list(%a0, %a1, %a2, %a3, %a4)\nxcs.return %l"
    found = analyze(body, DEFAULT_PIPELINE)
    (group,) = found.parallel_groups
    assert (group.kind, group.calls, group.width) == ("ensemble", ("@ask",) * 5, 5)
    assert (found.estimated_speedup, found.orchestration_ops) == (5, 5)


FUNCTIONS = """
xcs.func @helper(%q : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.call unordered external @ask(%q)
  %b = xcs.call unordered external @ask(%a)
  xcs.return %b
}
xcs.func @main(%q : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.invoke dynamic @helper(%q)
  %b = xcs.invoke dynamic @helper(%q)
  %t = xcs.make_tuple(%a, %b)
  xcs.return %t
}
xcs.func @stray(%q : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.invoke dynamic @stray(%q)
  xcs.return %a
}
"""


def test_functions_count_where_they_are_called() -> None:
    found = analyze(FUNCTIONS)
    assert (found.critical_path_s, found.total_cost_s) == (2, 4)
    assert [group.calls for group in found.parallel_groups] == [("@helper", "@helper")]
    assert found.orchestration_ops == 2
    assert times(FUNCTIONS, entry="helper") == (2, 2)


def test_recursion_ends() -> None:
    found = analyze("""
      xcs.func @f(%n : !xcs.obj) -> (!xcs.obj) {
        %a = xcs.call unordered external @ask(%n)
        %l = xcs.invoke dynamic @f(%a)
        %r = xcs.invoke dynamic @f(%a)
        %t = xcs.make_tuple(%l, %r)
        xcs.return %t
      }""")
    assert (found.critical_path_s, found.total_cost_s) == (1, 1)
    assert [group.calls for group in found.parallel_groups] == [("@f", "@f")]


def test_deep_nests_are_walked_in_no_time() -> None:
    depth = 14
    opening = "\n".join(f"xcs.for %e{i} in %xs snapshot {{" for i in range(depth))
    closing = "xcs.yield\n}\n" * depth
    body = f"{opening}\n%a = xcs.call unordered external @ask(%e0)\n{closing}xcs.return %x"
    found = analyze(body)
    assert found.total_cost_s == 8.0**depth


def labels(sets: tuple[tuple[Operation, ...], ...]) -> list[list[str]]:
    return [[op_label(op) for op in one] for one in sets]


def test_levels_and_dependences_of_a_block() -> None:
    module = parse_module(
        DECLARED
        + """
      xcs.func @f(%x : !xcs.obj) -> (!xcs.obj) {
        %a = xcs.call unordered external @ask(%x)
        %b = xcs.call unordered external @slow(%x)
        %p = xcs.call ordered @print(%x)
        %c = xcs.call unordered external @embed(%a)
        %g = xcs.call reads external @get(%x)
        xcs.return %c
      }"""
    )
    *_, func = module.body.block.ops
    block = func.regions[0].block
    assert labels(independent_sets(block)) == [["@ask", "@slow"], ["@embed", "@get"]]
    assert labels(find_parallel_opportunities(module)) == [["@ask", "@slow"], ["@embed", "@get"]]
    dependence = analyze_block(block)
    waits_for = {op_label(op): [op_label(d) for d in dependence.dependencies(op)] for op in block.ops}
    assert waits_for == {
        "@ask": [],
        "@slow": [],
        "@print": ["@ask", "@slow"],
        "@embed": ["@ask"],
        "@get": ["@print"],
        "xcs.return": ["@embed"],
    }


def test_values_have_the_opportunities_of_their_uses() -> None:
    found = analyze("""
      %ys = xcs.map %e in %xs snapshot {
        %a = xcs.call unordered external @embed(%e)
        xcs.yield %a
      }
      %d = xcs.call pure @dot(%x, %y)
      %n = xcs.call pure @fmt(%y)
      %t = xcs.make_tuple(%ys, %d, %n)
      xcs.return %t""")
    mapped = ParallelismInfo(can_batch=True, can_parallelize=True, data_parallel_axes=frozenset({"xs"}))
    assert found.values["xs"] == mapped
    assert found.values["x"] == ParallelismInfo(can_vmap=True, can_pmap=True)
    assert "y" not in found.values  # it is used by a call that isn't array code
    assert found.info == mapped


def test_a_program_of_array_code_can_be_mapped() -> None:
    found = analyze("""
      %a = xcs.call pure @dot(%x, %y)
      %t = xcs.make_tuple(%a, %x)
      xcs.return %t""")
    assert found.info == ParallelismInfo(can_vmap=True, can_pmap=True)
    assert str(found.info) == "can_vmap, can_pmap"


def test_axes_of_a_program_are_its_arguments_and_their_attributes() -> None:
    found = analyze("""
      %experts = xcs.getattr reads %x "experts"
      %made = xcs.call pure @fmt(%y)
      %as = xcs.map %e in %experts snapshot {
        %a = xcs.call unordered external @ask(%e)
        xcs.yield %a
      }
      %bs = xcs.map %f in %made snapshot {
        %b = xcs.call unordered external @ask(%f)
        xcs.yield %b
      }
      %t = xcs.make_tuple(%as, %bs)
      xcs.return %t""")
    assert found.values["x.experts"].data_parallel_axes == {"x.experts"}
    assert found.values["made"].data_parallel_axes == {"made"}
    assert found.info.data_parallel_axes == {"x.experts"}
    assert str(found.info) == "can_parallelize; over the elements of `x.experts`"


def test_numpy_is_not_spread_over_devices() -> None:
    found = analyze(
        """xcs.callable @norm {path = "numpy:norm", effect = #xcs.effect<pure>, array = "numpy"}
        xcs.func @f(%xs : !xcs.list<!xcs.obj>) -> (!xcs.obj) {
          %ys = xcs.map %e in %xs snapshot {
            %a = xcs.call pure @norm(%e)
            xcs.yield %a
          }
          xcs.return %ys
        }"""
    )
    assert found.info == ParallelismInfo(can_vmap=True, data_parallel_axes=frozenset({"xs"}))
