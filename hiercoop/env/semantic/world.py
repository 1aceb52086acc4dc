"""Where the users of the semantic downlink are, and the slow part of their channels."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Complex64, Float, Float32

from hiercoop.config.semantic import SemanticScenarioConfig
from hiercoop.radio.downlink.antenna_array import beam_response
from hiercoop.radio.downlink.codebook import make_codebook
from hiercoop.radio.downlink.hexagonal_sites import hexagonal_sites_m
from hiercoop.radio.downlink.large_scale import SHADOWING_DECORRELATION_M, downlink_large_scale_gain
from hiercoop.radio.shadowing import advance_shadowing, initial_shadowing
from hiercoop.seeding import Streams


class UserWorld:
    """Users in the ring around their own base station, anew each episode; between epochs they move where they have a speed.

    Inside, environments are the last axis. Draws never depend on anything that a cell chooses.
    """

    _shadow: Float32[np.ndarray, "user cell env"]
    _offset_rad: Float32[np.ndarray, "path user cell env"]
    """How far each path leaves beside the line to the user."""

    def __init__(self, scenario: SemanticScenarioConfig, num_envs: int, streams: Streams) -> None:
        self.sites_m = hexagonal_sites_m(scenario.num_cells, scenario.site_spacing_m)
        self._scenario = scenario
        self._num_envs = num_envs
        self._codebook = make_codebook(scenario.radio)
        self._mobility = streams.generator("mobility")
        self._shadowing = streams.generator("shadowing")
        self._own_site_m = np.repeat(self.sites_m, scenario.users.num_per_cell, axis=0)[:, :, None]  # [user, 2, 1]

    @property
    def user_xy_m(self) -> Float[np.ndarray, "env user 2"]:
        """Where the users are [m]."""
        xy_m: Float[np.ndarray, "user 2 env"] = self._own_site_m + self._relative_m
        return xy_m.transpose(2, 0, 1)

    @property
    def gain(self) -> Float32[np.ndarray, "env user cell"]:
        """Path loss and shadowing, linear."""
        return self._gain.transpose(2, 0, 1)

    @property
    def azimuth_rad(self) -> Float32[np.ndarray, "env user cell path"]:
        """Direction in which each path leaves its base station, from the x axis."""
        return self._azimuth_rad.transpose(3, 1, 2, 0)

    @property
    def response(self) -> Complex64[np.ndarray, "env user cell path beam"]:
        """a . w of every path for every beam of the cell."""
        return self._response.transpose(4, 2, 3, 1, 0)

    def begin(self) -> None:
        """Other users at other places."""
        scenario, radio = self._scenario, self._scenario.radio
        users, pairs = (scenario.num_users, self._num_envs), (scenario.num_users, scenario.num_cells, self._num_envs)
        self._relative_m = self._draw_distance_m(users)[:, None] * _direction(self._mobility, users)
        self._heading = _direction(self._mobility, users)
        half_spread_rad = np.deg2rad(radio.angular_spread_deg) / 2.0
        drawn = self._mobility.uniform(-half_spread_rad, half_spread_rad, (radio.num_paths, *pairs))
        self._offset_rad = drawn.astype(np.float32)
        self._shadow = initial_shadowing(self._shadowing, pairs)
        self._see_channel()

    def move(self) -> bool:
        """An epoch later; False where nobody moves. A user whose way would lead out of its ring stays, and then turns."""
        scenario = self._scenario
        step_m = scenario.users.speed_mps * scenario.radio.slot_duration_s * scenario.slots_per_epoch
        if step_m == 0.0:
            return False
        ahead_m = self._relative_m + step_m * self._heading
        distance_m = np.hypot(ahead_m[:, 0], ahead_m[:, 1])
        stays: Bool[np.ndarray, "user env"] = (distance_m < scenario.users.min_distance_m) | (
            distance_m > scenario.users.max_distance_m
        )
        elsewhere = _direction(self._mobility, (scenario.num_users, self._num_envs))
        self._relative_m = np.where(stays[:, None], self._relative_m, ahead_m)
        self._heading = np.where(stays[:, None], elsewhere, self._heading)
        moved_m = np.where(stays, 0.0, step_m)[:, None]
        shadow = advance_shadowing(self._shadow.transpose(0, 2, 1), moved_m[:, 0], SHADOWING_DECORRELATION_M, self._shadowing)
        self._shadow = np.ascontiguousarray(shadow.transpose(0, 2, 1))
        self._see_channel()
        return True

    def _draw_distance_m(self, shape: tuple[int, int]) -> Float[np.ndarray, "user env"]:
        users = self._scenario.users
        if users.placement == "distance":
            return self._mobility.uniform(users.min_distance_m, users.max_distance_m, shape)
        return np.sqrt(self._mobility.uniform(users.min_distance_m**2, users.max_distance_m**2, shape))

    def _see_channel(self) -> None:
        xy_m = self._own_site_m + self._relative_m
        from_site_m = xy_m[:, None] - self.sites_m[:, :, None]  # [user, cell, 2, env]
        x_m, y_m = from_site_m[:, :, 0], from_site_m[:, :, 1]
        shadowing_db = self._scenario.radio.shadowing_sigma_db * self._shadow
        self._gain = downlink_large_scale_gain(np.hypot(x_m, y_m), shadowing_db)
        self._azimuth_rad: Float32[np.ndarray, "path user cell env"] = (
            np.arctan2(y_m, x_m).astype(np.float32) + self._offset_rad
        )
        self._response: Complex64[np.ndarray, "beam path user cell env"] = beam_response(self._azimuth_rad, self._codebook)


def _direction(generator: np.random.Generator, shape: tuple[int, int]) -> Float[np.ndarray, "user 2 env"]:
    """Unit vectors in directions drawn evenly."""
    angle_rad = generator.uniform(0.0, 2.0 * np.pi, shape)
    return np.stack([np.cos(angle_rad), np.sin(angle_rad)], axis=1)
