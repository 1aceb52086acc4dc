import numpy as np
import pytest

from hiercoop.algorithms.bundle_allocator import BundleAllocator
from hiercoop.config.load import load_scenario
from hiercoop.config.run import FeatureCodec, Reporting, RunConfig
from hiercoop.env import HetNetEnv
from hiercoop.env.types import SlotMeasurement
from hiercoop.errors import ConfigError
from hiercoop.execution.in_process import run_in_process
from tests.bundles import random_bundle
from tests.execution.edges import hold_bundle
from tests.execution.scenes import scenario as scene_scenario

SCENARIO = load_scenario("urban-grid", settings=["episode_slots=60"])
SLOTS = 50


def choices_of(measured: SlotMeasurement) -> np.ndarray:
    """The choice of each link of the first environment, -1 for a link without a vehicle."""
    return np.where(measured.is_present[0], measured.choice[0], -1)


def choices_of_the_split(run: RunConfig, bundle: object) -> tuple[np.ndarray, float]:
    """Choices slot by slot, and bytes of reports and decisions, of a run of simulator, agents and edge in one process."""
    choices: list[np.ndarray] = []
    whole = run_in_process(run, bundle, on_slot=lambda record: choices.append(choices_of(record.measured)))
    counts = [count for count in whole.edge.ledger.counts() if count.type in ("FeatureReport", "OptionDecision")]
    return np.array(choices), sum(count.payload_bytes for count in counts)


def choices_of_the_batch(run: RunConfig, bundle: object, num_envs: int) -> tuple[np.ndarray, BundleAllocator]:
    env = HetNetEnv(run.scenario, num_envs, run.seed)
    allocator = BundleAllocator("bundle", bundle, run)
    allocator.reset(num_envs)
    observation = env.reset()
    choices = []
    for _ in range(run.max_slots or 0):
        outcome = env.step(allocator.allocate(observation, env.channel_state()))
        choices.append(choices_of(outcome.measurement))
        observation = outcome.observation
    return np.array(choices), allocator


@pytest.mark.parametrize(("reporting", "codec"), [("on-termination", "fp32"), ("periodic", "int8"), ("every-slot", "fp16")])
@pytest.mark.parametrize("actions", ["argmax", "sampled"])
def test_one_environment_is_allocated_as_by_agents_and_edge(reporting: Reporting, codec: FeatureCodec, actions: str) -> None:
    run = RunConfig(scenario=SCENARIO, seed=11, reporting=reporting, codec=codec, max_slots=SLOTS)
    bundle = random_bundle(SCENARIO, seed=2, actions=actions)
    wanted, wanted_bytes = choices_of_the_split(run, bundle)
    choices, allocator = choices_of_the_batch(run, bundle, num_envs=1)
    np.testing.assert_array_equal(choices, wanted)
    payload = allocator.signalling().payload_bytes_per_slot
    assert payload is not None
    assert payload * SLOTS == pytest.approx(wanted_bytes, rel=0.02)


@pytest.mark.parametrize("num_sbs", [1, 12])
@pytest.mark.parametrize("reporting", ["on-termination", "periodic", "every-slot"])
def test_one_cell_and_twelve_are_allocated_as_by_agents_and_edge(reporting: Reporting, num_sbs: int) -> None:
    scenario = load_scenario("urban-grid", settings=['mobility.kind="grid"', f"num_sbs={num_sbs}"])
    run = RunConfig(scenario=scenario, seed=4, reporting=reporting, max_slots=12)
    bundle = random_bundle(scenario, seed=2)
    wanted, _ = choices_of_the_split(run, bundle)
    choices, _ = choices_of_the_batch(run, bundle, num_envs=1)
    np.testing.assert_array_equal(choices, wanted)


@pytest.mark.parametrize(
    ("reporting", "option"), [("on-termination", 0), ("periodic", 1), ("every-slot", 2)], ids=lambda value: str(value)
)
def test_hold_says_in_a_batch_how_often_cells_decide_together(reporting: Reporting, option: int) -> None:
    run = RunConfig(scenario=scene_scenario(), reporting=reporting, report_period_slots=5, max_slots=6)
    _, allocator = choices_of_the_batch(run, hold_bundle(), num_envs=2)
    assert allocator.option_share()[option] == 1.0


def test_shares_of_options_add_up_and_several_are_used() -> None:
    run = RunConfig(scenario=SCENARIO, seed=3, max_slots=30)
    _, allocator = choices_of_the_batch(run, random_bundle(SCENARIO), num_envs=4)
    share = allocator.option_share()
    assert sum(share) == pytest.approx(1.0)
    assert np.count_nonzero(share) > 1


def test_reports_on_termination_are_fewer_than_every_slot_and_cost_less() -> None:
    bundle = random_bundle(SCENARIO)
    costs = {}
    for reporting in ("every-slot", "on-termination"):
        run = RunConfig(scenario=SCENARIO, seed=3, reporting=reporting, max_slots=30)
        costs[reporting] = choices_of_the_batch(run, bundle, num_envs=2)[1].signalling()
    assert costs["every-slot"].reports_per_slot == pytest.approx(SCENARIO.num_sbs)
    assert 0 < costs["on-termination"].reports_per_slot < SCENARIO.num_sbs
    assert costs["on-termination"].link_bytes_per_slot < costs["every-slot"].link_bytes_per_slot


def test_asynchronous_options_are_refused() -> None:
    with pytest.raises(ConfigError, match="use synchronous, or simulate"):
        BundleAllocator("bundle", random_bundle(SCENARIO), RunConfig(scenario=SCENARIO, options="asynchronous"))
