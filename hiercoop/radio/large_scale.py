"""What changes slowly: path loss, line of sight and shadowing between vehicles and sites, and the gain they make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.radio.gains import large_scale_gain
from hiercoop.radio.geometry import distance_m, offsets_m
from hiercoop.radio.path_loss import (
    macro_path_loss_db,
    umi_los_prob,
    umi_street_canyon_path_loss_db,
    winner_b1_is_los,
    winner_b1_path_loss_db,
)
from hiercoop.radio.shadowing import (
    LOS_DECORRELATION_M,
    advance_shadowing,
    decorrelation_m,
    initial_shadowing,
    normal_cdf,
    shadowing_sigma_db,
)


@dataclass(frozen=True)
class LargeScale:
    """One placement of the links' vehicles; link = cell x V + vehicle slot. Absent links have zero gain."""

    vehicle_xy_m: Float[np.ndarray, "env link 2"]
    gain: Float32[np.ndarray, "env link cell"]
    """Without fast fading, linear; environments are the last axis in memory (see `radio.sinr`)."""
    speed_mps: Float[np.ndarray, "env link"]
    is_present: Bool[np.ndarray, "env link"]
    """Links that carry a vehicle."""
    vehicle_id: list[str | None] | None = None
    """Vehicle of each link, None where absent; None as a whole where placements are anonymous."""


@dataclass(frozen=True)
class Obstruction:
    """What stands between each vehicle and each site: state of two unit-variance Gaussian processes over distance."""

    shadow: Float32[np.ndarray, "env vehicle cell"]
    los: Float32[np.ndarray, "env vehicle sbs"]
    """Its normal distribution function is the uniform that decides on line of sight where geometry does not."""

    def of_vehicles(self, rows: Int[np.ndarray, "row"]) -> Obstruction:
        """The same for a choice of vehicles."""
        return Obstruction(self.shadow[:, rows], self.los[:, rows])


@dataclass(frozen=True)
class Propagation:
    """Large-scale channel of each vehicle to each cell."""

    gain: Float32[np.ndarray, "env vehicle cell"]
    path_loss_db: Float[np.ndarray, "env vehicle cell"]
    is_los: Bool[np.ndarray, "env vehicle sbs"]


class SiteModel:
    """Large-scale propagation from anywhere to one set of sites: the K SBSs, then the MBS."""

    def __init__(self, scenario: ScenarioConfig, sites_xy_m: Float[np.ndarray, "cell 2"]) -> None:
        self.sites_xy_m = sites_xy_m
        self._scenario = scenario
        default = "umi-street-canyon" if scenario.mobility.kind == "trace" else "winner-b1"
        self._has_geometric_los = (scenario.radio.sbs_path_loss or default) == "winner-b1"

    def initial_obstruction(self, generator: np.random.Generator, num_envs: int, num_vehicles: int) -> Obstruction:
        """Obstruction of vehicles that have no past."""
        shape = (num_envs, num_vehicles, self._scenario.num_sbs)
        shadow = initial_shadowing(generator, (num_envs, num_vehicles, self._scenario.num_sbs + 1))
        return Obstruction(
            shadow, np.zeros(shape, np.float32) if self._has_geometric_los else initial_shadowing(generator, shape)
        )

    def advance_obstruction(
        self, state: Obstruction, moved_m: Float[np.ndarray, "env vehicle"], generator: np.random.Generator
    ) -> Obstruction:
        """Obstruction after each vehicle moved this far [m]."""
        shadow = advance_shadowing(state.shadow, moved_m, decorrelation_m(self._scenario.num_sbs), generator)
        if self._has_geometric_los:
            return Obstruction(shadow, state.los)
        return Obstruction(shadow, advance_shadowing(state.los, moved_m, LOS_DECORRELATION_M, generator))

    def sbs_los_path_loss_db(self, distance_m: float) -> float:
        """Path loss to an SBS over this distance in line of sight [dB]."""
        radio = self._scenario.radio
        link = (radio.carrier_hz, radio.sbs.height_m, radio.vehicle_height_m)
        if self._has_geometric_los:
            return float(winner_b1_path_loss_db(distance_m, 0.0, *link))
        return float(umi_street_canyon_path_loss_db(distance_m, True, *link))

    def propagation(self, vehicle_xy_m: Float[np.ndarray, "env vehicle 2"], state: Obstruction) -> Propagation:
        """Path loss, line of sight and gain of every vehicle to every cell."""
        dx_m, dy_m = (offset.astype(np.float32) for offset in offsets_m(vehicle_xy_m, self.sites_xy_m))
        radio = self._scenario.radio
        heights = (radio.sbs.height_m, radio.vehicle_height_m)
        path_loss_db = np.empty_like(dx_m)
        if self._has_geometric_los:
            is_los = winner_b1_is_los(dx_m[..., :-1], dy_m[..., :-1])
            path_loss_db[..., :-1] = winner_b1_path_loss_db(dx_m[..., :-1], dy_m[..., :-1], radio.carrier_hz, *heights)
        else:
            ground_m = distance_m(dx_m[..., :-1], dy_m[..., :-1])
            is_los = normal_cdf(state.los) < umi_los_prob(ground_m)
            path_loss_db[..., :-1] = umi_street_canyon_path_loss_db(ground_m, is_los, radio.carrier_hz, *heights)
        # The macro formula knows no heights: over the slant distance, vehicles under the mast stay below free-space gain.
        slant_m = np.hypot(distance_m(dx_m[..., -1], dy_m[..., -1]), radio.mbs.height_m - radio.vehicle_height_m)
        path_loss_db[..., -1] = macro_path_loss_db(slant_m)
        shadowing_db = state.shadow * shadowing_sigma_db(is_los)
        return Propagation(large_scale_gain(path_loss_db, shadowing_db, self._scenario), path_loss_db, is_los)
