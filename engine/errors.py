"""What can go wrong, in one tree.

```
EngineError
├── UserError               the person can fix it: the failure file starts with "Customer Error: "
│   ├── HyperparameterError   a value, name or combination BlazingText does not take
│   ├── ChannelError          the data, or the way it was sent, cannot be trained on
│   └── ModelError            the model directory or the .bin file cannot be served
└── PlatformError           ours: the failure file starts with "Platform Error: "
    └── HostError             another host of a distributed training is gone or silent
```
Every message says what happened, why, and what to do. Beside the tree stands StoppedError, which is no failure.
"""


class EngineError(Exception):
    """Anything the engine knows how to explain."""

    prefix = "Platform Error: "


class UserError(EngineError):
    """The person who started this can put it right."""

    prefix = "Customer Error: "


class HyperparameterError(UserError):
    """A hyperparameter's name, value or combination is refused; all problems at once, one a line."""


class ChannelError(UserError):
    """The input cannot be trained on as it is."""


class ModelError(UserError):
    """The model cannot be loaded as it is."""


class PlatformError(EngineError):
    """The engine or the machine under it failed; changing the request does not help."""


class HostError(PlatformError):
    """Another host of the same training ended early or did not answer in time."""


class StoppedError(Exception):
    """A stop was requested before there was a model to save."""
