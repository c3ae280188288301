"""A corpus written to S3: an object that appears only when it is complete."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from blazingtext_lifecycle import aws_errors
from blazingtext_lifecycle.errors import UserError

from ..aws_errors import translating_aws_errors
from .objects import S3Object

if TYPE_CHECKING:  # boto3's types are installed for development only
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# An object has at most 10,000 parts of 5 MiB to 5 GiB (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html): they grow with
# their number, so that no corpus has too many.
_PART = 1 << 23
_DOUBLED_AFTER = 1000
# Parts on their way at the same time.
_AHEAD = 4
_CHECKSUMS = ("ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumSHA1", "ChecksumSHA256")
_TEXT = "text/plain; charset=utf-8"


@contextmanager
def uploaded(target: S3Object, *, force: bool) -> Iterator[IO[bytes]]:
    """An object to write to, which is there only when the body succeeds; after an error nothing of it is left.

    Args:
        target: the object.
        force: replace one that is there.

    Raises:
        UserError: one is there and may not be replaced.
        LifecycleError: AWS refuses, or cannot be reached: known before the first byte is written.
    """
    if not force:
        _refuse_existing(target)
    upload = _Upload(target, force=force)
    try:
        # All that the body needs of a stream.
        yield cast("IO[bytes]", upload)
        upload.finish()
    except BaseException:
        upload.abort()
        raise


def _refuse_existing(target: S3Object) -> None:
    with translating_aws_errors(f"write {target}"):
        try:
            target.access.s3.head_object(Bucket=target.bucket, Key=target.key)
        except ClientError as error:
            # Who may not list a bucket is refused what is not there; the write itself is conditional.
            if aws_errors.is_missing(error) or aws_errors.code_of(error) == "403":
                return
            raise
    raise _exists(target)


def _exists(target: S3Object) -> UserError:
    return UserError(f"{target} already exists. Nothing was written. Use --force to replace it, or write to another object.")


class _Upload:
    """A multipart upload: begun at once, so that a refusal is known before there is work to lose.

    Args:
        target: the object.
        force: replace one that is there.
    """

    def __init__(self, target: S3Object, *, force: bool) -> None:
        self._s3 = target.access.s3
        self._target = target
        self._place: dict[str, Any] = {"Bucket": target.bucket, "Key": target.key}
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        self._condition: dict[str, Any] = {} if force else {"IfNoneMatch": "*"}
        self._held = bytearray()
        self._begun = 0
        self._waiting: deque[Future[CompletedPartTypeDef]] = deque()
        self._parts: list[CompletedPartTypeDef] = []
        with translating_aws_errors(f"write {target}"):
            self._upload = self._s3.create_multipart_upload(**self._place, ContentType=_TEXT)["UploadId"]
        self._pool = ThreadPoolExecutor(_AHEAD, thread_name_prefix="s3")

    def write(self, data: bytes) -> int:
        """Takes bytes, and sends them when they are enough for a part."""
        self._held += data
        while len(self._held) >= (size := _PART << (self._begun // _DOUBLED_AFTER)):
            self._send(bytes(self._held[:size]))
            del self._held[:size]
        return len(data)

    def _send(self, part: bytes) -> None:
        self._begun += 1
        self._waiting.append(self._pool.submit(self._sent, self._begun, part))
        if len(self._waiting) > _AHEAD:
            self._parts.append(self._waiting.popleft().result())

    def _sent(self, number: int, part: bytes) -> CompletedPartTypeDef:
        with translating_aws_errors(f"write {self._target}"):
            answer: Any = self._s3.upload_part(**self._place, UploadId=self._upload, PartNumber=number, Body=part)
        checksums = {name: answer[name] for name in _CHECKSUMS if name in answer}
        return cast("CompletedPartTypeDef", {"PartNumber": number, "ETag": answer["ETag"], **checksums})

    def finish(self) -> None:
        """Makes an object of all that was written.

        Raises:
            UserError: somebody else has written one meanwhile.
            LifecycleError: AWS refuses, or cannot be reached.
        """
        if self._held or not self._begun:
            self._send(bytes(self._held))
        self._parts += (each.result() for each in self._waiting)
        self._pool.shutdown()
        with translating_aws_errors(f"write {self._target}"):
            try:
                self._s3.complete_multipart_upload(
                    **self._place, UploadId=self._upload, MultipartUpload={"Parts": self._parts}, **self._condition
                )
            except ClientError as error:
                if aws_errors.code_of(error) != "PreconditionFailed":
                    raise
                raise _exists(self._target) from error

    def abort(self) -> None:
        """Has S3 forget the parts; where it cannot be told, a rule for aborted uploads does it later."""
        self._pool.shutdown(cancel_futures=True)
        with suppress(ClientError, BotoCoreError):
            self._s3.abort_multipart_upload(**self._place, UploadId=self._upload)
