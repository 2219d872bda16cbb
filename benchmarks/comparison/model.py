"""The model of all workloads: it waits as long as it is told, or as its prompt decides, and answers with its prompt."""

from __future__ import annotations

import asyncio
import time
import zlib

import xcs


def jitter_s(prompt: str) -> float:
    """10 to 50 ms, always the same for one prompt."""
    return 0.010 + zlib.crc32(prompt.encode()) % 41 / 1000


def answer(prompt: str, seconds: float | None = None) -> str:
    """An answer after `seconds`, by default after the prompt's own time."""
    time.sleep(jitter_s(prompt) if seconds is None else seconds)
    return f"<{prompt}>"


async def answer_async(prompt: str, seconds: float | None = None) -> str:
    """The same on an event loop."""
    await asyncio.sleep(jitter_s(prompt) if seconds is None else seconds)
    return f"<{prompt}>"


ask = xcs.op(effect="unordered", result="plain")(answer)
"""The same for compiled programs: that it commutes with everything is all there is to say of a model."""
