"""The types of SSA values: Python objects and lists of them. Arrays of known shape have builtin `tensor` types.

The class name of an object type is documentation: it says what the frontend knew when it traced, and nothing depends
on it. A value flows into every position whose type says less about it (`flows_into`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from xdsl.dialects.builtin import NoneAttr, StringAttr
from xdsl.ir import Attribute, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from .strings import parse_string


@irdl_attr_definition
class ObjType(ParametrizedAttribute, TypeAttribute):
    """A Python object: `!xcs.obj`, or `!xcs.obj<"str">` where its exact class is known."""

    name = "xcs.obj"
    class_name: StringAttr | NoneAttr

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        """Reads `<"class name">`, or nothing."""
        if parser.parse_optional_punctuation("<") is None:
            return (NoneAttr(),)
        class_name = parse_string(parser, "expected the name of a class in quotes")
        parser.parse_punctuation(">")
        return (StringAttr(class_name),)

    def print_parameters(self, printer: Printer) -> None:
        """Prints what `parse_parameters` reads."""
        if isinstance(self.class_name, StringAttr):
            with printer.in_angle_brackets():
                printer.print_string_literal(self.class_name.data)


@irdl_attr_definition
class ListType(ParametrizedAttribute, TypeAttribute):
    """A list whose elements all have one type: `!xcs.list<!xcs.obj>`."""

    name = "xcs.list"
    element: Attribute

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        """Reads `<type>`."""
        with parser.in_angle_brackets():
            return (parser.parse_type(),)

    def print_parameters(self, printer: Printer) -> None:
        """Prints what `parse_parameters` reads."""
        with printer.in_angle_brackets():
            printer.print_attribute(self.element)


OBJ = ObjType(NoneAttr())
"""Any Python object."""


@cache
def obj(class_name: str) -> ObjType:
    """The object type with this class name, always the same instance."""
    return ObjType(StringAttr(class_name))


@cache
def list_of(element: Attribute = OBJ) -> ListType:
    """The list type with these elements, always the same instance."""
    return ListType(element)


def element_type(iterable: Attribute) -> Attribute:
    """The type of the elements that a loop over a value of type `iterable` takes."""
    return iterable.element if isinstance(iterable, ListType) else OBJ


def flows_into(source: Attribute, target: Attribute) -> bool:
    """Whether a value of type `source` may stand where `target` is expected: every type flows into `!xcs.obj`."""
    if target is OBJ or source is target or target == OBJ or source == target:
        return True
    if isinstance(source, ListType):
        return isinstance(target, ListType) and flows_into(source.element, target.element)
    return False
