from __future__ import annotations

import numpy as np
import pytest

from hiercoop.config.run import RunConfig
from hiercoop.errors import MessageError
from hiercoop.execution.local_agent import LocalAgent
from hiercoop.execution.sbs_agent import SbsAgent
from hiercoop.rpc import codec
from hiercoop.rpc.v1.channel_sim_service_pb2 import SlotObservation
from tests.bundles import random_bundle
from tests.execution.scenes import Scene, bundle, scenario


def test_the_first_slot_of_an_attach_asks_for_an_option() -> None:
    states = {cell: allocation.state for cell, allocation in Scene().slot().items()}
    assert all(state.terminated and state.reported and state.option_since_slot == 0 for state in states.values())


def test_on_termination_a_cell_reports_exactly_when_its_option_ends() -> None:
    scene = Scene()
    states = [allocation.state for _ in range(60) for allocation in scene.slot().values()]
    assert all(state.reported == state.terminated for state in states)
    assert 3 < sum(state.reported for state in states) < len(states)


def test_periodic_reports_come_every_n_slots_and_options_change_only_there() -> None:
    scene = Scene(reporting="periodic", report_period_slots=4)
    states = [scene.slot()[0].state for _ in range(40)]
    assert [slot for slot, state in enumerate(states) if state.reported] == list(range(0, 40, 4))
    assert all(state.option_since_slot % 4 == 0 for state in states)


def test_an_option_ends_at_its_maximum_length() -> None:
    forever = random_bundle(scenario(), max_option_slots=7, terminations="threshold")
    run = RunConfig(scenario=scenario())
    scene = Scene()
    agent = SbsAgent(scene.emulation._welcome(0), run, forever)
    lengths = []
    for slot in range(60):
        observation = scene.emulation.begin_slot()[0]
        observation.slot = slot
        agent.begin_slot(observation)
        lengths.append(slot - agent.allocate().state.option_since_slot)
    assert max(lengths) == 6


def test_the_cells_first_options_end_at_different_slots() -> None:
    limits = {agent._clock._limit_slots for agent in Scene().agents}
    assert len(limits) == 3


def test_a_cell_whose_edge_is_gone_holds_its_option_and_then_follows_the_default() -> None:
    scene = Scene()
    scene.slot()
    options = []
    for _ in range(60):
        state = scene.slot(deaf=(0,))[0].state
        options.append((state.option, state.is_local))
    first_local = next(index for index, (_, is_local) in enumerate(options) if is_local)
    assert len({option for option, _ in options[:first_local]}) <= 1
    assert all(option == bundle().manifest.default_option for option, _ in options[first_local:])
    assert scene.agents[0].health.local_slots > 1


def test_a_cell_takes_up_options_again_once_its_edge_is_back() -> None:
    scene = Scene()
    for _ in range(30):
        scene.slot(deaf=(0,))
    states = [scene.slot()[0].state for _ in range(40)]
    assert any(state.reported and not state.is_local for state in states)


def test_an_asynchronous_option_takes_effect_after_its_delay() -> None:
    scene = Scene(options="asynchronous", option_delay_slots=3)
    states = [scene.slot()[1].state for _ in range(40)]
    assert all(state.option_since_slot == 0 for state in states[:3])
    assert states[3].option_since_slot == 3
    reported = [slot for slot, state in enumerate(states) if state.reported]
    begun = sorted({state.option_since_slot for state in states[3:]})
    assert begun == [slot + 3 for slot in reported if slot + 3 < 40]


@pytest.mark.parametrize("change", ["slot", "sequence", "run_epoch", "attach_epoch", "edge_epoch", "cell"])
def test_a_stale_or_misdirected_decision_is_dropped_and_counted(change: str) -> None:
    scene = Scene()
    report = scene.agents[0].begin_slot(scene.emulation.begin_slot()[0])
    assert report is not None
    (decision,) = scene.edge.submit(report)
    setattr(decision, change, getattr(decision, change) + 1)
    assert not scene.agents[0].accept(decision)
    assert scene.agents[0].health.dropped_messages == 1


def test_a_repeated_decision_is_dropped() -> None:
    scene = Scene()
    report = scene.agents[0].begin_slot(scene.emulation.begin_slot()[0])
    assert report is not None
    (decision,) = scene.edge.submit(report)
    scene.agents[0].accept(decision)
    scene.agents[0].allocate()
    next_slot = SlotObservation()
    next_slot.CopyFrom(scene.emulation.begin_slot()[1])
    assert not scene.agents[1].accept(decision)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"cell": 2}, "cell=2"),
        ({"run_epoch": 5}, "run 5"),
        ({"attach_epoch": 5}, "attach_epoch=5"),
        ({"local": codec.encode_array(np.zeros(3, np.float32))}, "shape"),
        ({"local": codec.encode_array(np.full(92, np.nan, np.float32))}, "not finite"),
        ({"action_mask": codec.encode_array(np.zeros((3, 8), np.float32))}, "FLOAT32"),
    ],
)
def test_a_malformed_observation_is_refused_with_its_fault_named(change: dict[str, object], sentence: str) -> None:
    scene = Scene()
    observation = scene.emulation.begin_slot()[0]
    for name, value in change.items():
        if isinstance(value, int):
            setattr(observation, name, value)
        else:
            getattr(observation, name).CopyFrom(value)
    with pytest.raises(MessageError, match=sentence):
        scene.agents[0].begin_slot(observation)


def test_slots_only_rise() -> None:
    scene = Scene()
    observation = scene.emulation.begin_slot()[0]
    scene.agents[0].begin_slot(observation)
    with pytest.raises(MessageError, match="slots only rise"):
        scene.agents[0].begin_slot(observation)


def test_sampled_actions_depend_on_seed_cell_and_slot_alone() -> None:
    sampled = random_bundle(scenario(), actions="sampled")
    scene = Scene()
    welcome = scene.emulation._welcome(0)
    observation = scene.emulation.begin_slot()[0]

    def choice(seed: int, slot: int) -> bytes:
        agent = SbsAgent(welcome, RunConfig(scenario=scenario(), seed=seed), sampled)
        observation.slot = slot
        agent.begin_slot(observation)
        return agent.allocate().choice.data

    assert choice(1, 5) == choice(1, 5)
    assert len({choice(seed, slot) for seed in range(4) for slot in range(4)}) > 4


def test_an_agent_without_a_bundle_allocates_and_reports_nothing() -> None:
    scene = Scene()
    agent = LocalAgent(scene.emulation._welcome(0), scene.run)
    assert agent.begin_slot(scene.emulation.begin_slot()[0]) is None
    allocation = agent.allocate()
    assert allocation.state.is_local
    assert scene.emulation.receive(allocation)
