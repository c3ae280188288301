"""What `blazingtext status` shows: a stage at a glance, as rows of text, and as tables in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from blazingtext_lifecycle.costs import HOURS_PER_MONTH, SERVERLESS, dollars
from blazingtext_lifecycle.live_model import EndpointState

from ..html_tables import facts, table
from ..runs.run_list import Runs
from ..runs.training_jobs import Run
from . import shadows
from .pause_schedule import Turn, running_share

UNKNOWN = "unknown"
# What one look into a queue shows at most (ReceiveMessage).
MOST_DEAD_LETTERS = 10
# How many reasons fit on the screen.
_MOST_SHOWN = 3


@dataclass(frozen=True)
class Stack:
    """One of the stage's stacks.

    Attributes:
        name: its name.
        status: CloudFormation's StackStatus, "" when it does not exist.
        updated: when the last update started, or None.
    """

    name: str
    status: str
    updated: datetime | None


@dataclass(frozen=True)
class Endpoint:
    """The stage's endpoint.

    Attributes:
        name: its name.
        status: SageMaker's EndpointStatus, "" when there is none.
        instance_type: of its instances.
        instance_count: how many of them.
        changed: when it last changed.
        failure: why it failed, or "".
        hourly_dollars: its list price; 0 without an endpoint, None when the price is not known.
        prices_of: the day of that price, or "".
        configuration: the endpoint configuration that it serves.
    """

    name: str
    status: str = ""
    instance_type: str = ""
    instance_count: int = 0
    changed: datetime | None = None
    failure: str = ""
    hourly_dollars: float | None = 0.0
    configuration: str = ""
    prices_of: str = ""

    def costs(self, share: float = 1) -> str:
        """What it costs, in a line.

        Args:
            share: of the time in which it runs by its schedules, 0 to 1.
        """
        if not self.status:
            return "nothing per hour (no endpoint); storage of the bucket's contents"
        if self.status == UNKNOWN:
            return "not known: the endpoint could not be looked at"
        if self.instance_type == SERVERLESS:
            return "serverless: by the request, nothing while nobody asks; see https://aws.amazon.com/sagemaker/pricing/"
        instances = f"{self.instance_count} x {self.instance_type}"
        if self.hourly_dollars is None:
            return f"{instances}: the price of that type in this region is not known; see https://aws.amazon.com/sagemaker/pricing/"
        hourly, monthly = self.hourly_dollars, self.hourly_dollars * HOURS_PER_MONTH
        scheduled = "" if share == 1 else f", {dollars(monthly * share)} by its schedule"
        return f"{instances}: {dollars(hourly)} an hour, {dollars(monthly)} a month{scheduled} (prices of {self.prices_of})"


@dataclass(frozen=True)
class Status:
    """A stage at a glance.

    Attributes:
        stage: which.
        region: where.
        stacks: what is deployed.
        live: the job whose model is live, or "".
        live_artifact: its artifact.
        previous: the job whose model was live before, or "".
        state: running or paused.
        endpoint: the endpoint.
        runs: the latest training jobs.
        difference: in what the endpoint differs from what the serving stack says, or "".
        not_promoted: why completed ones of these jobs did not go live by themselves, by job.
        dead_letters: why promotions failed for good: the reasons of up to ten messages of the dead-letter queue.
        unknown: what could not be looked at, and why.
        version: the live model's number in the model registry; None when it has none.
        waiting: the versions that wait for approval, newest first.
        schedule: when the endpoint pauses and resumes by itself.
        tried: the job whose model is tried as a shadow beside the live one, or "".
        shadow: how that does, next to the live one; None without a shadow, or when that could not be seen.
    """

    stage: str
    region: str
    stacks: tuple[Stack, ...]
    live: str
    live_artifact: str
    previous: str
    state: str
    endpoint: Endpoint
    runs: tuple[Run, ...]
    difference: str
    not_promoted: Mapping[str, str]
    dead_letters: tuple[str, ...]
    unknown: tuple[str, ...]
    version: int | None = None
    waiting: tuple[int, ...] = ()
    schedule: tuple[Turn, ...] = ()
    tried: str = ""
    shadow: shadows.Shadow | None = None

    def __repr__(self) -> str:
        return f"Status({self.stage} in {self.region}: live {self.live or 'none'}, endpoint {self.endpoint.status or self._absence})"

    def _repr_html_(self) -> str:
        """Tables, for notebooks."""
        problems = [("problem", each) for each in self.problems]
        parts = [facts(f"stage {self.stage}, {self.region}", [*self.rows(), *problems])]
        if self.shadow is not None and self.shadow.since is not None:
            parts.append(table(self.shadow.columns, self.shadow.rows(self.live), right=range(1, len(self.shadow.columns))))
        if self.runs:
            parts.append(Runs(self.runs, region=self.region)._repr_html_())
        if self.not_promoted:
            parts.append(table(("not promoted", "why"), list(self.not_promoted.items())))
        return "".join(parts)

    @property
    def problems(self) -> tuple[str, ...]:
        """What somebody has to look at: in what the endpoint differs, the first dead letters, and what could not be looked at."""
        return tuple(each for each in (self.difference, *self.dead_letters[:_MOST_SHOWN], *self.unknown) if each)

    def rows(self) -> list[tuple[str, str]]:
        """Stacks, models, endpoint and costs, as text."""
        endpoint = self.endpoint
        live = f"{self.live} (version {self.version})" if self.version is not None else self.live or "none"
        rows = [
            *((stack.name, stack.status or "not deployed") for stack in self.stacks),
            ("live model", live),
            ("previous model", self.previous or "none"),
            ("endpoint", f"{endpoint.name}: {endpoint.status or self._absence}"),
            ("costs", endpoint.costs(running_share(self.schedule))),
            *((f"next {turn.does}", turn.when) for turn in self.schedule),
        ]
        if self.waiting:
            rows.append(("waiting for approval", f"version {', '.join(str(each) for each in self.waiting)}"))
        if endpoint.failure:
            rows.append(("failure", endpoint.failure))
        if self.dead_letters:
            more = " or more" if len(self.dead_letters) == MOST_DEAD_LETTERS else ""
            rows.append(("dead letters", f"{len(self.dead_letters)}{more}: promotions that failed for good"))
        if self.tried:
            rows.append(("shadow", self.tried))
        if self.shadow is not None:
            rows.append(("shadow costs", self.shadow.costs))
        return rows

    @property
    def _absence(self) -> str:
        return "paused" if self.live and self.state == EndpointState.PAUSED else "none"
