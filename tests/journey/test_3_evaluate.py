"""What models are worth, by every option of `evaluate`: word vectors on sets, a classifier on labelled text."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.covering import covers
from tests.journey.story import Shell


@covers("evaluate", "--on", "--top", "--match-case", "--count-unknown", "--csv")
def test_word_vectors_are_scored_on_public_sets_and_on_files(first_run: Any, deployed: Shell, tmp_path: Path) -> None:
    asked = tmp_path / "capitals.csv"
    asked.write_text("# asked by us\nfrance,paris,germany,berlin\nFrance,Paris,England,London\n", encoding="utf-8")
    told = ("evaluate", str(asked), "--on", "wordsim353,google", "--job", first_run["job"])

    found = deployed.blazingtext(*told, "--json").json()["results"]
    few = deployed.blazingtext(*told, "--top", "2000", "--json").json()["results"]
    strict = deployed.blazingtext(*told, "--match-case", "--json").json()["results"]
    whole = deployed.blazingtext(*told, "--count-unknown", "--json").json()["results"]
    table = list(csv.DictReader(io.StringIO(deployed.blazingtext(*told, "--csv").out)))
    bats = deployed.blazingtext("evaluate", "--on", "bats", "--job", first_run["job"], code=2)

    assert [(each["name"], each["kind"]) for each in found] == [
        ("wordsim353", "similarity"), ("google", "analogy"), ("capitals.csv", "analogy"),
    ]  # fmt: skip
    # As the container scores it, up to how it takes repeated pairs.
    assert found[0]["score"] == pytest.approx(first_run["metrics"]["train:mean_rho"], abs=0.2)
    assert found[0]["interval"]["low"] < found[0]["score"] < found[0]["interval"]["high"]
    assert [each["found"] for each in found] > [each["found"] for each in few]
    # The corpus is in lower case; most of the analogies name places with a capital.
    assert (strict[1]["found"] < found[1]["found"], [each["found"] for each in (found[2], strict[2])]) == (True, [2, 1])
    assert (whole[1]["found"], whole[1]["score"] < found[1]["score"]) == (found[1]["found"], True)
    assert [float(row["score"]) for row in table if not row["section"]] == [each["score"] for each in found]
    assert "CC BY-NC" in bats.err


@covers("evaluate", "--k", "--threshold", "--output", "--force")
def test_a_classifier_is_judged_on_what_it_was_validated_on_and_on_a_file(classifier: Any, deployed: Shell, tmp_path: Path) -> None:
    text, picture = tmp_path / "test.txt", tmp_path / "confusion.svg"
    text.write_text("__label__good a fine film\n__label__bad a dull film\n__label__good of no merit\n__label__new x\n", encoding="utf-8")
    own = ("evaluate", str(text), "--job", classifier["job"])

    validated = deployed.blazingtext("evaluate", "--job", classifier["job"], "--output", str(picture), "--json").json()
    found = deployed.blazingtext(*own, "--json").json()
    both = deployed.blazingtext(*own, "--k", "2", "--threshold", "0", "--json").json()
    none = deployed.blazingtext(*own, "--threshold", "1", "--json").json()
    kept = deployed.blazingtext(*own, "--output", str(picture), "--no-force", code=2)
    deployed.blazingtext(*own, "--output", str(picture), "--force")
    words = deployed.blazingtext(*own, "--top", "5", code=2)

    assert validated["precision"] == pytest.approx(classifier["metrics"]["validation:accuracy"], abs=0.01)
    assert (validated["lines"], {each["label"] for each in validated["labels"]}) == (6000, {"__label__good", "__label__bad"})
    assert (found["lines"], found["left_out"], found["precision"]) == (3, 1, pytest.approx(2 / 3))
    assert (both["precision"], both["recall"], none["precision"], none["recall"]) == (0.5, 1, None, 0)
    assert "<svg" in picture.read_text(encoding="utf-8")
    assert ("already exists" in kept.err, "--top is an option for word vectors" in words.err) == (True, True)
