"""Who receives on which sub-band and what disturbs there: of the latest slot told, and a mean over the latest ones."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.execution.slot_snapshot import SlotDetail
from hiercoop.units import w_to_dbm

KEPT_SLOTS = 50


@dataclass(frozen=True)
class Use:
    """One receiver on one sub-band."""

    cell: int
    band: int
    links: list[int] | None
    interference_dbm: float | None
    mean_links: float | None
    mean_interference_dbm: float | None


@dataclass(frozen=True)
class _Sampled:
    slot: int
    is_served: Bool[np.ndarray, "link cell band"]
    interference_w: Float[np.ndarray, "cell band"] | None


class SpectrumUse:
    """Samples of one run."""

    def __init__(self, scenario: ScenarioConfig) -> None:
        self._scenario = scenario
        self._sampled: deque[_Sampled] = deque(maxlen=KEPT_SLOTS)

    @property
    def num_slots(self) -> int:
        """Slots that the means are over."""
        return len(self._sampled)

    def add(self, slot: SlotDetail) -> None:
        """Takes in one slot; the same one again changes nothing."""
        if self._sampled and self._sampled[-1].slot == slot.slot:
            return
        is_served = served(slot, self._scenario)
        interference_w = None if slot.gain is None else foreign_power_w(slot, self._scenario)
        self._sampled.append(_Sampled(slot.slot, is_served, interference_w))

    def uses(self) -> list[Use]:
        """By receiver, then by sub-band; empty before the first slot."""
        if not self._sampled:
            return []
        latest = self._sampled[-1]
        mean_links = np.mean([sample.is_served.sum(axis=0) for sample in self._sampled], axis=0)
        powers_w = [sample.interference_w for sample in self._sampled if sample.interference_w is not None]
        mean_w = np.mean(powers_w, axis=0) if powers_w else None
        return [
            Use(
                cell=cell,
                band=band,
                links=np.flatnonzero(latest.is_served[:, cell, band]).tolist(),
                interference_dbm=_dbm(latest.interference_w, cell, band),
                mean_links=float(mean_links[cell, band]),
                mean_interference_dbm=_dbm(mean_w, cell, band),
            )
            for cell in range(latest.is_served.shape[1])
            for band in range(latest.is_served.shape[2])
        ]


def served(slot: SlotDetail, scenario: ScenarioConfig) -> Bool[np.ndarray, "link cell band"]:
    """Which receiver takes which link on which sub-band; nothing of silent links."""
    is_receiver = slot.receivers(scenario)[:, None] == np.arange(scenario.num_sbs + 1)
    on_band = slot.bands(scenario)[:, None] == np.arange(scenario.radio.num_bands)
    is_served: Bool[np.ndarray, "link cell band"] = is_receiver[:, :, None] & on_band[:, None, :] & slot.active[:, None, None]
    return is_served


def foreign_power_w(slot: SlotDetail, scenario: ScenarioConfig) -> Float[np.ndarray, "cell band"]:
    """Power at each receiver and sub-band of all active links there that it does not serve [W]: a sum, never a difference."""
    if slot.gain is None:
        return np.full((scenario.num_sbs + 1, scenario.radio.num_bands), np.nan)
    on_band = slot.active[:, None] & (slot.bands(scenario)[:, None] == np.arange(scenario.radio.num_bands))
    is_foreign = on_band[:, None, :] & ~served(slot, scenario)
    power_w: Float[np.ndarray, "cell band"] = (slot.gain.astype(np.float64) * is_foreign).sum(axis=0)
    return power_w * scenario.radio.tx_power_w


def _dbm(power_w: Float[np.ndarray, "cell band"] | None, cell: int, band: int) -> float | None:
    if power_w is None or power_w[cell, band] <= 0.0:
        return None
    return round(float(w_to_dbm(power_w[cell, band])), 2)
