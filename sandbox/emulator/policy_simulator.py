"""What IAM's policy simulator says of policies, actions, resources and a context: decisions, and the statements they rest on.

Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html and API_SimulatePrincipalPolicy.html there.
Matching of actions, resources and condition operators is ministack's, so that a simulation and a real request agree.
"""

# ruff: noqa: SLF001 - see internals.py

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .internals import Json, internal

ALLOWED: Final = "allowed"
EXPLICIT_DENY: Final = "explicitDeny"
IMPLICIT_DENY: Final = "implicitDeny"
# From the most to the least restrictive, for the decision over several resources.
_RESTRICTIVE: Final = (EXPLICIT_DENY, IMPLICIT_DENY, ALLOWED)
_SPACE: Final = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement of a policy, and where it stands; it equals no other, however alike.

    Attributes:
        source: the policy's identifier, as `MatchedStatements` names it.
        kind: the policy's type there.
        start, end: line and column, as the simulator counts them: from behind the bracket or comma before it to behind itself.
        parsed: as ministack evaluates it.
        principal: the Principal element of a resource-based policy's statement.
    """

    source: str
    kind: str
    start: tuple[int, int]
    end: tuple[int, int]
    parsed: Any
    principal: Any = None

    @property
    def condition_keys(self) -> set[str]:
        """The condition keys it asks for."""
        return {key for block in self.parsed.conditions.values() if isinstance(block, dict) for key in block}


@dataclass(frozen=True)
class Verdict:
    """The decision about one action on one resource.

    Attributes:
        matched: the statements that decided.
        missing: the condition keys that statements about this action and resource ask for and the context lacks.
        within_boundary: what the permissions boundary says; None without one.
    """

    decision: str
    matched: tuple[Statement, ...] = ()
    missing: tuple[str, ...] = ()
    within_boundary: bool | None = None


@dataclass(frozen=True)
class Simulation:
    """Policies to be evaluated as IAM does.

    Attributes:
        identity: the statements of the principal's own policies.
        boundary: those of its permissions boundary; None without one.
        resource: those of the resource's policy.
        caller: the ARN of who asks.
        context: condition keys, in lower case, and their values; a list for a key with several.
    """

    identity: Sequence[Statement]
    boundary: Sequence[Statement] | None = None
    resource: Sequence[Statement] = ()
    caller: str = ""
    context: Mapping[str, str | list[str]] = field(default_factory=dict)

    def verdict(self, action: str, resource: str) -> Verdict:
        """Deny by any policy; else allow by the principal's or the resource's, as far as the boundary reaches."""
        concerning = [s for s in self._all() if self._concerns(s, action, resource)]
        missing = tuple(sorted({key for s in concerning for key in s.condition_keys if key.lower() not in self.context}))
        holding = [s for s in concerning if self._holds(s)]
        allowing = [s for s in holding if s.parsed.effect == "Allow"]
        denying = tuple(s for s in holding if s.parsed.effect == "Deny")
        boundary = self.boundary
        within = None if boundary is None else any(s in boundary for s in allowing) and not any(s in boundary for s in denying)
        if denying:
            return Verdict(EXPLICIT_DENY, denying, missing, within)
        grants = tuple(s for s in allowing if boundary is None or s not in boundary)
        if grants and within is not False:
            return Verdict(ALLOWED, grants, missing, within)
        return Verdict(IMPLICIT_DENY, (), missing, within)

    def _all(self) -> Iterator[Statement]:
        yield from (*self.identity, *(self.boundary or ()))
        for statement in self.resource:
            if internal("core.iam_evaluator")._principal_matches(statement.principal, self.caller):
                yield statement

    def _concerns(self, statement: Statement, action: str, resource: str) -> bool:
        evaluator, parsed = internal("core.iam_evaluator"), statement.parsed
        return bool(
            evaluator._action_matches(action, parsed.actions, parsed.not_actions)
            and evaluator._resource_matches(resource, parsed.resources, parsed.not_resources)
        )

    def _holds(self, statement: Statement) -> bool:
        """Whether the context meets every condition of a statement."""
        compare = internal("core.iam_evaluator")._evaluate_single_condition
        return all(
            compare(operator, self.context.get(key.lower()), wanted if isinstance(wanted, list) else [str(wanted)])
            for operator, block in statement.parsed.conditions.items()
            for key, wanted in block.items()
        )


def over_all(verdicts: Sequence[Verdict]) -> Verdict:
    """The decision about several resources at once: the most restrictive one, with the statements that led to it."""
    decision = min((verdict.decision for verdict in verdicts), key=_RESTRICTIVE.index)
    matched = dict.fromkeys(s for verdict in verdicts if verdict.decision == decision for s in verdict.matched)
    bounds = [verdict.within_boundary for verdict in verdicts]
    return Verdict(decision, tuple(matched), (), None if None in bounds else all(bounds))


def statements(document: str, source: str, kind: str = "IAM Policy") -> list[Statement]:
    """The statements of a policy document.

    Raises:
        ValueError: the document is no policy; the text says why.
    """
    parse = internal("core.iam_evaluator").parse_policy_document
    problem = internal("core.iam_evaluator").validate_policy_document(document) if kind == "IAM Policy" else None
    if problem is not None or not isinstance(json.loads(document), dict):
        raise ValueError(problem or "Policy document must be a JSON object")
    return [
        Statement(source, kind, _position(document, start), _position(document, end), parsed, value.get("Principal"))
        for start, end, value in _places(document)
        for parsed in parse({"Statement": [value]})
    ]


def _position(text: str, index: int) -> tuple[int, int]:
    """Line and column, both from 1."""
    before = text[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def _places(document: str) -> Iterable[tuple[int, int, Json]]:
    """Start, end and value of each statement in a document's text."""
    decoder, at = json.JSONDecoder(), _skip(document, 0) + 1
    while document[at - 1] != "}" and document[_skip(document, at)] != "}":
        key, at = decoder.raw_decode(document, _skip(document, at))
        at = _skip(document, at) + 1  # behind the colon
        if key == "Statement":
            return _statement_places(document, at)
        _, at = decoder.raw_decode(document, _skip(document, at))
        at = _skip(document, at) + 1  # behind the comma or the closing brace
    return ()


def _statement_places(document: str, at: int) -> Iterator[tuple[int, int, Json]]:
    decoder, first = json.JSONDecoder(), _skip(document, at)
    if document[first] == "{":
        value, end = decoder.raw_decode(document, first)
        yield at, end, value
        return
    at = first + 1
    while document[at - 1] != "]" and document[_skip(document, at)] != "]":
        value, end = decoder.raw_decode(document, _skip(document, at))
        yield at, end, value
        at = _skip(document, end) + 1


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()
