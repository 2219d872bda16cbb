"""What displays say by themselves is what inference says of them."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from xcs.frontend.effects.abstract_type import ANY, SCALAR_TYPES, STR, ListType
from xcs.frontend.effects.infer import infer_code
from xcs.frontend.effects.scope import CodeScope
from xcs.frontend.staging.source.told_displays import told_display

INPUTS: dict[str, Any] = {
    **{f"a_{cls.__name__}": known for cls, known in SCALAR_TYPES.items()},
    "unknown": ANY,
    "some": ListType(STR),
}
TOLD = [
    *(f"{{'one': {name}, 'two': a_str}}" for name in INPUTS if name.startswith("a_")),
    "{'one': 1, 'two': 'x', 'three': None, 'four': 1.5, 'one': b''}",
    "{'one': a_int, 'one': a_str}",
]
NOT_TOLD = [
    "{}",
    "{'one': unknown}",
    "{'one': some}",
    "{'one': nowhere}",
    "{'one': a_str + a_str}",
    "{1: a_str}",
    "{a_str: a_str}",
    "{**some}",
    "[a_str]",
]


@pytest.mark.parametrize("text", [*TOLD, *NOT_TOLD])
def test_displays_are_told_as_inference_has_them(text: str) -> None:
    node = ast.parse(text, mode="eval").body
    told = told_display(node, INPUTS)
    assert told == (infer_code(node, INPUTS, CodeScope({})) if text in TOLD else None)
