"""`ModelMesh`: one model over several endpoints or replicas, as an immutable, hashable, picklable callable.

A call goes to the endpoint with the lowest load among those that may take it now, and to another one when it fails. An
endpoint that answers 429 with `Retry-After` gets no calls for that long, one that keeps failing is left alone for a
while and then tried by one call; meanwhile the others go on.

Guarantees: a mesh is a value, so any thread may call it at any time. What it knows of its endpoints is kept once for
each process and shared by equal meshes: its health, and the limiters.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ...diagnostics.errors import XCSError
from ..limits.demand import Demand
from ..limits.journey import Journey
from ..limits.limited_call import call_limited
from ..limits.policy import Policy
from ..limits.rate import RateLimit
from ..limits.retry import Retry
from ..tally import note_mesh
from .endpoint import Endpoint
from .mesh_health import EndpointState, MeshHealth
from .model_binding import ModelBinding
from .model_methods import ModelMethods
from .token_demand import demand_of

BREAK_AFTER = 5
COOLDOWN_S = 30.0

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, weakref_slot=True, repr=False, init=False)
class ModelMesh(ModelMethods):
    """Several bindings as one model: `mesh(prompt)` answers as `binding(prompt)` does.

    Attributes:
        bindings: the endpoints.
        weights: shares of the calls, one for each endpoint.
        retry: made again by all endpoints after each of them has failed.
        timeout_s: seconds for one attempt.
        break_after: failures in a row after which an endpoint is left alone for `cooldown_s` seconds.
    """

    __xcs_limited__ = True

    __xcs_result__ = str

    bindings: tuple[ModelBinding, ...]
    weights: tuple[float, ...]
    retry: Retry | None
    timeout_s: float | None
    break_after: int
    cooldown_s: float

    def __init__(
        self,
        bindings: Iterable[ModelBinding],
        *,
        weights: Sequence[float] | None = None,
        max_concurrency: int | Sequence[int | None] | None = None,
        rate_limit: int | RateLimit | Sequence[int | RateLimit | None] | None = None,
        token_limit: int | RateLimit | Sequence[int | RateLimit | None] | None = None,
        retries: int | Retry | None = None,
        timeout_s: float | None = None,
        break_after: int = BREAK_AFTER,
        cooldown_s: float = COOLDOWN_S,
    ) -> None:
        """A mesh over `bindings`.

        Args:
            bindings: at least one; the bounds that they have themselves hold where none are given here.
            weights: the share of each endpoint; by default the same.
            max_concurrency: calls in flight at once at each endpoint; one bound for all, or one for each.
            rate_limit: requests a minute at each endpoint, likewise.
            token_limit: tokens a minute at each endpoint, likewise.
            retries: how often a call is made again after every endpoint has failed; as for `xcs.op`.
            timeout_s: seconds for one attempt.
            break_after: failures in a row after which an endpoint is left alone.
            cooldown_s: for how many seconds at first; doubled each time it fails again.

        Raises:
            XCSError: there is no binding, or a bound is out of its range or missing for an endpoint.
        """
        given = tuple(bindings)
        if not given or not all(isinstance(one, ModelBinding) for one in given):
            raise XCSError(f"expected one model binding or more, found `{given!r}`")
        count = len(given)
        shares = (1.0,) * count if weights is None else tuple(map(float, _one_each("weights", weights, count)))
        if not all(0 < share < float("inf") for share in shares):
            raise XCSError(f"expected weights above 0, found `{shares!r}`")
        if type(break_after) is not int or break_after < 1 or not cooldown_s > 0:
            raise XCSError(
                f"expected `break_after` of at least 1 and `cooldown_s` above 0, found `{break_after!r}`, "
                f"`{cooldown_s!r}`"
            )
        bounds = {"max_concurrency": max_concurrency, "rate_limit": rate_limit, "token_limit": token_limit}
        bounds_each = {name: _one_each(name, bound, count) for name, bound in bounds.items()}
        policy = Policy.of(timeout_s, retries)
        chosen = {
            "bindings": tuple(_bounded(binding, bounds_each, index) for index, binding in enumerate(given)),
            "weights": shares,
            "retry": policy and policy.retry,
            "timeout_s": policy and policy.timeout_s,
            "break_after": break_after,
            "cooldown_s": float(cooldown_s),
        }
        for name, value in chosen.items():
            object.__setattr__(self, name, value)

    @property
    def name(self) -> str:
        """The names of its endpoints."""
        return "mesh of " + ", ".join(dict.fromkeys(binding.name for binding in self.bindings))

    def stats(self) -> list[EndpointState]:
        """What is known of each endpoint, in the order of the bindings."""
        health = _health_of(self)
        return [health.describe(index, binding) for index, binding in enumerate(self.bindings)]

    def _journey_of(self, kind: str, subject: Any, options: Mapping[str, object]) -> Journey | None:
        return self._way(kind, subject, options)[0]

    def _way(self, kind: str, subject: Any, options: Mapping[str, object]) -> tuple[Journey, list[Endpoint]]:
        note_mesh(self)
        own = {} if self.timeout_s is None else {"timeout_s": self.timeout_s}
        endpoints = [binding.endpoint({"retries": Retry(0), **own, **options}) for binding in self.bindings]
        for endpoint in endpoints:
            endpoint.text_model.open(endpoint.options)
        routes = [endpoint.route(weight) for endpoint, weight in zip(endpoints, self.weights, strict=True)]
        health = _health_of(self)
        health.limiters = [route.limiters[0] for route in routes]
        is_counted = any(limiter.token_limit for route in routes for limiter in route.limiters)
        demands = [demand_of(kind, subject, endpoint.options) for endpoint in endpoints] if is_counted else []
        demand = Demand.largest(demands) if demands else None
        timeout_s = endpoints[0].policy and endpoints[0].policy.timeout_s
        return Journey(self.name, routes, timeout_s, self.retry, demand, health), endpoints

    def _ask(self, kind: str, subject: Any, options: Mapping[str, object]) -> Any:
        journey, endpoints = self._way(kind, subject, options)
        return call_limited(journey, lambda index: endpoints[index].ask(kind, subject))

    async def _ask_async(self, kind: str, subject: Any, options: Mapping[str, object]) -> Any:
        from ..limits.limited_await import await_limited  # loads asyncio, which other programs can do without

        journey, endpoints = self._way(kind, subject, options)
        return await await_limited(journey, lambda index: endpoints[index].ask(kind, subject))

    def __repr__(self) -> str:
        return f"ModelMesh([{', '.join(map(repr, self.bindings))}])"


_lock = threading.Lock()
_health: dict[ModelMesh, MeshHealth] = {}


def _health_of(mesh: ModelMesh) -> MeshHealth:
    with _lock:
        found = _health.get(mesh)
        if found is None:
            found = _health[mesh] = MeshHealth(len(mesh.bindings), mesh.break_after, mesh.cooldown_s)
        return found


def _one_each(name: str, given: Value | Sequence[Value] | None, count: int) -> Sequence[Any]:
    if isinstance(given, Sequence):
        if len(given) != count:
            raise XCSError(f"expected one of `{name}` for each of `{count}` endpoints, found `{len(given)}`")
        return given
    return (given,) * count


def _bounded(binding: ModelBinding, bounds: Mapping[str, Sequence[Any]], index: int) -> ModelBinding:
    given = {name: each[index] for name, each in bounds.items() if each[index] is not None}
    return binding.with_options(**given)
