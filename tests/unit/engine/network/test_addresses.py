"""Where hosts are: by their names, or as ENGINE_HOSTS says."""

from collections.abc import Iterator

import pytest

from blazingtext_engine.errors import HostError, PlatformError
from blazingtext_engine.network.addresses import Place, places, resolved

NAMES = ("algo-1", "algo-2")


def test_hosts_are_found_under_their_names_at_one_port() -> None:
    assert places({}, NAMES) == [Place("algo-1", 7117), Place("algo-2", 7117)]
    assert places({"ENGINE_PORT": "80"}, NAMES) == [Place("algo-1", 80), Place("algo-2", 80)]


def test_a_list_says_where_each_host_is() -> None:
    environ = {"ENGINE_HOSTS": "algo-2=::1:65535, algo-1=127.0.0.1:1,algo-3=there:3"}

    assert places(environ, NAMES) == [Place("127.0.0.1", 1), Place("::1", 65535)]


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x", "", "\uff11"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(PlatformError, match=r"ENGINE_PORT has the port '.*'.*from 1 to 65535"):
        places({"ENGINE_PORT": port}, NAMES)


@pytest.mark.parametrize("text", ["", "algo-1", "algo-1=127.0.0.1", "=127.0.0.1:1", "algo-1=:1", "algo-1=127.0.0.1:x"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(PlatformError, match="ENGINE_HOSTS holds"):
        places({"ENGINE_HOSTS": text}, NAMES)


def test_a_port_in_the_list_has_its_bounds() -> None:
    with pytest.raises(PlatformError, match="ENGINE_HOSTS has the port '65536'"):
        places({"ENGINE_HOSTS": "algo-1=127.0.0.1:65536"}, NAMES)


def test_a_host_that_is_missing_is_named() -> None:
    with pytest.raises(PlatformError, match="ENGINE_HOSTS does not say where algo-2 is"):
        places({"ENGINE_HOSTS": "algo-1=127.0.0.1:1"}, NAMES)


def test_a_name_that_resolves_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: Iterator[OSError | str] = iter([OSError("not yet"), "10.0.0.1", OSError("not yet"), "10.0.0.2"])

    def resolve(_place: Place) -> str:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(Place, "resolve", resolve)
    heeded = list[int]()

    assert resolved(places({}, NAMES), heed=lambda: heeded.append(1)) == ["10.0.0.1", "10.0.0.2"]
    assert len(heeded) == 4


def test_a_name_that_never_resolves_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(_place: Place) -> str:
        raise OSError("no such name")

    monkeypatch.setattr(Place, "resolve", resolve)

    with pytest.raises(HostError, match=r"The host name algo-1 has no address: no such name\. .*ENGINE_HOSTS"):
        resolved(places({}, NAMES), heed=lambda: None, seconds=0)


def test_an_address_resolves_to_itself() -> None:
    assert Place("127.0.0.1", 7117).resolve() == "127.0.0.1"
