"""Thousands of requests, derived from the service model, each answered with AWS's exception class and words."""

import copy
import json
import string
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api.coverage import RUNTIME
from blazingtext_sandbox.sagemaker.api.inactive import INACTIVE
from tests.conformance.bases import CONTAINER, World, base, input_shape, service_model
from tests.conformance.cases import changed, members, ways
from tests.conformance.count import BASELINE, CONTROL, answered, counts
from tests.conformance.samples import sample

#: A valid request that is taken instead of refused is progress; everything else may only grow.
MAY_SHRINK = {"refused", "depends"}
BEFORE: dict[str, dict[str, int]] = json.loads(BASELINE.read_text("utf-8"))


@pytest.mark.parametrize("operation", CONTROL)
def test_every_case_is_answered_as_aws_answers_it(operation: str, tmp_path: Path) -> None:
    answers = list(answered(operation, tmp_path))

    wrong = [f"{answer.case}: {answer.code or 'taken'}: {answer.message[:200]}" for answer in answers if answer.verdict is None]
    assert not wrong
    now, before = counts(answers), BEFORE[operation]
    fewer = {kind: (number, now.get(kind, 0)) for kind, number in before.items() if now.get(kind, 0) < number and kind not in MAY_SHRINK}
    assert not fewer, "fewer cases than in baseline.json; see CONTRIBUTING.md"


def test_no_operation_leaves_the_baseline() -> None:
    assert set(BEFORE) == set(CONTROL)


INACTIVE_MEMBERS = [(operation, path) for operation, paths in INACTIVE.items() for path in paths]


@pytest.mark.parametrize(("operation", "path"), INACTIVE_MEMBERS, ids=[f"{operation} {path}" for operation, path in INACTIVE_MEMBERS])
def test_describe_shows_an_inactive_member_as_it_was_given(operation: str, path: str, tmp_path: Path) -> None:
    shape, place = input_shape(operation), tuple(path.split("."))
    member = next(member for found, member, _ in members(shape) if found == place)
    start = beside(path, base(operation))
    request = changed(shape, start, place, filled(member))
    service = World(tmp_path).service

    answer = service.call(operation, request)

    name = next(iter(request))
    named = {name: request[name]} if operation != "CreateModelPackage" else {"ModelPackageName": answer["ModelPackageArn"]}
    shown = service.call(operation.replace("Create", "Describe"), named)
    given = request[place[0]]
    if path != "SessionChainingConfig":  # DescribeTrainingJob has no such member
        assert holds(shown[place[0]], given), f"{shown.get(place[0])} is not {given}"


def beside(path: str, start: dict[str, Any]) -> dict[str, Any]:
    """A request that may have the member: containers, variants, a tuning job's definitions and their resources come in one of two ways."""
    if path.startswith("ProductionVariants.ServerlessConfig."):
        ((name, model),) = ((each["VariantName"], each["ModelName"]) for each in start["ProductionVariants"])
        memory = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
        alone = {member: value for member, value in start.items() if member != "ShadowProductionVariants"}
        return {**alone, "ProductionVariants": [{"VariantName": name, "ModelName": model, "ServerlessConfig": memory}]}
    if path.startswith("Containers."):
        return {**{name: value for name, value in start.items() if name != "PrimaryContainer"}, "Containers": [CONTAINER]}
    if not path.startswith("TrainingJobDefinition"):
        return start
    start = copy.deepcopy(start)
    config, definition = start["HyperParameterTuningJobConfig"], start["TrainingJobDefinition"]
    if ".HyperParameterTuningResourceConfig." in path:
        definition["HyperParameterTuningResourceConfig"] = {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1}
        del definition["ResourceConfig"]
    if path.startswith("TrainingJobDefinitions."):
        own = {"TuningObjective": config.pop("HyperParameterTuningJobObjective"), "HyperParameterRanges": config.pop("ParameterRanges")}
        start["TrainingJobDefinitions"] = [{"DefinitionName": "one", **start.pop("TrainingJobDefinition"), **own}]
    return start


def filled(shape: Any) -> Any:
    """A valid value with every simple member in it."""
    if shape.type_name != "structure":
        return sample(shape)
    return {name: sample(member) for name, member in shape.members.items()}


def holds(shown: Any, given: Any) -> bool:
    """Whether an answer has everything that was given; AWS adds to some structures."""
    if isinstance(given, dict):
        return isinstance(shown, dict) and all(holds(shown.get(name), member) for name, member in given.items())
    if isinstance(given, list):
        return len(shown) == len(given) and all(map(holds, shown, given))
    return bool(shown == given)


@pytest.mark.parametrize("operation", RUNTIME)
def test_every_header_of_an_invocation_keeps_the_rules_of_the_model(operation: str, tmp_path: Path) -> None:
    model, shape = service_model("sagemaker-runtime").operation_model(operation), input_shape(operation)
    service, wrong, asked = World(tmp_path).service, [], 0
    for name, member in shape.members.items():
        for broken in ways(member) if member.serialization else ():
            if broken.kind in {"type", "empty"} or set(broken.value) - set(string.printable):
                continue  # a header is text, and no text is no header
            given = {name: broken.value} if name != "EndpointName" else {}
            headers = {str(shape.members[key].serialization["name"]).lower(): value for key, value in given.items()}
            endpoint = urllib.parse.quote(broken.value, safe="") if name == "EndpointName" else "e"
            path = model.http["requestUri"].replace("{EndpointName}", endpoint)
            _, answer, content = service.invoke(path, headers, b"{}", operation)
            asked += 1
            if answer["x-amzn-errortype"] != "ValidationError" or broken.words not in json.loads(content)["message"]:
                wrong.append((name, broken.kind, content))

    assert not wrong
    assert asked > 10
