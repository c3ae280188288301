"""Training without AWS, with the real engine and every option: what it makes, and its exit code."""

import hashlib
import json
import re
from pathlib import Path

import pytest

import blazingtext
from tests.covering import covers
from tests.journey.story import Shell

SCREEN = re.search(
    r"^## Without AWS\n(.*?)^## ", (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.fixture(name="text", scope="module")
def _text(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first megabyte of the sample."""
    folder = tmp_path_factory.mktemp("local")
    shell.blazingtext("corpus", "sample", str(folder / "wiki.txt"))
    path = folder / "text.txt"
    path.write_bytes((folder / "wiki.txt").read_bytes()[:1_000_000])
    return path


@covers(
    "local train",
    "--output",
    "--mode",
    "--batch-size",
    "--epochs",
    "--evaluation",
    "--learning-rate",
    "--min-count",
    "--negative-samples",
    "--sampling-threshold",
    "--vector-dim",
    "--window-size",
    "--threads",
    "--seed",
)
def test_word_vectors_are_trained_as_they_were_told(shell: Shell, text: Path, tmp_path: Path) -> None:
    told = {
        "--batch-size": "7",
        "--epochs": "2",
        "--evaluation": "True",
        "--learning-rate": "0.04",
        "--min-count": "3",
        "--negative-samples": "4",
        "--sampling-threshold": "0.001",
        "--vector-dim": "16",
        "--window-size": "3",
    }
    options = [each for pair in told.items() for each in pair]
    once = ("--mode", "batch_skipgram", "--threads", "1", "--seed", "5")

    found, again = (
        shell.blazingtext("local", "train", str(text), "--output", str(tmp_path / name), *once, *options, "--json").json()
        for name in ("one", "two")
    )
    refused = shell.blazingtext("local", "train", str(text), "--output", str(tmp_path / "three"), "--epochs", "0", code=2)

    taken = found["hyperparameters"]
    assert {option: taken[option[2:].replace("-", "_")].capitalize() for option in told} == told
    assert found["files"] == ["eval.json", "vectors.bin", "vectors.txt"]
    assert found["metrics"] == again["metrics"]
    # One thread and one seed: the same bytes.
    assert (tmp_path / "one" / "vectors.txt").read_bytes() == (tmp_path / "two" / "vectors.txt").read_bytes()
    assert blazingtext.load(tmp_path / "one").dimension == 16
    assert ("epochs" in refused.err, (tmp_path / "three").exists()) == (True, False)


@covers("local train", "--subwords", "--min-char", "--max-char", "--buckets")
def test_subwords_are_known_to_whoever_looks_at_the_model(shell: Shell, text: Path, tmp_path: Path) -> None:
    options = ("--mode", "skipgram", "--subwords", "True", "--min-char", "2", "--max-char", "4", "--buckets", "5000", "--vector-dim", "16")
    shell.blazingtext("corpus", "prepare", str(text), "-o", str(tmp_path / "made.txt"))

    shell.blazingtext("local", "train", str(tmp_path / "made.txt"), "--output", str(tmp_path / "model"), *options)
    near = shell.blazingtext("neighbors", "Musicologistly", "MUSIC", "--model", str(tmp_path / "model"), "--json")

    assert (near.json()["of_ngrams"], len(near.json()["neighbors"]["musicologistly"])) == (["musicologistly"], 10)
    # The recipe in the model's folder has told how the corpus was prepared.
    assert '"MUSIC" is looked up as "music", as the corpus was prepared.' in near.err


@covers("local train", "--from")
@covers("compare", "--model")
def test_a_training_goes_on_from_a_model_and_both_are_compared(shell: Shell, text: Path, tmp_path: Path) -> None:
    first, second, options = tmp_path / "first", tmp_path / "second", ("--vector-dim", "16", "--epochs", "1", "--threads", "1")
    shell.blazingtext("local", "train", str(text), "--output", str(first), *options)
    more = tmp_path / "more.txt"
    more.write_bytes(text.read_bytes()[:200_000])

    told = ("--from", str(first), "--epochs", "1", "--learning-rate", "0.0001")
    found = shell.blazingtext("local", "train", str(more), "--output", str(second), *told, "--json").json()
    other = shell.blazingtext("local", "train", str(more), "--output", str(tmp_path / "x"), *told, "--vector-dim", "8", code=2)
    compared = shell.blazingtext("compare", "--model", str(first), "--model", str(second), "--json").json()

    # Its dimension and all its words are kept, and so little learnt is near what it started from.
    assert found["hyperparameters"]["vector_dim"] == "16"
    assert ("have 16 numbers, and vector_dim is 8" in other.err, (tmp_path / "x").exists()) == (True, False)
    (model,) = compared["models"].values()
    assert (compared["names"], model["lost_count"], model["gained_count"]) == ([str(first), str(second)], 0, 0)
    assert min(each["similarity"] for each in model["moved"]) > 0.99


@covers("predict", "--model")
def test_a_model_is_asked_without_an_endpoint(shell: Shell, text: Path, labelled: Path, tmp_path: Path) -> None:
    words, texts = tmp_path / "words", tmp_path / "texts"
    shell.blazingtext("local", "train", str(text), "--output", str(words), "--vector-dim", "8", "--epochs", "1")
    shell.blazingtext(
        "local", "train", str(labelled), "--output", str(texts), "--mode", "supervised", "--vector-dim", "8", "--epochs", "20"
    )
    line = labelled.read_text(encoding="utf-8").splitlines()[0].split()

    (word,) = shell.blazingtext("predict", "the", "--model", str(words), "--json").json()
    (found,) = shell.blazingtext("predict", " ".join(line[1:]), "--model", str(texts), "--json").json()
    refused = shell.blazingtext("predict", "the", "--model", str(words), "-k", "2", code=2)

    assert word["vector"] == pytest.approx(blazingtext.load(words)["the"].tolist(), abs=1e-6)
    assert f"__label__{found['labels'][0]['name']}" == line[0]
    assert "k says how many labels a text gets" in refused.err


@covers("local train", "--validation", "--word-ngrams", "--early-stopping", "--patience", "--min-epochs")
def test_a_classifier_is_trained_and_validated(shell: Shell, labelled: Path, tmp_path: Path) -> None:
    options = ("--mode", "supervised", "--word-ngrams", "2", "--early-stopping", "True", "--patience", "2", "--min-epochs", "1")
    small = ("--buckets", "1000", "--vector-dim", "8")

    told = ("--validation", str(labelled), *options, *small)
    found = shell.blazingtext("local", "train", str(labelled), "--output", str(tmp_path / "model"), *told, "--json").json()
    other = shell.blazingtext("local", "train", str(labelled), "--output", str(tmp_path / "x"), "--early-stopping", "True", code=2)

    assert found["files"] == ["model.bin", "recipe.json"]
    recipe = json.loads((tmp_path / "model" / "recipe.json").read_bytes())
    assert [each["result"]["sha256"] for each in recipe["prepared"]] == 2 * [hashlib.sha256(labelled.read_bytes()).hexdigest()]
    assert found["metrics"]["validation:accuracy"] > 0.9
    assert found["hyperparameters"]["word_ngrams"] == "2"
    assert "early_stopping" in other.err


@pytest.mark.timeout(900)
def test_the_readmes_screen_without_aws_runs_line_by_line(shell: Shell, tmp_path: Path) -> None:
    assert SCREEN is not None
    blocks = dict[str, str]()
    for kind, block in re.findall(r"^```(sh|python)\n(.*?)^```", SCREEN[1], re.MULTILINE | re.DOTALL):
        blocks[kind] = blocks.get(kind, "") + block
    install, *lines = blocks["sh"].splitlines()
    (tmp_path / "snippet.py").write_text(blocks["python"], encoding="utf-8")
    # The text is cut, so that it takes seconds; what installs the project is run by tests/wheel.
    lines.insert(1, "head -c 600000 wikipedia.txt > cut; mv cut wikipedia.txt")

    said = "".join(shell.run("bash", "-euc", f"cd {tmp_path}\n{line}").out for line in [*lines, "python snippet.py"])

    assert install.startswith("pip install")
    assert "musicologistly" in said
    assert "WordVector(word='history'" in said
    assert {each.name for each in tmp_path.iterdir() if each.is_dir()} == {"model", "grown", "another-model", "third-model"}
