"""A switch job: the whole split in one process, with its payload switched on the way."""

from __future__ import annotations

import numpy as np

from hiercoop.config.run import RunConfig
from hiercoop.execution.emulation import SlotRecord
from hiercoop.execution.in_process import InProcessRun
from hiercoop.jobs.description import SwitchJob
from hiercoop.jobs.evaluating import job_bundle
from hiercoop.jobs.perform import Inputs
from hiercoop.jobs.results import SwitchResult, as_samples


def perform_switch(job: SwitchJob, inputs: Inputs) -> SwitchResult:
    """Options and deliveries slot by slot, before and after the command."""
    scenario, (before, after) = job.scenario, job.rounds
    round_slots, num_slots = scenario.episode_slots, scenario.episode_slots * (before + after)
    traffic = scenario.traffic.model_copy(update={"payload_bytes": job.payloads_bytes[0], "full_buffer": False})
    run = RunConfig(scenario=scenario.model_copy(update={"traffic": traffic}), seed=job.seed, max_slots=num_slots)
    bundle = job_bundle(job, inputs)
    # Slots before a round's first one belong to the round before: the command must come by its end.
    switch_slot = before * round_slots
    whole = InProcessRun(run, bundle, events=[(switch_slot - 1, {"control": {"payload_bytes": job.payloads_bytes[1]}})])
    shares, records = [], []
    while (record := whole.advance()) is not None:
        options = [cell.counts.option for cell in whole.emulation.cells]
        shares.append(np.bincount(options, minlength=bundle.manifest.dimensions.options) / len(options))
        records.append(record)
    ends = [record for record in records if record.measured.is_round_end]
    return SwitchResult(
        switch_slot=switch_slot,
        round_slots=round_slots,
        option_share=tuple(tuple(map(float, row)) for row in shares),
        goodput_bps=as_samples(record.measured.delivered_bits.sum() / scenario.radio.slot_duration_s for record in records),
        delivery_success=as_samples(map(_delivery_success, ends)),
    )


def _delivery_success(end: SlotRecord) -> float:
    num_offered = int(np.count_nonzero(end.measured.is_present))
    return int(np.count_nonzero(end.measured.is_delivered)) / num_offered if num_offered else float("nan")
