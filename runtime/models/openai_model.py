"""Chat models behind any OpenAI-compatible endpoint, called through the official `openai` client.

Guarantees: the client is thread-safe and made once for each process and connection (address, key, timeout,
retries), under `_LOCK`; a forked child never uses its parent's sockets.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...diagnostics.errors import XCSError

if TYPE_CHECKING:
    import numpy as np
    from openai import OpenAI

CONNECTION_OPTIONS = ("base_url", "api_key", "organization", "timeout", "max_retries")
"""Options of the connection, named as the client names them; all others but `system` go into each request."""

_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class OpenAIModel:
    """One chat model of an endpoint; `system` is the option that holds the system message."""

    model: str

    @property
    def provider(self) -> str:
        """The provider's keyword."""
        return "openai"

    def complete(self, prompt: str, options: Mapping[str, object]) -> str:
        """The text of the first choice; an answer without text (a refusal, a tool call) is an empty string."""
        connection, request = split_options(options)
        system = request.pop("system", None)
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": prompt})
        reply = client_for(connection).chat.completions.create(model=self.model, messages=messages, **request)  # type: ignore[call-overload]
        return reply.choices[0].message.content or ""

    def embed(self, text: str, options: Mapping[str, object]) -> np.ndarray:
        """`f32[dim]` from the endpoint's embedding model, the option `embedding_model` or else this model's name."""
        import numpy as np

        connection, request = split_options(options)
        model = str(request.get("embedding_model", self.model))
        # Without an explicit format the client asks for base64, which not every compatible endpoint speaks.
        reply = client_for(connection).embeddings.create(model=model, input=text, encoding_format="float")
        vector = np.asarray(reply.data[0].embedding, dtype=np.float32)
        return vector / max(float(np.linalg.norm(vector)), 1e-12)


def split_options(options: Mapping[str, object]) -> tuple[tuple[tuple[str, object], ...], dict[str, Any]]:
    """What belongs to the connection, and what goes into the request."""
    connection = tuple((name, options[name]) for name in CONNECTION_OPTIONS if options.get(name) is not None)
    return connection, {name: held for name, held in options.items() if name not in CONNECTION_OPTIONS}


def client_for(connection: tuple[tuple[str, object], ...]) -> OpenAI:
    """The one client of a connection; what isn't given comes from the environment, as the client reads it."""
    with _LOCK:
        return _open_client(os.getpid(), connection)


@functools.lru_cache(maxsize=32)
def _open_client(process_id: int, connection: tuple[tuple[str, object], ...]) -> OpenAI:
    """A new client; raises `XCSError` where the extra or the key is missing."""
    try:
        import openai
    except ImportError:
        raise XCSError(
            "expected the `openai` package for a model of provider `openai`, found none; "
            "help: `pip install xcs[openai]`"
        ) from None
    try:
        return openai.OpenAI(**dict(connection))  # type: ignore[arg-type]
    except openai.OpenAIError as error:
        raise XCSError(
            f"expected an address and a key for a model of provider `openai`, found: {error}; "
            "help: pass `base_url=` and `api_key=` to `bind`, or set `OPENAI_BASE_URL` and `OPENAI_API_KEY`"
        ) from error
