"""Somebody who asks an endpoint again and again."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from tests.patience import PATIENCE

MUSIC = {"instances": ["music"]}


class Traffic(threading.Thread):
    """A caller that asks the endpoint again and again, and does not mind what it is answered."""

    def __init__(self, account: Sandbox, endpoint: str, asked: Mapping[str, object]) -> None:
        super().__init__(daemon=True)
        self._body = json.dumps(asked)
        self._endpoint, self._runtime, self._end = endpoint, account.boto3("sagemaker-runtime"), threading.Event()

    def run(self) -> None:
        while not self._end.wait(0.05):
            try:
                self._runtime.invoke_endpoint(EndpointName=self._endpoint, ContentType="application/json", Body=self._body)
            except ClientError:
                continue

    def stop(self) -> None:
        self._end.set()
        self.join(timeout=PATIENCE)


@contextmanager
def traffic(account: Sandbox, endpoint: str, asked: Mapping[str, object] = MUSIC) -> Iterator[None]:
    caller = Traffic(account, endpoint, asked)
    caller.start()
    try:
        yield
    finally:
        caller.stop()
