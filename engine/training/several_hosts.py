"""Training of word vectors on several hosts: each trains its share of the text, and their models become one again and again."""

from collections.abc import Iterator

from ..corpus.shares import Share
from ..network.group import Group
from .averaging import SharedModel
from .hogwild import TrainPart, run_threads
from .models import WordVectors
from .settings import ReportProgress, StopRequested, Word2VecSettings
from .word2vec import prepare

# Words that a host trains before the models are combined: of what it has trained so far this part, divided by the number of hosts, within
# these bounds. How they were chosen is in docs/decisions/0053-hosts-share-a-network-alone.md.
ROUND_GROWTH = 0.08
FEWEST_ROUND_WORDS = 1_000
MOST_ROUND_WORDS = 400_000


def train(share: Share, settings: Word2VecSettings, group: Group, *, progress: ReportProgress, stop: StopRequested) -> WordVectors:
    """Train one model with the other hosts; every host has the same in the end. With one thread on each, the same bits every time.

    Args:
        share: this host's share of the text.
        settings: how; the same on every host, but for the number of threads.
        group: all hosts; each has to call this.
        progress: called from this thread with the state of this host, and at 100 %.
        stop: called several times a second; once true on any host, training ends early on all.

    Raises:
        UserError: when training diverges.
        EngineError: another host has ended.
    """
    training = prepare(share.corpus, settings, host=group.rank, words=share.words)
    group.heed = lambda: None  # a stop is agreed on at the end of a round, where all hosts meet
    shared = SharedModel.of(group, training.model.matrices, settings.dim)

    def check() -> None:
        training.check()
        group.raise_if_ended()

    stopped = False
    for first, last in rounds(share.corpus.vocabulary.kept_words / group.size, settings.epochs, group.size):
        finished = run_threads(_part(training.work, first, last), 1, training.schedule, progress=progress, stop=stop, check=check)
        stopped = group.add([not finished])[0] > 0
        shared.combine()
        training.check()
        if stopped:
            break
        progress(training.schedule.progress())
    result = training.finish(not stopped, progress)
    group.part()
    return result


def rounds(words: float, epochs: int, hosts: int) -> Iterator[tuple[float, float]]:
    """Where each round begins and ends in the share of a host, from 0 to 1; a round ends with the epoch. The same on every host.

    In the beginning all outputs are zero and all hosts go the same way: what each adds to that alone is soon more than should be averaged.

    Args:
        words: running words of a host's share.
        epochs: passes over it.
        hosts: how many there are: the more, the more of what they do alike is averaged, and the sooner they combine.
    """
    trained = 0.0
    for _ in range(epochs):
        first = 0.0
        while first < 1:
            length = min(max(ROUND_GROWTH / hosts * trained, FEWEST_ROUND_WORDS), MOST_ROUND_WORDS) / words
            # What would be left is no round of its own.
            last = 1.0 if first + 1.5 * length >= 1 else first + length
            yield first, last
            trained += (last - first) * words
            first = last


def _part(work: list[tuple[TrainPart, int, int]], first: float, last: float) -> list[tuple[TrainPart, int, int]]:
    """A part of the text of every thread, from 0 to 1."""
    return [(step, begin + int((end - begin) * first), begin + int((end - begin) * last)) for step, begin, end in work]
