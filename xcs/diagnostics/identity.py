"""Which object something is, as a key: what `id` says, in places that ask for each op or value of a program.

`id` tells the audit hooks of the process (PEP 578) of every call. Packages that many programs load have one, `filelock`
among them: then a call costs ten times as much.
"""

from __future__ import annotations

from collections.abc import Callable

identity: Callable[[object], int] = object.__hash__
"""Different for any two objects that exist at the same time: CPython's address, rotated. No audit hook hears of it."""
