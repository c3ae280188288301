"""The steps of a model's life that the roles of services are for: each does something real and gives back everything that was said."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from botocore.exceptions import ClientError

from tests.faults.stage import IMAGE, MEASURED, TRAINING_LOGS, Stage
from tests.parity.support import wait_until

LAUNCHER, PROMOTER = "LauncherLaunchTrainingFunction", "PromotionPromoteModelFunction"
STOPPER, EMPTIER = "JobCleanupFunction", "RetirementRetireFunction"
# What a step says when it has done what it is for.
DONE = "This is done."
Step = Callable[[Stage], str]


# --- SageMaker ----------------------------------------------------------------------------------------------------------------------------


def trains(stage: Stage) -> str:
    """The first training job of an account runs to its end: there is no log group yet."""
    with contextlib.suppress(ClientError):
        stage.client("logs").delete_log_group(logGroupName=TRAINING_LOGS)
    job = stage.fresh()
    with said(stage) as heard:
        stage.client("sagemaker").create_training_job(**stage.job_request(job, AlgorithmSpecification=MEASURED))
        ended = stage.ended(job)
        heard.append(str(ended.get("FailureReason", DONE)))
    return "\n".join(heard)


def artifact(stage: Stage) -> str:
    """The address of a model that can be served."""
    return str(stage.train()["ModelArtifacts"]["S3ModelArtifacts"])


def serves(stage: Stage) -> str:
    """An endpoint is made and updated under an alarm, as the serving stack does it; the stack's own makes room for it."""
    if stage.parameters()["ModelDataUrl"]:
        stage.update(ModelDataUrl="")
    sagemaker, name = stage.client("sagemaker"), f"blazingtext-{stage.name}"
    role = stage.output("training", "HostingRoleArn")
    alarm = stage.fresh()
    stage.client("cloudwatch").put_metric_alarm(
        AlarmName=alarm, MetricName="none", Namespace="none", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching",
    )  # fmt: skip
    with said(stage) as heard:
        try:
            for number in (1, 2):
                container = {"Image": IMAGE, "ModelDataUrl": artifact(stage)}
                sagemaker.create_model(ModelName=f"{alarm}-{number}", ExecutionRoleArn=role, PrimaryContainer=container)
                variant = {"VariantName": "AllTraffic", "ModelName": f"{alarm}-{number}", "InitialInstanceCount": 1,
                           "InstanceType": "ml.m4.xlarge"}  # fmt: skip
                sagemaker.create_endpoint_config(EndpointConfigName=f"{alarm}-{number}", ProductionVariants=[variant])
            sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{alarm}-1")
            heard.append(settled_endpoint(stage, name))
            guarded = {
                "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}},
                "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]},
            }
            sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{alarm}-2", DeploymentConfig=guarded)
            heard.append(settled_endpoint(stage, name) or DONE)
        finally:
            with contextlib.suppress(ClientError):
                sagemaker.delete_endpoint(EndpointName=name)
            wait_until(lambda: not sagemaker.list_endpoints(NameContains=name, StatusEquals="Deleting")["Endpoints"], 60)
    return "\n".join(heard)


def settled_endpoint(stage: Stage, name: str) -> str:
    """Why an endpoint that has come to rest failed, or its last update; empty when neither did."""

    def rest() -> dict[str, Any] | None:
        found: dict[str, Any] = stage.client("sagemaker").describe_endpoint(EndpointName=name)
        return None if found["EndpointStatus"] in ("Creating", "Updating", "RollingBack") else found

    return str(wait_until(rest, 60).get("FailureReason", ""))


def misses_a_model(stage: Stage) -> str:
    """A model whose artifact is not there is refused for that reason."""
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{stage.bucket}/runs/none/output/model.tar.gz"}
    role = stage.output("training", "HostingRoleArn")
    with said(stage) as heard:
        stage.client("sagemaker").create_model(ModelName=stage.fresh(), ExecutionRoleArn=role, PrimaryContainer=container)
    return "\n".join([*heard, DONE])


@contextlib.contextmanager
def said(stage: Stage) -> Iterator[list[str]]:
    """What AWS refuses while the body runs, and what the sandbox's SageMaker notes in its log."""
    log = stage.account.folder.log
    before, heard = log.stat().st_size, list[str]()
    try:
        yield heard
    except ClientError as refusal:
        heard.append(str(refusal))
    with log.open("rb") as file:
        file.seek(before)
        heard += [line for line in file.read().decode().splitlines() if "sandbox.sagemaker" in line]


# --- the functions ------------------------------------------------------------------------------------------------------------------------


def launches(stage: Stage) -> str:
    """A training request becomes a job."""
    answer = stage.invoke(LAUNCHER, {"corpus": "wiki", "hyperparameters": {"epochs": stage.next_epochs()}})
    if not answer.error:
        stage.ended(answer.payload["jobName"])
    return f"{answer.said}\n{'' if answer.error else DONE}"


def event_of(job: dict[str, Any]) -> str:
    """The event of a job's end."""
    detail = {"TrainingJobName": job["TrainingJobName"], "TrainingJobStatus": job["TrainingJobStatus"]}
    return json.dumps({"source": "aws.sagemaker", "detail-type": "SageMaker Training Job State Change", "detail": detail})


def record(stage: Stage, body: str) -> dict[str, Any]:
    """A message of the promotion queue, as Lambda hands it to the promoter."""
    sqs, url = stage.client("sqs"), stage.output("training", "PromotionQueueUrl")
    sqs.purge_queue(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody=body)
    wanted = {"QueueUrl": url, "AttributeNames": ["All"]}
    (message,) = wait_until(lambda: [each for each in sqs.receive_message(**wanted).get("Messages", []) if each["Body"] == body])
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
    }


def work_on(stage: Stage, body: str) -> str:
    """What the promoter says about a message."""
    return stage.invoke(PROMOTER, {"Records": [record(stage, body)]}).said


def promotes(stage: Stage) -> str:
    """The end of a good job updates the serving stack, and people are told."""
    job = stage.train()
    heard = work_on(stage, event_of(job))
    stage.settled(stage.stack("serving"))
    return f"{heard}\n{DONE if stage.parameters()['ModelDataUrl'] == job['ModelArtifacts']['S3ModelArtifacts'] else ''}"


def notes(stage: Stage) -> str:
    """The end of a job that does not replace the live model, a classifier here, leaves a note in its tags."""
    job = stage.train(corpus="labelled", mode="supervised")
    heard = work_on(stage, event_of(job))
    tags = stage.client("sagemaker").list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
    return f"{heard}\n{DONE if 'blazingtext:promotion' in {tag['Key'] for tag in tags} else ''}"


def misses_an_artifact(stage: Stage) -> str:
    """The end of a job whose artifact is gone is a dead letter for that reason."""
    job = stage.train()
    stage.client("s3").delete_object(Bucket=stage.bucket, Key=f"runs/{job['TrainingJobName']}/output/model.tar.gz")
    dead_letters(stage)
    return work_on(stage, event_of(job)) + dead_letters(stage)


def buries(stage: Stage) -> str:
    """A message that is no event goes to the dead-letter queue."""
    dead_letters(stage)
    return work_on(stage, "no event") + dead_letters(stage)


def dead_letters(stage: Stage) -> str:
    """The reasons of the dead letters, which are then gone."""
    sqs, url, reasons = stage.client("sqs"), stage.output("training", "DeadLetterQueueUrl"), list[str]()
    while found := sqs.receive_message(QueueUrl=url, MessageAttributeNames=["Reason"], MaxNumberOfMessages=10).get("Messages", []):
        for message in found:
            reasons.append(message.get("MessageAttributes", {}).get("Reason", {}).get("StringValue", ""))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return "\n".join(["", *reasons, DONE if reasons else ""])


def postpones(stage: Stage) -> str:
    """The end of a job waits for a busy serving stack."""
    waiting = stage.train()
    with stage.told("hang-ping"):
        begun = work_on(stage, event_of(stage.train()))
        heard = work_on(stage, event_of(waiting))
    stage.settled(stage.stack("serving"))
    return f"{begun}\n{heard}\n{DONE if 'itemIdentifier' in heard else ''}"


class _Reply(BaseHTTPRequestHandler):
    answers: list[str]

    def do_PUT(self) -> None:
        self.answers.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def deletion(stage: Stage, construct: str, **properties: str) -> str:
    """What a function tells CloudFormation when its resource is deleted, and its log."""
    answers: list[str] = []
    with HTTPServer(("127.0.0.1", 0), type("Reply", (_Reply,), {"answers": answers})) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        kind = {STOPPER: "stop-training-jobs", EMPTIER: "empty-bucket"}[construct]
        event = {
            "RequestType": "Delete", "ResponseURL": f"http://127.0.0.1:{server.server_port}/", "StackId": "stack", "RequestId": "request",
            "LogicalResourceId": "resource", "PhysicalResourceId": f"{kind}-x", "ResourceProperties": properties,
        }  # fmt: skip
        log = stage.invoke(construct, event).said
        server.shutdown()
    return "\n".join([*answers, log, DONE if '"SUCCESS"' in "".join(answers) else ""])


def stops_jobs(stage: Stage) -> str:
    """A running job is stopped and deleted with its log."""
    with stage.told("hold-training"):
        job = stage.launch()["jobName"]
        wait_until(lambda: stage.has_log(job))
        heard = deletion(stage, STOPPER, Stage=stage.name, DeleteJobs="true")
    with contextlib.suppress(ClientError):
        stage.ended(job)
    return heard


def empties_the_bucket(stage: Stage) -> str:
    """The bucket is emptied of objects, their versions and an unfinished upload."""
    s3 = stage.client("s3")
    stage.upload()
    s3.delete_object(Bucket=stage.bucket, Key="corpora/wiki/train/wiki.txt")
    s3.create_multipart_upload(Bucket=stage.bucket, Key="corpora/wiki/train/large.txt")
    heard = deletion(stage, EMPTIER, Bucket=stage.bucket)
    stage.upload()
    return heard
