"""Loops that run their iterations in order: `for`, `while`, and the fold `reduce`.

Carried values enter the body as block arguments, leave it through its yield, and are the results after the last
iteration; argument and result of one carried value have the same type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import LocationAttr, UnitAttr
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer

from ..diagnostics.effect import Behaviour
from .control_flow import parse_truth, print_truth, truth_properties
from .effects import EffectAttr, IndependentLoopEffects, LoopEffects, WhileEffects
from .operands import (
    obj_types,
    parse_argument_name,
    parse_block,
    parse_result_types,
    parse_value,
    print_argument_name,
    print_block,
    print_result_types,
)
from .operation import SOURCE_WORDS, UNIT, counted, parse_attributes, parse_words, print_attributes, print_words
from .regions import Carried, YieldingOp, print_carried
from .types import OBJ, element_type


class FoldOp(YieldingOp):
    """A loop over the elements of an iterable which carries values from one iteration to the next."""

    WORDS: ClassVar[tuple[str, ...]] = ()

    iterable = operand_def()
    inits = var_operand_def()
    body = region_def("single_block")
    outputs = var_result_def()

    @classmethod
    def make(
        cls,
        iterable: SSAValue,
        inits: Sequence[SSAValue],
        body: Region,
        result_types: Sequence[Attribute] = (),
        words: Sequence[str] = (),
        location: LocationAttr | None = None,
    ) -> Self:
        """A loop around a finished body; `words` are those of the flags of the class that are set."""
        return cls.create(
            operands=(iterable, *inits),
            result_types=result_types,
            properties=dict.fromkeys(words, UNIT),
            regions=(body,),
            location=location,
        )

    def print(self, printer: Printer) -> None:
        """Prints the element, the iterable, the carried values, the flags and the body."""
        element, *carried = self.body.block.args
        printer.print_string(" ")
        print_argument_name(printer, element, element_type(self.iterable.type))
        printer.print_string(" in ")
        printer.print_operand(self.iterable)
        print_carried(printer, carried, self.inits)
        print_result_types(printer, self.results.types, obj_types(len(self.inits)))
        print_words(printer, self, self.WORDS)
        print_attributes(printer, self, keyword=True)
        print_block(printer, self.body)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        """Reads what `print` prints."""
        element = parse_element(parser)
        carried = Carried(parser)
        types = carried.result_types(parser, parse_result_types(parser))
        properties = parse_words(parser, cls.WORDS)
        attributes = parse_attributes(parser, keyword=True)
        body = parse_block(parser, [element.argument, *carried.arguments(types)])
        op = cls.make(element.iterable, carried.inits, body, types, tuple(properties))
        op.attributes.update(attributes)
        return op

    def verify_(self) -> None:
        """The body takes the element and the carried values, and yields these (after the `break` flag, if any)."""
        types, inits = self.results.types, self.inits
        if len(types) != len(inits):
            self.fail(f"expected {counted(len(inits), 'result')}, one for each carried value, found {len(types)}")
        flags = (OBJ,) if "breaks" in self.properties else ()
        self.expect_yield(self.body, (*flags, *types), "the body")
        self.expect_arguments(self.body.block, (element_type(self.iterable.type), *types), "the body")
        for index, (init, target) in enumerate(zip(inits, types, strict=True)):
            self.expect_flow(init.type, target, f"initial value {index}")
        expect_carried_types(self, self.body, types, skip=1)


def expect_carried_types(op: YieldingOp, region: Region, types: Sequence[Attribute], skip: int) -> None:
    """Checks that carried block arguments, those after the first `skip`, have exactly these types."""
    if tuple(region.block.arg_types[skip:]) != tuple(types):
        op.fail("expected the block arguments of carried values to have the types of the results")


class Element:
    """The element and the iterable of a loop, as read from text: `%x in %xs`."""

    def __init__(self, name: Parser.UnresolvedArgument, parser: Parser) -> None:
        """Reads the rest, after the element's name."""
        written = parser.parse_type() if parser.parse_optional_punctuation(":") else None
        location = parser.parse_optional_location()
        parser.parse_keyword("in", " after the element")
        self.iterable = parse_value(parser)
        type = element_type(self.iterable.type) if written is None else written
        self.argument = Parser.Argument(name.name, type, location)


def parse_element(parser: Parser) -> Element:
    """Reads `%x in %xs` or `%x : type in %xs`."""
    return Element(parser.parse_argument(expect_type=False), parser)


@irdl_op_definition
class ForOp(FoldOp):
    """Runs its body for each element, in order; iterations overlap as far as effects and carried values allow.

    `snapshot`: nothing in the body can write the iterable. `settled`: nothing in the program can, once the iterable is
    there. `plain`: if it can be gone over at all, it is of a class of Python's own, so that no step runs anybody's
    code. `breaks`: the body's first yielded value is a bool which is not carried; true ends the loop after this
    iteration.

    ```mlir
    xcs.callable @step {path = "app:step", effect = #xcs.effect<unordered, external>}
    xcs.func @f(%xs : !xcs.list<!xcs.obj<"str">>, %init : !xcs.obj) -> (!xcs.obj) {
      %r = xcs.for %x in %xs iter(%acc = %init) snapshot breaks {
        %next = xcs.call unordered external @step(%acc, %x)
        xcs.yield %next, %next
      }
      xcs.return %r
    }
    ```
    """

    name = "xcs.for"
    WORDS: ClassVar[tuple[str, ...]] = (*SOURCE_WORDS, "breaks")
    snapshot = opt_prop_def(UnitAttr)
    settled = opt_prop_def(UnitAttr)
    plain = opt_prop_def(UnitAttr)
    breaks = opt_prop_def(UnitAttr)

    traits = traits_def(LoopEffects())


@irdl_op_definition
class ReduceOp(FoldOp):
    """An ordered fold over the elements; with `associative`, the combiner is declared so and the fold may be a tree.

    ```mlir
    xcs.callable @merge {path = "app:merge", effect = #xcs.effect<unordered, external>}
    xcs.func @f(%xs : !xcs.list<!xcs.obj>, %init : !xcs.obj) -> (!xcs.obj) {
      %r = xcs.reduce %x in %xs iter(%acc = %init) associative {
        %next = xcs.call unordered external @merge(%acc, %x)
        xcs.yield %next
      }
      xcs.return %r
    }
    ```
    """

    name = "xcs.reduce"
    WORDS: ClassVar[tuple[str, ...]] = ("associative",)
    associative = opt_prop_def(UnitAttr)

    traits = traits_def(IndependentLoopEffects())

    def verify_(self) -> None:
        """There is something to fold."""
        if not self.inits:
            self.fail("expected at least one carried value")
        super().verify_()


@irdl_op_definition
class WhileOp(YieldingOp):
    """Tests the condition region, then runs the body, until the condition is false.

    Both regions take the carried values; the condition region yields only the value that is tested, the body the
    carried values of the next iteration. The effect of the test is `truth` (absent: pure).

    ```mlir
    xcs.callable @better {path = "app:better", effect = #xcs.effect<unordered, external>}
    xcs.callable @done {path = "app:done", effect = #xcs.effect<pure>}
    xcs.func @f(%draft : !xcs.obj) -> (!xcs.obj) {
      %r = xcs.while iter(%a = %draft) {
        %c = xcs.call pure @done(%a)
        xcs.yield %c
      } do (%b) {
        %next = xcs.call unordered external @better(%b)
        xcs.yield %next
      }
      xcs.return %r
    }
    ```
    """

    name = "xcs.while"
    inits = var_operand_def()
    truth = opt_prop_def(EffectAttr)
    condition = region_def("single_block")
    body = region_def("single_block")
    outputs = var_result_def()

    traits = traits_def(WhileEffects())

    @classmethod
    def make(
        cls,
        inits: Sequence[SSAValue],
        condition: Region,
        body: Region,
        result_types: Sequence[Attribute] = (),
        *,
        truth: Behaviour | None = None,
        location: LocationAttr | None = None,
    ) -> WhileOp:
        """A loop around two finished regions."""
        return cls.create(
            operands=inits,
            result_types=result_types,
            properties=truth_properties(truth),
            regions=(condition, body),
            location=location,
        )

    def print(self, printer: Printer) -> None:
        """Prints the carried values and both regions."""
        print_carried(printer, self.condition.block.args, self.inits)
        print_truth(printer, self.truth)
        print_result_types(printer, self.results.types, obj_types(len(self.inits)))
        print_attributes(printer, self, keyword=True)
        print_block(printer, self.condition)
        printer.print_string(" do")
        arguments = self.body.block.args
        if arguments:
            printer.print_string(" ")
            with printer.in_parens():
                pairs = list(zip(arguments, self.results.types, strict=True))
                printer.print_list(pairs, lambda pair: print_argument_name(printer, *pair))
        print_block(printer, self.body)

    @classmethod
    def parse(cls, parser: Parser) -> WhileOp:
        """Reads what `print` prints."""
        carried = Carried(parser)
        truth = parse_truth(parser)
        types = carried.result_types(parser, parse_result_types(parser))
        attributes = parse_attributes(parser, keyword=True)
        condition = parse_block(parser, carried.arguments(types))
        parser.parse_keyword("do", " after the condition of `xcs.while`")
        start, remaining = parser.pos, iter(types)
        arguments = parser.parse_optional_comma_separated_list(
            parser.Delimiter.PAREN, lambda: parse_argument_name(parser, next(remaining, OBJ))
        )
        if len(arguments or ()) != len(types):
            parser.raise_error(f"expected {counted(len(types), 'argument')} of the body", start, parser.pos)
        op = cls.make(carried.inits, condition, parse_block(parser, arguments or ()), types, truth=truth)
        op.attributes.update(attributes)
        return op

    def verify_(self) -> None:
        """The condition yields one value, the body the carried ones; both take these."""
        types, inits = self.results.types, self.inits
        if len(types) != len(inits):
            self.fail(f"expected {counted(len(inits), 'result')}, one for each carried value, found {len(types)}")
        for index, (init, target) in enumerate(zip(inits, types, strict=True)):
            self.expect_flow(init.type, target, f"initial value {index}")
        self.expect_yield(self.condition, (OBJ,), "the condition region")
        self.expect_yield(self.body, types, "the body")
        for region, what in ((self.condition, "the condition region"), (self.body, "the body")):
            self.expect_arguments(region.block, types, what)
            expect_carried_types(self, region, types, skip=0)
