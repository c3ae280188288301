"""The rows of tables, each against its source and in words of its own: a row that no test holds may be misspelt for years."""

import gzip

import pytest

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.aws_errors import translating_aws_errors
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.errors import AccessDeniedError, ConfigurationError, HyperparameterError, LifecycleError, NotReady
from blazingtext_lifecycle.file_kinds import Content, kind_of
from blazingtext_lifecycle.hyperparameters import complete
from tests.unit.lifecycle.aws_fakes import client_error

# "Common error types" of the services' API references, and of IAM, KMS, S3, EC2's and SNS's own pages.
CODES: dict[str, type[LifecycleError]] = {
    **dict.fromkeys(
        (
            "AccessDenied", "AccessDeniedException", "AuthorizationError", "KMS.AccessDeniedException", "NotAuthorized",
            "UnauthorizedException", "UnauthorizedOperation", "403",
        ),
        AccessDeniedError,
    ),
    **dict.fromkeys(
        (
            "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId",
            "InvalidSignatureException", "InvalidToken", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
            "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "UnrecognizedClientException",
        ),
        ConfigurationError,
    ),
    **dict.fromkeys(
        (
            "BandwidthLimitExceeded", "PriorRequestNotComplete", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
            "RequestThrottled", "RequestThrottledException", "ServiceUnavailable", "SlowDown", "ThrottledException", "Throttling",
            "ThrottlingException", "TooManyRequestsException",
        ),
        NotReady,
    ),
    **dict.fromkeys(("AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"), ConfigurationError),
}  # fmt: skip


@pytest.mark.parametrize(("code", "family"), CODES.items(), ids=CODES)
def test_an_error_code_of_aws_has_its_family(code: str, family: type[LifecycleError]) -> None:
    with pytest.raises(family) as refusal, translating_aws_errors("do it"):
        raise client_error(code, "AWS's own words")

    assert refusal.type is family


# magic(5) and the formats' own specifications.
SIGNATURES = [
    ("1f8b 08", Content.PACKED, "gzip"),
    ("fd37 7a58 5a00", Content.PACKED, "xz"),
    ("504b 0304", Content.PACKED, "zip"),
    ("504b 0506", Content.PACKED, "zip"),
    ("504b 0708", Content.PACKED, "zip"),
    ("377a bcaf 271c", Content.PACKED, "7z"),
    ("5261 7221 1a07", Content.PACKED, "rar"),
    ("0422 4d18", Content.PACKED, "lz4"),
    ("4c5a 4950 01", Content.PACKED, "lzip"),
    ("1f9d", Content.PACKED, "compress (.Z)"),
    ("4d53 4346 00", Content.PACKED, "cabinet"),
    ("213c 6172 6368 3e0a", Content.PACKED, "ar"),
    ("ff06 0000 734e 6150 7059", Content.PACKED, "snappy"),
    ("894c 5a4f 00", Content.PACKED, "lzop"),
    ("2550 4446 2d", Content.BINARY, "a PDF document"),
    ("2521 5053", Content.BINARY, "a PostScript document"),
    ("7b5c 7274 66", Content.BINARY, "an RTF document"),
    ("d0cf 11e0 a1b1 1ae1", Content.BINARY, "a Microsoft Office document of the old format"),
    ("5041 5231", Content.BINARY, "a Parquet file"),
    ("4f52 43", Content.BINARY, "an ORC file"),
    ("4f62 6a01", Content.BINARY, "an Avro file"),
    ("4152 524f 5731", Content.BINARY, "an Arrow file"),
    ("5351 4c69 7465 2066 6f72 6d61 7420 3300", Content.BINARY, "an SQLite database"),
    ("8948 4446 0d0a 1a0a", Content.BINARY, "an HDF5 file"),
    ("934e 554d 5059", Content.BINARY, "a NumPy array"),
    ("ba16 4f2f", Content.BINARY, "a fastText model"),
    ("8950 4e47 0d0a 1a0a", Content.BINARY, "a PNG image"),
    ("ffd8 ff", Content.BINARY, "a JPEG image"),
    ("4749 4638 3761", Content.BINARY, "a GIF image"),
    ("4749 4638 3961", Content.BINARY, "a GIF image"),
    ("7f45 4c46", Content.BINARY, "a program"),
    ("cafe babe", Content.BINARY, "a program"),
]


@pytest.mark.parametrize(("signature", "content", "name"), SIGNATURES, ids=[f"{name} {signature}" for signature, _, name in SIGNATURES])
def test_a_signature_is_enough_and_one_byte_less_is_not(signature: str, content: Content, name: str) -> None:
    magic = bytes.fromhex(signature)

    found, less = kind_of(magic + b" and words that go on for a while", whole=True), kind_of(magic[:-1] + b"\x19 and words", whole=True)

    assert (found.content, found.name) == (content, name)
    assert less.name != name


def test_a_gzip_that_python_writes_is_one() -> None:
    assert kind_of(gzip.compress(b"")).name == "gzip"


# The options of fastText's command line (fasttext.cc, docs/options.md), and AWS's names of what they set.
@pytest.mark.parametrize(
    ("fasttexts", "awss"),
    [
        ("bucket", "buckets"), ("dim", "vector_dim"), ("epoch", "epochs"), ("lr", "learning_rate"), ("maxn", "max_char"),
        ("minCount", "min_count"), ("minn", "min_char"), ("neg", "negative_samples"), ("t", "sampling_threshold"), ("ws", "window_size"),
    ],
)  # fmt: skip
def test_fasttexts_name_of_a_hyperparameter_leads_to_awss(fasttexts: str, awss: str) -> None:
    with pytest.raises(HyperparameterError, match=rf"\b{awss}\b"):
        complete("skipgram", {fasttexts: "1"}, "ml.c5.xlarge", 1)


def test_fasttexts_name_of_word_ngrams_leads_to_awss() -> None:
    with pytest.raises(HyperparameterError, match=r"\bword_ngrams\b"):
        complete("supervised", {"wordNgrams": "1"}, "ml.c5.xlarge", 1)


def test_the_variables_of_the_launcher_have_their_names_and_texts() -> None:
    environment = LaunchEnvironment(
        "dev", "bucket", "arn:role", "image:1", "ml.c5.2xlarge", 3, 40, 7200, spot=True, hyperparameters={"mode": "cbow", "epochs": 3}
    )

    assert environment.variables() == {
        "STAGE": "dev",
        "BUCKET": "bucket",
        "TRAINING_ROLE_ARN": "arn:role",
        "TRAINING_IMAGE": "image:1",
        "TRAINING_INSTANCE_TYPE": "ml.c5.2xlarge",
        "TRAINING_INSTANCE_COUNT": "3",
        "TRAINING_VOLUME_GB": "40",
        "TRAINING_MAX_RUNTIME_SECONDS": "7200",
        "TRAINING_SPOT": "true",
        # Sorted: the same settings synthesise to the same bytes.
        "HYPERPARAMETERS": '{"epochs": 3, "mode": "cbow"}',
        "ALLOWED_INSTANCE_TYPES": "",
        "MAXIMUM_TRAINING_INSTANCES": "20",
        "MAXIMUM_TRAINING_SECONDS": "432000",
        "MAXIMUM_TRAINING_COST": "",
    }
    assert LaunchEnvironment.read(environment.variables()) == environment


def test_the_names_of_outputs_are_what_clients_and_the_tutorial_read() -> None:
    assert {each.name: each.value for each in naming.Output} == {
        "BUCKET_NAME": "BucketName",
        "LAUNCHER_FUNCTION_NAME": "LauncherFunctionName",
        "TUNER_FUNCTION_NAME": "TunerFunctionName",
        "TRANSFORMER_FUNCTION_NAME": "TransformerFunctionName",
        "TRANSFORM_ROLE_ARN": "TransformRoleArn",
        "PROCESSOR_FUNCTION_NAME": "ProcessorFunctionName",
        "PROCESSING_ROLE_ARN": "ProcessingRoleArn",
        "MODEL_PACKAGE_GROUP_NAME": "ModelPackageGroupName",
        "PROMOTER_FUNCTION_NAME": "PromoterFunctionName",
        "TRAINING_ROLE_ARN": "TrainingRoleArn",
        "NOTEBOOK_ROLE_ARN": "NotebookRoleArn",
        "READ_ONLY_POLICY_ARN": "ReadOnlyPolicyArn",
        "DATA_SCIENTIST_POLICY_ARN": "DataScientistPolicyArn",
        "OPERATOR_POLICY_ARN": "OperatorPolicyArn",
        "PIPELINE_ROLE_ARN": "PipelineRoleArn",
        "COMPARISON_ROLE_ARN": "ComparisonRoleArn",
        "NOTIFICATIONS_TOPIC_ARN": "NotificationsTopicArn",
        "PROMOTION_QUEUE_URL": "PromotionQueueUrl",
        "DEAD_LETTER_QUEUE_URL": "DeadLetterQueueUrl",
        "ENDPOINT_NAME": "EndpointName",
        "ENDPOINT_CONFIG_NAME": "EndpointConfigName",
        "SHADOW_INSTANCE_TYPE": "ShadowInstanceType",
        "SHADOW_INSTANCE_COUNT": "ShadowInstanceCount",
        "HOSTING_ROLE_ARN": "HostingRoleArn",
        "SERVING_UPDATE_ARN": "ServingUpdateArn",
        "SCHEDULE_GROUP_NAME": "ScheduleGroupName",
        "LIVE_MODEL_DATA_URL": "LiveModelDataUrl",
        "PREVIOUS_MODEL_DATA_URL": "PreviousModelDataUrl",
        "PROMOTED_THROUGH": "PromotedThrough",
    }


def test_the_last_attempt_still_has_a_name_that_sagemaker_takes() -> None:
    # 63 characters are AWS's limit (CreateTrainingJob, TrainingJobName); "-99" is the longest end of an attempt.
    longest = naming.job_name("a" * 10, "x" * 32, "batch_skipgram", "0" * 64)

    assert naming.MAXIMUM_ATTEMPTS == 99
    assert len(naming.attempt_name(longest, 99)) <= 63
    assert naming.attempt_name("job", 1) == "job"
    assert naming.attempt_name("job", 2) == "job-2"


@pytest.mark.parametrize(
    ("text", "written", "read"),
    [("\ud55c\uad6d\uc5b4 \ub9d0", "iso2022_kr", "iso2022_kr"), ("\u65e5\u672c\u8a9e", "iso2022_jp", "iso2022_jp_2")],
)
def test_an_encoding_of_escape_sequences_is_known_by_them(text: str, written: str, read: str) -> None:
    assert kind_of(text.encode(written), whole=True).encoding == read
