"""Where the vehicles of an environment are, and their large-scale channel: fresh drops for episodes, or moving traffic.

A world changes in two ways, and each method does one of them: `begin_round` decides who is served, `advance_large_scale` moves
time on. The environment calls `begin_round` at slot 0 and wherever a delivery round begins, and `advance_large_scale` wherever a
large-scale period has passed, never at slot 0. Where both fall on one slot it advances first, so that the round begins with the
vehicles where they are then. Each call gives the whole placement, so only the last one counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float, Int

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.drop import Placement, drop_vehicles
from hiercoop.errors import ConfigError
from hiercoop.mobility import urban_grid
from hiercoop.radio.large_scale import LargeScale, SiteModel
from hiercoop.seeding import Streams


@dataclass(frozen=True)
class WorldSnapshot:
    """What a map shows, of the first environment: all vehicles, waiting ones too, and the sites."""

    ids: list[str]
    xy_m: Float[np.ndarray, "vehicle 2"]
    heading_deg: Float[np.ndarray, "vehicle"]
    """Clockwise from north (+y)."""
    link: Int[np.ndarray, "vehicle"]
    """Link that the vehicle is served on, -1 while it waits."""
    sites_xy_m: Float[np.ndarray, "cell 2"]
    num_served: Int[np.ndarray, "sbs"]
    num_waiting: Int[np.ndarray, "sbs"]


class World(Protocol):
    """Vehicles and their large-scale channel over time."""

    num_envs: int
    sites_xy_m: Float[np.ndarray, "cell 2"]
    """The K SBSs, then the MBS [m]."""
    is_over: bool
    """The traffic has ended: a trace's last time step has passed."""

    def begin_round(self) -> LargeScale:
        """The placement of a new delivery round: drops draw anew, queues rotate; nobody moves."""
        ...

    def advance_large_scale(self) -> LargeScale:
        """The placement one large-scale period later: traffic moves, drops stay; nobody's turn comes."""
        ...

    def snapshot(self) -> WorldSnapshot:
        """All vehicles and sites as they are now."""
        ...


class EpisodeWorld:
    """A fresh drop every round, in any number of environments; nothing moves in between."""

    is_over = False

    def __init__(self, scenario: ScenarioConfig, num_envs: int, streams: Streams) -> None:
        self.num_envs = num_envs
        self.sites_xy_m = grid_sites(scenario)
        self._scenario = scenario
        self._generator = streams.generator("mobility")
        self._site_model = SiteModel(scenario, self.sites_xy_m)
        self._placement: Placement | None = None

    def begin_round(self) -> LargeScale:
        """A new drop in every environment."""
        self._placement = drop_vehicles(self._scenario, self._site_model, self._generator, self.num_envs)
        return self._large_scale(self._placement)

    def advance_large_scale(self) -> LargeScale:
        """The drop as it is; ConfigError before the first round."""
        return self._large_scale(self._current())

    def snapshot(self) -> WorldSnapshot:
        """The first environment's drop; ConfigError before the first round."""
        placement = self._current()
        num_links, num_sbs = self._scenario.num_links, self._scenario.num_sbs
        return WorldSnapshot(
            ids=[f"vehicle-{link}" for link in range(num_links)],
            xy_m=placement.xy_m[0],
            heading_deg=placement.heading_deg[0],
            link=np.arange(num_links),
            sites_xy_m=self.sites_xy_m,
            num_served=np.full(num_sbs, self._scenario.num_vehicles_per_sbs),
            num_waiting=np.zeros(num_sbs, dtype=np.int64),
        )

    def _current(self) -> Placement:
        if self._placement is None:
            raise ConfigError("the world has no placement yet; call begin_round first")
        return self._placement

    def _large_scale(self, placement: Placement) -> LargeScale:
        shape = (self.num_envs, self._scenario.num_links)
        return LargeScale(
            vehicle_xy_m=placement.xy_m,
            gain=placement.gain,
            speed_mps=np.full(shape, self._scenario.mobility.speed_mps),
            is_present=np.ones(shape, dtype=np.bool_),
        )


def grid_sites(scenario: ScenarioConfig) -> Float[np.ndarray, "cell 2"]:
    """Sites on the urban grid [m]: the scenario's where it gives them, else the default ones; the MBS last."""
    given = scenario.sbs_sites_m
    sbs_m = urban_grid.sites(scenario.num_sbs) if given is None else np.array(given, dtype=np.float64)
    mbs_m = urban_grid.mbs_site() if scenario.mbs_site_m is None else np.array(scenario.mbs_site_m, dtype=np.float64)
    return np.concatenate([sbs_m, mbs_m[None]])


def make_world(scenario: ScenarioConfig, num_envs: int, streams: Streams) -> World:
    """The world of a scenario."""
    return EpisodeWorld(scenario, num_envs, streams)
