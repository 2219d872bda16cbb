"""Code compiled back from syntax: functions inside of it are named as where they are written."""

from __future__ import annotations

import ast
import types

from xcs.frontend.effects.scope import CodeScope
from xcs.frontend.staging.source.native_code import compile_functions

TEXT = """
def first():
    def inner(x):
        pass
    return inner

def second():
    def inner(x):
        pass
    return inner
"""


def program() -> None:
    """Where the code stands."""


def test_functions_alike_in_two_pieces_have_the_same_name() -> None:
    nodes = ast.parse(TEXT).body
    for node in nodes:
        ast.increment_lineno(node, 3 - node.lineno)
    codes = compile_functions(nodes, CodeScope.of(program, None), (), "program")  # type: ignore[arg-type]
    inner = [one for code in codes for one in code.co_consts if isinstance(one, types.CodeType)]
    assert [code.co_qualname for code in codes] == ["program", "program"]
    assert [one.co_qualname for one in inner] == ["program.<locals>.inner", "program.<locals>.inner"]
