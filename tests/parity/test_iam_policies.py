"""AWS managed policies, attaching and listing them, and IAM's policy simulator (sources in the modules named by the marks)."""

import json
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.patches import managed_policies
from tests.parity.iam_support import Roles, code_of
from tests.parity.support import Stacks, allow, role

AWS = "arn:aws:iam::aws:policy"
# --- managed policies -------------------------------------------------------------------------------------------------


@pytest.mark.patch(name="managed_policies")
def test_an_execution_role_may_what_aws_s_policy_for_sagemaker_says(account: Sandbox, roles: Roles) -> None:
    arn = roles.make("AmazonSageMaker-ExecutionRole-1", managed=(f"{AWS}/AmazonSageMakerFullAccess",), Path="/service-role/")
    s3, owner = roles.client("s3", arn), account.boto3("s3")
    names = ("sagemaker-us-east-1-000000000000", "somebody-else-s")

    for name in names:
        s3.create_bucket(Bucket=name)
    assert code_of(s3.put_object, Bucket=names[0], Key="a", Body=b"") == ""
    assert code_of(s3.put_object, Bucket=names[1], Key="a", Body=b"") == "AccessDenied"
    assert code_of(s3.delete_bucket, Bucket=names[0]) == "AccessDenied"
    assert code_of(roles.client("sagemaker", arn).list_training_jobs) == ""
    assert code_of(roles.client("iam", arn).create_user, UserName="no") == "AccessDenied"
    owner.delete_object(Bucket=names[0], Key="a")
    for name in names:
        owner.delete_bucket(Bucket=name)


@pytest.mark.patch(name="managed_policies")
def test_reading_objects_is_not_writing_them(account: Sandbox, roles: Roles) -> None:
    arn = roles.make("bucket-reader", managed=(f"{AWS}/AmazonS3ReadOnlyAccess",))
    owner, s3 = account.boto3("s3"), roles.client("s3", arn)
    owner.create_bucket(Bucket="to-be-read")

    assert code_of(s3.list_objects_v2, Bucket="to-be-read") == ""
    assert code_of(s3.put_object, Bucket="to-be-read", Key="a", Body=b"") == "AccessDenied"
    owner.delete_bucket(Bucket="to-be-read")


@pytest.mark.patch(name="managed_policies")
def test_a_managed_policy_is_described_with_its_path_version_and_document(account: Sandbox) -> None:
    iam = account.boto3("iam")
    policy = iam.get_policy(PolicyArn=f"{AWS}/AmazonSageMakerFullAccess")["Policy"]
    below = iam.get_policy(PolicyArn=f"{AWS}/service-role/AWSLambdaBasicExecutionRole")["Policy"]

    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])["PolicyVersion"]

    assert (policy["DefaultVersionId"], policy["Path"], policy["CreateDate"].year) == ("v29", "/", 2017)
    assert (below["PolicyName"], below["Path"]) == ("AWSLambdaBasicExecutionRole", "/service-role/")
    assert version["IsDefaultVersion"]
    assert "sagemaker:*" in version["Document"]["Statement"][0]["Action"]
    assert code_of(iam.get_policy, PolicyArn=f"{AWS}/AmazonSagemakerFullAccess") == "NoSuchEntity"


def test_every_document_is_there_and_is_one() -> None:
    found = managed_policies.load()

    assert len(found) == 1582
    assert all(json.loads(policy["Document"])["Statement"] for policy in found.values())


@pytest.mark.patch(name="policy_attachment")
def test_a_policy_that_does_not_exist_cannot_be_attached(account: Sandbox, roles: Roles) -> None:
    roles.make("attaching")
    iam = account.boto3("iam")
    iam.create_user(UserName="attaching")
    iam.create_group(GroupName="attaching")

    for attach, name in (
        (iam.attach_role_policy, "RoleName"),
        (iam.attach_user_policy, "UserName"),
        (iam.attach_group_policy, "GroupName"),
    ):
        for missing in (f"{AWS}/AmazonS3ReadonlyAccess", "arn:aws:iam::000000000000:policy/none"):
            assert code_of(attach, **{name: "attaching", "PolicyArn": missing}) == "NoSuchEntity"
    assert iam.list_attached_role_policies(RoleName="attaching")["AttachedPolicies"] == []
    iam.delete_user(UserName="attaching")
    iam.delete_group(GroupName="attaching")


@pytest.mark.patch(name="policy_attachment")
def test_a_stack_whose_role_names_a_missing_policy_rolls_back(stacks: Stacks) -> None:
    named = role()
    named["Properties"]["ManagedPolicyArns"] = [f"{AWS}/AmazonS3ReadonlyAccess"]

    status = stacks.deploy("missing-policy", {"Resources": {"Role": named}})

    assert status == "ROLLBACK_COMPLETE"
    assert "does not exist or is not attachable" in stacks.reasons("missing-policy")


def test_a_stack_attaches_the_policy_that_it_makes(stacks: Stacks) -> None:
    named = role()
    named["Properties"]["ManagedPolicyArns"] = [{"Ref": "Policy"}, f"{AWS}/AmazonS3ReadOnlyAccess"]
    document = {"Version": "2012-10-17", "Statement": [allow("s3:ListAllMyBuckets")]}
    policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}

    assert stacks.deploy("own-policy", {"Resources": {"Role": named, "Policy": policy}}) == "CREATE_COMPLETE"


@pytest.mark.patch(name="role_boundaries")
def test_a_stacks_role_is_bounded_by_what_its_template_says_and_as_long_as_it_says(account: Sandbox, stacks: Stacks) -> None:
    def template(**boundary: str) -> dict[str, Any]:
        bounded = role()
        bounded["Properties"] |= {"RoleName": "bounded-by-a-stack", **boundary}
        return {"Resources": {"Role": bounded}}

    assert stacks.deploy("bounded", template(PermissionsBoundary=f"{AWS}/AmazonS3ReadOnlyAccess")) == "CREATE_COMPLETE"
    found = account.boto3("iam").get_role(RoleName="bounded-by-a-stack")["Role"]
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == f"{AWS}/AmazonS3ReadOnlyAccess"

    assert stacks.update("bounded", TemplateBody=json.dumps(template())) == "UPDATE_COMPLETE"
    assert "PermissionsBoundary" not in account.boto3("iam").get_role(RoleName="bounded-by-a-stack")["Role"]


@pytest.mark.patch(name="policy_pages")
def test_policies_come_in_pages(account: Sandbox, roles: Roles) -> None:
    roles.make("attached", managed=(f"{AWS}/AmazonSNSFullAccess",))
    iam = account.boto3("iam")

    first = iam.list_policies(Scope="AWS")
    everything = [policy["Arn"] for page in iam.get_paginator("list_policies").paginate(Scope="AWS") for policy in page["Policies"]]

    assert (len(first["Policies"]), first["IsTruncated"]) == (100, True)
    assert len(everything) == len(set(everything)) == 1582
    assert len(iam.list_policies(Scope="AWS", MaxItems=7)["Policies"]) == 7
    assert [policy["PolicyName"] for policy in iam.list_policies(Scope="AWS", OnlyAttached=True)["Policies"]] == ["AmazonSNSFullAccess"]
    assert code_of(iam.list_policies, Marker="later") == "ValidationError"


# --- the simulator ----------------------------------------------------------------------------------------------------

IN_MINE = "arn:aws:s3:::mine/*"


def simulated(roles: Roles, arn: str, *actions: str, **options: Any) -> list[Any]:
    results: list[Any] = roles.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=list(actions), **options)["EvaluationResults"]
    return results


def decisions(results: list[Any]) -> dict[str, str]:
    return {result["EvalActionName"]: result["EvalDecision"] for result in results}


@pytest.mark.patch(name="policy_simulation")
def test_a_role_below_a_path_is_found_and_one_that_is_not_there_is_said(roles: Roles) -> None:
    arn = roles.make("AmazonSageMaker-ExecutionRole-2", managed=(f"{AWS}/AmazonSageMakerFullAccess",), Path="/service-role/")

    assert decisions(simulated(roles, arn, "sagemaker:CreateModel", "iam:CreateUser", "ecr:GetAuthorizationToken")) == {
        "sagemaker:CreateModel": "allowed",
        "iam:CreateUser": "implicitDeny",
        "ecr:GetAuthorizationToken": "allowed",
    }
    for wrong in ("arn:aws:iam::000000000000:role/nobody", "arn:aws:iam::000000000000:role/AmazonSageMaker-ExecutionRole-2"):
        assert code_of(roles.iam.simulate_principal_policy, PolicySourceArn=wrong, ActionNames=["s3:GetObject"]) == "NoSuchEntity"
    session = "arn:aws:sts::000000000000:assumed-role/nobody/session"
    assert code_of(roles.iam.simulate_principal_policy, PolicySourceArn=session, ActionNames=["s3:GetObject"]) == "InvalidInput"


@pytest.mark.patch(name="policy_simulation")
def test_every_resource_has_its_decision_and_the_most_restrictive_stands_above(roles: Roles) -> None:
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::mine/locked/*"}
    arn = roles.make("several", allow("s3:*", IN_MINE), deny)
    resources = ["arn:aws:s3:::mine/a", "arn:aws:s3:::theirs/a", "arn:aws:s3:::mine/locked/a"]

    reading, writing = simulated(roles, arn, "s3:GetObject", "s3:PutObject", ResourceArns=resources)

    each = {result["EvalResourceName"]: result["EvalResourceDecision"] for result in writing["ResourceSpecificResults"]}
    assert each == dict(zip(resources, ["allowed", "implicitDeny", "explicitDeny"], strict=True))
    assert (reading["EvalDecision"], writing["EvalDecision"]) == ("implicitDeny", "explicitDeny")
    assert len(writing["MatchedStatements"]) == 1
    assert reading["MatchedStatements"] == []


@pytest.mark.patch(name="policy_simulation")
def test_the_statements_that_decided_are_named_with_their_place(roles: Roles) -> None:
    text = '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},\n    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}\n  ]\n}'  # noqa: E501
    arn = roles.make("named", managed=(f"{AWS}/AmazonS3ReadOnlyAccess",))
    roles.iam.put_role_policy(RoleName="named", PolicyName="own", PolicyDocument=text)

    (result,) = simulated(roles, arn, "s3:GetObject", PolicyInputList=['{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'])

    found = [(s["SourcePolicyId"], s["StartPosition"], s["EndPosition"]) for s in result["MatchedStatements"]]
    assert found[:2] == [
        ("role_named_own", {"Line": 3, "Column": 17}, {"Line": 4, "Column": 62}),
        ("role_named_own", {"Line": 4, "Column": 63}, {"Line": 5, "Column": 67}),
    ]
    assert [source for source, *_ in found[2:]] == ["AmazonS3ReadOnlyAccess", "PolicyInputList.1"]
    assert found[3][1:] == ({"Line": 1, "Column": 14}, {"Line": 1, "Column": 63})
    assert {s["SourcePolicyType"] for s in result["MatchedStatements"]} == {"IAM Policy"}


@pytest.mark.patch(name="policy_simulation")
def test_conditions_are_met_by_what_the_request_says_and_by_nothing_else(roles: Roles) -> None:
    limited = {**allow("cloudwatch:PutMetricData"), "Condition": {"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/TrainingJobs"}}}
    dated = {**allow("s3:GetObject"), "Condition": {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}}
    tagged = {**allow("s3:PutObject"), "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}}
    arn = roles.make("conditional", limited, dated, tagged)

    def entry(name: str, kind: str, *values: str) -> list[dict[str, Any]]:
        return [{"ContextKeyName": name, "ContextKeyType": kind, "ContextKeyValues": list(values)}]

    (plain,) = simulated(roles, arn, "cloudwatch:PutMetricData")
    (given,) = simulated(
        roles, arn, "cloudwatch:PutMetricData", ContextEntries=entry("CloudWatch:Namespace", "string", "/aws/sagemaker/TrainingJobs")
    )
    (there,) = simulated(roles, arn, "cloudwatch:PutMetricData", ResourceArns=["arn:aws:s3:::a"])
    assert (plain["EvalDecision"], plain["MissingContextValues"]) == ("implicitDeny", ["cloudwatch:namespace"])
    assert (given["EvalDecision"], given["MissingContextValues"]) == ("allowed", [])
    assert (there["MissingContextValues"], there["ResourceSpecificResults"][0]["MissingContextValues"]) == ([], ["cloudwatch:namespace"])

    assert decisions(simulated(roles, arn, "s3:GetObject")) == {"s3:GetObject": "implicitDeny"}
    past = entry("aws:CurrentTime", "date", "2019-06-01T00:00:00Z")
    assert decisions(simulated(roles, arn, "s3:GetObject", ContextEntries=past)) == {"s3:GetObject": "allowed"}
    for keys, decision in ((("a",), "allowed"), (("a", "c"), "implicitDeny")):
        entries = entry("aws:TagKeys", "stringList", *keys)
        assert decisions(simulated(roles, arn, "s3:PutObject", ContextEntries=entries)) == {"s3:PutObject": decision}


@pytest.mark.patch(name="policy_simulation")
def test_a_permissions_boundary_limits_what_is_allowed(roles: Roles) -> None:
    arn = roles.make("bounded", allow("*"), PermissionsBoundary=f"{AWS}/AmazonS3ReadOnlyAccess")
    wider = json.dumps({"Version": "2012-10-17", "Statement": [allow("sqs:*")]})

    reading, sending = simulated(roles, arn, "s3:GetObject", "sqs:SendMessage")
    (given,) = simulated(roles, arn, "sqs:SendMessage", PermissionsBoundaryPolicyInputList=[wider])

    assert (reading["EvalDecision"], reading["PermissionsBoundaryDecisionDetail"]) == ("allowed", {"AllowedByPermissionsBoundary": True})
    assert (sending["EvalDecision"], sending["PermissionsBoundaryDecisionDetail"]) == (
        "implicitDeny",
        {"AllowedByPermissionsBoundary": False},
    )
    assert given["EvalDecision"] == "allowed"


@pytest.mark.patch(name="policy_simulation")
def test_a_user_has_the_policies_of_its_groups(account: Sandbox, roles: Roles) -> None:
    iam = account.boto3("iam")
    arn = iam.create_user(UserName="ann", Path="/people/")["User"]["Arn"]
    iam.create_group(GroupName="readers")
    iam.put_group_policy(
        GroupName="readers", PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:GetObject")]})
    )

    before = decisions(simulated(roles, arn, "s3:GetObject"))
    iam.add_user_to_group(GroupName="readers", UserName="ann")
    (after,) = simulated(roles, arn, "s3:GetObject")

    assert before == {"s3:GetObject": "implicitDeny"}
    assert (after["EvalDecision"], after["MatchedStatements"][0]["SourcePolicyId"]) == ("allowed", "group_readers_own")
    iam.remove_user_from_group(GroupName="readers", UserName="ann")
    iam.delete_group_policy(GroupName="readers", PolicyName="own")
    iam.delete_group(GroupName="readers")
    iam.delete_user(UserName="ann")


@pytest.mark.patch(name="policy_simulation")
def test_a_resource_s_policy_counts_for_the_caller_it_names(account: Sandbox, roles: Roles) -> None:
    arn = roles.make("calling")
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:GetObject", "Resource": IN_MINE}]}
    asked = {
        "PolicySourceArn": arn,
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": ["arn:aws:s3:::mine/a"],
        "ResourcePolicy": json.dumps(policy),
    }

    (result,) = roles.iam.simulate_principal_policy(**asked, CallerArn=arn)["EvaluationResults"]
    (other,) = roles.iam.simulate_principal_policy(**asked, CallerArn=f"{arn}-2")["EvaluationResults"]

    assert (result["EvalDecision"], other["EvalDecision"]) == ("allowed", "implicitDeny")
    assert code_of(roles.iam.simulate_principal_policy, **asked) == "InvalidInput"


@pytest.mark.patch(name="policy_simulation")
def test_documents_are_simulated_by_themselves(account: Sandbox) -> None:
    iam = account.boto3("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:GetObject", IN_MINE)]})

    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[document],
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=["arn:aws:s3:::mine/a"],
        PaginationConfig={"PageSize": 1},
    )

    assert decisions([result for page in pages for result in page["EvaluationResults"]]) == {
        "s3:GetObject": "allowed",
        "s3:PutObject": "implicitDeny",
    }
    assert code_of(iam.simulate_custom_policy, PolicyInputList=["{"], ActionNames=["s3:GetObject"]) == "InvalidInput"
    assert code_of(iam.simulate_custom_policy, PolicyInputList=[document], ActionNames=["GetObject"]) == "InvalidInput"
