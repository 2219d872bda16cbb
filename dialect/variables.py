"""Variables: what the body of a `try` binds, as of the step that fails.

Values of a body that fails later are seen by nobody, and its ops run out of order. A variable is assigned in program
order, so the handler finds in it what plain Python would have bound by then.
"""

from __future__ import annotations

from xdsl.dialects.builtin import LocationAttr
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer

from .effects import FreshResults, ReadsState, WritesState
from .operands import parse_assigned, parse_one_type, parse_value, print_result_types
from .operation import XcsOperation, parse_attributes, print_attributes
from .types import OBJ


@irdl_op_definition
class VariableOp(XcsOperation):
    """Makes a variable that holds a value.

    ```mlir
    %a = xcs.constant 1
    %v = xcs.variable %a
    ```
    """

    name = "xcs.variable"
    initial = operand_def()
    result = result_def()

    traits = traits_def(FreshResults())

    @classmethod
    def make(cls, initial: SSAValue, location: LocationAttr | None = None) -> VariableOp:
        """A variable that starts with `initial`."""
        return cls.create(operands=(initial,), result_types=(OBJ,), location=location)

    def print(self, printer: Printer) -> None:
        """Prints the initial value."""
        printer.print_string(" ")
        printer.print_operand(self.initial)
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> VariableOp:
        """Reads what `print` prints."""
        initial = parse_value(parser)
        return cls.create(operands=(initial,), result_types=(OBJ,), attributes=parse_attributes(parser))


@irdl_op_definition
class AssignOp(XcsOperation):
    """Gives a variable its next value, once everything earlier has succeeded. Nobody else can notice it.

    ```mlir
    %a = xcs.constant 1
    %v = xcs.variable %a
    xcs.assign %v = %a
    ```
    """

    name = "xcs.assign"
    variable = operand_def()
    value = operand_def()

    traits = traits_def(WritesState())

    @classmethod
    def make(cls, variable: SSAValue, value: SSAValue, location: LocationAttr | None = None) -> AssignOp:
        """The variable holds `value` from here on."""
        return cls.create(operands=(variable, value), location=location)

    def print(self, printer: Printer) -> None:
        """Prints the variable and the value."""
        printer.print_string(" ")
        printer.print_operand(self.variable)
        printer.print_string(" = ")
        printer.print_operand(self.value)
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> AssignOp:
        """Reads what `print` prints."""
        operands = (parse_value(parser), parse_assigned(parser))
        return cls.create(operands=operands, attributes=parse_attributes(parser))


@irdl_op_definition
class CurrentOp(XcsOperation):
    """The value of a variable as of this place: in a handler, as of the step that failed.

    ```mlir
    %a = xcs.constant 1
    %v = xcs.variable %a
    %now = xcs.current %v
    ```
    """

    name = "xcs.current"
    variable = operand_def()
    result = result_def()

    traits = traits_def(ReadsState())

    @classmethod
    def make(cls, variable: SSAValue, type: Attribute = OBJ, location: LocationAttr | None = None) -> CurrentOp:
        """The value that a variable has."""
        return cls.create(operands=(variable,), result_types=(type,), location=location)

    def print(self, printer: Printer) -> None:
        """Prints the variable."""
        printer.print_string(" ")
        printer.print_operand(self.variable)
        print_result_types(printer, self.results.types, (OBJ,))
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> CurrentOp:
        """Reads what `print` prints."""
        variable = parse_value(parser)
        types = parse_one_type(parser)
        return cls.create(operands=(variable,), result_types=types, attributes=parse_attributes(parser))
