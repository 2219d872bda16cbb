"""Requests and responses that errors of HTTP clients hold, as plain data and back: what a program may ask of them.

Clients built on `httpx` (`openai`, `anthropic`, ...) raise errors with the request and the response in them. The data
of these is what handlers look at: method and address; status, headers and content. What may hold a secret is left out:
headers of requests, cookies, the query and the credentials of an address. A key that the server repeats in the content
is `***`.

Guarantees: they are made again by their own constructors, of a library that is loaded; nothing is imported, sent or
opened. Callable from any thread.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import Any

from ..diagnostics.secrets import may_be_secret_name

LIBRARIES = ("httpx", "httpx2")
_NOT_KEPT_HEADERS = ("set-cookie",)
_HIDDEN = b"***"
MIN_KEY_LENGTH = 8
"""Shorter ones (`EMPTY`, `none`) are for servers that want none, and may be part of any text."""


def is_message(value: object) -> bool:
    """Whether a value is a request or a response of such a library."""
    cls = type(value)
    return any(cls is _class_of(library, name) for library in LIBRARIES for name in ("Request", "Response"))


def message_data(message: Any) -> tuple[Any, ...]:
    """A request or a response as tuples, text and bytes; raises what the library does where its content is not read."""
    library = type(message).__module__.partition(".")[0]
    if type(message) is _class_of(library, "Request"):
        return "request", library, message.method, str(message.url.copy_with(query=None, userinfo=b""))
    request = message._request
    content: bytes = message.content
    for secret in secrets_in([request]):
        content = content.replace(secret.encode(), _HIDDEN)
    headers = tuple((name, text) for name, text in message.headers.multi_items() if name not in _NOT_KEPT_HEADERS)
    asked = None if request is None else message_data(request)
    return "response", library, message.status_code, headers, content, asked


def message_of(data: Any) -> Any:
    """What `message_data` gave as data."""
    match data:
        case ("request", str(library), str(method), str(url)):
            return _loaded(library, "Request")(method, url)
        case ("response", str(library), int(status_code), tuple(headers), bytes(content), asked):
            made = _loaded(library, "Response")(status_code, content=content)
            made.headers = _loaded(library, "Headers")(list(headers))  # afterwards: the content is decoded already
            if asked is not None:
                made.request = message_of(asked)
            return made
    raise ValueError("expected a request or a response")


def without_secrets(response: Any) -> Any:
    """A response like another one, with keys that its server repeats as `***`."""
    made = message_of(message_data(response))
    made.request = response._request
    return made


def secrets_in(values: Iterable[Any]) -> set[str]:
    """The keys that the requests among these values, and those of the responses, were sent with."""
    keys = {key for one in _requests_in(values) for key in _secrets_of(one)}
    return {key for key in keys if len(key) >= MIN_KEY_LENGTH}


def hide_credentials(values: Iterable[Any]) -> None:
    """Takes the credentials out of the addresses of requests among these values, and of those of the responses."""
    for request in _requests_in(values):
        if request.url.userinfo:
            request.url = request.url.copy_with(userinfo=b"")


def _requests_in(values: Iterable[Any]) -> list[Any]:
    messages = [value for value in values if is_message(value)]
    return [one for one in (getattr(message, "_request", message) for message in messages) if one is not None]


def _secrets_of(request: Any) -> Iterator[str]:
    """What a request was sent with and its server, or an error, may repeat: keys, cookies, the address's password."""
    named = (*request.headers.multi_items(), *request.url.params.multi_items())
    for _, text in ((name, text) for name, text in named if may_be_secret_name(name)):
        for part in text.split("; "):  # cookies stand side by side
            secret = part.rpartition(" ")[2]
            yield from (secret, secret.partition("=")[2])
    yield request.url.password
    if credentials := request.url.userinfo:
        yield b64encode(credentials).decode()


def _class_of(library: str, name: str) -> object:
    return getattr(sys.modules.get(library), "__dict__", {}).get(name, _NONE)


def _loaded(library: str, name: str) -> Any:
    found = _class_of(library, name) if library in LIBRARIES else _NONE
    if found is _NONE:
        raise LookupError(f"class `{library}.{name}` isn't loaded")
    return found


_NONE = object()
