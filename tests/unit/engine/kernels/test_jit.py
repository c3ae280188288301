import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numba
import pytest

import blazingtext_engine
from blazingtext_engine.errors import UserError
from blazingtext_engine.kernels import jit
from blazingtext_engine.kernels.jit import CPU, Cpu, cache_key, only_ours, selected_cpu

CONFIGURATION = cast("Any", numba.config)
X86 = {"avx512f": True, "avx512vl": True, "avx2": True, "fma": True}
PACKAGE = Path(blazingtext_engine.__file__).parent


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the engine's sources that a test may change."""
    return Path(shutil.copytree(PACKAGE, tmp_path / "engine", ignore=shutil.ignore_patterns("__pycache__", "data")))


def change(package: Path, module: str) -> None:
    with (package / module).open("a", encoding="utf-8") as file:
        file.write("# changed\n")


@pytest.mark.parametrize("module", ["kernels/jit.py", "kernels/skipgram.py", "kernels/tokenizer.py", "kernels/constants.py"])
def test_a_changed_kernel_makes_compiled_code_stale(package: Path, module: str) -> None:
    before = cache_key(package, CPU)

    change(package, module)

    assert cache_key(package, CPU) != before


def test_so_does_a_changed_kernel_in_another_folder(package: Path) -> None:
    elsewhere = package / "training" / "extra.py"
    elsewhere.write_text("from ..kernels.jit import kernel\n", encoding="utf-8")
    before = cache_key(package, CPU)

    change(package, "training/extra.py")

    assert cache_key(package, CPU) != before


@pytest.mark.parametrize("module", ["serve.py", "training/word2vec.py", "corpus/vocabulary.py", "formats/fasttext.py"])
def test_compiled_code_outlives_changes_to_other_files(package: Path, module: str) -> None:
    before = cache_key(package, CPU)

    change(package, module)

    assert cache_key(package, CPU) == before


def test_each_instruction_set_has_its_own_compiled_code() -> None:
    assert cache_key(PACKAGE, Cpu("sse", 4, 16)) != cache_key(PACKAGE, Cpu("avx2", 8, 16))


AVX2 = {"avx2": True, "fma": True}
# Registers of an instruction set: 32 of AVX-512 and of Advanced SIMD, 16 of SSE and AVX; of as many 32-bit lanes as they are wide.
FULL = Cpu("avx512", 16, 32, "x86-64-v4", "-prefer-256-bit")


@pytest.mark.parametrize(
    ("wanted", "features", "machine", "expected"),
    [
        ("", X86, "x86_64", FULL),
        ("", X86 | {"prfchw": True}, "x86_64", replace(FULL, features="-prefer-256-bit,+prfchw")),
        # What is narrower is compiled for the machine itself, whatever else it has.
        ("", AVX2, "x86_64", Cpu("avx2", 8, 16)),
        ("", AVX2 | {"avx512f": True}, "x86_64", Cpu("avx2", 8, 16)),
        ("", AVX2 | {"avx512vl": True}, "x86_64", Cpu("avx2", 8, 16)),
        ("", {"avx2": True}, "x86_64", Cpu("sse", 4, 16)),
        ("", {"fma": True}, "x86_64", Cpu("sse", 4, 16)),
        ("", {}, "x86_64", Cpu("sse", 4, 16)),
        ("", X86, "arm64", Cpu("neon", 4, 32)),
        ("", {}, "aarch64", Cpu("neon", 4, 32)),
        ("", {}, "ARM64", Cpu("neon", 4, 32)),
        # What is asked for is compiled for any machine that has it.
        ("avx512", X86, "x86_64", FULL),
        ("avx2", X86, "x86_64", Cpu("avx2", 8, 16, "x86-64-v3", "")),
        ("sse", X86, "x86_64", Cpu("sse", 4, 16, "x86-64", "")),
        ("neon", {}, "arm64", Cpu("neon", 4, 32)),
    ],
    ids=str,
)
def test_kernels_are_compiled_for_the_widest_registers_or_those_asked_for(
    wanted: str, features: dict[str, bool], machine: str, expected: Cpu
) -> None:
    assert selected_cpu(wanted, features, machine) == expected


def test_an_instruction_set_the_machine_lacks_is_refused() -> None:
    with pytest.raises(UserError, match="ENGINE_CPU=avx512 cannot be used: this machine offers avx2, sse"):
        selected_cpu("avx512", {"avx2": True, "fma": True}, "x86_64")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"NUMBA_CACHE_DIR": "/chosen", "XDG_CACHE_HOME": "/xdg"}, ["/chosen"]),
        ({"XDG_CACHE_HOME": "/xdg", "HOME": "/home/me"}, ["/xdg/blazingtext-engine", "/temporary/blazingtext-engine-77"]),
        ({"HOME": "/home/me"}, ["/home/me/.cache/blazingtext-engine", "/temporary/blazingtext-engine-77"]),
    ],
    ids=["chosen", "of the desktop", "at home"],
)
def test_compiled_code_is_kept_in_a_cache_of_the_users_or_a_temporary_one(
    environ: dict[str, str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tempfile.tempdir", "/temporary")
    monkeypatch.setattr("os.getuid", lambda: 77)

    assert [str(path) for path in jit._cache_candidates()] == expected


def test_a_cache_that_is_not_ours_or_cannot_be_made_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, theirs, mine = (tmp_path / name for name in ("file", "theirs", "mine"))
    file.touch()
    theirs.mkdir(mode=0o700)
    theirs.chmod(0o777)
    monkeypatch.setattr(jit, "_cache_candidates", lambda: [file, theirs, mine, tmp_path / "never"])

    folder = Path(jit._cache_folder())

    assert folder == mine / cache_key(PACKAGE, CPU)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not (tmp_path / "never").exists()
    monkeypatch.setattr(jit, "_cache_candidates", lambda: [file, theirs])
    assert jit._cache_folder() == ""


def test_a_cache_is_used_again_and_one_that_cannot_be_written_to_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, access = tmp_path / "a" / "first", tmp_path / "second", os.access
    monkeypatch.setattr(jit, "_cache_candidates", lambda: [first, second])
    key = cache_key(PACKAGE, CPU)

    assert [jit._cache_folder() for _ in range(2)] == [str(first / key)] * 2

    def refused(path: Path, mode: int) -> bool:
        return access(path, mode) and not (path.is_relative_to(first) and mode & os.W_OK)

    monkeypatch.setattr(os, "access", refused)
    assert jit._cache_folder() == str(second / key)


def test_code_is_compiled_for_the_processor_that_was_selected() -> None:
    # None leaves it to LLVM, which takes the machine's own.
    assert (CPU.model, CPU.features) == (CONFIGURATION.CPU_NAME, CONFIGURATION.CPU_FEATURES)


def plus_one(number: int) -> int:
    return number + 1


# Without the interpreter lock, reference counts, bounds and exact order; a quotient by zero is infinite, as in NumPy.
FAST = {"nogil": True, "fastmath": True, "error_model": "numpy", "boundscheck": False, "_nrt": False}


def test_kernels_run_without_the_lock_and_are_kept_in_the_engines_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "_CACHE", str(tmp_path))
    before = CONFIGURATION.CACHE_DIR

    compiled: Any = jit.kernel(plus_one)

    assert compiled(2) == 3
    assert {**compiled.targetoptions, **FAST} == compiled.targetoptions
    assert before == CONFIGURATION.CACHE_DIR
    assert [path.suffix for path in sorted(tmp_path.rglob("*.nb*"))] == [".nbc", ".nbi"]
    monkeypatch.setattr(jit, "_CACHE", "")
    assert type(cast("Any", jit.kernel(plus_one))._cache).__name__ == "NullCache"


def test_functions_that_only_kernels_call_have_no_wrappers() -> None:
    compiled: Any = jit.inner(plus_one)

    wanted = FAST | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    assert {**compiled.targetoptions, **wanted} == compiled.targetoptions


@pytest.mark.parametrize(
    ("group", "members", "ours"), [("me", [], True), ("me", ["you"], False), ("users", [], False), (None, [], False)], ids=str
)
def test_a_group_may_write_to_it_when_it_is_the_users_own(
    group: str | None, members: list[str], ours: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def group_of(_number: int) -> SimpleNamespace:
        if group is None:
            raise KeyError
        return SimpleNamespace(gr_name=group, gr_mem=members)

    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o770)
    monkeypatch.setattr("grp.getgrgid", group_of)
    monkeypatch.setattr("pwd.getpwuid", lambda _number: SimpleNamespace(pw_name="me"))

    assert only_ours(tmp_path / "cache") is ours


def test_a_folder_of_another_user_is_not_ours_but_those_above_may_be_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").mkdir(mode=0o700)
    owner = tmp_path.stat().st_uid

    assert only_ours(tmp_path / "cache")
    monkeypatch.setattr("os.getuid", lambda: owner + 1)
    assert not only_ours(tmp_path / "cache")


@pytest.mark.parametrize(("mode", "ours"), [(0o700, True), (0o755, True), (0o757, False), (0o777, False)])
def test_compiled_code_is_not_loaded_from_a_folder_that_others_may_write_to(mode: int, ours: bool, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "key"
    folder.mkdir(parents=True)
    folder.chmod(mode)

    assert only_ours(folder) is ours


def test_a_folder_that_others_may_put_another_in_place_of_is_not_ours(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    folder = shared / "key"
    folder.mkdir(parents=True, mode=0o700)

    shared.chmod(0o777)
    assert not only_ours(folder)
    # As /tmp: everybody may write, nobody may rename what is not theirs.
    shared.chmod(0o1777)
    assert only_ours(folder)
