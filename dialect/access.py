"""Reading parts of Python data: items, attributes, the elements of an iterable."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import IntegerAttr, LocationAttr, StringAttr, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    EqAttrConstraint,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer

from ..diagnostics.effect import Behaviour
from .operands import (
    parse_one_type,
    parse_result_types,
    parse_subscript,
    parse_value,
    print_result_types,
    print_subscript,
)
from .operation import (
    EffectfulOp,
    counted,
    effect_properties,
    parse_attributes,
    parse_effect,
    print_attributes,
    print_effect,
)
from .strings import parse_string, print_string
from .types import OBJ


@irdl_op_definition
class GetItemOp(EffectfulOp):
    """`container[key]`.

    ```mlir
    xcs.func @f(%l : !xcs.obj, %i : !xcs.obj) -> (!xcs.obj) {
      %x = xcs.getitem pure sees_writes %l[%i]
      xcs.return %x
    }
    ```
    """

    name = "xcs.getitem"
    container = operand_def()
    key = operand_def()
    result = result_def()

    @classmethod
    def make(
        cls,
        container: SSAValue,
        key: SSAValue,
        behaviour: Behaviour,
        type: Attribute = OBJ,
        *,
        total: bool = False,
        fresh: bool = False,
        location: LocationAttr | None = None,
    ) -> GetItemOp:
        """Reads an item; `behaviour` is that of the container's `__getitem__`."""
        properties = effect_properties(behaviour, total, fresh)
        return cls.create(operands=(container, key), result_types=(type,), properties=properties, location=location)

    def print(self, printer: Printer) -> None:
        """Prints the effect and the subscript."""
        print_effect(printer, self)
        printer.print_string(" ")
        print_subscript(printer, self.container, self.key)
        print_result_types(printer, self.results.types, (OBJ,))
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> GetItemOp:
        """Reads what `print` prints."""
        properties = parse_effect(parser)
        operands = parse_subscript(parser)
        types = parse_one_type(parser)
        return cls.create(
            operands=operands, result_types=types, properties=properties, attributes=parse_attributes(parser)
        )


@irdl_op_definition
class GetAttrOp(EffectfulOp):
    """`owner.name`.

    ```mlir
    xcs.func @f(%o : !xcs.obj) -> (!xcs.obj) {
      %x = xcs.getattr reads %o "temperature"
      xcs.return %x
    }
    ```
    """

    name = "xcs.getattr"
    owner = operand_def()
    attribute = prop_def(StringAttr, prop_name="name")
    result = result_def()

    @classmethod
    def make(
        cls,
        owner: SSAValue,
        name: str,
        behaviour: Behaviour,
        type: Attribute = OBJ,
        *,
        total: bool = False,
        fresh: bool = False,
        location: LocationAttr | None = None,
    ) -> GetAttrOp:
        """Reads an attribute; `behaviour` is that of looking it up."""
        properties = effect_properties(behaviour, total, fresh)
        properties["name"] = StringAttr(name)
        return cls.create(operands=(owner,), result_types=(type,), properties=properties, location=location)

    def print(self, printer: Printer) -> None:
        """Prints the effect, the object and the attribute's name."""
        print_effect(printer, self)
        printer.print_string(" ")
        printer.print_operand(self.operands[0])
        printer.print_string(" ")
        print_string(printer, self.attribute.data)
        print_result_types(printer, self.results.types, (OBJ,))
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> GetAttrOp:
        """Reads what `print` prints."""
        properties = parse_effect(parser)
        owner = parse_value(parser)
        properties["name"] = StringAttr(parse_string(parser, "expected the name of an attribute in quotes"))
        types = parse_one_type(parser)
        return cls.create(
            operands=(owner,), result_types=types, properties=properties, attributes=parse_attributes(parser)
        )


@irdl_op_definition
class UnpackOp(EffectfulOp):
    """`a, b = iterable`; with `star i`, result i is the list of what the others leave: `a, *rest = iterable`.

    ```mlir
    xcs.func @f(%t : !xcs.obj) -> (!xcs.obj) {
      %a, %b = xcs.unpack pure %t -> (!xcs.obj, !xcs.obj)
      %first, %rest = xcs.unpack pure total %t star 1 -> (!xcs.obj, !xcs.list<!xcs.obj>)
      xcs.return %rest
    }
    ```
    """

    name = "xcs.unpack"
    iterable = operand_def()
    star = opt_prop_def(IntegerAttr.constr(type=EqAttrConstraint(i64)))
    parts = var_result_def()

    @classmethod
    def make(
        cls,
        iterable: SSAValue,
        result_types: Sequence[Attribute],
        behaviour: Behaviour,
        *,
        star: int | None = None,
        total: bool = False,
        location: LocationAttr | None = None,
    ) -> UnpackOp:
        """Unpacks into as many parts as there are `result_types`."""
        properties = effect_properties(behaviour, total, fresh=False)
        if star is not None:
            properties["star"] = IntegerAttr(star, i64)
        return cls.create(operands=(iterable,), result_types=result_types, properties=properties, location=location)

    @property
    def star_index(self) -> int | None:
        """The result that is the list of the rest, if any."""
        return None if self.star is None else self.star.value.data

    def print(self, printer: Printer) -> None:
        """Prints the effect, the iterable and always the types, which tell how many parts there are."""
        print_effect(printer, self)
        printer.print_string(" ")
        printer.print_operand(self.iterable)
        if self.star is not None:
            printer.print_string(f" star {self.star.value.data}")
        printer.print_string(" -> ")
        with printer.in_parens():
            printer.print_list(self.results.types, printer.print_attribute)
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> UnpackOp:
        """Reads what `print` prints."""
        properties = parse_effect(parser)
        iterable = parse_value(parser)
        if parser.parse_optional_keyword("star"):
            properties["star"] = IntegerAttr(parser.parse_integer(allow_boolean=False), i64)
        types = parse_result_types(parser)
        if types is None:
            parser.raise_error("expected `->` and the types of the parts")
        return cls.create(
            operands=(iterable,), result_types=types, properties=properties, attributes=parse_attributes(parser)
        )

    def verify_(self) -> None:
        """The starred result exists."""
        star = self.star_index
        if star is not None and not 0 <= star < len(self.results):
            self.fail(f"expected `star` to name one of {counted(len(self.results), 'result')}, found {star}")
