"""What every policy of the semantic downlink offers, learned or not."""

from __future__ import annotations

from typing import Protocol

from hiercoop.env.semantic.types import DownlinkAction, DownlinkObservation


class DownlinkPolicy(Protocol):
    """Chooses beam, power and symbols a word for every user, slot by slot, in a batch of environments."""

    name: str

    def reset(self, num_envs: int) -> None:
        """New episodes begin in so many environments: forget the last ones. Random draws go on."""
        ...

    def act(self, observation: DownlinkObservation) -> DownlinkAction:
        """The choice for every user; what the mask leaves no choice of may be anything in range."""
        ...
