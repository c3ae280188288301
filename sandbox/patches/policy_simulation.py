"""SimulatePrincipalPolicy and SimulateCustomPolicy answer as IAM does: one result an action, and below it one for each resource.

ministack looks for a role by the end of its ARN, evaluates the first resource only, names no statement, knows no context entry and no
permissions boundary, and takes a missing role for one without policies
(https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces some

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from .. import arns
from ..emulator.identity import account_id
from ..emulator.internals import Json, internal
from ..emulator.policy_simulator import Simulation, Statement, Verdict, over_all, statements

_ENTITY: Final = re.compile(r"arn:[a-z-]+:iam::(?P<account>\d{12}):(?P<kind>user|group|role)/(?:.*/)?(?P<name>[^/]+)")
_PAGE: Final = 100
_RESOURCE_POLICY: Final = "Resource Policy"


class _RefusedError(Exception):
    """An error answer: status, code and words."""

    def __init__(self, code: str, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.code, self.status = code, status


def apply() -> None:
    """Replace both operations."""
    handlers = internal("services.iam")._IAM_HANDLERS
    for operation, simulation in (("SimulatePrincipalPolicy", _of_principal), ("SimulateCustomPolicy", _of_documents)):
        handlers[operation] = _answering(operation, simulation)


def _answering(operation: str, simulation: Callable[[Json], Simulation]) -> Callable[[Json], Any]:
    def answer(parameters: Json) -> Any:
        iam = internal("services.iam")
        try:
            body = _results(parameters, simulation(parameters))
        except _RefusedError as refused:
            return iam._error(refused.status, refused.code, escape(str(refused)), ns="iam")
        return iam._xml(200, f"{operation}Response", f"<{operation}Result>{body}</{operation}Result>", ns="iam")

    return answer


# --- what is asked ----------------------------------------------------------------------------------------------------


def _of_documents(parameters: Json) -> Simulation:
    if "PolicyInputList.member.1" not in parameters:
        raise _RefusedError("ValidationError", _null("policyInputList"))
    caller = internal("services.iam")._p(parameters, "CallerArn") or arns.arn("iam", "", account_id(), "root")
    return _simulation(parameters, [], None, caller)


def _of_principal(parameters: Json) -> Simulation:
    """The simulation for the user, group or role that the request names by its whole ARN."""
    iam = internal("services.iam")
    arn = iam._p(parameters, "PolicySourceArn")
    match = _ENTITY.fullmatch(arn)
    if match is None:
        raise _RefusedError("InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    kind, name = match["kind"], match["name"]
    entity = {"user": iam._users, "group": iam._groups, "role": iam._roles}[kind].get(name)
    if entity is None or entity["Arn"] != arn:
        raise _RefusedError("NoSuchEntity", f"The {kind} with name {name} cannot be found.", 404)
    if "ResourcePolicy" in parameters and "CallerArn" not in parameters and kind != "user":
        raise _RefusedError("InvalidInput", "CallerArn is required when a ResourcePolicy is given and PolicySourceArn is not a user's.")
    own = [s for source, document in _policies(kind, name, entity) for s in _read(document, source)]
    attached = entity.get("PermissionsBoundary")
    boundary = _read(_managed(attached), attached.rpartition("/")[2]) if attached else None
    return _simulation(parameters, own, boundary, iam._p(parameters, "CallerArn") or arn)


def _simulation(parameters: Json, own: list[Statement], boundary: list[Statement] | None, caller: str) -> Simulation:
    if "PolicyExclusionList.member.1.PolicyArn" in parameters or "PolicyExclusionList.member.1.PolicyType" in parameters:
        raise _RefusedError("InvalidInput", "The sandbox does not emulate PolicyExclusionList. Leave it out.")
    given = [s for number, text in _members(parameters, "PolicyInputList") for s in _read(text, f"PolicyInputList.{number}")]
    bounds = [
        s
        for number, text in _members(parameters, "PermissionsBoundaryPolicyInputList")
        for s in _read(text, f"PermissionsBoundaryPolicyInputList.{number}")
    ]
    resource = internal("services.iam")._p(parameters, "ResourcePolicy")
    return Simulation(
        identity=[*own, *given],
        boundary=bounds or boundary,
        resource=_read(resource, "ResourcePolicy", _RESOURCE_POLICY) if resource else [],
        caller=caller,
        context=_context(parameters, caller),
    )


def _policies(kind: str, name: str, entity: Json) -> Iterator[tuple[str, str]]:
    """Identifier and document of every policy of an entity, and of a user's groups."""
    iam = internal("services.iam")
    inline = {"user": iam._user_inline_policies, "group": iam._group_inline_policies}
    own = entity.get("InlinePolicies") if kind == "role" else inline[kind].get(name)
    for policy, document in (own or {}).items():
        # CloudFormation's come as objects.
        yield f"{kind}_{name}_{policy}", document if isinstance(document, str) else json.dumps(document)
    yield from ((arn.rpartition("/")[2], _managed(arn)) for arn in entity.get("AttachedPolicies", []))
    if kind == "user":
        for group_name, group in iam._groups.items():
            if name in group.get("Users", []):
                yield from _policies("group", group_name, group)


def _managed(arn: str) -> str:
    record = internal("services.iam")._lookup_policy(arn)
    return str(record["Versions"][record["DefaultVersionId"]]["Document"])


def _read(document: str, source: str, kind: str = "IAM Policy") -> list[Statement]:
    try:
        return statements(document, source, kind)
    except ValueError as problem:
        raise _RefusedError("InvalidInput", f"Invalid policy document {source}: {problem}") from problem


def _context(parameters: Json, caller: str) -> dict[str, str | list[str]]:
    """What the simulator knows by itself, and what the request says, which wins."""
    now = datetime.now(UTC)
    kind = _ENTITY.fullmatch(caller)
    known: dict[str, str | list[str]] = {
        "aws:currenttime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:epochtime": str(int(time.time())),
        "aws:principalaccount": account_id(),
        "aws:principalarn": caller,
        "aws:resourceaccount": internal("services.iam")._p(parameters, "ResourceOwner") or account_id(),
    }
    if kind is not None and kind["kind"] == "user":
        known["aws:username"] = kind["name"]
    number = 1
    while name := internal("services.iam")._p(parameters, f"ContextEntries.member.{number}.ContextKeyName"):
        values = [text for _, text in _members(parameters, f"ContextEntries.member.{number}.ContextKeyValues")]
        several = internal("services.iam")._p(parameters, f"ContextEntries.member.{number}.ContextKeyType").endswith("List")
        known[name.lower()] = values if several else "".join(values[:1])
        number += 1
    return known


def _members(parameters: Json, name: str) -> Iterator[tuple[int, str]]:
    """Number and text of each member of a list in a form."""
    number = 1
    while (text := internal("services.iam")._p(parameters, f"{name}.member.{number}")) != "":
        yield number, text
        number += 1


def _null(member: str) -> str:
    return f"1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"


# --- what is answered -------------------------------------------------------------------------------------------------


def _results(parameters: Json, simulation: Simulation) -> str:
    iam = internal("services.iam")
    actions = [text for _, text in _members(parameters, "ActionNames")]
    resources = [text for _, text in _members(parameters, "ResourceArns")]
    if not actions:
        raise _RefusedError("ValidationError", _null("actionNames"))
    if bad := next((action for action in actions if ":" not in action), None):
        raise _RefusedError("InvalidInput", f"Invalid Action Name: {bad} must include the service identifier, such as iam:CreateUser.")
    place = {"marker": iam._p(parameters, "Marker") or "0", "maxItems": iam._p(parameters, "MaxItems") or str(_PAGE)}
    if bad := next((name for name, text in place.items() if not text.isdecimal()), None):
        raise _RefusedError("ValidationError", f"Value '{place[bad]}' at '{bad}' is no place in the list.")
    start, size = int(place["marker"]), int(place["maxItems"])
    page, more = actions[start : start + size], start + size < len(actions)
    members = "".join(f"<member>{_result(simulation, action, resources)}</member>" for action in page)
    marker = f"<Marker>{start + size}</Marker>" if more else ""
    return f"<EvaluationResults>{members}</EvaluationResults><IsTruncated>{str(more).lower()}</IsTruncated>{marker}"


def _result(simulation: Simulation, action: str, resources: list[str]) -> str:
    """One action: the decision over all resources, and, when the request names resources, the decision about each."""
    # The name is the ARN's pattern for the action's resource type; the sandbox does not know these, and says *, as for actions without.
    head = f"<EvalActionName>{escape(action)}</EvalActionName><EvalResourceName>*</EvalResourceName>"
    if not resources or resources == ["*"]:
        verdict = simulation.verdict(action, "*")
        return f"{head}<EvalDecision>{verdict.decision}</EvalDecision>{_details(verdict)}"
    verdicts = [simulation.verdict(action, resource) for resource in resources]
    overall = over_all(verdicts)
    each = "".join(
        f"<member><EvalResourceName>{escape(resource)}</EvalResourceName><EvalResourceDecision>{verdict.decision}</EvalResourceDecision>"
        f"{_details(verdict)}</member>"
        for resource, verdict in zip(resources, verdicts, strict=True)
    )
    rest = f"{_details(overall)}<EvalDecisionDetails/><ResourceSpecificResults>{each}</ResourceSpecificResults>"
    return f"{head}<EvalDecision>{overall.decision}</EvalDecision>{rest}"


def _details(verdict: Verdict) -> str:
    missing = "".join(f"<member>{escape(key)}</member>" for key in verdict.missing)
    within = verdict.within_boundary
    bounds = f"<AllowedByPermissionsBoundary>{str(within).lower()}</AllowedByPermissionsBoundary>"
    boundary = "" if within is None else f"<PermissionsBoundaryDecisionDetail>{bounds}</PermissionsBoundaryDecisionDetail>"
    matched = "".join(_matched(verdict.matched))
    return f"<MatchedStatements>{matched}</MatchedStatements><MissingContextValues>{missing}</MissingContextValues>{boundary}"


def _matched(found: Iterable[Statement]) -> Iterator[str]:
    for statement in found:
        places = "".join(
            f"<{name}><Line>{line}</Line><Column>{column}</Column></{name}>"
            for name, (line, column) in (("StartPosition", statement.start), ("EndPosition", statement.end))
        )
        source = f"<SourcePolicyId>{escape(statement.source)}</SourcePolicyId><SourcePolicyType>{statement.kind}</SourcePolicyType>"
        yield f"<member>{source}{places}</member>"
