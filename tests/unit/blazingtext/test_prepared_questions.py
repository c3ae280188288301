"""Questions that are prepared as the corpus was: to the endpoint, and to a run's or a folder's vectors."""

import io
import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from blazingtext import BlazingText
from blazingtext.corpus import recipe
from blazingtext.corpus.normaliser import Normaliser, Numbers
from blazingtext.corpus.recipe import Content, Recipe, RecipeError, Sources
from blazingtext.runs import recipes
from blazingtext_lifecycle import naming, recipe_keys
from blazingtext_lifecycle.errors import AccessDeniedError, NotReady, UserError
from tests.unit.blazingtext.cloud_fakes import BUCKET, FakeBucket, FakeClient, FakeEndpoint, FakeJobs, FakeStacks, artifact, cloud, packed
from tests.unit.blazingtext.conftest import Typed
from tests.unit.lifecycle.aws_fakes import client_error

JOB = "blazingtext-dev-wiki-skipgram-0123456789"
VECTORS = b"3 2\nking 1 0\ndon't 0 1\nk\xc3\xb6nig 1 1\n"


def made(**settings: Any) -> bytes:
    content = Content(1, 2, 3, "0" * 64)
    return recipe.made(Normaliser(**settings), content, lines={}, reading={}, sources=Sources(1, 1, "0" * 64), left_out={}).document()


class Stage:
    """A stage whose live model is that of one run, with a recipe unless it is to have none."""

    def __init__(self, document: bytes | None = None, mode: str = "skipgram", live: str = artifact(JOB)) -> None:
        self.bucket, self.jobs = FakeBucket(), FakeJobs()
        tags = naming.tags("dev")
        if document is not None:
            self.key = recipe_keys.key("wiki", document)
            self.bucket.put(self.key, document)
            tags[naming.RECIPE_TAG] = self.key
        self.jobs.add(JOB, HyperParameters={"mode": mode}, tags=tags)
        self.bucket.put(f"runs/{JOB}/output/model.tar.gz", packed({"vectors.txt": VECTORS}))
        self.endpoint: Any = FakeEndpoint({"king": [3.0, 4.0], "don't": [1.0, 0.0]})
        self.live = live

    @property
    def clients(self) -> dict[str, Any]:
        stacks = FakeStacks(ModelDataUrl=self.live)
        return {"s3": self.bucket, "sagemaker": self.jobs, "cloudformation": stacks, "sagemaker_runtime": self.endpoint}

    @property
    def client(self) -> BlazingText:
        found = BlazingText()
        found.__dict__["cloud"] = cloud(**self.clients)
        return found


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))


def labels() -> FakeClient:
    answer = json.dumps([{"prob": [0.9], "label": ["__label__pos"]}]).encode()
    return FakeClient(invoke_endpoint=lambda **_: {"Body": io.BytesIO(answer)})


class TestPredict:
    def test_words_are_asked_for_as_the_corpus_has_them(self, typed: Typed) -> None:
        stage = Stage(made())

        code, out, err = typed("predict", "--prepare", "KING!", "Don\u2019t", "king", "--json", **stage.clients)

        found = json.loads(out)
        assert code == 0
        assert stage.endpoint.bodies == [{"instances": ["king", "don't", "king"]}]
        assert [(each["asked"], each["word"], each["known"]) for each in found] == [
            ("KING!", "king", True),
            ("Don\u2019t", "don't", True),
            ("king", "king", True),
        ]
        assert err.splitlines()[:2] == ['"KING!" was prepared: king', '"Don\u2019t" was prepared: don\'t']
        assert '"king" was prepared' not in err

    def test_without_it_they_are_asked_for_as_they_are(self, typed: Typed) -> None:
        stage = Stage(made())

        code, out, err = typed("predict", "KING!", "--json", **stage.clients)

        assert (code, stage.endpoint.bodies) == (0, [{"instances": ["KING!"]}])
        assert json.loads(out)[0]["asked"] == ""
        assert "prepared" not in err

    def test_each_word_of_a_text_is_asked_for(self, typed: Typed) -> None:
        stage = Stage(made(numbers=Numbers.SPELL))

        code, out, err = typed("predict", "--prepare", "King, don't 2!", "--json", **stage.clients)

        assert (code, stage.endpoint.bodies) == (0, [{"instances": ["king", "don't", "two"]}])
        assert [each["asked"] for each in json.loads(out)] == ["King, don't 2!"] * 3
        assert err.startswith("\"King, don't 2!\" was prepared: king don't two\n")

    def test_a_classifier_is_asked_a_whole_text(self, typed: Typed) -> None:
        stage = Stage(made(), mode="supervised")
        stage.endpoint = labels()

        code, out, err = typed("predict", "--prepare", "A fine, fine FILM!", "--json", **stage.clients)

        assert json.loads(stage.endpoint.calls[0][1]["Body"]) == {"instances": ["a fine fine film"]}
        assert (code, json.loads(out)[0]["text"], json.loads(out)[0]["asked"]) == (0, "a fine fine film", "A fine, fine FILM!")
        assert err == '"A fine, fine FILM!" was prepared: a fine fine film\n'

    def test_many_changes_are_counted(self, typed: Typed) -> None:
        _, _, err = typed("predict", "--prepare", *(f"KING{number}" for number in range(12)), **Stage(made(numbers=Numbers.DROP)).clients)

        assert err.count("was prepared: king") == 10
        assert "2 texts more were changed; --json has them all." in err

    def test_a_run_without_a_recipe_is_refused_before_anything_is_asked(self, typed: Typed) -> None:
        stage = Stage()

        code, out, err = typed("predict", "--prepare", "King", **stage.clients)

        assert (code, out, stage.endpoint.bodies) == (2, "", [])
        assert f"{JOB} has no recipe: its corpus was uploaded without one" in err
        assert "Ask without --prepare" in err

    def test_a_text_of_which_nothing_is_left_is_refused(self, typed: Typed) -> None:
        stage = Stage(made())

        code, _, err = typed("predict", "--prepare", "king", "!!!", "\N{GRINNING FACE}", **stage.clients)

        assert (code, stage.endpoint.bodies) == (2, [])
        assert 'Of "!!!" and 1 more no word is left when it is prepared as the corpus was (NFKC, lower case' in err

    def test_without_a_live_model_it_is_not_ready(self) -> None:
        with pytest.raises(NotReady, match="No model of stage dev is live"):
            Stage(made(), live="").client.predict(["King"], prepare=True)

    def test_a_live_model_of_somebody_else_has_none(self) -> None:
        with pytest.raises(RecipeError, match="s3://other/x, is no run's, so it has no recipe"):
            Stage(made(), live="s3://other/x").client.predict(["King"], prepare=True)

    def test_the_python_client_does_the_same(self) -> None:
        stage = Stage(made())

        (found,) = stage.client.predict(["KING"], prepare=True)
        (plain,) = stage.client.predict(["KING"])

        assert (found.asked, found.word, found.known) == ("KING", "king", True)
        assert (plain.asked, plain.word, plain.known) == ("", "KING", False)

    def test_the_python_client_classifies_a_whole_text(self) -> None:
        stage = Stage(made(), mode="supervised")
        stage.endpoint = labels()

        (found,) = stage.client.classify(["A FILM"], prepare=True)

        assert (found.asked, found.text, found.labels[0].name) == ("A FILM", "a film", "pos")


class TestTheRecipeOfARun:
    def test_one_that_is_gone_is_said(self) -> None:
        stage = Stage(made())
        del stage.bucket.objects[stage.key]

        with pytest.raises(RecipeError, match=rf"The recipe of {JOB} is gone\. There is no s3://{BUCKET}/{stage.key}"):
            stage.client.recipe(JOB)

    def test_one_that_was_changed_is_said(self) -> None:
        stage = Stage(made())
        stage.bucket.put(stage.key, made(lower=False))

        with pytest.raises(RecipeError, match=rf"The recipe of {JOB} is damaged\."):
            stage.client.recipe(JOB)

    def test_one_of_other_rules_is_said(self) -> None:
        with pytest.raises(RecipeError, match=rf"The recipe of {JOB} was made by rules 99"):
            Stage(made().replace(b'"rules": 1', b'"rules": 99')).client.recipe(JOB)

    def test_one_that_is_none_is_said(self) -> None:
        with pytest.raises(RecipeError, match=rf"The recipe of {JOB} is not the recipe of a corpus"):
            Stage(b"{}").client.recipe(JOB)

    def test_it_is_what_was_uploaded(self) -> None:
        found = Stage(made(language="tr")).client.recipe(JOB)

        assert found is not None
        assert found.normaliser == Normaliser(language="tr")
        assert Stage().client.recipe(JOB) is None

    def test_a_permission_that_is_missing_is_named(self) -> None:
        stage = Stage(made())
        stage.bucket.get_object = refused  # type: ignore[method-assign] # a test's

        with pytest.raises(AccessDeniedError):
            stage.client.recipe(JOB)


def refused(**_: Any) -> Any:
    raise client_error("AccessDenied", "User is not authorized to perform: s3:GetObject", "GetObject")


class TestNeighbors:
    def test_an_unknown_word_is_looked_up_as_the_corpus_has_it(self, typed: Typed) -> None:
        code, out, err = typed("neighbors", "King", "--job", JOB, "-n", "1", "--json", **Stage(made()).clients)

        assert (code, list(json.loads(out)["neighbors"])) == (0, ["king"])
        assert '"King" is looked up as "king", as the corpus was prepared.\n' in err

    def test_a_sum_and_an_analogy_are_too(self, typed: Typed) -> None:
        clients = Stage(made()).clients

        summed = typed("neighbors", "KING", "-", "DON'T", "+", "k\u00f6nig", "--job", JOB, "--json", **clients)
        analogy = typed("analogy", "King", "don't", "K\u00d6NIG", "--job", JOB, **clients)

        assert (summed[0], list(json.loads(summed[1])["neighbors"])) == (0, ["king - don't + k\u00f6nig"])
        assert analogy[0] == 0
        assert analogy[1].startswith("king : don't = k\u00f6nig :")

    def test_a_word_that_the_model_knows_needs_no_recipe(self, typed: Typed) -> None:
        stage = Stage(made())
        stage.bucket.get_object = refused  # type: ignore[method-assign] # a test's

        code, _, err = typed("neighbors", "king", "--job", JOB, **stage.clients)

        assert (code, "s3:GetObject" in err) == (0, False)

    def test_who_may_not_read_the_recipe_is_told_and_goes_without(self, typed: Typed) -> None:
        stage = Stage(made())
        stage.bucket.get_object = refused  # type: ignore[method-assign] # a test's

        code, _, err = typed("neighbors", "king", "King", "--job", JOB, "--json", **stage.clients)

        assert code == 0
        assert "s3:GetObject" in err
        assert 'The model does not know "King"' in err

    def test_a_run_without_a_recipe_is_asked_as_it_is(self, typed: Typed) -> None:
        code, _, err = typed("neighbors", "King", "--job", JOB, **Stage().clients)

        assert code == 2
        assert "recipe" not in err

    def test_a_word_that_becomes_several_stays_as_it_is(self, typed: Typed) -> None:
        code, _, err = typed("neighbors", "king", "king-don't", "--job", JOB, "--json", **Stage(made()).clients)

        assert code == 0
        assert "looked up" not in err

    def test_a_folder_has_its_own_recipe_and_needs_no_account(self, typed: Typed, tmp_path: Path) -> None:
        (tmp_path / "vectors.txt").write_bytes(VECTORS)
        (tmp_path / "recipe.json").write_bytes(made())

        code, out, err = typed("neighbors", "King", "--model", str(tmp_path), "--json")

        assert (code, list(json.loads(out)["neighbors"])) == (0, ["king"])
        assert '"King" is looked up as "king"' in err

    @pytest.mark.parametrize(("document", "said"), [(b"{}", "recipe.json is not the recipe of a corpus"), (b"99", "was made by rules 99")])
    def test_a_folders_recipe_that_cannot_be_used_is_refused(self, typed: Typed, tmp_path: Path, document: bytes, said: str) -> None:
        (tmp_path / "vectors.txt").write_bytes(VECTORS)
        (tmp_path / "recipe.json").write_bytes(made().replace(b'"rules": 1', b'"rules": 99') if document == b"99" else document)

        code, _, err = typed("neighbors", "King", "--model", str(tmp_path))

        assert (code, said in err) == (2, True)

    def test_the_python_client_does_the_same(self) -> None:
        client = Stage(made()).client

        assert client.neighbors("KING", 1, JOB) == client.neighbors("king", 1, JOB)
        assert client.analogy("King", "Don't", "K\u00d6NIG", 1, JOB) == client.analogy("king", "don't", "k\u00f6nig", 1, JOB)

    def test_the_python_client_warns_of_a_recipe_that_cannot_be_read(self) -> None:
        stage = Stage(made())
        stage.bucket.get_object = refused  # type: ignore[method-assign] # a test's

        with pytest.warns(UserWarning, match="s3:GetObject"), pytest.raises(UserError, match='does not know "King"'):
            stage.client.neighbors("King", 1, JOB)


class TestDownload:
    def test_the_recipe_comes_with_the_model(self, typed: Typed, tmp_path: Path) -> None:
        code, out, _ = typed("download", JOB, "-o", str(tmp_path / "model"), "--json", **Stage(made()).clients)

        assert (code, json.loads(out)["recipe"]) == (0, str(tmp_path / "model" / "recipe.json"))
        assert recipes.of_model(tmp_path / "model") == recipe.parse(made(), "x")
        assert typed("neighbors", "KING", "--model", str(tmp_path / "model"))[0] == 0

    def test_a_run_without_one_has_none(self, typed: Typed, tmp_path: Path) -> None:
        code, out, _ = typed("download", JOB, "-o", str(tmp_path / "model"), "--json", **Stage().clients)

        assert (code, json.loads(out)["recipe"]) == (0, None)
        assert [path.name for path in (tmp_path / "model").iterdir()] == ["vectors.txt"]

    def test_who_may_not_read_it_has_the_model_and_is_told(self, typed: Typed, tmp_path: Path) -> None:
        stage = Stage(made())
        stage.bucket.get_object = refused  # type: ignore[method-assign] # a test's

        code, out, err = typed("download", JOB, "-o", str(tmp_path / "model"), "--json", **stage.clients)

        assert (code, json.loads(out)["recipe"], len(json.loads(out)["files"])) == (0, None, 1)
        assert "s3:GetObject" in err

    def test_the_python_client_does_the_same(self, tmp_path: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            Stage(made()).client.download(tmp_path / "model", JOB)

        assert (tmp_path / "model" / "recipe.json").read_bytes() == made()


def test_a_recipe_has_the_words_of_its_normaliser() -> None:
    assert Recipe(Normaliser(lower=False), ()).words("A b, C!") == "A b C"
