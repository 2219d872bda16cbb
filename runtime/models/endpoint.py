"""One place that answers: a text model with its options, and the limiters of its calls.

Guarantees: an endpoint is a value; its limiters are shared by all endpoints with the same address, key and bounds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..limits.admission import Route
from ..limits.demand import Demand
from ..limits.journey import Journey
from ..limits.limiter import Limiter
from ..limits.policy import Policy
from ..limits.shared import limiter_of, limiters_for
from .text_model import TextModel
from .token_demand import demand_of

POLICY_OPTIONS = ("timeout_s", "retries", "max_concurrency", "rate_limit", "token_limit")
"""Options that say how calls are made; all others belong to the text model."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A text model with the options of one call."""

    text_model: TextModel
    options: Mapping[str, object]
    policy: Policy | None

    @staticmethod
    def of(text_model: TextModel, options: Mapping[str, object]) -> Endpoint:
        """Takes the policy out of the options; raises `XCSError` where it isn't possible."""
        asked: dict[str, Any] = {name: options[name] for name in POLICY_OPTIONS if options.get(name) is not None}
        rest = {name: held for name, held in options.items() if name not in POLICY_OPTIONS}
        policy = Policy.of(**asked)
        if policy is not None:
            rest = {**text_model.options_under(policy.timeout_s, policy.retry is not None), **rest}
        return Endpoint(text_model, rest, policy)

    @property
    def name(self) -> str:
        """Provider and model, as `bind` takes them."""
        return f"{self.text_model.provider}:{self.text_model.model}"

    def route(self, weight: float = 1.0) -> Route:
        """Its limiters: its own, then those set for its model and for the process."""
        key = hashlib.blake2b(repr(self.options.get("api_key")).encode(), digest_size=8).digest()
        own = limiter_of((self.name, self.options.get("base_url"), key), self.name, self.policy)
        return Route((own, *limiters_for(self.name)), weight)

    def journey(self, kind: str, subject: Any) -> Journey | None:
        """How a call goes; None where nothing bounds it."""
        if self.policy is None:
            shared = limiters_for(self.name)
            return Journey(self.name, (Route(shared),), demand=self._demand(shared, kind, subject)) if shared else None
        route = self.route()
        demand = self._demand(route.limiters, kind, subject)
        return Journey(self.name, (route,), self.policy.timeout_s, self.policy.retry, demand)

    def _demand(self, limiters: Iterable[Limiter], kind: str, subject: Any) -> Demand | None:
        return demand_of(kind, subject, self.options) if any(one.token_limit for one in limiters) else None

    def ask(self, kind: str, subject: Any) -> Any:
        """Asks its text model once."""
        return getattr(self.text_model, kind)(subject, self.options)
