"""The environment: vehicles' uplinks to small cells and the macro cell above them, slot by slot, in batches."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int64

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.observation import Observer, SlotStart, interference_mean, own_stations_gain
from hiercoop.env.reward import full_buffer_reward, slot_reward
from hiercoop.env.types import ChannelState, Observation, ObservationLayout, RewardTerms, SlotMeasurement, StepOutcome
from hiercoop.env.world import World, make_world
from hiercoop.errors import ConfigError, MessageError
from hiercoop.radio.capacity import shannon_capacity_bps
from hiercoop.radio.fast_fading import make_fast_fading
from hiercoop.radio.gains import channel_gain
from hiercoop.radio.large_scale import LargeScale
from hiercoop.radio.sinr import band_power_w, foreign_interference_w, received_sinr
from hiercoop.seeding import Streams
from hiercoop.traffic.payload import check_payload_bytes, delivered_bits, has_something_to_send, link_payload_bits
from hiercoop.units import BITS_PER_BYTE


class HetNetEnv:
    """A batch of independent worlds of K small cells with V vehicle slots each, and one macro cell.

    Each slot every vehicle slot is given a station and a sub-band: choice = station * M + band, station 0 the cell's own
    SBS and 1 the MBS. Links whose mask row is all False are silent whatever is chosen. After T slots, the deadline, a new
    delivery round begins: new vehicles at new places where the scenario drops them (the outcome then carries a final
    observation of the old round), the traffic as it stands where it drives.

    Observation of one cell, V vehicle slots and M sub-bands (`ObservationLayout`, in this order, float32):

    | name         | shape     | value                                                         | range     |
    |--------------|-----------|---------------------------------------------------------------|-----------|
    | time_left    | [1]       | slots to the deadline over T; 0 only in a final observation   | [0, 1]    |
    | is_active    | [V]       | a vehicle with something to send                              | 0 or 1    |
    | payload_left | [V]       | bits left over 800,000; 0 where payloads never end            | [0, 10]   |
    | needed_rate  | [V]       | bits left / (time left x W) / 10; 0 where payloads never end  | [0, 1]    |
    | last_choice  | [V, 2M]   | one-hot choice of the last slot; zeros for a silent link      | 0 or 1    |
    | interference | [2, M]    | 10 log10(1 + I/N) / 20 of other cells' links in the last slot | [0, 10]   |
    | interference_mean | [2, M] | moving average of `interference`, weight 0.2                | [0, 10]   |
    | gain         | [V, 2, M] | 10 log10(P g / N) / 20, this slot; zeros for a silent link    | [-10, 10] |
    | mean_gain    | [V, 2 + N] | 10 log10(1 + P g / N) / 20 without fast fading; zeros for a silent link | [0, 10] |

    Interference and gain are those at the own SBS, then at the MBS; interference is 0 at a fresh placement. Gains to the
    MBS are this slot's, the last slot's (0 for a new vehicle) or 0, as `observation.mbs_csi` says. Mean gains are those to the
    own SBS, the MBS and the nearest other SBSs, `observation.num_neighbours` of them. With `observation.has_gains` false there
    are none of either. Where payloads never end (`traffic.full_buffer`) nothing is ever
    delivered, and the delivery term of the reward is 0.

    Draws never depend on choices: the same seed gives every policy the same places and channels.
    """

    _interference: Float32[np.ndarray, "env cell station band"]
    _interference_mean: Float32[np.ndarray, "env cell station band"]

    def __init__(self, scenario: ScenarioConfig, num_envs: int = 1, seed: int = 0) -> None:
        if num_envs < 1:
            raise ConfigError(f"num_envs={num_envs} must be at least 1")
        self.scenario = scenario
        self.num_envs = num_envs
        self.layout = ObservationLayout.of(scenario)
        streams = Streams(seed)
        self.world: World = make_world(scenario, num_envs, streams)
        self._fading = make_fast_fading(
            scenario.radio, streams.generator("fading"), num_envs, scenario.num_links, scenario.num_sbs + 1
        )
        self._observer = Observer(scenario, self.world.sbs_sites_m)
        self._own_cell = np.repeat(np.arange(scenario.num_sbs), scenario.num_vehicles_per_sbs)
        self._slots_per_move = round(scenario.mobility.large_scale_period_s / scenario.radio.slot_duration_s) or 1
        self._next_payload_bits = link_payload_bits(scenario)
        self._forget_everything()

    @property
    def is_over(self) -> bool:
        """True once the traffic has come to an end, as a trace does."""
        return self.world.is_over

    @property
    def placement(self) -> LargeScale:
        """Who sits on which link of the coming slot, and where."""
        return self._placement

    def set_payload_bytes(self, payload_bytes: float | Float[np.ndarray, "link"]) -> None:
        """From the next delivery round on, every link (or each its own) has this much to deliver [byte]."""
        values = np.broadcast_to(np.asarray(payload_bytes, np.float64), (self.scenario.num_links,))
        self._next_payload_bits = np.array([check_payload_bytes(float(value)) for value in values]) * BITS_PER_BYTE

    def channel_state(self) -> ChannelState:
        """The whole channel of the coming slot, for centralised baselines and traces; ConfigError before `reset`."""
        self._check_begun()
        return ChannelState(self._gain, self._active, self._payload_left_bits)

    def reset(self) -> Observation:
        """The first observation of a new delivery round, at slot 0; a second reset goes on with new draws."""
        self._forget_everything()
        self._begin_round()
        return self._observe()

    def step(self, choice: Int[np.ndarray, "env cell vehicle"]) -> StepOutcome:
        """One slot scored under these choices, and the next one's observation.

        MessageError for a choice of another shape or out of 0..2M-1; ConfigError before `reset`.
        """
        self._check_begun()
        link_choice = self._checked(choice)
        measurement = self._score(link_choice)
        reward = self._reward(measurement)
        self._slot += 1
        self._slots_left -= 1
        self._payload_left_bits = measurement.payload_left_bits
        self._last_choice = np.where(measurement.active, link_choice, self.scenario.num_choices)
        self._last_own_gain = self._own_gain
        self._interference_mean = interference_mean(self._interference, self._interference_mean)
        final_observation = self._advance()
        return StepOutcome(self._observe(), reward, measurement, final_observation)

    def _check_begun(self) -> None:
        if self._slots_left == 0:
            raise ConfigError("the environment has no delivery round yet; call reset first")

    def _checked(self, choice: Int[np.ndarray, "env cell vehicle"]) -> Int64[np.ndarray, "env link"]:
        """The choices by link, [link, env] in memory as everything that the slot is scored with."""
        scenario = self.scenario
        wanted = (self.num_envs, scenario.num_sbs, scenario.num_vehicles_per_sbs)
        if choice.shape != wanted or choice.dtype.kind not in "iu":
            raise MessageError(f"choice is {choice.dtype} {choice.shape}; send integers of shape {wanted}")
        lowest, highest = int(choice.min()), int(choice.max())
        if lowest < 0 or highest >= scenario.num_choices:
            raise MessageError(f"choice holds {lowest}..{highest}; each must be in 0..{scenario.num_choices - 1}")
        return np.array(choice.reshape(self.num_envs, -1).T, np.int64, order="C").T

    def _score(self, choice: Int64[np.ndarray, "env link"]) -> SlotMeasurement:
        """SINR (2), capacity (4) and deliveries of the slot; the interference heard stays for the next observation."""
        radio, active, is_present = self.scenario.radio, self._active, self._placement.is_present
        to_mbs = choice >= radio.num_bands
        band = choice - to_mbs * radio.num_bands
        cell = np.where(to_mbs, self.scenario.num_sbs, self._own_cell)
        power_w = band_power_w(self._gain, band, active, radio.tx_power_w)
        self._interference = self._observer.interference(foreign_interference_w(power_w))
        sinr = received_sinr(power_w, cell, band, radio.noise_w)
        capacity_bps = shannon_capacity_bps(sinr, radio.band_bandwidth_hz, radio.max_spectral_efficiency_bps_hz)
        left_bits = self._payload_left_bits
        if self.scenario.traffic.full_buffer:
            delivered = capacity_bps * np.float64(radio.slot_duration_s)
            is_delivered = np.zeros_like(active)
        else:
            delivered = delivered_bits(left_bits, capacity_bps, radio.slot_duration_s)
            left_bits = left_bits - delivered
            is_delivered = is_present & (left_bits == 0.0)
        return SlotMeasurement(
            active=active,
            choice=choice,
            sinr=sinr,
            capacity_bps=capacity_bps,
            delivered_bits=delivered,
            payload_left_bits=left_bits,
            is_present=is_present,
            is_round_end=self._slots_left == 1,
            is_delivered=is_delivered,
        )

    def _reward(self, slot: SlotMeasurement) -> RewardTerms:
        config = self.scenario.reward
        if self.scenario.traffic.full_buffer:
            return full_buffer_reward(slot.capacity_bps, config)
        return slot_reward(slot.capacity_bps, slot.is_delivered, slot.is_present, slot.is_round_end, config)

    def _forget_everything(self) -> None:
        """Before the first round: nothing served, heard or chosen."""
        scenario, bands = self.scenario, self.scenario.radio.num_bands
        links, cells = (self.num_envs, scenario.num_links), (self.num_envs, scenario.num_sbs)
        self._slot = 0
        self._slots_left = 0
        self._vehicle_id: list[str | None] | None = None
        self._last_choice = np.full(links, scenario.num_choices)
        self._interference = np.zeros((*cells, 2, bands), np.float32)
        self._interference_mean = np.zeros((*cells, 2, bands), np.float32)
        self._last_own_gain = np.zeros((*cells, scenario.num_vehicles_per_sbs, 2, bands), np.float32)

    def _begin_round(self) -> None:
        """A new delivery round. Vehicles that are served again keep their past; all others have none."""
        self._place(self.world.begin_round())
        is_new = self._newcomers()
        self._vehicle_id = self._placement.vehicle_id
        self._last_choice = np.where(is_new, self.scenario.num_choices, self._last_choice)
        self._last_own_gain = np.where(
            is_new.reshape(*self._last_own_gain.shape[:3], 1, 1), np.float32(0.0), self._last_own_gain
        )
        if is_new.all():
            self._interference = np.zeros_like(self._interference)
            self._interference_mean = np.zeros_like(self._interference_mean)
        self._fading.reset(is_new)
        self._slots_left = self.scenario.episode_slots
        self._payload_left_bits = np.repeat(self._next_payload_bits[:, None], self.num_envs, axis=1).T
        self._see_placement()
        self._draw_gain()

    def _newcomers(self) -> Bool[np.ndarray, "env link"]:
        """Links that carry another vehicle than in the round before; all of them where placements are anonymous."""
        before, after = self._vehicle_id, self._placement.vehicle_id
        if before is None or after is None:
            return np.ones((self.num_envs, self.scenario.num_links), np.bool_)
        return np.array([[old != new for old, new in zip(before, after, strict=True)]])

    def _advance(self) -> Observation | None:
        """Time goes on by a slot. Gives the final observation of a round whose vehicles were dropped for it alone."""
        final_observation = None
        if self._slot % self._slots_per_move == 0:
            self._place(self.world.advance_large_scale())
        self._see_placement()
        if self._slots_left > 0:
            self._draw_gain()
        else:
            if self.scenario.mobility.kind == "drop":
                self._draw_gain()
                final_observation = self._observe()
            self._begin_round()
        return final_observation

    def _place(self, placement: LargeScale) -> None:
        self._placement = placement
        self._mean_gain = self._observer.mean_gain(placement.gain)

    def _see_placement(self) -> None:
        """Who sends in the coming slot: a vehicle that has left takes what it had to deliver with it."""
        is_full_buffer, is_present = self.scenario.traffic.full_buffer, self._placement.is_present
        if is_full_buffer or not is_present.all():
            self._payload_left_bits = self._payload_left_bits * (is_present & (not is_full_buffer))
        self._active = has_something_to_send(is_present, self._payload_left_bits, is_full_buffer)

    def _draw_gain(self) -> None:
        fading = self._fading.advance(self._placement.speed_mps)
        self._gain = channel_gain(self._placement.gain, fading)
        self._own_gain = own_stations_gain(self._gain, self.scenario.num_sbs)

    def _observe(self) -> Observation:
        start = SlotStart(
            slot=self._slot,
            slots_left=self._slots_left,
            payload_left_bits=self._payload_left_bits,
            active=self._active,
            last_choice=self._last_choice,
            interference=self._interference,
            interference_mean=self._interference_mean,
            gain=self._known_gain(),
            mean_gain=self._mean_gain,
        )
        return self._observer.observe(start)

    def _known_gain(self) -> Float32[np.ndarray, "env cell vehicle station band"]:
        """Own vehicles' gains as the SBS knows them: what concerns the MBS came over the backhaul, late or not at all."""
        mbs_csi = self.scenario.observation.mbs_csi
        if mbs_csi == "current":
            return self._own_gain
        known = self._own_gain.copy(order="K")
        known[..., 1, :] = self._last_own_gain[..., 1, :] if mbs_csi == "delayed" else 0.0
        return known
