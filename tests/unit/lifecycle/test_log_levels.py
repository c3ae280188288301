"""Lambda's root logger keeps warnings alone; every handler lets its own lines through."""

import logging
from contextlib import suppress
from types import ModuleType

import pytest

import delete_model_versions
import empty_bucket
import launch_training
import promote_model
import stop_training_jobs
from tests.unit.lifecycle.aws_fakes import CUSTOM_RESOURCE_EVENT, FakeResponseUrl


@pytest.mark.parametrize(
    "module", [delete_model_versions, empty_bucket, launch_training, promote_model, stop_training_jobs], ids=lambda each: each.__name__
)
def test_a_handler_logs_what_it_does(module: ModuleType, response_url: FakeResponseUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.log, "level", logging.WARNING)
    for name in ("STAGE", "BUCKET"):
        monkeypatch.delenv(name, raising=False)

    # Whatever becomes of an event without any settings.
    with suppress(Exception):
        module.handler({**CUSTOM_RESOURCE_EVENT, "RequestType": "Create", "ResourceProperties": {}, "Records": []}, None)

    assert module.log.level == logging.INFO
    assert len(response_url.requests) <= 1
