"""A program full of keys in its own text, for the test that looks for them in all that XCS says of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import xcs

SEEN: list[tuple[str, Any]] = []
MODULE_API_KEY = "zmodule7Qw1-constant"


@xcs.op(effect="unordered")
def ask(question: str, **given: Any) -> str:
    """An external call, which notes what it is given."""
    SEEN.append((question, given))
    if question == "fail":
        raise ConnectionError(f"no answer to {question}")
    return question.upper()


class Client:
    """A client as libraries have them."""

    token = "zclassattr3Rt2-token"

    def __init__(self, name: str, api_key: str, headers: dict[str, str] | None = None) -> None:
        self.name, self.api_key, self.headers = name, api_key, headers or {}

    def ask(self, question: str) -> str:
        """A call with the client's key."""
        return ask(question, name=self.name, api_key=self.api_key, headers=self.headers, token=self.token)


def login(user: str, password: str = "zdefault9Yx4-of-login") -> str:
    """A pure function that is given a secret by its place."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def open_session(name: str, secret: str) -> str:
    """Another one, of which only the parameter says so."""
    return f"{name}/{secret}"


def ask_with_default(question: str, *, api_key: str = "zdefault5Kp8-keyword") -> str:
    """A helper that is staged on its own: two calls, one after the other."""
    first = ask(question, api_key=api_key)
    return ask(first, api_key=api_key)


def everything(questions: list[str]) -> list[Any]:
    """Keys wherever a program has them."""
    client = Client("main", "zpositional6Hb3-client", headers={"Authorization": "Bearer zbearer8Mn5-header"})
    alias = "zaliased4Lk7-before"
    also = alias
    settings: dict[str, Any] = {"model": "plain-model-name", "secret": "zentry2Jh6-of-dict"}
    settings["password"] = "zitem1Gf9-assigned"
    found: list[Any] = []
    for question in questions:
        found.append(ask(question, api_key="sk-zplain0Df3aaaaaaaaaaaa", model="plain-model-name"))
        found.append(ask(question, key="sk-ant-api03-zanthropic5Sx1aaaa"))
        found.append(ask(question, password="zpw3Az", token="ztk7Bz", secret=b"zsc9Cz-bytes"))
        found.append(ask(question, access=also, api_key=also))
        found.append(ask(question, hub="hf_zhugging8Cv2aaaaaaaaaaaaaaaa"))
        found.append(ask(question, git="ghp_zgithub4Bn7aaaaaaaaaaaaaaaaaaaaaaaa"))
        found.append(ask(question, aws="AKIAZAMAZON6QWERTY77"))
        found.append(ask(question, slack="xoxb-1234567890-zslack9Mk3aaaaaaaaaa"))
        found.append(ask(question, url="postgres://bob:zurl5Pq1pw@db.example/main"))
        found.append(ask(question, url=f"https://bob:zformat2Wo6pw@{question}.example/{len(question)}"))
        found.append(ask(question, headers=[("Authorization", "Basic zpair8Ei4basic")]))
        found.append(ask(question, auth=("bob", "ztuple7Ur9auth"), **settings))
        found.append(ask(question, api_key="zmulti1Ty5-line-of-pieces"))
        found.append(ask(question, key="sk-" + "zadded6Ui2aaaaaaaaaaaa"))
        found.append(client.ask(question))
        found.append(ask_with_default(question))
        found.append(ask(login("bob", "zplace4Op8-login"), by=open_session("s", "zplace3As1-session")))
        is_ours = MODULE_API_KEY == "zcompared9Fg6-key"
        found.append(is_ours)
        text = f"{question} is asked with {len(password := 'zwalrus8Kl4-bound')} characters, {len(password)}"
        user, passphrase = "bob", "zunpacked1Qs2-text"
        found.append(ask(text, user=user, opened=len(passphrase)))
        environment: dict[str, str] = {"OPENAI_API_KEY": "zenviron2Wx3-dict"}
        environment["HF_TOKEN"] = "zenviron4Ec5-set"
        environment.setdefault("SLACK_TOKEN", "zenviron6Rv7-default")
        environment.get("GITHUB_TOKEN", "zenviron8Tb9-missing")
        found.append(ask(question, environment=environment))
        keyed = lambda secret="zlambda1Yn2-default": secret
        found.append(ask(question, by=keyed()))
        match password:
            case "zmatched3Um4-key":
                found.append(question)
        setattr(client, "api_key", "zattribute5Ik6-set")  # noqa: B010
        client.secret = "zattribute7Ol8-bound"  # type: ignore[attr-defined]
        found.append(client.ask(question))
        client.api_key = "zpositional6Hb3-client"
    notes = """
        a long text over several lines
        with sk-zlines7Zx3aaaaaaaaaaaa in it
    """
    found.append(len(notes))
    print(len("password"), login("ann", password="zprinted6Xc9-ordered")[:0])
    return found


def failing(question: str) -> str:
    """A call with a key that fails."""
    return ask(question, api_key="sk-zfailing3Vb5aaaaaaaaaaaa", headers={"X-Api-Key": "zfailing1Nm8-header"})


def in_a_class() -> Callable[[list[str]], list[str]]:
    """A jitted local function with a default and a key of its own."""

    def local(questions: list[str], token: str = "zlocal4Qa7-default") -> list[str]:
        return [ask(question, token=token, api_key="zlocal2Wd6-literal") for question in questions]

    return local
