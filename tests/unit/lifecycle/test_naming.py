import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import ConfigurationError, RequestError
from tests.unit.aws_requests import service_model

STAGES = st.from_regex(naming.STAGE_PATTERN, fullmatch=True)
CORPORA = st.from_regex(naming.CORPUS_PATTERN, fullmatch=True)
MODES = st.sampled_from(["batch_skipgram", "skipgram", "cbow", "supervised"])
HASHES = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)


@given(STAGES, CORPORA, MODES, HASHES, st.integers(1, naming.MAXIMUM_ATTEMPTS))
def test_every_job_name_is_one_sagemaker_accepts(stage: str, corpus: str, mode: str, digest: str, attempt: int) -> None:
    shape = service_model("sagemaker").shape_for("TrainingJobName")

    name = naming.attempt_name(naming.job_name(stage, corpus, mode, digest), attempt)

    assert re.fullmatch(shape.metadata["pattern"], name)
    assert len(name) <= shape.metadata["max"]
    assert name.startswith(naming.job_prefix(stage))
    assert digest[:10] in name


@given(STAGES, STAGES, CORPORA, MODES, HASHES)
def test_no_stages_job_looks_like_another_stages(one: str, other: str, corpus: str, mode: str, digest: str) -> None:
    name = naming.job_name(one, corpus, mode, digest)

    assert name.startswith(naming.job_prefix(other)) is (one == other)


def test_a_short_corpus_stays_readable_in_the_job_name() -> None:
    assert naming.job_name("dev", "wiki", "batch_skipgram", "0123456789abcdef") == "blazingtext-dev-wiki-batch-skipgram-0123456789"


@pytest.mark.parametrize("stage", ["", "Dev", "1dev", "dev-1", "thirteenchars", "dev_1", "dev\n"])
def test_a_stage_is_small_letters_and_digits(stage: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a stage name"):
        naming.check_stage(stage)


@pytest.mark.parametrize("corpus", ["", "Wiki", "-wiki", "a/b", "x" * 33, "wiki\n", "../x"])
def test_a_corpus_is_a_plain_folder_name(corpus: str) -> None:
    with pytest.raises(RequestError, match="is not a corpus name"):
        naming.check_corpus(corpus)


def test_an_artifact_knows_its_job() -> None:
    uri = naming.artifact_uri("b", "job-1")

    assert uri == "s3://b/runs/job-1/output/model.tar.gz"
    assert uri.startswith(f"{naming.output_uri('b')}/job-1/")
    assert naming.job_of_artifact(uri) == "job-1"
    assert naming.job_of_artifact("s3://b/elsewhere/job-1/output/model.tar.gz") == ""


def test_an_s3_uri_is_a_bucket_and_a_key() -> None:
    assert naming.split_s3_uri("s3://b/a/c") == ("b", "a/c")
    assert naming.split_s3_uri("s3://b") == ("b", "")
    with pytest.raises(RequestError, match="is not an S3 URI"):
        naming.split_s3_uri("https://b/a")


def test_names_are_what_people_were_told() -> None:
    assert naming.serving_stack("dev") == "blazingtext-dev-serving"
    assert naming.storage_stack("dev") == "blazingtext-dev-storage"
    assert naming.training_stack("dev") == "blazingtext-dev-training"
    assert naming.endpoint("dev") == "blazingtext-dev"
    assert naming.endpoint_log_group("dev") == "/aws/sagemaker/Endpoints/blazingtext-dev"
    assert naming.channel_uri("b", "wiki", "train") == "s3://b/corpora/wiki/train/"
    assert naming.storage_in_use("dev") == "blazingtext-dev-storage-in-use"
    assert naming.serving_update("dev") == "blazingtext-dev-serving-update"
    assert naming.corpus_prefix("wiki") == "corpora/wiki/"
    assert naming.artifact_key("job") == "runs/job/output/model.tar.gz"
    assert naming.output_uri("b") == "s3://b/runs"
    assert naming.tags("dev") == {"blazingtext:project": "blazingtext", "blazingtext:stage": "dev"}
    assert (naming.CORPUS_TAG, naming.REQUEST_TAG) == ("blazingtext:corpus", "blazingtext:request")
    assert (naming.BOOTSTRAP_QUALIFIER, naming.TOOLKIT_STACK) == ("blzgtxt", "CDKToolkit-blazingtext")
    assert (naming.PROMOTION_TAG, naming.DEFAULT_STAGE) == ("blazingtext:promotion", "dev")
    assert naming.delivery_stack("dev") == "blazingtext-delivery-dev"
    assert naming.manifest_key("wiki") == "corpora/wiki/complete.json"
    assert (naming.TRAIN, naming.VALIDATION) == ("train", "validation")


def test_what_aws_names_is_called_as_aws_calls_it() -> None:
    """SageMaker's log groups, the SageMaker SDK's only variant, fastText's labels, and the prefix that AWS keeps for its own tags."""
    assert naming.TRAINING_LOG_GROUP == "/aws/sagemaker/TrainingJobs"
    assert naming.VARIANT == "AllTraffic"
    assert naming.LABEL == "__label__"
    assert naming.RESERVED_TAG_PREFIXES == ("aws:", "blazingtext:")
    # What the CDK writes into the manifest of every stack (requiresBootstrapStackVersion).
    assert naming.BOOTSTRAP_VERSION == 6


@pytest.mark.parametrize("name", ["a", "0", "a-b", "A" * 63, "a--b"])
def test_a_training_job_is_named_as_sagemaker_allows(name: str) -> None:
    assert naming.TRAINING_JOB_PATTERN.fullmatch(name)
    assert re.fullmatch(service_model("sagemaker").shape_for("TrainingJobName").metadata["pattern"], name)


@pytest.mark.parametrize("name", ["", "-a", "a-", "a_b", "A" * 64])
def test_a_training_job_is_not_named_as_sagemaker_refuses(name: str) -> None:
    shape = service_model("sagemaker").shape_for("TrainingJobName")

    assert not naming.TRAINING_JOB_PATTERN.fullmatch(name)
    assert not re.fullmatch(shape.metadata["pattern"], name)


def test_the_longest_names_fill_what_sagemaker_allows_and_leave_room_for_attempts() -> None:
    job = naming.job_name("twelveletter", "c" * 32, "batch_skipgram", "0123456789abcdef")

    assert job == f"blazingtext-twelveletter-{'c' * 9}-batch-skipgram-0123456789"
    assert len(naming.attempt_name(job, 99)) == 63
    assert naming.attempt_name(job, 1) == job
    assert naming.attempt_name(job, 2) == f"{job}-2"


def test_a_corpus_name_that_is_cut_at_a_hyphen_leaves_no_two_in_a_row() -> None:
    assert naming.job_name("twelveletter", "cccccccc-rest", "batch_skipgram", "0" * 10).startswith(
        "blazingtext-twelveletter-cccccccc-batch"
    )


@pytest.mark.parametrize("name", ["a", "a" * 12, "dev2"])
def test_a_stage_may_have_one_to_twelve_characters(name: str) -> None:
    assert naming.check_stage(name) == name


@pytest.mark.parametrize("name", ["a", "1", "a" * 32, "blogs-2020"])
def test_a_corpus_name_may_have_one_to_thirty_two_characters(name: str) -> None:
    assert naming.check_corpus(name) == name


@pytest.mark.parametrize(
    ("tags", "own"),
    [
        ({"blazingtext:project": "blazingtext", "blazingtext:stage": "dev", "more": "x"}, True),
        ({"blazingtext:project": "blazingtext", "blazingtext:stage": "dev"}, True),
        ({"blazingtext:project": "blazingtext", "blazingtext:stage": "prod"}, False),
        ({"blazingtext:project": "another", "blazingtext:stage": "dev"}, False),
        ({"blazingtext:stage": "dev"}, False),
        ({}, False),
    ],
)
def test_what_is_the_stages_own_carries_both_tags(tags: dict[str, str], own: bool) -> None:
    assert naming.is_tagged(tags, "dev") is own


def test_a_command_to_type_names_the_stage_unless_it_is_the_default_one() -> None:
    assert naming.command("models approve 3", "dev") == "blazingtext models approve 3"
    assert naming.command("models approve 3", "prod") == "blazingtext models approve 3 --stage prod"
