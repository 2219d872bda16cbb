"""IR as text."""

from __future__ import annotations

from io import StringIO

from xdsl.ir import Operation
from xdsl.printer import Printer


def ir_text(op: Operation, *, generic: bool = False, locations: bool = False) -> str:
    """The text of an op and all in it, in the custom or the generic form, which every MLIR tool reads."""
    stream = StringIO()
    Printer(stream, print_generic_format=generic, print_debuginfo=locations).print_op(op)
    return stream.getvalue()
