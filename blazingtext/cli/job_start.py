"""How a command starts a job, of whatever kind: checked and priced first, started only when there is none for the same request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from blazingtext_lifecycle.errors import UserError
from blazingtext_lifecycle.training_jobs import RETRYABLE

from .session import Session


class Launched(Protocol):
    """A launcher's answer."""

    @property
    def name(self) -> str:
        """The job's name."""

    @property
    def status(self) -> str:
        """SageMaker's status of it; "" when there is none yet."""

    @property
    def created(self) -> bool:
        """False when the same request already had a job."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed but probably a mistake."""


Answer = TypeVar("Answer", bound=Launched)


@dataclass(frozen=True)
class JobStart(Generic[Answer]):
    """One kind of job, and what of it somebody asked for.

    Attributes:
        noun: what people call the kind.
        launch: asks the launcher to start it, or, given True, only to check and price it.
        price: what it costs, as a sentence.
        failure: what became of an earlier attempt, by its name, in words that follow the name.
        watch: shows it until it has ended.
        follow: the command that does so, with {} where its name goes.
    """

    noun: str
    launch: Callable[[bool], Answer]
    price: Callable[[Answer], str]
    failure: Callable[[str], str]
    watch: Callable[[Session, str], None]
    follow: str

    def run(self, session: Session, *, dry_run: bool, watch: bool) -> None:
        """Starts the job, or finds the one that the same request has, and says so.

        Args:
            session: where.
            dry_run: check and price it, start nothing.
            watch: show it to its end.

        Raises:
            UserError: the request is wrong, or its job failed before and no retry was asked for. Nothing was started.
            CloudError: the launcher or AWS failed, or the job that was watched did.
        """
        out = session.output
        with out.waiting("Checking the request"):
            checked = self.launch(True)
        out.say(self.price(checked))
        if dry_run:
            self._warn(session, checked)
            out.result(checked, lambda: out.text(checked.name))
            out.say(f"It exists already, and is {checked.status}." if checked.status else "Nothing was started.")
            return
        with out.waiting(f"Starting the {self.noun}"):
            launched = self.launch(False)
        self._warn(session, launched)
        self._report(session, launched)
        if watch:
            self.watch(session, launched.name)
            return
        out.result(launched, lambda: out.text(launched.name))
        out.next(session.command(self.follow.format(launched.name)))

    def _warn(self, session: Session, answer: Answer) -> None:
        for warning in answer.warnings:
            session.output.warn(warning)

    def _report(self, session: Session, launched: Answer) -> None:
        if launched.created:
            session.output.done(f"{launched.name} started")
        elif launched.status in RETRYABLE:
            raise UserError(
                f"{launched.name}, the {self.noun} of this very request over the same data, {self.failure(launched.name)} "
                "Nothing was started. Correct the cause, then run the same command with --retry for another attempt."
            )
        else:
            session.output.say(f"{launched.name} already exists for the same request and the same data. It is {launched.status}.")
