"""Making plain records (`record_classes.py`) of data: `Invoice(**row)`, `Invoice.model_validate(row)`.

In: the class and what it is given. Out: that it is pure if all of it is data: pydantic's own code may raise, and no
code of the user's runs. What comes out is data, with what went in inside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...diagnostics.effect import Effect
from .abstract_type import ANY, DATA, AbstractType, StaticType
from .classes import is_class
from .known import TABLE, KnownCallable
from .lattice import is_data
from .record_classes import is_record_class


def may_be_record(cls: object) -> bool:
    """Whether a class is one of pydantic's."""
    return is_class(cls) and "__pydantic_fields__" in vars(cls)


def makes_record(cls: type, given: Sequence[AbstractType]) -> bool:
    """Whether calling a class with arguments of these types only makes a record."""
    return is_record_class(cls) and all(map(is_data, given))


def _makes_record(args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> bool:
    cls = args[0].value if args and isinstance(args[0], StaticType) else None
    return cls is not None and may_be_record(cls) and not kwargs and makes_record(cls, args[1:])


VALIDATE = KnownCallable(
    lambda args, kwargs: Effect.PURE if _makes_record(args, kwargs) else Effect.ORDERED,
    result=lambda args, kwargs: DATA if _makes_record(args, kwargs) else ANY,
    uses=("any 0", "deep 1"),
    retains=frozenset((1,)),
    reason="validates with code that isn't known",
)
LIBRARY = {f"pydantic.main.BaseModel.{name}": VALIDATE for name in ("model_validate", "model_validate_json")}

TABLE.add_all(LIBRARY)
