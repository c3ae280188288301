import shutil
from pathlib import Path

import pytest

import blazingtext_engine
from blazingtext_engine.kernels.jit import CPU, Cpu, cache_key

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
