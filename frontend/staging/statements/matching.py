"""`match`: Python itself tries the patterns, in native code that says which case takes the subject; bodies are staged.

match ask(x):                    s = ask(x)
    case P: A                    match s: case P: i = 0; case Q: i = 1; case _: i = -1       (native)
    case Q if guard: B           if i == 1 and not guard: i = -1
    case R: C                    if i == 0: A
                                 elif i == 1: B
                                 else: match s: case R: ...
"""

from __future__ import annotations

import ast
from collections.abc import Sequence, Set

from ..control.branches import Completion
from ..source.syntax import load_name, placed
from ..source.ways_out import leaves
from .exceptions import ExceptionStager
from .kept_names import is_pattern_test

NO_CASE = -1


class MatchStager(ExceptionStager):
    """The layer of `match`."""

    def gains_by_match(self, node: ast.Match) -> bool:
        """Whether a `match` is worth taking apart: more of it than its patterns may gain, or leaves the block."""
        if is_pattern_test(node):
            return False
        return bool(leaves([node])) or self.has_gain(node) or self.binds_halfway(node)

    def stage_match(
        self, node: ast.Match, rest: Sequence[ast.stmt], later: Set[str], live: Set[str], tail: bool
    ) -> Completion:
        """Stage a `match`, with what follows it where some case leaves the block."""
        subject = self.temporary(self.stage_expression(node.subject))
        self.num_temporaries += 1
        taken = f"_xcs_{self.num_temporaries}"
        statements = _chain(node, node.cases, subject, taken)
        if not leaves([node]):
            return self.stage_block(statements, later, tail=False)
        return self.go_on_after(statements, rest, later, live, tail)


def _chain(node: ast.Match, cases: Sequence[ast.match_case], subject: str, taken: str) -> list[ast.stmt]:
    """Statements that run the first of these cases which takes the subject."""
    guarded = next((index for index, case in enumerate(cases) if case.guard is not None), len(cases) - 1)
    group, others = cases[: guarded + 1], cases[guarded + 1 :]
    found: list[ast.stmt] = [_test(node, group, subject, taken)]
    last = group[-1]
    if last.guard is not None:
        refused = placed(ast.UnaryOp(ast.Not(), last.guard), last.guard)
        fails = placed(ast.If(refused, [_set(taken, NO_CASE, last.guard)], []), last.guard)
        found.append(placed(ast.If(_is(taken, len(group) - 1, last.guard), [fails], []), last.guard))
    orelse: list[ast.stmt] = _chain(node, others, subject, taken) if others else []
    for index in reversed(range(len(group))):
        body = group[index].body
        orelse = [placed(ast.If(_is(taken, index, body[0]), body, orelse), body[0])]
    return [*found, *orelse]


def _test(node: ast.Match, cases: Sequence[ast.match_case], subject: str, taken: str) -> ast.Match:
    tests = [
        ast.match_case(pattern=case.pattern, guard=None, body=[_set(taken, index, case.pattern)])
        for index, case in enumerate(cases)
    ]
    irrefutable = isinstance(cases[-1].pattern, ast.MatchAs) and cases[-1].pattern.pattern is None
    if not irrefutable:
        nothing = placed(ast.MatchAs(), cases[-1].pattern)
        tests.append(ast.match_case(pattern=nothing, guard=None, body=[_set(taken, NO_CASE, nothing)]))
    return placed(ast.Match(load_name(subject, node.subject), tests), node)


def _is(name: str, index: int, at: ast.AST) -> ast.expr:
    return placed(ast.Compare(load_name(name, at), [ast.Eq()], [placed(ast.Constant(index), at)]), at)


def _set(name: str, index: int, at: ast.AST) -> ast.stmt:
    return placed(ast.Assign([placed(ast.Name(name, ast.Store()), at)], placed(ast.Constant(index), at)), at)
