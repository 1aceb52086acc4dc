"""The environment: base stations that send words to their users on one channel, slot by slot, in batches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Complex64, Float32, Int, Int64

from hiercoop.config.semantic import MAX_SYMBOLS, SemanticScenarioConfig
from hiercoop.env.semantic.observation import LEAST_SINR, DownlinkObserver, SlotView, observed_db
from hiercoop.env.semantic.types import (
    SINR_MEAN_WEIGHT,
    SLOT_QUANTITIES,
    ActionMask,
    DownlinkAction,
    DownlinkLayout,
    DownlinkMeasurement,
    DownlinkObservation,
    DownlinkOutcome,
    num_choices,
)
from hiercoop.env.semantic.world import UserWorld
from hiercoop.errors import ConfigError, MessageError
from hiercoop.radio.downlink.beam_gains import link_response, own_beam_gain, own_mean_beam_gain
from hiercoop.radio.downlink.path_gains import PathGains
from hiercoop.radio.downlink.sinr import link_gain, received_power_w
from hiercoop.seeding import Streams
from hiercoop.traffic.semantic.accuracy import make_accuracy
from hiercoop.traffic.semantic.quality import quality_of_experience
from hiercoop.traffic.semantic.rate import semantic_rate_ksutps
from hiercoop.traffic.semantic.requirements import Requirements, draw_requirements


class SemanticDownlinkEnv:
    """A batch of independent worlds of cells that serve their users on the same channel (docs/semantic-downlink.md).

    An epoch begins every `slots_per_epoch` slots: then each link's beam and power are chosen, and hold; the symbols a word are
    chosen in every slot, and the power too where `power_layer` is "lower". After `episode_slots` slots other users come.

    Draws never depend on choices: the same seed gives every policy the same users, places and channels.
    """

    _gain: Float32[np.ndarray, "env user link"]
    _response: Complex64[np.ndarray, "env user link path"]
    _requirements: Requirements
    _view: SlotView

    def __init__(self, scenario: SemanticScenarioConfig, num_envs: int = 1, seed: int = 0) -> None:
        if num_envs < 1:
            raise ConfigError(f"num_envs={num_envs} must be at least 1")
        self.scenario = scenario
        self.num_envs = num_envs
        self.layout = DownlinkLayout.of(scenario)
        streams = Streams(seed)
        self.world = UserWorld(scenario, num_envs, streams)
        pairs = (num_envs, scenario.num_users, scenario.num_cells)
        self._paths = PathGains(scenario.radio, streams.generator("fading"), pairs)
        self._wishes = streams.generator("requirements")
        self._observer = DownlinkObserver(scenario, self.world.sites_m, num_envs)
        self._accuracy = make_accuracy(scenario.semantics)
        self._shape = (num_envs, scenario.num_cells, scenario.users.num_per_cell)
        self._free = ActionMask(*(np.ones((*self._shape, count), np.bool_) for count in num_choices(scenario)))
        self._slot = -1
        self._episode_slot = 0

    @property
    def path_gain(self) -> Complex64[np.ndarray, "env user cell path"]:
        """Small-scale gains of the coming slot; valid until the next step."""
        return self._paths.gain

    @property
    def requirements(self) -> Requirements:
        """What the user of every link wants in the coming slot, shapes [env, link]; cells see it in observations."""
        return self._requirements.transposed()

    def reset(self) -> DownlinkObservation:
        """The first observation of new users; a second reset goes on with new draws."""
        self._slot = 0
        self._begin_episode()
        return self._observe()

    def step(self, action: DownlinkAction) -> DownlinkOutcome:
        """One slot scored under these choices, and the next one's observation.

        MessageError for choices of another shape or out of their range, also where they are not looked at; ConfigError
        before `reset`.
        """
        if self._slot < 0:
            raise ConfigError("the environment has no users yet; call reset first")
        self._check(action)
        self._obey(action)
        measurement = self._score(_by_link(action.num_symbols))
        reward: Float32[np.ndarray, "env"] = measurement.quality.total.mean(axis=1)
        final_observation = self._advance()
        return DownlinkOutcome(self._observe(), reward, measurement, final_observation)

    def _check(self, action: DownlinkAction) -> None:
        scenario = self.scenario
        limits = {"beam": (0, scenario.radio.num_beams - 1), "power_level": (0, scenario.radio.num_power_levels - 1)}
        for name, (low, high) in {**limits, "num_symbols": (1, MAX_SYMBOLS)}.items():
            value: Int[np.ndarray, "..."] = getattr(action, name)
            if value.shape != self._shape or value.dtype.kind not in "iu":
                raise MessageError(f"{name} is {value.dtype} {value.shape}; send integers of shape {self._shape}")
            if value.min() < low or value.max() > high:
                raise MessageError(f"{name} holds {value.min()}..{value.max()}; each must be in {low}..{high}")

    def _obey(self, action: DownlinkAction) -> None:
        """Beam and power as the slot leaves a choice of them."""
        is_epoch_start = self._epoch_age == 0
        if is_epoch_start:
            self._beam = np.array(action.beam, np.int64)
            self._response = link_response(self.world.response, self._beam)
            self._gain = link_gain(self._paths.gain, self._response, self.world.gain)
        if is_epoch_start or self.scenario.power_layer == "lower":
            self._power_level = np.array(action.power_level, np.int64)
            share = _by_link(self._power_level).astype(np.float32) / np.float32(self.scenario.radio.num_power_levels - 1)
            self._power_share: Float32[np.ndarray, "user env"] = share
        if is_epoch_start:
            is_beam = self._beam[..., None] == np.arange(self.scenario.radio.num_beams)
            self._observer.see_beam(is_beam)
            self._held = self._held_mask(is_beam)

    def _held_mask(self, is_beam: Bool[np.ndarray, "env cell cell_user beam"]) -> ActionMask:
        """What may be chosen until the next epoch."""
        is_level = self._power_level[..., None] == np.arange(self.scenario.radio.num_power_levels)
        power_level = self._free.power_level if self.scenario.power_layer == "lower" else is_level
        return ActionMask(is_beam, power_level, self._free.num_symbols)

    def _score(self, num_symbols: Int64[np.ndarray, "user env"]) -> DownlinkMeasurement:
        """SINR, accuracy, rate and quality of the slot. A silent link sends nothing: no rate and no accuracy."""
        scenario, radio = self.scenario, self.scenario.radio
        power_w = self._power_share * np.float32(scenario.link_max_power_w)
        own_w, interference_w = (value.T for value in received_power_w(self._gain, power_w.T))
        sinr = own_w / (interference_w + np.float32(radio.noise_w))
        is_sending = self._power_share > 0.0
        sinr_db = np.float32(10.0) * np.log10(np.maximum(sinr, LEAST_SINR))
        accuracy = self._accuracy.accuracy(num_symbols, sinr_db) * is_sending
        rate = semantic_rate_ksutps(num_symbols, radio.bandwidth_hz, scenario.semantics.units_per_word) * is_sending
        quality = quality_of_experience(rate, accuracy, self._requirements)
        seen, weight = observed_db(sinr, LEAST_SINR), np.float32(SINR_MEAN_WEIGHT if self._episode_slot else 1.0)
        self._view = SlotView(
            power=self._power_share,
            num_symbols=num_symbols.astype(np.float32) / np.float32(MAX_SYMBOLS),
            gain=self._view.gain,
            interference=self._observer.interference(interference_w),
            sinr=seen,
            sinr_mean=self._view.sinr_mean + weight * (seen - self._view.sinr_mean),
            rate_quality=quality.rate,
            accuracy_quality=quality.accuracy,
        )
        return DownlinkMeasurement(
            beam=_by_link(self._beam).T,
            power_w=power_w.T,
            num_symbols=num_symbols.T,
            sinr=sinr.T,
            rate_ksutps=rate.T,
            accuracy=accuracy.T,
            quality=quality.transposed(),
            is_episode_end=self._episode_slot == scenario.episode_slots - 1,
        )

    @property
    def _epoch_age(self) -> int:
        return self._episode_slot % self.scenario.slots_per_epoch

    def _begin_episode(self) -> None:
        """Other users, of whom no beam, power or SINR is known."""
        self._episode_slot = 0
        self._held = self._free
        self.world.begin()
        self._paths.reset()
        self._draw_requirements()
        is_known = not self.scenario.requirements.is_redrawn_each_slot
        self._observer.see_users(self._requirements if is_known else None)
        nothing = np.zeros((self.scenario.num_users, self.num_envs), np.float32)
        self._view = SlotView(*([nothing] * len(SLOT_QUANTITIES)))
        self._see_places()
        self._see_sweep()

    def _advance(self) -> DownlinkObservation | None:
        """Time goes on by a slot. Gives the final observation of an episode that has come to its end."""
        self._slot += 1
        self._episode_slot += 1
        self._paths.advance()
        if self.scenario.requirements.is_redrawn_each_slot:
            self._draw_requirements()
        if self._epoch_age == 0:
            if self.world.move():
                self._see_places()
                self._response = link_response(self.world.response, self._beam)
            self._see_sweep()
        self._gain = link_gain(self._paths.gain, self._response, self.world.gain)
        users = np.arange(self.scenario.num_users)
        own_gain = self._gain.transpose(1, 2, 0)[users, users]
        self._view = replace(self._view, gain=self._observer.gain(own_gain))
        if self._episode_slot < self.scenario.episode_slots:
            return None
        final_observation = self._observe()
        self._begin_episode()
        return final_observation

    def _draw_requirements(self) -> None:
        shape = (self.scenario.num_users, self.num_envs)
        self._requirements = draw_requirements(self.scenario.requirements, self._wishes, shape)

    def _see_places(self) -> None:
        self._observer.see_places(own_mean_beam_gain(self.world.response, self.world.gain), self.world.gain)

    def _see_sweep(self) -> None:
        self._observer.see_sweep(own_beam_gain(self._paths.gain, self.world.response, self.world.gain))

    def _observe(self) -> DownlinkObservation:
        return DownlinkObservation(
            slot=self._slot,
            local=self._observer.observe(self._epoch_age, self._view),
            action_mask=self._free if self._epoch_age == 0 else self._held,
            is_epoch_start=self._epoch_age == 0,
        )


def _by_link(value: Int[np.ndarray, "env cell cell_user"]) -> Int64[np.ndarray, "user env"]:
    """One value a link, environments last in memory as everything that a slot is scored with."""
    return np.array(value.reshape(len(value), -1).T, np.int64, order="C")
