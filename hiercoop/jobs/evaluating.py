"""An evaluation job: a policy's delivery rounds, one by one."""

from __future__ import annotations

from dataclasses import asdict

from hiercoop.algorithms.allocator import Allocator
from hiercoop.algorithms.bundle_allocator import BundleAllocator
from hiercoop.algorithms.edgeless import Edgeless
from hiercoop.algorithms.registry import BASELINES, make_allocator
from hiercoop.config.run import RunConfig
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.errors import BundleError
from hiercoop.execution.bundle import PolicyBundle, load_bundle
from hiercoop.execution.policy_path import policy_path
from hiercoop.jobs.description import EvaluateJob, PayloadSearchJob, SwitchJob, TrainJob
from hiercoop.jobs.perform import Inputs
from hiercoop.jobs.results import EvaluateResult, as_samples
from hiercoop.training.evaluation import sample_episodes


def perform_evaluation(job: EvaluateJob, inputs: Inputs) -> EvaluateResult:
    """The job's delivery rounds."""
    allocator = _evaluated(job, inputs)
    samples = sample_episodes(job.scenario, allocator, job.episodes, job.seed)
    links = (samples.links.capacity_bps, samples.links.time_to_deliver_s) if job.keeps_links else ((), ())
    return EvaluateResult(
        metrics={name: as_samples(values) for name, values in samples.metrics.items()},
        link_capacity_bps=tuple(map(as_samples, links[0])),
        link_time_to_deliver_s=tuple(map(as_samples, links[1])),
        signalling_per_slot=asdict(allocator.signalling()),
        option_share=tuple(allocator.option_share()),
    )


def make_job_allocator(job: PayloadSearchJob, scenario: ScenarioConfig, inputs: Inputs) -> Allocator:
    """The policy of a job, reporting on termination."""
    if isinstance(job.policy, str) and job.policy in BASELINES:
        return make_allocator(job.policy, scenario, job.seed)
    return BundleAllocator(_label(job.policy), job_bundle(job, inputs), RunConfig(scenario=scenario, seed=job.seed))


def job_bundle(job: EvaluateJob | SwitchJob | PayloadSearchJob, inputs: Inputs) -> PolicyBundle:
    """The bundle that a job runs: a training's, or the one of its name; BundleError where that is another one by now."""
    if isinstance(job.policy, TrainJob):
        return inputs[job.policy.name].bundle()
    bundle = load_bundle(policy_path(job.policy))
    if job.bundle_digest not in (None, bundle.digest):
        raise BundleError(f"policy {job.policy!r} is not the bundle that the job was made for; describe the job anew")
    return bundle


def _evaluated(job: EvaluateJob, inputs: Inputs) -> Allocator:
    if isinstance(job.policy, str) and job.policy in BASELINES:
        return make_allocator(job.policy, job.scenario, job.seed)
    bundle, label = job_bundle(job, inputs), _label(job.policy)
    if job.reporting == "none":
        return Edgeless(label, bundle, job.scenario)
    run = RunConfig(
        scenario=job.scenario,
        seed=job.seed,
        reporting=job.reporting,
        report_period_slots=job.report_period_slots,
        codec=job.codec,
    )
    return BundleAllocator(label, bundle, run)


def _label(policy: str | TrainJob) -> str:
    return policy if isinstance(policy, str) else policy.config.algorithm
