"""Names that code binds anew: functions, classes and modules that a program knows by name must stay what they are.

In: what calls may write, the guards of a program. Out: a name that doesn't stay what it is. Beside the kinds of known
names (`global:<module>.<name>`, `member:<name>`) there are those of code that finds them while it runs
(`namespaces.py`): `global:*.<name>`, `global:*` and `member:*`.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from .library_settings import LibrarySettings
from .scope import CellView, ClassView
from .summary import Guard, Summary, View
from .type_of import is_static

ANY_GLOBAL = "global:*"
"""The kind of state that all names of all modules are."""
ANY_MEMBER = "member:*"
"""The kind of state that all attributes of all classes and functions are."""


def global_in_some_module(name: str) -> str:
    """The kind of state that this name is in all modules."""
    return f"{ANY_GLOBAL}.{name}"


def names_bound(summary: Summary) -> frozenset[str]:
    """The kinds of names, of modules and of members of classes, that a call with this summary may bind anew."""
    return frozenset(kind for _, kind in summary.writes if kind.startswith(("global:", "member:", "cell:")))


def rebinds(kinds: Set[str], kind: str, name: str) -> bool:
    """Whether a write of these kinds may bind this name, which is of this kind, anew."""
    if kind in kinds:
        return True
    if kind.startswith("global:"):
        return ANY_GLOBAL in kinds or global_in_some_module(name) in kinds
    return kind.startswith("member:") and ANY_MEMBER in kinds


def rebound(guards: Iterable[Guard], kinds: Set[str]) -> str | None:
    """The name of a function, class or module that one of these guards relies on, and that a write of these kinds binds
    to something else; None if there is none."""
    for guard in guards:
        if isinstance(guard.namespace, LibrarySettings):
            if (name := _set_anew(guard.namespace, kinds)) is not None:
                return name
            continue
        if guard.by_type or not (guard.value is Guard or is_static(guard.value)):
            continue
        space = guard.namespace
        if isinstance(space, CellView):
            name, kind = space.variable, f"cell:{space.variable}"
        elif isinstance(space, ClassView):
            name, kind = f"{space.of.__name__}.{guard.name}", f"member:{guard.name}"
        elif isinstance(space, View):
            continue
        else:
            name, kind = guard.name, f"global:{space.get('__name__')}.{guard.name}"
        if rebinds(kinds, kind, guard.name):
            return name
    return None


def _set_anew(settings: LibrarySettings, kinds: Set[str]) -> str | None:
    """The first of a library's settings that a write of these kinds may change."""
    return next((f"{settings.module}.{one}" for one in settings.names if rebinds(kinds, settings.kind(one), one)), None)
