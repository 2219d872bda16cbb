"""Values known when compiling: literals, and local names that aren't bound."""

from __future__ import annotations

from xdsl.dialects.builtin import LocationAttr, StringAttr
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import ConstantLike, NoMemoryEffect

from .literals import LiteralAttr, parse_literal, print_literal
from .operands import parse_one_type, print_result_types
from .operation import XcsOperation, parse_attributes, print_attributes
from .strings import parse_string, print_string
from .types import OBJ


@irdl_op_definition
class ConstantOp(XcsOperation):
    """A Python literal.

    ```mlir
    %c = xcs.constant "math"
    %t = xcs.constant (1, 2.5, None, b"raw") -> (!xcs.obj<"tuple">)
    %k = xcs.constant secret "key" -> (!xcs.obj<"str">)
    ```
    """

    name = "xcs.constant"
    value = prop_def(LiteralAttr)
    result = result_def()

    traits = traits_def(NoMemoryEffect(), ConstantLike())

    @classmethod
    def make(cls, value: object, type: Attribute = OBJ, location: LocationAttr | None = None) -> ConstantOp:
        """A constant op for a Python literal."""
        return cls.of(LiteralAttr.of(value), type, location)

    @classmethod
    def of(cls, literal: LiteralAttr, type: Attribute = OBJ, location: LocationAttr | None = None) -> ConstantOp:
        """A constant op for a literal of the IR."""
        return cls.create(result_types=(type,), properties={"value": literal}, location=location)

    def print(self, printer: Printer) -> None:
        """Prints the literal."""
        printer.print_string(" ")
        print_literal(printer, self.value.data)
        print_result_types(printer, self.results.types, (OBJ,))
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> ConstantOp:
        """Reads what `print` prints."""
        value = LiteralAttr.of(parse_literal(parser))
        types = parse_one_type(parser)
        return cls.create(result_types=types, properties={"value": value}, attributes=parse_attributes(parser))


@irdl_op_definition
class UndefOp(XcsOperation):
    """A local name that isn't bound on this path; using the value as an operand of a call is UnboundLocalError.

    ```mlir
    %u = xcs.undef "answer"
    ```
    """

    name = "xcs.undef"
    variable = prop_def(StringAttr, prop_name="name")
    result = result_def()

    traits = traits_def(NoMemoryEffect())

    @classmethod
    def make(cls, name: str, type: Attribute = OBJ, location: LocationAttr | None = None) -> UndefOp:
        """The unbound local `name`."""
        return cls.create(result_types=(type,), properties={"name": StringAttr(name)}, location=location)

    def print(self, printer: Printer) -> None:
        """Prints the name."""
        printer.print_string(" ")
        print_string(printer, self.variable.data)
        print_result_types(printer, self.results.types, (OBJ,))
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> UndefOp:
        """Reads what `print` prints."""
        name = StringAttr(parse_string(parser, "expected the name of a variable in quotes"))
        types = parse_one_type(parser)
        return cls.create(result_types=types, properties={"name": name}, attributes=parse_attributes(parser))
