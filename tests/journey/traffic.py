"""Somebody who asks an endpoint again and again."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox


class Traffic(threading.Thread):
    """A caller that asks the endpoint again and again, and does not mind what it is answered."""

    def __init__(self, account: Sandbox, endpoint: str) -> None:
        super().__init__(daemon=True)
        self._endpoint, self._runtime, self._end = endpoint, account.boto3("sagemaker-runtime"), threading.Event()

    def run(self) -> None:
        body = json.dumps({"instances": ["music"]})
        while not self._end.wait(0.05):
            try:
                self._runtime.invoke_endpoint(EndpointName=self._endpoint, ContentType="application/json", Body=body)
            except ClientError:
                continue

    def stop(self) -> None:
        self._end.set()
        self.join(timeout=30)


@contextmanager
def traffic(account: Sandbox, endpoint: str) -> Iterator[None]:
    caller = Traffic(account, endpoint)
    caller.start()
    try:
        yield
    finally:
        caller.stop()
