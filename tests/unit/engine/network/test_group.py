"""All hosts of a training: they meet, exchange frames, and notice when one has ended."""

import contextlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from blazingtext_engine.errors import EngineError, HostError, PlatformError, StoppedError, UserError
from blazingtext_engine.network.group import Group
from blazingtext_engine.network.meeting import meet, secret_of
from tests.patience import PATIENCE
from tests.unit.engine.network_support import meetings, run_on_all


def test_every_host_is_connected_with_every_other() -> None:
    assert run_on_all(4, lambda group: sorted(group.connections)) == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]


@pytest.mark.parametrize("hosts", [2, 3])
def test_frames_go_round_that_are_larger_than_any_buffer(hosts: int) -> None:
    size = 20_000_000

    def pass_on(group: Group) -> tuple[int, int, int]:
        to, source = (group.rank + 1) % group.size, (group.rank - 1) % group.size
        parts = [memoryview(bytes([group.rank]) * size), memoryview(b""), memoryview(b"end")]
        got = group.exchange(to=to, parts=parts, source=source, allowed=lambda length: length == size + 3)
        assert got[-3:] == b"end"
        return got[0], len(got), group.sent

    assert run_on_all(hosts, pass_on) == [((rank - 1) % hosts, size + 3, size + 3 + 9) for rank in range(hosts)]


def test_what_the_master_gives_everybody_gets() -> None:
    assert run_on_all(3, lambda group: bytes(group.broadcast([memoryview(b"words")]))) == [b"", b"words", b"words"]


def test_sums_are_over_all_hosts() -> None:
    assert run_on_all(4, lambda group: group.add([group.rank, 0.5])) == [[6, 2]] * 4


def test_a_frame_of_another_length_is_refused() -> None:
    def send(group: Group) -> None:
        if group.rank:
            group.exchange(to=0, parts=[memoryview(b"four")])
            group.wait_for_end_of(0)
        else:
            group.exchange(source=1, allowed=lambda length: length == 5)

    with pytest.raises(HostError, match="algo-2 sent a frame of 4 bytes that nobody waits for here"):
        run_on_all(2, send)


@pytest.mark.parametrize("error", [UserError("the text is empty"), HostError("algo-9 is gone")])
def test_a_host_that_fails_tells_the_others_why(error: EngineError) -> None:
    said: list[EngineError] = []

    def fail(group: Group) -> None:
        if group.rank == 2:
            raise error
        try:
            group.exchange(source=1 - group.rank)
        except EngineError as heard:
            said.append(heard)
            raise

    with pytest.raises(type(error), match=str(error)):
        run_on_all(3, fail)
    assert [(type(each), str(each)) for each in said] == [(type(error), str(error))] * 2


def test_a_host_that_ends_without_a_word_is_named_though_frames_of_it_are_unread() -> None:
    ended = threading.Event()

    def end(group: Group) -> None:
        if group.rank:
            group.exchange(to=0, parts=[memoryview(b"unread")])
            ended.set()
            return
        ended.wait(PATIENCE)
        while True:
            group.raise_if_ended()

    with pytest.raises(HostError, match=r"The host algo-2 ended before the training did\. .*Its own log says why"):
        run_on_all(2, end)


def test_a_wait_for_others_can_be_ended() -> None:
    def wait(group: Group) -> None:
        if group.rank:
            group.wait_for_end_of(0)
            return

        def stop() -> None:
            raise StoppedError

        group.heed = stop
        group.exchange(source=1)

    with pytest.raises(StoppedError):
        run_on_all(2, wait)


def test_hosts_compare_what_they_were_given() -> None:
    run_on_all(3, lambda group: group.agree({"text": [1], "seed": 1}))

    with pytest.raises(PlatformError, match=r"algo-2 and algo-1 were given different things: seed\. .*ENGINE_SEED"):
        run_on_all(2, lambda group: group.agree({"text": [1], "seed": group.rank}))


def test_who_else_finds_the_port_ends_no_training() -> None:
    first, second = meetings(2)
    place = first.places[0]

    def run(rank: int) -> list[str]:
        with meet([first, second][rank]) as group:
            return [bytes(each).decode() for each in group.gather(b"%d" % rank)]

    with ThreadPoolExecutor(2) as pool:
        pending = [pool.submit(run, 0)]
        while True:
            try:
                with socket.create_connection((place.address, place.port)) as stranger:
                    stranger.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10)
                    stranger.settimeout(PATIENCE)
                    with contextlib.suppress(ConnectionResetError):
                        assert stranger.recv(1) == b""
                break
            except ConnectionRefusedError:
                continue
        pending.append(pool.submit(run, 1))
        assert [each.result(PATIENCE) for each in pending] == [["0", "1"]] * 2


def test_a_host_with_another_secret_does_not_join() -> None:
    first, second = meetings(2)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: meet(replace(first, seconds=5)).__enter__())
        with (
            pytest.raises(HostError, match=r"algo-2 reached 127\.0\.0\.1.*where algo-1 should be.*ENGINE_SECRET"),
            meet(replace(second, secret=b"guessed")),
        ):
            pass
        with pytest.raises(HostError, match="algo-2 did not join the training in time"):
            waiting.result(PATIENCE)


@pytest.mark.parametrize(("rank", "missing"), [(0, "algo-2, algo-3"), (1, "algo-1"), (2, "algo-1")])
def test_hosts_that_do_not_come_are_named(rank: int, missing: str) -> None:
    with pytest.raises(HostError, match=f"^{missing} did not join the training in time"), meet(replace(meetings(3)[rank], seconds=0.1)):
        pass


def test_a_port_that_is_taken_is_named() -> None:
    meeting = meetings(2)[0]
    place = meeting.places[0]

    with (
        socket.create_server((place.address, place.port)),
        pytest.raises(PlatformError, match=f"algo-1 cannot listen at .* port {place.port}"),
        meet(meeting),
    ):
        pass


def test_the_secret_is_a_setting() -> None:
    assert (secret_of({"ENGINE_SECRET": "x"}), secret_of({})) == (b"x", b"")
