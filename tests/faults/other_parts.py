"""What the functions do that start jobs, and those that tidy up when a resource is deleted."""

import contextlib
import json
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

from tests.faults import steps
from tests.faults.as_lambda import Clock, Ran, ResponseUrl
from tests.faults.calls import Scene
from tests.faults.functions import CLEANER, EMPTIER, LAUNCHER, PROCESSOR, STOPPER, TRANSFORMER, TUNER, Part, make_group
from tests.faults.stage import IMAGE
from tests.parity.support import wait_until


class Starts(Part):
    """A request becomes a job."""

    construct: ClassVar[str]
    request: dict[str, Any]

    def run(self, clock: Clock | None = None, kill_at: int = -1) -> Ran:
        function = self.account.function(self.module, self.role, **self.account.variables(self.construct))
        return function.run(self.request, clock, kill_at)

    def became(self, ran: Ran) -> str:
        return f"{type(ran.error).__name__}: {ran.error}" if ran.error else "done"

    def is_untouched(self) -> bool:
        return self.jobs() == 0

    def is_done(self) -> bool:
        return self.jobs() == 1

    @abstractmethod
    def jobs(self) -> int:
        """How many jobs the request has become."""


class Launches(Starts):
    """A request becomes a training job."""

    module, role, construct = "launch_training", LAUNCHER, steps.LAUNCHER

    def prepare(self) -> None:
        self.epochs = self.stage.next_epochs()
        self.request = {"corpus": "wiki", "hyperparameters": {"epochs": self.epochs}}

    def jobs(self) -> int:
        found = self.stage.client("sagemaker").list_training_jobs(NameContains=f"blazingtext-{self.stage.name}-", MaxResults=100)
        described = (self.stage.described(each["TrainingJobName"]) for each in found["TrainingJobSummaries"])
        return sum(each["HyperParameters"].get("epochs") == str(self.epochs) for each in described)


class FindsAgain(Starts):
    """A request with a name finds the training job that it has become before."""

    module, role, construct = "launch_training", LAUNCHER, steps.LAUNCHER
    makes = frozenset({"sagemaker:ListTags"})

    def prepare(self) -> None:
        self.name = f"again-{self.stage.next_epochs()}"
        self.request = {"corpus": "wiki", "name": self.name}
        self.stage.invoke(steps.LAUNCHER, self.request)

    def is_untouched(self) -> bool:
        return self.is_done()

    def jobs(self) -> int:
        found = self.stage.client("sagemaker").list_training_jobs(NameContains=f"blazingtext-{self.stage.name}-{self.name}")
        return len(found["TrainingJobSummaries"])


class Tunes(Starts):
    """A request becomes a tuning job that learns from another."""

    module, role, construct = "launch_tuning", TUNER, steps.TUNER

    def prepare(self) -> None:
        self.request = steps.tuning_request(self.stage, warmStart=[self.account.tuned])
        self.least = str(self.request["tuning"]["ranges"]["epochs"]["from"])

    def jobs(self) -> int:
        sagemaker = self.stage.client("sagemaker")
        found = sagemaker.list_hyper_parameter_tuning_jobs(NameContains=f"blazingtext-{self.stage.name}-", MaxResults=100)
        names = [each["HyperParameterTuningJobName"] for each in found["HyperParameterTuningJobSummaries"]]
        described = (sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=each) for each in names)
        return sum(self._least(each["HyperParameterTuningJobConfig"]) == self.least for each in described)

    def _least(self, config: Any) -> str:
        ranges = config["ParameterRanges"]["IntegerParameterRanges"]
        return next(str(each["MinValue"]) for each in ranges if each["Name"] == "epochs")


class Transforms(Starts):
    """A request becomes a transform job with a model; what removes the model is the next part."""

    module, role, construct = "launch_transform", TRANSFORMER, steps.TRANSFORMER
    makes = frozenset(
        {"s3:ListBucket", "s3:GetObject", *(f"sagemaker:{each}" for each in ("DescribeTransformJob", "CreateModel", "CreateTransformJob"))}
    )

    def prepare(self) -> None:
        self.request = steps.transform_request(self.stage)

    def jobs(self) -> int:
        found = self.stage.client("sagemaker").list_transform_jobs(NameContains=self.request["data"])
        return len(found["TransformJobSummaries"])


class FinishesTransforms(Part):
    """The end of a transform job removes its model."""

    module, role, makes = "launch_transform", TRANSFORMER, frozenset({"sagemaker:DeleteModel"})

    def prepare(self) -> None:
        self.name = self.stage.fresh()
        container = {"Image": IMAGE, "ModelDataUrl": steps.artifact(self.stage)}
        role = self.stage.output("training", "TransformRoleArn")
        self.stage.client("sagemaker").create_model(ModelName=self.name, ExecutionRoleArn=role, PrimaryContainer=container)

    def run(self, clock: Clock | None = None, kill_at: int = -1) -> Ran:
        function = self.account.function(self.module, self.role, **self.account.variables(steps.TRANSFORMER))
        return function.run(steps.event_of_transform(self.name), clock, kill_at)

    def became(self, ran: Ran) -> str:
        return f"{type(ran.error).__name__}: {ran.error}" if ran.error else "done"

    def is_done(self) -> bool:
        return not self.stage.client("sagemaker").list_models(NameContains=self.name)["Models"]

    def is_untouched(self) -> bool:
        return not self.is_done()


class Processes(Starts):
    """A request becomes a processing job, or finds the one that has made its corpus: whose that is, the corpus tells."""

    module, role, construct = "launch_processing", PROCESSOR, steps.PROCESSOR
    makes = frozenset({"s3:ListBucket", "sagemaker:DescribeProcessingJob", "sagemaker:CreateProcessingJob", "s3:GetObject"})

    def prepare(self) -> None:
        # An account has few instances for such jobs.
        running = {"NameContains": f"blazingtext-{self.stage.name}-", "StatusEquals": "InProgress"}
        sagemaker = self.stage.client("sagemaker")
        wait_until(lambda: not sagemaker.list_processing_jobs(**running)["ProcessingJobSummaries"])
        self.request = {**steps.processing_request(self.stage), "replace": True}
        place = {"Bucket": self.stage.bucket, "Key": f"corpora/{self.request['corpus']}/train/{self.request['corpus']}.txt"}
        self.stage.client("s3").put_object(**place, Body=b"of an upload\n")

    def jobs(self) -> int:
        found = self.stage.client("sagemaker").list_processing_jobs(NameContains=self.request["corpus"])
        return len(found["ProcessingJobSummaries"])


class Cleanup(Part):
    """What is done when a resource is deleted."""

    kind: ClassVar[str]

    def properties(self) -> dict[str, str]:
        """The resource's."""
        raise NotImplementedError

    def run(self, clock: Clock | None = None, kill_at: int = -1) -> Ran:
        self.told = ResponseUrl()
        with self.told.open() as url:
            event = {
                "RequestType": "Delete", "ResponseURL": url, "StackId": "stack", "RequestId": "request", "LogicalResourceId": "resource",
                "PhysicalResourceId": f"{self.kind}-x", "ResourceProperties": self.properties(),
            }  # fmt: skip
            return self.account.function(self.module, self.role).run(event, clock, kill_at)

    def became(self, ran: Ran) -> str:
        del ran
        if len(self.told.answers) != 1:
            return f"{len(self.told.answers)} answers"
        answer = json.loads(self.told.answers[0])
        return "done" if answer["Status"] == "SUCCESS" else f"FAILED: {answer['Reason']}"


class StopsJobs(Cleanup):
    """Running jobs of a stage are stopped, and deleted with their logs and models; the stage is one of its own."""

    module, role, kind = "stop_training_jobs", STOPPER, "stop-training-jobs"
    other = "unreliable"

    def properties(self) -> dict[str, str]:
        return {"Stage": self.other, "DeleteJobs": "true"}

    def prepare(self) -> None:
        """No job yet: they run only as long as they are held."""
        self.begun = 0
        self.artifact = steps.artifact(self.stage)

    @contextlib.contextmanager
    def ready(self, count: int = 1) -> Iterator[None]:
        # Those of a run before end, now that nothing holds them; then there is nothing to stop.
        running = ("InProgress", "Stopping")
        wait_until(lambda: all(each["TrainingJobStatus"] not in running for each in self.jobs()[1]), self.jobs)
        for each in self.jobs()[3]:
            # Nothing holds it: it runs for its time.
            if each["ProcessingJobStatus"] == "InProgress":
                self.stage.client("sagemaker").stop_processing_job(ProcessingJobName=each["ProcessingJobName"])
        wait_until(lambda: all(each["ProcessingJobStatus"] not in running for each in self.jobs()[3]), self.jobs)
        wait_until(lambda: all(each["TransformJobStatus"] not in running for each in self.transforms()), self.transforms)
        # A transform job that is refused looks whether it is to stop; one that gets no answer first waits for it.
        with super().ready(count), self.stage.told("hold-training"), self.stage.told("refuse-ping"):
            # The faults of stopping, one for each kind of job, are met first; what is deleted may have ended.
            if self.begun < len(self.jobs()) or not all(self.jobs()):
                self._begin()
            yield

    def _begin(self) -> None:
        self.begun += 1
        sagemaker, names = self.stage.client("sagemaker"), [self._name() for _ in range(4)]
        tags = [{"Key": "blazingtext:project", "Value": "blazingtext"}, {"Key": "blazingtext:stage", "Value": self.other}]
        request = Scene(self.stage, job="", tuning="", own="", execution="").tuning_request(names[0])
        sagemaker.create_hyper_parameter_tuning_job(**request, Tags=tags)
        sagemaker.create_training_job(**self.stage.job_request(names[1], Tags=tags))
        self.stage.wait_for_log(names[1])
        container = {"Image": IMAGE, "ModelDataUrl": self.artifact}
        role = self.stage.output("training", "TransformRoleArn")
        sagemaker.create_model(ModelName=names[2], ExecutionRoleArn=role, PrimaryContainer=container, Tags=tags)
        transform = Scene(self.stage, job="", tuning="", own=names[2], execution="").transform_request(names[2])
        bucket, key = transform["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"].removeprefix("s3://").split("/", 1)
        self.stage.client("s3").put_object(Bucket=bucket, Key=f"{key}part.jsonl", Body=b'{"source": "music"}\n')
        sagemaker.create_transform_job(**transform, Tags=tags)
        processing = Scene(self.stage, job="", tuning="", own="", execution="").processing_request(names[3], seconds=600)
        sagemaker.create_processing_job(**processing, Tags=tags)

    def _name(self) -> str:
        return self.stage.fresh().replace(self.stage.name, self.other, 1)

    def transforms(self) -> list[Any]:
        """The stage's transform jobs, whose records stay."""
        found = self.stage.client("sagemaker").list_transform_jobs(NameContains=f"blazingtext-{self.other}-", MaxResults=100)
        return list(found["TransformJobSummaries"])

    def jobs(self) -> tuple[Any, Any, Any, Any]:
        """The stage's tuning jobs and training jobs, the models of its transform jobs, and its processing jobs."""
        sagemaker, prefix = self.stage.client("sagemaker"), f"blazingtext-{self.other}-"
        tunings = sagemaker.list_hyper_parameter_tuning_jobs(NameContains=prefix)["HyperParameterTuningJobSummaries"]
        models = sagemaker.list_models(NameContains=prefix)["Models"]
        processings = sagemaker.list_processing_jobs(NameContains=prefix)["ProcessingJobSummaries"]
        return tunings, sagemaker.list_training_jobs(NameContains=prefix)["TrainingJobSummaries"], models, processings

    def is_done(self) -> bool:
        return not any(self.jobs())

    def is_untouched(self) -> bool:
        return all(self.jobs())


class EmptiesABucket(Cleanup):
    """A bucket is emptied of objects, their versions and an unfinished upload."""

    module, role, kind = "empty_bucket", EMPTIER, "empty-bucket"
    bucket = "unreliable-bucket"

    def properties(self) -> dict[str, str]:
        return {"Bucket": self.bucket}

    def prepare(self) -> None:
        s3 = self.stage.client("s3")
        if self.bucket not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
            s3.create_bucket(Bucket=self.bucket)
            s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        for text in (b"1", b"2"):
            s3.put_object(Bucket=self.bucket, Key="key", Body=text)
        s3.create_multipart_upload(Bucket=self.bucket, Key="large")

    def is_done(self) -> bool:
        return not any(self.left())

    def is_untouched(self) -> bool:
        return all(self.left())

    def left(self) -> tuple[Any, Any]:
        """The versions and the unfinished uploads in the bucket."""
        s3 = self.stage.client("s3")
        versions, uploads = s3.list_object_versions(Bucket=self.bucket), s3.list_multipart_uploads(Bucket=self.bucket)
        return versions.get("Versions"), uploads.get("Uploads")


class DeletesVersions(Cleanup):
    """The versions of a model package group are deleted."""

    module, role, kind = "delete_model_versions", CLEANER, "delete-model-versions"
    group = "unreliable-versions"

    def properties(self) -> dict[str, str]:
        return {"Group": self.group}

    def prepare(self) -> None:
        make_group(self.stage, self.group)
        container = {"Image": IMAGE, "ModelDataUrl": f"s3://{self.stage.bucket}/runs/x/output/model.tar.gz"}
        self.stage.client("sagemaker").create_model_package(
            ModelPackageGroupName=self.group,
            InferenceSpecification={"Containers": [container], "SupportedContentTypes": ["a/b"], "SupportedResponseMIMETypes": ["a/b"]},
        )

    def is_done(self) -> bool:
        return not self.versions()

    def is_untouched(self) -> bool:
        return bool(self.versions())

    def versions(self) -> list[Any]:
        found = self.stage.client("sagemaker").list_model_packages(ModelPackageGroupName=self.group)
        return list(found["ModelPackageSummaryList"])
