"""What a command prints: results on stdout, everything else on stderr, JSON when asked, no colour where there is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from .json_document import JsonDocument
from .terminal import visible

Advance = Callable[[int], None]
_EXAMPLES = 10


class _Console(Console):
    """A console whose reader may go away: the command ends as any other program in a pipe does."""

    def on_broken_pipe(self) -> None:
        """Lets the command's end deal with it."""
        raise BrokenPipeError


def _console(*, stderr: bool) -> Console:
    """A console that does not colour paths and numbers, nor takes :words: for emoji."""
    return _Console(stderr=stderr, highlight=False, soft_wrap=False, emoji=False)


def quoted(text: str) -> str:
    """A text of somebody else's within markup: neither markup nor escape sequences in it have an effect."""
    return escape(visible(text))


@dataclass(frozen=True)
class Output:
    """The two streams of one command.

    Args:
        json: print one JSON document instead of tables.
        document: where that document is printed.
        out: stdout.
        err: stderr.
    """

    json: bool = False
    document: JsonDocument = field(default_factory=JsonDocument)
    out: Console = field(default_factory=lambda: _console(stderr=False))
    err: Console = field(default_factory=lambda: _console(stderr=True))

    def result(self, value: object, show: Callable[[], object]) -> None:
        """Prints the result: the value as JSON, or whatever `show` prints for people."""
        if self.json:
            self.document.print(value)
        else:
            show()

    def text(self, line: str) -> None:
        """A line of the result, as it is: never wrapped, never read as markup."""
        self.out.print(visible(line), markup=False, soft_wrap=True)

    def say(self, line: str) -> None:
        """Prints a line about what is going on."""
        self.err.print(quoted(line), soft_wrap=True, style="dim")

    def warn(self, line: str) -> None:
        """Warns of something that is allowed but probably a mistake."""
        self.err.print(f"[yellow]warning[/yellow] {quoted(line)}", soft_wrap=True)

    def done(self, line: str) -> None:
        """Prints what was done."""
        self.err.print(f"[green]done[/green] {quoted(line)}", soft_wrap=True)

    def next(self, *commands: str) -> None:
        """Prints the commands to type next."""
        for command in commands:
            self.err.print(f"[dim]next:[/dim] [bold]{quoted(command)}[/bold]", soft_wrap=True)

    def fail(self, error: BaseException, message: str, exit_code: int, **more: object) -> None:
        """Why the command failed: the message on stderr, and as the JSON document when one was asked for.

        Args:
            error: what was raised.
            message: what happened, why, and what to do.
            exit_code: the command's exit code.
            more: more keys of the JSON document.
        """
        self.err.print(f"[red]error[/red] {quoted(message)}", soft_wrap=True)
        if self.json:
            self.document.print_error(error, message, exit_code, **more)

    @contextmanager
    def progress(self, title: str, total: int | None, *, of_bytes: bool = True) -> Iterator[Advance]:
        """A progress bar on stderr while the body runs; yields the function to call with each advance.

        Args:
            title: what is going on.
            total: how much there is to do, or None when that is not known.
            of_bytes: whether the amounts are bytes, shown as such.
        """
        with self._bar(of_bytes=of_bytes) as bar:
            task = bar.add_task(quoted(title), total=total)
            yield lambda advance: bar.advance(task, advance)

    @contextmanager
    def download(self, title: str) -> Iterator[Callable[[int], Advance]]:
        """A progress bar that appears when the size is known; yields the function to call with it, which returns `advance`."""
        with self._bar(of_bytes=True) as bar:

            def begin(total: int) -> Advance:
                task = bar.add_task(quoted(title), total=total)
                return lambda advance: bar.advance(task, advance)

            yield begin

    def _bar(self, *, of_bytes: bool) -> Progress:
        amount = DownloadColumn() if of_bytes else TextColumn("{task.completed:,}")
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            amount,
            TimeRemainingColumn(compact=True),
        )
        return Progress(*columns, console=self.err, transient=True, disable=not self.err.is_terminal)

    @contextmanager
    def waiting(self, title: str) -> Iterator[Callable[[str], None]]:
        """A spinner on stderr while the body runs; yields the function that changes its text."""
        if not self.err.is_terminal:
            yield lambda _: None
            return
        with self.err.status(quoted(title)) as status:
            yield lambda text: status.update(quoted(text))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "", right: Sequence[int] = ()) -> None:
        """A table on stdout: columns two spaces apart, nothing cut and nothing wrapped, so that names can be copied.

        Args:
            columns: the headings; all empty means none.
            rows: the cells, already text.
            title: what the table is.
            right: the columns that hold numbers.
        """
        if title:
            self.out.print(f"[bold]{quoted(title)}[/bold]", soft_wrap=True)
        rows = [[visible(cell) for cell in row] for row in rows]
        widths = [max((cell_len(row[place]) for row in [columns, *rows]), default=0) for place in range(len(columns))]
        if any(columns):
            self.out.print(f"[dim]{quoted(_line(columns, widths, right))}[/dim]", soft_wrap=True)
        for row in rows:
            self.text(_line(row, widths, right))


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[int]) -> str:
    """One line of a table; a wide (East Asian) character counts as two."""
    padded = []
    for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        air = " " * (width - cell_len(cell))
        padded.append(air + cell if place in right else cell + air)
    return "  ".join(padded).rstrip()


def first_of(names: Sequence[str]) -> str:
    """The first ten of some names, as examples of all."""
    return ", ".join(names[:_EXAMPLES]) + (" ..." if len(names) > _EXAMPLES else "")
