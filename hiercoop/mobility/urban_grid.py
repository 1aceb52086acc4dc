"""The urban grid of TR 36.885 A.1.2: 3 x 3 blocks of 433 m x 250 m, two lanes a direction, traffic keeping right.

The map is a torus: a road on its border carries one direction on either side, and vehicles that leave re-enter opposite.
Directions count clockwise from north: 0 north (+y), 1 east (+x), 2 south, 3 west.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from hiercoop.errors import ConfigError
from hiercoop.mobility.population import VehicleStates

BLOCK_M = np.array([433.0, 250.0])
"""Distance between the centre lines of neighbouring roads, along x and along y."""
NUM_BLOCKS = 3
AREA_M = NUM_BLOCKS * BLOCK_M
LANE_OFFSETS_M = np.array([1.75, 5.25])
"""Centres of the two lanes of a direction, to the right of the road's centre line: lanes are 3.5 m wide."""
STRAIGHT_PROB, LEFT_PROB = 0.5, 0.25
"""At an intersection; right turns take the rest."""

_HEADING = np.array([[0, 1], [1, 0], [0, -1], [-1, 0]])
_RIGHT_HAND = np.array([[1, 0], [0, -1], [-1, 0], [0, 1]])
_ALONG = np.array([1, 0, 1, 0])
"""Coordinate (0 x, 1 y) along which each direction runs."""
_LEFT, _STRAIGHT, _RIGHT = -1, 0, 1


@dataclass
class LanePositions:
    """Where vehicles are in terms of lanes; arrays over vehicles."""

    direction: Int[np.ndarray, "vehicle"]
    node: Int[np.ndarray, "vehicle 2"]
    """Intersection ahead, as column and row of the torus, each in 0..2."""
    lane_offset_m: Float[np.ndarray, "vehicle"]
    gap_m: Float[np.ndarray, "vehicle"]
    """Distance to that intersection's centre; negative while leaving it."""

    @property
    def xy_m(self) -> Float[np.ndarray, "vehicle 2"]:
        """Positions in the area [m]."""
        ahead = self.node * BLOCK_M - _HEADING[self.direction] * self.gap_m[:, None]
        on_lane = ahead + _RIGHT_HAND[self.direction] * self.lane_offset_m[:, None]
        wrapped: Float[np.ndarray, "vehicle 2"] = np.mod(on_lane, AREA_M)
        return wrapped

    @property
    def heading_deg(self) -> Float[np.ndarray, "vehicle"]:
        """Headings clockwise from north [deg]."""
        return self.direction * 90.0


def place(generator: np.random.Generator, num_vehicles: int) -> LanePositions:
    """Independent vehicles, uniform over the length of all lanes."""
    runs_along_y = generator.random(num_vehicles) < BLOCK_M[1] / BLOCK_M.sum()
    direction = 2 * generator.integers(0, 2, num_vehicles) + np.where(runs_along_y, 0, 1)
    return LanePositions(
        direction=direction,
        node=generator.integers(0, NUM_BLOCKS, (num_vehicles, 2)),
        lane_offset_m=LANE_OFFSETS_M[generator.integers(0, 2, num_vehicles)],
        gap_m=generator.random(num_vehicles) * BLOCK_M[_ALONG[direction]],
    )


def mbs_site() -> Float[np.ndarray, "2"]:
    """The centre of the area [m]."""
    return AREA_M / 2.0


def sites(num_sbs: int) -> Float[np.ndarray, "sbs 2"]:
    """Sites of K SBSs on the centre lines [m]: the inner intersections, those on the border, then ever finer mid-blocks.

    ConfigError beyond the 88 sites that intersections, mid-blocks and quarter-blocks make.
    """
    inner = [(1, 1), (2, 1), (1, 2), (2, 2)]
    others = [(column, row) for row in range(4) for column in range(4) if (column, row) not in inner]
    corners_last = sorted(others, key=lambda node: node[0] in (0, 3) and node[1] in (0, 3))
    places = inner + corners_last + _between_intersections(0.5) + _between_intersections(0.25)
    places += _between_intersections(0.75)
    if num_sbs > len(places):
        raise ConfigError(f"num_sbs={num_sbs} exceeds the grid's {len(places)} default sites; give sbs_sites_m")
    sites_m: Float[np.ndarray, "sbs 2"] = np.array(places[:num_sbs]) * BLOCK_M
    return sites_m


def street_sites(num_sbs: int, spacing_m: float) -> Float[np.ndarray, "sbs 2"]:
    """Sites of K SBSs in a row, west to east [m]: on the centre line of the street y = 250 m, around the middle of the map.

    ConfigError where the row is longer than the street.
    """
    longest_m = longest_street_spacing_m(num_sbs)
    if spacing_m > longest_m:
        length_m = (num_sbs - 1) * spacing_m
        raise ConfigError(
            f"sbs_spacing_m={spacing_m:g} makes a row of {length_m:g} m; {num_sbs} SBSs fit the street up to {longest_m:.1f}"
        )
    x_m = AREA_M[0] / 2.0 + spacing_m * (np.arange(num_sbs) - (num_sbs - 1) / 2.0)
    return np.stack([x_m, np.full(num_sbs, BLOCK_M[1])], axis=1)


def longest_street_spacing_m(num_sbs: int) -> float:
    """The greatest distance [m] between neighbours of a row of K SBSs that fits the street; of one SBS, the street's length."""
    return float(AREA_M[0]) / max(num_sbs - 1, 1)


def _between_intersections(share: float) -> list[tuple[float, float]]:
    along_x = [(column + share, float(row)) for row in range(4) for column in range(3)]
    along_y = [(float(column), row + share) for row in range(3) for column in range(4)]
    return [*along_x, *along_y]


class GridTraffic:
    """Vehicles that drive the grid for ever at one speed, turning at random at intersections."""

    def __init__(self, generator: np.random.Generator, num_vehicles: int, speed_mps: float) -> None:
        self._generator = generator
        self._speed_mps = speed_mps
        self._ids = [f"vehicle-{index}" for index in range(num_vehicles)]
        self._at = place(generator, num_vehicles)
        # A vehicle already within its right turn's lane goes straight on.
        self._turn = np.where(self._at.gap_m < self._at.lane_offset_m, _STRAIGHT, self._draw_turns(num_vehicles))

    def vehicles(self) -> VehicleStates:
        """All vehicles as they are now."""
        speeds_mps = np.full(len(self._ids), self._speed_mps)
        return VehicleStates(self._ids, self._at.xy_m, self._at.heading_deg, speeds_mps)

    def advance(self, seconds: float) -> bool:
        """Drive on for this long; always True, since this traffic has no end."""
        left_m = np.full(len(self._ids), self._speed_mps * seconds)
        while True:
            # Right turns begin a lane offset before the centre; left turns, and the next choice, a lane offset behind it.
            to_turn_m = self._at.gap_m - self._turn * self._at.lane_offset_m
            to_turn_m += np.where(self._turn == _STRAIGHT, self._at.lane_offset_m, 0.0)
            step_m = np.minimum(left_m, to_turn_m)
            self._at.gap_m -= step_m
            left_m -= step_m
            turning = np.flatnonzero(step_m == to_turn_m)
            if turning.size == 0:
                return True
            self._pass_intersection(turning)

    def _pass_intersection(self, which: Int[np.ndarray, "turning"]) -> None:
        at, turn = self._at, self._turn[which]
        # A left turn meets the crossing road before its centre line, a right turn behind it.
        beyond_m = np.where(turn == _LEFT, -1.0, 1.0) * at.lane_offset_m[which]
        at.direction[which] = (at.direction[which] + turn) % 4
        at.node[which] = (at.node[which] + _HEADING[at.direction[which]]) % NUM_BLOCKS
        at.gap_m[which] = BLOCK_M[_ALONG[at.direction[which]]] - beyond_m
        self._turn[which] = self._draw_turns(which.size)

    def _draw_turns(self, count: int) -> Int[np.ndarray, "count"]:
        draw = self._generator.random(count)
        return np.where(draw < STRAIGHT_PROB, _STRAIGHT, np.where(draw < STRAIGHT_PROB + LEFT_PROB, _LEFT, _RIGHT))
