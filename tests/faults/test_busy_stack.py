"""The serving stack is busy for an hour: the end of a job waits that long in the stage's own queue, and then goes live."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults import steps
from tests.faults.conftest import Stages
from tests.faults.functions import PROMOTER, Account
from tests.faults.stage import EVERYTHING
from tests.parity.support import wait_until

HOUR = 3600


@pytest.fixture
def functions(stages: Stages) -> Iterator[Account]:
    deployed = stages(EVERYTHING)
    account = Account(deployed.stage, {PROMOTER: frozenset(grant.action for grant in deployed.granted(PROMOTER))}, "busy")
    account.rest()
    yield account
    account.rest()


def test_a_message_waits_longer_and_longer_for_a_stack_that_is_busy_for_an_hour_and_is_then_worked_on(functions: Account) -> None:
    """The hour passes by the seconds that the promoter hides the message for; the queue is the stage's, with its redrive policy."""
    stage, waited = functions.stage, list[int]()
    sqs, queue = stage.client("sqs"), stage.output("training", "PromotionQueueUrl")
    promoter = functions.function("promote_model", PROMOTER, **functions.variables(steps.PROMOTER))
    serves, job = next(functions.models), functions.job()
    steps.dead_letters(stage)
    sqs.purge_queue(QueueUrl=queue)
    sqs.send_message(QueueUrl=queue, MessageBody=steps.event_of(job))

    def received() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=queue, AttributeNames=["All"]).get("Messages", [])
        return [each for each in found if job["TrainingJobName"] in each["Body"]]

    def deliver() -> tuple[bool, str]:
        """Whether the promoter is done with the message, and the how-manieth time it was delivered."""
        (message,) = wait_until(received)
        record = {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"]}
        ran = promoter.run({"Records": [{**record, "attributes": message["Attributes"]}]})
        if ran.answer["batchItemFailures"]:
            assert ran.calls[-1] == "sqs:ChangeMessageVisibility"
            waited.append(json.loads(ran.bodies[-1])["VisibilityTimeout"])
            # That much time is over.
            sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
            return False, message["Attributes"]["ApproximateReceiveCount"]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return True, message["Attributes"]["ApproximateReceiveCount"]

    with stage.told("hang-ping"):
        stage.begin(ModelDataUrl=serves)
        while sum(waited) < HOUR:
            done, count = deliver()
            assert (done, count) == (False, str(len(waited)))
    functions.rest()

    done, _ = deliver()

    functions.rest()
    assert done
    assert waited == sorted(waited)
    assert waited[0] < 60 < waited[-1] <= 300
    assert stage.parameters()["ModelDataUrl"] == job["ModelArtifacts"]["S3ModelArtifacts"]
    assert steps.DONE not in steps.dead_letters(stage)
