from __future__ import annotations

import sys
import types
from collections.abc import Iterator

import pytest
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern, op_type_rewrite_pattern

from xcs.diagnostics.errors import XCSError
from xcs.dialect.calls import CallOp
from xcs.dialect.parsing import parse_module
from xcs.dialect.printing import ir_text
from xcs.passes.patterns import instantiate_pattern, pattern_names, unregister_pattern
from xcs.passes.pipeline import DEFAULT_PIPELINE, optimise
from xcs.passes.registry import all_passes, load_patterns, register_pattern

PROGRAM = """
xcs.callable @upper {path = "builtins:str.upper", effect = #xcs.effect<pure>}
xcs.callable @lower {path = "builtins:str.lower", effect = #xcs.effect<pure>}
xcs.func @f(%x : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.call pure @upper(%x)
  %b = xcs.call pure @upper(%a)
  %c = xcs.call pure @lower(%b)
  xcs.return %c
}
"""


class FoldUpper(RewritePattern):
    """Upper case of upper case is itself."""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: CallOp, rewriter: PatternRewriter) -> None:
        inner = op.operands[0].owner
        if isinstance(inner, CallOp) and inner.callee == op.callee and inner.callee.root_reference.data == "upper":
            rewriter.replace(op, (), (inner.results[0],))


@pytest.fixture(autouse=True)
def clean_registry() -> Iterator[None]:
    yield
    for name in pattern_names():
        unregister_pattern(name)


def after(pipeline: str) -> str:
    module = parse_module(PROGRAM)
    optimise(module, pipeline)
    return ir_text(module)


def test_a_pattern_is_a_pass_by_its_own_name() -> None:
    register_pattern("fold-upper", FoldUpper)
    assert after("fold-upper").count("@upper(") == 1
    assert "fold-upper" in all_passes()


def test_an_instance_is_a_pattern_too() -> None:
    register_pattern("fold-upper", FoldUpper())
    assert after("fold-upper").count("@upper(") == 1


def test_patterns_run_together_where_the_pipeline_says() -> None:
    register_pattern("fold-upper", FoldUpper)
    text = after("xcs-cse,xcs-apply-patterns{names=fold-upper},xcs-dce")
    assert text.count("@upper(") == 1


def test_patterns_keep_ops_that_only_look_dead() -> None:
    class KeepEverything(RewritePattern):
        def match_and_rewrite(self, op: object, rewriter: PatternRewriter) -> None:
            return

    register_pattern("keep-everything", KeepEverything)
    assert after("keep-everything") == ir_text(parse_module(PROGRAM))


def test_the_default_pipeline_doesnt_know_patterns_unless_named() -> None:
    register_pattern("fold-upper", FoldUpper)
    module = parse_module(PROGRAM)
    optimise(module, DEFAULT_PIPELINE)
    assert ir_text(module).count("@upper(") == 2


def test_a_second_registration_replaces_the_first() -> None:
    class DoNothing(RewritePattern):
        def match_and_rewrite(self, op: object, rewriter: PatternRewriter) -> None:
            return

    register_pattern("fold-upper", FoldUpper)
    assert after("fold-upper").count("@upper(") == 1
    register_pattern("fold-upper", DoNothing)
    assert after("fold-upper").count("@upper(") == 2


def test_forgotten_patterns_are_unknown() -> None:
    register_pattern("fold-upper", FoldUpper)
    unregister_pattern("fold-upper")
    with pytest.raises(XCSError, match="expected the name of a pass, found `fold-upper`"):
        after("fold-upper")
    with pytest.raises(XCSError, match="registered are: none"):
        instantiate_pattern("fold-upper")


@pytest.mark.parametrize("name", ["FoldUpper", "xcs-mine", "two  words", "", "-a", "a_b"])
def test_malformed_names_are_refused(name: str) -> None:
    with pytest.raises(XCSError, match="expected a pattern name"):
        register_pattern(name, FoldUpper)


def test_other_objects_are_refused() -> None:
    with pytest.raises(XCSError, match="expected a `RewritePattern` for `mine`"):
        register_pattern("mine", len)  # type: ignore[arg-type]


def test_loading_one_pattern_names_it_after_its_class(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("my_patterns")
    module.FoldUpper = FoldUpper  # type: ignore[attr-defined]
    module.table = {"first": FoldUpper, "second": FoldUpper()}  # type: ignore[attr-defined]
    module.number = 3  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "my_patterns", module)
    assert load_patterns("my_patterns:FoldUpper") == ("fold-upper",)
    assert load_patterns("my_patterns:table") == ("first", "second")
    assert pattern_names() == ("fold-upper", "first", "second")
    with pytest.raises(XCSError, match="expected a `RewritePattern` or a mapping of them"):
        load_patterns("my_patterns:number")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("my_patterns", "expected `module:attribute`, found `my_patterns`"),
        ("no_such_module_anywhere:X", "expected patterns at `no_such_module_anywhere:X`, found none"),
        ("sys:no_such_attribute", "expected patterns at `sys:no_such_attribute`, found none"),
    ],
)
def test_references_that_lead_nowhere_are_refused(reference: str, message: str) -> None:
    with pytest.raises(XCSError, match=message):
        load_patterns(reference)
