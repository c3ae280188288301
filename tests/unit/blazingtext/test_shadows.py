"""A run that is tried beside the live model, as the command line sees it."""

import base64
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from blazingtext.cloud import Cloud
from blazingtext.preflight import plan
from blazingtext.serving import captured_answers, changes, repair, shadows, status, verification, waiter
from blazingtext.serving.captured_answers import Answers
from blazingtext_lifecycle import live_model
from blazingtext_lifecycle.errors import CloudError, NotReady, RequestError
from tests.unit.blazingtext.cloud_fakes import (
    BUCKET,
    NOON,
    FakeBucket,
    FakeClient,
    FakeEndpoint,
    FakeJobs,
    FakePaginator,
    FakeStacks,
    artifact,
    cloud,
)
from tests.unit.blazingtext.conftest import Typed
from tests.unit.lifecycle.aws_fakes import MACHINE, client_error

LIVE, NEW = "blazingtext-dev-wiki-skipgram-0123456789", "blazingtext-dev-wiki-skipgram-9876543210"
CAPTURED = f"s3://{BUCKET}/captured"
STARTED = NOON - timedelta(hours=2)


class Shadowed(FakeJobs):
    """SageMaker with an endpoint that has a shadow."""

    def __init__(self, *, shadow: str = NEW, percent: float = 50) -> None:
        super().__init__()
        self.serve()
        self.change(STARTED)
        for job in (LIVE, NEW):
            self.add(job)
        self.artifacts = {"live": artifact(LIVE), "new": artifact(shadow) if shadow else ""}
        self.weight, self.shadowed = percent / 100, bool(shadow)

    def change(self, time: datetime) -> None:
        """The endpoint was changed last at a time."""
        self.endpoint = {**(self.endpoint or {}), "LastModifiedTime": time}

    def describe_endpoint_config(self, *, EndpointConfigName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert EndpointConfigName == "config"
        variant = {"InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 2}
        shadow = {**variant, "VariantName": "Shadow", "ModelName": "new", "InitialVariantWeight": self.weight}
        return {
            "CreationTime": STARTED,
            "ProductionVariants": [{**variant, "VariantName": "AllTraffic", "ModelName": "live"}],
            **({"ShadowProductionVariants": [shadow]} if self.shadowed else {}),
        }

    def describe_model(self, *, ModelName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        if not self.artifacts[ModelName]:
            raise client_error("ValidationException", f'Could not find model "{ModelName}".', "DescribeModel")
        return {"PrimaryContainer": {"ModelDataUrl": self.artifacts[ModelName]}}

    def capture(self, **more: Any) -> None:
        assert self.endpoint is not None
        self.endpoint["DataCaptureConfig"] = {"EnableCapture": True, "DestinationS3Uri": CAPTURED, **more}


class Metrics:
    """CloudWatch with two values of every metric, on two pages: the variant's own number, and 1."""

    def __init__(self, **of: float) -> None:
        self.of, self.asked = of, list[Any]()

    def get_metric_data(self, **wish: Any) -> dict[str, Any]:
        self.asked.append(wish)
        found = []
        for query in wish["MetricDataQueries"]:
            variant = {each["Name"]: each["Value"] for each in query["MetricStat"]["Metric"]["Dimensions"]}["VariantName"]
            value = self.of.get(f"{variant}_{query['MetricStat']['Metric']['MetricName']}")
            found.append({"Id": query["Id"], "Values": [] if value is None else [value, 1.0]})
        return {"MetricDataResults": found}

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(getattr(self, operation))


def stacks(**serving: str) -> FakeStacks:
    found = FakeStacks(**{"ModelDataUrl": artifact(LIVE), "PreviousModelDataUrl": "", "ShadowModelDataUrl": "", **serving})
    found.configuration = "config"
    return found


def tried() -> FakeStacks:
    return stacks(ShadowModelDataUrl=artifact(NEW))


class Captures:
    """S3 with what was captured of each variant: request and answer."""

    def __init__(self, **variants: list[tuple[str, Any]]) -> None:
        self.objects: dict[str, bytes] = {}
        self.ages: dict[str, timedelta] = {}
        for variant, pairs in variants.items():
            for number, (asked, answered) in enumerate(pairs):
                self.add(f"captured/blazingtext-dev/{variant}/2026/11/22/10/{number}.jsonl", asked, answered)

    def add(self, key: str, asked: str, answered: Any, *, encoding: str = "JSON", age: timedelta = timedelta(0)) -> None:
        text = answered if isinstance(answered, str) else json.dumps(answered)
        sides = {"endpointInput": asked, "endpointOutput": text}
        if encoding == "BASE64":
            sides = {name: base64.b64encode(value.encode()).decode() for name, value in sides.items()}
        data = {name: {"encoding": encoding, "data": value} for name, value in sides.items()}
        self.objects[key], self.ages[key] = json.dumps({"captureData": data}).encode() + b"\n", age

    def list_objects_v2(self, *, Bucket: str, Prefix: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert Bucket == BUCKET
        found = [{"Key": key, "LastModified": NOON - self.ages[key]} for key in sorted(self.objects) if key.startswith(Prefix)]
        return {"Contents": found} if found else {}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert Bucket == BUCKET
        return {"Body": io.BytesIO(self.objects[Key])}

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(getattr(self, operation))


def described(account: Cloud) -> shadows.Shadow:
    found = shadows.describe(account, live_model.describe(account.cloudformation, "dev"), NOON)
    assert found is not None
    return found


def test_a_run_is_tried_through_one_parameter_and_taken_away_again() -> None:
    serving = stacks()
    account = cloud(cloudformation=serving, sagemaker=Shadowed(shadow=""))

    started = changes.start_shadow(account, NEW)

    assert (started.changed, started.live, started.shadow) == (True, LIVE, NEW)
    assert serving.parameters["ShadowModelDataUrl"] == artifact(NEW)
    assert not changes.start_shadow(account, NEW).changed
    ended = changes.stop_shadow(account)
    assert (ended.changed, ended.live, ended.shadow, serving.parameters["ShadowModelDataUrl"]) == (True, LIVE, "", "")
    assert not changes.stop_shadow(account).changed


def test_only_a_run_that_could_be_promoted_is_tried() -> None:
    jobs = Shadowed()
    jobs.add("blazingtext-dev-running", "InProgress")
    jobs.add("blazingtext-dev-failed", "Failed")
    account = cloud(cloudformation=stacks(), sagemaker=jobs)

    with pytest.raises(NotReady):
        changes.start_shadow(account, "blazingtext-dev-running")
    with pytest.raises(RequestError):
        changes.start_shadow(account, "blazingtext-dev-failed")


def test_live_and_shadow_are_compared_by_the_metrics_of_their_variants_since_the_shadow_is_there() -> None:
    metrics = Metrics(AllTraffic_Invocations=199, Shadow_Invocations=99, Shadow_Invocation5XXErrors=3, AllTraffic_ModelLatency=4000.0)

    found = described(cloud(cloudformation=tried(), sagemaker=Shadowed(), cloudwatch=metrics))

    assert (found.job, found.percent, found.since, found.instance_type, found.instance_count) == (NEW, 50, STARTED, "ml.m5.xlarge", 2)
    assert found.hourly_dollars == 0.46
    assert found.live == shadows.Traffic(200, 0, 0, 0, 0.004, 0.004)
    assert found.tried == shadows.Traffic(100, 0, 4, 0, None, None)
    assert found.answers is None
    (asked,) = metrics.asked
    assert (asked["StartTime"], asked["EndTime"] >= NOON) == (STARTED, True)
    wishes = [each["MetricStat"] for each in asked["MetricDataQueries"]]
    of = {(each["Metric"]["MetricName"], each["Stat"], each["Period"]) for each in wishes}
    counts = ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors")
    assert of == {*((name, "Sum", 60) for name in counts), ("ModelLatency", "p50", 3600), ("ModelLatency", "p99", 3600)}


@pytest.mark.parametrize(
    ("changed", "since"),
    [
        (timedelta(), timedelta()),
        (timedelta(minutes=10, microseconds=1), timedelta(minutes=11)),
        (timedelta(minutes=10, seconds=59), timedelta(minutes=11)),
        (timedelta(minutes=11), timedelta(minutes=11)),
    ],
)
def test_what_was_asked_before_the_shadow_was_in_service_does_not_count(changed: timedelta, since: timedelta) -> None:
    jobs, metrics = Shadowed(), Metrics()
    jobs.change(STARTED + changed)

    found = described(cloud(cloudformation=tried(), sagemaker=jobs, cloudwatch=metrics))

    assert metrics.asked[0]["StartTime"] == found.since == STARTED + since


@pytest.mark.parametrize(("since", "said"), [(STARTED, f"since {STARTED:%Y-%m-%d %H:%M} UTC"), (None, "")])
def test_traffic_is_told_with_the_time_since_when_where_that_is_known(since: datetime | None, said: str) -> None:
    tried = shadows.Traffic(100, 1, 2, 3, 0.004, None)

    shadow = shadows.Shadow(NEW, since=since, tried=tried)

    assert shadow.columns == (said, "requests", "4xx", "5xx", "model errors", "p50", "p99")
    assert shadow.rows("live") == [(f"shadow: {NEW}", *tried.row)]


def test_a_day_is_looked_back_on_at_most() -> None:
    metrics = Metrics()
    account = cloud(cloudformation=tried(), sagemaker=Shadowed(), cloudwatch=metrics)

    found = shadows.describe(account, live_model.describe(account.cloudformation, "dev"), NOON + timedelta(days=3))

    assert found is not None
    assert metrics.asked[0]["StartTime"] == found.since == NOON + timedelta(days=2)


def test_while_there_is_no_endpoint_a_shadow_is_known_by_its_name_only() -> None:
    jobs = Shadowed()
    jobs.endpoint = None

    assert described(cloud(cloudformation=tried(), sagemaker=jobs)) == shadows.Shadow(NEW)
    assert described(cloud(cloudformation=tried(), sagemaker=Shadowed(shadow=""))) == shadows.Shadow(NEW)


def compared(live: list[tuple[str, Any]], copied: list[tuple[str, Any]]) -> Answers | None:
    jobs = Shadowed()
    jobs.capture()
    account = cloud(cloudformation=tried(), sagemaker=jobs, cloudwatch=Metrics(), s3=Captures(AllTraffic=live, Shadow=copied))
    return described(account).answers


def label(name: str, probability: float) -> Any:
    return [{"label": [f"__label__{name}"], "prob": [probability]}]


def test_answers_to_the_same_request_are_compared() -> None:
    live = [("one", label("a", 0.9)), ("two", label("b", 0.8)), ("three", label("c", 0.7)), ("only here", label("d", 1))]
    copied = [("one", label("a", 0.9)), ("two", label("b", 0.6)), ("three", label("x", 0.7)), ("only there", label("d", 1))]

    assert compared(live, copied) == Answers(compared=3, equal=1, alike=2)


def test_vectors_are_alike_when_the_same_words_have_one() -> None:
    def vector(*numbers: float) -> Any:
        return [{"word": "music", "vector": list(numbers)}]

    assert compared([("a", vector(1, 2)), ("b", vector(0, 0))], [("a", vector(3, 4)), ("b", vector(5, 6))]) == Answers(2, 0, 1)


def test_json_lines_and_what_is_no_json_are_compared_too() -> None:
    lines = '{"label": ["a"], "prob": [0.9]}\n{"label": ["b"], "prob": [0.8]}'

    assert compared([("a", lines), ("b", "text")], [("a", lines.replace("0.9", "0.7")), ("b", "text")]) == Answers(2, 1, 2)


def test_what_was_captured_in_base64_or_before_the_shadow_is_read_or_left_out() -> None:
    jobs, captures = Shadowed(), Captures()
    jobs.capture()
    for variant, encoding in (("AllTraffic", "BASE64"), ("Shadow", "JSON")):
        folder = f"captured/blazingtext-dev/{variant}/2026/11/22/09"
        captures.add(f"{folder}/new.jsonl", "now", "same", encoding=encoding)
        captures.add(f"{folder}/old.jsonl", "before", "same", age=timedelta(hours=3))

    found = described(cloud(cloudformation=tried(), sagemaker=jobs, cloudwatch=Metrics(), s3=captures))

    assert found.answers == Answers(1, 1, 1)


def test_the_newest_files_are_read_and_not_more_than_a_look_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captured_answers, "MOST_FILES", 1)

    assert compared([("a", "x"), ("b", "x")], [("a", "x"), ("b", "x")]) == Answers(1, 1, 1)


def test_whoever_may_not_read_what_was_captured_still_sees_the_metrics() -> None:
    def denied(**_: Any) -> Any:
        raise client_error("AccessDenied", "Access Denied", "ListObjectsV2")

    jobs = Shadowed()
    jobs.capture()
    account = cloud(cloudformation=tried(), sagemaker=jobs, cloudwatch=Metrics(), s3=FakeClient(list_objects_v2=denied))

    found = described(account)

    assert found.answers is not None
    assert (found.answers.readable, found.live is not None) == (False, True)


def test_a_capture_that_is_switched_off_has_no_answers() -> None:
    jobs = Shadowed()
    jobs.capture(EnableCapture=False)

    assert described(cloud(cloudformation=tried(), sagemaker=jobs, cloudwatch=Metrics())).answers is None


def test_a_status_without_a_shadow_asks_for_no_metrics() -> None:
    found = status.describe(cloud(cloudformation=stacks(), sagemaker=Shadowed(shadow="")), runs=0)

    assert (found.tried, found.shadow, found.unknown) == ("", None, ())


def test_status_shows_both_and_what_the_shadow_costs(typed: Typed) -> None:
    metrics = Metrics(AllTraffic_Invocations=199, Shadow_Invocations=99, Shadow_ModelLatency=2500.0)

    _, shown, _ = typed("status", cloudformation=tried(), sagemaker=Shadowed(), cloudwatch=metrics)

    assert f"live: {LIVE}" in shown
    assert f"shadow: {NEW}" in shown
    assert "50 % of the requests are to be copied, 50 % were." in shown
    assert "2.5 ms" in shown
    assert "2 x ml.m5.xlarge: $0.460 an hour, beside the endpoint's" in shown
    assert "set dataCapturePercent to keep them" in shown


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (Answers(0, 0, 0, readable=False), "you may not read them"),
        (Answers(0, 0, 0), "No request was captured with both answers yet"),
        (Answers(4, 0, 3), "Of 4 different requests captured with both, 75 % were answered alike, none the same."),
        (Answers(4, 2, 4), "Of 4 different requests captured with both, 100 % were answered alike, 2 the same."),
    ],
)
def test_status_says_how_their_answers_compare(answers: Answers, words: str, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadows, "compare", lambda *_: answers)

    _, shown, _ = typed("status", cloudformation=tried(), sagemaker=Shadowed(), cloudwatch=Metrics())

    assert words in shown
    assert "nobody has asked yet" in shown


def test_status_names_a_shadow_that_waits_for_the_end_of_a_pause(typed: Typed) -> None:
    jobs = Shadowed()
    jobs.endpoint = None
    paused = stacks(ShadowModelDataUrl=artifact(NEW), EndpointState="paused")

    _, shown, _ = typed("status", cloudformation=paused, sagemaker=jobs)

    assert f"{NEW}: none while there is no endpoint" in shown
    assert "nothing while there is no endpoint" in shown


OUTPUTS = {"ShadowInstanceType": "ml.m5.xlarge", "ShadowInstanceCount": "2"}


def test_shadow_says_what_it_will_cost_and_then_what_to_type_next(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cloud, "outputs", lambda *_: {"BucketName": BUCKET, "ServingUpdateArn": MACHINE, **OUTPUTS})

    code, out, said = typed("shadow", NEW, cloudformation=stacks(), sagemaker=Shadowed(shadow=""))

    assert (code, out.strip()) == (0, NEW)
    costs, done, following = said.strip().splitlines()
    assert costs.startswith("Costs of the shadow, 2 x ml.m5.xlarge: $0.460 an hour, until it ends")
    assert done == f"done {NEW} is tried beside {LIVE}"
    assert following == "next: blazingtext status"


def test_shadow_that_does_not_wait_says_that_it_is_yet_to_come(typed: Typed) -> None:
    code, _, said = typed("shadow", NEW, "--no-wait", cloudformation=stacks(), sagemaker=Shadowed(shadow=""))

    assert (code, f"{NEW} is tried beside {LIVE} as soon as the stack is updated" in said) == (0, True)
    assert "next: blazingtext status --wait" in said


def test_shadow_stop_says_what_is_live_and_a_second_one_that_there_is_none(typed: Typed) -> None:
    serving = tried()

    code, out, said = typed("shadow", "--stop", cloudformation=serving, sagemaker=Shadowed(shadow=""))
    assert (code, out.strip(), f"{LIVE} has no shadow any more" in said) == (0, LIVE, True)

    _, _, said = typed("shadow", "--stop")
    assert "Nothing to do: there is no shadow." in said


def test_shadow_fails_when_the_update_was_rolled_back(typed: Typed) -> None:
    serving = stacks()

    def roll_back(parameters: dict[str, str]) -> None:
        parameters["ShadowModelDataUrl"] = ""
        serving.roll_back(NOON, "the Shadow did not pass the ping health check")

    serving.on_update = roll_back

    code, out, said = typed("shadow", NEW, cloudformation=serving, sagemaker=Shadowed(shadow=""))

    assert (code, out) == (1, "")
    assert f"{NEW} is not tried beside {LIVE}, which goes on answering" in said


@pytest.mark.parametrize("arguments", [(), (NEW, "--stop")])
def test_shadow_needs_a_run_or_its_end_and_not_both(arguments: tuple[str, ...], typed: Typed) -> None:
    code, _, said = typed("shadow", *arguments, cloudformation=stacks(), sagemaker=Shadowed())

    assert (code, "one of the two" in said) == (2, True)


def test_a_stage_that_allows_none_says_so_and_no_price(typed: Typed) -> None:
    code, _, said = typed("shadow", NEW, cloudformation=FakeStacks(ModelDataUrl=artifact(LIVE)), sagemaker=Shadowed(shadow=""))

    assert (code, "Set shadowPercent" in said, "Costs" in said) == (2, True, False)


@pytest.mark.parametrize(
    ("wanted", "serving", "words"), [(NEW, stacks(), f"{NEW} is not tried beside {LIVE}"), ("", tried(), f"{NEW} is still tried")]
)
def test_an_update_that_was_rolled_back_is_no_success(wanted: str, serving: FakeStacks, words: str) -> None:
    serving.roll_back(NOON, "the Shadow did not pass the ping health check")

    with pytest.raises(CloudError) as failure:
        waiter.wait_until_stable(cloud(cloudformation=serving, sagemaker=Shadowed()), job=LIVE, shadow=wanted, update_started=True)

    assert words in str(failure.value)
    assert "did not pass the ping health check" in str(failure.value)
    assert f"blazingtext shadow {wanted or '--stop'}" in str(failure.value)


def verified(serving: FakeStacks, jobs: FakeJobs, *kept: str) -> verification.Verification:
    bucket = FakeBucket()
    for job in kept:
        bucket.put(artifact(job).removeprefix("s3://").partition("/")[2], b"model")
    return verification.verify(
        cloud(cloudformation=serving, sagemaker=jobs, s3=bucket, sagemaker_runtime=FakeEndpoint({"the": [3.0, 4.0]}))
    )


def test_verify_finds_a_shadow_that_is_what_the_stack_says() -> None:
    assert verified(tried(), Shadowed(), LIVE, NEW).problems == ()
    assert verified(stacks(), Shadowed(shadow=""), LIVE).problems == ()


@pytest.mark.parametrize(
    ("serving", "jobs", "has", "says"),
    [
        (tried(), Shadowed(shadow="another"), artifact("another"), artifact(NEW)),
        (tried(), Shadowed(shadow=""), "none", artifact(NEW)),
        (stacks(), Shadowed(), artifact(NEW), "none"),
    ],
)
def test_verify_finds_a_shadow_that_is_another_than_the_stack_says(serving: FakeStacks, jobs: FakeJobs, has: str, says: str) -> None:
    found = verified(serving, jobs, LIVE, NEW)

    (problem,) = found.problems
    assert problem.startswith(f"The shadow of blazingtext-dev is {has}, but blazingtext-dev-serving says {says}.")
    assert found.repairable


@pytest.mark.parametrize("serving", [tried(), stacks()])
def test_verify_finds_a_shadow_whose_model_was_deleted(serving: FakeStacks) -> None:
    jobs = Shadowed()
    jobs.artifacts["new"] = ""

    (problem,) = verified(serving, jobs, LIVE, NEW).problems

    assert "the model new, which somebody has deleted" in problem


def test_verify_says_how_to_end_a_shadow_whose_artifact_is_gone() -> None:
    (problem,) = verified(tried(), Shadowed(), LIVE).problems

    assert problem.startswith(f"{artifact(NEW)}, the shadow's artifact, is gone")
    assert "blazingtext shadow --stop" in problem


def test_repair_takes_a_strange_shadow_away_with_the_endpoint_and_brings_the_live_model_back() -> None:
    serving, jobs, bucket = tried(), Shadowed(shadow="another"), FakeBucket()
    bucket.put(artifact(LIVE).removeprefix("s3://").partition("/")[2], b"model")

    def updated(parameters: dict[str, str]) -> None:
        jobs.endpoint = None if not parameters["ModelDataUrl"] else jobs.serve().endpoint

    serving.on_update = updated

    done = repair.repair(cloud(cloudformation=serving, sagemaker=jobs, s3=bucket))

    assert (done.changed, done.live, done.shadow, serving.parameters["ShadowModelDataUrl"]) == (True, LIVE, "", "")


def test_a_plan_counts_the_instances_of_a_shadow_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "dev.json").write_text(json.dumps({"endpointInstanceCount": 3, "shadowPercent": 10, "shadowInstanceCount": ""}))
    (tmp_path / "prod.json").write_text(json.dumps({"shadowPercent": 10, "shadowInstanceCount": 2}))

    assert [plan.of_stage(stage, tmp_path).shadow_instances for stage in ("dev", "prod", "none")] == [3, 2, 0]


def test_costs_show_a_shadow_only_where_one_is_allowed(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, without, _ = typed("costs", cloudformation=stacks(), s3=FakeBucket())
    (tmp_path / "stages").mkdir()
    wanted = {"shadowPercent": 10, "shadowInstanceCount": 2, "endpointInstanceType": "ml.m5.xlarge"}
    (tmp_path / "stages" / "dev.json").write_text(json.dumps(wanted))
    _, shown, _ = typed("costs")

    assert "shadow" not in without
    (line,) = (line for line in shown.splitlines() if "shadow" in line)
    assert line.split("  ")[0].strip() == "a shadow beside it, while there is one, 2 x ml.m5.xlarge"
    assert line.endswith("$0.460")
