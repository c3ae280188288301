"""What an upload tells of a corpus, and what of it a run carries."""

import hashlib
import json
from typing import Any, cast

import pytest

import launch_training
from blazingtext_lifecycle import corpus_manifest, recipe_keys
from blazingtext_lifecycle.corpus_manifest import NamedFile
from blazingtext_lifecycle.errors import CorpusError, RequestError
from blazingtext_lifecycle.launching import Clients
from tests.unit.lifecycle.test_launch_training import ENVIRONMENT, REVIEWS, SENTENCES, Account, upload
from tests.unit.lifecycle.test_launch_tuning import Account as TuningAccount

RECIPE = b"{}"
KEY = recipe_keys.key("wiki", RECIPE)
MANIFEST = "corpora/wiki/complete.json"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def named(account: Account, corpus: str = "wiki") -> list[NamedFile]:
    """What `blazingtext upload` tells of the files that are there."""
    found = []
    for key, content in account.s3.objects.items():
        if key.startswith((f"corpora/{corpus}/train/", f"corpora/{corpus}/validation/")) and content:
            found.append(NamedFile(key, len(content), f'"{hash(content)}"', sha256(content)))
    return sorted(found, key=lambda each: each.key)


def uploaded(recipe: str = KEY, name: str = "") -> Account:
    account = Account()
    account.s3.objects[KEY] = RECIPE
    account.s3.objects[MANIFEST] = corpus_manifest.document(named(account), recipe, name)
    return account


def tags(account: Account, answer: dict[str, Any]) -> dict[str, str]:
    found = account.sagemaker.tags[answer["jobArn"]]
    return {key: value for key, value in found.items() if key in {"blazingtext:corpus-sha256", "blazingtext:recipe"}}


def complete(account: Account) -> dict[str, Any]:
    return launch_training.launch(upload(MANIFEST), ENVIRONMENT, Clients(cast("Any", account.s3), cast("Any", account.sagemaker)))


def test_a_run_carries_the_corpus_sha256_and_the_key_of_its_recipe() -> None:
    account = uploaded()

    answer = account.launch()

    assert tags(account, answer) == {"blazingtext:corpus-sha256": sha256(SENTENCES), "blazingtext:recipe": KEY}
    assert answer["warnings"] == []


def test_a_run_that_an_upload_starts_carries_them_too() -> None:
    account = uploaded()

    assert tags(account, complete(account)) == {"blazingtext:corpus-sha256": sha256(SENTENCES), "blazingtext:recipe": KEY}


def test_they_do_not_change_the_model_and_so_not_the_jobs_name() -> None:
    assert uploaded().launch()["jobName"] == Account().launch()["jobName"]


def test_a_corpus_without_a_recipe_has_its_sha256_all_the_same() -> None:
    account = uploaded(recipe="")

    assert tags(account, account.launch()) == {"blazingtext:corpus-sha256": sha256(SENTENCES)}


def test_a_tuning_job_carries_them_and_so_do_its_training_jobs() -> None:
    account = TuningAccount()
    account.s3.objects = uploaded().s3.objects

    job = account.job(account.launch())

    found = {tag["Key"]: tag["Value"] for tag in job["Tags"]}
    assert (found["blazingtext:corpus-sha256"], found["blazingtext:recipe"]) == (sha256(SENTENCES), KEY)


def test_only_the_channels_that_a_run_reads_count() -> None:
    account = Account()
    account.s3.objects["corpora/reviews/complete.json"] = corpus_manifest.document(named(account, "reviews"))

    both = account.launch(corpus="reviews", mode="supervised", instance={"type": "ml.c5.xlarge"})
    one = account.launch(corpus="reviews", mode="cbow")

    joined = sha256(f"{sha256(REVIEWS)}\n{sha256(REVIEWS)}\n".encode())
    assert tags(account, both) == {"blazingtext:corpus-sha256": joined}
    assert tags(account, one) == {"blazingtext:corpus-sha256": sha256(REVIEWS)}


@pytest.mark.parametrize("manifest", [b"", b"{}", corpus_manifest.document([NamedFile("corpora/wiki/train/text", len(SENTENCES))])])
def test_a_corpus_that_was_uploaded_by_hand_is_trained_on_without_them(manifest: bytes) -> None:
    account = Account()
    account.s3.objects[MANIFEST] = manifest

    answer = account.launch()

    assert (answer["created"], answer["warnings"], tags(account, answer)) == (True, [], {})


def test_a_manifest_of_another_content_is_not_believed() -> None:
    account = uploaded()
    # As many bytes, by another tool.
    account.s3.objects["corpora/wiki/train/text"] = SENTENCES.replace(b"fox", b"cat")

    answer = account.launch()

    assert tags(account, answer) == {}
    (warning,) = answer["warnings"]
    assert warning.startswith("corpora/wiki/complete.json tells of other files than are there")
    assert warning.endswith("upload again: blazingtext upload.")


def test_an_empty_file_changes_no_hash() -> None:
    account = uploaded()
    account.s3.objects["corpora/wiki/train/_SUCCESS"] = b""

    assert tags(account, account.launch())["blazingtext:corpus-sha256"] == sha256(SENTENCES)


def test_a_file_that_came_later_is_of_no_known_hash() -> None:
    account = uploaded()
    account.s3.objects["corpora/wiki/train/more"] = SENTENCES

    answer = account.launch()

    assert tags(account, answer) == {}
    assert any("tells of other files" in warning for warning in answer["warnings"])


@pytest.mark.parametrize(
    "recipe",
    [
        recipe_keys.key("wiki", b"gone"),
        "corpora/wiki/train/text",
        "corpora/other/recipes/" + "0" * 64 + ".json",
        "corpora/wiki/recipes/" + "0" * 63 + ".json",
        "corpora/wiki/recipes/../../../runs/x",
    ],
)
def test_a_recipe_that_is_not_there_or_none_is_a_warning(recipe: str) -> None:
    account = uploaded(recipe)

    answer = account.launch()

    assert tags(account, answer) == {"blazingtext:corpus-sha256": sha256(SENTENCES)}
    assert answer["warnings"] == [
        "corpora/wiki/complete.json names a recipe that is not there, so the run has none. Upload again: blazingtext upload."
    ]


@pytest.mark.parametrize("manifest", [b"not JSON", b'{"recipe": 5}', b'{"files": [{"key": "x", "size": 1, "sha256": 5}]}'])
def test_a_manifest_that_nobody_can_read_is_a_warning_to_whoever_names_the_corpus(manifest: bytes) -> None:
    account = Account()
    account.s3.objects[MANIFEST] = manifest

    answer = account.launch()

    assert answer["created"] is True
    assert tags(account, answer) == {}


def test_a_manifest_that_starts_a_run_must_be_readable() -> None:
    account = Account()
    account.s3.objects[MANIFEST] = b'{"recipe": 5}'

    with pytest.raises(CorpusError, match="Its recipe and its name are texts"):
        complete(account)
    assert any("Its recipe and its name are texts" in warning for warning in account.launch()["warnings"])


def test_an_upload_names_the_run_that_it_starts() -> None:
    account = uploaded(name="friday")

    assert complete(account)["jobName"] == "blazingtext-dev-friday"
    assert complete(account)["created"] is False
    assert account.launch()["jobName"] != "blazingtext-dev-friday"


def test_an_upload_that_names_its_run_wrongly_starts_nothing() -> None:
    account = uploaded(name="Friday!")

    with pytest.raises(RequestError, match='name: "Friday!" cannot name a training job'):
        complete(account)
    assert account.sagemaker.jobs == {}


def test_a_recipes_key_is_the_hash_of_its_content() -> None:
    assert f"corpora/wiki/recipes/{sha256(RECIPE)}.json" == KEY
    assert recipe_keys.is_key(KEY, "wiki")
    assert not recipe_keys.is_key(KEY, "wik")
    assert not recipe_keys.is_key(KEY.removesuffix(".json"), "wiki")
    assert recipe_keys.is_content(KEY, RECIPE)
    assert not recipe_keys.is_content(KEY, RECIPE + b" ")


def test_a_manifest_has_what_it_was_given() -> None:
    assert json.loads(corpus_manifest.document([NamedFile("k", 1, '"e"', "s")], "r", "n")) == {
        "files": [{"key": "k", "size": 1, "etag": '"e"', "sha256": "s"}],
        "recipe": "r",
        "name": "n",
    }
    assert json.loads(corpus_manifest.document([])) == {"files": []}
