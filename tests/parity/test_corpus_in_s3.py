"""`corpus prepare` from S3 and to it: the bytes of the same files on disk, and one clear refusal for what cannot be."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blazingtext.cli import main as cli
from blazingtext.corpus import object_uploads, plain_lines, processes
from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.client_environment import UNSET

BUCKET = "raw-texts"
TEXT = "".join(f"Line {n} of Mr. Smith's caf\u00e9. It ends! {n * n}\n" for n in range(9000)).encode()
Ran = Callable[..., tuple[int, str]]


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one.txt", TEXT[:60_000])
        archive.writestr("two.txt", "The second.\n")
    return packed.getvalue()


OBJECTS = {
    "in/a.txt": TEXT,
    "in/b.txt.gz": gzip.compress(TEXT[:90_000]),
    "in/c.zip": zipped(),
    "in/deeper/d.txt": b"The last one.\n",
    "in/.hidden.txt": b"Unseen.\n",
    "in/deeper/": b"",
}


@pytest.fixture(scope="module", name="s3")
def _s3(account: Sandbox) -> Iterator[Any]:
    """The bucket with the objects."""
    s3 = account.boto3("s3")
    s3.create_bucket(Bucket=BUCKET)
    for key, body in OBJECTS.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    yield s3
    for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        s3.delete_object(Bucket=BUCKET, Key=each["Key"])
    s3.delete_bucket(Bucket=BUCKET)


@pytest.fixture(name="ran")
def _ran(account: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ran:
    """Runs `corpus prepare`; its exit code and what it wrote to standard error."""

    def run(*words: str, **variables: str) -> tuple[int, str]:
        for name in UNSET:
            monkeypatch.delenv(name, raising=False)
        for name, value in {**account.exports(), **variables}.items():
            monkeypatch.setenv(name, value)
        code = cli.run(["corpus", "prepare", *words])
        return code, capsys.readouterr().err

    return run


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """The same files on disk."""
    for key, body in OBJECTS.items():
        if body:
            (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / key).write_bytes(body)
    return tmp_path


def body_of(s3: Any, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return body


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("pattern", ["in/", "in/**", "in/[ab].*", "in", "in/a.txt"])
def test_objects_become_the_corpus_that_files_become(
    s3: Any, ran: Ran, folder: Path, pattern: str, workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_lines, "RANGE", 100_000)
    monkeypatch.setattr(processes, "_ALONE", 1)
    monkeypatch.setattr(object_uploads, "_PART", 5 << 20)
    local = str(folder / pattern.removesuffix("/"))

    assert ran(local, "-o", str(folder / "out.txt"))[0] == 0
    code, text = ran(f"s3://{BUCKET}/{pattern}", "-o", f"s3://{BUCKET}/out/{workers}.txt", "--workers", workers, "--force")

    assert code == 0, text
    assert body_of(s3, f"out/{workers}.txt") == (folder / "out.txt").read_bytes()
    assert json.loads(body_of(s3, f"out/{workers}.txt.recipe.json")) == json.loads((folder / "out.txt.recipe.json").read_bytes())
    assert ran(f"s3://{BUCKET}/{pattern}", "-o", str(folder / "back.txt"), "--shard", "1/1")[0] == 0
    assert (folder / "back.txt").read_bytes() == (folder / "out.txt").read_bytes()


def test_shares_of_objects_are_the_whole(s3: Any, ran: Ran, folder: Path) -> None:
    for number in (1, 2, 3):
        assert ran(f"s3://{BUCKET}/in/", "-o", str(folder / f"{number}.txt"), "--shard", f"{number}/3")[0] == 0
    assert ran(str(folder / "in"), "-o", str(folder / "whole.txt"))[0] == 0

    assert b"".join((folder / f"{number}.txt").read_bytes() for number in (1, 2, 3)) == (folder / "whole.txt").read_bytes()


def test_an_object_that_is_there_is_kept_without_force(s3: Any, ran: Ran) -> None:
    s3.put_object(Bucket=BUCKET, Key="out/kept.txt", Body=b"kept")

    code, text = ran(f"s3://{BUCKET}/in/", "-o", f"s3://{BUCKET}/out/kept.txt")

    assert (code, "already exists. Nothing was written. Use --force" in text) == (2, True), text
    assert body_of(s3, "out/kept.txt") == b"kept"
    assert ran(f"s3://{BUCKET}/in/a.txt", "-o", f"s3://{BUCKET}/out/kept.txt", "--force")[0] == 0
    assert body_of(s3, "out/kept.txt").startswith(b"line 0 of mr smith's caf\xc3\xa9\nit ends")


def test_nothing_is_seen_of_a_corpus_that_fails(s3: Any, ran: Ran) -> None:
    s3.put_object(Bucket=BUCKET, Key="broken/a.txt.gz", Body=gzip.compress(TEXT)[:-9])

    code, text = ran(f"s3://{BUCKET}/broken/", "-o", f"s3://{BUCKET}/out/broken.txt")

    assert (code, "cannot be read" in text, "Traceback" in text) == (2, True, False), text
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="out/broken")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)


@pytest.mark.parametrize(
    ("source", "target", "advice"),
    [
        ("s3://raw-texts/nowhere/", "s3://raw-texts/out/x.txt", "s3://raw-texts/nowhere/ was not found"),
        ("s3://raw-texts/in/*.none", "s3://raw-texts/out/x.txt", "was not found"),
        ("s3://no-such-bucket-here/in/", "s3://raw-texts/out/x.txt", "The specified bucket does not exist"),
        ("s3://raw-texts/in/", "s3://no-such-bucket-here/x.txt", "The specified bucket does not exist"),
        ("s3://", "s3://raw-texts/out/x.txt", "names no bucket"),
        ("s3://raw-texts/in/", "s3://raw-texts/out/", "names no object"),
        ("s3://raw_texts!/in/", "s3://raw-texts/out/x.txt", "Correct the named value"),
    ],
)
def test_what_cannot_be_is_refused_with_exit_code_2(s3: Any, ran: Ran, source: str, target: str, advice: str) -> None:
    code, text = ran(source, "-o", target)

    assert (code, advice in text, "Traceback" in text) == (2, True, False), text
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="out/x")


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:ListBucket", "s3:PutObject"])
def test_a_missing_permission_is_told(s3: Any, account: Sandbox, ran: Ran, action: str) -> None:
    iam = account.boto3("iam")
    iam.create_user(UserName="reader")
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Effect": "Deny", "Action": action, "Resource": "*"},
        ],
    }
    iam.put_user_policy(UserName="reader", PolicyName="own", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    try:
        code, text = ran(
            f"s3://{BUCKET}/in/",
            "-o",
            f"s3://{BUCKET}/out/denied.txt",
            AWS_ACCESS_KEY_ID=key["AccessKeyId"],
            AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"],
        )
    finally:
        iam.delete_access_key(UserName="reader", AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName="reader", PolicyName="own")
        iam.delete_user(UserName="reader")

    assert (code, "A permission is missing" in text, "Traceback" in text) == (2, True, False), text
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="out/denied")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)
