import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import ConfigurationError, RequestError
from tests.unit.lifecycle.aws_fakes import service_model

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


@pytest.mark.parametrize("stage", ["", "Dev", "1dev", "dev-1", "averylongstage", "dev_1", "dev\n"])
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
