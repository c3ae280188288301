"""The steps of a model's life that the roles of services are for: each does something real and gives back everything that was said."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from botocore.exceptions import ClientError

from blazingtext.runs import processing_code
from blazingtext_lifecycle import naming
from tests.faults.stage import IMAGE, MEASURED, OWN_IMAGE, RAW_BUCKET, RESUME, TRAINING_LOGS, Stage
from tests.parity.support import wait_until

LAUNCHER, PROMOTER = "LauncherLaunchTrainingFunction", "PromotionPromoteModelFunction"
TUNER = "TunerLaunchTuningFunction"
PROCESSOR, PROCESSING_LOGS = "ProcessorLaunchProcessingFunction", "/aws/sagemaker/ProcessingJobs"
TRANSFORMER, TRANSFORM_LOGS = "TransformerLaunchTransformFunction", "/aws/sagemaker/TransformJobs"
STOPPER, EMPTIER, CLEANER = "JobCleanupFunction", "RetirementRetireFunction", "ModelRegistryCleanupFunction"
# What stands for the hash of the code of processing jobs.
CODE = "c0de" * 16
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
            wait_until(lambda: not sagemaker.list_endpoints(NameContains=name, StatusEquals="Deleting")["Endpoints"])
    return "\n".join(heard)


def go_live(stage: Stage) -> None:
    """Some model is live afterwards."""
    if not stage.parameters()["ModelDataUrl"]:
        stage.update(ModelDataUrl=artifact(stage))


def captures(stage: Stage) -> str:
    """What the live endpoint is asked lies in the bucket."""
    go_live(stage)
    captured = {"Bucket": stage.bucket, "Prefix": "captured/"}
    before, heard = stage.client("s3").list_objects_v2(**captured)["KeyCount"], Log(stage)
    stage.client("sagemaker-runtime").invoke_endpoint(EndpointName=f"blazingtext-{stage.name}", Body=b"{}")

    def known() -> str:
        stored = stage.client("s3").list_objects_v2(**captured)["KeyCount"] > before
        return DONE if stored else heard.about("captured requests cannot be written")

    return wait_until(known)


def settled_endpoint(stage: Stage, name: str) -> str:
    """Why an endpoint that has come to rest failed, or its last update; empty when neither did."""

    def rest() -> dict[str, Any] | None:
        found: dict[str, Any] = stage.client("sagemaker").describe_endpoint(EndpointName=name)
        return None if found["EndpointStatus"] in ("Creating", "Updating", "RollingBack") else found

    return str(wait_until(rest).get("FailureReason", ""))


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
    log, heard = Log(stage), list[str]()
    try:
        yield heard
    except ClientError as refusal:
        heard.append(str(refusal))
    heard.append(log.about("sandbox.sagemaker"))


class Log:
    """What the sandbox notes in its log from now on."""

    def __init__(self, stage: Stage) -> None:
        self._path = stage.account.folder.log
        self._begin = self._path.stat().st_size

    def about(self, words: str) -> str:
        """The lines with some words; empty when there are none."""
        with self._path.open("rb") as file:
            file.seek(self._begin)
            return "\n".join(line for line in file.read().decode().splitlines() if words in line)


# --- the schedules ------------------------------------------------------------------------------------------------------------------------


def resumes(stage: Stage) -> str:
    """A schedule whose time has come starts the state machine; the one that pauses would take the endpoint from the other steps."""
    scheduler, machine = stage.client("scheduler"), stage.output("training", "ServingUpdateArn")
    found = scheduler.get_schedule(GroupName=f"blazingtext-{stage.name}-schedules", Name="resume")
    heard, before = Log(stage), executions(stage, machine)
    kept = {key: found[key] for key in ("GroupName", "Name", "Target", "FlexibleTimeWindow")}
    scheduler.update_schedule(**kept, ScheduleExpression="at(2020-01-01T00:00:00)")
    said = wait_until(lambda: DONE if executions(stage, machine) > before else heard.about(f"{found['Name']}: "))
    scheduler.update_schedule(**kept, ScheduleExpression=RESUME)
    rest(stage)
    return said


def rest(stage: Stage) -> None:
    """Nothing updates the serving stack any more afterwards, nor is about to."""
    machine = stage.output("training", "ServingUpdateArn")
    wait_until(lambda: not executions(stage, machine, statusFilter="RUNNING"))
    stage.settled(stage.stack("serving"))


def executions(stage: Stage, machine: str, **options: str) -> int:
    """How many executions of the state machine there are, or were."""
    return len(stage.client("stepfunctions").list_executions(stateMachineArn=machine, **options)["executions"])


# --- the functions ------------------------------------------------------------------------------------------------------------------------


def launches(stage: Stage) -> str:
    """A training request becomes a job."""
    answer = stage.invoke(LAUNCHER, {"corpus": "wiki", "hyperparameters": {"epochs": stage.next_epochs()}})
    if not answer.error:
        stage.ended(answer.payload["jobName"])
    return f"{answer.said}\n{'' if answer.error else DONE}"


def launches_named(stage: Stage) -> str:
    """A training request with a name becomes a job, and is found again by that name."""
    event = {"corpus": "wiki", "name": f"named-{stage.next_epochs()}"}
    first = stage.invoke(LAUNCHER, event)
    if first.error:
        return first.said
    stage.ended(first.payload["jobName"])
    again = stage.invoke(LAUNCHER, event)
    return f"{first.said}\n{again.said}\n{'' if again.error else DONE}"


def tuning_request(stage: Stage, **tuning: Any) -> dict[str, Any]:
    """A request to tune that was not made before, for one training job."""
    first = stage.next_epochs()
    ranges = {"epochs": {"from": first, "to": first + 1}}
    return {"corpus": "wiki", "tuning": {"ranges": ranges, "maxJobs": 1, "strategy": "Random", **tuning}}


def tuned(stage: Stage, name: str) -> str:
    """The best training job of a tuning job, once that has ended."""

    def look() -> dict[str, Any] | None:
        found = dict(stage.client("sagemaker").describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name))
        return found if found["HyperParameterTuningJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return str(wait_until(look).get("BestTrainingJob", {}).get("TrainingJobName", ""))


def tunes(stage: Stage) -> str:
    """A tuning request becomes a tuning job, and another learns from it."""
    first = stage.invoke(TUNER, tuning_request(stage))
    if first.error:
        return first.said
    name = first.payload["tuningJobName"]
    tuned(stage, name)
    second = stage.invoke(TUNER, tuning_request(stage, warmStart=[name]))
    if not second.error:
        tuned(stage, second.payload["tuningJobName"])
    return f"{first.said}\n{second.said}\n{'' if second.error else DONE}"


def transform_request(stage: Stage, lines: int = 1) -> dict[str, Any]:
    """A request for a transform job that was not made before."""
    data, run = stage.fresh().removeprefix(f"blazingtext-{stage.name}-"), artifact(stage).split("/")[4]
    body = b'{"source": "music"}\n' * lines
    stage.client("s3").put_object(Bucket=stage.bucket, Key=f"transforms/{data}/input/part-00001.jsonl", Body=body)
    return {"data": data, "run": run}


def transformed(stage: Stage, name: str) -> dict[str, Any]:
    """A transform job that has ended."""

    def look() -> dict[str, Any] | None:
        found = dict(stage.client("sagemaker").describe_transform_job(TransformJobName=name))
        return found if found["TransformJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return dict(wait_until(look))


def event_of_transform(name: str) -> dict[str, Any]:
    """The event of a transform job's end."""
    detail = {"TransformJobName": name, "TransformJobStatus": "Completed"}
    return {"source": "aws.sagemaker", "detail-type": "SageMaker Transform Job State Change", "detail": detail}


def transforms(stage: Stage) -> str:
    """The first transform job of an account runs to its end, and its model goes."""
    with contextlib.suppress(ClientError):
        stage.client("logs").delete_log_group(logGroupName=TRANSFORM_LOGS)
    with said(stage) as heard:
        answer = stage.invoke(TRANSFORMER, transform_request(stage))
        if answer.error:
            return answer.said
        name = answer.payload["jobName"]
        ended = transformed(stage, name)
        finished = stage.invoke(TRANSFORMER, event_of_transform(name))
        heard += [str(ended.get("FailureReason", "")), finished.said]
        heard.append(DONE if ended["TransformJobStatus"] == "Completed" and not finished.error else "")
    return "\n".join(heard)


def processing_request(stage: Stage) -> dict[str, Any]:
    """A request for a processing job that was not made before, over text in each bucket that the stage reads; its code is there."""
    s3, corpus = stage.client("s3"), stage.fresh().removeprefix(f"blazingtext-{stage.name}-")
    with contextlib.suppress(ClientError):
        s3.create_bucket(Bucket=RAW_BUCKET)
    buckets = (stage.bucket, *stage.settings.source_buckets)
    for bucket in buckets:
        s3.put_object(Bucket=bucket, Key=f"raw/{corpus}/a.txt", Body=b"The king and the queen.\n" * 5)
    for name, data in processing_code.files().items():
        s3.put_object(Bucket=stage.bucket, Key=naming.code_key(CODE, name), Body=data)
    return {"corpus": corpus, "code": CODE, "sources": [f"s3://{bucket}/raw/{corpus}/" for bucket in buckets]}


def processed(stage: Stage, name: str) -> dict[str, Any]:
    """A processing job that has ended."""

    def look() -> dict[str, Any] | None:
        found = dict(stage.client("sagemaker").describe_processing_job(ProcessingJobName=name))
        return found if found["ProcessingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return dict(wait_until(look))


def processes(stage: Stage) -> str:
    """The first processing job of an account makes a corpus and leaves nothing else, and the same request finds it."""
    logs, request = stage.client("logs"), processing_request(stage)
    with contextlib.suppress(ClientError):
        logs.delete_log_group(logGroupName=PROCESSING_LOGS)
    with said(stage) as heard:
        answer = stage.invoke(PROCESSOR, request)
        if answer.error:
            return answer.said
        name = answer.payload["jobName"]
        ended = processed(stage, name)
        left = stage.client("s3").list_objects_v2(Bucket=stage.bucket, Prefix=f"staging/{name}/").get("Contents", [])
        again = stage.invoke(PROCESSOR, request)
        heard += [str(ended.get("FailureReason", "")), again.said]
        with contextlib.suppress(ClientError):
            heard += [each["message"] for each in logs.filter_log_events(logGroupName=PROCESSING_LOGS)["events"]]
        done = ended["ProcessingJobStatus"] == "Completed" and not left and not again.error
        heard.append(DONE if done else "")
    return "\n".join(heard)


def promotes_tuned(stage: Stage) -> str:
    """The end of a tuning job puts its best model into service."""
    name = stage.invoke(TUNER, tuning_request(stage)).payload["tuningJobName"]
    best = tuned(stage, name)
    heard = work_on(stage, event_of_tuning(name))
    stage.settled(stage.stack("serving"))
    stage.forget_candidate()
    return f"{heard}\n{DONE if f'/{best}/' in stage.parameters()['ModelDataUrl'] else ''}"


def event_of(job: dict[str, Any]) -> str:
    """The event of a job's end."""
    detail = {"TrainingJobName": job["TrainingJobName"], "TrainingJobStatus": job["TrainingJobStatus"]}
    return json.dumps({"source": "aws.sagemaker", "detail-type": "SageMaker Training Job State Change", "detail": detail})


def event_of_tuning(name: str) -> str:
    """The event of a tuning job's end."""
    detail = {"HyperParameterTuningJobName": name, "HyperParameterTuningJobStatus": "Completed"}
    return json.dumps({"source": "aws.sagemaker", "detail-type": "SageMaker HyperParameter Tuning Job State Change", "detail": detail})


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
    job = stage.candidate()
    heard = work_on(stage, event_of(job))
    rest(stage)
    return f"{heard}\n{DONE if stage.is_live(job) else ''}"


def notes(stage: Stage) -> str:
    """The end of a job that does not replace the live model, a classifier here, leaves a note in its tags."""
    go_live(stage)
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
    waiting, other = stage.candidate(), stage.train()
    with stage.told("hang-ping"):
        stage.begin(ModelDataUrl=other["ModelArtifacts"]["S3ModelArtifacts"])
        heard = work_on(stage, event_of(waiting))
    stage.settled(stage.stack("serving"))
    return f"{heard}\n{DONE if 'itemIdentifier' in heard else ''}"


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
        kind = {STOPPER: "stop-training-jobs", EMPTIER: "empty-bucket", CLEANER: "delete-model-versions"}[construct]
        event = {
            "RequestType": "Delete", "ResponseURL": f"http://127.0.0.1:{server.server_port}/", "StackId": "stack", "RequestId": "request",
            "LogicalResourceId": "resource", "PhysicalResourceId": f"{kind}-x", "ResourceProperties": properties,
        }  # fmt: skip
        log = stage.invoke(construct, event).said
        server.shutdown()
    return "\n".join([*answers, log, DONE if '"SUCCESS"' in "".join(answers) else ""])


def stops_jobs(stage: Stage) -> str:
    """A running tuning job, a transform job and a training job are stopped, and deleted with their logs and models."""
    request, model = transform_request(stage, lines=2_000_000), artifact(stage)
    with stage.told("hold-training"):
        tuning = stage.invoke(TUNER, tuning_request(stage)).payload["tuningJobName"]
        job = stage.launch()["jobName"]
        stage.wait_for_log(job)
        stage.invoke(TRANSFORMER, request)
        tags = [{"Key": "blazingtext:project", "Value": "blazingtext"}, {"Key": "blazingtext:stage", "Value": stage.name}]
        processing = {**_lasting(stage), "Tags": tags}
        stage.client("sagemaker").create_processing_job(**processing)
        # The model of a job that is stopped may be removed by the function that hears of it.
        _left_behind(stage, model)
        heard = deletion(stage, STOPPER, Stage=stage.name, DeleteJobs="true")
    with contextlib.suppress(ClientError):
        stage.ended(job)
    with contextlib.suppress(ClientError):
        tuned(stage, tuning)
    return heard


def _lasting(stage: Stage) -> dict[str, Any]:
    """A request for a processing job that does nothing for long."""
    return {
        "ProcessingJobName": stage.fresh(),
        "RoleArn": stage.output("training", "ProcessingRoleArn"),
        "AppSpecification": {"ImageUri": OWN_IMAGE, "ContainerEntrypoint": ["sleep", "600"]},
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5}},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def _left_behind(stage: Stage, model: str) -> None:
    """A model of the stage whose transform job ended unheard."""
    tags = [{"Key": "blazingtext:project", "Value": "blazingtext"}, {"Key": "blazingtext:stage", "Value": stage.name}]
    role, container = stage.output("training", "TransformRoleArn"), {"Image": IMAGE, "ModelDataUrl": model}
    stage.client("sagemaker").create_model(ModelName=stage.fresh(), ExecutionRoleArn=role, PrimaryContainer=container, Tags=tags)


def empties_the_bucket(stage: Stage) -> str:
    """The bucket is emptied of objects, their versions and an unfinished upload."""
    s3 = stage.client("s3")
    stage.upload()
    s3.delete_object(Bucket=stage.bucket, Key="corpora/wiki/train/wiki.txt")
    s3.create_multipart_upload(Bucket=stage.bucket, Key="corpora/wiki/train/large.txt")
    heard = deletion(stage, EMPTIER, Bucket=stage.bucket)
    stage.upload()
    return heard
