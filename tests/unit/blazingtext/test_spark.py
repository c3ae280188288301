"""What PySpark runs makes the corpus that one process makes, byte for byte, however the work is divided, and whatever of it fails once.

Spark itself is met in ``make spark``; here its place is taken by a loop.
"""

import dataclasses
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blazingtext.corpus import object_parts, plain_lines, preparation, recipe, sources
from blazingtext.corpus.normaliser import Normaliser, Numbers
from blazingtext.corpus.tally import Tally
from blazingtext.spark import application, assembly, objects, tasks, work
from blazingtext.spark.assembly import Slice
from blazingtext.spark.corpus import Order
from blazingtext.spark.objects import LineReader
from blazingtext.spark.options import Preparing
from blazingtext_lifecycle import naming, processing_sources, recipe_keys
from blazingtext_lifecycle.errors import CorpusError
from blazingtext_lifecycle.processing_sources import SourceObject
from tests.unit.blazingtext.spark_fakes import FakeBuckets

SENTENCES = [
    "The quick brown fox jumps over the lazy dog. And again!",
    "Der Fluß ist 42 km lang; naïve café, don't!",
    "Москва \u2014 столица. Это город.",
    "",
    "\ufeffA mark within. \r",
    "x" * 700 + " " + "y" * 400,
]
CORPUS_KEY = "corpora/wiki/train/wiki.txt"


def text(seed: int, lines: int) -> bytes:
    chosen = random.Random(seed)  # noqa: S311 - no secret
    return "\n".join(chosen.choice(SENTENCES) for _ in range(lines)).encode()


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


@pytest.fixture(name="s3")
def _s3(monkeypatch: pytest.MonkeyPatch) -> FakeBuckets:
    """S3, with limits so small that little text needs many tasks and parts."""
    s3 = FakeBuckets()
    monkeypatch.setattr(work, "_client", lambda _region: s3)
    monkeypatch.setattr(plain_lines, "RANGE", 2_000)
    monkeypatch.setattr(objects, "_WINDOW", 1_500)
    monkeypatch.setattr(object_parts, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(assembly, "SMALLEST", 3_000)
    monkeypatch.setattr(assembly, "LARGEST", 7_000)
    return s3


class Job:
    """A job over files of a bucket ``raw``, and the same files in a folder.

    Args:
        s3: the buckets.
        folder: where the files are.
        files: by path.
    """

    def __init__(self, s3: FakeBuckets, folder: Path, files: dict[str, bytes], *, replace: bool = False, **preparing: Any) -> None:
        self.s3, self.folder = s3, folder
        for name, data in files.items():
            s3.objects["raw", f"in/{name}"] = data
            path = folder / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self.order = self._order(Preparing(**preparing), replace)

    def _order(self, preparing: Preparing, replace: bool) -> Order:
        listing = processing_sources.digest(processing_sources.listed(self.s3, ["s3://raw/in/"]))  # type: ignore[arg-type] # a fake
        words = [f"--set={name}={value}" for name, value in preparing.words().items()]
        given = {"job": "j", "bucket": "own", "region": "us-east-1", "corpus": "wiki", "request": "r1", "listing": listing}
        named = [word for name, value in given.items() for word in (f"--{name}", value)]
        scratch = str(self.folder / "scratch")
        return application.read(
            [*named, "--scratch", scratch, "--task-bytes", "9000", *words, *(["--replace"] if replace else []), "s3://raw/in/"]
        )

    def finish(self, run: application.Run | None = None) -> int:
        return application.finish(self.order, run or in_a_loop)

    @property
    def report(self) -> dict[str, Any]:
        return dict(json.loads(self.s3.objects["own", "processing/j/report.json"]))

    @property
    def made(self) -> bytes:
        return self.s3.objects["own", CORPUS_KEY]

    def alone(self) -> tuple[bytes, preparation.Prepared]:
        """What one process makes of the folder."""
        preparing, target = self.order.preparing, self.folder / "alone.txt"
        reading = dataclasses.replace(preparing.reading, tally=Tally())
        found = preparation.prepare(
            [str(self.folder / "in")], target, normaliser=preparing.normaliser, shape=preparing.shape, reading=reading
        )
        return target.read_bytes(), found

    def nothing_is_there(self) -> bool:
        return not self.s3.keys("own", "corpora/") and not self.s3.keys("own", "staging/") and not self.s3.uploads


def in_a_loop(function: Callable[[Any], Any], items: Sequence[Any], *, together: int = 1) -> list[Any]:
    assert together
    return [function(each) for each in items]


FILES = {
    "b/plain.txt": text(1, 900),
    "a.txt": text(2, 700),
    "b.txt": text(3, 3),
    "packed.gz": gzip.compress(text(4, 500), mtime=0),
    "many.zip": zipped(one=text(5, 50), two=text(6, 90), three=b"\x00\x01\x02picture"),
    "latin.txt": "caf\xe9 \xfcber alles\n".encode("utf-16"),
    "no-end.txt": b"word " * 4_000,
    ".hidden": b"never read",
}


def test_the_corpus_is_that_of_one_process_byte_for_byte(s3: FakeBuckets, tmp_path: Path) -> None:
    job = Job(s3, tmp_path, FILES)

    assert job.finish() == 0

    alone, told = job.alone()
    assert job.made == alone
    report = job.report
    assert (report["lines"], report["words"], report["size"], report["sha256"]) == (told.lines, told.words, told.size, told.sha256)
    assert (report["files"], report["sources"], report["skipped"]) == (told.files, len(FILES) - 1, dict(told.skipped))
    assert report["tasks"] > 4
    assert s3.copied
    assert not s3.keys("own", "staging/")
    assert not s3.uploads


@pytest.mark.parametrize(
    "preparing",
    [
        {"normaliser": Normaliser(lower=False, numbers=Numbers.SPELL)},
        {"shape": preparation.Shape(split_sentences=False, minimum_words=3, maximum_words=7)},
        {"normaliser": Normaliser(language="tr")},
    ],
    ids=["characters", "lines", "language"],
)
def test_every_option_is_that_of_one_process(preparing: dict[str, Any], s3: FakeBuckets, tmp_path: Path) -> None:
    job = Job(s3, tmp_path, FILES, **preparing)

    assert job.finish() == 0
    assert job.order.preparing.words()
    assert job.made == job.alone()[0]


def test_tables_are_those_of_one_process(s3: FakeBuckets, tmp_path: Path) -> None:
    rows = "".join(f'good,"row {number}\nof two lines"\n' if number % 3 else ",no label\n" for number in range(900))
    files = {"a.csv": f"label,text\n{rows}".encode(), "b.csv.gz": gzip.compress(f"label,text\n{rows}".encode(), mtime=0)}
    job = Job(s3, tmp_path, files, reading=sources.Reading(column="text", label_column="label"))

    assert job.finish() == 0

    alone, told = job.alone()
    assert job.made == alone
    assert job.report["left_out"] == dict(told.left_out)
    assert told.left_out


def test_the_corpus_has_its_recipe_and_its_manifest(s3: FakeBuckets, tmp_path: Path) -> None:
    job = Job(s3, tmp_path, FILES)

    job.finish()

    manifest = json.loads(s3.objects["own", naming.manifest_key("wiki")])
    assert manifest["files"] == [
        {"key": CORPUS_KEY, "size": len(job.made), "etag": s3.etag("own", CORPUS_KEY), "sha256": job.report["sha256"]}
    ]
    document = s3.objects["own", manifest["recipe"]]
    assert recipe_keys.is_content(manifest["recipe"], document)
    found = recipe.parse(document, "recipe")
    assert found.normaliser == job.order.preparing.normaliser
    assert recipe.is_of(found, job.report["sha256"])
    assert found.prepared[0].sources.sha256 == job.order.listing
    assert job.report["recipe"] == manifest["recipe"]
    assert json.loads(document)["prepared"][0]["reading"]["sources_hash"] == "keys, ETags and sizes"


def test_a_task_that_runs_twice_or_dies_in_between_changes_nothing(s3: FakeBuckets, tmp_path: Path) -> None:
    job = Job(s3, tmp_path, FILES)

    def unreliable(function: Callable[[Any], Any], items: Sequence[Any], *, together: int = 1) -> list[Any]:
        found = {}
        for number in reversed(range(len(items))):
            s3.before_reading = dies_once()
            for _ in range(3):
                try:
                    found[number] = function(items[number])
                except KeyboardInterrupt:
                    continue
            s3.before_reading = lambda _: None
        return [found[number] for number in range(len(items))]

    assert job.finish(unreliable) == 0
    assert job.made == job.alone()[0]


def dies_once() -> Callable[[str], None]:
    reads = iter(range(10**9))

    def die(_: str) -> None:
        if next(reads) == 1:
            raise KeyboardInterrupt

    return die


def test_a_job_that_dies_leaves_nothing_that_looks_like_a_corpus(s3: FakeBuckets, tmp_path: Path) -> None:
    job = Job(s3, tmp_path, FILES)

    def dies(function: Callable[[Any], Any], items: Sequence[Any], *, together: int = 1) -> list[Any]:
        found = in_a_loop(function, items, together=together)
        if isinstance(items[0], tasks.Task):
            raise KeyboardInterrupt
        return found

    with pytest.raises(KeyboardInterrupt):
        job.finish(dies)

    assert job.nothing_is_there()
    assert job.finish() == 0
    assert job.made == job.alone()[0]


def test_what_cannot_be_put_together_leaves_nothing(s3: FakeBuckets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job(s3, tmp_path, FILES)
    monkeypatch.setattr(s3, "complete_multipart_upload", lambda **_: (_ for _ in ()).throw(ConnectionError("gone")))

    with pytest.raises(ConnectionError):
        job.finish()

    assert not s3.uploads
    assert not s3.keys("own", "corpora/wiki/train/")
    assert naming.manifest_key("wiki") not in s3.keys("own")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.html": b"<!DOCTYPE html><html><body>" + b"x " * 9_000}, "a.html is HTML"),
        ({"a.txt": text(1, 900), "b.gz": gzip.compress(text(1, 900))[:-400]}, "b.gz cannot be read"),
        ({"a.txt": b"plain\n" * 20_000 + "caf\xe9\n".encode("latin-1") * 900}, "a.txt is not utf-8: 900 of"),
        ({"a.txt": b"... !!! ...\n" * 900}, "No words were found in 1 files"),
    ],
    ids=["form", "broken", "encoding", "empty"],
)
def test_what_is_no_corpus_is_told_in_the_report_and_nothing_is_made(
    files: dict[str, bytes], words: str, s3: FakeBuckets, tmp_path: Path
) -> None:
    job = Job(s3, tmp_path, files)

    assert job.finish() == 1

    assert words in job.report["error"]
    with pytest.raises(CorpusError, match=words[:20]):
        job.alone()
    assert job.nothing_is_there()


def test_sources_that_changed_since_the_request_are_refused(s3: FakeBuckets, tmp_path: Path) -> None:
    job = Job(s3, tmp_path, FILES)
    s3.objects["raw", "in/a.txt"] += b"more"

    assert job.finish() == 1
    assert "has changed since the job was asked for" in job.report["error"]
    assert job.nothing_is_there()


def test_a_source_that_changes_while_it_is_read_is_never_mixed(s3: FakeBuckets, tmp_path: Path) -> None:
    job = Job(s3, tmp_path, FILES)
    reads = iter(range(10**9))

    def change(key: str) -> None:
        if key == "in/b/plain.txt" and next(reads) == 6:
            s3.objects["raw", key] = text(9, 900)

    s3.before_reading = change

    assert job.finish() == 1
    assert "s3://raw/in/b/plain.txt has changed while it was read" in job.report["error"]
    assert job.nothing_is_there()


def test_another_corpus_of_the_name_stays_unless_it_is_to_be_replaced(s3: FakeBuckets, tmp_path: Path) -> None:
    s3.objects["own", "corpora/wiki/train/other.txt"] = b"another\n"
    s3.objects["own", "corpora/wiki/validation/other.txt"] = b"another\n"

    assert Job(s3, tmp_path, FILES).finish() == 1
    assert s3.keys("own", "corpora/") == ["corpora/wiki/train/other.txt", "corpora/wiki/validation/other.txt"]
    job = Job(s3, tmp_path, FILES, replace=True)
    assert job.finish() == 0

    assert [key for key in s3.keys("own", "corpora/") if "/recipes/" not in key] == [naming.manifest_key("wiki"), CORPUS_KEY]
    assert job.made == job.alone()[0]


def test_what_tasks_made_and_cannot_be_removed_does_not_fail_the_job(
    s3: FakeBuckets, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    s3.undeletable.add("staging/j/000000")

    assert Job(s3, tmp_path, FILES).finish() == 0

    assert (
        "s3://own/staging/j/ was not removed, and expires: s3://own/staging/j/000000 was not deleted: AccessDenied"
        in capsys.readouterr().out
    )


def test_a_file_of_the_corpus_before_that_cannot_be_removed_fails_the_job(s3: FakeBuckets, tmp_path: Path) -> None:
    s3.objects["own", "corpora/wiki/train/other.txt"] = b"another\n"
    s3.undeletable.add("corpora/wiki/train/other.txt")

    with pytest.raises(OSError, match=r"other\.txt was not deleted"):
        Job(s3, tmp_path, FILES, replace=True).finish()

    assert naming.manifest_key("wiki") not in s3.keys("own")


def test_the_corpus_of_the_very_request_is_made_again(s3: FakeBuckets, tmp_path: Path) -> None:
    first = Job(s3, tmp_path, FILES)
    first.finish()
    made = first.made

    assert Job(s3, tmp_path, FILES).finish() == 0
    assert first.made == made


def test_a_corpus_that_appears_meanwhile_is_not_overwritten(s3: FakeBuckets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job(s3, tmp_path, FILES)
    complete = s3.complete_multipart_upload

    def late(**wish: Any) -> Any:
        s3.objects["own", CORPUS_KEY] = b"another\n"
        return complete(**wish)

    monkeypatch.setattr(s3, "complete_multipart_upload", late)

    assert job.finish() == 1
    assert "There is a corpus of that name already" in job.report["error"]
    assert job.made == b"another\n"


@settings(max_examples=300, deadline=None)
@given(data=st.text(alphabet="ab\n", max_size=40), cuts=st.lists(st.integers(0, 40), max_size=6), window=st.integers(1, 9))
def test_ranges_share_out_the_lines_of_an_object(data: str, cuts: list[int], window: int) -> None:
    s3 = FakeBuckets()
    s3.objects["raw", "a"] = data.encode()
    source = SourceObject("raw", "a", s3.etag("raw", "a"), len(data), named=True)
    places = [0, *sorted({each for each in cuts if 0 < each < len(data)}), len(data)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(objects, "_WINDOW", window)
        found = [b"".join(_read(LineReader(s3, source, *ends))) for ends in pairwise(places)]

    assert b"".join(found) == data.encode()
    assert all(each.endswith(b"\n") for each in found[:-1] if each and not data.encode().endswith(each))
    begins = [0, *(place + 1 for place, letter in enumerate(data) if letter == "\n")]
    for (start, stop), each in zip(pairwise(places), found, strict=True):
        assert each.count(b"\n") + (not each.endswith(b"\n") and bool(each)) == sum(start <= begin < stop for begin in begins)


def _read(stream: LineReader) -> Iterator[bytes]:
    while piece := stream.read(4):
        yield piece


@settings(max_examples=300, deadline=None)
@given(sizes=st.lists(st.integers(0, 40), max_size=12))
def test_pieces_are_within_the_limits_and_hold_every_byte_once(sizes: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "SMALLEST", 5)
        patch.setattr(assembly, "LARGEST", 17)
        found = assembly.pieces([(str(number), size) for number, size in enumerate(sizes)])

    total = [sum(each.size for each in piece) for piece in found]
    assert all(size >= 5 for size in total[:-1])
    assert all(size <= 17 for size, piece in zip(total, found, strict=True) if len(piece) == 1)
    bytes_ = [(int(each.key), place) for piece in found for each in piece for place in range(each.start, each.stop)]
    assert bytes_ == [(number, place) for number, size in enumerate(sizes) for place in range(size)]


def test_what_is_large_enough_is_copied_by_s3_and_only_what_is_too_small_is_fetched() -> None:
    mebibyte = 1 << 20

    found = assembly.pieces([("a", 6 * mebibyte), ("b", 2 * mebibyte), ("c", 12 << 30), ("d", 3)])

    assert found[0] == (Slice("a", 0, 6 * mebibyte),)
    assert found[1] == (Slice("b", 0, 2 * mebibyte), Slice("c", 0, 3 * mebibyte))
    assert [len(piece) for piece in found[2:5]] == [1, 1, 1]
    assert found[5] == (Slice("d", 0, 3),)


@pytest.mark.parametrize(("size", "cut"), [(8 << 20, 3 << 20), ((8 << 20) - 1, (8 << 20) - 1)], ids=["large enough", "a byte less"])
def test_what_is_left_of_an_object_is_a_piece_where_it_is_large_enough(size: int, cut: int) -> None:
    found = assembly.pieces([("b", 2 << 20), ("c", size)])

    assert found == [(Slice("b", 0, 2 << 20), Slice("c", 0, cut)), *([(Slice("c", cut, size),)] if cut < size else [])]


def test_tasks_depend_on_the_objects_alone_and_are_never_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "MAXIMUM_TASKS", 50)
    many = [SourceObject("raw", f"{number:04}", '"e"', 1 + number % 7, named=False) for number in range(1_000)]

    found = tasks.planned(many, set(many[::2]), 10)

    assert len(found) <= 51
    assert [each.number for each in found] == list(range(len(found)))
    whole = [part for task in found for part in task.parts]
    assert [part.source for part in whole if part.start == 0] == many
    assert sum(part.stop - part.start for part in whole) == sum(each.size for each in many)


def test_wrapped_lines_are_refused(s3: FakeBuckets, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A paragraph goes on from one file to the next, as one process reads them."""
    with pytest.raises(SystemExit):
        Job(s3, tmp_path, FILES, shape=preparation.Shape(wrapped=True))

    assert "wrapped" in capsys.readouterr().err


def test_duplicates_that_tasks_would_not_see_are_refused() -> None:
    with pytest.raises(ValueError, match="deduplicate compares lines"):
        Preparing.read({"deduplicate": '"lines"'})


def test_options_that_nobody_knows_are_refused() -> None:
    with pytest.raises(ValueError, match="there is no option speed"):
        Preparing.read({"speed": '"high"'})


def test_a_word_that_is_cut_off_is_not_taken_for_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("job", "bucket", "region", "corpus", "request", "listing", "scratch")
    whole = [word for name in names for word in (f"--{name}", name)]
    assert application.read([*whole, "--replace", "s3://raw/in/"]).replace

    with pytest.raises(SystemExit):
        application.read([*whole, "--repl", "s3://raw/in/"])

    assert "unrecognized arguments: --repl" in capsys.readouterr().err


def test_what_consoles_make_to_show_a_folder_is_no_corpus(s3: FakeBuckets, tmp_path: Path) -> None:
    s3.objects["own", "corpora/wiki/train/"] = b""
    job = Job(s3, tmp_path, {"a.txt": text(2, 20)})

    assert job.finish() == 0
    assert job.made
    assert ("own", "corpora/wiki/train/") in s3.objects


def test_a_report_names_a_hundred_files_and_counts_all(s3: FakeBuckets, tmp_path: Path) -> None:
    files = {f"picture{number:03}": b"\x89PNG\r\n\x1a\n" for number in range(101)}
    files |= {f"latin{number:03}.txt": b"plain words\n" * 400 + b"caf\xe9 \x93so\x94\n" for number in range(101)}
    job = Job(s3, tmp_path, {"a.txt": text(2, 20), **files})

    assert job.finish() == 0

    report = job.report
    assert (len(report["skipped"]), report["skipped_count"]) == (100, 101)
    assert (len(report["garbled"]), report["undecodable"]) == (100, 303)


class FlushedLog(io.StringIO):
    """A log in which every line must be written out before the next begins."""

    def __init__(self) -> None:
        super().__init__()
        self.pending = ""

    def write(self, text: str) -> int:
        assert text == "\n" or not self.pending, f"{self.pending} waits"
        self.pending += text
        return super().write(text)

    def flush(self) -> None:
        self.pending = ""


@pytest.mark.parametrize(
    ("more", "removes", "last"),
    [
        (b"", True, "corpus prepare: s3://own/corpora/wiki/train/wiki.txt: "),
        (b"", False, "corpus prepare: s3://own/corpora/wiki/train/wiki.txt: "),
        (b"more", True, "corpus prepare: s3://raw/in/ has changed since the job was asked for"),
    ],
)
def test_every_line_of_the_log_is_there_at_once(
    s3: FakeBuckets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: bytes, removes: bool, last: str
) -> None:
    log = FlushedLog()
    job = Job(s3, tmp_path, {"a.txt": text(2, 900)})
    s3.objects["raw", "in/a.txt"] += more
    if not removes:
        s3.undeletable = {"staging/j/000000"}
    monkeypatch.setattr("sys.stdout", log)

    job.finish()

    assert not log.pending
    lines = log.getvalue().splitlines()
    assert lines[-1].startswith(last)
    assert any("was not removed, and expires" in line for line in lines) is not removes
