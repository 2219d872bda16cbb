"""An OpenAI-compatible HTTP server in a process of its own, whose answers go wrong as prompts ask for.

A prompt is a name and what each attempt at it meets: `q7|500|reset` is answered by a 500, then by a reset connection,
then well; a fault `500@a` is one of server `a` only. The first `num_meeting` requests are answered once all of them
have come in, so that a client which may have so many in flight is seen to have them. Started as a script it prints its
port, and writes to the file it is given two JSON lines for each request: `[number, start, prompt]` when it has come in,
before anything is answered, and `[number, end, status]` when it has been answered, in seconds of the system's clock.
"""

from __future__ import annotations

import http.server
import json
import random
import socket
import socketserver
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

from endpoint_replies import events, prompt_of
from endpoint_replies import reply as reply_to

HANG_S = 20.0
DRIP_S = 0.005  # between two bytes of a slow answer, which has some 250


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Counts attempts, and logs requests."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, port: int, log: Path, latency_s: float, seed: int, num_meeting: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.num_missing = num_meeting
        self.meeting = threading.Barrier(max(1, num_meeting), timeout=HANG_S)
        self.name = log.stem
        self.log = log.open("a", encoding="utf-8")
        self.latency_s = latency_s
        self.random = random.Random(seed)
        self.attempts: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.num_requests = time.time_ns()  # another process goes on with other numbers

    def note(self, *line: object) -> None:
        """Writes one line, with the lock held."""
        self.log.write(json.dumps(line) + "\n")
        self.log.flush()

    def handle_error(self, *_: object) -> None:
        """Clients that go away are part of the tests."""


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        start = time.time()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.serve(start, prompt_of(body), body)

    def do_GET(self) -> None:
        self.serve(time.time(), urllib.parse.unquote(self.path.rpartition("/")[2]), {"model": "none"})

    def serve(self, start: float, prompt: str, body: dict[str, Any]) -> None:
        name, *faults = prompt.split("|")
        with self.server.lock:
            number = self.server.num_requests
            self.server.num_requests += 1
            self.server.note(number, start, prompt)
            attempt = self.server.attempts[prompt]
            self.server.attempts[prompt] += 1
            latency_s = self.server.latency_s * self.server.random.uniform(0.9, 1.1)
            meets, self.server.num_missing = self.server.num_missing > 0, self.server.num_missing - 1
        if meets:
            self.server.meeting.wait()
        time.sleep(latency_s)
        status = 0
        fault, _, place = (faults[attempt] if attempt < len(faults) else "ok").partition("@")
        fault, _, argument = ("ok" if place and place != self.server.name else fault).partition(":")
        try:
            status = self.answer(fault, argument, name, body)
        finally:
            with self.server.lock:
                self.server.note(number, time.time(), status)

    def answer(self, fault: str, argument: str, name: str, body: dict[str, Any]) -> int:
        is_page = self.command == "GET"
        answer = {"page": name} if is_page else reply_to(self.path, name, body)
        reply = json.dumps(answer).encode()
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return 0
        if fault == "hang":
            time.sleep(HANG_S)
        elif fault.isdigit():
            key = self.headers.get("Authorization", "").removeprefix("Bearer ")
            error = {"error": {"message": f"refused: {name} with {key}", "type": "test", "code": fault}}
            reply = json.dumps(error).encode()
            self.head(int(fault), len(reply), {"Retry-After": argument} if argument else {})
            self.wfile.write(reply)
            return int(fault)
        elif fault == "leak":  # repeats all that it was sent
            error = {"error": {"message": f"refused: {name} with {dict(self.headers)}", "type": "test", "code": "401"}}
            reply = json.dumps(error).encode()
            self.head(401, len(reply))
            self.wfile.write(reply)
            return 401
        elif fault == "malformed":
            reply = b'{"choices": [{"mess'
        elif fault == "empty":
            reply = b"{}"
        elif fault == "truncated":
            self.head(200, len(reply) + 100)
            self.wfile.write(reply)
            self.close_connection = True
            return 200
        if body.get("stream"):
            self.stream(name, body)
            return 200
        self.head(200, len(reply))
        if fault == "drip":
            for byte in reply:
                self.wfile.write(bytes([byte]))
                time.sleep(DRIP_S)
        else:
            self.wfile.write(reply)
        return 200

    def stream(self, name: str, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for event in events(self.path, name, body):
            self.wfile.write(event.encode())
            self.wfile.flush()
        self.close_connection = True

    def head(self, status: int, length: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test's output clean."""


@dataclass(frozen=True)
class Logged:
    """One request, as the server saw it."""

    start_s: float
    end_s: float
    prompt: str
    status: int


@dataclass
class EndpointProcess:
    """A running server: kill it, start it again at the same port, read its log."""

    log: Path
    latency_s: float = 0.0
    seed: int = 0
    num_meeting: int = 0
    port: int = 0
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        options = (self.port, self.log, self.latency_s, self.seed, self.num_meeting)
        command = [sys.executable, __file__, *map(str, options)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def requests(self) -> list[Logged]:
        """What has come in, in that order; the end of what has not been answered is infinite, and its status 0."""
        arrived: dict[int, tuple[float, str]] = {}
        answered: dict[int, tuple[float, int]] = {}
        for line in self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []:
            number, time_s, what = json.loads(line)
            if isinstance(what, str):
                arrived[number] = time_s, what
            else:
                answered[number] = time_s, what
        requests = [(start, *answered.get(number, (inf, 0)), prompt) for number, (start, prompt) in arrived.items()]
        return [Logged(start, end, prompt, status) for start, end, status, prompt in sorted(requests)]

    def prompts(self) -> list[str]:
        return [one.prompt for one in self.requests()]


@contextmanager
def endpoint_process(
    folder: Path, name: str = "one", latency_s: float = 0.0, seed: int = 0, num_meeting: int = 0
) -> Iterator[EndpointProcess]:
    """A server that runs as long as the context is open."""
    running = EndpointProcess(folder / f"{name}.log", latency_s, seed, num_meeting)
    running.start()
    try:
        yield running
    finally:
        running.kill()


if __name__ == "__main__":
    server = Server(int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
    print(server.server_address[1], flush=True)
    server.serve_forever()
