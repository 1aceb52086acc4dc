"""What the environment does to the comparison: speed, number of SBSs, bandwidth, fading, uneven load and density.

A policy is trained on the study's curriculum and meets everything else as it comes, except where a docstring says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.figures.cases import (
    CAPACITY_GAIN,
    DELIVERY,
    SPECTRAL_EFFICIENCY,
    SUM_CAPACITY_MBPS,
    Case,
    Quantity,
)
from hiercoop.figures.contenders import ABLATIONS, EVERY_SLOT, HIERCOOP, Contender, Policy
from hiercoop.figures.study import StudyConfig, full_buffer, with_settings

GAINING: tuple[Policy, ...] = (EVERY_SLOT, HIERCOOP, "best-response", "best-response-delayed")
"""Shown as gains over local search."""


def speed_cases(study: StudyConfig) -> list[Case]:
    """Sum capacity against speed under both correlated fadings."""
    return [
        Case(fading, speed, policy, scenario, SUM_CAPACITY_MBPS, study.sweep_episodes)
        for fading in ("jakes", "ar1")
        for speed in study.speeds_mps
        for scenario in [full_buffer(with_settings(study.scenario, *fading_at(fading, speed)))]
        for policy in study.swept_policies()
    ]


def fading_cases(study: StudyConfig) -> list[Case]:
    """Sum capacity under each fading model."""
    return [
        Case("capacity", fading, policy, scenario, SUM_CAPACITY_MBPS, study.sweep_episodes)
        for fading in ("iid", "ar1", "jakes")
        for scenario in [full_buffer(with_settings(study.scenario, f"radio.fading={fading}"))]
        for policy in study.swept_policies()
    ]


def cell_cases(study: StudyConfig) -> list[Case]:
    """Capacity per SBS and delivery against the number of SBSs: one policy for all, and HierCoop trained for that number."""
    cases = []
    for cells in study.cells:
        scenario = with_settings(study.scenario, f"num_sbs={cells}")
        for policy in study.swept_policies():
            cases += _capacity_per_cell_and_delivery(study, cells, policy, scenario)
        if cells in study.cells_trained_for:
            own = Contender("hiercoop-own", HIERCOOP.algorithm, (*HIERCOOP.settings, f"curriculum.num_sbs=[{cells}]"))
            cases += _capacity_per_cell_and_delivery(study, cells, own, scenario)
    return cases


def bandwidth_cases(study: StudyConfig) -> list[Case]:
    """Sum capacity and spectral efficiency against a sub-band's bandwidth; noise power grows with it, not transmit power."""
    cases = []
    for bandwidth_hz in study.band_bandwidths_hz:
        scenario = full_buffer(with_settings(study.scenario, *bandwidth_settings(study.scenario, bandwidth_hz)))
        for panel, quantity in (("capacity", SUM_CAPACITY_MBPS), ("efficiency", SPECTRAL_EFFICIENCY)):
            cases += _each(panel, bandwidth_hz / 1e6, study.swept_policies(), scenario, quantity, study.sweep_episodes)
    return cases


def uneven_cases(study: StudyConfig) -> list[Case]:
    """Delivery and goodput against how much more the last cell has to deliver than the first, at the same mean."""
    policies = (*study.swept_policies(), "best-response-payload")
    cases = []
    for ratio in study.load_ratios:
        scenario = with_settings(study.scenario, f"traffic.load_ratio={ratio}")
        cases += _each("delivery", ratio, policies, scenario, DELIVERY, study.sweep_episodes)
        cases += _each("gain", ratio, GAINING, scenario, Quantity("delivery_success", is_gain=True), study.sweep_episodes)
    return cases


def density_cases(study: StudyConfig) -> list[Case]:
    """Gain over local search against the density of SBSs in one street, vehicles near them."""
    policies = (*GAINING, "band-plan")
    cases = []
    for spacing_m in study.spacings_m:
        street = with_settings(study.scenario, f"sbs_spacing_m={spacing_m}", "mobility.drop=near")
        cases += _each("gain", 1e3 / spacing_m, policies, full_buffer(street), CAPACITY_GAIN, study.sweep_episodes)
        delivery = Quantity("delivery_success", is_gain=True)
        cases += _each("delivery gain", 1e3 / spacing_m, policies, street, delivery, study.sweep_episodes)
    return cases


def ablation_cases(study: StudyConfig) -> list[Case]:
    """HierCoop with one part left out, and whole: sum capacity and delivery."""
    policies: tuple[Policy, ...] = (HIERCOOP, *ABLATIONS, "local-search")
    endless = full_buffer(study.scenario)
    return [
        *_each("capacity", "full buffer", policies, endless, SUM_CAPACITY_MBPS, study.episodes),
        *_each("delivery", "payload", policies, study.scenario, DELIVERY, study.episodes),
    ]


def fading_at(fading: str, speed_mps: float) -> tuple[str, str]:
    """Settings of a fading model at a speed."""
    return f"radio.fading={fading}", f"mobility.speed_mps={speed_mps}"


def bandwidth_settings(scenario: ScenarioConfig, bandwidth_hz: float) -> tuple[str, str]:
    """Settings of another bandwidth of each sub-band at the same noise density: kTB is proportional to B."""
    radio = scenario.radio
    noise_dbm = radio.noise_power_dbm + 10.0 * math.log10(bandwidth_hz / radio.band_bandwidth_hz)
    return f"radio.band_bandwidth_hz={bandwidth_hz}", f"radio.noise_power_dbm={noise_dbm}"


def _each(
    panel: str, x: float | str, policies: Iterable[Policy], scenario: ScenarioConfig, quantity: Quantity, episodes: int
) -> list[Case]:
    return [Case(panel, x, policy, scenario, quantity, episodes) for policy in policies]


def _capacity_per_cell_and_delivery(study: StudyConfig, cells: int, policy: Policy, scenario: ScenarioConfig) -> list[Case]:
    per_cell = Quantity("sum_capacity_bps", 1e-6 / cells)
    return [
        Case("capacity", cells, policy, full_buffer(scenario), per_cell, study.sweep_episodes),
        Case("delivery", cells, policy, scenario, DELIVERY, study.sweep_episodes),
    ]
