"""Tokens a minute: what calls have used lately, what those in flight may use, and when the next one may go.

A call is let go for the most that it may use, and counts for what it has used once its endpoint has said so. Two
things hold calls back: a *window*, in which what is let go never adds up to more than the limit, and a *pace*, at which
they would use it up evenly, so that the first seconds of a minute don't take all of it.

The most that a call may use is its prompt's length and the bound on its answer (`max_tokens`). Where there is no bound,
it is the longest of the latest answers. So a window can see more than the limit in one case only: calls without a bound
whose answers are longer than all before, by so much as those in flight exceed them.

Guarantees: a ledger is only touched under the lock of the admission queue.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from .demand import Demand, UsedTokens
from .rate import JITTER_SHARE, RateLimit, TokenBucket

TOKENS_PER_BYTE = 1 / 4
"""A rule of thumb for English text (OpenAI's), until the endpoint has said what prompts count."""
FIXED_TOKENS = 8
"""What a message of a chat counts beside its text: roles and separators (OpenAI's cookbook: 3 a message, 3 a reply)."""
SHORT_PROMPT_BYTES = 256
"""Below, tokens of a prompt tell what is fixed; above, what a byte counts."""
ANSWER_TOKENS = 256
"""Tokens that an answer is expected to have before there was one."""
FIRST_SHARE = 10
"""Before the first answer, a call without a bound takes this part of the limit: so few go at once."""
NUM_REMEMBERED = 100


@dataclass(eq=False, slots=True)
class Spending:
    """What one call takes.

    Attributes:
        at_s: when it was let go (`time.monotonic`).
        amount: tokens it counts for in the window; paced: those it has taken from the pace.
        is_over: the window has passed it.
    """

    demand: Demand
    at_s: float
    amount: int
    paced: float
    is_over: bool = False


class TokenLedger:
    """The tokens of one limiter, those `before` it had another limit among them."""

    def __init__(self, limit: RateLimit, now_s: float, before: TokenLedger | None = None) -> None:
        self.limit = limit
        self._pace = TokenBucket(limit, now_s)
        self._spendings: deque[Spending] = deque()  # of the window, oldest first
        self._amount = 0  # of all of them
        self._answers: deque[int] = deque(maxlen=NUM_REMEMBERED)
        self._fixed: deque[float] = deque((FIXED_TOKENS,), maxlen=NUM_REMEMBERED)
        self._per_byte: deque[float] = deque((TOKENS_PER_BYTE,), maxlen=NUM_REMEMBERED)
        if before is not None:
            self._spendings, self._amount = before._spendings, before._amount
            self._answers, self._fixed, self._per_byte = before._answers, before._fixed, before._per_byte

    def delay_s(self, demand: Demand, now_s: float) -> float:
        """Seconds until a call may go; 0 now. The end of a call may bring it sooner."""
        self._drop(now_s)
        missing = self._amount + self._most(demand) - self.limit.amount
        freed_s = 0.0
        for spending in self._spendings:
            if missing <= 0:
                break
            missing -= spending.amount
            freed_s = spending.at_s + self._period_s - now_s
        return max(freed_s, self._pace.delay_s(self._expected(demand), now_s))

    def take(self, demand: Demand, now_s: float) -> Spending:
        """A call goes."""
        spending = Spending(demand, now_s, self._most(demand), self._expected(demand))
        self._spendings.append(spending)
        self._amount += spending.amount
        self._pace.take(spending.paced, now_s)
        return spending

    def settle(self, spending: Spending, used: UsedTokens, now_s: float) -> None:
        """A call has ended, and its endpoint says what it has used."""
        if not spending.is_over:
            self._amount += used.total - spending.amount
        spending.amount = used.total
        self._pace.take(used.total - spending.paced, now_s)
        demand = spending.demand
        text_tokens = used.prompt - demand.other_tokens
        if demand.prompt_bytes < SHORT_PROMPT_BYTES:
            self._fixed.append(max(text_tokens - demand.prompt_bytes * TOKENS_PER_BYTE, FIXED_TOKENS))
        else:
            self._per_byte.append(max(text_tokens / demand.prompt_bytes, TOKENS_PER_BYTE))
        if demand.most_answered != 0:
            self._answers.append(used.answer)

    def share(self, now_s: float) -> float:
        """How much of the limit is taken now: 0 nothing, 1 all of it."""
        self._drop(now_s)
        return self._amount / self.limit.amount

    @property
    def _period_s(self) -> float:
        return self.limit.per_s * (1 + JITTER_SHARE)

    def _drop(self, now_s: float) -> None:
        while self._spendings and self._spendings[0].at_s + self._period_s <= now_s:
            over = self._spendings.popleft()
            over.is_over = True
            self._amount -= over.amount

    def _most(self, demand: Demand) -> int:
        """Tokens that a call may use; one that may use more than the limit goes alone."""
        answered = demand.most_answered
        if answered is None:
            answered = max(self._answers, default=max(ANSWER_TOKENS, self.limit.amount // FIRST_SHARE))
        return min(self._asked(demand) + answered, self.limit.amount)

    def _expected(self, demand: Demand) -> float:
        answered = sum(self._answers) / len(self._answers) if self._answers else ANSWER_TOKENS
        if demand.most_answered is not None:
            answered = min(answered, demand.most_answered)
        return self._asked(demand) + answered

    def _asked(self, demand: Demand) -> int:
        return int(demand.prompt_bytes * max(self._per_byte) + max(self._fixed)) + 1 + demand.other_tokens
