"""`make mutants` on a small project: what is killed, what survives, and that the project itself stays as it is."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.tools.mutants import __main__ as command
from tests.tools.mutants.equivalents import Equivalent, equivalents
from tests.tools.mutants.mutations import Mutation, mutations
from tests.tools.mutants.packages import NOT_COUNTED, PACKAGES, Package, changed_lines, sample
from tests.tools.mutants.reach import Reach
from tests.tools.mutants.run import RecordError, Runner
from tests.tools.mutants.tree import Copy
from tests.tools.mutants.workers import Ended

ROOT = Path(__file__).parents[3]
PYPROJECT = """
[tool.setuptools.package-dir]
blazingtext_lifecycle = "lambda/lifecycle"
[tool.pytest.ini_options]
addopts = ["--import-mode=importlib"]
pythonpath = ["."]
"""
LIMITS = """
LIMIT = 5

def allowed(number):
    if number > LIMIT:
        raise ValueError(number)
    return True

def untested():
    return allowed(1)

def through_a_fixture():
    return [1, 2]

def kept():
    return {"a": 1}

def row(number):
    return twice(number)

def twice(number):
    return number * 2

TABLE = [row(1)]
"""
TESTS = """
import functools
import pytest
from blazingtext_lifecycle import limits

@pytest.fixture(scope="session", autouse=True)
def nothing():
    pass

@pytest.fixture(scope="module")
def shared():
    return limits.through_a_fixture()

def test_first(shared):
    assert shared

def test_second(shared):
    assert shared == [1, 2]

@pytest.fixture(scope="module")
def once():
    return functools.cache(limits.kept)

@pytest.fixture(scope="module")
def first(once):
    return once()

def test_with_first(first):
    assert first

def test_with_once(once):
    assert once() == {"a": 1}

def test_allowed():
    assert limits.allowed(5)

def test_refused():
    with pytest.raises(ValueError):
        limits.allowed(7)

def test_broken():
    limits.untested()
    assert False
"""
FILE = "lambda/lifecycle/limits.py"


@pytest.fixture(scope="module", name="project")
def _project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name, text in {"pyproject.toml": PYPROJECT, FILE: LIMITS, "tests/unit/test_limits.py": TESTS}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "tests/tools", folder / "tests/tools", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "tests/__init__.py").touch()
    for arguments in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module", name="copy")
def _copy(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(project, tmp_path_factory.mktemp("home") / "tree")


@pytest.fixture(scope="module", name="runner")
def _runner(copy: Copy) -> Iterator[Runner]:
    runner = Runner(copy, copy.folder.parent)
    yield runner
    runner.close()


@pytest.fixture(scope="module", name="reach")
def _reach(copy: Copy, runner: Runner) -> Reach:
    return Reach(copy.folder, runner.record(["tests/unit/test_limits.py"]))


def one(kind: str, line: int, after: str) -> Mutation:
    (found,) = [each for each in mutations(FILE, LIMITS.encode()) if (each.kind, each.line, each.after.strip()) == (kind, line, after)]
    return found


@pytest.mark.parametrize(
    ("line", "tests"),
    [
        (2, {"test_first", "test_second", "test_with_first", "test_with_once", "test_allowed", "test_refused"}),
        (5, {"test_allowed", "test_refused"}),
        (6, {"test_refused"}),
        (10, set()),
        (13, {"test_first", "test_second"}),
        (16, {"test_with_first", "test_with_once"}),
        (19, {"test_first", "test_second", "test_with_first", "test_with_once", "test_allowed", "test_refused"}),
        (22, {"test_first", "test_second", "test_with_first", "test_with_once", "test_allowed", "test_refused"}),
    ],
    ids=[
        "outside functions",
        "a condition",
        "a branch",
        "in a test that fails anyway",
        "in a shared fixture",
        "kept by a fixture",
        "called on import",
        "called by who is called on import",
    ],
)
def test_a_line_is_reached_by_the_tests_that_ran_it(reach: Reach, line: int, tests: set[str]) -> None:
    assert {name.partition("::")[2] for name in reach.tests(FILE, line)} == tests


def test_every_line_of_a_statement_is_reached_by_who_ran_it_and_none_of_what_it_holds(tmp_path: Path) -> None:
    source = (
        "def table(x):\n    if (\n        x\n    ):\n        return {\n            x: (\n                1,\n            ),\n        }\n"
    )
    (tmp_path / "table.py").write_text(source)
    tests = {name: {"seconds": 1, "shared": [], "lines": {"table.py": lines}} for name, lines in (("out", [2, 3]), ("in", [2, 3, 5, 6]))}
    reach = Reach(tmp_path, {"tests": tests, "fixtures": {}, "needs": {}, "failed": []})

    assert [reach.tests("table.py", line) for line in (4, 7)] == [["in", "out"], ["in"]]


def test_a_line_that_is_compiled_is_reached_by_who_ran_what_imports_it(tmp_path: Path) -> None:
    for name, text in (
        ("blazingtext/compiled/rows.py", "def row(x):\n    return x\n"),
        ("blazingtext/lines.py", "from .compiled.rows import row\n\ndef line(x):\n    return row(x)\n"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    tests = {
        name: {"seconds": 1, "shared": [], "lines": lines} for name, lines in (("it", {"blazingtext/lines.py": [3, 4]}), ("other", {}))
    }
    for test in tests:
        (tmp_path / test).touch()

    assert Reach(tmp_path, {"tests": tests, "fixtures": {}, "needs": {}, "failed": []}).tests("blazingtext/compiled/rows.py", 2) == ["it"]


def test_tests_of_one_parameter_of_a_shared_fixture_come_together_and_those_that_ran_the_line_before_others(tmp_path: Path) -> None:
    (tmp_path / "table.py").write_text("def table():\n    return 1\n")
    seconds = {
        "a.py::one[plain]": 2.0,
        "a.py::one[with]": 3.0,
        "a.py::one[late]": 1.0,
        "a.py::two[with]": 0.1,
        "b.py::three[plain]": 0.1,
        "b.py::three[with]": 0.1,
        "b.py::three[late]": 0.1,
        "b.py::quick": 0.2,
        "b.py::slow": 2.5,
        "b.py::own[alone]": 0.3,
    }
    ran = {"a.py::one[plain]", "a.py::one[with]"}
    tests = {
        name: {"seconds": each, "shared": ["made"], "lines": {"table.py": [2]} if name in ran else {}} for name, each in seconds.items()
    }

    found = Reach(tmp_path, {"tests": tests, "fixtures": {}, "needs": {}, "failed": []}).tests("table.py", 2)

    assert [name.partition("::")[2] for name in found] == [
        *("quick", "own[alone]", "three[plain]", "one[plain]", "slow", "two[with]", "three[with]", "one[with]"),
        *("three[late]", "one[late]"),
    ]


@pytest.mark.parametrize(
    ("mutation", "killed"),
    [
        (one("comparison", 5, "number >= LIMIT"), True),
        (one("constant", 2, "4"), True),
        (one("constant", 2, "6"), False),
        (one("statement", 6, "pass"), True),
        (one("entry", 13, "[2]"), True),
    ],
    ids=str,
)
def test_a_fault_is_killed_when_a_test_notices_it(
    project: Path, copy: Copy, runner: Runner, reach: Reach, mutation: Mutation, killed: bool
) -> None:
    before = (copy.folder / FILE).stat().st_mtime_ns

    assert runner.is_killed(mutation, reach.tests(FILE, mutation.line), 60) is killed

    assert (project / FILE).read_text() == (copy.folder / FILE).read_text() == LIMITS
    assert (copy.folder / FILE).stat().st_mtime_ns == before


def test_the_bytecode_of_a_former_run_is_not_taken_for_a_fault(project: Path, copy: Copy) -> None:
    """Two faults of one length, each the first of its run, so that both give the file the same time."""
    results = []
    for after in ("4", "6"):
        run = Runner(Copy(project, copy.folder), copy.folder.parent)
        results.append(run.is_killed(one("constant", 2, after), ["tests/unit/test_limits.py::test_allowed"], 60))
        run.close()

    # With a limit of four, five is refused; with one of six it is allowed.
    assert results == [True, False]


def test_a_fault_that_never_ends_is_killed(copy: Copy, runner: Runner) -> None:
    line = LIMITS.splitlines().index("    return True") + 1
    endless = Mutation(FILE, line, "statement", "return True", "while True: pass", LIMITS.index("return True"))
    started = time.monotonic()

    assert runner.is_killed(endless, ["tests/unit/test_limits.py::test_allowed"], 5)

    assert time.monotonic() - started < PATIENCE


def test_a_module_that_cannot_be_imported_any_more_is_killed(runner: Runner) -> None:
    broken = Mutation(FILE, 2, "constant", "LIMIT = 5", "LIMIT = limit", LIMITS.index("LIMIT = 5"))

    assert runner.is_killed(broken, ["tests/unit/test_limits.py::test_allowed", "tests/unit/test_limits.py::test_refused"], 60)


def test_a_test_that_does_not_exist_is_not_taken_for_one_that_fails(runner: Runner) -> None:
    with pytest.raises(RecordError, match=r"There is no test tests/unit/test_limits\.py::test_gone"):
        runner.is_killed(one("constant", 2, "4"), ["tests/unit/test_limits.py::test_gone"], 60)


def test_of_a_source_that_has_changed_since_every_line_is_reached(copy: Copy, runner: Runner) -> None:
    runner.record(["tests/unit/test_limits.py"])
    path = copy.folder / FILE
    try:
        path.write_text("# A line more.\n" + LIMITS, encoding="utf-8")

        moved = Reach(copy.folder, runner.record(["tests/unit/test_limits.py"]))

        assert {name.partition("::")[2] for name in moved.tests(FILE, 7)} >= {"test_refused", "test_allowed", "test_first"}
    finally:
        path.write_text(LIMITS, encoding="utf-8")


def test_survivors_and_scores_are_printed(project: Path, copy: Copy, runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    kills, survives, unreached = one("constant", 2, "4"), one("constant", 2, "6"), one("constant", 10, "2")

    score = command.measure(Package(("lambda",), ("tests/unit",)), [kills, survives, unreached], runner, copy, time.monotonic() + 600)

    assert (score.killed, score.survived) == ([kills], [survives, unreached])
    assert capsys.readouterr().out.splitlines() == [
        f"{FILE}:2 constant: 5 -> 6",
        f"{FILE}:10 constant: 1 -> 2  (no test gets there)",
    ]
    assert str(score) == " 33.3 % of   3 killed, 0 equivalent; survived: constant 2"


APART = """
import subprocess
import sys

def test_another_process():
    program = "from blazingtext_lifecycle import limits; print(limits.row(2))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "4\\n"
"""


@pytest.mark.usefixtures("reach")
def test_of_a_file_that_runs_in_a_process_of_its_own_whole_files_of_tests_answer(
    copy: Copy, runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy.folder / "tests/apart").mkdir()
    (copy.folder / "tests/apart/test_apart.py").write_text(APART, encoding="utf-8")
    package = Package(("lambda",), ("tests/unit",), apart={FILE: ("tests/apart/test_apart.py",)})
    noticed, unnoticed = one("constant", 22, "3"), one("constant", 10, "2")

    score = command.measure(package, [noticed, unnoticed], runner, copy, time.monotonic() + 600)

    assert (score.killed, score.survived) == ([noticed], [unnoticed])
    assert capsys.readouterr().out.splitlines() == [f"{FILE}:10 constant: 1 -> 2"]


def test_what_answers_for_a_file_apart_is_there() -> None:
    apart = [each for package in PACKAGES.values() for each in package.apart.items()]

    assert apart
    assert all((ROOT / name).is_file() for file, tests in apart for name in (file, *tests))


def test_whole_files_of_tests_that_fail_without_a_fault_do_not_answer(runner: Runner) -> None:
    with pytest.raises(RecordError, match=r"of tests/unit/test_limits\.py do not pass: .*test_broken"):
        runner.is_killed_apart(one("constant", 10, "2"), ["tests/unit/test_limits.py"], 60)


@pytest.mark.usefixtures("reach")
def test_what_is_known_of_a_fault_is_not_tried_again(copy: Copy, runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    fault = one("constant", 2, "4")

    score = command.measure(Package(("lambda",), ("tests/unit",)), [fault], runner, copy, time.monotonic() + 600, {fault: False})

    assert (score.killed, score.survived) == ([], [fault])
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("reach")
def test_of_many_faults_it_is_said_how_far_it_is(copy: Copy, runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    fault = one("constant", 2, "4")

    command.measure(Package(("lambda",), ("tests/unit",)), [fault] * 101, runner, copy, time.monotonic() + 600, {fault: True})

    assert [line for line in capsys.readouterr().err.splitlines() if "tried" in line] == [
        "50 of 101 tried, 0 survived",
        "100 of 101 tried, 0 survived",
    ]


def test_who_noticed_other_faults_is_asked_first_and_alone(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ended(_: Runner, _mutation: Mutation, tests: Sequence[str], _seconds: float) -> Ended:
        asked.append([*tests])
        return Ended(1, "b") if "b" in tests else Ended(0, "")

    monkeypatch.setattr(Runner, "_ended_with", ended)
    runner = Runner(copy, copy.folder.parent)

    assert [runner.is_killed(one("constant", 2, "4"), tests, 60) for tests in (["a", "b"], ["a", "b", "c"], ["a", "c"])] == [
        True,
        True,
        False,
    ]
    assert asked == [["a", "b"], ["b"], ["a", "c"]]


def test_an_unknown_class_is_refused_with_the_ones_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        command.main(["lambda", "--class", "everything"])

    assert refused.value.code == 2
    assert "'iam', 'events', 'names', 'hyperparameters', 'exits'" in capsys.readouterr().err


def test_when_the_time_is_over_the_rest_is_not_tried(copy: Copy, runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    score = command.measure(Package(("lambda",), ("tests/unit",)), [one("constant", 2, "4")], runner, copy, time.monotonic() - 1)

    assert (score.killed, score.survived, score.percent) == ([], [], 100)
    assert "The time is over" in capsys.readouterr().err


def test_a_seed_is_a_sample_and_no_line_is_in_it_twice(project: Path) -> None:
    first, again, other = (sample(project, [FILE], 5, seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other
    assert len({each.line for each in first}) == 5
    assert sample(project, [FILE], 99, 1, {FILE: {2}})[0].line == 2
    assert len(sample(project, [FILE], 99, 1, {FILE: {2}})) == 1


def test_only_changed_lines_are_mutated_on_request(project: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(project, changed)
    (changed / FILE).write_text(LIMITS.replace("LIMIT = 5", "LIMIT = 7").replace("return [1, 2]", "more = 3\n    return [1, more]"))

    assert changed_lines(changed, "HEAD") == {FILE: {2, 13, 14}}


@pytest.fixture
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.mark.usefixtures("_own_home")
def test_two_runs_in_one_copy_are_refused_and_the_lock_goes_with_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    with command.alone(command.home()):
        assert command.main(["lamda"]) == 2
    assert "Another run puts faults into " in capsys.readouterr().err

    with command.alone(command.home()):
        pass


@pytest.mark.usefixtures("_own_home")
def test_an_unknown_package_is_refused_with_the_ones_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["lamda"]) == 2

    assert "No package is called lamda. There are: lambda, stacks" in capsys.readouterr().err


def test_every_module_belongs_to_a_package() -> None:
    files = [file for package in PACKAGES.values() for file in package.files(ROOT)]
    here = {str(path.relative_to(ROOT)) for part in ("lambda", "stacks", "blazingtext", "engine") for path in (ROOT / part).rglob("*.py")}

    assert len(files) == len(set(files))
    # Only what a script of ours writes.
    assert here - set(files) == {"lambda/lifecycle/instance_regions.py"}
    assert all((ROOT / path).exists() for package in PACKAGES.values() for path in package.tests)


def test_every_file_of_tests_counts_for_a_package_or_there_is_a_reason() -> None:
    counted = {file for package in PACKAGES.values() for file in package.test_files(ROOT)}
    folders = ("conformance", "parity", "template", "unit/blazingtext", "unit/engine", "unit/lifecycle", "unit/sandbox")
    here = {str(path.relative_to(ROOT)) for part in folders for path in (ROOT / "tests" / part).rglob("test_*.py")}

    assert here - counted == NOT_COUNTED.keys(), "name it in tests/tools/mutants/packages.py"
    assert all(NOT_COUNTED.values())


def test_an_equivalent_mutant_is_told_by_its_text_not_by_its_line() -> None:
    known = Equivalent(FILE, "constant", "5", "6", "an example")

    assert known.covers(Mutation(FILE, 77, "constant", "5", "6\n", 1234))
    assert not known.covers(Mutation(FILE, 2, "constant", "5", "4", 0))
    assert not known.covers(Mutation("another.py", 2, "constant", "5", "6", 0))


def test_every_equivalent_mutant_can_still_be_made() -> None:
    for each in equivalents():
        assert each.reason
        assert any(map(each.covers, mutations(each.file, (ROOT / each.file).read_bytes()))), each


def test_a_process_that_runs_tests_ends_without_a_word_when_nobody_listens(copy: Copy) -> None:
    begun = [sys.executable, "-m", "tests.tools.mutants.worker"]
    with subprocess.Popen(
        begun, cwd=copy.folder, env=copy.environment(copy.folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(b'{"arguments": ["--version"], "environment": {}, "failure": "/dev/null"}\n')
        process.stdin.close()

        assert (process.stderr.read(), process.wait(PATIENCE)) == (b"", 0)
