"""The stage's functions with their roles, in this process, and what the stage has for them to do."""

import contextlib
import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import boto3

from tests.faults import steps
from tests.faults.as_lambda import AsLambda, Clock, Ran
from tests.faults.stage import Stage
from tests.parity.support import wait_until

LAUNCHER, TUNER, PROMOTER = "LauncherLaunchTrainingRole", "TunerLaunchTuningRole", "PromotionPromoteModelRole"
TRANSFORMER = "TransformerLaunchTransformRole"
PROCESSOR = "ProcessorLaunchProcessingRole"
STOPPER, EMPTIER, CLEANER = "JobCleanupFunctionRole", "RetirementRetireRole", "ModelRegistryCleanupRole"
MACHINE = "PromotionServingUpdateRole"


@dataclass
class Account:
    """The stage, its functions as Lambda runs them, and who is told.

    Attributes:
        stage: the stage.
        actions: role -> what it is granted; each may do it to everything here, since what is refused is shown elsewhere.
        name: what the names of its stand-ins begin with.
    """

    stage: Stage
    actions: Mapping[str, frozenset[str]]
    name: str = "unreliable"
    _sessions: dict[str, boto3.session.Session] = field(default_factory=dict)
    _clients: dict[str, dict[str, Any]] = field(default_factory=dict)

    def function(self, module: str, role: str, **environment: str) -> AsLambda:
        """A function with credentials of a role that may do what its own may."""
        if role not in self._sessions:
            self._sessions[role] = boto3.session.Session(*self._credentials(role), region_name=self.exports["AWS_DEFAULT_REGION"])
        reached = {name: self.exports[name] for name in ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE")}
        return AsLambda(module, self._sessions[role], {**reached, **environment}, self._clients.setdefault(role, {}))

    @cached_property
    def exports(self) -> dict[str, str]:
        """What points a client at the account."""
        return self.stage.account.exports()

    def _credentials(self, role: str) -> tuple[str, str, str]:
        iam, name = self.stage.client("iam"), f"{self.name}-{role}"
        trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        allowed = {"Effect": "Allow", "Action": sorted(self.actions[role]), "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)
        given = self.stage.client("sts").assume_role(RoleArn=arn, RoleSessionName="unreliable")["Credentials"]
        return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]

    def variables(self, construct: str) -> dict[str, str]:
        """The environment of a deployed function."""
        found = self.stage.client("lambda").get_function_configuration(FunctionName=self.stage.function(construct))
        return dict(found["Environment"]["Variables"])

    @cached_property
    def told(self) -> "Told":
        return Told(self.stage)

    def job(self, **changes: Any) -> dict[str, Any]:
        """A job of the stage's, as it ended."""
        name = self.stage.fresh()
        self.stage.client("sagemaker").create_training_job(**self.stage.job_request(name, **changes))
        return self.stage.ended(name)

    @cached_property
    def models(self) -> Iterator[str]:
        """Two artifacts in turn: to have one of them served is an update."""
        return itertools.cycle([self.job()["ModelArtifacts"]["S3ModelArtifacts"] for _ in range(2)])

    @cached_property
    def waiting(self) -> dict[str, Any]:
        """A finished job that waits as long as the stack is busy."""
        return self.job()

    @cached_property
    def tuned(self) -> str:
        """A tuning job that has ended."""
        name: str = self.stage.invoke(steps.TUNER, steps.tuning_request(self.stage)).payload["tuningJobName"]
        steps.tuned(self.stage, name)
        return name

    def rest(self) -> None:
        """Wait until no update is going on, and none is about to begin."""
        states, machine = self.stage.client("stepfunctions"), self.stage.output("training", "ServingUpdateArn")
        wait_until(lambda: not states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"])
        self.stage.settled(self.stage.stack("serving"))


class Told:
    """What the topic has told, by a queue that listens to it."""

    def __init__(self, stage: Stage) -> None:
        self._sqs = stage.client("sqs")
        self.url = self._sqs.create_queue(QueueName="told")["QueueUrl"]
        topic, arn = stage.output("training", "NotificationsTopicArn"), stage.queue_arn(self.url)
        allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})
        stage.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self.messages: list[str] = []

    def of(self, name: str) -> list[str]:
        """What was told of a job."""
        wanted = {"QueueUrl": self.url, "MaxNumberOfMessages": 10}
        while found := self._sqs.receive_message(**wanted).get("Messages", []):
            for each in found:
                self.messages.append(json.loads(each["Body"])["Message"])
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=each["ReceiptHandle"])
        return [message for message in self.messages if name in message]


class Part(ABC):
    """Something that a function does.

    Attributes:
        module: the function's module.
        role: its role.
        makes: the actions of the calls that it makes for this; None: all that its role has and no other part makes.
        done: what has become of it when all went well.
    """

    module: ClassVar[str]
    role: ClassVar[str]
    makes: ClassVar[frozenset[str] | None] = None
    done: ClassVar[str] = "done"

    def __init__(self, account: Account) -> None:
        self.account, self.stage = account, account.stage
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Have something there for it to do."""

    @contextlib.contextmanager
    def ready(self, count: int = 1) -> Iterator[None]:
        """All is there that one run needs, which is the so-manieth."""
        del count
        yield

    @abstractmethod
    def run(self, clock: Clock | None = None, kill_at: int = -1) -> Ran:
        """Have the function do it."""

    @abstractmethod
    def became(self, ran: Ran) -> str:
        """What became of it, in a word or two, and the function's own words."""

    def do(self, count: int = 1, kill_at: int = -1) -> tuple[str, Ran]:
        """Do it without any fault."""
        with self.ready(count):
            ran = self.run(kill_at=kill_at)
        return self.became(ran), ran

    @abstractmethod
    def is_done(self) -> bool:
        """Whether it is done, and only once."""

    @abstractmethod
    def is_untouched(self) -> bool:
        """Whether it is all still to be done."""


def make_group(stage: Stage, group: str) -> None:
    """A model package group, unless it is there."""
    sagemaker = stage.client("sagemaker")
    if group not in {each["ModelPackageGroupName"] for each in sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]}:
        sagemaker.create_model_package_group(ModelPackageGroupName=group)
