"""What the sandbox's own commands say when they cannot do something."""


class SandboxError(Exception):
    """The sandbox could not do it; the message says what, why, and what to do.

    Args:
        message: these three.
        exit_code: what the command ends with: 1 it broke, 2 you can fix it, 3 not running.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
