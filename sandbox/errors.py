"""What the sandbox's own commands say when they cannot do something."""


class SandboxError(Exception):
    """The sandbox could not do it; the message says what, why, and what to do."""
