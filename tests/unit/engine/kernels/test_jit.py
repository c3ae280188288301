import shutil
from pathlib import Path

import pytest

import blazingtext_engine
from blazingtext_engine.errors import UserError
from blazingtext_engine.kernels.jit import CPU, Cpu, cache_key, only_ours, selected_cpu

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


@pytest.mark.parametrize(
    ("features", "machine", "name", "lanes"),
    [
        (X86, "x86_64", "avx512", 16),
        ({"avx2": True, "fma": True}, "x86_64", "avx2", 8),
        ({}, "x86_64", "sse", 4),
        ({}, "arm64", "neon", 4),
        ({}, "aarch64", "neon", 4),
    ],
)
def test_the_widest_registers_of_the_machine_are_used(features: dict[str, bool], machine: str, name: str, lanes: int) -> None:
    cpu = selected_cpu("", features, machine)

    assert (cpu.name, cpu.lanes) == (name, lanes)


def test_a_narrower_instruction_set_can_be_asked_for() -> None:
    assert selected_cpu("sse", X86, "x86_64").lanes == 4
    assert selected_cpu("avx2", X86, "x86_64").model == "x86-64-v3"


def test_an_instruction_set_the_machine_lacks_is_refused() -> None:
    with pytest.raises(UserError, match="ENGINE_CPU=avx512 cannot be used: this machine offers avx2, sse"):
        selected_cpu("avx512", {"avx2": True, "fma": True}, "x86_64")


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
