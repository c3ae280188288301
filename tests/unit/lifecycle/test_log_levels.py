"""Lambda's root logger keeps warnings alone; every handler lets its own lines through."""

import logging
from contextlib import suppress
from types import ModuleType

import pytest

import delete_model_versions
import empty_bucket
import launch_processing
import launch_training
import launch_transform
import launch_tuning
import promote_model
import stop_training_jobs
from tests.unit.lifecycle.aws_fakes import CUSTOM_RESOURCE_EVENT, FakeContext, FakeResponseUrl


@pytest.mark.parametrize(
    "module",
    [
        delete_model_versions,
        empty_bucket,
        launch_processing,
        launch_training,
        launch_transform,
        launch_tuning,
        promote_model,
        stop_training_jobs,
    ],
    ids=lambda each: each.__name__,
)
def test_a_handler_logs_what_it_does(module: ModuleType, response_url: FakeResponseUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.log, "level", logging.WARNING)
    for name in ("STAGE", "BUCKET"):
        monkeypatch.delenv(name, raising=False)

    # Whatever becomes of an event without any settings.
    with suppress(Exception):
        module.handler({**CUSTOM_RESOURCE_EVENT, "RequestType": "Create", "ResourceProperties": {}, "Records": []}, FakeContext())

    assert module.log.level == logging.INFO
    assert len(response_url.requests) <= 1
