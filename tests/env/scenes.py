"""Small scenarios and a scalar re-implementation of one slot, for the environment's tests."""

from __future__ import annotations

import math

import numpy as np

from hiercoop.config.load import load_scenario
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ChannelState


def scenario(*settings: str) -> ScenarioConfig:
    return load_scenario("urban-grid", settings=list(settings))


def random_choice(scenario: ScenarioConfig, num_envs: int, seed: int) -> np.ndarray:
    shape = (num_envs, scenario.num_sbs, scenario.num_vehicles_per_sbs)
    return np.random.default_rng(seed).integers(scenario.num_choices, size=shape)


def scalar_sinr(scenario: ScenarioConfig, channel: ChannelState, choice: np.ndarray, env: int) -> list[float]:
    """(2) and (3) of each link of one environment, in plain Python."""
    vehicles, bands = scenario.num_vehicles_per_sbs, scenario.radio.num_bands
    tx_power_w = 10.0 ** ((scenario.radio.tx_power_dbm - 30.0) / 10.0)
    noise_w = 10.0 ** ((scenario.radio.noise_power_dbm - 30.0) / 10.0)

    def station_and_band(link: int) -> tuple[int, int]:
        c = int(choice[env, link // vehicles, link % vehicles])
        return (link // vehicles if c < bands else scenario.num_sbs), c % bands

    sinr = []
    for link in range(scenario.num_links):
        cell, band = station_and_band(link)
        if not channel.active[env, link]:
            sinr.append(0.0)
            continue
        interference_w = 0.0
        for other in range(scenario.num_links):
            if other != link and channel.active[env, other] and station_and_band(other)[1] == band:
                interference_w += tx_power_w * float(channel.gain[env, other, cell, band])
        sinr.append(tx_power_w * float(channel.gain[env, link, cell, band]) / (noise_w + interference_w))
    return sinr


def scalar_foreign_interference_w(
    scenario: ScenarioConfig, channel: ChannelState, choice: np.ndarray, env: int, cell: int
) -> np.ndarray:
    """Power from other cells' active links on every band, at the cell's SBS and at the MBS."""
    vehicles, bands = scenario.num_vehicles_per_sbs, scenario.radio.num_bands
    tx_power_w = 10.0 ** ((scenario.radio.tx_power_dbm - 30.0) / 10.0)
    heard_w = np.zeros((2, bands))
    for other in range(scenario.num_links):
        if other // vehicles != cell and channel.active[env, other]:
            band = int(choice[env, other // vehicles, other % vehicles]) % bands
            for station, receiver in enumerate((cell, scenario.num_sbs)):
                heard_w[station, band] += tx_power_w * float(channel.gain[env, other, receiver, band])
    return heard_w


def observed_db(value: float) -> float:
    """A power over noise as it is observed: dB over 20, within 10 of zero."""
    return min(max(10.0 * math.log10(value) / 20.0, -10.0), 10.0)
