"""How much of everything a set of figures takes: seeds, episodes, payloads; and the jobs in these terms."""

from __future__ import annotations

from functools import cache

from pydantic import Field

from hiercoop.config.load import build, overlay
from hiercoop.config.radio import SettingsModel
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.config.training import load_training
from hiercoop.figures.contenders import EVERY_SLOT, SCORERS, Contender, Policy
from hiercoop.jobs.description import EvaluateJob, JobReporting, SwitchJob, TrainJob
from hiercoop.training.courses import resolve


class Reports(SettingsModel):
    """When features are sent."""

    reporting: JobReporting = "on-termination"
    period_slots: int = 1


ON_TERMINATION = Reports()


class StudyConfig(SettingsModel):
    """The full set; `QUICK` makes it small."""

    scenario: ScenarioConfig = ScenarioConfig()
    preset: str = "fast"
    training_settings: tuple[str, ...] = ()
    """key=value, laid over the preset of every training."""
    training_seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    episodes: int = Field(default=500, ge=2)
    sweep_episodes: int = Field(default=200, ge=2)
    """Of each point of a sweep."""
    episode_seed: int = Field(default=1_000_000, ge=1_000_000)
    """Below lie the seeds of training and validation."""
    payloads_bytes: tuple[float, ...] = (27e3, 43e3, 59e3, 75e3, 91e3, 107e3, 123e3, 139e3)
    """From where random delivers 95 % to where best-response-payload delivers 50 % (docs/results/figures.md)."""
    swept: tuple[str, ...] = tuple(contender.name for contender in (*SCORERS, EVERY_SLOT))
    """Contenders of the sweeps over environments."""
    signalling_costs_per_byte: tuple[float, ...] = (0.0, 5e-6, 5e-5, 5e-4)
    """xi of the frontier; the third is the default."""
    report_periods_slots: tuple[int, ...] = (1, 2, 5, 20)
    speeds_mps: tuple[float, ...] = (1.5, 5.0, 15.0)
    cells: tuple[int, ...] = (1, 2, 3, 4, 6, 8, 10, 12)
    cells_trained_for: tuple[int, ...] = (1, 6, 12)
    """Numbers of SBSs for which a policy of their own is trained, to compare with the one policy for all."""
    band_bandwidths_hz: tuple[float, ...] = (250e3, 500e3, 1e6, 2e6, 4e6)
    spacings_m: tuple[float, ...] = (25.0, 50.0, 100.0, 200.0, 400.0)
    load_ratios: tuple[float, ...] = (1.0, 3.0, 9.0, 27.0)
    switch_runs: int = Field(default=20, ge=1)
    switch_rounds: tuple[int, int] = (10, 10)
    moving_mean_iterations: int = Field(default=10, ge=1)

    def shifted(self, by: int) -> StudyConfig:
        """The same with all seeds raised; ConfigError where the episodes' seed would fall below 1,000,000."""
        seeds = {"training_seeds": [seed + by for seed in self.training_seeds], "episode_seed": self.episode_seed + by}
        return build(StudyConfig, {**self.model_dump(exclude_none=True), **seeds})

    def train_job(self, contender: Contender, seed: int) -> TrainJob:
        """One training of a contender."""
        return _train_job(self, contender, seed)

    def train_jobs(self, contender: Contender) -> list[TrainJob]:
        """One for each training seed."""
        return [self.train_job(contender, seed) for seed in self.training_seeds]

    def evaluate_jobs(
        self,
        policy: Policy,
        scenario: ScenarioConfig,
        episodes: int,
        reports: Reports = ON_TERMINATION,
        keeps_links: bool = False,
    ) -> list[EvaluateJob]:
        """Evaluations on the same episodes: one for each training of a contender, one for a baseline."""
        learned: list[str | TrainJob] = [policy] if isinstance(policy, str) else [*self.train_jobs(policy)]
        if isinstance(policy, Contender) and policy.report_period_slots is not None:
            reports = Reports(reporting="periodic", period_slots=policy.report_period_slots)
        return [
            EvaluateJob(
                policy=source,
                scenario=scenario,
                reporting=reports.reporting,
                report_period_slots=reports.period_slots,
                episodes=episodes,
                seed=self.episode_seed,
                keeps_links=keeps_links,
            )
            for source in learned
        ]

    def swept_policies(self) -> tuple[Policy, ...]:
        """Who takes part in the sweeps: the named contenders and the baselines that know more or nothing."""
        learned = [contender for contender in (*SCORERS, EVERY_SLOT) if contender.name in self.swept]
        return (*learned, "random", "local-search", "best-response", "best-response-delayed")

    def switch_jobs(self, contender: Contender) -> list[list[SwitchJob]]:
        """Runs with a switch from the smallest to the largest payload: a list for each training."""
        payloads = (min(self.payloads_bytes), max(self.payloads_bytes))
        moving = with_settings(self.scenario, "mobility.kind=grid")
        return [
            [
                SwitchJob(
                    policy=job,
                    scenario=moving,
                    payloads_bytes=payloads,
                    rounds=self.switch_rounds,
                    seed=self.episode_seed + run,
                )
                for run in range(self.switch_runs)
            ]
            for job in self.train_jobs(contender)
        ]


@cache
def _train_job(study: StudyConfig, contender: Contender, seed: int) -> TrainJob:
    settings = [*study.training_settings, *contender.settings]
    config = load_training(study.preset, study.scenario, seed, settings=settings, algorithm=contender.algorithm)
    return TrainJob(config=resolve(config))


QUICK: dict[str, object] = {
    "preset": "tiny",
    "training_settings": ["iterations=4", "num_envs=4", "validation.every_iterations=4", "validation.num_envs=4"],
    "training_seeds": [1, 2, 3],
    "episodes": 24,
    "sweep_episodes": 12,
    "payloads_bytes": [27e3, 75e3, 139e3],
    "signalling_costs_per_byte": [0.0, 1e-4],
    "report_periods_slots": [1, 5],
    "speeds_mps": [1.5, 15.0],
    "cells": [1, 3, 6],
    "cells_trained_for": [1],
    "band_bandwidths_hz": [500e3, 1e6, 2e6],
    "spacings_m": [25.0, 100.0, 400.0],
    "load_ratios": [1.0, 9.0],
    "switch_runs": 2,
    "switch_rounds": [4, 4],
    "swept": ["hiercoop", "hiercoop-every-slot", "ppo"],
    "moving_mean_iterations": 2,
}


def with_settings(scenario: ScenarioConfig, *settings: str) -> ScenarioConfig:
    """The scenario with key=value settings laid over it; ConfigError as `load_scenario`."""
    return build(ScenarioConfig, overlay(scenario.model_dump(exclude_none=True), None, settings))


def full_buffer(scenario: ScenarioConfig) -> ScenarioConfig:
    """The same where payloads never end: the only setting in which sum capacity compares policies."""
    return with_settings(scenario, "traffic.full_buffer=true")


def with_payload(scenario: ScenarioConfig, payload_bytes: float) -> ScenarioConfig:
    """The same with this payload a vehicle."""
    return with_settings(scenario, "traffic.full_buffer=false", f"traffic.payload_bytes={payload_bytes}")
