"""Outside state: loading it, and the stores that act in program order."""

from __future__ import annotations

from xdsl.dialects.builtin import LocationAttr, StringAttr, SymbolRefAttr
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer

from ..diagnostics.effect import ORDERED, Behaviour
from .effects import ReadsState
from .operands import (
    parse_assigned,
    parse_one_type,
    parse_subscript,
    parse_value,
    print_result_types,
    print_subscript,
)
from .operation import (
    EffectfulOp,
    XcsOperation,
    effect_properties,
    parse_attributes,
    parse_effect,
    print_attributes,
    print_effect,
    symbol,
)
from .strings import parse_string, print_string
from .types import OBJ


@irdl_op_definition
class LoadOp(XcsOperation):
    """Reads a declared piece of outside state when the program runs.

    ```mlir
    xcs.outside @model_name {kind = "global", path = "app:MODEL_NAME"}
    xcs.func @f() -> (!xcs.obj) {
      %m = xcs.load @model_name
      xcs.return %m
    }
    ```
    """

    name = "xcs.load"
    outside = prop_def(SymbolRefAttr)
    result = result_def()

    traits = traits_def(ReadsState())

    @classmethod
    def make(cls, outside: SymbolRefAttr | str, type: Attribute = OBJ, location: LocationAttr | None = None) -> LoadOp:
        """Loads the state declared under this symbol."""
        properties = {"outside": symbol(outside) if isinstance(outside, str) else outside}
        return cls.create(result_types=(type,), properties=properties, location=location)

    def print(self, printer: Printer) -> None:
        """Prints the symbol."""
        printer.print_string(" ")
        printer.print_attribute(self.outside)
        print_result_types(printer, self.results.types, (OBJ,))
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> LoadOp:
        """Reads what `print` prints."""
        outside = symbol(parser.parse_symbol_name().data)
        types = parse_one_type(parser)
        return cls.create(result_types=types, properties={"outside": outside}, attributes=parse_attributes(parser))


class StoreOp(EffectfulOp):
    """Writes something that lives outside the program."""

    def print_store(self, printer: Printer, value: SSAValue) -> None:
        """Prints ` = %value` and the attributes."""
        printer.print_string(" = ")
        printer.print_operand(value)
        print_attributes(printer, self)


@irdl_op_definition
class StoreItemOp(StoreOp):
    """`container[key] = value` on an object that others may see.

    ```mlir
    xcs.func @f(%d : !xcs.obj, %k : !xcs.obj, %v : !xcs.obj) -> () {
      xcs.store_item ordered %d[%k] = %v
      xcs.return
    }
    ```
    """

    name = "xcs.store_item"
    container = operand_def()
    key = operand_def()
    value = operand_def()

    @classmethod
    def make(
        cls,
        container: SSAValue,
        key: SSAValue,
        value: SSAValue,
        behaviour: Behaviour = ORDERED,
        location: LocationAttr | None = None,
    ) -> StoreItemOp:
        """Sets an item."""
        properties = effect_properties(behaviour, total=False, fresh=False)
        return cls.create(operands=(container, key, value), properties=properties, location=location)

    def print(self, printer: Printer) -> None:
        """Prints the effect and the assignment."""
        print_effect(printer, self)
        printer.print_string(" ")
        print_subscript(printer, self.container, self.key)
        self.print_store(printer, self.value)

    @classmethod
    def parse(cls, parser: Parser) -> StoreItemOp:
        """Reads what `print` prints."""
        properties = parse_effect(parser)
        operands = [*parse_subscript(parser), parse_assigned(parser)]
        return cls.create(operands=operands, properties=properties, attributes=parse_attributes(parser))


@irdl_op_definition
class StoreAttrOp(StoreOp):
    """`owner.name = value` on an object that others may see.

    ```mlir
    xcs.func @f(%o : !xcs.obj, %v : !xcs.obj) -> () {
      xcs.store_attr ordered %o "calls" = %v
      xcs.return
    }
    ```
    """

    name = "xcs.store_attr"
    attribute = prop_def(StringAttr, prop_name="name")
    owner_object = operand_def()
    value = operand_def()

    @classmethod
    def make(
        cls,
        owner: SSAValue,
        name: str,
        value: SSAValue,
        behaviour: Behaviour = ORDERED,
        location: LocationAttr | None = None,
    ) -> StoreAttrOp:
        """Sets an attribute."""
        properties = effect_properties(behaviour, total=False, fresh=False)
        properties["name"] = StringAttr(name)
        return cls.create(operands=(owner, value), properties=properties, location=location)

    def print(self, printer: Printer) -> None:
        """Prints the effect and the assignment."""
        print_effect(printer, self)
        printer.print_string(" ")
        printer.print_operand(self.owner_object)
        printer.print_string(" ")
        print_string(printer, self.attribute.data)
        self.print_store(printer, self.value)

    @classmethod
    def parse(cls, parser: Parser) -> StoreAttrOp:
        """Reads what `print` prints."""
        properties = parse_effect(parser)
        owner = parse_value(parser)
        properties["name"] = StringAttr(parse_string(parser, "expected the name of an attribute in quotes"))
        operands = (owner, parse_assigned(parser))
        return cls.create(operands=operands, properties=properties, attributes=parse_attributes(parser))


@irdl_op_definition
class StoreCellOp(StoreOp):
    """Binds a declared global or closure cell.

    ```mlir
    xcs.outside @total {kind = "cell", path = "app:count.total"}
    xcs.func @f(%v : !xcs.obj) -> () {
      xcs.store_cell ordered @total = %v
      xcs.return
    }
    ```
    """

    name = "xcs.store_cell"
    outside = prop_def(SymbolRefAttr)
    value = operand_def()

    @classmethod
    def make(
        cls,
        outside: SymbolRefAttr | str,
        value: SSAValue,
        behaviour: Behaviour = ORDERED,
        location: LocationAttr | None = None,
    ) -> StoreCellOp:
        """Binds the state declared under this symbol."""
        properties = effect_properties(behaviour, total=False, fresh=False)
        properties["outside"] = symbol(outside) if isinstance(outside, str) else outside
        return cls.create(operands=(value,), properties=properties, location=location)

    def print(self, printer: Printer) -> None:
        """Prints the effect and the assignment."""
        print_effect(printer, self)
        printer.print_string(" ")
        printer.print_attribute(self.outside)
        self.print_store(printer, self.value)

    @classmethod
    def parse(cls, parser: Parser) -> StoreCellOp:
        """Reads what `print` prints."""
        properties = parse_effect(parser)
        properties["outside"] = symbol(parser.parse_symbol_name().data)
        operands = (parse_assigned(parser),)
        return cls.create(operands=operands, properties=properties, attributes=parse_attributes(parser))
