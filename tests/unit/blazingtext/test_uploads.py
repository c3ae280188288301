import gzip
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from blazingtext.corpus import preparation, recipe, uploads
from blazingtext.corpus.normaliser import Normaliser
from blazingtext_lifecycle import recipe_keys
from blazingtext_lifecycle.corpora import SAMPLE_BYTES
from blazingtext_lifecycle.errors import AccessDeniedError, CloudError, CorpusError, RequestError
from tests.unit.blazingtext.cloud_fakes import BUCKET, FakeBucket, cloud, denying


def file(folder: Path, name: str = "wiki.txt", content: bytes = b"some words\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def send(bucket: FakeBucket, *paths: Path, replace: bool = False) -> uploads.UploadedCorpus:
    return uploads.upload(cloud(s3=bucket), "wiki", uploads.plan("wiki", paths), replace=replace)


def test_a_file_lands_in_the_train_part_of_its_corpus(tmp_path: Path) -> None:
    bucket = FakeBucket()

    found = send(bucket, file(tmp_path))

    assert bucket.objects["corpora/wiki/train/wiki.txt"] == b"some words\n"
    assert found.uri == f"s3://{BUCKET}/corpora/wiki/"
    assert found.files[0].sent
    assert bucket.heads["corpora/wiki/train/wiki.txt"]["ContentType"] == "text/plain"
    assert bucket.heads["corpora/wiki/train/wiki.txt"]["ChecksumSHA256"]


def test_validation_arrives_with_train_and_before_the_manifest(tmp_path: Path) -> None:
    bucket = FakeBucket()
    train, held_out = file(tmp_path, "a.txt", b"__label__x a\n"), file(tmp_path, "b.txt", b"__label__x b\n")

    uploads.upload(cloud(s3=bucket), "wiki", uploads.plan("wiki", [train], [held_out]))

    assert bucket.sent == ["corpora/wiki/validation/b.txt", "corpora/wiki/train/a.txt", "corpora/wiki/complete.json"]


def test_a_file_of_several_parts_is_verified_by_its_composite_checksum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PART_SIZE", 8)
    bucket = FakeBucket()

    found = send(bucket, file(tmp_path, content=b"some words that fill several parts\n"))

    assert found.files[0].sent
    assert bucket.heads["corpora/wiki/train/wiki.txt"]["ChecksumSHA256"].endswith("-5")


def test_the_last_object_says_that_the_corpus_is_complete_and_what_is_in_it(tmp_path: Path) -> None:
    bucket = FakeBucket()

    send(bucket, file(tmp_path, "a.txt"), file(tmp_path, "b.txt"))

    assert bucket.sent == ["corpora/wiki/train/a.txt", "corpora/wiki/train/b.txt", "corpora/wiki/complete.json"]
    assert json.loads(bucket.objects["corpora/wiki/complete.json"]) == {
        "files": [
            {
                "key": (key := f"corpora/wiki/train/{name}"),
                "size": len(bucket.objects[key]),
                "etag": bucket.heads[key]["ETag"],
                "sha256": hashlib.sha256(bucket.objects[key]).hexdigest(),
            }
            for name in ("a.txt", "b.txt")
        ]
    }


def prepared(folder: Path, name: str = "wiki.txt", text: str = "Some words.", **settings: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"raw-{name}").write_text(text)
    preparation.prepare([str(folder / f"raw-{name}")], folder / name, normaliser=Normaliser(**settings))
    return folder / name


def test_the_recipe_goes_with_the_corpus_under_the_hash_of_its_content(tmp_path: Path) -> None:
    bucket, path = FakeBucket(), prepared(tmp_path)

    found = send(bucket, path, recipe.beside(path))

    (key,) = [key for key in bucket.objects if "/recipes/" in key]
    assert bucket.sent == ["corpora/wiki/train/wiki.txt", key, "corpora/wiki/complete.json"]
    assert key == recipe_keys.key("wiki", bucket.objects[key])
    assert bucket.objects[key] == recipe.beside(path).read_bytes()
    assert json.loads(bucket.objects["corpora/wiki/complete.json"])["recipe"] == key
    assert (found.recipe, found.warnings) == (f"s3://{BUCKET}/{key}", ())
    assert found.sha256 == found.files[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_recipes_of_earlier_uploads_stay_for_the_runs_that_refer_to_them(tmp_path: Path) -> None:
    bucket = FakeBucket()
    send(bucket, prepared(tmp_path / "a"))

    again = send(bucket, prepared(tmp_path / "b", lower=False), replace=True)
    plain = send(bucket, file(tmp_path / "c", "wiki.txt"), replace=True)

    assert len([key for key in bucket.objects if "/recipes/" in key]) == 2
    assert (again.removed, plain.removed, plain.recipe) == ((), (), "")
    assert "recipe" not in json.loads(bucket.objects["corpora/wiki/complete.json"])


def test_a_file_that_has_changed_since_goes_without_its_recipe_and_that_is_said(tmp_path: Path) -> None:
    bucket, path = FakeBucket(), prepared(tmp_path)
    path.write_text("other words\n")

    found = send(bucket, path)

    assert found.recipe == ""
    assert found.warnings[0].startswith(f"{path} has changed since it was prepared")
    assert not [key for key in bucket.objects if "/recipes/" in key]


def test_a_broken_recipe_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    bucket, path = FakeBucket(), prepared(tmp_path)
    recipe.beside(path).write_text("{}")

    with pytest.raises(recipe.RecipeError, match="is not the recipe of a corpus"):
        send(bucket, path)
    assert not bucket.objects


def test_several_files_have_one_hash_in_the_order_of_their_keys(tmp_path: Path) -> None:
    paths = [file(tmp_path, "b.txt", b"b\n"), file(tmp_path, "a.txt", b"a\n")]

    found = send(FakeBucket(), *paths)

    hashes = "".join(f"{hashlib.sha256(each).hexdigest()}\n" for each in (b"a\n", b"b\n"))
    assert found.sha256 == hashlib.sha256(hashes.encode()).hexdigest()


def test_an_upload_may_name_the_run_that_it_starts(tmp_path: Path) -> None:
    bucket, channels = FakeBucket(), uploads.plan("wiki", [file(tmp_path)])

    uploads.upload(cloud(s3=bucket), "wiki", channels, run="friday")

    assert json.loads(bucket.objects["corpora/wiki/complete.json"])["name"] == "friday"
    with pytest.raises(RequestError, match='name: "Friday" cannot name a training job'):
        uploads.upload(cloud(s3=bucket), "wiki", channels, run="Friday")


def test_what_arrives_changed_is_removed_and_reported(tmp_path: Path) -> None:
    bucket = FakeBucket()
    bucket.corrupt = True

    with pytest.raises(CloudError, match="arrived changed"):
        send(bucket, file(tmp_path))
    assert not bucket.objects


def test_what_is_there_already_is_not_sent_again(tmp_path: Path) -> None:
    bucket = FakeBucket()
    path = file(tmp_path)
    send(bucket, path)
    heard: list[int] = []

    again = uploads.upload(cloud(s3=bucket), "wiki", uploads.plan("wiki", [path]), advance=heard.append)

    assert bucket.sent == ["corpora/wiki/train/wiki.txt", *2 * ["corpora/wiki/complete.json"]]
    assert not again.files[0].sent
    assert sum(heard) == path.stat().st_size


def test_files_of_an_earlier_upload_are_not_silently_trained_on(tmp_path: Path) -> None:
    bucket = FakeBucket()
    send(bucket, file(tmp_path, "old.txt"))

    with pytest.raises(CorpusError, match=r"already contains corpora/wiki/train/old\.txt.*--replace"):
        send(bucket, file(tmp_path, "new.txt"))
    found = send(bucket, file(tmp_path, "new.txt"), replace=True)

    assert sorted(bucket.objects) == ["corpora/wiki/complete.json", "corpora/wiki/train/new.txt"]
    assert found.removed == ("corpora/wiki/train/old.txt",)


def test_a_corpus_whose_name_begins_alike_is_another_corpus(tmp_path: Path) -> None:
    bucket = FakeBucket()
    bucket.put("corpora/wiki-2/train/other.txt", b"x")

    send(bucket, file(tmp_path), replace=True)

    assert "corpora/wiki-2/train/other.txt" in bucket.objects


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"a\0b\n", "is not plain text but binary"),
        (b"\xff\xfea\0", "is not plain text but UTF-16"),
        (gzip.compress(b"some words", mtime=0), "is a gzip archive.*corpus prepare"),
        (b'{"text": "some words"}\n', "is JSON Lines.*corpus prepare"),
        (b"<html><body>some words</body></html>", "is HTML.*corpus prepare"),
        (b"%PDF-1.7 some words", "is not plain text but a PDF document.*corpus prepare"),
        (b"\xe3\x80\x80 \n", "is empty"),
    ],
)
def test_what_cannot_be_trained_on_is_refused_before_it_is_sent(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(CorpusError, match=why):
        uploads.plan("wiki", [file(tmp_path, content=content)])


def test_a_character_at_the_end_of_what_is_judged_may_be_cut(tmp_path: Path) -> None:
    text = "\n".join(["a", *["\u00e9 \u00e9" * 100] * (SAMPLE_BYTES // 500 + 1)]).encode()
    with pytest.raises(UnicodeDecodeError):
        text[:SAMPLE_BYTES].decode()

    (channel,) = uploads.plan("wiki", [file(tmp_path, content=text)])

    assert channel.warnings == ()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere"):
        uploads.plan("wiki", [tmp_path / "nowhere"])


def test_two_files_of_one_name_would_replace_each_other(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"Two files have the name wiki\.txt"):
        uploads.plan("wiki", [file(tmp_path / "a"), file(tmp_path / "b")])


def test_validation_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"__label__.*corpus prepare --column \.\.\. --labels"):
        uploads.plan("wiki", [file(tmp_path, "a.txt", b"__label__x a\n")], [file(tmp_path, "b.txt")])


@pytest.mark.parametrize(
    ("name", "corpus"), [("Wiki 2024.txt", "wiki-2024"), ("text8", "text8"), ("a_b.c.txt", "a-b"), ("x" * 50, "x" * 32)]
)
def test_a_file_suggests_its_corpus_name(name: str, corpus: str) -> None:
    assert uploads.corpus_name(Path(name)) == corpus


def test_a_file_that_suggests_no_name_needs_one() -> None:
    with pytest.raises(RequestError, match="not a corpus name"):
        uploads.corpus_name(Path("日本.txt"))


def test_a_labelled_file_is_known_as_such_and_what_looks_wrong_is_told(tmp_path: Path) -> None:
    plain, labelled = (
        uploads.plan("a", [file(tmp_path)]),
        uploads.plan("b", [file(tmp_path, "b.txt", b"__label__x, a\n__label__y b\n" * 9)]),
    )

    assert (plain[0].labelled, plain[0].warnings) == (False, ())
    assert labelled[0].labelled
    assert ['"__label__x,"' in warning for warning in labelled[0].warnings] == [True]


def test_a_pipe_cannot_be_uploaded_since_it_is_read_twice(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(CorpusError, match="is not a file"):
        uploads.plan("wiki", [tmp_path / "pipe"])


def test_nothing_is_sent_when_it_may_not_be_known_what_is_there(tmp_path: Path) -> None:
    bucket = FakeBucket()
    bucket.head_object = denying("403")  # type: ignore[method-assign] # for this test

    with pytest.raises(AccessDeniedError, match="upload the corpus wiki"):
        send(bucket, file(tmp_path))

    assert bucket.sent == []
