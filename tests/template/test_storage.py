from blazingtext_stacks.log_group import RETENTION
from blazingtext_stacks.settings import Settings
from tests.template.deployment import resource_schema
from tests.template.matrix import Synthesis
from tests.template.references import written
from tests.template.test_policies import key


def test_the_bucket_is_private_versioned_encrypted_and_announces_every_object(each: Synthesis) -> None:
    bucket = each.one("AWS::S3::Bucket")

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (encryption,) = written(each, bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"])
    with_key = {
        "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key(each.settings)},
        "BucketKeyEnabled": True,
    }
    assert encryption == (with_key if each.settings.kms_key else {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}})
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert "BucketName" not in bucket


def test_captured_requests_are_kept_as_long_as_set_and_a_day_as_a_former_version(each: Synthesis) -> None:
    (rule,) = (rule for rule in each.one("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"] if rule["Id"] == "captured-requests")

    assert rule["ExpirationInDays"] == each.settings.data_capture_days
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert rule["Status"] == "Enabled"


def test_no_lifecycle_rule_reaches_a_current_object_that_serves_or_trains(each: Synthesis) -> None:
    rules = each.one("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]

    # An artifact in service is a current object: these would take it away.
    expiring = [rule for rule in rules if {"ExpirationInDays", "ExpirationDate", "Transitions", "Transition"} & set(rule)]
    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in expiring} == {
        "captured/": each.settings.data_capture_days,
        # Longer than the five days that a processing job may run, whose parts lie there.
        "staging/": 7,
    }
    assert {rule["Id"] for rule in rules} == {"captured-requests", "staging", "old-versions", "incomplete-uploads"}


def test_the_bucket_is_emptied_while_the_permission_to_empty_it_is_still_there(whole_matrix: dict[str, Synthesis]) -> None:
    deleted = whole_matrix["deleted-data"]
    ((_, emptied),) = deleted.resources("Custom::EmptyBucket")
    ((bucket_id, bucket),) = deleted.resources("AWS::S3::Bucket")

    assert emptied["Properties"]["Bucket"] == {"Ref": bucket_id}
    assert any(each.startswith("RetirementRetireRoleDefaultPolicy") for each in emptied["DependsOn"])
    assert emptied["DeletionPolicy"] == bucket["DeletionPolicy"] == "Delete"


def test_an_update_from_0_1_0_finds_the_resources_that_it_must_not_replace(defaults: Synthesis) -> None:
    ((emptied_id, emptied),) = defaults.resources("Custom::EmptyBucket")

    # Another logical id would have CloudFormation delete the old EmptyBucket, and so empty a bucket in use. Another function would be
    # another ServiceToken, which CloudFormation refuses for a resource that exists.
    assert emptied_id == "RetirementEmptyBucketD6331F0A"
    assert emptied["Properties"]["ServiceToken"] == {"Fn::GetAtt": ["RetirementRetireFunctionB4A0E4C8", "Arn"]}


def test_data_is_kept_by_default_at_destruction_and_at_the_switch_to_keeping(defaults: Synthesis) -> None:
    # Were the resource gone from the template, CloudFormation would delete it, and so empty the bucket.
    for type_ in ("Custom::EmptyBucket", "AWS::S3::Bucket", "AWS::S3::BucketPolicy"):
        ((_, resource),) = defaults.resources(type_)
        assert resource["DeletionPolicy"] == "Retain", type_


def test_every_log_group_ends_with_its_stack_and_keeps_lines_as_long_as_set(each: Synthesis) -> None:
    groups = dict(each.resources("AWS::Logs::LogGroup"))

    assert len(groups) == 8 + (each.settings.approval == "manual")
    for group in groups.values():
        assert group["DeletionPolicy"] == "Delete"
        assert group["Properties"]["RetentionInDays"] == each.settings.log_retention_days


def test_logs_can_be_kept_as_long_as_cloudwatch_logs_can_keep_them() -> None:
    allowed = resource_schema("AWS::Logs::LogGroup")["properties"]["RetentionInDays"]["enum"]

    assert [*RETENTION] == allowed
    assert [Settings.from_context({"logRetentionDays": str(days)}).log_retention_days for days in allowed] == allowed


def test_every_function_writes_to_a_log_group_of_its_stack(each: Synthesis) -> None:
    groups = {logical_id for logical_id, _ in each.resources("AWS::Logs::LogGroup")}
    used = [properties["LoggingConfig"]["LogGroup"]["Ref"] for properties in each.properties("AWS::Lambda::Function")]

    assert set(used) <= groups
    assert len(set(used)) == len(used) == 7 + (each.settings.approval == "manual")


def test_a_bucket_that_an_update_replaces_stays(each: Synthesis) -> None:
    ((_, bucket),) = each.resources("AWS::S3::Bucket")

    assert bucket["UpdateReplacePolicy"] == "Retain"
