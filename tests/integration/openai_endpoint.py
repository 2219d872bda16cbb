"""A real HTTP server on this machine that speaks as much of the OpenAI API as tests need."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Endpoint:
    """A server that records requests and answers them; `gate` holds answers back until so many requests are in."""

    base_url: str = ""
    requests: list[tuple[str, str | None, dict[str, Any]]] = field(default_factory=list)
    gate: threading.Barrier | None = None

    def prompts(self) -> list[str]:
        """The last message of each request."""
        return [body["messages"][-1]["content"] for _, _, body in self.requests]


def answer(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and JSON body, as the API documents them."""
    if path == "/v1/embeddings":
        vector = [3.0, 4.0]
        return 200, {
            "object": "list",
            "model": body["model"],
            "data": [{"object": "embedding", "index": 0, "embedding": vector}],
        }
    if body["model"] == "missing":
        return 404, {"error": {"message": "no such model", "type": "invalid_request_error", "code": "model_not_found"}}
    content = None if body["model"] == "silent" else f"echo {body['messages'][-1]['content']}"
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    usage = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
    return 200, {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [choice],
        "usage": usage,
    }


@contextmanager
def served() -> Iterator[Endpoint]:
    """An endpoint that answers for as long as the context is open."""
    state = Endpoint()

    class Handler(http.server.BaseHTTPRequestHandler):
        """Answers each POST from `answer`."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append((self.path, self.headers.get("Authorization"), body))
            if state.gate is not None:
                state.gate.wait()
            status, reply = answer(self.path, body)
            payload = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            """Keeps the test's output clean."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    state.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
