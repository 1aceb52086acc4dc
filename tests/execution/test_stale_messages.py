"""What comes late, twice, out of order or from an earlier life changes nothing but the count of what was dropped."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hiercoop.execution.sbs_agent import SbsAgent
from hiercoop.execution.upper_edge import UpperEdge
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, OptionDecision
from tests.execution.scenes import Scene

SLOTS = 12
EPOCHS = ("run_epoch", "attach_epoch", "edge_epoch")
MOSTLY = 0.7


def of_an_earlier_life(message: FeatureReport | OptionDecision, chance: Random) -> FeatureReport | OptionDecision:
    """The same message, one of its fences lower."""
    other = type(message)()
    other.CopyFrom(message)
    fence = chance.choice(EPOCHS)
    setattr(other, fence, getattr(other, fence) - 1)
    return other


def old_ones(said: list, chance: Random) -> list:
    """Some of what was said before, in any order, as often as it may be, as it was or from an earlier life."""
    found = [chance.choice(said) for _ in range(chance.randint(0, 3))] if said else []
    return [message if chance.random() < MOSTLY else of_an_earlier_life(message, chance) for message in found]


@settings(max_examples=4)
@given(chance=st.randoms(use_true_random=False))
def test_an_agent_that_hears_old_decisions_acts_as_one_that_hears_none(chance: Random) -> None:
    scene = Scene()
    agent, twin = scene.agents[0], SbsAgent(scene.emulation._welcome(0), scene.run, scene.policy)
    twin.edge_epoch = agent.edge_epoch
    said: list[OptionDecision] = []
    num_old = 0
    for slot in range(SLOTS):
        observation = scene.emulation.begin_slot()[0]
        observation.slot = slot
        report = agent.begin_slot(observation)
        assert twin.begin_slot(observation) == report
        decisions = [] if report is None else scene.edge.submit(report)
        # One that is withheld comes with the old ones of a later slot, if ever.
        in_time = decisions if chance.random() < MOSTLY else []
        before, after = old_ones(said, chance), old_ones(said + in_time, chance)
        assert not any(twin.accept(decision) for decision in before)
        assert all(listener.accept(decision) for listener in (agent, twin) for decision in in_time)
        assert not any(twin.accept(decision) for decision in after)
        num_old += len(before) + len(after)
        said += decisions
        alone, disturbed = agent.allocate(), twin.allocate()
        assert (alone.choice, alone.state) == (disturbed.choice, disturbed.state)
    assert (agent.health.dropped_messages, twin.health.dropped_messages) == (0, num_old)


@settings(max_examples=4)
@given(chance=st.randoms(use_true_random=False), reporting=st.sampled_from(["on-termination", "every-slot"]))
def test_an_edge_that_hears_old_reports_decides_as_one_that_hears_none(chance: Random, reporting: str) -> None:
    scene = Scene(reporting=reporting)
    disturbed = UpperEdge(scene.policy)
    for agent in scene.agents:
        disturbed.register(agent.registration())
    said: list[FeatureReport] = []
    num_old = 0
    for _ in range(SLOTS):
        observations = scene.emulation.begin_slot()
        reports = [report for cell in observations if (report := scene.agents[cell].begin_slot(observations[cell]))]
        for report in reports:
            old = old_ones(said, chance)
            assert [disturbed.submit(message) for message in old] == [[]] * len(old)
            num_old += len(old)
            decisions = scene.edge.submit(report)
            assert disturbed.submit(report) == decisions
            said.append(report)
            for decision in decisions:
                scene.agents[decision.cell].accept(decision)
        for agent in scene.agents:
            scene.emulation.receive(agent.allocate())
        scene.emulation.end_slot()
    assert (scene.edge.dropped, disturbed.dropped) == (0, num_old)
