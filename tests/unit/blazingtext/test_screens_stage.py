"""What the commands about the stage show, to the letter: results on stdout, and what to type next on stderr."""

import json

import pytest

from blazingtext_lifecycle.instance_prices import LISTS
from tests.unit.blazingtext.cloud_fakes import FakeBucket, FakeJobs, FakeStacks, account, artifact
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.screens import NEW, OLD, Letters, lines, two_runs

STACKS = lines(
    "stage dev, us-east-1",
    "blazingtext-dev-storage   CREATE_COMPLETE",
    "blazingtext-dev-training  CREATE_COMPLETE",
    "blazingtext-dev-serving   CREATE_COMPLETE",
)
TWO_RUNS = lines(
    "latest runs             status     score         time",
    "blazingtext-dev-wiki-2  Completed  0.716  10 min 54 s",
    "blazingtext-dev-wiki-1  Failed",
)
PRICED = LISTS["us-east-1"].date
COSTS = f"costs                     2 x ml.m5.xlarge: $0.460 an hour, $335.80 a month (prices of {PRICED})"
NO_COSTS = "costs                     nothing per hour (no endpoint); storage of the bucket's contents"
STATUSES: dict[str, tuple[dict[str, str], str, list[str], str, str]] = {
    # Parameters of the serving stack, status of the endpoint, dead letters; then what is shown below the stacks, and what on stderr.
    "a model is live": (
        {"ModelDataUrl": artifact(NEW), "PreviousModelDataUrl": artifact(OLD)},
        "InService",
        [],
        lines(
            f"live model                {NEW}",
            f"previous model            {OLD}",
            "endpoint                  blazingtext-dev: InService",
            COSTS,
        ),
        "next: blazingtext predict awesome blazing\n",
    ),
    "the endpoint failed": (
        {"ModelDataUrl": artifact(NEW)},
        "Failed",
        [f"reason {number}" for number in range(12)],
        lines(
            f"live model                {NEW}",
            "previous model            none",
            "endpoint                  blazingtext-dev: Failed",
            COSTS,
            "failure                   no answer to the ping",
            "dead letters              10 or more: promotions that failed for good",
        ),
        "warning reason 0\nwarning reason 1\nwarning reason 2\nnext: blazingtext status --wait\n",
    ),
    "it is paused": (
        {"ModelDataUrl": artifact(NEW), "EndpointState": "paused"},
        "",
        ["No artifact."],
        lines(
            f"live model                {NEW}",
            "previous model            none",
            "endpoint                  blazingtext-dev: paused",
            NO_COSTS,
            "dead letters              1: promotions that failed for good",
        ),
        "warning No artifact.\nnext: blazingtext resume\n",
    ),
    "no model is live": (
        {},
        "",
        [],
        lines(
            "live model                none", "previous model            none", "endpoint                  blazingtext-dev: none", NO_COSTS
        ),
        "next: blazingtext promote\n",
    ),
    "no model is live, and a pause was typed": (
        {"EndpointState": "paused"},
        "",
        [],
        lines(
            "live model                none", "previous model            none", "endpoint                  blazingtext-dev: none", NO_COSTS
        ),
        "next: blazingtext promote\n",
    ),
}


@pytest.mark.parametrize("case", STATUSES)
def test_status_shows(typed: Typed, case: str) -> None:
    parameters, endpoint, letters, shown, said = STATUSES[case]
    jobs = two_runs()
    if endpoint:
        jobs.serve(endpoint, "no answer to the ping" if endpoint == "Failed" else "")
    stacks = FakeStacks(dead_letters="https://sqs/dead" if letters else "", **parameters)

    code, out, err = typed("status", cloudformation=stacks, sagemaker=jobs, sqs=Letters(*letters))

    assert (code, err) == (0, said)
    assert out == STACKS + shown + "\n" + TWO_RUNS


def test_status_shows_the_hash_of_a_runs_corpus_where_it_is_known(typed: Typed) -> None:
    jobs = two_runs()
    jobs.jobs["blazingtext-dev-wiki-2"]["tags"] = {"blazingtext:corpus-sha256": "0123456789abcdef" * 4}

    _, out, _ = typed("status", cloudformation=FakeStacks(), sagemaker=jobs)
    _, document, _ = typed("status", "--json", cloudformation=FakeStacks(), sagemaker=jobs)

    assert out.endswith(
        lines(
            "latest runs             status     score         time  corpus",
            "blazingtext-dev-wiki-2  Completed  0.716  10 min 54 s  0123456789ab",
            "blazingtext-dev-wiki-1  Failed",
        )
    )
    assert [run["corpus_hash"] for run in json.loads(document)["runs"]] == [f"sha256:{'0123456789abcdef' * 4}", ""]


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("InProgress", "next: blazingtext logs --follow\n"),
        ("", "next: blazingtext upload <corpus.txt>\nnext: blazingtext train --corpus <name> --watch\n"),
    ],
)
def test_status_of_a_stage_without_a_model_says_how_to_get_one(typed: Typed, job: str, said: str) -> None:
    jobs = FakeJobs()
    if job:
        jobs.add(OLD, job)

    code, out, err = typed("status", cloudformation=FakeStacks(), sagemaker=jobs)

    assert (code, err) == (0, said)
    assert out.endswith("latest runs             status      score  time\nblazingtext-dev-wiki-1  InProgress\n" if job else NO_COSTS + "\n")


def test_status_of_a_serverless_endpoint_says_that_it_bills_by_the_request(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = two_runs().serve()
    memory = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}, "ModelName": "model"}
    monkeypatch.setattr(jobs, "describe_endpoint_config", lambda **_: {"ProductionVariants": [memory]})

    code, out, _ = typed("status", cloudformation=FakeStacks(ModelDataUrl=artifact(NEW)), sagemaker=jobs)

    assert code == 0
    (row,) = (line for line in out.splitlines() if line.startswith("costs"))
    assert (
        row.split(maxsplit=1)[1] == "serverless: by the request, nothing while nobody asks; see https://aws.amazon.com/sagemaker/pricing/"
    )


def test_status_names_the_repair_when_the_endpoint_differs_from_its_stack(typed: Typed) -> None:
    stacks = FakeStacks(ModelDataUrl=artifact(NEW))
    stacks.configuration = "new"

    code, _, err = typed("status", cloudformation=stacks, sagemaker=two_runs().serve())

    assert code == 0
    warning, following = err.splitlines()
    assert warning.startswith("warning blazingtext-dev-serving says that blazingtext-dev serves blazingtext-dev-wiki-2 (configuration new)")
    assert following == "next: blazingtext verify --repair"


def test_status_waits_for_the_newest_run_and_not_for_another(typed: Typed) -> None:
    jobs = two_runs().serve()

    assert (
        typed("status", "--live", "newest", "--timeout", "1", cloudformation=FakeStacks(ModelDataUrl=artifact(NEW)), sagemaker=jobs)[0] == 0
    )
    code, _, err = typed("status", "--live", NEW, "--timeout", "1", cloudformation=FakeStacks(ModelDataUrl=artifact(OLD)), sagemaker=jobs)
    assert (code, "not ready after 1 s" in err) == (3, True)


def test_changes_say_what_is_live_and_what_to_type_next(typed: Typed) -> None:
    waiting, ready = "next: blazingtext status --wait", "next: blazingtext predict awesome blazing"
    for arguments, live, *said in (
        (("promote", NEW), NEW, f"done {NEW} is live", ready),
        (("promote", NEW, "--no-wait"), NEW, f"done {NEW} is live as soon as the stack is updated", waiting),
        (("promote", OLD), OLD, f"Nothing to do: {OLD} is already live.", ready),
        (("rollback",), NEW, f"done {NEW} is live", ready),
        (("rollback", "--no-wait"), NEW, f"done {NEW} is live as soon as the stack is updated", waiting),
        (("resume",), OLD, f"Nothing to do: {OLD} is already running.", ready),
        (("pause", "--no-wait"), OLD, f"done {OLD} is paused as soon as the stack is updated", "next: blazingtext resume"),
    ):
        stacks = FakeStacks(ModelDataUrl=artifact(OLD), PreviousModelDataUrl=artifact(NEW))

        found = typed(*arguments, cloudformation=stacks, sagemaker=completed().serve(), s3=stored())

        assert found == (0, f"{live}\n", lines(*said)), arguments


def completed() -> FakeJobs:
    jobs = FakeJobs()
    for job in (OLD, NEW):
        jobs.add(job)
    return jobs


def stored() -> FakeBucket:
    """The artifacts of both runs."""
    bucket = FakeBucket()
    for job in (OLD, NEW):
        bucket.put(f"runs/{job}/output/model.tar.gz", b"model")
    return bucket


def test_pause_and_resume_say_what_is_paused_and_what_is_live(typed: Typed) -> None:
    jobs, stacks = completed().serve(), FakeStacks(ModelDataUrl=artifact(OLD))
    clients = {"cloudformation": stacks, "sagemaker": jobs}

    def follow(parameters: dict[str, str]) -> None:
        jobs.serve()
        if parameters["EndpointState"] == "paused":
            jobs.endpoint = None

    stacks.on_update = follow

    resume, ready = "next: blazingtext resume", "next: blazingtext predict awesome blazing"
    assert typed("pause", **clients) == (0, f"{OLD}\n", lines(f"done {OLD} is paused", resume))
    assert typed("pause", **clients) == (0, f"{OLD}\n", lines(f"Nothing to do: {OLD} is already paused.", resume))
    assert typed("resume", **clients) == (0, f"{OLD}\n", lines(f"done {OLD} is live", ready))


AUDITED = (
    "stacks, endpoints, endpoint configs, models, model package groups, transform jobs, processing jobs, tuning jobs, training jobs, "
    "functions, state machines, queues, "
    "topics, rules, schedule groups, alarms, log groups, log streams, tagged resources, buckets, roles, "
    "managed policies, dashboards, budgets"
)


def test_an_audit_says_what_is_left_what_it_costs_and_how_to_remove_it(typed: Typed) -> None:
    tags = [{"Key": "blazingtext:project", "Value": "blazingtext"}, {"Key": "blazingtext:stage", "Value": "dev"}]
    key = "arn:aws:ecr:us-east-1:1:rep/a"
    found = account(
        sagemaker__list_endpoints=[{"EndpointName": "blazingtext-dev", "EndpointStatus": "Failed"}],
        resourcegroupstaggingapi__get_resources=[{"ResourceARN": key, "Tags": tags}],
    )

    code, out, err = typed("audit", **found)

    assert code == 1
    assert out == lines(
        "what             name                           region",
        "endpoint         blazingtext-dev                us-east-1  bills  Failed",
        f"tagged resource  {key}  us-east-1",
    )
    assert err == lines(
        "warning 2 resources of stage dev still exist; 1 of them may cost money.",
        "next: aws sagemaker delete-endpoint --endpoint-name blazingtext-dev --region us-east-1",
        f"Remove by hand, with the service that it belongs to: {key}",
    )


def test_an_audit_that_finds_nothing_says_where_it_looked(typed: Typed) -> None:
    bootstrap = account(s3__list_buckets=[{"Name": "cdk-blzgtxt-assets-1-us-east-1"}])
    shared = "not counted, shared by all stages: bucket cdk-blzgtxt-assets-1-us-east-1 (0 object versions, 0.0 MB)"

    assert typed("audit", "--in", "eu-west-1", **bootstrap) == (
        0, "", lines(shared, f"done nothing is left of stage dev in eu-west-1: {AUDITED}"),
    )  # fmt: skip
    assert typed("audit", **account()) == (
        0, "", lines(f"done nothing is left of stage dev in us-east-1, and no trace of it in other regions: {AUDITED}"),
    )  # fmt: skip
