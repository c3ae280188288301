"""What works: functions, the rules that call them, the state machine, and the alarms that watch."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle.aws_errors import code_of
from blazingtext_lifecycle.plurals import count

from ..cloud import Cloud
from ..stages import cdk_command
from .comparison import Finding, same
from .template import Deployed, Resource

_SETTINGS = ("Handler", "Runtime", "Timeout", "MemorySize", "Role")
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_PUT_ALARM = "Put it back as its template has it, with: aws cloudwatch put-metric-alarm ..."
_TARGETS = ("Arn", "Input", "DeadLetterConfig")


def functions(cloud: Cloud, stacks: tuple[Deployed, ...]) -> Iterator[Finding]:
    """What is different about the functions of some stacks.

    Which code an asset is, CloudFormation does not tell: functions whose templates name the same one must have the same.
    """
    client, hashes = cloud.client("lambda"), dict[str, dict[str, str]]()
    for stack in stacks:
        permissions = Counter(str(each.properties["FunctionName"]) for each in stack.resources("AWS::Lambda::Permission"))
        for function in stack.resources("AWS::Lambda::Function"):
            found = client.get_function_configuration(FunctionName=function.id)
            hashes.setdefault(json.dumps(function.properties["Code"], sort_keys=True, default=str), {})[function.id] = found["CodeSha256"]
            yield from _configuration(function, found)
            yield from _callers(client, function.id, permissions)
    for those in hashes.values():
        usual, count = Counter(those.values()).most_common(1)[0]
        for name in (each for each, code in those.items() if code != usual and 2 * count > len(those)):
            said = "Its code is not that of the other functions, whose templates name the same."
            yield Finding("code", name, said, f"Deploy its code again: {cdk_command('deploy', cloud.stage)} after a change of the code")


def _configuration(function: Resource, found: Mapping[str, Any]) -> Iterator[Finding]:
    declared = {key: function.properties[key] for key in _SETTINGS if key in function.properties}
    actual = {key: found.get(key) for key in declared}
    differing = [key for key in declared if not same(declared[key], actual[key])]
    wanted: Mapping[str, Any] = function.properties.get("Environment", {}).get("Variables", {})
    variables = found.get("Environment", {}).get("Variables", {})
    differing += [f"environment variable {key}" for key in sorted(wanted.keys() | variables.keys())
                  if (key in wanted) != (key in variables) or not same(wanted[key], variables[key])]  # fmt: skip
    layers = [each["Arn"] for each in found.get("Layers", [])]
    differing += [f"layer {arn}" for arn in layers if arn not in function.properties.get("Layers", [])]
    if differing:
        remedy = f"Set it as the stack's template has it: aws lambda update-function-configuration --function-name {function.id} ..."
        yield Finding("function", function.id, f"It differs from its template in: {', '.join(differing)}.", remedy)


def _callers(client: Any, name: str, permissions: Counter[str]) -> Iterator[Finding]:
    arn = f":function:{name}"
    declared = sum(count for function, count in permissions.items() if function == name or function.endswith(arn))
    try:
        policy = json.loads(client.get_policy(FunctionName=name)["Policy"])
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        policy = {"Statement": []}
    sids = [each.get("Sid", "") for each in policy["Statement"]]
    if len(sids) != declared:
        said = f"Its policy lets {count(len(sids), 'callers')} in ({', '.join(sids) or 'none'}), and its template {declared}."
        remedy = f"aws lambda remove-permission --function-name {name} --statement-id ID, for each that is foreign"
        yield Finding("callers", name, said, remedy)


def rules(cloud: Cloud, stacks: tuple[Deployed, ...]) -> Iterator[Finding]:
    """What is different about the event rules of some stacks: pattern, state, targets."""
    events = cloud.client("events")
    for stack in stacks:
        for rule in stack.resources("AWS::Events::Rule"):
            name, declared = rule.id.rsplit("/", 1)[-1], rule.properties
            found = events.describe_rule(Name=name)
            pattern = json.loads(found["EventPattern"]) if "EventPattern" in found else None
            if not same(declared.get("EventPattern"), pattern) or declared.get("State", "ENABLED") != found["State"]:
                said = f"Its pattern is another, or it is not {declared.get('State', 'ENABLED')}."
                yield Finding("rule", name, said, f"aws events {_switch(declared)} --name {name}, or put its pattern back with put-rule")
            yield from _targets(events, name, declared.get("Targets", []))


def _switch(declared: Mapping[str, Any]) -> str:
    return "disable-rule" if declared.get("State") == "DISABLED" else "enable-rule"


def _targets(events: Any, rule: str, declared: list[Mapping[str, Any]]) -> Iterator[Finding]:
    pages = events.get_paginator("list_targets_by_rule").paginate(Rule=rule)
    found = {each["Id"]: each for page in pages for each in page["Targets"]}
    wanted = {each["Id"]: each for each in declared}
    for id_ in found.keys() - wanted.keys():
        remedy = f"aws events remove-targets --rule {rule} --ids {id_}"
        yield Finding("target", rule, f"It also sends to {found[id_]['Arn']}, which its template does not.", remedy)
    for id_, target in wanted.items():
        parts = [{key: each.get(key) for key in _TARGETS} for each in (target, found.get(id_, {}))]
        if not same(*parts):
            remedy = f"Put it back with: aws events put-targets --rule {rule} ..."
            yield Finding("target", rule, f"Its target {id_} is gone, or another.", remedy)


def alarms(cloud: Cloud, stacks: tuple[Deployed, ...]) -> Iterator[Finding]:
    """What is different about the alarms of some stacks: whom they tell, and whether they do."""
    for stack in stacks:
        declared = {each.id: each.properties for each in stack.resources("AWS::CloudWatch::Alarm")}
        pages = cloud.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{stack.name}-")
        for alarm in (each for page in pages for each in page["MetricAlarms"] if each["AlarmName"] in declared):
            name, wanted = alarm["AlarmName"], declared[alarm["AlarmName"]]
            if not alarm.get("ActionsEnabled", True):
                said = "It tells nobody: its actions are switched off."
                yield Finding("alarm", name, said, f"aws cloudwatch enable-alarm-actions --alarm-names {name}")
            if any(not same(wanted.get(key, []), alarm.get(key, [])) for key in _ACTIONS):
                yield Finding("alarm", name, "It acts on others than its template says.", _PUT_ALARM)
            if "Threshold" in wanted and float(wanted["Threshold"]) != float(alarm["Threshold"]):
                said = f"Its threshold is {alarm['Threshold']:g}, and its template says {float(wanted['Threshold']):g}."
                yield Finding("alarm", name, said, _PUT_ALARM)


def machines(cloud: Cloud, stacks: tuple[Deployed, ...]) -> Iterator[Finding]:
    """What is different about the state machines of some stacks: definition and role."""
    for stack in stacks:
        for machine in stack.resources("AWS::StepFunctions::StateMachine"):
            found = cloud.stepfunctions.describe_state_machine(stateMachineArn=machine.id)
            declared = machine.properties
            if not same(declared["Definition"], json.loads(found["definition"])) or not same(declared["RoleArn"], found["roleArn"]):
                said = "Its definition, or its role, is not its template's. It is what may change the live model."
                remedy = f"aws stepfunctions update-state-machine --state-machine-arn {machine.id} --definition ..., as the template has it"
                yield Finding("state machine", found["name"], said, remedy)
