"""Language models as values: a `ModelBinding` is called with a prompt and answers with text.

    from xcs import bind
    judge = bind("openai:gpt-4o-mini", temperature=0.0)
    judge("Which of these is right? ...")

Importing this package loads neither NumPy nor `openai`; the first call of a binding does.
"""

from __future__ import annotations

from .catalogue import bind, default_model, embedded
from .model_binding import ModelBinding
from .model_mesh import ModelMesh

__all__ = ["ModelBinding", "ModelMesh", "bind", "default_model", "embedded"]
