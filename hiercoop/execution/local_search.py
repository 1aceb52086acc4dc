"""An SBS alone: the best joint choice for its own vehicles, from its own observation, without learning and without messages.

Its guess of the interference of the coming slot is the moving average in its observation: of the dB, weight 0.2, of what its
receiver and the MBS's heard from other cells.

Results are the same bits for a row alone and in any batch: elementwise arithmetic and sums in a fixed order, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from hiercoop.env.types import SNR_DB_SCALE, ObservationLayout

MAX_JOINT_CHOICES = 4096
"""Up to here all joint choices are compared; above, vehicles improve in turn."""
MAX_SWEEPS = 8
"""Bound on rounds of improvement in turn; it stops by itself before, almost always."""
ROWS_AT_ONCE = 64
"""Rows whose joint choices are compared in one pass, so that a pass stays within the processor's cache."""
BARE_SNR = 100.0
"""Signal over noise taken for every vehicle and station where the observation holds no gains: 20 dB."""

Rows = Float64[np.ndarray, "row vehicle choice"]


def choose(
    local: Float32[np.ndarray, "*batch feature"],
    mask: Bool[np.ndarray, "*batch vehicle choice"],
) -> Int64[np.ndarray, "*batch vehicle"]:
    """Each vehicle's choice in the joint choice with the greatest sum capacity of this cell's own links.

    Own vehicles on the same sub-band interfere with each other at the station that each is served by. Vehicles masked
    whole get 0. Where there are too many joint choices to compare (more than 4096), vehicles improve theirs in turn.
    """
    *batch, num_vehicles, num_choices = mask.shape
    rows = int(np.prod(batch))
    layout = _layout(num_vehicles, num_choices // 2, local.shape[-1])
    snr = _snr(local, mask, layout).reshape(rows, num_vehicles, num_choices)
    mean = layout.view(local, "interference_mean").astype(np.float64)
    floor = (10.0 ** (mean * (SNR_DB_SCALE / 10.0))).reshape(rows, num_choices)
    allowed = mask | ~mask.any(axis=-1, keepdims=True)
    allowed = allowed.reshape(rows, num_vehicles, num_choices)
    if num_choices**num_vehicles <= MAX_JOINT_CHOICES:
        choice = _best_joint_choice(snr, floor, allowed)
    else:
        choice = _improve_in_turn(snr, floor, allowed)
    return choice.reshape(*batch, num_vehicles)


@cache
def _layout(num_vehicles: int, num_bands: int, size: int) -> ObservationLayout:
    """The layout of this size: with gains, or the bare one."""
    whole = ObservationLayout(num_vehicles, num_bands)
    return whole if whole.size == size else ObservationLayout(num_vehicles, num_bands, has_gains=False)


def _snr(
    local: Float32[np.ndarray, "*batch feature"],
    mask: Bool[np.ndarray, "*batch vehicle choice"],
    layout: ObservationLayout,
) -> np.ndarray:
    """Received power over noise of each vehicle at own SBS and MBS on each band; zero where it does not send."""
    is_sending = mask.any(axis=-1, keepdims=True)
    if not layout.has_gains:
        return np.where(is_sending, BARE_SNR, np.zeros(mask.shape))
    gain = layout.view(local, "gain").reshape(mask.shape).astype(np.float64)
    return np.where(is_sending, 10.0 ** (gain * (SNR_DB_SCALE / 10.0)), 0.0)


@dataclass(frozen=True)
class _JointChoices:
    """All joint choices of a cell's vehicles, as places in a row of [vehicle, choice] values with a zero appended."""

    choice: Int64[np.ndarray, "vehicle joint"]
    own: Int64[np.ndarray, "vehicle joint"]
    """Where the vehicle's own power stands."""
    heard: Int64[np.ndarray, "other vehicle joint"]
    """Where the power of each other vehicle stands at the vehicle's station; the zero, if on another sub-band."""


@cache
def _joint_choices(num_vehicles: int, num_choices: int) -> _JointChoices:
    num_joint = num_choices**num_vehicles
    choice = np.stack(np.unravel_index(np.arange(num_joint), (num_choices,) * num_vehicles))
    num_bands = num_choices // 2
    heard = np.full((num_vehicles - 1, num_vehicles, num_joint), num_vehicles * num_choices)
    for vehicle in range(num_vehicles):
        others = [other for other in range(num_vehicles) if other != vehicle]
        for place, other in enumerate(others):
            is_same_band = choice[vehicle] % num_bands == choice[other] % num_bands
            heard[place, vehicle, is_same_band] = other * num_choices + choice[vehicle, is_same_band]
    return _JointChoices(choice, np.arange(num_vehicles)[:, None] * num_choices + choice, heard)


def _best_joint_choice(snr: Rows, floor: Float64[np.ndarray, "row choice"], allowed: np.ndarray) -> np.ndarray:
    """The joint choice with the greatest product of (1 + SINR), whose logarithm is the sum capacity."""
    rows, num_vehicles, num_choices = snr.shape
    joint = _joint_choices(num_vehicles, num_choices)
    power = np.concatenate([snr.reshape(rows, -1), np.zeros((rows, 1))], axis=1)
    best = np.empty(rows, np.int64)
    for start in range(0, rows, ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        # [row, vehicle, joint]
        noise = floor[part].take(joint.choice, axis=1)
        for heard in joint.heard:
            noise += power[part].take(heard, axis=1)
        worth = power[part].take(joint.own, axis=1) / noise + 1.0
        if not allowed[part].all():
            worth *= allowed[part].reshape(len(worth), -1).take(joint.own, axis=1)
        total = worth[:, 0]
        for vehicle in range(1, num_vehicles):
            total = total * worth[:, vehicle]
        best[part] = total.argmax(axis=1)
    return joint.choice.T[best]


def _improve_in_turn(snr: Rows, floor: Float64[np.ndarray, "row choice"], allowed: np.ndarray) -> np.ndarray:
    """A joint choice that no single vehicle can better alone, begun from each vehicle's best choice on its own."""
    num_vehicles = snr.shape[1]
    choice: np.ndarray = np.argmax(np.where(allowed, snr / floor[:, None], -1.0), axis=2)
    for _ in range(MAX_SWEEPS):
        before = choice.copy()
        for vehicle in range(num_vehicles):
            choice[:, vehicle] = _best_reply(snr, floor, allowed, choice, vehicle)
        if np.array_equal(choice, before):
            break
    return choice


def _best_reply(
    snr: Rows, floor: Float64[np.ndarray, "row choice"], allowed: np.ndarray, choice: np.ndarray, vehicle: int
) -> np.ndarray:
    """The best choice of one vehicle while the others of the cell keep theirs."""
    rows, num_vehicles, num_choices = snr.shape
    row = np.arange(rows)
    same_band = _same_band(num_choices)
    others = [other for other in range(num_vehicles) if other != vehicle]
    own_noise = floor
    for other in others:
        own_noise = own_noise + snr[:, other] * same_band[choice[:, other]]
    worth = np.log2(1.0 + snr[:, vehicle] / own_noise)
    for other in others:
        at = choice[:, other]
        noise = floor[row, at]
        for third in others:
            if third != other:
                noise = noise + snr[row, third, at] * same_band[choice[:, third], at]
        hit = noise[:, None] + snr[row, vehicle, at][:, None] * same_band[at]
        worth = worth + np.log2(1.0 + snr[row, other, at][:, None] / hit)
    best: np.ndarray = np.argmax(np.where(allowed[:, vehicle], worth, -1.0), axis=1)
    return best


def _same_band(num_choices: int) -> np.ndarray:
    """1 where two choices use the same sub-band, else 0."""
    band = np.arange(num_choices) % (num_choices // 2)
    same: np.ndarray = (band[:, None] == band[None, :]).astype(np.float64)
    return same
