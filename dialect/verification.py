"""Everything that valid IR must satisfy, in one call: what each op verifies, dominance, and symbols.

`module.verify()` of xDSL checks only the first of the three.
"""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import VerifyException

from .dominance import check_dominance
from .op_error import OpVerifyException
from .symbols import check_symbols, symbol_table


def verify_module(module: ModuleOp) -> None:
    """Raises `OpVerifyException`, which names the op, if the module isn't valid."""
    if len(module.body.blocks) == 1:
        symbol_table(module)  # xDSL would refuse a repeated symbol too, without saying where it is
    check_dominance(module)
    for op in module.walk():
        try:
            op.verify(verify_nested_ops=False)
        except VerifyException as error:
            raise OpVerifyException(op, message_of(error)) from None
    check_symbols(module)


def message_of(error: Exception) -> str:
    """The message of an error of xDSL on one line."""
    text = " ".join(map(str, error.args)) if error.args else str(error)
    return " ".join(text.split()) or type(error).__name__
