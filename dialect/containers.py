"""Making lists, tuples and dicts, and the next versions of those that the program owns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from xdsl.dialects.builtin import LocationAttr, UnitAttr
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, result_def, traits_def, var_operand_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import NoMemoryEffect

from .effects import FreshResults
from .operands import (
    parse_assigned,
    parse_one_type,
    parse_subscript,
    parse_value,
    parse_values,
    print_result_types,
    print_subscript,
)
from .operation import UNIT, XcsOperation, counted, parse_attributes, parse_words, print_attributes, print_words
from .types import OBJ


class SequenceOp(XcsOperation):
    """Makes a sequence of its operands."""

    elements = var_operand_def()
    result = result_def()

    @classmethod
    def make(cls, elements: Sequence[SSAValue], type: Attribute = OBJ, location: LocationAttr | None = None) -> Self:
        """A sequence of these values."""
        return cls.create(operands=elements, result_types=(type,), location=location)

    def print(self, printer: Printer) -> None:
        """Prints the elements."""
        printer.print_operands(self.operands)
        print_result_types(printer, self.results.types, (OBJ,))
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        """Reads what `print` prints."""
        elements = parse_values(parser)
        return cls.create(operands=elements, result_types=parse_one_type(parser), attributes=parse_attributes(parser))


@irdl_op_definition
class MakeListOp(SequenceOp):
    """Makes a new list; it may be dropped, never shared.

    ```mlir
    %a = xcs.constant 1
    %l = xcs.make_list(%a, %a) -> (!xcs.list<!xcs.obj<"int">>)
    ```
    """

    name = "xcs.make_list"
    traits = traits_def(FreshResults())


@irdl_op_definition
class MakeTupleOp(SequenceOp):
    """Makes a tuple.

    ```mlir
    %a = xcs.constant 1
    %t = xcs.make_tuple(%a, %a)
    ```
    """

    name = "xcs.make_tuple"
    traits = traits_def(NoMemoryEffect())


@irdl_op_definition
class MakeDictOp(XcsOperation):
    """Makes a new dict of key and value pairs, in order; it may be dropped, never shared. The keys must be hashable.

    ```mlir
    %k = xcs.constant "key"
    %v = xcs.constant 1
    %d = xcs.make_dict(%k : %v, %v : %k)
    ```
    """

    name = "xcs.make_dict"
    entries = var_operand_def()
    result = result_def()

    traits = traits_def(FreshResults())

    @classmethod
    def make(
        cls,
        keys: Sequence[SSAValue],
        values: Sequence[SSAValue],
        type: Attribute = OBJ,
        location: LocationAttr | None = None,
    ) -> MakeDictOp:
        """A dict of these keys and values."""
        entries = [part for pair in zip(keys, values, strict=True) for part in pair]
        return cls.create(operands=entries, result_types=(type,), location=location)

    @property
    def keys(self) -> Sequence[SSAValue]:
        """The keys, in order."""
        return self._operands[::2]

    @property
    def values(self) -> Sequence[SSAValue]:
        """The values, in order of their keys."""
        return self._operands[1::2]

    def print(self, printer: Printer) -> None:
        """Prints the pairs."""
        with printer.in_parens():
            for index, operand in enumerate(self.operands):
                if index:
                    printer.print_string(" : " if index % 2 else ", ")
                printer.print_operand(operand)
        print_result_types(printer, self.results.types, (OBJ,))
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> MakeDictOp:
        """Reads what `print` prints."""

        def parse_pair() -> tuple[SSAValue, SSAValue]:
            key = parse_value(parser)
            parser.parse_punctuation(":", " between key and value")
            return key, parse_value(parser)

        pairs = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parse_pair)
        entries = [part for pair in pairs for part in pair]
        return cls.create(operands=entries, result_types=parse_one_type(parser), attributes=parse_attributes(parser))

    def verify_(self) -> None:
        """Operands come in pairs."""
        if len(self.operands) % 2:
            self.fail(f"expected pairs of key and value, found {counted(len(self.operands), 'operand')}")


@irdl_op_definition
class AppendOp(XcsOperation):
    """The next version of an owned list, with one more element. At most one op may update a version.

    ```mlir
    %x = xcs.constant 1
    %l = xcs.make_list()
    %l2 = xcs.append %l, %x
    ```
    """

    name = "xcs.append"
    container = operand_def()
    value = operand_def()
    result = result_def()

    traits = traits_def(FreshResults())

    @classmethod
    def make(
        cls, container: SSAValue, value: SSAValue, type: Attribute = OBJ, location: LocationAttr | None = None
    ) -> AppendOp:
        """The list with `value` at its end."""
        return cls.create(operands=(container, value), result_types=(type,), location=location)

    def print(self, printer: Printer) -> None:
        """Prints the list and the value."""
        printer.print_string(" ")
        printer.print_list(self.operands, printer.print_operand)
        print_result_types(printer, self.results.types, (OBJ,))
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> AppendOp:
        """Reads what `print` prints."""
        container = parse_value(parser)
        parser.parse_punctuation(",", " after the list")
        value = parse_value(parser)
        types = parse_one_type(parser)
        return cls.create(operands=(container, value), result_types=types, attributes=parse_attributes(parser))


@irdl_op_definition
class InsertOp(XcsOperation):
    """The next version of an owned dict or list, with one item set. At most one op may update a version.

    `total` promises that setting doesn't raise: the key is hashable, the index in range.

    ```mlir
    %k = xcs.constant "key"
    %v = xcs.constant 1
    %d = xcs.make_dict()
    %d2 = xcs.insert total %d[%k] = %v
    ```
    """

    name = "xcs.insert"
    total = opt_prop_def(UnitAttr)
    container = operand_def()
    key = operand_def()
    value = operand_def()
    result = result_def()

    traits = traits_def(FreshResults())

    @classmethod
    def make(
        cls,
        container: SSAValue,
        key: SSAValue,
        value: SSAValue,
        type: Attribute = OBJ,
        *,
        total: bool = False,
        location: LocationAttr | None = None,
    ) -> InsertOp:
        """The container with `value` at `key`."""
        properties = {"total": UNIT} if total else {}
        return cls.create(
            operands=(container, key, value), result_types=(type,), properties=properties, location=location
        )

    def print(self, printer: Printer) -> None:
        """Prints the assignment."""
        print_words(printer, self, ("total",))
        printer.print_string(" ")
        print_subscript(printer, self.container, self.key)
        printer.print_string(" = ")
        printer.print_operand(self.value)
        print_result_types(printer, self.results.types, (OBJ,))
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> InsertOp:
        """Reads what `print` prints."""
        properties = parse_words(parser, ("total",))
        operands = [*parse_subscript(parser), parse_assigned(parser)]
        types = parse_one_type(parser)
        return cls.create(
            operands=operands, result_types=types, properties=properties, attributes=parse_attributes(parser)
        )
