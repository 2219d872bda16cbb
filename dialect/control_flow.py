"""Control flow with regions: branches, handlers, and `raise`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import LocationAttr
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    region_def,
    traits_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import RecursiveMemoryEffect

from ..diagnostics.effect import Behaviour
from .effects import BranchEffects, EffectAttr, WritesState, behaviour_words, parse_behaviour
from .operands import (
    num_yielded,
    obj_types,
    parse_argument_name,
    parse_block,
    parse_result_types,
    parse_value,
    print_argument_name,
    print_block,
    print_result_types,
)
from .operation import XcsOperation, parse_attributes, print_attributes
from .regions import YieldingOp, YieldOp, yielding_region
from .types import OBJ


@irdl_op_definition
class IfOp(YieldingOp):
    """Runs one of two regions. The truth of the condition is taken with `bool`, whose effect is `truth` (absent: pure).

    Without results, an `else` that does nothing is left out.

    ```mlir
    xcs.func @f(%c : !xcs.obj, %a : !xcs.obj<"str">, %b : !xcs.obj<"str">) -> (!xcs.obj<"str">) {
      %r = xcs.if %c -> (!xcs.obj<"str">) {
        xcs.yield %a
      } else {
        xcs.yield %b
      }
      xcs.if %a truth dynamic {
        xcs.raise %a
        xcs.yield
      }
      xcs.return %r
    }
    ```
    """

    name = "xcs.if"
    condition = operand_def()
    truth = opt_prop_def(EffectAttr)
    then_region = region_def("single_block")
    else_region = region_def("single_block")
    outputs = var_result_def()

    traits = traits_def(BranchEffects())

    @classmethod
    def make(
        cls,
        condition: SSAValue,
        then_region: Region,
        else_region: Region,
        result_types: Sequence[Attribute] = (),
        *,
        truth: Behaviour | None = None,
        location: LocationAttr | None = None,
    ) -> IfOp:
        """A branch between two finished regions."""
        return cls.create(
            operands=(condition,),
            result_types=result_types,
            properties=truth_properties(truth),
            regions=(then_region, else_region),
            location=location,
        )

    def print(self, printer: Printer) -> None:
        """Prints the condition and the regions."""
        printer.print_string(" ")
        printer.print_operand(self.condition)
        print_truth(printer, self.truth)
        print_result_types(printer, self.results.types, obj_types(num_yielded(self.then_region)))
        print_attributes(printer, self, keyword=True)
        print_block(printer, self.then_region)
        if self.results or not _does_nothing(self.else_region):
            printer.print_string(" else")
            print_block(printer, self.else_region)

    @classmethod
    def parse(cls, parser: Parser) -> IfOp:
        """Reads what `print` prints."""
        condition = parse_value(parser)
        truth = parse_truth(parser)
        types = parse_result_types(parser)
        attributes = parse_attributes(parser, keyword=True)
        then_region = parse_block(parser)
        has_else = parser.parse_optional_keyword("else") is not None
        else_region = parse_block(parser) if has_else else yielding_region(())
        if types is None:
            types = obj_types(num_yielded(then_region))
        op = cls.make(condition, then_region, else_region, types, truth=truth)
        op.attributes.update(attributes)
        return op

    def verify_(self) -> None:
        """Both regions take nothing and yield the results."""
        for region, what in ((self.then_region, "the `then` region"), (self.else_region, "the `else` region")):
            self.expect_yield(region, self.results.types, what)
            self.expect_arguments(region.block, (), what)


def _does_nothing(region: Region) -> bool:
    """Whether a region is only an empty `xcs.yield`."""
    first = region.block.first_op if region.blocks else None
    return isinstance(first, YieldOp) and not first.operands and not first.attributes


def truth_properties(truth: Behaviour | None) -> dict[str, Attribute]:
    """The properties of an op that tests a condition."""
    return {} if truth is None else {"truth": EffectAttr.of(truth)}


def print_truth(printer: Printer, truth: EffectAttr | None) -> None:
    """Prints ` truth words`, or nothing where testing the condition is pure."""
    if truth is not None:
        printer.print_string(" truth " + " ".join(behaviour_words(truth.data)))


def parse_truth(parser: Parser) -> Behaviour | None:
    """Reads what `print_truth` prints."""
    return parse_behaviour(parser) if parser.parse_optional_keyword("truth") else None


@irdl_op_definition
class TryOp(YieldingOp):
    """Runs the body; an exception that leaves it is handed to the handler, which gives the results instead.

    The handler sees values from before the body, and what `xcs.assign` has put into variables by the failing op. A call
    with the attribute `as_left` at its start finds an object as calls with `in_order` in the body have left it.

    ```mlir
    xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
    xcs.func @f(%q : !xcs.obj) -> (!xcs.obj) {
      %r = xcs.try {
        %a = xcs.call unordered external @ask(%q)
        xcs.yield %a
      } except (%e) {
        xcs.yield %e
      }
      xcs.return %r
    }
    ```
    """

    name = "xcs.try"
    body = region_def("single_block")
    handler = region_def("single_block")
    outputs = var_result_def()

    traits = traits_def(RecursiveMemoryEffect())

    @classmethod
    def make(
        cls,
        body: Region,
        handler: Region,
        result_types: Sequence[Attribute] = (),
        location: LocationAttr | None = None,
    ) -> TryOp:
        """A body and its handler, whose block has one argument, the exception."""
        return cls.create(result_types=result_types, regions=(body, handler), location=location)

    def print(self, printer: Printer) -> None:
        """Prints the body and the handler."""
        print_result_types(printer, self.results.types, obj_types(num_yielded(self.body)))
        print_attributes(printer, self, keyword=True)
        print_block(printer, self.body)
        printer.print_string(" except ")
        with printer.in_parens():
            print_argument_name(printer, self.handler.block.args[0], OBJ)
        print_block(printer, self.handler)

    @classmethod
    def parse(cls, parser: Parser) -> TryOp:
        """Reads what `print` prints."""
        types = parse_result_types(parser)
        attributes = parse_attributes(parser, keyword=True)
        body = parse_block(parser)
        parser.parse_keyword("except", " after the body of `xcs.try`")
        with parser.in_parens():
            exception = parse_argument_name(parser, OBJ)
        handler = parse_block(parser, [exception])
        op = cls.make(body, handler, obj_types(num_yielded(body)) if types is None else types)
        op.attributes.update(attributes)
        return op

    def verify_(self) -> None:
        """Both regions yield the results; the handler takes the exception."""
        self.expect_yield(self.body, self.results.types, "the body")
        self.expect_yield(self.handler, self.results.types, "the handler")
        self.expect_arguments(self.body.block, (), "the body")
        if len(self.handler.block.args) != 1:
            self.fail(f"expected the handler to have 1 block argument, found {len(self.handler.block.args)}")


@irdl_op_definition
class RaiseOp(XcsOperation):
    """`raise exception`, or `raise exception from cause`. It ends no block: what follows in it isn't reached.

    ```mlir
    xcs.func @f(%e : !xcs.obj, %cause : !xcs.obj) -> () {
      xcs.raise %e from %cause
      xcs.return
    }
    ```
    """

    name = "xcs.raise"
    exception = operand_def()
    cause = opt_operand_def()

    traits = traits_def(WritesState())

    @classmethod
    def make(cls, exception: SSAValue, cause: SSAValue | None = None, location: LocationAttr | None = None) -> RaiseOp:
        """Raises an exception, an instance or a class."""
        return cls.create(operands=(exception,) if cause is None else (exception, cause), location=location)

    def print(self, printer: Printer) -> None:
        """Prints the exception and its cause."""
        printer.print_string(" ")
        printer.print_operand(self.exception)
        if self.cause is not None:
            printer.print_string(" from ")
            printer.print_operand(self.cause)
        print_attributes(printer, self)

    @classmethod
    def parse(cls, parser: Parser) -> RaiseOp:
        """Reads what `print` prints."""
        operands = [parse_value(parser)]
        if parser.parse_optional_keyword("from"):
            operands.append(parse_value(parser))
        return cls.create(operands=operands, attributes=parse_attributes(parser))
