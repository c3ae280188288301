"""WordSim-353 figures against an independent implementation of the same rules, written as the reference is: with dictionaries and loops."""

import hashlib
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest

from blazingtext_engine import evaluation
from blazingtext_engine.errors import UserError

GOLD = evaluation.GOLD_FOLDER
DIGESTS = {
    "EN-WS-353-ALL.txt": "ce12919b240af45bdf46d243601eaca2b6212b159b5e7e9b435ee7ee40c5619c",
    "EN-WS-353-REL.txt": "66a7c88100624d0a391605ff61ce84e11d11ee620d51ec0298da49592838f8fa",
    "EN-WS-353-SIM.txt": "f1da938998863c94e53f72f984a5c6e215f0b46c323aae8f0f4930703a339107",
}


def test_the_shipped_data_is_the_original() -> None:
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in GOLD.glob("*.txt")} == DIGESTS


def gold_words() -> list[str]:
    return sorted({word.lower() for path in GOLD.glob("*.txt") for line in path.read_text().splitlines() for word in line.split()[:2]})


def write_vectors(path: Path, words: list[str], *, dim: int = 8, seed: int = 1) -> Path:
    rows = np.random.default_rng(seed).normal(size=(len(words), dim)).astype(np.float32)
    lines = [f"{word} {' '.join(f'{value:.6g}' for value in row)}" for word, row in zip(words, rows.tolist(), strict=True)]
    path.write_text("\n".join([f"{len(words)} {dim}", *lines]) + "\n", encoding="utf-8")
    return path


def reference(vectors: Path) -> dict[str, object]:
    """The rules of the eval-word-vectors scripts, told once more in plain Python."""
    known: dict[str, list[float]] = {}
    for line in vectors.read_text(encoding="utf-8").splitlines():
        word, *numbers = line.strip().lower().split()
        row = [float(number) for number in numbers]
        length = math.sqrt(sum(value * value for value in row) + 1e-6)
        known[word] = [value / length for value in row]
    result: dict[str, object] = {}
    rhos = []
    for path in sorted(GOLD.glob("*.txt")):
        people: dict[tuple[str, str], float] = {}
        model: dict[tuple[str, str], float] = {}
        missing = total = 0
        for line in path.read_text().splitlines():
            first, second, score = line.lower().split()
            total += 1
            if first not in known or second not in known:
                missing += 1
                continue
            for word in (first, second):
                known[word][:] = [value + 1e-6 for value in known[word]]
            dot = sum(a * b for a, b in zip(known[first], known[second], strict=True))
            norms = math.sqrt(sum(a * a for a in known[first])) * math.sqrt(sum(b * b for b in known[second]))
            people[first, second], model[first, second] = float(score), dot / norms
        rhos.append(rank_correlation(people, model))
        result[path.name] = {"not_found": missing, "spearmans_rho": rhos[-1], "total_pairs": total}
    result["mean_rho"] = sum(rhos) / len(rhos)
    return result


def rank_correlation(people: dict[tuple[str, str], float], model: dict[tuple[str, str], float]) -> float:
    if not people:
        return 0.0

    def ranks(values: dict[tuple[str, str], float]) -> list[float]:
        ordered = sorted(values.values(), reverse=True)
        return [ordered.index(value) + 1 + (ordered.count(value) - 1) / 2 for value in values.values()]

    x, y = ranks(people), ranks(model)
    mean = (len(x) + 1) / 2
    covariance = sum((a - mean) * (b - mean) for a, b in zip(x, y, strict=True))
    return covariance / math.sqrt(sum((a - mean) ** 2 for a in x) * sum((b - mean) ** 2 for b in y))


def flat(report: dict[str, object]) -> list[float]:
    return [float(str(value)) for part in report.values() for value in (part.values() if isinstance(part, dict) else [part])]


@pytest.mark.parametrize("seed", range(5))
def test_figures_equal_the_reference_to_nine_digits(tmp_path: Path, seed: int) -> None:
    words = [word for number, word in enumerate(gold_words()) if (number + seed) % 7]
    vectors = write_vectors(tmp_path / "vectors.txt", words, seed=seed)

    report = json.loads(evaluation.evaluate(vectors).report())

    expected = reference(vectors)
    assert list(report) == list(expected)
    assert flat(report) == pytest.approx(flat(expected), abs=1e-9)


def test_upper_case_rows_count_and_the_last_row_of_a_word_wins(tmp_path: Path) -> None:
    words = [*gold_words(), *(word.upper() for word in gold_words()[::3])]
    vectors = write_vectors(tmp_path / "vectors.txt", words)

    report = json.loads(evaluation.evaluate(vectors).report())

    assert flat(report) == pytest.approx(flat(reference(vectors)), abs=1e-9)


def test_a_pair_listed_twice_is_counted_twice_and_ranked_once(tmp_path: Path) -> None:
    vectors = write_vectors(tmp_path / "vectors.txt", gold_words())

    sets = evaluation.evaluate(vectors).sets

    assert [(name, figures["not_found"], figures["total_pairs"]) for name, figures in sets.items()] == [
        ("EN-WS-353-ALL.txt", 0, 353), ("EN-WS-353-REL.txt", 0, 252), ("EN-WS-353-SIM.txt", 0, 203),
    ]  # fmt: skip


def test_the_report_is_the_text_blazingtext_writes(tmp_path: Path) -> None:
    vectors = write_vectors(tmp_path / "vectors.txt", ["\u00fcber", "stra\u00dfe"])

    assert evaluation.evaluate(vectors).report() == (
        '{\n    "EN-WS-353-ALL.txt": {\n        "not_found": 353,\n        "spearmans_rho": 0.0,\n        "total_pairs": 353\n    },\n'
        '    "EN-WS-353-REL.txt": {\n        "not_found": 252,\n        "spearmans_rho": 0.0,\n        "total_pairs": 252\n    },\n'
        '    "EN-WS-353-SIM.txt": {\n        "not_found": 203,\n        "spearmans_rho": 0.0,\n        "total_pairs": 203\n    },\n'
        '    "mean_rho": 0.0\n}'
    )


def test_words_that_are_not_utf8_do_not_disturb(tmp_path: Path) -> None:
    vectors = write_vectors(tmp_path / "vectors.txt", gold_words())
    expected = evaluation.evaluate(vectors)
    vectors.write_bytes(vectors.read_bytes() + b"\xff\xfe 1 2 3 4 5 6 7 8\n")

    assert evaluation.evaluate(vectors) == expected


def test_a_single_comparable_pair_has_no_correlation_and_does_not_fail(tmp_path: Path) -> None:
    vectors = write_vectors(tmp_path / "vectors.txt", ["tiger", "cat"])

    # `tiger cat` and `tiger tiger` are in it.
    assert evaluation.evaluate(vectors).sets["EN-WS-353-SIM.txt"]["not_found"] == 201


@pytest.mark.parametrize(
    ("first", "second", "rho"),
    [
        ([], [], 0),
        ([1], [2], 0),
        ([3, 3], [1, 2], 0),
        ([1, 2], [3, 3], 0),
        ([1, 2], [5, 9], 1),
        ([1, 2], [9, 5], -1),
        # Ranks 3 2 1 and 2.5 1 2.5: deviations 1 0 -1 and 0.5 -1 0.5.
        ([1, 2, 3], [4, 7, 4], 0),
        # Ranks 1.5 1.5 3 and 1 2 3.
        ([5, 5, 1], [9, 8, 7], 1.5 / (1.5 * 2) ** 0.5),
    ],
    ids=str,
)
def test_ranks_are_correlated_and_equal_values_share_theirs(first: list[float], second: list[float], rho: float) -> None:
    assert evaluation.spearman(np.array(first, float), np.array(second, float)) == pytest.approx(rho)


def test_own_gold_sets_are_reported_beside_and_leave_the_mean_alone(tmp_path: Path) -> None:
    vectors = write_vectors(tmp_path / "vectors.txt", [*gold_words(), "hund", "katze", "t\u00fcr"])
    folder = tmp_path / "sets"
    folder.mkdir()
    (folder / "DE.txt").write_text("Hund\tKatze\t7\nHund\tT\u00fcr\t1\nT\u00fcr\tKatze\t2\nTür\tMond\t0\n", encoding="utf-8")

    extra = evaluation.extra_gold_sets({"ENGINE_EVALUATION_SETS": str(folder)})
    report = json.loads(evaluation.evaluate(vectors, extra).report())

    assert report["DE.txt"]["total_pairs"] == 4
    assert report["DE.txt"]["not_found"] == 1
    assert report["DE.txt"]["spearmans_rho"] == pytest.approx(people_and_model(vectors, ["hund", "katze", "t\u00fcr"]))
    assert report["mean_rho"] == evaluation.evaluate(vectors).mean_rho


def test_a_gold_set_is_utf_8_whatever_the_machine_is_set_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "DE.txt").write_bytes("Tür\tMond\t0.5\n\n".encode())
    # What `open` asks for the encoding of the machine.
    monkeypatch.setattr("io.text_encoding", lambda encoding, _level=2: encoding or "latin-1")

    assert evaluation.read_gold_set(tmp_path / "DE.txt").pairs == ((("t\u00fcr", "mond"), 0.5),)


def people_and_model(vectors: Path, words: list[str]) -> float:
    """The rank correlation of the three pairs of words with the ratings 7, 1 and 2, by hand: one minus d squared over four."""
    rows = {line.split()[0]: [float(number) for number in line.split()[1:]] for line in vectors.read_text("utf-8").splitlines()[1:]}
    units = [np.array(rows[word]) / np.linalg.norm(rows[word]) for word in words]
    model = [units[0] @ units[1], units[0] @ units[2], units[2] @ units[1]]
    ranks = [sorted(values).index(value) for values in ([7, 1, 2], model) for value in values]
    return 1 - sum((one - other) ** 2 for one, other in zip(ranks[:3], ranks[3:], strict=True)) / 4


@pytest.mark.parametrize("content", ["one two\n", "one two three four\n", "one two many\n"])
def test_a_broken_gold_set_is_refused_with_the_remedy(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(content)

    with pytest.raises(UserError, match="two words and a number"):
        evaluation.extra_gold_sets({"ENGINE_EVALUATION_SETS": str(path)})


def test_two_sets_of_ones_own_may_not_have_one_name(tmp_path: Path) -> None:
    places = [tmp_path / name / "mine.txt" for name in ("a", "b")]
    for place in places:
        place.parent.mkdir()
        place.write_text("a b 1\n")

    with pytest.raises(UserError, match=r"mine\.txt is there twice"):
        evaluation.extra_gold_sets({"ENGINE_EVALUATION_SETS": os.pathsep.join(map(str, places))})
    (alone,) = evaluation.extra_gold_sets({"ENGINE_EVALUATION_SETS": f"{places[0]}{os.pathsep}"})
    assert (alone.name, alone.pairs) == ("mine.txt", ((("a", "b"), 1.0),))


def test_a_gold_set_may_not_hide_another(tmp_path: Path) -> None:
    path = tmp_path / "EN-WS-353-ALL.txt"
    path.write_text("a b 1\n")

    with pytest.raises(UserError, match="Rename"):
        evaluation.extra_gold_sets({"ENGINE_EVALUATION_SETS": str(path)})
