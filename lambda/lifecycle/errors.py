"""What can go wrong, as one tree.

```
LifecycleError                 exit code
├── UserError                  2   you can fix it
│   ├── CorpusError            2   the text cannot be trained on as it is
│   ├── HyperparameterError    2   a name or value that BlazingText does not accept
│   ├── RequestError           2   the request asks for what cannot be done
│   ├── ConfigurationError     2   a setting or environment variable is missing or wrong
│   ├── AccessDeniedError      2   a permission is missing: the message names it
│   └── QuotaError             2   the account's limit is reached
├── NotReady                   3   ask again later
└── CloudError                 1   AWS failed; its words and request id are attached
```

Every message has three parts: what happened, why, what to do. A function answers with the class name as
``errorType``, and the command line raises the class of that name again. Any other exception is a bug: the
command line writes a report of it and exits with 4.
"""

from collections.abc import Sequence


class LifecycleError(Exception):
    """Something this project knows how to explain."""

    exit_code = 1


class UserError(LifecycleError):
    """The person asking can fix it."""

    exit_code = 2


class CorpusError(UserError):
    """The text cannot be trained on as it is."""


class HyperparameterError(UserError):
    """A hyperparameter's name, value or combination is one that BlazingText does not accept."""


class RequestError(UserError):
    """The request asks for what cannot be done."""


class ConfigurationError(UserError):
    """A setting, an environment variable or a credential is missing or wrong."""


class AccessDeniedError(UserError):
    """AWS refused because a permission is missing."""


class QuotaError(UserError):
    """The account's limit for what was asked is reached."""


class NotReady(LifecycleError):  # noqa: N818 - a state one waits for, not a fault
    """Ask again later."""

    exit_code = 3


class CloudError(LifecycleError):
    """AWS failed; its own words and request id are attached."""


# More problems than anybody reads at once.
_MOST_PROBLEMS = 20


def combined(problems: Sequence[UserError]) -> UserError:
    """One error that reports every problem, a line each; of more than 20, the others are counted.

    Args:
        problems: at least one.

    Returns:
        The problem itself when it is alone; else an error of their common class, or a `RequestError` for a mixture.
    """
    if len(problems) == 1:
        return problems[0]
    classes = {type(problem) for problem in problems}
    family = classes.pop() if len(classes) == 1 else RequestError
    lines = [str(problem) for problem in problems[:_MOST_PROBLEMS]]
    if len(problems) > _MOST_PROBLEMS:
        lines.append(f"... and {len(problems) - _MOST_PROBLEMS:,} more problems of the same request.")
    return family("\n".join(lines))


def raise_all(problems: Sequence[UserError]) -> None:
    """Raises every problem at once, or does nothing when there is none.

    Raises:
        UserError: see `combined`.
    """
    if problems:
        raise combined(problems)
