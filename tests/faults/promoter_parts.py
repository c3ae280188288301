"""What the promoter does with a message, by the calls that it makes for it."""

import contextlib
import json
from collections.abc import Iterator

from tests.faults import steps
from tests.faults.as_lambda import Clock, Ran
from tests.faults.functions import PROMOTER, Part, make_group


class Promoter(Part):
    """Something that the promoter does with a message."""

    module, role = "promote_model", PROMOTER
    body: str

    def environment(self) -> dict[str, str]:
        return self.account.variables(steps.PROMOTER)

    @contextlib.contextmanager
    def ready(self, count: int = 1) -> Iterator[None]:
        """The message is handed over for the so-manieth time."""
        self.record = steps.record(self.stage, self.body)
        self.record["attributes"]["ApproximateReceiveCount"] = str(count)
        steps.dead_letters(self.stage)
        self.variables = self.environment()
        yield

    def run(self, clock: Clock | None = None, kill_at: int = -1) -> Ran:
        return self.account.function(self.module, self.role, **self.variables).run({"Records": [self.record]}, clock, kill_at)

    def became(self, ran: Ran) -> str:
        if ran.error is not None or ran.killed:
            return f"the function failed: {ran.error}"
        if ran.answer["batchItemFailures"]:
            return "later" if "sqs:ChangeMessageVisibility" in ran.calls else "again"
        reasons = steps.dead_letters(self.stage).replace(steps.DONE, "").strip()
        return f"dead letter: {reasons}" if reasons else "done"


class Promotes(Promoter):
    """The end of a good job begins an update, and people are told."""

    def prepare(self) -> None:
        self.job = self.account.job()
        self.body = steps.event_of(self.job)
        self.name, self.artifact = self.job["TrainingJobName"], self.job["ModelArtifacts"]["S3ModelArtifacts"]

    def is_done(self) -> bool:
        self.account.rest()
        live = self.stage.parameters()["ModelDataUrl"] == self.artifact
        return live and self.updates("SUCCEEDED") == 1 and bool(self.account.told.of(self.name))

    def is_untouched(self) -> bool:
        return not self.updates("RUNNING", "SUCCEEDED") and not self.account.told.of(self.name)

    def updates(self, *statuses: str) -> int:
        """How many executions of the state machine were to make this artifact live, and are in one of some states."""
        machine, states = self.stage.output("training", "ServingUpdateArn"), self.stage.client("stepfunctions")
        wanted = {"ParameterKey": "ModelDataUrl", "ParameterValue": self.artifact}
        listed = states.list_executions(stateMachineArn=machine, maxResults=20)["executions"]
        inputs = (states.describe_execution(executionArn=each["executionArn"])["input"] for each in listed if each["status"] in statuses)
        return sum(wanted in json.loads(each)["Parameters"] for each in inputs)


class PromotesTuned(Promotes):
    """The end of a tuning job begins an update to its best model."""

    makes = frozenset({"sagemaker:DescribeHyperParameterTuningJob"})

    def prepare(self) -> None:
        tuning = self.stage.invoke(steps.TUNER, steps.tuning_request(self.stage)).payload["tuningJobName"]
        self.name = steps.tuned(self.stage, tuning)
        self.artifact = self.stage.described(self.name)["ModelArtifacts"]["S3ModelArtifacts"]
        self.body = steps.event_of_tuning(tuning)


class Notes(Promoter):
    """The end of a job that does not replace the live model leaves a note in its tags."""

    makes = frozenset({"sagemaker:AddTags"})

    def prepare(self) -> None:
        self.job = self.account.job(HyperParameters={"mode": "supervised", "epochs": "5"})
        self.body = steps.event_of(self.job)

    def is_done(self) -> bool:
        return self.is_noted() and bool(self.account.told.of(self.job["TrainingJobName"]))

    def is_untouched(self) -> bool:
        return not self.is_noted()

    def is_noted(self) -> bool:
        tags = self.stage.client("sagemaker").list_tags(ResourceArn=self.job["TrainingJobArn"])["Tags"]
        return "blazingtext:promotion" in {tag["Key"] for tag in tags}


class Buries(Promoter):
    """A message that is no event goes to the dead-letter queue."""

    makes = frozenset({"sqs:SendMessage"})
    done = "dead letter"
    body = "no event"

    def prepare(self) -> None:
        """Nothing."""

    def is_done(self) -> bool:
        """It is told by the answer itself: "dead letter"."""
        return True

    def is_untouched(self) -> bool:
        """There are always more such messages."""
        return True


class Postpones(Promoter):
    """The end of a job waits for a busy stack."""

    makes = frozenset({"sqs:ChangeMessageVisibility"})
    done = "later"

    def prepare(self) -> None:
        self.body = steps.event_of(self.account.waiting)

    @contextlib.contextmanager
    def ready(self, count: int = 1) -> Iterator[None]:
        with super().ready(count), self.stage.told("hang-ping"):
            live = self.stage.parameters()["ModelDataUrl"]
            self.stage.begin(ModelDataUrl=next(each for each in self.account.models if each != live))
            yield
        self.account.rest()
        serving = self.stage.stack("serving")
        assert self.stage.settled(serving) == "UPDATE_COMPLETE", self.stage.reasons(serving)

    def is_done(self) -> bool:
        """It is told by the answer itself: "later"."""
        return True

    def is_untouched(self) -> bool:
        """It waits until the stack is busy no more."""
        return True


class Registers(Promoter):
    """Where a person approves, the end of a job becomes a version in the registry."""

    makes = frozenset({"sagemaker:ListModelPackages", "sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", "s3:PutObject"})
    group = "blazingtext-all-unreliable"

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "MODEL_PACKAGE_GROUP": self.group}

    def prepare(self) -> None:
        make_group(self.stage, self.group)
        self.job = self.account.job()
        self.body = steps.event_of(self.job)

    def is_done(self) -> bool:
        return self.versions() == 1 and bool(self.account.told.of(self.job["TrainingJobName"]))

    def is_untouched(self) -> bool:
        return self.versions() == 0

    def versions(self) -> int:
        """How many versions the job has become."""
        listed = self.stage.client("sagemaker").list_model_packages(ModelPackageGroupName=self.group, MaxResults=100)
        named = [each.get("ModelPackageDescription") for each in listed["ModelPackageSummaryList"]]
        return named.count(self.job["TrainingJobName"])
