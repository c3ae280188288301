"""Transform jobs of the sandbox, with a container of our own and a small account around. Source of the words: AWS."""

import gzip
import json
import struct
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api.errors import (
    AccessDeniedException,
    ResourceInUse,
    ResourceLimitExceeded,
    ResourceNotFound,
    ValidationException,
)
from blazingtext_sandbox.sagemaker.service import SageMaker
from tests.parity.sagemaker_support import ENDED, ROLE, FakeCloud, Sage, listed_as_described, transform_request
from tests.parity.support import wait_until

PROGRAM = Path(__file__).with_name("fake_transformer.py")
CLIENT_ERROR = "ClientError: See job logs for more information"
ALGORITHM_ERROR = "AlgorithmError: See job logs for more information"


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[Sage]:
    cloud = FakeCloud()
    made = Sage(cloud, SageMaker(cloud, tmp_path, serve=(sys.executable, "-S", str(PROGRAM), "serve")))
    yield made
    made.stop()


def start(sage: Sage, name: str = "transform", *, reply: str = "", **changes: Any) -> None:
    if "m" not in sage.service.store.models:
        sage.model("m", reply)
    sage.call("CreateTransformJob", **transform_request(name, **changes))


def run(sage: Sage, name: str = "transform", *, reply: str = "", **changes: Any) -> Any:
    """Start a job and describe it at its end."""
    start(sage, name, reply=reply, **changes)
    return ended(sage, name)


def ended(sage: Sage, name: str = "transform") -> Any:
    def look() -> Any:
        seen = sage.call("DescribeTransformJob", TransformJobName=name)
        return seen if seen["TransformJobStatus"] in ENDED else None

    return wait_until(look)


def put(sage: Sage, **files: bytes) -> None:
    for name, content in files.items():
        sage.cloud.aws.objects["bucket", f"in/{name}"] = content


def outputs(sage: Sage) -> dict[str, bytes]:
    return {key.removeprefix("out/"): content for (_, key), content in sage.cloud.aws.objects.items() if key.startswith("out/")}


def of_input(**members: Any) -> dict[str, Any]:
    return {"TransformInput": {**transform_request()["TransformInput"], **members}}


def of_output(**members: Any) -> dict[str, Any]:
    return {"TransformOutput": {**transform_request()["TransformOutput"], **members}}


def text(**members: Any) -> dict[str, Any]:
    """Plain text, which the container puts between brackets once a request."""
    return {**of_input(ContentType="text/plain"), **of_output(Accept="text/plain"), **members}


def test_each_object_becomes_one_beside_it_with_out_after_its_name(sage: Sage) -> None:
    put(sage, a=b'"one"\n"two"\n')
    put(sage, **{"deep/b": b'"three"\n'})

    described = run(sage)

    assert described["TransformJobStatus"] == "Completed"
    assert outputs(sage) == {"a.out": b'{"said": "one"}\n{"said": "two"}\n', "deep/b.out": b'{"said": "three"}\n'}


def test_describe_shows_the_request_its_defaults_and_its_times(sage: Sage) -> None:
    put(sage, a=b'"one"\n')

    described = run(sage)

    assert described["TransformJobArn"] == "arn:aws:sagemaker:us-east-1:000000000000:transform-job/transform"
    assert described["TransformInput"]["CompressionType"] == "None"
    assert (described["TransformOutput"]["KmsKeyId"], described["TransformOutput"]["AssembleWith"]) == ("", "Line")
    assert described["DataProcessing"] == {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
    assert described["CreationTime"] <= described["TransformStartTime"] <= described["TransformEndTime"]
    assert "FailureReason" not in described
    assert "Tags" not in described


@pytest.mark.parametrize(
    ("prefix", "name"),
    [("s3://bucket/in/", "deep/a.out"), ("s3://bucket/in/deep", "deep/a.out"), ("s3://bucket/in/deep/a", "a.out")],
)
def test_what_follows_the_last_slash_of_the_prefix_is_kept_of_a_key(sage: Sage, prefix: str, name: str) -> None:
    put(sage, **{"deep/a": b'"one"\n'})

    run(sage, **of_input(DataSource={"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": prefix}}))

    assert list(outputs(sage)) == [name]


def test_a_manifest_names_the_objects(sage: Sage) -> None:
    put(sage, a=b'"a"\n', b=b'"b"\n', c=b'"c"\n')
    sage.cloud.aws.objects["bucket", "list"] = json.dumps([{"prefix": "s3://bucket/in/"}, "c", "a"]).encode()

    run(sage, **of_input(DataSource={"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": "s3://bucket/list"}}))

    assert outputs(sage) == {"c.out": b'{"said": "c"}\n', "a.out": b'{"said": "a"}\n'}


@pytest.mark.parametrize("content", [None, b"words", b"[]", b'["s3://bucket/in/", "a"]', b'[{"prefix": "in"}, "a"]'])
def test_a_manifest_that_is_none_fails_the_job(sage: Sage, content: bytes | None) -> None:
    put(sage, a=b'"a"\n')
    if content is not None:
        sage.cloud.aws.objects["bucket", "list"] = content

    described = run(sage, **of_input(DataSource={"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": "s3://bucket/list"}}))

    assert described["TransformJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("ClientError: ")
    assert "manifest s3://bucket/list" in described["FailureReason"]


@pytest.mark.parametrize(
    ("split", "strategy", "wanted"),
    [
        ("None", None, b"[ONE\nTWO\n]"),
        ("Line", "MultiRecord", b"[ONE\nTWO\n]"),
        ("Line", "SingleRecord", b"[ONE][TWO]"),
        ("Line", None, b"[ONE\nTWO\n]"),
    ],
)
def test_how_a_file_is_split_and_how_many_records_go_together(sage: Sage, split: str, strategy: str | None, wanted: bytes) -> None:
    put(sage, a=b"one\ntwo\n")
    given: dict[str, Any] = {} if strategy is None else {"BatchStrategy": strategy}

    run(sage, **text(**of_input(ContentType="text/plain", SplitType=split), **of_output(Accept="text/plain", AssembleWith="None"), **given))

    assert outputs(sage) == {"a.out": wanted}


def test_answers_stand_on_lines_of_their_own_when_they_are_assembled_with_lines(sage: Sage) -> None:
    put(sage, a=b"one\ntwo\n")

    run(sage, BatchStrategy="SingleRecord", **text())

    assert outputs(sage) == {"a.out": b"[ONE]\n[TWO]\n"}


def recordio(*payloads: bytes) -> bytes:
    return b"".join(struct.pack("<II", 0xCED7230A, len(each)) + each + b"\0" * (-len(each) % 4) for each in payloads)


def tfrecord(*payloads: bytes) -> bytes:
    return b"".join(struct.pack("<QI", len(each), 7) + each + struct.pack("<I", 7) for each in payloads)


@pytest.mark.parametrize(("split", "frame"), [("RecordIO", recordio), ("TFRecord", tfrecord)])
def test_binary_records_lose_their_frame_only_when_they_go_alone(sage: Sage, split: str, frame: Any) -> None:
    put(sage, a=frame(b"one", b"three"))
    binary = {**of_input(ContentType="x/y", SplitType=split), **of_output(AssembleWith="None")}

    run(sage, "alone", **binary, BatchStrategy="SingleRecord")
    alone = outputs(sage)["a.out"]
    run(sage, "together", BatchStrategy="MultiRecord", **binary)

    assert alone == b"[ONE][THREE]"
    assert outputs(sage)["a.out"] == b"[" + frame(b"one", b"three").upper() + b"]"


def test_a_record_in_several_parts_of_recordio_is_one(sage: Sage) -> None:
    magic = struct.pack("<I", 0xCED7230A)
    parts = [magic + struct.pack("<I", (flag << 29) | 4) + part for flag, part in ((1, b"ab\0\0"), (2, b"cdcd"), (3, b"efef"))]
    put(sage, a=b"".join(parts))

    run(sage, BatchStrategy="SingleRecord", **of_input(ContentType="x/y", SplitType="RecordIO"), **of_output(AssembleWith="None"))

    assert outputs(sage)["a.out"] == b"[AB\0\0" + magic.upper() + b"CDCD" + magic.upper() + b"EFEF]"


@pytest.mark.parametrize(
    ("split", "content"),
    [
        ("RecordIO", b"none of it"),
        ("RecordIO", recordio(b"cut")[:-2]),
        ("RecordIO", recordio(b"cut") + b"x"),
        ("RecordIO", struct.pack("<II", 0xCED7230A, (1 << 29) | 4) + b"open"),
        ("TFRecord", tfrecord(b"cut")[:-1]),
        ("TFRecord", b"short"),
    ],
)
def test_a_file_that_is_not_what_it_is_said_to_be_fails_the_job(sage: Sage, split: str, content: bytes) -> None:
    put(sage, a=content)

    described = run(sage, **of_input(ContentType="x/y", SplitType=split))

    assert (described["FailureReason"], outputs(sage)) == (CLIENT_ERROR, {})
    assert any("Unable to read the data" in line for line in sage.lines("transform"))


def test_gzipped_objects_are_unpacked(sage: Sage) -> None:
    put(sage, **{"a.gz": gzip.compress(b'"one"\n')})

    run(sage, **of_input(CompressionType="Gzip"))

    assert outputs(sage) == {"a.gz.out": b'{"said": "one"}\n'}


PACKED = gzip.compress(b'"one"\n' * 1000)


@pytest.mark.parametrize("content", [b'"one"\n', PACKED[:-9], PACKED[:12] + b"\xff" * 9 + PACKED[21:]])
def test_an_object_that_is_not_gzipped_or_damaged_fails_the_job(sage: Sage, content: bytes) -> None:
    put(sage, a=content)

    assert run(sage, **of_input(CompressionType="Gzip"))["FailureReason"] == CLIENT_ERROR


def test_requests_are_as_large_as_the_payload_may_be(sage: Sage) -> None:
    line = b"x" * 399_999 + b"\n"
    put(sage, a=line * 5)

    run(sage, MaxPayloadInMB=1, **text(**of_output(Accept="text/plain", AssembleWith="None")))

    assert outputs(sage)["a.out"] == b"[" + (line * 2).upper() + b"][" + (line * 2).upper() + b"][" + line.upper() + b"]"


def test_a_record_larger_than_the_payload_fails_its_file_and_no_other(sage: Sage) -> None:
    put(sage, a=b"x" * (1 << 20) + b"y\n", b=b"one\n")

    described = run(sage, MaxPayloadInMB=1, **text())

    assert (described["TransformJobStatus"], described["FailureReason"]) == ("Failed", CLIENT_ERROR)
    assert list(outputs(sage)) == ["b.out"]
    assert any("bucket/in/a: A record is larger than the payload may be" in line for line in sage.lines("transform"))


@pytest.mark.parametrize(
    ("line", "reason", "said"),
    [
        (b"bad", CLIENT_ERROR, "bucket/in/a: ClientError: 400"),
        (b"broken", ALGORITHM_ERROR, "bucket/in/a: Bad HTTP status received from algorithm: 500"),
    ],
)
def test_a_refused_request_fails_its_file_and_no_other(sage: Sage, line: bytes, reason: str, said: str) -> None:
    put(sage, a=line + b"\n", b=b"one\n")

    described = run(sage, **text(ModelClientConfig={"InvocationsMaxRetries": 0}))

    assert (described["TransformJobStatus"], described["FailureReason"]) == ("Failed", reason)
    assert list(outputs(sage)) == ["b.out"]
    assert any(each.endswith(f"[sagemaker logs]: {said}") for each in sage.lines("transform"))
    assert any(each.endswith(("Customer Error: bad line", "a: cannot")) for each in sage.lines("transform"))


def test_a_request_that_failed_is_sent_again_and_one_that_was_refused_is_not(sage: Sage) -> None:
    put(sage, a=b"flaky\n")

    assert run(sage, **text())["TransformJobStatus"] == "Completed"
    assert outputs(sage) == {"a.out": b"[FLAKY\n]\n"}


def test_several_instances_share_the_files(sage: Sage) -> None:
    put(sage, a=b"environment\n", b=b"environment\n", c=b"environment\n")

    run(sage, TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 2}, **text())

    folders = [json.loads(content)["SAGEMAKER_BASE_DIR"] for _, content in sorted(outputs(sage).items())]
    assert folders[0] == folders[2] != folders[1]


def test_the_container_knows_what_the_request_says_and_nothing_that_it_leaves_open(sage: Sage) -> None:
    put(sage, a=b"environment\n")

    run(sage, "bare", **text())
    bare = json.loads(outputs(sage)["a.out"])
    given: dict[str, Any] = {"MaxPayloadInMB": 2, "MaxConcurrentTransforms": 3, "BatchStrategy": "SingleRecord"}
    run(sage, "full", Environment={"SAGEMAKER_OF_MINE": "x"}, **given, **text())
    full = json.loads(outputs(sage)["a.out"])

    names = ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", "SAGEMAKER_BATCH_STRATEGY", "SAGEMAKER_OF_MINE")
    assert [bare.get(name) for name in names] == [None] * 4
    assert [full.get(name) for name in names] == ["2", "3", "SINGLE_RECORD", "x"]
    assert bare["SAGEMAKER_BATCH"] == full["SAGEMAKER_BATCH"] == "true"


def test_the_container_gets_the_types_of_the_request(sage: Sage) -> None:
    put(sage, a=b"request\n")

    run(sage, **of_input(ContentType="text/plain"), **of_output(Accept="text/html"))

    assert json.loads(outputs(sage)["a.out"]) == {"type": "text/plain", "accept": "text/html"}


@pytest.mark.parametrize(
    ("reply", "given", "wanted"),
    [
        ("", {}, "MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD"),
        (
            'parameters {"MaxConcurrentTransforms": 4, "MaxPayloadInMB": 2, "BatchStrategy": "SINGLE_RECORD"}',
            {},
            "MaxConcurrentTransforms=4, MaxPayloadInMB=2, BatchStrategy=SINGLE_RECORD",
        ),
        (
            'parameters {"MaxConcurrentTransforms": 4, "MaxPayloadInMB": 2, "BatchStrategy": "SINGLE_RECORD"}',
            {"MaxConcurrentTransforms": 1, "MaxPayloadInMB": 3, "BatchStrategy": "MultiRecord"},
            "MaxConcurrentTransforms=1, MaxPayloadInMB=3, BatchStrategy=MULTI_RECORD",
        ),
        ("parameters no JSON", {}, "MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD"),
        ("parameters [1]", {"MaxConcurrentTransforms": 0}, "MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD"),
    ],
)
def test_the_request_goes_before_the_container_and_the_container_before_the_defaults(
    sage: Sage, reply: str, given: dict[str, Any], wanted: str
) -> None:
    put(sage, a=b'"one"\n')

    run(sage, reply=reply, **given)

    assert any(line.endswith(wanted) for line in sage.lines("transform"))


def test_answers_keep_the_order_of_the_records_when_several_are_under_way(sage: Sage) -> None:
    put(sage, a=b"".join(b"%d\n" % number for number in range(40)))

    run(sage, MaxConcurrentTransforms=8, BatchStrategy="SingleRecord", **text())

    assert outputs(sage)["a.out"] == b"".join(b"[%d]\n" % number for number in range(40))


@pytest.mark.parametrize("reply", ["dead", "gone"])
def test_a_container_that_does_not_answer_fails_the_job(sage: Sage, reply: str) -> None:
    put(sage, a=b"one\n")

    described = run(sage, reply=reply, **text())

    assert (described["TransformJobStatus"], described["FailureReason"]) == ("Failed", ALGORITHM_ERROR)


def test_nothing_under_the_prefix_fails_the_job(sage: Sage) -> None:
    described = run(sage)

    assert described["FailureReason"].startswith('ClientError: No S3 objects found under S3 URL "s3://bucket/in/"')


@pytest.mark.parametrize(
    ("refused", "words"),
    [("ListObjectsV2", "Unable to list objects"), ("PutObject", "Output upload failed"), ("GetObject", "Failed to download model data")],
)
def test_what_the_role_of_the_model_may_not_do_fails_the_job(sage: Sage, refused: str, words: str) -> None:
    put(sage, a=b'"one"\n')
    sage.model("m", "")
    sage.cloud.aws.refused.add(refused)

    described = run(sage)

    assert described["TransformJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("ClientError: ")
    assert words in described["FailureReason"]


def test_a_role_that_sagemaker_cannot_assume_fails_the_job(sage: Sage) -> None:
    sage.model("m", "")
    sage.cloud.untrusting.add(ROLE)

    assert "cannot assume the role" in run(sage)["FailureReason"]


def test_a_job_keeps_the_model_that_it_was_created_with(sage: Sage) -> None:
    put(sage, **{f"f{number}": b'"one"\n' for number in range(20)})
    start(sage, reply="slow")

    sage.call("DeleteModel", ModelName="m")

    assert ended(sage)["TransformJobStatus"] == "Completed"


def test_a_stopped_job_stores_nothing(sage: Sage) -> None:
    put(sage, **{f"f{number:03}": b'"one"\n' for number in range(200)})
    start(sage, reply="slow")
    wait_until(lambda: any("POST /invocations" in line for line in sage.lines("transform")))

    sage.call("StopTransformJob", TransformJobName="transform")
    sage.call("StopTransformJob", TransformJobName="transform")

    assert (ended(sage)["TransformJobStatus"], outputs(sage)) == ("Stopped", {})
    statuses = [detail["TransformJobStatus"] for kind, _, detail in sage.cloud.events if "Transform" in kind]
    assert statuses == ["InProgress", "Stopping", "Stopped"]


def test_a_job_is_stopped_while_its_container_starts(sage: Sage) -> None:
    put(sage, a=b'"one"\n')
    start(sage, reply="ill")
    wait_until(lambda: any("GET /ping" in line for line in sage.lines("transform")))

    sage.call("StopTransformJob", TransformJobName="transform")

    assert ended(sage)["TransformJobStatus"] == "Stopped"


def test_a_job_that_has_ended_cannot_be_stopped(sage: Sage) -> None:
    put(sage, a=b'"one"\n')
    run(sage)

    with pytest.raises(ValidationException, match="in status Completed"):
        sage.call("StopTransformJob", TransformJobName="transform")


def test_every_change_of_status_is_an_event(sage: Sage) -> None:
    put(sage, a=b'"one"\n')
    run(sage)

    told = [(arn, detail) for kind, arn, detail in sage.cloud.events if kind == "SageMaker Transform Job State Change"]
    assert [detail["TransformJobStatus"] for _, detail in told] == ["InProgress", "Completed"]
    arn, last = told[-1]
    assert arn == last["TransformJobArn"]
    assert (last["ModelName"], last["Tags"]) == ("m", {"blazingtext:stage": "dev"})
    assert isinstance(last["TransformEndTime"], int)


def test_logs_are_in_the_group_of_transform_jobs(sage: Sage) -> None:
    put(sage, a=b'"one"\n')
    run(sage)

    names = {stream for group, stream in sage.cloud.aws.lines if group == "/aws/sagemaker/TransformJobs"}
    assert sorted(name.count("/") for name in names) == [1, 2]
    assert all(name.startswith("transform/i-") for name in names)
    assert [name for name in names if name.endswith("/data-log")]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ModelName": "other"}, 'Could not find model "arn:aws:sagemaker:us-east-1:000000000000:model/other"'),
        ({"MaxPayloadInMB": 101}, "cannot exceed 100 MB"),
        ({"MaxPayloadInMB": 26, "MaxConcurrentTransforms": 4}, "cannot exceed 100 MB"),
        (
            of_input(DataSource={"S3DataSource": {"S3DataType": "AugmentedManifestFile", "S3Uri": "s3://bucket/in/"}}),
            "not compatible with transform jobs",
        ),
        (of_input(DataSource={"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "https://bucket/in"}}), "Invalid S3Uri"),
        (of_output(S3OutputPath="https://bucket/out"), "Invalid S3OutputPath"),
        ({"DataProcessing": {"InputFilter": "features"}}, r"does not begin with \$"),
        ({"DataProcessing": {"JoinSource": "Input"}, **of_output(Accept="text/plain")}, "DataProcessing needs ContentType and Accept"),
        ({"DataProcessing": {"JoinSource": "Input"}, **of_output(Accept="text/csv")}, "both to be CSV or both to be JSON"),
        (
            {
                "DataProcessing": {"JoinSource": "Input"},
                **of_input(ContentType="text/csv", SplitType="None"),
                **of_output(Accept="text/csv"),
            },
            "needs SplitType and AssembleWith to be Line",
        ),
    ],
)
def test_what_a_request_may_not_say(sage: Sage, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationException, match=words):
        start(sage, **changes)
    assert sage.service.store.transform_jobs == {}


def test_the_largest_payload_that_is_allowed(sage: Sage) -> None:
    put(sage, a=b'"one"\n')

    assert run(sage, MaxPayloadInMB=25, MaxConcurrentTransforms=4)["TransformJobStatus"] == "Completed"


def test_a_name_is_used_once(sage: Sage) -> None:
    put(sage, a=b'"one"\n')
    run(sage)

    with pytest.raises(ResourceInUse, match="Job name must be unique within an AWS account and region"):
        start(sage, "Transform")


def test_instances_are_limited_by_type(sage: Sage) -> None:
    put(sage, a=b'"one"\n')
    start(sage, reply="slow", TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 3})

    with pytest.raises(
        ResourceLimitExceeded, match=r"'ml\.m5\.large for transform job usage' is 4 Instances, with current utilization of 3"
    ):
        start(sage, "second", TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 2})
    start(sage, "third", TransformResources={"InstanceType": "ml.m5.xlarge", "InstanceCount": 2})


def test_tags_need_their_own_permission(sage: Sage) -> None:
    sage.cloud.forbidden.add("sagemaker:AddTags")

    with pytest.raises(AccessDeniedException, match="sagemaker:AddTags"):
        start(sage)


@pytest.mark.parametrize("operation", ["DescribeTransformJob", "StopTransformJob"])
def test_a_job_that_is_not_there(sage: Sage, operation: str) -> None:
    with pytest.raises(
        ResourceNotFound, match='Could not find transform job "arn:aws:sagemaker:us-east-1:000000000000:transform-job/none"'
    ):
        sage.call(operation, TransformJobName="none")


def test_jobs_are_listed_newest_first_in_pages_by_name_and_status(sage: Sage) -> None:
    put(sage, a=b'"one"\n')
    for name in ("first", "second", "third"):
        run(sage, name)

    page = sage.call("ListTransformJobs", MaxResults=2)
    rest = sage.call("ListTransformJobs", MaxResults=2, NextToken=page["NextToken"])
    arn = sage.call("DescribeTransformJob", TransformJobName="first")["TransformJobArn"]

    assert [each["TransformJobName"] for each in (*page["TransformJobSummaries"], *rest["TransformJobSummaries"])] == [
        "third",
        "second",
        "first",
    ]
    assert page["TransformJobSummaries"][0]["TransformJobStatus"] == "Completed"
    assert listed_as_described(sage, "TransformJob") == 3
    assert sage.call("ListTransformJobs", NameContains="ir", StatusEquals="Failed")["TransformJobSummaries"] == []
    assert len(sage.call("ListTransformJobs", NameContains="ir")["TransformJobSummaries"]) == 2
    assert sage.call("ListTags", ResourceArn=arn)["Tags"] == [{"Key": "blazingtext:stage", "Value": "dev"}]


JOIN: dict[str, Any] = {"DataProcessing": {"JoinSource": "Input"}}


@pytest.mark.parametrize(
    ("processing", "line", "wanted"),
    [
        ({"JoinSource": "Input"}, b'{"id": 1}', {"id": 1, "SageMakerOutput": {"said": {"id": 1}}}),
        ({"JoinSource": "Input"}, b"[1]", {"SageMakerInput": [1], "SageMakerOutput": {"said": [1]}}),
        ({"InputFilter": "$.a"}, b'{"id": 1, "a": "x"}', {"said": "x"}),
        (
            {"InputFilter": "$.a", "JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"},
            b'{"id": 1, "a": "x"}',
            {"id": 1, "SageMakerOutput": {"said": "x"}},
        ),
        ({"OutputFilter": "$.said"}, b'"x"', "x"),
    ],
)
@pytest.mark.parametrize("strategy", ["MultiRecord", "SingleRecord"])
def test_json_lines_are_filtered_and_joined(sage: Sage, processing: dict[str, str], line: bytes, wanted: Any, strategy: str) -> None:
    put(sage, a=line + b"\n" + line + b"\n")

    described = run(sage, DataProcessing=processing, BatchStrategy=strategy)

    assert [json.loads(each) for each in outputs(sage)["a.out"].splitlines()] == [wanted, wanted]
    assert described["DataProcessing"] == {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None", **processing}


def test_rows_are_filtered_and_joined(sage: Sage) -> None:
    put(sage, a=b'1,"a, b",c\n2,d,e\n')
    rows = {**of_input(ContentType="text/csv"), **of_output(Accept="text/csv")}

    run(sage, DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,1,-1]"}, **rows)

    assert outputs(sage)["a.out"] == b'1,"a, b",2\n2,d,1\n'


@pytest.mark.parametrize(
    ("line", "processing", "words"),
    [
        (b"no JSON", {"InputFilter": "$.a"}, "JSON was expected"),
        (b"[" * 100_000, {"InputFilter": "$.a"}, "JSON was expected"),
        (b'{"b": 1}', {"InputFilter": "$.a"}, r"$.a selects nothing"),
        (b'"x"', {"OutputFilter": "$[3]"}, r"$[3] selects nothing"),
    ],
)
def test_a_record_that_the_filters_do_not_fit_fails_its_file(sage: Sage, line: bytes, processing: dict[str, str], words: str) -> None:
    put(sage, a=line + b"\n")

    assert run(sage, DataProcessing=processing)["FailureReason"] == CLIENT_ERROR
    assert any(words in each for each in sage.lines("transform"))


def test_an_answer_with_other_records_than_were_sent_fails_its_file(sage: Sage) -> None:
    put(sage, a=b"environment\nx\n")

    assert run(sage, **JOIN, **of_input(ContentType="application/json"))["FailureReason"] == CLIENT_ERROR
    assert any("the answer has 1 records for 2" in each for each in sage.lines("transform"))


def test_no_thread_of_a_job_stays(sage: Sage) -> None:
    put(sage, a=b'"one"\n')
    run(sage)

    wait_until(lambda: not [each for each in threading.enumerate() if each.name.startswith("logs-transform")])
