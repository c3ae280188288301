"""One stage, deployed once into one sandbox with the unmodified `cdk` CLI; the journey's tests live in it, in the order of its files."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.journey.story import ROOT, SERVING, Ran, Shell, output, wait_for_model
from tests.spark_stand_in import spark_stand_in


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    home = tmp_path_factory.mktemp("sandbox")
    with spark_stand_in(tmp_path_factory.mktemp("spark")) as images, Sandbox(home=home, images=images) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def shell(account: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    environment = {**account.environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return Shell(environment, tmp_path_factory.mktemp("cdk") / "cdk.out")


@pytest.fixture(scope="session")
def deployed(shell: Shell, account: Sandbox) -> Shell:
    """The three stacks, with no model yet; CloudFormation may do no more than the project's own execution policy says."""
    document = (ROOT / "bootstrap" / "execution-policy.json").read_text(encoding="utf-8")
    policy = account.boto3("iam").create_policy(PolicyName="blazingtext-deployment", PolicyDocument=document)["Policy"]["Arn"]
    shell.cdk("bootstrap", "aws://000000000000/us-east-1", "--cloudformation-execution-policies", policy)
    shell.cdk("deploy", "--all", "--require-approval", "never")
    return shell


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, shell: Shell) -> tuple[Path, Ran]:
    """The shipped sample, unpacked once, over a file of somebody's own; and what was said before it was told to replace that."""
    path = tmp_path_factory.mktemp("corpus") / "whole.txt"
    path.write_text("mine", encoding="utf-8")
    refused = shell.blazingtext("corpus", "sample", str(path), code=2)
    assert path.read_text(encoding="utf-8") == "mine"
    shell.blazingtext("corpus", "sample", str(path), "--force")
    return path, refused


@pytest.fixture(scope="session")
def corpus(sample: tuple[Path, Ran]) -> Path:
    """The first three million bytes of the shipped sample: real text, seconds of training."""
    whole, _ = sample
    text = whole.read_bytes()[:3_000_000]
    short = whole.with_name("short.txt")
    short.write_bytes(text[: text.rindex(b" ")] + b"\n")
    return short


@pytest.fixture(scope="session")
def parameters(account: Sandbox) -> Callable[[], dict[str, str]]:
    """The serving stack's parameters, as they are now."""

    def read() -> dict[str, str]:
        (stack,) = account.boto3("cloudformation").describe_stacks(StackName=SERVING)["Stacks"]
        return {item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]}

    return read


@pytest.fixture(scope="session")
def live_model(account: Sandbox) -> Callable[[str], None]:
    """Waits until a run's model is the live one, and the endpoint is in service with it."""
    return partial(wait_for_model, account)


@pytest.fixture(scope="session")
def train(deployed: Shell) -> Callable[..., Any]:
    """Trains through the deployed launcher to the end; the run as JSON."""

    def run(*options: str, code: int = 0) -> Any:
        ran = deployed.blazingtext("train", "--corpus", "wiki", *options, "--watch", "--json", code=code)
        return ran.json() if code == 0 else ran

    return run


@pytest.fixture(scope="session")
def first_run(deployed: Shell, corpus: Path, train: Callable[..., Any]) -> Any:
    """The first finished training job."""
    deployed.blazingtext("upload", str(corpus), "--corpus", "wiki")
    return train("--epochs", "3")


@pytest.fixture(scope="module")
def news(deployed: Shell, account: Sandbox) -> Iterator[Callable[[], list[str]]]:
    """Subscribes to the notifications; every message that came so far, each without the quotes EventBridge puts around a text."""
    sqs, sns, heard = account.boto3("sqs"), account.boto3("sns"), list[str]()
    topic = output(account, "NotificationsTopicArn")
    queue = sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)["SubscriptionArn"]

    def read() -> list[str]:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            heard.append(json.loads(message["Body"])["Message"].strip('"'))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return heard

    yield read
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=queue)


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory, shell: Shell) -> Path:
    """A corpus for a classifier, prepared, with its recipe beside it; it serves as validation, too."""
    path = tmp_path_factory.mktemp("labelled") / "reviews.txt"
    table = path.with_name("reviews.csv")
    table.write_text("kind,text\n" + 'good,"A fine film, of great warmth!"\nbad,A DULL film of no merit.\n' * 3000, encoding="utf-8")
    shell.blazingtext("corpus", "prepare", str(table), "--column", "text", "--labels", "kind", "-o", str(path))
    return path


@pytest.fixture(scope="session")
def classifier(deployed: Shell, labelled: Path, first_run: Any) -> Any:
    """A finished classifier, trained with every option that only classifiers have."""
    deployed.blazingtext("upload", str(labelled), "--corpus", "reviews", "--validation", str(labelled), "--replace")
    options = ("--word-ngrams", "3", "--buckets", "1000", "--early-stopping", "true", "--patience", "2", "--min-epochs", "1")
    return deployed.blazingtext("train", "--corpus", "reviews", "--mode", "supervised", *options, "--watch", "--json").json()


@pytest.fixture(scope="session")
def described(account: Sandbox) -> Callable[[str], Any]:
    """A training job as SageMaker describes it."""
    return lambda job: account.boto3("sagemaker").describe_training_job(TrainingJobName=job)
