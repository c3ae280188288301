"""A stage with every setting that adds a permission, deployed by CloudFormation itself: without the CDK's command line it takes seconds."""

import io
import itertools
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from blazingtext_lifecycle.environments import AutoPromote
from blazingtext_sandbox.account import Sandbox
from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage import build
from tests.parity.support import wait_until
from tests.template.references import name

ROOT = Path(__file__).parents[2]
ASSETS = "cdk-blzgtxt-assets-000000000000-us-east-1"
# BlazingText's, in whose place `container.py` runs: https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/ecr-us-east-1.html
REPOSITORY = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext"
IMAGE = f"{REPOSITORY}:1"
# The same container under a name that is not BlazingText's, whose jobs may define metrics of their own.
OWN_REPOSITORY = "111122223333.dkr.ecr.us-east-1.amazonaws.com/own"
OWN_IMAGE = f"{OWN_REPOSITORY}:1"
# How such a job defines the metric that the container prints.
MEASURED = {
    "TrainingImage": OWN_IMAGE,
    "TrainingInputMode": "File",
    "MetricDefinitions": [{"Name": "train:mean_rho", "Regex": r"#mean_rho: (\S+)"}],
}
TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
CORPUS = b"the quick brown fox jumps over the lazy dog\n" * 100
LABELLED = b"__label__good a film of great warmth\n" * 100


def all_permissions(stage: str) -> Settings:
    """The settings that give roles permissions, all on: a new one belongs here."""
    return Settings(
        stage=stage,
        delete_data=True,
        endpoint_bake_seconds=0,
        kms_key="make",
        vpc_subnets=("subnet-0a1b2c3d",),
        vpc_security_groups=("sg-0a1b2c3d",),
        notebook_role=True,
        people_policies=True,
        dashboard=True,
        train_on_upload=True,
        github_repository="company/search",
        # What is live is then what a test promoted last.
        auto_promote=AutoPromote.ALWAYS,
    )


@dataclass(frozen=True)
class Answer:
    """What a function answered.

    Attributes:
        payload: its answer, or the error.
        error: whether it failed.
        log: the end of its log.
    """

    payload: Any
    error: bool
    log: str

    @property
    def said(self) -> str:
        """Answer and log as one text."""
        return f"{json.dumps(self.payload)}\n{self.log}"


def bootstrap(account: Sandbox) -> str:
    """What the stacks need of `cdk bootstrap`: its version, the bucket for assets, and CloudFormation's role, whose ARN it gives."""
    account.boto3("s3").create_bucket(Bucket=ASSETS)
    account.boto3("ssm").put_parameter(Name="/cdk-bootstrap/blzgtxt/version", Value="30", Type="String")
    return deployment_role(account, "cdk-blzgtxt-cfn-exec-role-000000000000-us-east-1", *map(policy_of, ("execution", "company")))


def policy_of(name: str) -> dict[str, Any]:
    """One of the project's two policies for CloudFormation."""
    return dict(json.loads((ROOT / "bootstrap" / f"{name}-policy.json").read_text(encoding="utf-8")))


def deployment_role(account: Sandbox, name: str, *documents: dict[str, Any]) -> str:
    """A role by which CloudFormation may do what some policies allow; its ARN."""
    iam = account.boto3("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    for number, each in enumerate(documents):
        iam.put_role_policy(RoleName=name, PolicyName=f"policy-{number}", PolicyDocument=json.dumps(each))
    return arn


class Stage:
    """The stacks of a stage in an account, and what a test does with them as the account's root.

    Args:
        account: where.
        settings: the stage's settings.
        assembly: the folder for the synthesis.
        control: the folder by which the container is told what to do.
    """

    def __init__(self, account: Sandbox, settings: Settings, assembly: Path, control: Path) -> None:
        self.account, self.settings, self.assembly, self.control = account, settings, assembly, control
        self.name = settings.stage
        self._clients: dict[str, Any] = {}
        self._found: dict[tuple[str, str], str] = {}
        self._epochs, self._numbers = itertools.count(10), itertools.count(1)
        context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
        app = cdk.App(outdir=str(assembly), context=context, analytics_reporting=False)
        build(app, settings)
        app.synth()

    def client(self, service: str) -> Any:
        """A client of the account's root."""
        if service not in self._clients:
            self._clients[service] = self.account.boto3(service)
        return self._clients[service]

    # --- the stacks ------------------------------------------------------------------------------------------------------------------

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        """The templates by the names of their stacks, in the order in which they are deployed."""
        names = ["Storage", "Training", "Serving", *(["Delivery"] if self.settings.github_repository else [])]
        return {self.stack(name): json.loads((self.assembly / f"{name}.template.json").read_text(encoding="utf-8")) for name in names}

    def stack(self, name: str) -> str:
        return f"blazingtext-{self.name}-{name.lower()}"

    def deploy(self) -> None:
        """Upload the functions, then make the stacks with CloudFormation's role, as `cdk deploy` does."""
        role = bootstrap(self.account)
        for folder in self.assembly.glob("asset.*"):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                    archive.write(path, path.relative_to(folder))
            self.client("s3").put_object(Bucket=ASSETS, Key=f"{folder.name.removeprefix('asset.')}.zip", Body=packed.getvalue())
        for stack, template in self.templates.items():
            assert self.create(stack, template, RoleARN=role) == "CREATE_COMPLETE", self.reasons(stack)

    def create(self, name: str, template: dict[str, Any], **options: Any) -> str:
        """Make a stack from a template of any size; its final status."""
        self.client("s3").put_object(Bucket=ASSETS, Key=f"{name}.json", Body=json.dumps(template).encode())
        self.client("cloudformation").create_stack(
            StackName=name,
            TemplateURL=f"https://s3.us-east-1.amazonaws.com/{ASSETS}/{name}.json",
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            **options,
        )
        return self.settled(name)

    def delete(self, name: str, **options: Any) -> str:
        """Delete a stack; its final status."""
        (found,) = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        self.client("cloudformation").delete_stack(StackName=name, **options)
        return self.settled(found["StackId"])

    def settled(self, name: str) -> str:
        """A stack's status when nothing is in progress."""

        def final() -> str | None:
            status = str(self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
            return None if status.endswith("IN_PROGRESS") else status

        return wait_until(final, 60)

    def reasons(self, name: str) -> str:
        events = self.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        return "\n".join(event.get("ResourceStatusReason", "") for event in events)

    def output(self, stack: str, name: str) -> str:
        """An output of a stack; it is asked for once."""
        if (stack, name) not in self._found:
            self._found[stack, name] = self._output(stack, name)
        return self._found[stack, name]

    def _output(self, stack: str, name: str) -> str:
        (found,) = self.client("cloudformation").describe_stacks(StackName=self.stack(stack))["Stacks"]
        return str(next(each["OutputValue"] for each in found["Outputs"] if each["OutputKey"] == name))

    def physical(self, construct: str, type_: str) -> str:
        """The physical id of the resource of a type that a construct made, in whichever stack; it is asked for once."""
        if (construct, type_) not in self._found:
            self._found[construct, type_] = self._physical(construct, type_)
        return self._found[construct, type_]

    def _physical(self, construct: str, type_: str) -> str:
        (found,) = [
            (stack, logical)
            for stack, template in self.templates.items()
            for logical, resource in template["Resources"].items()
            if resource["Type"] == type_ and name(logical) == construct
        ]
        described = self.client("cloudformation").describe_stack_resource(StackName=found[0], LogicalResourceId=found[1])
        return str(described["StackResourceDetail"]["PhysicalResourceId"])

    @cached_property
    def bucket(self) -> str:
        return self.output("storage", "BucketName")

    def parameters(self) -> dict[str, str]:
        """The serving stack's parameters."""
        (found,) = self.client("cloudformation").describe_stacks(StackName=self.stack("serving"))["Stacks"]
        return {each["ParameterKey"]: each["ParameterValue"] for each in found["Parameters"]}

    # --- jobs ------------------------------------------------------------------------------------------------------------------------

    def upload(self) -> None:
        """A corpus for word vectors, and one for classifiers."""
        for corpus, text in (("wiki", CORPUS), ("labelled", LABELLED)):
            self.client("s3").put_object(Bucket=self.bucket, Key=f"corpora/{corpus}/train/{corpus}.txt", Body=text)

    def next_epochs(self) -> int:
        """More epochs than any job before: another request, and a better model."""
        return next(self._epochs)

    def job_request(self, name: str, role: str = "", **changes: Any) -> dict[str, Any]:
        """A training job like the launcher's."""
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/corpora/wiki/train/"}
        return {
            "TrainingJobName": name,
            "RoleArn": role or self.output("training", "TrainingRoleArn"),
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "HyperParameters": {"mode": "batch_skipgram", "epochs": str(self.next_epochs())},
            "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/runs"},
            "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            "Tags": [{"Key": "blazingtext:project", "Value": "blazingtext"}, {"Key": "blazingtext:stage", "Value": self.name}],
            **changes,
        }  # fmt: skip

    def train(self, epochs: int | None = None, **request: Any) -> dict[str, Any]:
        """A job started by the launcher, as it ended."""
        return self.ended(self.launch(epochs, **request)["jobName"])

    def launch(self, epochs: int | None = None, **request: Any) -> dict[str, Any]:
        """The launcher's answer; an AssertionError with its words when it refuses."""
        wanted = {"corpus": "wiki", "hyperparameters": {"epochs": epochs or self.next_epochs()}, **request}
        answer = self.invoke("LauncherLaunchTrainingFunction", wanted)
        assert not answer.error, answer.said
        return dict(answer.payload)

    def promote(self, job: dict[str, Any]) -> None:
        """Make the model of a finished job the live one."""
        self.update(ModelDataUrl=job["ModelArtifacts"]["S3ModelArtifacts"])

    def update(self, **changes: str) -> None:
        """Set parameters of the serving stack, as CloudFormation's caller."""
        kept = [{"ParameterKey": key, "UsePreviousValue": True} for key in self.parameters() if key not in changes]
        parameters = [*kept, *({"ParameterKey": key, "ParameterValue": value} for key, value in changes.items())]
        name = self.stack("serving")
        self.client("cloudformation").update_stack(StackName=name, UsePreviousTemplate=True, Parameters=parameters)
        assert self.settled(name) == "UPDATE_COMPLETE", self.reasons(name)

    def ended(self, job: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self.described(job)
            return found if found["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

        return wait_until(look, 60)

    def described(self, job: str) -> dict[str, Any]:
        return dict(self.client("sagemaker").describe_training_job(TrainingJobName=job))

    def fresh(self) -> str:
        """A name that nothing has yet."""
        return f"blazingtext-{self.name}-n{next(self._numbers)}"

    def has_log(self, job: str) -> bool:
        """Whether a job has written to its log."""
        groups = self.client("logs").describe_log_groups(logGroupNamePrefix=TRAINING_LOGS)["logGroups"]
        return bool(groups and self._log_streams(job))

    def log_stream(self, job: str) -> str:
        """The log stream of a job."""
        return str(self._log_streams(job)[0]["logStreamName"])

    def _log_streams(self, job: str) -> list[dict[str, Any]]:
        found = self.client("logs").describe_log_streams(logGroupName=TRAINING_LOGS, logStreamNamePrefix=f"{job}/")
        return list(found["logStreams"])

    # --- objects and messages --------------------------------------------------------------------------------------------------------

    def unfinished(self, **place: str) -> str:
        """The id of an unfinished upload."""
        return str(self.client("s3").create_multipart_upload(**place)["UploadId"])

    def receipt(self, queue: str) -> str:
        """The handle of a message that was received."""
        sqs = self.client("sqs")
        sqs.send_message(QueueUrl=queue, MessageBody="m")
        return str(wait_until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))[0]["ReceiptHandle"])

    def queue_arn(self, queue: str) -> str:
        got = self.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return str(got["Attributes"]["QueueArn"])

    # --- functions -------------------------------------------------------------------------------------------------------------------

    def function(self, construct: str) -> str:
        """The name of a function."""
        return self.physical(construct, "AWS::Lambda::Function")

    def invoke(self, construct: str, event: Any) -> Answer:
        """What a function makes of an event."""
        name = self.function(construct)
        before = self.log(name)
        got = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
        payload = json.loads(got["Payload"].read() or b"null")
        return Answer(payload, bool(got.get("FunctionError")), "\n".join(self.log(name)[len(before) :]))

    def log(self, function: str) -> list[str]:
        """The lines of a function's log."""
        group = self.client("lambda").get_function_configuration(FunctionName=function)["LoggingConfig"]["LogGroup"]
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event["message"] for page in pages for event in page["events"]]

    # --- the container ---------------------------------------------------------------------------------------------------------------

    @contextmanager
    def told(self, what: str) -> Iterator[None]:
        """The container is told to do something for a while: see `container.py`."""
        mark = self.control / what
        mark.touch()
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)
