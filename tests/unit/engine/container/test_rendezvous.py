"""Hosts that train together: they wait for each other, but never for one that is dead."""

from pathlib import Path

import pytest

from blazingtext_engine.container import rendezvous
from blazingtext_engine.container.opt_ml import Hosts
from blazingtext_engine.errors import HostError, PlatformError

NAMES = ("algo-1", "algo-2")
MASTER, WORKER = (Hosts(name, NAMES) for name in NAMES)


def test_hosts_that_have_come_find_each_other(tmp_path: Path) -> None:
    environ = {"ENGINE_RENDEZVOUS": str(tmp_path)}

    with rendezvous.join_hosts(environ, MASTER) as master, rendezvous.join_hosts(environ, WORKER) as worker:
        master.wait_for_all("joined", timeout=0)
        worker.wait_for_all("joined", timeout=0)

        assert not master.any_peer_died()


def test_a_host_that_never_comes_is_waited_for_only_so_long(tmp_path: Path) -> None:
    with (
        rendezvous.join_hosts({"ENGINE_RENDEZVOUS": str(tmp_path)}, MASTER) as master,
        pytest.raises(HostError, match=r"algo-2 did not reach the stage 'joined' within 0 s"),
    ):
        master.wait_for_all("joined", timeout=0)


def test_a_host_that_is_late_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"ENGINE_RENDEZVOUS": str(tmp_path)}
    waited: list[float] = []

    with rendezvous.join_hosts(environ, MASTER) as master, rendezvous.join_hosts(environ, WORKER) as worker:
        master.announce("trained")

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 3:
                worker.announce("trained")

        monkeypatch.setattr("blazingtext_engine.container.rendezvous.time.sleep", sleep)
        master.wait_for_all("trained", timeout=60)

    assert waited == [0.05] * 3


def test_a_host_that_ends_early_is_noticed_at_once(tmp_path: Path) -> None:
    environ = {"ENGINE_RENDEZVOUS": str(tmp_path)}

    with rendezvous.join_hosts(environ, MASTER) as master:
        with rendezvous.join_hosts(environ, WORKER):
            assert not master.any_peer_died()

        assert master.any_peer_died()
        with pytest.raises(HostError, match="algo-2 ended before the training did"):
            master.wait_for_all("trained", timeout=60)


def test_a_host_that_has_trained_its_share_may_end(tmp_path: Path) -> None:
    environ = {"ENGINE_RENDEZVOUS": str(tmp_path)}

    with rendezvous.join_hosts(environ, MASTER) as master:
        with rendezvous.join_hosts(environ, WORKER) as worker:
            worker.announce("trained")
        master.announce("trained")

        master.wait_for_all("trained", timeout=0)
        assert not master.any_peer_died()


def test_a_worker_waits_for_the_model_and_for_the_masters_end(tmp_path: Path) -> None:
    environ = {"ENGINE_RENDEZVOUS": str(tmp_path)}

    with rendezvous.join_hosts(environ, WORKER) as worker:
        with rendezvous.join_hosts(environ, MASTER) as master:
            with pytest.raises(HostError, match="did not make model"):
                worker.wait_for_file(worker.model_file, timeout=0)
            master.model_file.write_bytes(b"rows")
            worker.wait_for_file(worker.model_file, timeout=0)

        worker.wait_for_master_exit()


def test_a_worker_does_not_wait_for_the_model_of_a_dead_master(tmp_path: Path) -> None:
    environ = {"ENGINE_RENDEZVOUS": str(tmp_path)}
    with rendezvous.join_hosts(environ, MASTER):
        pass

    with rendezvous.join_hosts(environ, WORKER) as worker, pytest.raises(HostError, match="algo-1 ended"):
        worker.wait_for_file(worker.model_file, timeout=60)


def test_jobs_in_one_folder_do_not_see_each_other(tmp_path: Path) -> None:
    environ = {"ENGINE_RENDEZVOUS": str(tmp_path)}

    with (
        rendezvous.join_hosts(environ | {"TRAINING_JOB_NAME": "first"}, WORKER),
        rendezvous.join_hosts(environ | {"TRAINING_JOB_NAME": "second"}, MASTER) as master,
        pytest.raises(HostError),
    ):
        master.wait_for_all("joined", timeout=0)


def test_without_a_shared_folder_the_platform_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="ENGINE_RENDEZVOUS is not set"), rendezvous.join_hosts({}, MASTER):
        pass
