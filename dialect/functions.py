"""Functions of the program, and what it declares of the outside: callables and pieces of state."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import (
    BytesAttr,
    Float64Type,
    FloatAttr,
    FunctionType,
    IntegerAttr,
    LocationAttr,
    ModuleOp,
    StringAttr,
    SymbolNameConstraint,
    i64,
)
from xdsl.ir import Attribute, BlockArgument, Region, SSAValue
from xdsl.irdl import (
    EqAttrConstraint,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import HasParent, IsolatedFromAbove, IsTerminator, NoMemoryEffect, SymbolOpInterface

from ..diagnostics.effect import Behaviour
from .effects import EffectAttr, behaviour_words, parse_behaviour
from .operands import (
    parse_argument_name,
    parse_block,
    parse_result_types,
    parse_terminator_values,
    print_argument_name,
    print_block,
    print_terminator_values,
    single_block,
)
from .operation import XcsOperation, counted, parse_attributes, print_attributes, text_attr
from .types import OBJ

OUTSIDE_KINDS = ("global", "cell", "object")


class DeclarationOp(XcsOperation):
    """A symbol declared with a dictionary of properties: `@name {path = "...", ...}`."""

    sym_name = prop_def(SymbolNameConstraint())
    path = prop_def(StringAttr)

    traits = traits_def(SymbolOpInterface(), NoMemoryEffect(), HasParent(ModuleOp))

    def print(self, printer: Printer) -> None:
        """Prints the symbol and one dictionary with all properties and attributes."""
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        entries = {name: value for name, value in self.properties.items() if name != "sym_name"} | self.attributes
        if entries:
            printer.print_string(" ")
            printer.print_attr_dict(entries)

    @classmethod
    def parse(cls, parser: Parser) -> DeclarationOp:
        """Reads what `print` prints."""
        properties: dict[str, Attribute] = {"sym_name": parser.parse_symbol_name()}
        attributes: dict[str, Attribute] = {}
        known = cls.get_irdl_definition().properties.keys() - properties.keys()
        for name, value in parser.parse_optional_attr_dict().items():
            if isinstance(value, BytesAttr):  # how xDSL reads a string with characters beyond ASCII
                value = StringAttr(value.data.decode("utf-8", "surrogatepass"))
            (properties if name in known else attributes)[name] = value
        return cls.create(properties=properties, attributes=attributes)


@irdl_op_definition
class CallableOp(DeclarationOp):
    """Declares an external callable: where to find it (`module:qualified.name`, or a registry handle), what it does.

    `source` is the text of a native Python segment, `latency_s` how long one call takes in seconds; `reason` and
    `remedy` say why its effect is what it is, and what the user can do. `batch` is the path of its declared batch form,
    which takes a list of up to `max_batch` items and gives a result for each.

    ```mlir
    xcs.callable @classify {path = "app:classify", effect = #xcs.effect<unordered, external>, latency_s = 0.5 : f64}
    ```
    """

    name = "xcs.callable"
    effect = prop_def(EffectAttr)
    source = opt_prop_def(StringAttr)
    reason = opt_prop_def(StringAttr)
    remedy = opt_prop_def(StringAttr)
    batch = opt_prop_def(StringAttr)
    max_batch = opt_prop_def(IntegerAttr.constr(type=EqAttrConstraint(i64)))
    latency_s = opt_prop_def(FloatAttr)

    @classmethod
    def make(
        cls,
        name: str,
        path: str,
        behaviour: Behaviour,
        *,
        location: LocationAttr | None = None,
        **details: str | float | None,
    ) -> CallableOp:
        """Declares a callable.

        `details` are `source`, `reason`, `remedy`, `batch` (str), `max_batch` (int) and `latency_s` (float).
        """
        properties: dict[str, Attribute] = {
            "sym_name": text_attr(name),
            "path": text_attr(path),
            "effect": EffectAttr.of(behaviour),
        }
        for key, value in details.items():
            if value is not None:
                properties[key] = _detail(value)
        return cls.create(properties=properties, location=location)

    @property
    def behaviour(self) -> Behaviour:
        """The declared effect."""
        return self.effect.data

    @property
    def batch_size(self) -> int | None:
        """Up to how many items one call of its batch form takes; None if it has none, or none that says so."""
        return None if self.batch is None or self.max_batch is None else self.max_batch.value.data

    def verify_(self) -> None:
        """The latency is a time, a batch has a form and a size."""
        if self.latency_s is not None and not self.latency_s.value.data >= 0:
            self.fail("expected `latency_s` to be a number of seconds, not negative")
        if self.max_batch is not None and self.max_batch.value.data < 1:
            self.fail(f"expected `max_batch` to be at least 1, found {self.max_batch.value.data}")
        if self.max_batch is not None and self.batch is None:
            self.fail("expected `batch` beside `max_batch`: the path of the batch form")


def _detail(value: str | float) -> Attribute:
    if isinstance(value, str):
        return text_attr(value)
    return IntegerAttr(value, i64) if isinstance(value, int) else FloatAttr(value, Float64Type())


@irdl_op_definition
class OutsideOp(DeclarationOp):
    """Declares a piece of outside state that the program loads or stores: a `global`, a closure's `cell`, an `object`.

    ```mlir
    xcs.outside @model_name {kind = "global", path = "app:MODEL_NAME"}
    ```
    """

    name = "xcs.outside"
    kind = prop_def(StringAttr)

    @classmethod
    def make(cls, name: str, kind: str, path: str, location: LocationAttr | None = None) -> OutsideOp:
        """Declares a piece of outside state."""
        properties = {"sym_name": text_attr(name), "kind": text_attr(kind), "path": text_attr(path)}
        return cls.create(properties=properties, location=location)

    def verify_(self) -> None:
        """The kind is a known one."""
        if self.kind.data not in OUTSIDE_KINDS:
            choices = ", ".join(f"`{kind}`" for kind in OUTSIDE_KINDS)
            self.fail(f"expected `kind` to be one of {choices}, found `{self.kind.data}`")


@irdl_op_definition
class FuncOp(XcsOperation):
    """A traced function. Its body is one block that ends in `xcs.return` and uses no values from outside.

    The effect, once inferred, joins those of its ops.

    ```mlir
    xcs.func @pair(%a : !xcs.obj<"str">, %b : !xcs.obj) -> (!xcs.obj) effects pure {
      %t = xcs.make_tuple(%a, %b)
      xcs.return %t
    }
    ```
    """

    name = "xcs.func"
    sym_name = prop_def(SymbolNameConstraint())
    function_type = prop_def(FunctionType)
    effect = opt_prop_def(EffectAttr)
    body = region_def("single_block")

    traits = traits_def(SymbolOpInterface(), IsolatedFromAbove(), HasParent(ModuleOp), NoMemoryEffect())

    @classmethod
    def make(
        cls,
        name: str,
        body: Region,
        result_types: Sequence[Attribute] = (OBJ,),
        location: LocationAttr | None = None,
    ) -> FuncOp:
        """A function around a finished body."""
        arguments = body.block.args
        properties: dict[str, Attribute] = {
            "sym_name": text_attr(name),
            "function_type": FunctionType.from_lists([argument.type for argument in arguments], result_types),
        }
        return cls.create(properties=properties, regions=(body,), location=location)

    @property
    def args(self) -> tuple[BlockArgument, ...]:
        """The parameters."""
        return self.body.block.args

    @property
    def return_op(self) -> ReturnOp:
        """The terminator of the body."""
        last = self.body.block.last_op
        assert isinstance(last, ReturnOp)
        return last

    def print(self, printer: Printer) -> None:
        """Prints the signature, the effect if known, and the body."""
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        with printer.in_parens():
            printer.print_list(self.args, lambda argument: print_argument_name(printer, argument, _NO_TYPE))
        printer.print_string(" -> ")
        with printer.in_parens():
            printer.print_list(self.function_type.outputs.data, printer.print_attribute)
        if self.effect is not None:
            printer.print_string(" effects " + " ".join(behaviour_words(self.effect.data)))
        print_attributes(printer, self, keyword=True)
        print_block(printer, self.body)

    @classmethod
    def parse(cls, parser: Parser) -> FuncOp:
        """Reads what `print` prints; without `->` the function has one result of type `!xcs.obj`."""
        name = parser.parse_symbol_name()
        arguments = parser.parse_comma_separated_list(parser.Delimiter.PAREN, lambda: parse_argument_name(parser))
        types = parse_result_types(parser)
        effect = EffectAttr.of(parse_behaviour(parser)) if parser.parse_optional_keyword("effects") else None
        attributes = parse_attributes(parser, keyword=True)
        op = cls.make(name.data, parse_block(parser, arguments), [OBJ] if types is None else types)
        op.attributes.update(attributes)
        if effect is not None:
            op.properties["effect"] = effect
        return op

    def verify_(self) -> None:
        """The type agrees with the parameters and with what the body returns."""
        block = single_block(self.body)
        last = None if block is None else block.last_op
        if block is None or not isinstance(last, ReturnOp):
            self.fail("expected the body to be one block that ends in `xcs.return`")
        if tuple(self.function_type.inputs.data) != tuple(block.arg_types):
            self.fail("expected the parameters to have the types that `function_type` states")
        expected = self.function_type.outputs.data
        if len(last.operands) != len(expected):
            self.fail(f"expected the function to return {counted(len(expected), 'value')}, found {len(last.operands)}")
        for index, (value, target) in enumerate(zip(last.operands, expected, strict=True)):
            self.expect_flow(value.type, target, f"returned value {index}")


_NO_TYPE = FunctionType.from_lists((), ())  # no parameter has it, so every parameter prints its own


@irdl_op_definition
class ReturnOp(XcsOperation):
    """Ends a function and gives its results.

    ```mlir
    xcs.func @first(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj) {
      xcs.return %a
    }
    ```
    """

    name = "xcs.return"
    values = var_operand_def()

    traits = traits_def(IsTerminator(), NoMemoryEffect(), HasParent(FuncOp))

    @classmethod
    def make(cls, values: Sequence[SSAValue], location: LocationAttr | None = None) -> ReturnOp:
        """Returns these values."""
        return cls.create(operands=values, location=location)

    def print(self, printer: Printer) -> None:
        """Prints the values."""
        print_terminator_values(printer, self.operands)
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> ReturnOp:
        """Reads what `print` prints."""
        return cls.create(operands=parse_terminator_values(parser), attributes=parse_attributes(parser))
