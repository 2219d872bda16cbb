"""Programs as engineers write them over model clients; each takes the address of a server and a list of texts."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import openai
from pydantic import BaseModel, Field

logger = logging.getLogger("client_programs")
ADDRESS = ""
DOCUMENTS = {"fruit": "apples and pears", "roots": "carrots and beets", "nuts": "walnuts", "grain": "rye and oats"}


def client() -> openai.OpenAI:
    return openai.OpenAI(base_url=ADDRESS, api_key="k", max_retries=0)


def say(chat: openai.OpenAI, prompt: str, system: str = "be brief") -> str:
    messages = [{"role": "system", "content": system}, {"role": "user", "content": prompt}]
    response = chat.chat.completions.create(model="m", messages=messages, temperature=0.0)
    return (response.choices[0].message.content or "").strip()


# 1. retrieval with embeddings, a rerank by the model, and an answer


def similarity(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def answer_from_documents(chat: openai.OpenAI, questions: list[str]) -> dict[str, str]:
    index = {}
    for name, text in DOCUMENTS.items():
        index[name] = chat.embeddings.create(model="e", input=text).data[0].embedding
    answers = {}
    for question in questions:
        vector = chat.embeddings.create(model="e", input=question).data[0].embedding
        ranked = sorted(index, key=lambda name: similarity(index[name], vector), reverse=True)[:2]
        scores = [(len(say(chat, f"rate {name}: {question}")), name) for name in ranked]
        best = max(scores)[1]
        answers[question] = say(chat, f"{DOCUMENTS[best]} | {question}".replace("|", "/"))
    return answers


# 2. a loop of tool calls


def call_tools(chat: openai.OpenAI, questions: list[str]) -> list[str]:
    tools = [{"type": "function", "function": {"name": "measure", "parameters": {"type": "object"}}}]
    known = {"measure": lambda text: len(text)}
    results = []
    for question in questions:
        messages: list[dict[str, Any]] = [{"role": "user", "content": question}]
        for _ in range(3):
            message = chat.chat.completions.create(model="m", messages=messages, tools=tools).choices[0].message
            if not message.tool_calls:
                break
            messages.append({"role": "assistant", "content": None, "tool_calls": []})
            for call in message.tool_calls:
                arguments = json.loads(call.function.arguments)
                result = known[call.function.name](arguments["text"])
                messages.append({"role": "tool", "tool_call_id": call.id, "content": str(result)})
        results.append(message.content or "")
    return results


# 3. map and reduce


def summarise(chat: openai.OpenAI, pages: list[str]) -> str:
    notes = [say(chat, f"summarise: {page}") for page in pages]
    while len(notes) > 1:
        pairs = [notes[i : i + 2] for i in range(0, len(notes), 2)]
        notes = [say(chat, "merge: " + " + ".join(str(len(one)) for one in pair)) for pair in pairs]
    return notes[0]


# 4. a panel of judges


def judge(chat: openai.OpenAI, answers: list[str]) -> list[tuple[str, float]]:
    table = []
    for answer in answers:
        votes = []
        for judge_name in ("strict", "fair", "kind"):
            text = say(chat, answer, system=f"you are {judge_name}")
            votes.append(len(text) % 5)
        print(f"{answer}: {votes}")
        table.append((answer, sum(votes) / len(votes)))
    return sorted(table, key=lambda row: (-row[1], row[0]))


# 5. a router


def route(chat: openai.OpenAI, questions: list[str]) -> list[str]:
    replies = []
    for question in questions:
        kind = say(chat, f"classify {question}").split()[-1]
        if int(kind) % 2 == 0:
            logger.info("even: %s", question)
            reply = say(chat, f"explain {question}")
        else:
            logger.info("odd: %s", question)
            reply = say(chat, f"translate {question}").upper()
        replies.append(reply)
    return replies


# 6. structured extraction


class Entity(BaseModel):
    answer: str = Field(description="what it is")
    score: int = Field(ge=0)
    kind: Literal["thing", "person"] = "thing"


def extract(chat: openai.OpenAI, texts: list[str]) -> list[dict[str, Any]]:
    found = []
    for text in texts:
        completion = chat.chat.completions.parse(
            model="m", messages=[{"role": "user", "content": text}], response_format=Entity
        )
        entity = completion.choices[0].message.parsed
        if entity is None:
            continue
        found.append({"name": entity.answer.title(), "score": entity.score, "kind": entity.kind})
    return found


# 7. already gathered by hand, with a semaphore


async def gather_by_hand(questions: list[str]) -> list[str]:
    chat = openai.AsyncOpenAI(base_url=ADDRESS, api_key="k", max_retries=0)
    limit = asyncio.Semaphore(2)

    async def ask(question: str) -> str:
        async with limit:
            messages = [{"role": "user", "content": question}]
            response = await chat.chat.completions.create(model="m", messages=messages)
            return response.choices[0].message.content or ""

    answers = await asyncio.gather(*(ask(question) for question in questions))
    await chat.close()
    return list(answers)


# 8. asynchronous, one after the other


async def one_after_the_other(questions: list[str]) -> dict[str, str]:
    chat = openai.AsyncOpenAI(base_url=ADDRESS, api_key="k", max_retries=0)
    answers = {}
    for question in questions:
        messages = [{"role": "user", "content": question}]
        response = await chat.chat.completions.create(model="m", messages=messages)
        answers[question] = response.choices[0].message.content or ""
    await chat.close()
    return answers


# 9. tried again by a decorator of its own


def tried_again(times: int) -> Any:
    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            for attempt in range(times):
                try:
                    return function(*args, **kwargs)
                except openai.APIStatusError as error:
                    print(f"attempt {attempt + 1}: {error.status_code}")
            return "gave up"

        return wrapper

    return decorate


@tried_again(2)
def ask_again(chat: openai.OpenAI, question: str) -> str:
    return say(chat, question)


def with_attempts(chat: openai.OpenAI, questions: list[str]) -> list[str]:
    return [ask_again(chat, question) for question in questions]


# 10. a cache of the standard library, and one in a dict


@functools.cache
def cached(question: str) -> str:
    return say(client(), question)


def with_caches(chat: openai.OpenAI, questions: list[str]) -> list[str]:
    store: dict[str, str] = {}
    answers = []
    for question in questions + questions[:2]:
        if question not in store:
            store[question] = say(chat, question)
        answers.append(store[question])
    cached.cache_clear()
    return answers + [cached(question) for question in questions[:2] + questions[:2]]


# 11. progress on the way


def with_progress(chat: openai.OpenAI, questions: list[str]) -> list[str]:
    answers = []
    for number, question in enumerate(questions, 1):
        print(f"[{number}/{len(questions)}] {question}")
        answer = say(chat, question)
        print(f"  -> {answer}")
        answers.append(answer)
    return answers


# 12. a conversation, where each turn needs the one before


def converse(chat: openai.OpenAI, turns: list[str]) -> list[dict[str, str]]:
    history: list[dict[str, str]] = [{"role": "system", "content": "be brief"}]
    for turn in turns:
        history.append({"role": "user", "content": turn})
        response = chat.chat.completions.create(model="m", messages=history)
        history.append({"role": "assistant", "content": response.choices[0].message.content or ""})
    return history


# 13. threads by hand


def in_threads(chat: openai.OpenAI, questions: list[str]) -> list[str]:
    with ThreadPoolExecutor(max_workers=3) as pool:
        return list(pool.map(lambda question: say(chat, question), questions))


# 14. a class that counts


@dataclass
class Assistant:
    chat: openai.OpenAI
    used: int = 0
    log: list[str] = field(default_factory=list)

    def ask(self, question: str) -> str:
        messages = [{"role": "user", "content": question}]
        response = self.chat.chat.completions.create(model="m", messages=messages)
        self.used += response.usage.total_tokens if response.usage else 0
        answer = response.choices[0].message.content or ""
        self.log.append(f"{question} -> {len(answer)}")
        return answer


def with_a_class(chat: openai.OpenAI, questions: list[str]) -> tuple[list[str], int, list[str]]:
    assistant = Assistant(chat)
    answers = [assistant.ask(question) for question in questions]
    return answers, assistant.used, assistant.log


# 15. votes, and a fallback where they fail


def vote(chat: openai.OpenAI, questions: list[str]) -> dict[str, tuple[str, int]]:
    winners = {}
    for question in questions:
        counts: Counter[str] = Counter()
        for temperature in (0.0, 0.5, 1.0):
            try:
                response = chat.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": question}], temperature=temperature
                )
                counts[(response.choices[0].message.content or "").lower()] += 1
            except openai.OpenAIError as error:
                counts[f"failed: {type(error).__name__}"] += 1
        winners[question] = counts.most_common(1)[0]
    return winners


SYNCHRONOUS = (
    answer_from_documents,
    call_tools,
    summarise,
    judge,
    route,
    extract,
    with_attempts,
    with_caches,
    with_progress,
    converse,
    in_threads,
    with_a_class,
    vote,
)
ASYNCHRONOUS = (gather_by_hand, one_after_the_other)
ONE_BY_ONE = (call_tools, with_attempts, with_caches, converse, with_a_class)
"""What can't have more than one call under way, by what it says, or isn't understood that well."""
