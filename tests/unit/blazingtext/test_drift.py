"""`audit --drift`: one thing after another is changed beside the stacks, and found; nothing else is."""

import copy
import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from blazingtext.drift import comparison
from blazingtext.drift import tags as module
from blazingtext.drift.drift import CHECKERS, drift
from blazingtext.drift.template import UNKNOWN
from blazingtext.errors import NotDeployedError
from blazingtext_lifecycle.errors import AccessDeniedError
from tests.unit.blazingtext.cloud_fakes import FakeClient, FakeStacks, cloud, denying
from tests.unit.blazingtext.conftest import Typed
from tests.unit.lifecycle.aws_fakes import client_error

ACCOUNT = "123456789012"
ROLE, FUNCTION, OTHER, BUCKET, RULE = "role-1", "function-1", "function-2", "bucket-1", "rule-1"
QUEUE = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/queue-1"
QUEUE_ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue-1"
# It has no policy.
OWN_QUEUE = f"{QUEUE}-own"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic-1"
MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:machine-1"
ALARM = "blazingtext-dev-training-alarm-1"
TAGS = [{"Key": "blazingtext:stage", "Value": "dev"}, {"Key": "cost-center", "Value": "42"}]
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:group-1"
# What the tagging API calls them.
TAGGED = {
    FUNCTION: f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{FUNCTION}",
    BUCKET: f"arn:aws:s3:::{BUCKET}",
    RULE: f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{RULE}",
    "queue-1": QUEUE_ARN,
    "topic-1": TOPIC,
    "machine-1": MACHINE,
    ALARM: f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{ALARM}",
    "group-1": LOGS,
    "key-1": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/key-1",
    "schedules-1": f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule-group/schedules-1",
    **{f"{kind}-1": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:{kind}/{kind}-1"
       for kind in ("endpoint", "endpoint-config", "model", "model-package-group")},
}  # fmt: skip


def statement(action: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


TRUST = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})
CODE = {"S3Bucket": "assets", "S3Key": "hash.zip"}


def arn_of(logical_id: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def function(**more: Any) -> dict[str, Any]:
    variables = {"Variables": {"BUCKET": {"Ref": "Bucket"}, "MADE": {"Fn::GetAtt": ["Bucket", "WebsiteURL"]}}}
    return {"Handler": "a.handler", "Timeout": 60, "Role": arn_of("Role"), "Code": CODE, "Environment": variables, **more}


RESOURCES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "Role": ("AWS::IAM::Role", ROLE, {"AssumeRolePolicyDocument": TRUST, "ManagedPolicyArns": ["arn:declared"]}),
    "Policy": (
        "AWS::IAM::Policy",
        "policy-1",
        {"PolicyName": "Default", "Roles": [{"Ref": "Role"}], "PolicyDocument": document(statement("s3:GetObject", arn_of("Bucket")))},
    ),
    "Bucket": (
        "AWS::S3::Bucket",
        BUCKET,
        {
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": True},
            "VersioningConfiguration": {"Status": "Enabled"},
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
        },
    ),
    "BucketPolicy": (
        "AWS::S3::BucketPolicy",
        "bucket-policy",
        {
            "Bucket": {"Ref": "Bucket"},
            "PolicyDocument": document(
                {
                    "Effect": "Deny",
                    "Action": "s3:*",
                    "Principal": {"AWS": "*"},
                    "Resource": [{"Fn::Join": ["", [arn_of("Bucket"), "/*"]]}],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ),
        },
    ),
    "Function": ("AWS::Lambda::Function", FUNCTION, function()),
    "Other": ("AWS::Lambda::Function", OTHER, function()),
    "Third": ("AWS::Lambda::Function", "function-3", function()),
    "Permission": (
        "AWS::Lambda::Permission",
        "permission-1",
        {"FunctionName": arn_of("Function"), "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"},
    ),
    "Queue": ("AWS::SQS::Queue", QUEUE, {"RedrivePolicy": {"deadLetterTargetArn": "arn:dead", "maxReceiveCount": 3}}),
    "OwnQueue": ("AWS::SQS::Queue", OWN_QUEUE, {}),
    "QueuePolicy": (
        "AWS::SQS::QueuePolicy",
        "queue-policy",
        {"Queues": [{"Ref": "Queue"}], "PolicyDocument": document(statement("sqs:*"))},
    ),
    "Topic": ("AWS::SNS::Topic", TOPIC, {}),
    "TopicPolicy": (
        "AWS::SNS::TopicPolicy",
        "topic-policy",
        {"Topics": [{"Ref": "Topic"}], "PolicyDocument": document(statement("sns:*"))},
    ),
    "Rule": (
        "AWS::Events::Rule",
        RULE,
        {"EventPattern": {"source": ["aws.sagemaker"]}, "State": "ENABLED", "Targets": [{"Id": "Target0", "Arn": arn_of("Queue")}]},
    ),
    "Machine": ("AWS::StepFunctions::StateMachine", MACHINE, {"Definition": {"StartAt": "A"}, "RoleArn": arn_of("Role")}),
    "Alarm": ("AWS::CloudWatch::Alarm", ALARM, {"AlarmActions": [{"Ref": "Topic"}], "Threshold": 1}),
    "Logs": ("AWS::Logs::LogGroup", "group-1", {}),
    "Key": ("AWS::KMS::Key", "key-1", {}),
    "Schedules": ("AWS::Scheduler::ScheduleGroup", "schedules-1", {}),
    "Endpoint": ("AWS::SageMaker::Endpoint", TAGGED["endpoint-1"], {}),
    "Config": ("AWS::SageMaker::EndpointConfig", TAGGED["endpoint-config-1"], {}),
    "Model": ("AWS::SageMaker::Model", TAGGED["model-1"], {}),
    "Group": ("AWS::SageMaker::ModelPackageGroup", TAGGED["model-package-group-1"], {}),
    # Neither was made: a condition does not hold, and it is deleted.
    "Never": ("AWS::IAM::Role", "", {"AssumeRolePolicyDocument": TRUST}),
}


def given(id_: str, properties: dict[str, Any]) -> dict[str, Any]:
    """The properties with the tags, of what has some."""
    return (
        properties | {"Tags": TAGS} if id_ == ROLE or {id_, id_.rsplit("/", 1)[-1], id_.rsplit(":", 1)[-1]} & TAGGED.keys() else properties
    )


class Stacks(FakeStacks):
    """One stack holds everything; the other two are empty."""

    holds = "training"

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        found = super().describe_stacks(StackName=StackName)
        found["Stacks"][0]["StackId"] = f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/{StackName}/1"
        return found

    def get_template(self, *, StackName: str, TemplateStage: str) -> dict[str, Any]:  # noqa: N803
        assert TemplateStage == "Processed"
        whole = {name: {"Type": type_, "Properties": given(id_, properties)} for name, (type_, id_, properties) in RESOURCES.items()}
        return {"TemplateBody": {"Resources": whole if StackName.endswith(self.holds) else {}}}

    def list_stack_resources(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        listed = [
            {"LogicalResourceId": name, "PhysicalResourceId": id_, "ResourceStatus": "CREATE_COMPLETE"}
            for name, (_, id_, _) in RESOURCES.items()
            if id_
        ]
        return {"StackResourceSummaries": listed if StackName.endswith(self.holds) else []}


def missing(code: str) -> Callable[..., Any]:
    def refuse(**_: Any) -> Any:
        raise client_error(code, "there is none")

    return refuse


def as_deployed() -> dict[str, Any]:
    """What the services have, as the template says, and written down as AWS does."""
    secure = {"Bool": {"aws:SecureTransport": ["false"]}}
    denied = {"Effect": "Deny", "Action": ["s3:*"], "Principal": "*", "Resource": f"arn:aws:s3:::{BUCKET}/*", "Condition": secure}
    role_arn = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
    return {
        "role": {"AssumeRolePolicyDocument": copy.deepcopy(TRUST), "Tags": copy.deepcopy(TAGS)},
        "tags": {arn: [{"Key": "aws:cloudformation:stack-name", "Value": "x"}, *TAGS] for arn in TAGGED.values()},
        "inline": {"Default": document(statement("s3:GetObject", [f"arn:aws:s3:::{BUCKET}"]))},
        "attached": ["arn:declared"],
        "bucket policy": json.dumps(document(denied)),
        "public": {"BlockPublicAcls": True, "BlockPublicPolicy": True},
        "grants": [{"Grantee": {"ID": "owner"}, "Permission": "FULL_CONTROL"}],
        "versioning": "Enabled",
        "encryption": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}],
        "function": {
            "Handler": "a.handler",
            "Timeout": 60,
            "Role": role_arn,
            "Environment": {"Variables": {"BUCKET": BUCKET, "MADE": "http://x"}},
        },
        "codes": {},
        "callers": {FUNCTION: ["Own"]},
        "queue": {
            "Policy": json.dumps(document(statement("sqs:*"))),
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": "arn:dead", "maxReceiveCount": "3"}),
        },
        "own queue": {},
        "topic": json.dumps(document(statement("sns:*"))),
        "rule": {"EventPattern": json.dumps({"source": ["aws.sagemaker"]}), "State": "ENABLED"},
        "targets": [{"Id": "Target0", "Arn": QUEUE_ARN}],
        "machine": {"name": "machine-1", "definition": json.dumps({"StartAt": "A"}), "roleArn": role_arn},
        "alarm": {"AlarmName": ALARM, "AlarmActions": [TOPIC], "OKActions": [], "ActionsEnabled": True, "Threshold": 1.0},
    }


def services(has: dict[str, Any]) -> dict[str, Any]:
    def policy(FunctionName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        if not has["callers"].get(FunctionName):
            raise client_error("ResourceNotFoundException", "no policy")
        return {"Policy": json.dumps({"Statement": [{"Sid": sid} for sid in has["callers"][FunctionName]]})}

    def alarms(AlarmNamePrefix: str) -> dict[str, Any]:  # noqa: N803
        every = [{"AlarmName": f"{ALARM}-of-somebody"}, has["alarm"]]
        return {"MetricAlarms": [each for each in every if each["AlarmName"].startswith(AlarmNamePrefix)]}

    def configuration(FunctionName: str) -> dict[str, Any]:  # noqa: N803
        base = has["function"] if FunctionName == FUNCTION else as_deployed()["function"]
        return {**base, "CodeSha256": has["codes"].get(FunctionName, "usual")}

    def of(key: str, wrap: Callable[[Any], Any], code: str) -> Callable[..., Any]:
        return missing(code) if has[key] is None else lambda **_: wrap(has[key])

    s3 = FakeClient(
        get_bucket_policy=of("bucket policy", lambda found: {"Policy": found}, "NoSuchBucketPolicy"),
        get_public_access_block=of(
            "public", lambda found: {"PublicAccessBlockConfiguration": found}, "NoSuchPublicAccessBlockConfiguration"
        ),
        get_bucket_acl=lambda **_: {"Owner": {"ID": "owner"}, "Grants": has["grants"]},
        get_bucket_versioning=lambda **_: {"Status": has["versioning"]},
        get_bucket_encryption=lambda **_: {"ServerSideEncryptionConfiguration": {"Rules": has["encryption"]}},
    )

    def tags(ResourceARNList: list[str]) -> dict[str, Any]:  # noqa: N803
        assert len(ResourceARNList) <= module._MOST_ARNS
        return {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": has["tags"][arn]} for arn in ResourceARNList if arn in has["tags"]]}

    return {
        "resourcegroupstaggingapi": FakeClient(get_resources=tags),
        "cloudformation": Stacks(),
        "s3": s3,
        "iam": FakeClient(
            get_role=lambda **_: {"Role": has["role"]},
            list_role_policies=lambda **_: {"PolicyNames": list(has["inline"])},
            get_role_policy=lambda **wish: {"PolicyDocument": has["inline"][wish["PolicyName"]]},
            list_attached_role_policies=lambda **_: {"AttachedPolicies": [{"PolicyArn": arn} for arn in has["attached"]]},
        ),
        "lambda": FakeClient(get_function_configuration=configuration, get_policy=policy),
        "sqs": FakeClient(get_queue_attributes=lambda **wish: {"Attributes": has["queue" if wish["QueueUrl"] == QUEUE else "own queue"]}),
        "sns": FakeClient(get_topic_attributes=lambda **_: {"Attributes": {"Policy": has["topic"]}}),
        "events": FakeClient(describe_rule=lambda **_: has["rule"], list_targets_by_rule=lambda **_: {"Targets": has["targets"]}),
        "stepfunctions": FakeClient(describe_state_machine=lambda **_: has["machine"]),
        "cloudwatch": FakeClient(describe_alarms=alarms),
    }


def found(**changed: Any) -> list[tuple[str, str]]:
    has = as_deployed() | {key.replace("_", " "): value for key, value in changed.items()}
    return [(each.kind, each.resource) for each in drift(cloud(**services(has))).findings]


def test_a_stage_as_its_templates_say_has_no_drift_however_aws_writes_it_down() -> None:
    assert found() == []


BASE = as_deployed()
FOREIGN = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}}
CHANGES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a foreign principal": (
        {"role": BASE["role"] | {"AssumeRolePolicyDocument": document(*TRUST["Statement"], FOREIGN)}},
        "trust",
        ROLE,
    ),
    "no tags of a role": ({"role": {"AssumeRolePolicyDocument": TRUST}}, "tags", ROLE),
    "another tag of a role": ({"role": BASE["role"] | {"Tags": [TAGS[0], {"Key": "cost-center", "Value": "7"}]}}, "tags", ROLE),
    **{
        f"no tags of {name}": ({"tags": {key: value for key, value in BASE["tags"].items() if key != arn}}, "tags", name)
        for name, arn in TAGGED.items()
    },
    **{f"a tag less of {name}": ({"tags": BASE["tags"] | {arn: TAGS[:1]}}, "tags", name) for name, arn in TAGGED.items()},
    "a foreign boundary": (
        {"role": BASE["role"] | {"PermissionsBoundary": {"PermissionsBoundaryArn": "arn:x"}}},
        "permissions boundary",
        ROLE,
    ),
    "a foreign inline policy": ({"inline": BASE["inline"] | {"debug": document(statement("*"))}}, "inline policy", ROLE),
    "a wider inline policy": ({"inline": {"Default": document(statement("s3:*"))}}, "inline policy", ROLE),
    "no inline policy": ({"inline": {}}, "inline policy", ROLE),
    "a foreign managed policy": ({"attached": ["arn:declared", "arn:foreign"]}, "managed policy", ROLE),
    "no managed policy": ({"attached": []}, "managed policy", ROLE),
    "another bucket policy": ({"bucket_policy": json.dumps(document(statement("s3:GetObject", Principal="*")))}, "bucket policy", BUCKET),
    "no bucket policy": ({"bucket_policy": None}, "bucket policy", BUCKET),
    "a public bucket": ({"public": {"BlockPublicAcls": True, "BlockPublicPolicy": False}}, "public access", BUCKET),
    "no public access block": ({"public": None}, "public access", BUCKET),
    "an open ACL": ({"grants": [*BASE["grants"], {"Grantee": {"URI": "AllUsers"}, "Permission": "READ"}]}, "ACL", BUCKET),
    "suspended versioning": ({"versioning": "Suspended"}, "versioning", BUCKET),
    "another encryption": ({"encryption": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}, "encryption", BUCKET),
    "another code": ({"codes": {OTHER: "foreign"}}, "code", OTHER),
    "another handler": ({"function": BASE["function"] | {"Handler": "b.handler"}}, "function", FUNCTION),
    "a foreign layer": ({"function": BASE["function"] | {"Layers": [{"Arn": "arn:layer"}]}}, "function", FUNCTION),
    "a foreign variable": (
        {"function": BASE["function"] | {"Environment": {"Variables": {"BUCKET": BUCKET, "MADE": "x", "SPY": "1"}}}},
        "function",
        FUNCTION,
    ),
    "another value of a variable": (
        {"function": BASE["function"] | {"Environment": {"Variables": {"BUCKET": "theirs", "MADE": "x"}}}},
        "function",
        FUNCTION,
    ),
    "a variable less": ({"function": BASE["function"] | {"Environment": {"Variables": {"BUCKET": BUCKET}}}}, "function", FUNCTION),
    "a foreign caller": ({"callers": {FUNCTION: ["Own", "spy"]}}, "callers", FUNCTION),
    "a first caller": ({"callers": {FUNCTION: ["Own"], OTHER: ["spy"]}}, "callers", OTHER),
    "no caller": ({"callers": {}}, "callers", FUNCTION),
    "another queue policy": ({"queue": BASE["queue"] | {"Policy": json.dumps(document(FOREIGN))}}, "queue policy", "queue-1"),
    "a policy on a queue without": ({"own_queue": {"Policy": json.dumps(document(FOREIGN))}}, "queue policy", "queue-1-own"),
    "no dead letters": ({"queue": {"Policy": BASE["queue"]["Policy"]}}, "dead letters", "queue-1"),
    "another topic policy": ({"topic": json.dumps(document(FOREIGN))}, "topic policy", "topic-1"),
    "another pattern": ({"rule": BASE["rule"] | {"EventPattern": json.dumps({"source": ["aws.s3"]})}}, "rule", RULE),
    "a disabled rule": ({"rule": BASE["rule"] | {"State": "DISABLED"}}, "rule", RULE),
    "a foreign target": ({"targets": [*BASE["targets"], {"Id": "spy", "Arn": "arn:spy"}]}, "target", RULE),
    "another target": ({"targets": [{"Id": "Target0", "Arn": "arn:spy"}]}, "target", RULE),
    "no target": ({"targets": []}, "target", RULE),
    "another definition": ({"machine": BASE["machine"] | {"definition": json.dumps({"StartAt": "B"})}}, "state machine", "machine-1"),
    "another role": ({"machine": BASE["machine"] | {"roleArn": "arn:other"}}, "state machine", "machine-1"),
    "another listener": ({"alarm": BASE["alarm"] | {"AlarmActions": ["arn:other"]}}, "alarm", ALARM),
    "a further action": ({"alarm": BASE["alarm"] | {"OKActions": ["arn:other"]}}, "alarm", ALARM),
    "a silent alarm": ({"alarm": BASE["alarm"] | {"ActionsEnabled": False}}, "alarm", ALARM),
    "another threshold": ({"alarm": BASE["alarm"] | {"Threshold": 2.0}}, "alarm", ALARM),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_changed_beside_the_stacks_is_found_and_nothing_else(name: str) -> None:
    changed, kind, resource = CHANGES[name]

    assert found(**changed) == [(kind, resource)]


def test_a_bucket_policy_is_put_back_or_deleted_if_the_template_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    (gone,) = drift(cloud(**services(as_deployed() | {"bucket policy": None}))).findings
    monkeypatch.delitem(RESOURCES, "BucketPolicy")
    (foreign,) = drift(cloud(**services(as_deployed()))).findings

    assert gone.said == "Its policy is not its template's, or is gone."
    assert gone.remedy.startswith(f"aws s3api put-bucket-policy --bucket {BUCKET} --policy '{{")
    assert foreign.said == "It has a policy, and its template has none."
    assert foreign.remedy == f"aws s3api delete-bucket-policy --bucket {BUCKET}"


@pytest.mark.parametrize("part", ["storage", "training", "serving"])
def test_every_stack_of_a_stage_is_compared(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stacks, "holds", part)

    assert found(bucket_policy=None) == [("bucket policy", BUCKET)]


def test_a_tag_that_somebody_else_added_is_nobodys_concern() -> None:
    foreign = [*TAGS, {"Key": "scanned-by", "Value": "security"}]

    assert found(tags=dict.fromkeys(BASE["tags"], foreign), role=BASE["role"] | {"Tags": foreign}) == []


def test_a_finding_of_tags_says_which_and_puts_them_back() -> None:
    has = as_deployed() | {"role": BASE["role"] | {"Tags": [{"Key": "cost-center", "Value": "7"}]}}
    has["tags"][TAGGED[ALARM]] = [TAGS[0], {"Key": "cost-center", "Value": ""}]

    alarm, role = drift(cloud(**services(has))).findings

    assert alarm.said == 'Its tag cost-center is "", and its template says "42".'
    assert alarm.remedy.endswith(f'tag-resources --resource-arn-list {TAGGED[ALARM]} --tags \'{{"cost-center": "42"}}\'')
    assert role.said == 'Its tag blazingtext:stage is gone; its tag cost-center is "7", and its template says "42".'
    assert shlex.split(role.remedy)[:5] == ["aws", "iam", "tag-role", "--role-name", ROLE]
    assert json.loads(shlex.split(role.remedy)[-1]) == TAGS


def test_tags_are_asked_for_in_parts_that_aws_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_ARNS", 3)

    assert found() == []


def test_each_finding_says_what_to_do_and_the_exit_code_is_1(typed: Typed) -> None:
    has = as_deployed() | {"attached": ["arn:declared", "arn:foreign"], "versioning": "Suspended"}

    code, out, err = typed("audit", "--drift", **services(has))
    _, printed, _ = typed("audit", "--drift", "--json", **services(has))

    assert code == 1
    assert f"-> aws iam detach-role-policy --role-name {ROLE} --policy-arn arn:foreign" in out
    assert f"-> aws s3api put-bucket-versioning --bucket {BUCKET} --versioning-configuration Status=Enabled" in out
    assert "2 differences between stage dev and its stacks' templates" in err
    assert [each["kind"] for each in json.loads(printed)["findings"]] == ["managed policy", "versioning"]


def test_without_a_difference_the_exit_code_is_0_and_it_says_what_was_compared(typed: Typed) -> None:
    code, out, err = typed("audit", "--drift", **services(as_deployed()))

    assert (code, out) == (0, "")
    assert f"stage dev is as its stacks' templates say: {', '.join(CHECKERS)}" in err
    assert typed("audit", "--drift", "--in", "eu-west-1")[0] == 2
    assert typed("audit", "--drift", "--delete-bucket", "x")[0] == 2


def test_what_may_not_be_read_makes_the_comparison_incomplete_and_a_missing_stack_is_named() -> None:
    clients = services(as_deployed())
    clients["events"].answer("describe_rule", denying("AccessDeniedException"))
    absent = services(as_deployed())
    absent["cloudformation"].statuses.pop("training")
    broken = services(as_deployed())
    broken["s3"].answer("get_bucket_policy", missing("SlowDown"))

    with pytest.raises(AccessDeniedError, match="compare rules with the templates"):
        drift(cloud(**clients))
    with pytest.raises(NotDeployedError, match="There is no stack blazingtext-dev-training"):
        drift(cloud(**absent))
    with pytest.raises(Exception, match="compare buckets with the templates"):
        drift(cloud(**broken))


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        (["a", "b"], ["b", "a"], True),
        (["a", "a"], ["a", "b"], False),
        ([UNKNOWN, "a"], ["a", "b"], True),
        ([UNKNOWN], [], False),
        ({"a": UNKNOWN}, {"a": 1}, True),
        ({"a": UNKNOWN}, {"b": 1}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        (True, "true", True),
        (3, "3", True),
        (None, "", False),
        ([], {}, False),
    ],
)
def test_what_means_the_same(expected: Any, actual: Any, same: bool) -> None:
    assert comparison.same(expected, actual) is same


@pytest.mark.parametrize(
    ("principal", "written", "same"),
    [
        ({"AWS": ACCOUNT}, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, True),
        ({"AWS": "*"}, "*", True),
        ({"AWS": [ACCOUNT]}, {"AWS": "111122223333"}, False),
        ({"Service": "a"}, "*", False),
    ],
)
def test_a_principal_is_the_same_however_aws_writes_it(principal: Any, written: Any, same: bool) -> None:
    def trusting(who: Any) -> dict[str, Any]:
        return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": who})

    assert comparison.same_policy(trusting(principal), json.dumps(trusting(written))) is same
