"""Literals, argument templates and effects: equality, sharing, text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import VerifyException

from xcs.diagnostics.effect import PURE, READS, Behaviour, Effect
from xcs.dialect import (
    DOUBLE_STAR,
    OBJ,
    POSITIONAL,
    STAR,
    Argument,
    ArgumentsAttr,
    EffectAttr,
    LiteralAttr,
    flows_into,
    list_of,
    obj,
)
from xcs.dialect.constants import ConstantOp
from xcs.dialect.parsing import parse_module
from xcs.dialect.printing import ir_text

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(codec=None))
    | st.binary()
    | st.just(...)
)
LITERALS = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=8)


def read_back(value: object) -> object:
    """The literal that the text of a constant of `value` holds."""
    constant = parse_module(ir_text(ModuleOp([ConstantOp.make(value)]))).body.block.first_op
    assert isinstance(constant, ConstantOp)
    return constant.value.data


@given(LITERALS)
def test_literals_read_back(value: object) -> None:
    assert LiteralAttr(read_back(value)) == LiteralAttr(value)
    assert repr(read_back(value)) == repr(value)


AWKWARD = [10**5000, -(10**5000), 2**1024, "\ud800", "\x00\x7f\x85\u2028", b'\\"']


@pytest.mark.parametrize("value", AWKWARD, ids=range(len(AWKWARD)))
def test_awkward_literals_read_back(value: object) -> None:
    assert read_back(value) == value


@pytest.mark.parametrize(
    ("left", "right"),
    [(1, True), (1, 1.0), (0.0, -0.0), (0, False), ("a", b"a"), ((1,), (True,)), (1.0, 1 + 0j), ((), None)],
)
def test_literals_of_other_types_differ(left: object, right: object) -> None:
    assert LiteralAttr(left) != LiteralAttr(right)
    assert LiteralAttr.of(left) is not LiteralAttr.of(right)


def test_equal_literals_are_shared() -> None:
    assert LiteralAttr.of(math.nan) is LiteralAttr.of(float("nan"))
    assert LiteralAttr.of((1, "a")) is LiteralAttr.of((1, "a"))
    assert LiteralAttr(math.nan) == LiteralAttr(float("nan"))
    assert hash(LiteralAttr((1.0,))) == hash(LiteralAttr((1.0,)))


@pytest.mark.parametrize("value", [[], {}, (1, []), object(), int, range(3), frozenset()])
def test_other_values_are_no_literals(value: object) -> None:
    with pytest.raises(VerifyException, match="expected a literal"):
        LiteralAttr(value)


def test_templates_count_and_find_operands() -> None:
    one = LiteralAttr.of(1)
    template = ArgumentsAttr(
        (POSITIONAL, Argument("positional", None, one), STAR, POSITIONAL, Argument("keyword", "k"), DOUBLE_STAR)
    )
    assert template.num_operands == 5
    assert [template.operand_index(position) for position in range(6)] == [0, None, None, 2, None, None]


def test_plain_templates_are_shared() -> None:
    assert ArgumentsAttr.of((POSITIONAL, POSITIONAL)) is ArgumentsAttr.positional(2)
    assert ArgumentsAttr.of((POSITIONAL, STAR)) == ArgumentsAttr((POSITIONAL, STAR))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((Argument("keyword", "k"), POSITIONAL), "positional argument follows keyword argument"),
        ((DOUBLE_STAR, POSITIONAL), "positional argument follows keyword argument"),
        ((DOUBLE_STAR, STAR), "follows `\\*\\*` argument"),
        ((Argument("keyword", "k"), Argument("keyword", "k")), "`k` is repeated"),
        ((Argument("star", None, LiteralAttr.of((1,))),), "found a literal"),
        ((Argument("keyword"),), "have a name"),
        ((Argument("positional", "k"),), "have a name"),
    ],
)
def test_templates_that_no_call_has(arguments: tuple[Argument, ...], message: str) -> None:
    with pytest.raises(VerifyException, match=message):
        ArgumentsAttr(arguments)


def test_a_star_may_follow_a_keyword() -> None:
    assert ArgumentsAttr((Argument("keyword", "k"), STAR)).num_operands == 2


def test_effects_are_shared_and_reads_see_writes() -> None:
    assert EffectAttr.of(Behaviour(Effect.READS)) is EffectAttr.of(READS)
    assert EffectAttr.of(PURE) is EffectAttr.of(Behaviour(Effect.PURE))
    assert EffectAttr.of(PURE) != EffectAttr.of(Behaviour(Effect.PURE, external=True))


def test_types_flow_where_less_is_said() -> None:
    assert flows_into(obj("str"), OBJ)
    assert not flows_into(OBJ, obj("str"))
    assert not flows_into(obj("str"), obj("int"))
    assert flows_into(list_of(obj("str")), list_of(OBJ))
    assert not flows_into(list_of(OBJ), list_of(obj("str")))
    assert flows_into(list_of(OBJ), OBJ)
    assert not flows_into(OBJ, list_of(OBJ))
    assert obj("str") is obj("str")
