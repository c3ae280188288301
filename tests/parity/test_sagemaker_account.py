"""SageMaker inside the whole account: IAM decides, CloudFormation makes and replaces, the engine serves. Source: AWS documentation."""

import datetime as dt
import json
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from tests.parity.sagemaker_support import IMAGE, artifact, training_request
from tests.parity.support import Stacks, wait_until
from tests.patience import PATIENCE

BUCKET = "sagemaker-in-the-account"


def trust(service: str = "sagemaker.amazonaws.com") -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def policy(*allowed: tuple[str, str]) -> str:
    statements = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in allowed]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


EXECUTION = {
    "s3:ListBucket": f"arn:aws:s3:::{BUCKET}",
    "s3:GetObject": f"arn:aws:s3:::{BUCKET}/*",
    "s3:PutObject": f"arn:aws:s3:::{BUCKET}/runs/*",
    "logs:*": "*",
    "cloudwatch:*": "*",
}


@dataclass
class Home:
    """A bucket with a corpus and two models, and roles made to measure."""

    account: Sandbox

    def __post_init__(self) -> None:
        s3 = self.account.boto3("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="corpora/x/train/text", Body=b"some words\n" * 50)
        for number in (1.0, 2.0):
            s3.put_object(Bucket=BUCKET, Key=f"runs/model-{number:g}/output/model.tar.gz", Body=word_vectors(number))
        s3.put_object(Bucket=BUCKET, Key="runs/broken/output/model.tar.gz", Body=artifact({"vectors.bin": "not a model"}))

    def role(self, name: str, *, without: str = "", service: str = "sagemaker.amazonaws.com") -> str:
        iam = self.account.boto3("iam")
        made: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
        allowed = [(action, resource) for action, resource in EXECUTION.items() if action != without]
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=policy(*allowed))
        return made

    def user(self, name: str, *allowed: tuple[str, str]) -> dict[str, str]:
        iam = self.account.boto3("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=policy(*allowed))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def request(self, name: str, role: str, **hyperparameters: str) -> dict[str, Any]:
        request = training_request(name, RoleArn=role, OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/runs"})
        request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/corpora/x/train/"
        request["HyperParameters"] = {"mode": "batch_skipgram", "min_count": "1", "vector_dim": "4", "epochs": "1", "evaluation": "False"}
        request["HyperParameters"].update(hyperparameters)
        return request

    def train(self, name: str, role: str, **hyperparameters: str) -> Any:
        sagemaker = self.account.boto3("sagemaker")
        sagemaker.create_training_job(**self.request(name, role, **hyperparameters))

        def look() -> Any:
            job = sagemaker.describe_training_job(TrainingJobName=name)
            return job if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

        return wait_until(look)


@pytest.fixture(scope="module")
def home(account: Sandbox) -> Home:
    return Home(account)


@pytest.fixture(scope="module")
def hosting(home: Home) -> str:
    return home.role("hosting")


def word_vectors(value: float) -> bytes:
    """A vectors.bin in fastText's format: two words of two dimensions, every number the same."""
    words = b"".join(word + b"\0" + struct.pack("<qb", 5, 0) for word in (b"one", b"two"))
    arguments = struct.pack("<12id", 2, 5, 5, 1, 5, 1, 2, 2, 0, 0, 0, 100, 1e-4)
    matrix = struct.pack("<?qq4f", False, 2, 2, *([value] * 4))
    content = struct.pack("<ii", 793712314, 12) + arguments + struct.pack("<iiiqq", 2, 2, 0, 10, -1) + words + matrix * 2
    return artifact({"vectors.bin": content.decode("latin-1")}, encoding="latin-1")


def template(role: str, model: str, **endpoint: Any) -> dict[str, Any]:
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/runs/{model}/output/model.tar.gz"}
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m4.xlarge",
        "InitialVariantWeight": "1",
    }
    return {
        "Resources": {
            "Model": {"Type": "AWS::SageMaker::Model", "Properties": {"ExecutionRoleArn": role, "PrimaryContainer": container}},
            "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}},
            "Endpoint": {
                "Type": "AWS::SageMaker::Endpoint",
                "Properties": {"EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}, **endpoint},
            },
        },
        "Outputs": {
            "Arn": {"Value": {"Ref": "Endpoint"}},
            "ModelArn": {"Value": {"Ref": "Model"}},
            "Model": {"Value": {"Fn::GetAtt": ["Model", "ModelName"]}},
            "Config": {"Value": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}},
            "Endpoint": {"Value": {"Fn::GetAtt": ["Endpoint", "EndpointName"]}},
        },
    }


def vector(account: Sandbox, endpoint: str) -> list[float]:
    runtime = account.boto3("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=json.dumps({"instances": ["one"]}))
    assert answer["ContentType"].startswith("application/json")
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    found: list[float] = json.loads(answer["Body"].read())[0]["vector"]
    return found


def refused(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_an_execution_role_that_may_not_read_the_corpus_fails_the_job_in_aws_words(home: Home) -> None:
    job = home.train("no-read", home.role("no-read", without="s3:GetObject"))

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Data download failed:Unable to download object ")
    assert "AccessDenied" in job["FailureReason"]


def test_an_execution_role_that_may_not_list_the_bucket_is_refused_at_once(home: Home) -> None:
    role = home.role("no-list", without="s3:ListBucket")

    code, message = refused(home.account.boto3("sagemaker").create_training_job, **home.request("no-list", role))

    assert code == "ValidationException"
    assert f'the role "{role}" has "s3:ListBucket" permissions on bucket "{BUCKET}"' in message


def test_an_execution_role_that_may_not_write_fails_the_job_after_training(home: Home) -> None:
    job = home.train("no-write", home.role("no-write", without="s3:PutObject"))

    assert job["TrainingJobStatus"] == "Failed"
    assert job["SecondaryStatusTransitions"][-2]["Status"] == "Uploading"
    assert job["FailureReason"].startswith("ClientError: Artifact upload failed:")
    assert "AccessDenied" in job["FailureReason"]


def test_the_engine_trains_and_its_log_and_artifact_arrive(home: Home) -> None:
    job = home.train("whole", home.role("whole"))

    logs = home.account.boto3("logs")
    events = logs.filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix="whole/algo-1-")["events"]
    assert job["TrainingJobStatus"] == "Completed"
    assert any("Training finished!" in event["message"] for event in events)
    bucket, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").split("/", 1)
    assert home.account.boto3("s3").head_object(Bucket=bucket, Key=key)["ContentLength"] > 100


def test_a_request_the_engine_refuses_fails_as_the_clients_fault(home: Home) -> None:
    job = home.train("refused", home.role("refused"), window_size="0")

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert "window_size" in job["FailureReason"]


def test_a_caller_without_pass_role_cannot_start_a_job(home: Home) -> None:
    role = home.role("passed")
    client = home.account.boto3("sagemaker", **home.user("starter", ("sagemaker:*", "*")))

    code, message = refused(client.create_training_job, **home.request("not-passed", role))

    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: iam:PassRole on resource: {role} because no identity-based policy allows" in message


def test_a_caller_may_do_only_what_its_policy_names(home: Home) -> None:
    own = "arn:aws:sagemaker:us-east-1:000000000000:training-job/mine-*"
    client = home.account.boto3("sagemaker", **home.user("describer", ("sagemaker:DescribeTrainingJob", own)))

    assert refused(client.describe_training_job, TrainingJobName="mine-1") == ("ValidationException", "Requested resource not found.")
    assert refused(client.describe_training_job, TrainingJobName="yours-1")[0] == "AccessDeniedException"
    assert refused(client.list_training_jobs)[0] == "AccessDeniedException"


def test_an_invoker_reaches_only_the_endpoint_its_policy_names(home: Home) -> None:
    allowed = "arn:aws:sagemaker:us-east-1:000000000000:endpoint/mine"
    client = home.account.boto3("sagemaker-runtime", **home.user("invoker", ("sagemaker:InvokeEndpoint", allowed)))

    assert refused(client.invoke_endpoint, EndpointName="mine", Body=b"")[0] == "ValidationError"
    assert refused(client.invoke_endpoint, EndpointName="yours", Body=b"")[0] == "AccessDeniedException"


def test_a_model_whose_role_cannot_read_it_is_refused(home: Home) -> None:
    role = home.role("no-read-model", without="s3:GetObject")
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/runs/model-1/output/model.tar.gz"}

    code, message = refused(home.account.boto3("sagemaker").create_model, ModelName="m", ExecutionRoleArn=role, PrimaryContainer=container)

    assert code == "ValidationException"
    assert message.startswith(f"Could not access model data at {container['ModelDataUrl']}.")


@pytest.mark.patch(name="event_origin")
def test_a_state_change_reaches_a_queue_through_a_rule(home: Home) -> None:
    sqs, events = home.account.boto3("sqs"), home.account.boto3("events")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    # A job's end is no request: EventBridge still delivers it over TLS.
    plain_http = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allowed, plain_http]})})
    pattern = {"source": ["aws.sagemaker"], "detail": {"TrainingJobName": ["told"], "TrainingJobStatus": ["Failed"]}}
    events.put_rule(Name="jobs", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="jobs", Targets=[{"Id": "queue", "Arn": arn}])

    home.train("told", home.role("told", without="s3:GetObject"))

    (message,) = wait_until(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    event = json.loads(message["Body"])
    assert (event["detail-type"], event["source"]) == ("SageMaker Training Job State Change", "aws.sagemaker")
    assert event["resources"] == ["arn:aws:sagemaker:us-east-1:000000000000:training-job/told"]
    assert event["detail"]["Tags"] == {"blazingtext:stage": "dev"}


@pytest.mark.patch(name="worker_threads")
def test_the_account_answers_while_a_stack_waits_for_an_endpoint(home: Home, hosting: str, stacks: Stacks) -> None:
    sagemaker = home.account.boto3("sagemaker")

    def endpoint() -> Any:
        return sagemaker.list_endpoints(NameContains="waited-for")["Endpoints"]

    with ThreadPoolExecutor(1) as pool:
        deployment = pool.submit(stacks.deploy, "waiting", template(hosting, "model-1", EndpointName="waited-for"))
        (seen,) = wait_until(endpoint)
        assert deployment.result() == "CREATE_COMPLETE", stacks.reasons("waiting")

    assert seen["EndpointStatus"] == "Creating"


def models(account: Sandbox) -> set[str]:
    return {model["ModelName"] for model in account.boto3("sagemaker").list_models()["Models"]}


def endpoints(account: Sandbox) -> set[str]:
    return {endpoint["EndpointName"] for endpoint in account.boto3("sagemaker").list_endpoints()["Endpoints"]}


@pytest.fixture(scope="module")
def asked(home: Home, hosting: str) -> Iterator[str]:
    """An endpoint of a stack for the tests that change nothing of it."""
    stacks = Stacks(home.account)
    status = stacks.deploy("asked", template(hosting, "model-1", EndpointName="asked"), Tags=[{"Key": "who", "Value": "me"}])
    assert status == "CREATE_COMPLETE", stacks.reasons("asked")
    yield "asked"
    stacks.delete("asked")


@pytest.fixture
def served(home: Home, hosting: str, stacks: Stacks) -> Iterator[str]:
    """An endpoint of a stack for one test."""
    assert stacks.deploy("served", template(hosting, "model-1", EndpointName="served")) == "CREATE_COMPLETE", stacks.reasons("served")
    yield "served"
    stacks.delete("served")
    assert "served" not in endpoints(home.account)


def test_a_stack_gives_arns_by_ref_names_by_attribute_and_its_tags_to_all(home: Home, stacks: Stacks, asked: str) -> None:
    outputs = stacks.outputs(asked)

    assert outputs["Arn"] == "arn:aws:sagemaker:us-east-1:000000000000:endpoint/asked"
    assert outputs["Endpoint"] == "asked"
    assert outputs["Model"].startswith("Model-")
    assert len(outputs["Model"]) == len("Model-") + 12
    assert outputs["ModelArn"].endswith(f":model/{outputs['Model'].lower()}")
    for arn in (outputs["Arn"], outputs["ModelArn"]):
        tags = {tag["Key"]: tag["Value"] for tag in home.account.boto3("sagemaker").list_tags(ResourceArn=arn)["Tags"]}
        assert (tags["who"], tags["aws:cloudformation:stack-name"]) == ("me", asked)
    assert vector(home.account, asked) == [1.0, 1.0]


def test_invocations_are_metrics_an_alarm_can_watch(home: Home, asked: str) -> None:
    for _ in range(3):
        vector(home.account, asked)

    cloudwatch = home.account.boto3("cloudwatch")
    now = dt.datetime.now(dt.UTC)

    def total() -> bool:
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName="Invocations",
            Dimensions=[{"Name": "EndpointName", "Value": asked}, {"Name": "VariantName", "Value": "AllTraffic"}],
            StartTime=now - dt.timedelta(minutes=5),
            EndTime=now + dt.timedelta(minutes=5),
            Period=600,
            Statistics=["Sum"],
        )["Datapoints"]
        return bool(sum(point["Sum"] for point in points) >= 3)

    wait_until(total)


def test_a_container_does_not_outlive_a_killed_sandbox(elsewhere: Path) -> None:
    sandbox = Sandbox(home=elsewhere)
    sandbox.start()
    try:
        home = Home(sandbox)
        stacks = Stacks(sandbox)
        assert stacks.deploy("left", template(home.role("hosting"), "model-1", EndpointName="left")) == "CREATE_COMPLETE"
        server = psutil.Process(sandbox.record.pid)
        (container,) = [child for child in server.children() if child.cmdline()[1:4] == ["-m", "blazingtext_engine", "serve"]]

        server.kill()
        server.wait(PATIENCE)

        assert sandbox.clean_if_stale()
        assert not container.is_running() or container.status() == psutil.STATUS_ZOMBIE
    finally:
        sandbox.stop()


def test_a_new_artifact_replaces_model_and_configuration_and_updates_the_endpoint_without_a_failed_request(
    home: Home, hosting: str, stacks: Stacks, served: str
) -> None:
    before, seen, done = stacks.outputs(served), set(), threading.Event()
    others = models(home.account) - {before["Model"]}
    problems: list[Exception] = []

    def ask() -> None:
        while not done.is_set():
            try:
                seen.add(tuple(vector(home.account, served)))
            except (ClientError, AssertionError) as problem:
                problems.append(problem)

    client = threading.Thread(target=ask)
    client.start()
    wait_until(lambda: (1.0, 1.0) in seen)
    status = stacks.update(served, TemplateBody=json.dumps(template(hosting, "model-2", EndpointName="served")))
    wait_until(lambda: (2.0, 2.0) in seen)
    done.set()
    client.join()

    after = stacks.outputs(served)
    assert status == "UPDATE_COMPLETE", stacks.reasons(served)
    assert problems == []
    assert seen == {(1.0, 1.0), (2.0, 2.0)}
    assert before["Arn"] == after["Arn"]
    assert before["Model"] != after["Model"]
    assert before["Config"] != after["Config"]
    wait_until(lambda: models(home.account) == {after["Model"], *others})
    assert home.account.boto3("sagemaker").describe_endpoint(EndpointName=served)["EndpointConfigName"] == after["Config"]


def test_an_artifact_that_cannot_be_served_rolls_the_stack_back_with_the_reason(
    home: Home, hosting: str, stacks: Stacks, served: str
) -> None:
    before, there = stacks.outputs(served), models(home.account)

    status = stacks.update(served, TemplateBody=json.dumps(template(hosting, "broken", EndpointName="served")))

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert "did not pass the ping health check" in stacks.reasons(served)
    assert "HandlerErrorCode: NotStabilized" in stacks.reasons(served)
    assert stacks.outputs(served) == before
    assert vector(home.account, served) == [1.0, 1.0]
    assert models(home.account) == there
    assert before["Model"] in there


def serverless(role: str, model: str, name: str) -> dict[str, Any]:
    """The same endpoint without instances; its numbers are text, as a template may write them."""
    found = template(role, model, EndpointName=name)
    (variant,) = found["Resources"]["Config"]["Properties"]["ProductionVariants"]
    del variant["InitialInstanceCount"], variant["InstanceType"]
    variant["ServerlessConfig"] = {"MemorySizeInMB": "2048", "MaxConcurrency": "2"}
    return found


def test_a_stack_makes_a_serverless_endpoint_and_gives_it_instances_but_not_the_other_way_round(
    home: Home, hosting: str, stacks: Stacks
) -> None:
    describe = home.account.boto3("sagemaker").describe_endpoint
    with_instances = template(hosting, "model-2", EndpointName="less")

    assert stacks.deploy("less", serverless(hosting, "model-1", "less")) == "CREATE_COMPLETE", stacks.reasons("less")
    assert describe(EndpointName="less")["ProductionVariants"][0]["CurrentServerlessConfig"] == {
        "MemorySizeInMB": 2048,
        "MaxConcurrency": 2,
    }
    assert vector(home.account, "less") == [1.0, 1.0]

    assert stacks.update("less", TemplateBody=json.dumps(with_instances)) == "UPDATE_COMPLETE", stacks.reasons("less")
    assert describe(EndpointName="less")["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    assert stacks.update("less", TemplateBody=json.dumps(serverless(hosting, "model-1", "less"))) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Cannot update an instance-based endpoint to a serverless endpoint" in stacks.reasons("less")
    assert vector(home.account, "less") == [2.0, 2.0]


def scaled(role: str, model: str, name: str) -> dict[str, Any]:
    """The same endpoint, between one and two instances, which a new model retains."""
    found = template(role, model, EndpointName=name, RetainAllVariantProperties=True)
    place = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
    found["Resources"]["Target"] = {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "DependsOn": "Endpoint",
        "Properties": {**place, "ResourceId": f"endpoint/{name}/variant/AllTraffic", "MinCapacity": 1, "MaxCapacity": "2"},
    }
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    found["Resources"]["Tracking"] = {
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": {
            "PolicyName": "tracking",
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": {"Ref": "Target"},
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": "1000", "PredefinedMetricSpecification": metric},
        },
    }
    return found


def test_a_stack_scales_its_endpoint_keeps_its_type_and_leaves_nothing(home: Home, hosting: str, stacks: Stacks) -> None:
    sagemaker, scaling = home.account.boto3("sagemaker"), home.account.boto3("application-autoscaling")
    assert stacks.deploy("grown", scaled(hosting, "model-1", "grown")) == "CREATE_COMPLETE", stacks.reasons("grown")

    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 2)
    assert target["RoleARN"].endswith("/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint")
    alarms = home.account.boto3("cloudwatch").describe_alarms
    assert len(alarms(AlarmNames=names)["MetricAlarms"]) == 2

    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="grown", DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}]
    )
    wait_until(lambda: sagemaker.describe_endpoint(EndpointName="grown")["EndpointStatus"] == "InService")
    next_model = json.dumps(scaled(hosting, "model-2", "grown"))
    assert stacks.update("grown", TemplateBody=next_model) == "UPDATE_COMPLETE", stacks.reasons("grown")
    assert sagemaker.describe_endpoint(EndpointName="grown")["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    # Nobody asks: after fifteen of the sandbox's minutes one instance is enough.
    wait_until(lambda: sagemaker.describe_endpoint(EndpointName="grown")["ProductionVariants"][0]["CurrentInstanceCount"] == 1)
    wait_until(lambda: sagemaker.describe_endpoint(EndpointName="grown")["EndpointStatus"] == "InService")

    def done() -> list[str]:
        found = scaling.describe_scaling_activities(ServiceNamespace="sagemaker")["ScalingActivities"]
        return [each["Description"] for each in found if each["StatusCode"] == "Successful"]

    wait_until(lambda: done() == ["Setting desired instance count to 1."])

    other_type = next_model.replace("ml.m4.xlarge", "ml.m5.xlarge")
    assert stacks.update("grown", TemplateBody=other_type) == "UPDATE_ROLLBACK_COMPLETE"
    assert "is a target for automatic scaling" in stacks.reasons("grown")
    assert vector(home.account, "grown") == [2.0, 2.0]

    assert stacks.delete("grown") == "DELETE_COMPLETE"
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []
    assert alarms(AlarmNames=names)["MetricAlarms"] == []


@pytest.fixture
def silent(account: Sandbox) -> Iterator[None]:
    account.endpoint_rollbacks = "silent"
    yield
    account.endpoint_rollbacks = "noticed"


@pytest.mark.usefixtures("silent")
def test_a_rollback_that_cloudformation_does_not_notice_leaves_the_endpoint_without_its_configuration(
    home: Home, hosting: str, stacks: Stacks
) -> None:
    sagemaker = home.account.boto3("sagemaker")
    assert stacks.deploy("deceived", template(hosting, "model-1", EndpointName="deceived")) == "CREATE_COMPLETE"
    before = stacks.outputs("deceived")

    status = stacks.update("deceived", TemplateBody=json.dumps(template(hosting, "broken", EndpointName="deceived")))

    after, endpoint = stacks.outputs("deceived"), sagemaker.describe_endpoint(EndpointName="deceived")
    assert status == "UPDATE_COMPLETE"
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", before["Config"])
    assert "FailureReason" not in endpoint
    assert after["Config"] != before["Config"]
    assert vector(home.account, "deceived") == [1.0, 1.0]
    assert "Could not find endpoint configuration" in refused(sagemaker.describe_endpoint_config, EndpointConfigName=before["Config"])[1]
    # The way back that looks natural is refused, too.
    again = stacks.update("deceived", TemplateBody=json.dumps(template(hosting, "model-1", EndpointName="deceived")))
    assert again.startswith("UPDATE_ROLLBACK_")
    assert "Could not find endpoint configuration" in stacks.reasons("deceived")


def test_a_property_that_is_not_emulated_fails_the_stack(hosting: str, stacks: Stacks) -> None:
    body = template(hosting, "model-1")
    body["Resources"]["Model"]["Properties"]["InferenceExecutionConfig"] = {"Mode": "Direct"}

    assert stacks.deploy("pipeline", body) == "ROLLBACK_COMPLETE"
    assert "the sandbox does not emulate CreateModel's InferenceExecutionConfig" in stacks.reasons("pipeline")


@pytest.mark.patch(name="stack_roles")
@pytest.mark.parametrize("missing", ["iam:PassRole", "sagemaker:CreateEndpointConfig", "sagemaker:AddTags"])
def test_the_role_a_stack_is_deployed_with_needs_the_rights_itself(home: Home, hosting: str, stacks: Stacks, missing: str) -> None:
    name = f"stack-without-{missing.split(':')[1]}"
    role = home.role(name, service="cloudformation.amazonaws.com")
    sagemaker = [f"sagemaker:{verb}{kind}" for verb in ("Create", "Describe", "Delete") for kind in ("Model", "EndpointConfig", "Endpoint")]
    allowed = [(action, "*") for action in (*sagemaker, "sagemaker:AddTags", "iam:PassRole") if action != missing]
    home.account.boto3("iam").put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=policy(*allowed))

    status = stacks.deploy(name, template(hosting, "model-1"), RoleARN=role)

    assert status == "ROLLBACK_COMPLETE"
    assert f"assumed-role/{name}/AWSCloudFormation is not authorized to perform: {missing}" in stacks.reasons(name)


@pytest.mark.patch(name="stack_roles")
def test_a_caller_who_may_not_pass_the_role_to_cloudformation_cannot_use_it(home: Home, hosting: str) -> None:
    role = home.role("for-stacks", service="cloudformation.amazonaws.com")
    client = home.account.boto3("cloudformation", **home.user("deployer", ("cloudformation:*", "*")))

    code, message = refused(
        client.create_stack, StackName="not-passed", TemplateBody=json.dumps(template(hosting, "model-1")), RoleARN=role
    )

    assert code == "AccessDenied"
    assert "iam:PassRole" in message


def test_a_model_package_group_is_made_retagged_replaced_and_deleted_by_a_stack(home: Home, stacks: Stacks) -> None:
    def body(name: str, value: str) -> dict[str, Any]:
        properties = {"ModelPackageGroupName": name, "Tags": [{"Key": "stage", "Value": value}]}
        group = {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": properties}
        outputs = {"Arn": {"Value": {"Ref": "Group"}}, "Status": {"Value": {"Fn::GetAtt": ["Group", "ModelPackageGroupStatus"]}}}
        return {"Resources": {"Group": group}, "Outputs": outputs}

    sagemaker = home.account.boto3("sagemaker")
    assert stacks.deploy("registry", body("Words", "dev")) == "CREATE_COMPLETE"
    outputs = stacks.outputs("registry")
    assert (outputs["Arn"].rsplit(":", 1)[1], outputs["Status"]) == ("model-package-group/words", "Completed")

    assert stacks.update("registry", TemplateBody=json.dumps(body("Words", "prod"))) == "UPDATE_COMPLETE"
    tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=outputs["Arn"])["Tags"]}
    assert tags["stage"] == "prod"

    assert stacks.update("registry", TemplateBody=json.dumps(body("Other", "prod"))) == "UPDATE_COMPLETE"
    groups = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupName"] for group in groups] == ["Other"]


def test_a_response_stream_is_read_by_boto3_and_an_asynchronous_invocation_is_refused_as_one(home: Home, asked: str) -> None:
    runtime = home.account.boto3("sagemaker-runtime")

    answer = runtime.invoke_endpoint_with_response_stream(
        EndpointName=asked, ContentType="application/json", Body=json.dumps({"instances": ["one"]})
    )
    content = b"".join(event["PayloadPart"]["Bytes"] for event in answer["Body"])
    code, message = refused(runtime.invoke_endpoint_async, EndpointName=asked, InputLocation=f"s3://{BUCKET}/in.json")

    assert (answer["ContentType"].split(";")[0], json.loads(content)[0]["vector"]) == ("application/json", [1.0, 1.0])
    assert code == "ValidationError"
    assert "the operation InvokeEndpointAsync" in message
