"""Where the vehicles of an environment are, and their large-scale channel: fresh drops for episodes, or moving traffic.

A world changes in two ways, and each method does one of them: `begin_round` decides who is served, `advance_large_scale`
moves time on. The environment calls `begin_round` at slot 0 and wherever a delivery round begins, and `advance_large_scale`
wherever a large-scale period has passed, never at slot 0. Where both fall on one slot it advances first, so that the round
begins with the vehicles where they are then. Each call gives the whole placement, so only the last one counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.drop import Placement, drop_vehicles
from hiercoop.errors import ConfigError
from hiercoop.mobility import urban_grid
from hiercoop.mobility.fcd_trace import TraceSummary, TraceTraffic, scan_trace
from hiercoop.mobility.population import Traffic, VehicleStates
from hiercoop.mobility.serving import Serving
from hiercoop.mobility.sites import k_means
from hiercoop.mobility.urban_grid import GridTraffic
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
    sbs_sites_m: Float[np.ndarray, "sbs 2"]
    mbs_site_m: Float[np.ndarray, "2"]
    num_served: Int[np.ndarray, "sbs"]
    num_waiting: Int[np.ndarray, "sbs"]


Sites = tuple[Float[np.ndarray, "sbs 2"], Float[np.ndarray, "2"]]
"""Of the SBSs and of the MBS [m]."""


@runtime_checkable
class World(Protocol):
    """Vehicles and their large-scale channel over time."""

    num_envs: int
    sbs_sites_m: Float[np.ndarray, "sbs 2"]
    mbs_site_m: Float[np.ndarray, "2"]
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
        self.sbs_sites_m, self.mbs_site_m = _grid_sites(scenario)
        self._scenario = scenario
        self._generator = streams.generator("mobility")
        self._site_model = SiteModel(scenario, np.vstack([self.sbs_sites_m, self.mbs_site_m]))
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
        num_sbs = self._scenario.num_sbs
        links = np.flatnonzero(placement.is_present[0])
        return WorldSnapshot(
            ids=[f"vehicle-{link}" for link in links],
            xy_m=placement.xy_m[0, links],
            heading_deg=placement.heading_deg[0, links],
            link=links,
            sbs_sites_m=self.sbs_sites_m,
            mbs_site_m=self.mbs_site_m,
            num_served=placement.is_present[0].reshape(num_sbs, -1).sum(axis=1),
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
            is_present=placement.is_present,
        )


class EmulationWorld:
    """One environment of traffic that moves: on the urban grid without end, or along a trace until it ends.

    Every vehicle keeps its identity, and its shadowing and line of sight evolve with the way it covers. It is attached to the
    SBS of strongest large-scale gain; `Serving` says who has a link.
    """

    num_envs = 1

    def __init__(self, scenario: ScenarioConfig, traffic: Traffic, sites: Sites, generator: np.random.Generator) -> None:
        self.sbs_sites_m, self.mbs_site_m = sites
        self.is_over = False
        self._scenario = scenario
        self._traffic = traffic
        self._generator = generator
        self._site_model = SiteModel(scenario, np.vstack(sites))
        self._serving = Serving(scenario.num_sbs, scenario.num_vehicles_per_sbs)
        self._vehicles = traffic.vehicles()
        self._obstruction = self._site_model.initial_obstruction(generator, 1, len(self._vehicles.ids))
        self._attach()

    def begin_round(self) -> LargeScale:
        """The served vehicles queue again and the next V of each SBS are served."""
        self._serving.begin_round()
        return self._large_scale()

    def advance_large_scale(self) -> LargeScale:
        """Traffic moves on by one period; links of vehicles that left, or changed cell, stay empty until the next round."""
        before = self._vehicles
        self.is_over = not self._traffic.advance(self._scenario.mobility.large_scale_period_s) or self.is_over
        self._vehicles = self._traffic.vehicles()
        self._carry_obstruction(before)
        self._attach()
        return self._large_scale()

    def snapshot(self) -> WorldSnapshot:
        """Everybody on the road."""
        links = {vehicle: link for link, vehicle in enumerate(self._serving.links) if vehicle is not None}
        return WorldSnapshot(
            ids=self._vehicles.ids,
            xy_m=self._vehicles.xy_m,
            heading_deg=self._vehicles.heading_deg,
            link=np.array([links.get(vehicle, -1) for vehicle in self._vehicles.ids], dtype=np.int64),
            sbs_sites_m=self.sbs_sites_m,
            mbs_site_m=self.mbs_site_m,
            num_served=np.array(self._serving.num_served),
            num_waiting=np.array(self._serving.num_waiting),
        )

    def _carry_obstruction(self, before: VehicleStates) -> None:
        """Those who stayed keep their obstruction and move it on; newcomers get a fresh one."""
        rows = {vehicle: row for row, vehicle in enumerate(before.ids)}
        was_at = np.array([rows.get(vehicle, -1) for vehicle in self._vehicles.ids], dtype=np.int64)
        stayed = np.flatnonzero(was_at >= 0)
        ways_m = self._vehicles.xy_m[stayed] - before.xy_m[was_at[stayed]]
        moved_m = np.hypot(ways_m[:, 0], ways_m[:, 1])[None]
        kept = self._obstruction.of_vehicles(was_at[stayed])
        moved = self._site_model.advance_obstruction(kept, moved_m, self._generator)
        now = self._site_model.initial_obstruction(self._generator, 1, len(was_at))
        now.shadow[:, stayed], now.los[:, stayed] = moved.shadow, moved.los
        self._obstruction = now

    def _attach(self) -> None:
        propagation = self._site_model.propagation(self._vehicles.xy_m[None], self._obstruction)
        self._gain = propagation.gain[0]
        self._serving.attach(self._vehicles.ids, np.argmax(self._gain[:, :-1], axis=1).tolist())

    def _large_scale(self) -> LargeScale:
        links = self._serving.links
        rows = {vehicle: row for row, vehicle in enumerate(self._vehicles.ids)}
        present = np.array([vehicle is not None for vehicle in links])
        row = np.array([rows[vehicle] for vehicle in links if vehicle is not None], dtype=np.int64)
        num_links = len(links)
        xy_m, speed_mps = np.zeros((1, num_links, 2)), np.zeros((1, num_links))
        gain = np.zeros((1, num_links, self._scenario.num_sbs + 1), dtype=np.float32)
        xy_m[0, present] = self._vehicles.xy_m[row]
        speed_mps[0, present] = self._vehicles.speed_mps[row]
        gain[0, present] = self._gain[row]
        return LargeScale(xy_m, gain, speed_mps, present[None], links)


def make_world(scenario: ScenarioConfig, num_envs: int, streams: Streams) -> World:
    """The world of a scenario; ConfigError for several environments of moving traffic, InputFileError for an unusable trace."""
    mobility = scenario.mobility
    if mobility.kind == "drop":
        return EpisodeWorld(scenario, num_envs, streams)
    if num_envs != 1:
        raise ConfigError(f'num_envs={num_envs} must be 1 with mobility.kind="{mobility.kind}"; use "drop" for batches')
    shadowing = streams.generator("shadowing")
    if mobility.trace is not None:
        sites = _trace_sites(scenario, scan_trace(mobility.trace))
        return EmulationWorld(scenario, TraceTraffic(mobility.trace), sites, shadowing)
    num_vehicles = mobility.num_vehicles or 2 * scenario.num_links
    traffic = GridTraffic(streams.generator("mobility"), num_vehicles, mobility.speed_mps)
    return EmulationWorld(scenario, traffic, _grid_sites(scenario), shadowing)


def _grid_sites(scenario: ScenarioConfig) -> Sites:
    if scenario.sbs_sites_m is not None:
        sbs_m = np.array(scenario.sbs_sites_m, np.float64)
    elif scenario.sbs_spacing_m is not None:
        sbs_m = urban_grid.street_sites(scenario.num_sbs, scenario.sbs_spacing_m)
    else:
        sbs_m = urban_grid.sites(scenario.num_sbs)
    mbs_m = urban_grid.mbs_site() if scenario.mbs_site_m is None else np.array(scenario.mbs_site_m, np.float64)
    return sbs_m, mbs_m


def _trace_sites(scenario: ScenarioConfig, trace: TraceSummary) -> Sites:
    """Sites where the scenario gives them, else where the traffic is, and the MBS in the middle of the area."""
    given = scenario.sbs_sites_m
    sbs_m = k_means(trace.samples_m, scenario.num_sbs) if given is None else np.array(given, np.float64)
    low_x, low_y, high_x, high_y = trace.extent_m
    centre_m = ((low_x + high_x) / 2.0, (low_y + high_y) / 2.0)
    return sbs_m, np.array(centre_m if scenario.mbs_site_m is None else scenario.mbs_site_m, np.float64)
