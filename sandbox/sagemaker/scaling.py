"""What SageMaker asks Application Auto Scaling before an endpoint changes, and has it do when one goes."""

from __future__ import annotations

from typing import Protocol


class Scaling(Protocol):
    """The scalable targets of this account and region."""

    def scales(self, endpoint: str, variant: str) -> bool:
        """Whether the instances of a variant are scaled."""

    def forget(self, endpoint: str, variant: str) -> None:
        """Take the target of a variant away."""


class NoScaling:
    """Scales nothing."""

    def scales(self, _endpoint: str, _variant: str) -> bool:
        """No."""
        return False

    def forget(self, _endpoint: str, _variant: str) -> None:
        """There is nothing to take away."""
