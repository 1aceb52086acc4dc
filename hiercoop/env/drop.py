"""Placements for episodes: every SBS gets its V vehicles, in all environments at once.

A vehicle is drawn uniformly on the lanes and attaches to its strongest SBS. Drawing on until each SBS of an environment has V,
and keeping the first V of each, gives each link an independent draw conditioned on its SBS; so one stream of vehicles may fill
the links of all environments in turn without changing any distribution.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.errors import ConfigError
from hiercoop.mobility import urban_grid
from hiercoop.radio.large_scale import SiteModel
from hiercoop.units import db_to_linear

NEAR_LOS_DISTANCE_M = 120.0
"""The `near` drop keeps vehicles whose SBS path loss is at most that of this distance in line of sight."""
EDGE_MARGIN_DB = 3.0
"""The `edge` drop keeps vehicles whose second SBS is at most this much weaker than their first: a usual handover margin
(A3 offset of TR 36.839, parameter sets 1 and 2), so these are the places where a network hands over."""
MAX_BATCH = 32_768
"""Vehicles drawn at a time, at most."""
MIN_SHARE, MIN_DRAWN = 1 / 2000, 50_000
"""An SBS that attracts less than this share of this many vehicles counts as out of reach."""


@dataclass(frozen=True)
class Placement:
    """Vehicles of one drop; link = cell x V + vehicle slot."""

    xy_m: Float[np.ndarray, "env link 2"]
    heading_deg: Float[np.ndarray, "env link"]
    gain: Float32[np.ndarray, "env link cell"]
    """Zero for absent links."""
    is_present: Bool[np.ndarray, "env link"]


@dataclass(frozen=True)
class _Candidates:
    xy_m: Float[np.ndarray, "vehicle 2"]
    heading_deg: Float[np.ndarray, "vehicle"]
    gain: Float32[np.ndarray, "vehicle cell"]
    sbs: Int[np.ndarray, "vehicle"]
    """Strongest SBS, or -1 where the drop does not want the vehicle."""


def drop_vehicles(scenario: ScenarioConfig, site_model: SiteModel, generator: np.random.Generator, num_envs: int) -> Placement:
    """One placement for each environment, V vehicles at each SBS, or fewer by chance where slots are not always occupied.

    ConfigError where an SBS attracts so few vehicles that its links would never fill.
    """
    wanted = num_envs * scenario.num_vehicles_per_sbs
    batch = int(np.clip(1.3 * wanted * scenario.num_sbs, 64, MAX_BATCH))
    drawn: list[_Candidates] = []
    counts = np.zeros(scenario.num_sbs, dtype=np.int64)
    num_drawn = 0
    while counts.min() < wanted:
        drawn.append(_draw(scenario, site_model, generator, batch))
        num_drawn += batch
        batch = min(2 * batch, MAX_BATCH)
        counts += np.bincount(drawn[-1].sbs + 1, minlength=scenario.num_sbs + 1)[1:]
        if num_drawn >= MIN_DRAWN and counts.min() < num_drawn * MIN_SHARE:
            raise ConfigError(_out_of_reach(scenario, site_model, counts, num_drawn))
    return _vacate(_fill_links(drawn, scenario, num_envs), scenario.mobility.occupancy_prob, generator)


def _draw(scenario: ScenarioConfig, site_model: SiteModel, generator: np.random.Generator, count: int) -> _Candidates:
    lanes = urban_grid.place(generator, count)
    xy_m = lanes.xy_m
    obstruction = site_model.initial_obstruction(generator, 1, count)
    propagation = site_model.propagation(xy_m[None], obstruction)
    sbs = np.argmax(propagation.gain[0, :, :-1], axis=1)
    if scenario.mobility.drop == "near":
        limit_db = site_model.sbs_los_path_loss_db(NEAR_LOS_DISTANCE_M)
        sbs = np.where(propagation.path_loss_db[0, np.arange(count), sbs] <= limit_db, sbs, -1)
    if scenario.mobility.drop == "edge":
        second, first = np.partition(propagation.gain[0, :, :-1], -2, axis=1)[:, -2:].T
        sbs = np.where(first <= second * db_to_linear(EDGE_MARGIN_DB), sbs, -1)
    return _Candidates(xy_m, lanes.heading_deg, propagation.gain[0], sbs)


def _fill_links(drawn: list[_Candidates], scenario: ScenarioConfig, num_envs: int) -> Placement:
    wanted = num_envs * scenario.num_vehicles_per_sbs
    sbs = np.concatenate([batch.sbs for batch in drawn])
    firsts = np.stack([np.flatnonzero(sbs == k)[:wanted] for k in range(scenario.num_sbs)])
    # [cell, env x slot] -> [env, cell x slot]
    chosen = firsts.reshape(scenario.num_sbs, num_envs, -1).transpose(1, 0, 2).reshape(num_envs, -1)
    gain = np.concatenate([batch.gain for batch in drawn])[chosen]
    return Placement(
        xy_m=np.concatenate([batch.xy_m for batch in drawn])[chosen],
        heading_deg=np.concatenate([batch.heading_deg for batch in drawn])[chosen],
        gain=np.ascontiguousarray(gain.transpose(1, 2, 0)).transpose(2, 0, 1),
        is_present=np.ones(chosen.shape, np.bool_),
    )


def _vacate(full: Placement, occupancy_prob: float, generator: np.random.Generator) -> Placement:
    """The placement with each link kept by chance, independently; drawn only where one can be empty."""
    if occupancy_prob == 1.0:
        return full
    draw = generator.random(full.is_present.T.shape).T
    is_present = draw < occupancy_prob
    return replace(full, gain=full.gain * is_present[..., None], is_present=is_present)


def _out_of_reach(scenario: ScenarioConfig, site_model: SiteModel, counts: Int[np.ndarray, "sbs"], num_drawn: int) -> str:
    drop, worst = scenario.mobility.drop, int(np.argmin(counts))
    x_m, y_m = site_model.sites_xy_m[worst]
    return (
        f'SBS {worst} at ({x_m:g}, {y_m:g}) m attracts {counts[worst]} of {num_drawn} vehicles with mobility.drop="{drop}", '
        f"at least {MIN_SHARE:.2%} are needed; move it nearer to the roads and away from other sites (sbs_sites_m)"
        + (', or use mobility.drop="grid"' if drop != "grid" else "")
    )
