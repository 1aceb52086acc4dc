"""Small scenarios, actions and a scalar re-implementation of one slot, for the downlink's tests."""

from __future__ import annotations

import cmath
import math
from dataclasses import fields

import numpy as np

from hiercoop.config.semantic import SemanticScenarioConfig, load_semantic_scenario
from hiercoop.env.semantic import DownlinkAction, SemanticDownlinkEnv
from hiercoop.env.semantic.types import num_choices
from hiercoop.traffic.semantic.requirements import Requirements

TWO_USERS = ("num_cells=3", "users.num_per_cell=2", "slots_per_epoch=4", "episode_slots=12")


def scenario(*settings: str) -> SemanticScenarioConfig:
    return load_semantic_scenario("semantic-downlink", settings=list(settings))


def random_action(setting: SemanticScenarioConfig, num_envs: int, seed: int) -> DownlinkAction:
    generator = np.random.default_rng(seed)
    shape = (num_envs, setting.num_cells, setting.users.num_per_cell)
    beam, power_level, symbols = (generator.integers(count, size=shape) for count in num_choices(setting))
    return DownlinkAction(beam, power_level, symbols + 1)


def copied(requirements: Requirements) -> Requirements:
    return Requirements(*(getattr(requirements, field.name).copy() for field in fields(requirements)))


class ScalarChannel:
    """The channel of one environment in the coming slot in plain Python: gains of every beam of every cell to every user."""

    def __init__(self, env: SemanticDownlinkEnv, place: int) -> None:
        self._scenario = env.scenario
        self._path_gain = env.path_gain[place].copy()
        self._large_scale = env.world.gain[place].copy()
        self._azimuth_rad = env.world.azimuth_rad[place].copy()

    def gain(self, user: int, cell: int, beam: int) -> float:
        radio = self._scenario.radio
        amplitude = 0j
        for path in range(radio.num_paths):
            cosine = math.cos(float(self._azimuth_rad[user, cell, path]))
            beam_amplitude = 0j
            for n in range(radio.num_antennas):
                weight = cmath.exp(-2j * math.pi * beam * n / radio.num_beams) / math.sqrt(radio.num_antennas)
                beam_amplitude += cmath.exp(1j * math.pi * n * cosine) * weight
            amplitude += complex(self._path_gain[user, cell, path]) * beam_amplitude
        return float(self._large_scale[user, cell]) * abs(amplitude) ** 2

    def sinr(self, beam: np.ndarray, power_level: np.ndarray) -> list[float]:
        """SINR of every user where links (cell by cell) use these beams and levels."""
        radio, per_cell = self._scenario.radio, self._scenario.users.num_per_cell
        noise_w = 10.0 ** ((radio.noise_power_dbm - 30.0) / 10.0)
        share_w = 10.0 ** ((radio.max_power_dbm - 30.0) / 10.0) / per_cell / (radio.num_power_levels - 1)
        found = []
        for user in range(self._scenario.num_users):
            received_w = [
                float(power_level[link]) * share_w * self.gain(user, link // per_cell, int(beam[link]))
                for link in range(self._scenario.num_users)
            ]
            others_w = sum(value for link, value in enumerate(received_w) if link != user)
            found.append(received_w[user] / (noise_w + others_w))
        return found


def observed_db(value: float) -> float:
    """A power ratio as it is observed."""
    return min(max(10.0 * math.log10(value) / 20.0, -10.0), 10.0)
