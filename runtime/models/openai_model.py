"""Chat models behind any OpenAI-compatible endpoint, called through the official `openai` client.

Guarantees: the client is thread-safe and made once for each process and connection (address, key, timeout,
retries), under `_LOCK`; a forked child never uses its parent's sockets.
"""

from __future__ import annotations

import functools
import os
import threading
import weakref
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...diagnostics.errors import XCSError
from ...diagnostics.secrets import without_credentials
from ..http_messages import hide_credentials, secrets_in, without_secrets
from ..tally import count_usage

if TYPE_CHECKING:
    import numpy as np
    from openai import AsyncOpenAI, OpenAI

CONNECTION_OPTIONS = ("base_url", "api_key", "organization", "timeout", "max_retries")
"""Options of the connection, named as the client names them; all others but `system` go into each request."""

TOKENS_PER_PRICE = 1_000_000
MAX_CAUSES = 10  # of an error, that are looked at
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class OpenAIModel:
    """One chat model of an endpoint; `system` is the option that holds the system message."""

    model: str

    @property
    def provider(self) -> str:
        """The provider's keyword."""
        return "openai"

    def open(self, options: Mapping[str, object]) -> None:
        """Opens the client: the first one of a process takes a good part of a second."""
        client_for(split_options(options)[0])

    def options_under(self, timeout_s: float | None, is_retried: bool) -> dict[str, object]:
        """The client's own timeout ends the connection, and its own retries would multiply with those of the policy."""
        chosen: dict[str, object] = {} if timeout_s is None else {"timeout": timeout_s}
        return {**chosen, "max_retries": 0} if is_retried else chosen

    def complete(self, prompt: str, options: Mapping[str, object]) -> str:
        """The text of the first choice; an answer without text (a refusal, a tool call) is an empty string."""
        return self.message(prompt, options).content or ""

    async def complete_async(self, prompt: str, options: Mapping[str, object]) -> str:
        """The same, awaited."""
        connection, request, prices = split_options(options)
        client = await async_client_for(connection)
        with without_key(connection):
            reply = await client.chat.completions.create(model=self.model, **conversation(prompt, request))
        self._count(reply, prices)
        return first_choice(reply).message.content or ""

    def message(self, prompt: str | Sequence[Mapping[str, Any]], options: Mapping[str, object]) -> Any:
        """The message of the first choice, tool calls included."""
        connection, request, prices = split_options(options)
        client = client_for(connection)
        with without_key(connection):
            reply = client.chat.completions.create(model=self.model, **conversation(prompt, request))
        self._count(reply, prices)
        return first_choice(reply).message

    def parse(self, prompt: str, options: Mapping[str, object]) -> Any:
        """An instance of the option `response_format`, a pydantic model, by the client's own helper."""
        connection, request, prices = split_options(options)
        client = client_for(connection)
        with without_key(connection):
            reply = client.chat.completions.parse(model=self.model, **conversation(prompt, request))
        self._count(reply, prices)
        message = first_choice(reply).message
        if message.parsed is None:
            raise ValueError(f"expected an answer of `{self.model}` to parse, found {message.refusal or 'no content'}")
        return message.parsed

    def embed(self, text: str, options: Mapping[str, object]) -> np.ndarray:
        """`f32[dim]` from the endpoint's embedding model, the option `embedding_model` or else this model's name."""
        return self._embed(text, options)[0]

    def embed_batch(self, texts: list[str], options: Mapping[str, object]) -> np.ndarray:
        """`f32[texts, dim]`, in one request."""
        return self._embed(texts, options) if texts else no_vectors()

    async def embed_async(self, text: str, options: Mapping[str, object]) -> np.ndarray:
        """The same as `embed`, awaited."""
        return (await self._embed_async(text, options))[0]

    async def embed_batch_async(self, texts: list[str], options: Mapping[str, object]) -> np.ndarray:
        """The same as `embed_batch`, awaited."""
        return await self._embed_async(texts, options) if texts else no_vectors()

    def _embed(self, texts: str | list[str], options: Mapping[str, object]) -> np.ndarray:
        connection, request, prices = split_options(options)
        client = client_for(connection)
        with without_key(connection):
            reply = client.embeddings.create(input=texts, **self._of_embedding(request))
        self._count(reply, prices)
        return vectors_of(reply)

    async def _embed_async(self, texts: str | list[str], options: Mapping[str, object]) -> np.ndarray:
        connection, request, prices = split_options(options)
        client = await async_client_for(connection)
        with without_key(connection):
            reply = await client.embeddings.create(input=texts, **self._of_embedding(request))
        self._count(reply, prices)
        return vectors_of(reply)

    def _of_embedding(self, request: Mapping[str, object]) -> dict[str, Any]:
        # Without an explicit format the client asks for base64, which not every compatible endpoint speaks.
        return {"model": str(request.get("embedding_model", self.model)), "encoding_format": "float"}

    def _count(self, reply: Any, prices: Any) -> None:
        """Adds what the endpoint says that the call has used."""
        usage = getattr(reply, "usage", None)
        if usage is None:
            return
        num_in, num_out = usage.prompt_tokens or 0, getattr(usage, "completion_tokens", 0) or 0
        cost = None if prices is None else (num_in * prices[0] + num_out * prices[1]) / TOKENS_PER_PRICE
        count_usage(f"{self.provider}:{self.model}", num_in, num_out, cost)


def conversation(prompt: str | Sequence[Mapping[str, Any]], request: dict[str, Any]) -> dict[str, Any]:
    """What the request holds besides the model."""
    system = request.pop("system", None)
    messages: list[Any] = [{"role": "system", "content": system}] if system else []
    messages += [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    return {"messages": messages, **request}


def first_choice(reply: Any) -> Any:
    """The first choice of a reply; a `ValueError` where an endpoint sends something else."""
    choices = getattr(reply, "choices", None)
    if not choices or getattr(choices[0], "message", None) is None:
        raise ValueError("expected an answer with a choice that holds a message, found none: the reply is malformed")
    return choices[0]


def vectors_of(reply: Any) -> np.ndarray:
    """`f32[texts, dim]`: the vectors of a reply in the order of the texts, each of length 1."""
    import numpy as np

    rows = sorted(reply.data, key=lambda row: row.index)
    vectors = np.asarray([row.embedding for row in rows], dtype=np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def no_vectors() -> np.ndarray:
    """`f32[0, 0]`."""
    import numpy as np

    return np.zeros((0, 0), dtype=np.float32)


@contextmanager
def without_key(connection: tuple[tuple[str, object], ...]) -> Iterator[None]:
    """Takes the key out of errors that are raised inside, and out of the answers in them: some endpoints repeat it."""
    try:
        yield
    except Exception as error:
        key = dict(connection).get("api_key") or os.environ.get("OPENAI_API_KEY")
        found: BaseException | None = error
        for _ in range(MAX_CAUSES):
            if found is not None:
                _hide(found, key if isinstance(key, str) else "")
                found = found.__cause__ or found.__context__
        raise


def _hide(error: BaseException, key: str) -> None:
    """Takes the key out of one error, and whatever else its request was sent with that is a secret."""
    held = vars(error)
    secrets = secrets_in(held.values()) | ({key} if key else set())
    hide_credentials(held.values())
    error.args = hidden(error.args, secrets)
    for name, value in held.items():
        if isinstance(value, str | dict | list):
            setattr(error, name, hidden(value, secrets))
    content = getattr(held.get("response"), "_content", b"")  # if it was read
    if any(secret.encode() in content for secret in secrets):
        error.response = without_secrets(held["response"])  # type: ignore[attr-defined]


def hidden(value: Any, secrets: Collection[str]) -> Any:
    """`value` with `***` in place of the secrets, in all its texts."""
    if isinstance(value, str):
        for secret in sorted(secrets, key=len, reverse=True):
            value = value.replace(secret, "***")
        return without_credentials(value)
    if isinstance(value, dict):
        return {name: hidden(held, secrets) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(hidden(held, secrets) for held in value)
    return value


def split_options(options: Mapping[str, object]) -> tuple[tuple[tuple[str, object], ...], dict[str, Any], Any]:
    """What belongs to the connection, what goes into the request, and prices for a million tokens in and out."""
    connection = tuple((name, options[name]) for name in CONNECTION_OPTIONS if options.get(name) is not None)
    left_out = (*CONNECTION_OPTIONS, "prices")
    request = {name: held for name, held in options.items() if name not in left_out}
    return connection, request, options.get("prices")


def client_for(connection: tuple[tuple[str, object], ...]) -> OpenAI:
    """The one client of a connection; what isn't given comes from the environment, as the client reads it."""
    with _LOCK:
        return _open_client(os.getpid(), connection)


async def async_client_for(connection: tuple[tuple[str, object], ...]) -> AsyncOpenAI:
    """The one asynchronous client of a connection on the running loop: its sockets belong to that loop."""
    import asyncio

    loop = asyncio.get_running_loop()
    with _LOCK:
        of_loop = _ASYNC_CLIENTS.get(loop)
        if of_loop is not None and connection in of_loop.clients:
            return of_loop.clients[connection]
    if of_loop is None:
        of_loop = await _clients_of(loop)
    return of_loop.clients.setdefault(connection, _opened("AsyncOpenAI", connection))


class _LoopClients:
    """The clients of one event loop. They are closed when it ends, with its asynchronous generators."""

    def __init__(self) -> None:
        self.clients: dict[Any, Any] = {}
        self.end = self._until_the_end()

    async def _until_the_end(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            clients, self.clients = list(self.clients.values()), {}
            for client in clients:
                await client.close()


async def _clients_of(loop: Any) -> _LoopClients:
    with _LOCK:
        found = _ASYNC_CLIENTS.get(loop)
        if found is not None:
            return found
        found = _ASYNC_CLIENTS[loop] = _LoopClients()
    await anext(found.end)  # from here on the loop knows of it
    return found


_ASYNC_CLIENTS: weakref.WeakKeyDictionary[Any, _LoopClients] = weakref.WeakKeyDictionary()


@functools.lru_cache(maxsize=32)
def _open_client(process_id: int, connection: tuple[tuple[str, object], ...]) -> OpenAI:
    """A new client."""
    return _opened("OpenAI", connection)


def _opened(kind: str, connection: tuple[tuple[str, object], ...]) -> Any:
    """A new client; raises `XCSError` where the extra or the key is missing."""
    try:
        import openai
    except ImportError:
        raise XCSError(
            "expected the `openai` package for a model of provider `openai`, found none; "
            "help: `pip install xcs[openai]`"
        ) from None
    try:
        return getattr(openai, kind)(**dict(connection))
    except openai.OpenAIError as error:
        raise XCSError(
            f"expected an address and a key for a model of provider `openai`, found: {error}; "
            "help: pass `base_url=` and `api_key=` to `bind`, or set `OPENAI_BASE_URL` and `OPENAI_API_KEY`"
        ) from error
