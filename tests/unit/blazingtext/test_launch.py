import pytest

from blazingtext.runs.launch import Cost, Launch, TrainingOrder, launch
from blazingtext_lifecycle.errors import CloudError, ConfigurationError, CorpusError, HyperparameterError, NotReady, RequestError
from tests.unit.blazingtext.cloud_fakes import FakeLauncher, FakeStacks, cloud

JOB = "blazingtext-dev-wiki-skipgram-0123456789"


def test_the_launchers_event_holds_only_what_was_asked_for() -> None:
    launcher = FakeLauncher(
        {"jobName": JOB, "jobArn": "arn", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": ["w"]}
    )
    order = TrainingOrder("wiki", hyperparameters={"epochs": 0}, instance_count=2, spot=False)

    answer = launch(cloud(**{"lambda": launcher}), order)

    assert launcher.events == [{"corpus": "wiki", "hyperparameters": {"epochs": 0}, "instance": {"count": 2}, "spot": False}]
    assert answer == Launch(JOB, "arn", "InProgress", True, "s3://x", ("w",), Cost("ml.c5.xlarge", 2, 1800, 0.408, 0.204, "2026-04-21"))


def test_a_name_is_sent_and_a_wrong_one_is_not() -> None:
    launcher = FakeLauncher(
        {"jobName": JOB, "jobArn": "arn", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": []}
    )

    launch(cloud(**{"lambda": launcher}), TrainingOrder("wiki", name="first"))
    with pytest.raises(RequestError, match='name: "First" cannot name a training job'):
        launch(cloud(**{"lambda": launcher}), TrainingOrder("wiki", name="First"))

    assert launcher.events == [{"corpus": "wiki", "name": "first"}]


@pytest.mark.parametrize(
    ("kind", "ours", "code"),
    [
        ("HyperparameterError", HyperparameterError, 2),
        ("CorpusError", CorpusError, 2),
        ("NotReady", NotReady, 3),
        ("CloudError", CloudError, 1),
        ("KeyError", CloudError, 1),
        ("combined", CloudError, 1),
    ],
)
def test_what_the_launcher_refuses_keeps_its_class_and_words(kind: str, ours: type[Exception], code: int) -> None:
    launcher = FakeLauncher({"errorType": kind, "errorMessage": "epochs is wrong. Give a number."}, error=True)

    with pytest.raises(ours, match=r"epochs is wrong\. Give a number\.") as caught:
        launch(cloud(**{"lambda": launcher}), TrainingOrder("wiki"))

    assert caught.type is ours
    assert getattr(caught.value, "exit_code", None) == code


def test_a_launcher_that_is_older_than_the_command_line_is_said_to_be_so_and_how_to_deploy_the_newer() -> None:
    said = 'The request cannot be used:\n  "dryRun" is unknown. A misspelt key would silently have no effect. The keys are corpus.'
    launcher = FakeLauncher({"errorType": "RequestError", "errorMessage": said}, error=True)

    with pytest.raises(ConfigurationError) as caught:
        launch(cloud(**{"lambda": launcher}), TrainingOrder("wiki", dry_run=True))

    assert str(caught.value) == (
        "The stack blazingtext-dev-training is older than this command line: its launcher does not know dryRun. Nothing was started. "
        "Deploy it with: cdk deploy --all"
    )
    assert caught.value.exit_code == 2


def test_a_field_that_the_command_line_did_not_send_is_the_launchers_own_refusal() -> None:
    said = 'The request cannot be used:\n  "instance.size" is unknown.'
    launcher = FakeLauncher({"errorType": "RequestError", "errorMessage": said}, error=True)

    with pytest.raises(RequestError, match=r'"instance\.size" is unknown'):
        launch(cloud(**{"lambda": launcher}), TrainingOrder("wiki", dry_run=True, instance_count=2))


def test_a_stage_that_is_not_deployed_says_how_to_deploy_it() -> None:
    stacks = FakeStacks()
    stacks.statuses.clear()

    with pytest.raises(ConfigurationError, match="cdk deploy --all"):
        launch(cloud(cloudformation=stacks, **{"lambda": FakeLauncher({})}), TrainingOrder("wiki"))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_does_not_have_reaches_the_launcher_as_text_which_it_refuses(number: float) -> None:
    launcher = FakeLauncher({"errorType": "HyperparameterError", "errorMessage": "no"}, error=True)

    with pytest.raises(HyperparameterError):
        launch(cloud(**{"lambda": launcher}), TrainingOrder("wiki", hyperparameters={"learning_rate": number}))

    assert launcher.events[0]["hyperparameters"] == {"learning_rate": str(number)}


@pytest.mark.parametrize("name", ["", "p\udcff", "Bad Name"])
def test_a_name_that_no_corpus_has_is_refused_before_anybody_is_asked(name: str) -> None:
    launcher = FakeLauncher({})

    with pytest.raises(RequestError, match="is not a corpus name"):
        launch(cloud(**{"lambda": launcher}), TrainingOrder(name))

    assert launcher.events == []
