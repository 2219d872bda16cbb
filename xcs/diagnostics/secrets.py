"""What is secret: keys, passwords and tokens. Decided here alone, by the name a value is given to and by its shape.

A name is *surely* one of a secret (`api_key`, `password`, `Authorization`, `token`): whatever text it is given is
hidden. It *may* be one (`key`, `session`): then what it is given is hidden if it looks random. Text of a well-known
shape (`sk-...`, `ghp_...`, `AKIA...`, `scheme://user:password@host`) is hidden whatever its name.

Guarantees: pure functions of text, callable from any thread.
"""

from __future__ import annotations

import re
from functools import lru_cache

HIDDEN = "<secret>"
"""What stands for a secret in text made of a program."""
MIN_RANDOM_LENGTH = 12
"""Characters from which on text of letters and digits may be a key: shorter ones are words, numbers, dates."""
MIN_SHAPED_LENGTH = 8
"""Characters of the shortest text that has the shape of a secret."""

_MAY_BE_WORDS = "auth key token secret passw cookie credential signature session organization".split()
_MAY_BE = re.compile("|".join(_MAY_BE_WORDS), re.I)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SURE_WORDS = frozenset(
    "password passwords passwd passphrase passcode pwd secret secrets credential credentials authorization bearer jwt "
    "apikey apikeys secretkey accesskey privatekey authkey apitoken accesstoken authtoken".split()
)
_SURE_ENDINGS = frozenset("auth cookie cookies token".split())
_ABOUT_SECRETS = frozenset(
    "name names path file filename field type url uri env var variable header param parameter prefix length len count "
    "limit ttl expiry expires min max policy provider format scheme regex pattern".split()
)
"""Last words of names that say something about a secret, such as where it is found."""
_ORDINARY_TOKENS = frozenset(
    "pad eos bos unk mask sep cls stop start end next first last special new prev previous current word image text "
    "page continuation per max min".split()
)
"""Words before `token` in names of what models read and write."""
_KINDS_OF_KEYS = frozenset(
    "api access secret private auth account admin master root encryption encrypt decrypt decryption signing sign "
    "subscription service ssh gpg pgp rsa aes hmac license licence client app application consumer user server deploy "
    "bot webhook storage sas shared openai anthropic azure gemini google hf huggingface cohere mistral groq together "
    "aws gcp llm replicate pinecone weaviate tavily serpapi langsmith langfuse wandb stripe twilio sendgrid".split()
)
_PASSES = frozenset("user db database smtp ftp admin proxy mail email root http imap".split())
_TAKES_SECRETS = frozenset({"login", "logon", "auth", "authenticate"})

_SHAPES = re.compile(
    r"""
      (?<![A-Za-z0-9]) (?:
        sk-[\w-]{8,} | (?:sk|pk|rk|whsec)_(?:live_|test_)?[A-Za-z0-9]{8,}                  # OpenAI and its like, Stripe
      | (?:hf|gsk|r8|gh[opsur]|npm|lsv2_[ps]t|lin_api|shp(?:at|ca|pa|ss)|dop_v1|github_pat)_(?=[\w-]*\d)[\w-]{12,}
      | (?:glpat|xai|pplx|nvapi|tvly|pypi|pcsk|figd)[-_](?=[\w-]*\d)[\w-]{12,}
      | (?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{12,} | AIza[\w-]{20,} | ya29\.[\w-]{12,}
      | xox[a-z]-[\w-]{8,} | xapp-[\w-]{8,} | SG\.[\w-]{12,}\.[\w-]{12,}
      | eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*                                                   # a JSON web token
      )
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
    | ://(?!\*+@)[^/@\s]+@                                                                # user and password
    | \b(?:bearer|basic)\s+(?=[^\s]*\d)[\w.~+/=-]{8,}
    | \b(?:password|passwd|pwd|api[_-]?key|access[_-]?token|client[_-]?secret|account_?key|shared_?access_?key|sig)
      =[^\s;&'"`{}<]{4,}
    """,
    re.I | re.X,
)
_CREDENTIALS = re.compile(r"//[^/@\s]+@")
_RANDOM_LITERAL = re.compile(r"""["'][^\s"']{12,}["']""")
_GIVEN = re.compile(r"""(['"]?([\w-]+)['"]?\s*(?:=|:\s)\s*)[br]*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
_SHAPE_HINTS = tuple(
    "sk- sk_ pk_ rk_ whsec_ hf_ gsk_ r8_ gho_ ghp_ ghs_ ghu_ ghr_ github_pat glpat npm_ pypi lsv2_ lin_api shp dop_v1 "
    "xox xapp- xai pplx nvapi tvly pcsk figd akia asia agpa aida aroa aiza ya29 sg. eyj private :// bearer "
    "basic =".split()
)
"""What text has, in small letters, if it has the shape of a secret."""
_HINTS = _SHAPE_HINTS[:-1] + tuple(
    "passw passphrase passcode _pass pass' pass\" pass= pwd secret credential auth cookie login logon jwt token key_ "
    "_key -key apikey secretkey accesskey privatekey authkey sig=".split()
)
"""What the text of a file has, in small letters, if it has any secret."""


def may_hold_secrets(source: str) -> bool:
    """Whether a file may have a secret in its text; quick, and says yes too often."""
    text = source.casefold()
    if any(hint in text for hint in _HINTS):
        return True
    return any(word in text for word in _MAY_BE_WORDS) and _RANDOM_LITERAL.search(source) is not None


@lru_cache(maxsize=1024)
def may_be_secret_name(name: str) -> bool:
    """Whether a header, a part of a query or a variable may be named for a secret."""
    return _MAY_BE.search(name) is not None


@lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Whether a name, in whatever case and with `_`, `-` or capitals between its words, is surely one of a secret."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _ABOUT_SECRETS:
        return False
    before = words[-2] if len(words) > 1 else None
    match words[-1]:
        case "token":
            return before not in _ORDINARY_TOKENS
        case "key" | "keys":
            return not _SURE_WORDS.isdisjoint(words) or before in _KINDS_OF_KEYS
        case "pass":
            return before is None or before in _PASSES
        case last:
            return last in _SURE_ENDINGS or not _SURE_WORDS.isdisjoint(words)


@lru_cache(maxsize=1024)
def takes_secrets(name: str) -> bool:
    """Whether a function of this name is given secrets without saying so: `login(...)`, `HTTPBasicAuth(...)`."""
    words = [word.lower() for word in _WORD.findall(name)]
    return is_secret_name(name) or not _TAKES_SECRETS.isdisjoint(words)


def has_secret_shape(text: str) -> bool:
    """Whether text is, or holds, something of a well-known shape of keys."""
    if len(text) < MIN_SHAPED_LENGTH:
        return False
    small = text.lower()
    for hint in _SHAPE_HINTS:  # many times as fast as to look for all of them at once
        if hint in small:
            return _SHAPES.search(text) is not None
    return False


def looks_random(text: str) -> bool:
    """Whether text may be a key by its looks: one long word with letters and digits."""
    if len(text) < MIN_RANDOM_LENGTH or any(letter.isspace() for letter in text):
        return False
    return any(letter.isdigit() for letter in text) and any(letter.isalpha() for letter in text)


def is_secret(text: str, name: str) -> bool:
    """Whether text that is given to a name is secret."""
    if not text:
        return False
    if is_secret_name(name) or has_secret_shape(text):
        return True
    return may_be_secret_name(name) and looks_random(text)


def without_credentials(text: str) -> str:
    """Text without what stands before the `@` of an address."""
    return _CREDENTIALS.sub("//***@", text)


def masked(text: str) -> str:
    """Text without what has the shape of a secret, and what is given to the name of one (`api_key='...'`)."""

    def hide(found: re.Match[str]) -> str:
        return f"{found[1]}{HIDDEN}" if is_secret_name(found[2]) else found[0]

    return _SHAPES.sub(HIDDEN, _GIVEN.sub(hide, text))
