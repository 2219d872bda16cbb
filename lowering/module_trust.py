"""What a module that is run may not name: ways from any value to the interpreter and its modules.

In: a module. Out: nothing, or an `XCSError`. What a module can call is what its runner gives it (`callables`) and pure
builtins; an attribute such as `__globals__` or `gi_frame` would lead from a value to all else.
"""

from __future__ import annotations

import re

from xdsl.dialects.builtin import ModuleOp

from ..diagnostics.errors import XCSError
from ..dialect.access import GetAttrOp
from ..dialect.state import StoreAttrOp
from ..dialect.tensor import XlaOp

REFLECTIVE = frozenset({"attrgetter", "methodcaller", "call"})
"""Functions of `operator` that reach attributes by name, or call what they are given."""
_HARMLESS = frozenset({"__class__", "__name__", "__qualname__", "__doc__"})
_FRAMES = frozenset("gi_frame gi_code cr_frame cr_code ag_frame ag_code tb_frame tb_next".split())
_CALLBACK = re.compile(r"custom_call\s*@\w*callback|call_target_name\s*=\s*\"\w*callback")


def check_trust(module: ModuleOp) -> None:
    """Refuses a module that reaches for the interpreter.

    Raises:
        XCSError: it reads or writes a special attribute, or its array code calls back into Python.
    """
    for op in module.walk():
        if isinstance(op, (GetAttrOp, StoreAttrOp)):
            name = op.attribute.data
            if (name.startswith("__") and name not in _HARMLESS) or name in _FRAMES:
                raise XCSError(
                    f"expected no attribute that leads to the interpreter in a module that is run, found `{name}`"
                )
        elif isinstance(op, XlaOp) and _CALLBACK.search(op.text.data):
            raise XCSError(f"expected array code that calls nothing, found a callback in `@{op.sym_name.data}`")
