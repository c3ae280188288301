"""How the tutorial's output is compared with what the page shows: a page that is not true any more is noticed."""

import os
from pathlib import Path

import pytest

from tests.journey import session
from tests.journey.session import Block, Session

SHOWN = """\
job                                             status     mean_rho   M/s  time    cost
blazingtext-dev-wiki-batch-skipgram-351569fbde  Completed     0.603  1.42  33 s  $0.002
...
words  61%  (-0.033 to 0.020)  13,982
"""
PRINTED = SHOWN.replace("...\n", "something else\n")


def different(printed: str, shown: str = SHOWN, kind: str = "") -> list[str]:
    return list(session.differences(Block("", shown, kind), printed))


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("0.603", "0.581"),
        ("(-0.033", "(0.012"),
        ("61%", "50%"),
        ("1.42", "12.30"),
        ("33 s", "7 s"),
        ("33 s", "9.4 s"),
        ("33 s", "1 min 02 s"),
        ("$0.002", "$0.01"),
        ("$0.002", "less than $0.001"),
        ("351569fbde", "0a1b2c3d4e"),
        ("something else\n", ""),
        ("something else\n", "one\n\ntwo\n"),
    ],
)
def test_what_another_training_prints_is_as_shown(here: str, there: str) -> None:
    assert not different(PRINTED.replace(here, there))


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("0.603", "0.443"),
        ("0.603", "none"),
        ("0.020)", "0.190)"),
        ("61%", "30%"),
        ("61%", "0.61"),
        ("13,982", "13,983"),
        ("Completed", "Failed"),
        ("-wiki-", "-third-"),
        ("mean_rho", "accuracy"),
        ("33 s", "33 s more"),
        ("words  61%", "some"),
    ],
)
def test_what_is_not_so_any_more_is_noticed(here: str, there: str) -> None:
    assert different(PRINTED.replace(here, there))


def test_lines_have_to_come_in_the_order_shown() -> None:
    lines = PRINTED.splitlines()

    assert different("\n".join(reversed(lines)))
    assert different("\n".join([lines[-1], *lines[:-1]]))
    assert different("\n".join(lines[:2]))
    assert not different("\n".join(["before", *lines, "after"]))


def test_any_number_is_as_good_where_only_the_shape_counts() -> None:
    shown = "1* trial-name 0.5566 0.092068 4 Completed\n"

    assert not different("1* trial-name 0.1 0.02 9 Completed\n", shown, "shape")
    assert different("1* trial-name 0.1 0.02 9 Failed\n", shown, "shape")
    assert different("1* trial-name 0.1 0.02 Completed\n", shown, "shape")


def test_half_of_the_nearest_words_have_to_be_the_same() -> None:
    shown = "0.846 wikipedia\n0.654 wiki\n0.561 wikimedia\n0.544 wikia\n"

    assert not different("0.820 wikipedia\n0.700 wikimedia\n0.561 avesta\n0.544 other\n", shown, "nearest")
    assert different("0.820 wikipedia\n0.700 these\n0.561 avesta\n0.544 other\n", shown, "nearest")
    assert different("0.420 wikipedia\n0.700 wikimedia\n0.561 wiki\n0.544 wikia\n", shown, "nearest")


def test_blocks_come_with_what_is_shown_right_below_them() -> None:
    page = "# A\n\n```sh\nfirst\n```\n\n```text\nshown\n```\n\nwords\n\n```sh\nsecond\n```\n\nwords\n\n```text nearest\nof none\n```\n"

    assert session.blocks(page) == [Block("first\n", "shown\n"), Block("second\n")]


def test_blocks_share_a_shell_and_are_typed_once(tmp_path: Path) -> None:
    given = ["a=1\ncd /\n", "echo $a in $PWD; a=2; echo aside >&2\n", "cat; echo $a\n"]

    with Session({"PATH": os.environ["PATH"]}, tmp_path, tmp_path) as typed:
        printed = [typed.printed(given[:count]) for count in (2, 1, 3)]

    assert [(each.out, each.err) for each in printed] == [("1 in /\n", "aside\n"), ("", ""), ("2\n", "")]


def test_a_session_ends_at_the_first_command_that_fails(tmp_path: Path) -> None:
    given = ["true\n", "echo said before\n(exit 3)\necho after\n", "true\n"]

    with Session({"PATH": os.environ["PATH"]}, tmp_path, tmp_path) as typed:
        for count in (3, 2):
            with pytest.raises(AssertionError, match=r"^exit code 3 of\necho said before\n\(exit 3\)\necho after\n\nsaid before\n$"):
                typed.printed(given[:count])
