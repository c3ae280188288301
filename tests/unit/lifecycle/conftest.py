import pytest

from tests.unit.lifecycle.aws_fakes import FakeResponseUrl


@pytest.fixture
def response_url(monkeypatch: pytest.MonkeyPatch) -> FakeResponseUrl:
    """Where a custom resource's function sends its answer."""
    found = FakeResponseUrl()
    monkeypatch.setattr("urllib.request.urlopen", found)
    return found
