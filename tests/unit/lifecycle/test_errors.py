"""One error for several problems, and the exit codes that the command line has from them."""

import pytest

from blazingtext_lifecycle import errors
from blazingtext_lifecycle.errors import CorpusError, HyperparameterError, RequestError, UserError


def test_exit_codes_tell_who_can_do_something() -> None:
    families = (each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.LifecycleError))
    codes = {each.__name__: each.exit_code for each in families}

    assert codes == {
        "LifecycleError": 1,
        "CloudError": 1,
        "NotReady": 3,
        "UserError": 2,
        "CorpusError": 2,
        "HyperparameterError": 2,
        "RequestError": 2,
        "ConfigurationError": 2,
        "AccessDeniedError": 2,
        "QuotaError": 2,
    }


def test_a_problem_alone_is_itself() -> None:
    problem = CorpusError("a")

    assert errors.combined([problem]) is problem


@pytest.mark.parametrize(
    ("problems", "family"),
    [
        ([CorpusError("a"), CorpusError("b")], CorpusError),
        ([HyperparameterError("a"), HyperparameterError("b")], HyperparameterError),
        ([CorpusError("a"), HyperparameterError("b")], RequestError),
    ],
)
def test_problems_of_one_kind_keep_it_and_a_mixture_is_a_wrong_request(problems: list[UserError], family: type[UserError]) -> None:
    with pytest.raises(UserError) as caught:
        errors.raise_all(problems)

    assert type(caught.value) is family
    assert str(caught.value) == "a\nb"
    errors.raise_all([])


@pytest.mark.parametrize(
    ("number", "lines", "last"), [(20, 20, "19"), (21, 21, "... and 1 more problems"), (1030, 21, "... and 1,010 more problems")]
)
def test_of_very_many_problems_the_first_twenty_are_told_and_the_others_counted(number: int, lines: int, last: str) -> None:
    told = str(errors.combined([errors.CorpusError(str(place)) for place in range(number)])).splitlines()

    assert (len(told), told[:20]) == (lines, [str(place) for place in range(20)])
    assert told[-1].startswith(last)
