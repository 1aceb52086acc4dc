"""A policy bundle in a batch of environments: what `SbsAgent` and `UpperEdge` do for one, with synchronous options.

Every report and decision is built and counted as it would be sent; the codec is passed as on the wire. A policy's only
option never ends and is never reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from hiercoop.algorithms.allocator import Signalling
from hiercoop.config.run import RunConfig
from hiercoop.env.types import ChannelState, Observation
from hiercoop.env.world import make_world
from hiercoop.errors import ConfigError
from hiercoop.execution.bundle import PolicyBundle
from hiercoop.execution.edge_policy import EdgePolicy, cell_codes, hold_of
from hiercoop.execution.option_choice import KnownCells, OptionChoice
from hiercoop.execution.sbs_memory import no_memory
from hiercoop.execution.sbs_policy import SbsInference, SbsPolicy
from hiercoop.execution.signalling import SignallingLedger, totals
from hiercoop.radio.geometry import site_distances_m
from hiercoop.rpc import codec
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, OptionDecision
from hiercoop.seeding import Streams, keyed_generator, keyed_uniform


@dataclass
class _Options:
    """The option of every cell, and what the edge last heard of it."""

    option: Int64[np.ndarray, "env cell"]
    since_slot: Int64[np.ndarray, "env cell"]
    limit_slots: Int64[np.ndarray, "env cell"]
    heard_features: Float32[np.ndarray, "env cell feature"]
    heard_option: Int64[np.ndarray, "env cell"]
    heard_since: Int64[np.ndarray, "env cell"]
    is_heard: Bool[np.ndarray, "env cell"]


class BundleAllocator:
    """HierCoop from a bundle: options from the edge, allocations from the cells, each from its own observation."""

    ignores_interference = False

    def __init__(self, name: str, bundle: PolicyBundle, run: RunConfig) -> None:
        if run.options != "synchronous":
            raise ConfigError(f"options={run.options!r} cannot be evaluated in a batch; use synchronous, or simulate")
        bundle.check_scenario(run.scenario)
        self.name = name
        self._run = run
        self._manifest = bundle.manifest
        self._has_alternatives = bundle.manifest.dimensions.options > 1
        self._hold = hold_of(run.reporting, run.period_slots)
        self._sbs = SbsPolicy(bundle, self._hold)
        self._edge = EdgePolicy(bundle)
        self._distances_m = site_distances_m(make_world(run.scenario, 1, Streams(run.seed)).sbs_sites_m)
        self._ledger = SignallingLedger()
        self._sequence = 0
        self._env_slots = 0
        self._reports = 0
        self._option_slots = np.zeros(bundle.manifest.dimensions.options, np.int64)
        self._next_seed = run.seed
        self.reset(1)
        self._next_seed = run.seed

    def reset(self, num_envs: int) -> None:
        """New environments: every option ends and is chosen anew. The first one draws as a run of this seed does."""
        shape, sizes = (num_envs, self._run.scenario.num_sbs), self._manifest.dimensions
        longest = self._manifest.max_option_slots
        cells = np.arange(shape[1])
        self._seed, self._next_seed = self._next_seed, self._next_seed + num_envs
        codes = np.stack([cell_codes(self._seed + env, shape[1], sizes.code) for env in range(num_envs)])
        self._choice = OptionChoice(self._edge, codes, self._distances_m, self._hold)
        self._memory = no_memory(*shape, sizes.memory)
        self._options = _Options(
            option=np.full(shape, self._manifest.default_option),
            since_slot=np.zeros(shape, np.int64),
            limit_slots=np.tile(np.maximum(1, longest - cells * longest // shape[1]), (num_envs, 1)),
            heard_features=np.zeros((*shape, sizes.features), np.float32),
            heard_option=np.zeros(shape, np.int64),
            heard_since=np.zeros(shape, np.int64),
            is_heard=np.zeros(shape, np.bool_),
        )
        self._is_first = True

    def allocate(self, observation: Observation, channel: ChannelState) -> Int64[np.ndarray, "env cell vehicle"]:
        """From the local observations, and from what the cells tell the edge."""
        options, slot = self._options, observation.slot
        noise = self._noise(observation)
        everyone = np.ones(options.option.shape, np.bool_)
        inferred = self._infer(observation, everyone, noise)
        choice = inferred.choice.astype(np.int64).reshape(*everyone.shape, -1)
        ended = self._ends(slot, inferred.termination.reshape(everyone.shape))
        if ended.any():
            before = options.option
            self._consult_edge(slot, ended, inferred.features.reshape(*everyone.shape, -1))
            changed = options.option != before
            if changed.any():
                choice[changed] = self._infer(observation, changed, noise).choice
        self._is_first = False
        self._memory = self._memory.after(inferred.averages)
        self._env_slots += len(choice)
        self._option_slots += np.bincount(options.option.reshape(-1), minlength=len(self._option_slots))
        return choice

    def signalling(self) -> Signalling:
        """Reports and decisions per slot of an environment, all cells together; set-up is not counted."""
        total, slots = totals(self._ledger.counts()), max(self._env_slots, 1)
        return Signalling(
            payload_bytes_per_slot=total["payload_bytes"] / slots,
            http2_bytes_per_slot=total["http2_bytes"] / slots,
            link_bytes_per_slot=total["link_bytes"] / slots,
            reports_per_slot=self._reports / slots,
        )

    def option_share(self) -> list[float]:
        """Share of cell-slots by option."""
        return [float(share) for share in self._option_slots / max(int(self._option_slots.sum()), 1)]

    def _infer(
        self, observation: Observation, rows: Bool[np.ndarray, "env cell"], noise: Float32[np.ndarray, "..."] | None
    ) -> SbsInference:
        return self._sbs.infer(
            observation.local[rows],
            observation.action_mask[rows],
            self._options.option[rows],
            self._memory.rows(rows),
            None if noise is None else noise[rows],
        )

    def _noise(self, observation: Observation) -> Float32[np.ndarray, "env cell vehicle choice"] | None:
        if self._manifest.actions != "sampled":
            return None
        num_envs, num_cells, *shape = observation.action_mask.shape
        draws = [
            keyed_generator(self._seed + env, "action", cell, observation.slot).gumbel(size=(1, *shape))
            for env in range(num_envs)
            for cell in range(num_cells)
        ]
        return np.concatenate(draws).astype(np.float32).reshape(num_envs, num_cells, *shape)

    def _ends(self, slot: int, termination: Float32[np.ndarray, "env cell"]) -> Bool[np.ndarray, "env cell"]:
        """Options that end now, and are reported: never the only one, all at the start, then as `OptionClock.ends` has it."""
        options = self._options
        if not self._has_alternatives:
            return np.zeros(termination.shape, np.bool_)
        if self._is_first:
            return np.ones(termination.shape, np.bool_)
        if self._run.reporting != "on-termination":
            return np.full(termination.shape, slot % self._run.period_slots == 0)
        age_slots = slot - options.since_slot
        if self._manifest.terminations == "threshold":
            wants: np.ndarray = termination > 0.5
        else:
            draws = [
                keyed_uniform(self._seed + env, "termination", cell, slot)
                for env in range(termination.shape[0])
                for cell in range(termination.shape[1])
            ]
            wants = np.reshape(draws, termination.shape) < termination
        ends: np.ndarray = (age_slots >= 1) & ((age_slots >= options.limit_slots) | wants)
        return ends

    def _consult_edge(
        self, slot: int, ended: Bool[np.ndarray, "env cell"], features: Float32[np.ndarray, "env cell feature"]
    ) -> None:
        """The ended options are reported, and new ones come in answer."""
        options = self._options
        sent = self._send(slot, ended, features)
        options.option = self._decide(slot, ended, sent)
        options.since_slot = np.where(ended, slot, options.since_slot)
        if slot > 0:
            options.limit_slots = np.where(ended, self._manifest.max_option_slots, options.limit_slots)
        options.heard_features = np.where(ended[..., None], sent, options.heard_features)
        options.heard_option = np.where(ended, options.option, options.heard_option)
        options.heard_since = np.where(ended, slot, options.heard_since)
        options.is_heard = options.is_heard | ended
        self._answer(slot, ended)

    def _decide(
        self, slot: int, ended: Bool[np.ndarray, "env cell"], sent: Float32[np.ndarray, "env cell feature"]
    ) -> Int64[np.ndarray, "env cell"]:
        """The options that hold from now on: decided together, or each from what was heard of the others before."""
        options = self._options
        if self._run.reporting != "on-termination":
            no_age = np.zeros(ended.shape, np.float32)
            return self._choice.jointly(KnownCells(sent, options.option, no_age, np.ones(ended.shape, np.bool_)), ended)
        age_slots = np.where(options.is_heard, slot - options.heard_since, 0).astype(np.float32)
        heard = KnownCells(options.heard_features, options.heard_option, age_slots, options.is_heard)
        option = options.option.copy()
        option[ended] = self._choice.separately(sent, heard, ended)
        return option

    def _send(
        self, slot: int, reports: Bool[np.ndarray, "env cell"], features: Float32[np.ndarray, "env cell feature"]
    ) -> Float32[np.ndarray, "env cell feature"]:
        """The features as the edge decodes them; each report is counted."""
        received = np.zeros_like(features)
        roster = codec.roster_bits(range(reports.shape[1]))
        self._sequence += 1
        for env, cell in np.argwhere(reports):
            tensor = codec.encode_features(features[env, cell], self._run.codec)
            received[env, cell] = codec.decode_features(tensor)
            report = FeatureReport(
                cell=cell,
                slot=slot,
                sequence=self._sequence,
                option=self._options.option[env, cell],
                option_since_slot=self._options.since_slot[env, cell],
                terminated=True,
                features=tensor,
                roster=roster,
                run_epoch=1,
                attach_epoch=1,
                edge_epoch=1,
                budget_us=round(self._run.edge_timeout_s * 1e6),
            )
            self._ledger.record(int(cell), 1, "FeatureReport", True, report.ByteSize())
        self._reports += int(np.count_nonzero(reports))
        return received

    def _answer(self, slot: int, reports: Bool[np.ndarray, "env cell"]) -> None:
        for env, cell in np.argwhere(reports):
            decision = OptionDecision(
                cell=cell,
                slot=slot,
                sequence=self._sequence,
                option=self._options.option[env, cell],
                run_epoch=1,
                attach_epoch=1,
                edge_epoch=1,
            )
            self._ledger.record(int(cell), 1, "OptionDecision", False, decision.ByteSize())
