"""Documents to sentences to tokens and back: Markdown or plain text in, readable sentences out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_FENCE = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1[^\n]*$", re.MULTILINE | re.DOTALL)
_NOT_PROSE = re.compile(r"^\s*(#|\||<|!\[|\[!|={3,}|-{3,}| {4})")
_BULLET = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"\*\*|__|(?<!\w)[*_]|[*_](?!\w)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"(])")
_CODE = re.compile(r"(`[^`]+`)")
_TOKEN = re.compile(r"[^\s`.,;:!?]*`[^`]+`[^\s`.,;:!?]*|[^\s.,;:!?]+(?:[.,;:!?]+[^\s.,;:!?]+)*|[.,;:!?]")
_WORD = re.compile(r"[a-z0-9]+")

MIN_TOKENS, MAX_TOKENS = 5, 60  # of a sentence: shorter ones say nothing, longer ones are lists

# Words that carry no topic. Kept short: the weights of frequent words are small anyway.
_STOP_WORDS = frozenset(
    "a an and are as at be been but by can could do does for from had has have how if in into is it its may more most "
    "must no not of on one or our should so some such than that the their them then there these they this to was we "
    "were what when where which while who why will with would you your".split()
)


def sentences_of(texts: Iterable[str]) -> list[tuple[str, ...]]:
    """The distinct prose sentences of some documents, each as tokens, in order."""
    seen: dict[tuple[str, ...], None] = {}
    for text in texts:
        for paragraph in paragraphs_of(text):
            for sentence in _SENTENCE_END.split(paragraph):
                tokens = tokens_of(sentence.rstrip(" ,;:"))
                if MIN_TOKENS <= len(tokens) <= MAX_TOKENS and sentence.count("(") == sentence.count(")"):
                    seen.setdefault(tokens if tokens[-1] in ".!?" else (*tokens, "."))
    return list(seen)


def paragraphs_of(text: str) -> list[str]:
    """The paragraphs and list items of a Markdown text: no code, tables, headings or markup."""
    paragraphs: list[list[str]] = [[]]
    for line in _FENCE.sub("", text.replace("\r\n", "\n")).split("\n"):
        is_item = _BULLET.match(line)
        if not line.strip() or is_item or _NOT_PROSE.match(line):
            paragraphs.append([])
        if line.strip() and (is_item or paragraphs[-1] or not _NOT_PROSE.match(line)):
            paragraphs[-1].append(_BULLET.sub("", line).strip())
    return [plain(" ".join(lines)) for lines in paragraphs if lines]


def plain(markdown: str) -> str:
    """A paragraph without links and emphasis; code in backquotes stays as it is."""
    parts = _CODE.split(_LINK.sub(r"\1", markdown))
    return "".join(part if part.startswith("`") else _EMPHASIS.sub("", part) for part in parts)


def tokens_of(sentence: str) -> tuple[str, ...]:
    """Words as written, code in backquotes whole, and each punctuation mark by itself."""
    return tuple(_TOKEN.findall(sentence))


def text_of(tokens: Sequence[str]) -> str:
    """The inverse of `tokens_of`, up to spaces; the first letter is a capital."""
    text = "".join(token if token in ".,;:!?" else f" {token}" for token in tokens).strip()
    return text[:1].upper() + text[1:]


def words_of(text: str) -> list[str]:
    """What a text is about: its lower-case words without the frequent ones, plurals and endings cut."""
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP_WORDS]


def _stem(word: str) -> str:
    """A word without its inflection; crude, but the same for a query and a document."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending).rstrip("e")
    return word.rstrip("e") if len(word) > 3 else word
