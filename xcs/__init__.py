"""XCS: a compiler for compound-AI programs. Write sequential Python, put `@xcs.jit` on it.

Importing this package loads neither JAX nor xDSL; the names below are loaded when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .diagnostics.errors import InternalError, XCSError, XCSExecutionError, XCSWarning

if TYPE_CHECKING:
    from .frontend.check_effects import check_effects
    from .frontend.disable_jit import disable_jit
    from .frontend.effects.known import register
    from .frontend.explain import explain
    from .frontend.jit import get_jit_stats, jit
    from .frontend.journal import journal
    from .frontend.map import map as map  # noqa: A004 - `xcs.map`
    from .frontend.op import op
    from .frontend.operation_signature import OperationSignature
    from .frontend.operator import Operator, field, module
    from .frontend.progress import progress
    from .frontend.timeline import timeline
    from .frontend.trace_function import trace_function
    from .frontend.transforms.grad import grad, value_and_grad
    from .frontend.transforms.pmap import pmap
    from .frontend.transforms.scan import scan
    from .frontend.transforms.vmap import vmap
    from .lowering.run import run
    from .passes.parallelism_info import ParallelismInfo
    from .passes.registry import register_pattern
    from .runtime import models
    from .runtime.limits.rate import RateLimit
    from .runtime.limits.retry import Retry
    from .runtime.limits.shared import set_limit
    from .runtime.models import ModelBinding, ModelMesh, bind, default_model, embedded
    from .runtime.workers import set_max_workers

_HOMES = {
    "ModelBinding": "runtime.models",
    "ModelMesh": "runtime.models",
    "OperationSignature": "frontend.operation_signature",
    "Operator": "frontend.operator",
    "ParallelismInfo": "passes.parallelism_info",
    "RateLimit": "runtime.limits.rate",
    "Retry": "runtime.limits.retry",
    "bind": "runtime.models",
    "check_effects": "frontend.check_effects",
    "default_model": "runtime.models",
    "disable_jit": "frontend.disable_jit",
    "embedded": "runtime.models",
    "explain": "frontend.explain",
    "field": "frontend.operator",
    "get_jit_stats": "frontend.jit",
    "grad": "frontend.transforms.grad",
    "jit": "frontend.jit",
    "journal": "frontend.journal",
    "map": "frontend.map",
    "module": "frontend.operator",
    "op": "frontend.op",
    "pmap": "frontend.transforms.pmap",
    "progress": "frontend.progress",
    "register": "frontend.effects.known",
    "register_pattern": "passes.registry",
    "run": "lowering.run",
    "scan": "frontend.transforms.scan",
    "set_limit": "runtime.limits.shared",
    "set_max_workers": "runtime.workers",
    "timeline": "frontend.timeline",
    "trace_function": "frontend.trace_function",
    "value_and_grad": "frontend.transforms.grad",
    "vmap": "frontend.transforms.vmap",
}

__all__ = [
    "InternalError",
    "ModelBinding",
    "ModelMesh",
    "OperationSignature",
    "Operator",
    "ParallelismInfo",
    "RateLimit",
    "Retry",
    "XCSError",
    "XCSExecutionError",
    "XCSWarning",
    "bind",
    "check_effects",
    "default_model",
    "disable_jit",
    "embedded",
    "explain",
    "field",
    "get_jit_stats",
    "grad",
    "jit",
    "journal",
    # `map` is not here: after `from xcs import *` that name still means the builtin.
    "models",
    "module",
    "op",
    "pmap",
    "progress",
    "register",
    "register_pattern",
    "run",
    "scan",
    "set_limit",
    "set_max_workers",
    "timeline",
    "trace_function",
    "value_and_grad",
    "vmap",
]


def __getattr__(name: str) -> Any:
    if name == "models":
        return importlib.import_module(".runtime.models", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module 'xcs' has no attribute '{name}'")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *__all__})
