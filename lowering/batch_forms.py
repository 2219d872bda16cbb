"""The batch forms of declared callables: which calls of a plan may go out together, and up to how many.

`batch N` on a call says so of that call, `batch N` on a map of all calls in its own body. The batch form is the object
that `callables` has under the string in the declaration's `batch`, or what the callable itself carries as
`__xcs_batch__`; without one the calls are made one by one, which gives the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from xdsl.ir import Operation

from ..dialect.calls import CallOp
from ..dialect.functions import CallableOp
from ..dialect.parallel import stated_batch_size
from ..runtime.batch_form import BatchForm, batch_form_of


class BatchForms:
    """The batch forms of one module, each made once, so that calls of one callable find each other."""

    def __init__(self, declarations: Mapping[str, Operation], callables: Mapping[str, Any]) -> None:
        """Looks at the declarations; most modules have no batch form."""
        self._callables = callables
        self._declared = {
            symbol: op for symbol, op in declarations.items() if type(op) is CallableOp and "batch" in op.properties
        }
        self._forms: dict[tuple[str, int], BatchForm | None] = {}

    def any(self) -> bool:
        """Whether calls of the module go out together."""
        return any(form is not None for form in self._forms.values())

    def of(self, op: CallOp, symbol: str) -> BatchForm | None:
        """How a call goes out together with others; None if it doesn't."""
        if symbol not in self._declared:
            return None
        size = stated_batch_size(op)
        if size is None or "mutates" in op.properties:
            return None
        key = (symbol, size)
        if key not in self._forms:
            self._forms[key] = self._form(symbol, size)
        return self._forms[key]

    def _form(self, symbol: str, size: int) -> BatchForm | None:
        declaration = self._declared[symbol]
        assert declaration.batch is not None
        largest = declaration.batch_size
        size = size if largest is None else min(size, largest)
        carried = batch_form_of(self._callables[symbol])
        function = self._callables.get(declaration.batch.data)
        if carried is not None:
            function = carried.function if function is None else function
            return dataclasses.replace(carried, name=f"@{symbol}", function=function, max_batch=size)
        return None if function is None else BatchForm(f"@{symbol}", function, size)
