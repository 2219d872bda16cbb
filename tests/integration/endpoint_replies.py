"""What the server of the tests answers: the JSON forms of the services that clients speak to, by path.

A reply is made from the request alone: the text that was asked is echoed, measured or judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

PROMPT_TOKENS = 20  # of any prompt
JSON = dict[str, Any]


def prompt_of(body: JSON) -> str:
    """The text that a request asks about: its last message, or its input."""
    if "messages" in body:
        return text_of(body["messages"][-1].get("content") or "")
    if "prompt" in body:
        return text_of(body["prompt"])
    asked = body["query"] if "query" in body else body["input"]
    if isinstance(asked, list) and asked and isinstance(asked[0], dict):
        return text_of(asked[-1].get("content", asked[-1].get("output", "")))
    return str(asked)


def text_of(content: Any) -> str:
    """The text of a message, which some clients send in parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return text_of(content.get("text", content.get("content", "")))
    return " ".join(map(text_of, content))


def reply(path: str, name: str, body: JSON) -> JSON:
    """The whole answer of the service at a path."""
    return next((form for end, form in FORMS.items() if path.endswith(end)), completion)(name, body)


def completion(name: str, body: JSON) -> JSON:
    """A chat completion: JSON where a schema is asked for, a tool call where there are tools, else an echo."""
    message: JSON = {"role": "assistant", "content": f"echo {name}"}
    if "[[ ## answer ## ]]" in name:  # DSPy asks for fields, which stand below such lines
        message["content"] = f"[[ ## answer ## ]]\necho {name.splitlines()[1]}\n\n[[ ## completed ## ]]"
    if "[[ ## reasoning ## ]]" in name:
        message["content"] = f"[[ ## reasoning ## ]]\nof course\n\n{message['content']}"
    if "response_format" in body:
        message["content"] = json.dumps({"answer": name, "score": len(name)})
    if "tools" in body and body["messages"][-1]["role"] != "tool":
        function = {"name": body["tools"][0]["function"]["name"], "arguments": json.dumps({"text": name})}
        message = {**message, "content": None, "tool_calls": [{"id": "1", "type": "function", "function": function}]}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": usage_of(name),
    }


def usage_of(name: str) -> JSON:
    """What an answer to this has used."""
    return {
        "prompt_tokens": PROMPT_TOKENS,
        "completion_tokens": answered_tokens(name),
        "total_tokens": tokens_of(name),
    }


def answered_tokens(prompt: str) -> int:
    """Tokens of an answer: 10, unless the prompt says how many (`q7 uses 130`)."""
    _, _, number = prompt.partition("|")[0].partition(" uses ")
    return int(number or 10)


def tokens_of(prompt: str) -> int:
    """Tokens of a prompt and its answer together."""
    return PROMPT_TOKENS + answered_tokens(prompt)


def text_completion(name: str, body: JSON) -> JSON:
    """A completion of each prompt."""
    prompts = [body["prompt"]] if isinstance(body["prompt"], str) else body["prompt"]
    choices = [
        {"index": index, "finish_reason": "stop", "logprobs": None, "text": f"echo {prompt}"}
        for index, prompt in enumerate(prompts)
    ]
    return {
        "id": "1",
        "object": "text_completion",
        "created": 0,
        "model": body["model"],
        "choices": choices,
        "usage": usage_of(name),
    }


def message(name: str, body: JSON) -> JSON:
    """An answer as Anthropic's API gives it; a tool call where there are tools and none has been called."""
    content: list[JSON] = [{"type": "text", "text": f"echo {name}"}]
    asked = body["messages"][-1]["content"]
    is_answered = isinstance(asked, list) and any(part["type"] == "tool_result" for part in asked)
    if "tools" in body and not is_answered:
        content.append({"type": "tool_use", "id": "1", "name": body["tools"][0]["name"], "input": {"text": name}})
    return {
        "id": "1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": "tool_use" if len(content) > 1 else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 20, "output_tokens": 10},
    }


def response(name: str, body: JSON) -> JSON:
    """An answer of the responses API; JSON where a schema is asked for."""
    is_formed = body.get("text", {}).get("format", {}).get("type") == "json_schema"
    text = json.dumps({"answer": name, "score": len(name)}) if is_formed else f"echo {name}"
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {
        "id": "1",
        "object": "response",
        "created_at": 0,
        "status": "completed",
        "model": body["model"],
        "output": [{"type": "message", "id": "2", "role": "assistant", "status": "completed", "content": content}],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def vectors(name: str, body: JSON) -> JSON:
    """An embedding for each input."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    data = [{"object": "embedding", "index": i, "embedding": [len(text), 1.0]} for i, text in enumerate(texts)]
    usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    return {"object": "list", "model": body["model"], "data": data[::-1], "usage": usage}


def moderation(name: str, body: JSON) -> JSON:
    """Whether a text holds the word `bad`."""
    is_bad = "bad" in name
    result = {"flagged": is_bad, "categories": {"hate": is_bad}, "category_scores": {"hate": float(is_bad)}}
    return {"id": "1", "model": body.get("model", "m"), "results": [result]}


def ranking(name: str, body: JSON) -> JSON:
    """Documents by their length, the longest one first."""
    order = sorted(range(len(body["documents"])), key=lambda index: -len(str(body["documents"][index])))
    results = [{"index": index, "relevance_score": 1 / (place + 1)} for place, index in enumerate(order)]
    return {"id": "1", "results": results, "meta": {"billed_units": {"search_units": 1}}}


FORMS: dict[str, Callable[[str, JSON], JSON]] = {
    "/embeddings": vectors,
    "/messages": message,
    "/responses": response,
    "/moderations": moderation,
    "/rerank": ranking,
    "/chat/completions": completion,
    "/completions": text_completion,
}


def events(path: str, name: str, body: JSON) -> Iterator[str]:
    """The events of a streamed answer: word by word."""
    if path.endswith("/messages"):
        yield from (f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in message_events(name, body))
        return
    for word in f"echo {name}".split():
        choice = {"index": 0, "delta": {"content": word}}
        event = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": body["model"]}
        yield f"data: {json.dumps({**event, 'choices': [choice]})}\n\n"
    yield "data: [DONE]\n\n"


def message_events(name: str, body: JSON) -> Iterator[JSON]:
    """The events of an answer as Anthropic's API streams it."""
    asked = {key: held for key, held in body.items() if key != "tools"}
    yield {"type": "message_start", "message": {**message(name, asked), "content": [], "stop_reason": None}}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    for word in f"echo {name}".split():
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
    yield {"type": "content_block_stop", "index": 0}
    ending = {"stop_reason": "end_turn", "stop_sequence": None}
    yield {"type": "message_delta", "delta": ending, "usage": {"output_tokens": 10}}
    yield {"type": "message_stop"}
