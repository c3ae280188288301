"""The containers of an endpoint in service: one that ends is started again, one that is not healthy is replaced.

An instance that does not answer `/ping` with 200 gets no requests as long as another one of its variant does, and SageMaker replaces it
while the endpoint stays InService (https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html: a `/ping` has two
seconds; that unhealthy instances are replaced, https://developers.deepgram.com/docs/health-checks-sagemaker). How often SageMaker asks, and
after how many answers that are missing an instance is given up, is not published: the figures here are the sandbox's own. A replaced
instance keeps its name and its place here; only its process is another one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from .instance import Instance

PING_SECONDS: Final = 2
RESTART_LOOK_SECONDS: Final = 0.2
MOST_SECONDS_BETWEEN_RESTARTS: Final = 60.0
#: How long a container that is given up has between SIGTERM and SIGKILL.
END_SECONDS: Final = 5.0
#: The sandbox's own figures: seconds between two questions to an instance that is healthy, and missing answers that are too many.
PERIOD_SECONDS = 5.0
MOST_FAILURES = 3


@dataclass
class Caretaker:
    """Looks after the instances of a fleet, on two threads, until told to stop.

    Args:
        instances: those of now.
        startup: seconds in which a container of a variant must become healthy.
    """

    instances: Callable[[], Sequence[Instance]]
    startup: Callable[[str], float]
    _stopping: threading.Event = field(default_factory=threading.Event)
    _restarting: threading.Lock = field(default_factory=threading.Lock)

    def start(self, name: str) -> None:
        """Begin; every instance has answered `/ping` once."""
        for work in (self._keep_running, self._keep_healthy):
            threading.Thread(target=work, daemon=True, name=f"{work.__name__.strip('_')}-{name}").start()

    def stop(self) -> None:
        """From now on nothing is started again."""
        with self._restarting:
            self._stopping.set()

    @property
    def stopping(self) -> threading.Event:
        """Set when the fleet ends."""
        return self._stopping

    def _keep_running(self) -> None:
        """Restart containers that have ended; one that goes on ending, ever less often."""
        due: dict[str, float] = {}
        while not self._stopping.wait(RESTART_LOOK_SECONDS):
            for instance in list(self.instances()):
                if instance.container.exit_code is None or time.monotonic() < due.get(instance.id, 0.0):
                    continue
                with self._restarting:
                    if self._stopping.is_set() or instance not in self.instances():
                        continue
                    instance.restart()
                due[instance.id] = time.monotonic() + min(MOST_SECONDS_BETWEEN_RESTARTS, 2.0 ** min(instance.restarts, 10))

    def _keep_healthy(self) -> None:
        """Ask every instance how it is, and end those that are not well: the other thread starts them again."""
        due: dict[str, float] = {}
        while not self._stopping.wait(RESTART_LOOK_SECONDS):
            for instance in list(self.instances()):
                # One that was just started is asked all the time: it gets requests as soon as it is healthy.
                if instance.container.exit_code is not None:
                    continue
                if not instance.starting and time.monotonic() < due.get(instance.id, 0.0):
                    continue
                self._look(instance)
                due[instance.id] = time.monotonic() + PERIOD_SECONDS

    def _look(self, instance: Instance) -> None:
        container = instance.container
        if instance.client.ping(PING_SECONDS):
            instance.healthy, instance.starting, instance.failures = True, False, 0
            return
        if self._stopping.is_set() or instance.container is not container:
            return
        instance.healthy = False
        instance.failures += 1
        overdue = time.monotonic() - instance.began > self.startup(instance.variant)
        if overdue if instance.starting else instance.failures >= MOST_FAILURES:
            instance.logs.write("GET /ping was not answered with 200 in time, again and again. The container is replaced.")
            container.terminate(END_SECONDS)
