from __future__ import annotations

import itertools

import pytest

from hiercoop.errors import HandshakeError, MessageError
from hiercoop.execution.upper_edge import UpperEdge
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, OptionDecision, RegisterRequest
from tests.execution.scenes import Scene, bundle


def _reports(scene: Scene) -> list[FeatureReport]:
    observations = scene.emulation.begin_slot()
    reports = [scene.agents[cell].begin_slot(observation) for cell, observation in observations.items()]
    return [report for report in reports if report is not None]


def _answers(scene: Scene, reports: list[FeatureReport]) -> dict[int, OptionDecision]:
    edge = UpperEdge(bundle())
    for agent in scene.agents:
        edge.register(agent.registration())
    return {decision.cell: decision for report in reports for decision in edge.submit(report)}


@pytest.mark.parametrize("reporting", ["on-termination", "every-slot"])
def test_answers_do_not_depend_on_the_order_of_reports(reporting: str) -> None:
    scene = Scene(reporting=reporting)
    reports = _reports(scene)
    assert len(reports) == 3
    answers = [_answers(scene, list(order)) for order in itertools.permutations(reports)]
    assert all(answer == answers[0] for answer in answers)


def test_a_joint_decision_waits_for_the_whole_roster() -> None:
    scene = Scene(reporting="every-slot")
    first, second, third = _reports(scene)
    assert scene.edge.submit(first) == []
    assert scene.edge.submit(second) == []
    assert [decision.cell for decision in scene.edge.submit(third)] == [0, 1, 2]


def test_a_joint_decision_no_longer_waits_for_a_cell_that_is_gone() -> None:
    scene = Scene(reporting="every-slot")
    first, second, third = _reports(scene)
    scene.edge.submit(first)
    scene.edge.submit(second)
    assert [decision.cell for decision in scene.edge.disconnect(2, third.attach_epoch)] == [0, 1]


def test_a_cell_whose_old_stream_ends_after_it_registered_again_is_awaited_from_its_next_report_on() -> None:
    scene = Scene(reporting="every-slot")
    scene.slot()
    again = scene.agents[2].registration()
    scene.edge.register(again)
    scene.edge.disconnect(2, again.attach_epoch)
    scene.slot()
    first, second, third = _reports(scene)
    assert scene.edge.submit(third) == scene.edge.submit(first) == []
    assert [decision.cell for decision in scene.edge.submit(second)] == [0, 1, 2]


def test_a_joint_decision_forced_by_a_deadline_says_so() -> None:
    scene = Scene(reporting="every-slot")
    scene.edge.submit(_reports(scene)[0])
    (decision,) = scene.edge.release(0, is_partial=True)
    assert decision.is_partial
    counted = [count.payload_bytes for count in scene.edge.counters().signalling if count.type == "OptionDecision"]
    assert counted == [decision.ByteSize()]


def test_a_termination_report_is_answered_at_once() -> None:
    scene = Scene(reporting="on-termination")
    report = _reports(scene)[0]
    (decision,) = scene.edge.submit(report)
    assert (decision.cell, decision.slot, decision.sequence) == (0, 0, report.sequence)


def test_a_report_that_ends_nothing_is_confirmed() -> None:
    scene = Scene(reporting="on-termination")
    report = _reports(scene)[0]
    report.terminated, report.option = False, 6
    assert scene.edge.submit(report)[0].option == 6


@pytest.mark.parametrize(
    "change", [{"slot": 0}, {"run_epoch": 9}, {"attach_epoch": 9}, {"edge_epoch": 9}], ids=lambda change: next(iter(change))
)
def test_a_repeated_or_misdirected_report_is_dropped_and_counted(change: dict[str, int]) -> None:
    scene = Scene()
    report = _reports(scene)[0]
    scene.edge.submit(report)
    again = FeatureReport(**{"slot": 1} | change)
    again.MergeFrom(report) if "slot" not in change else again.CopyFrom(report)
    for name, value in ({"slot": 1} | change).items():
        setattr(again, name, value)
    assert scene.edge.submit(again) == []
    assert scene.edge.dropped == 1


def test_features_of_another_length_are_refused() -> None:
    scene = Scene()
    report = _reports(scene)[0]
    report.features.shape[0] = 15
    with pytest.raises(MessageError, match=r"\(15,\)"):
        scene.edge.submit(report)


def test_an_option_the_policy_does_not_have_is_refused() -> None:
    scene = Scene()
    report = _reports(scene)[0]
    report.option = 8
    with pytest.raises(MessageError, match="option=8"):
        scene.edge.submit(report)


def _with(request: RegisterRequest, path: str, value: object) -> RegisterRequest:
    *parents, name = path.split(".")
    record: object = request
    for parent in parents:
        record = getattr(record, parent)
    setattr(record, name, value)
    return request


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("protocol_version", 99),
        ("policy_digest", "00"),
        ("dimensions.features", 15),
        ("dimensions.options", 4),
        ("run.codec", "fp8"),
        ("run.reporting", "sometimes"),
        ("run.num_cells", 4),
        ("cell", 3),
    ],
)
def test_a_handshake_names_what_differs(path: str, value: object) -> None:
    scene = Scene()
    request = _with(scene.agents[0].registration(), path, value)
    with pytest.raises(HandshakeError, match=f"{path.split('.')[-1]}={value!r}|sites_m"):
        scene.edge.register(request)


def test_cells_of_one_run_must_agree_on_it() -> None:
    scene = Scene()
    request = _with(scene.agents[0].registration(), "run.seed", 77)
    with pytest.raises(HandshakeError, match=r"run\.seed=77 came, 1 is wanted"):
        scene.edge.register(request)


def test_an_older_attach_cannot_take_a_cell_back() -> None:
    scene = Scene()
    old = scene.agents[0].registration()
    scene.emulation.detach(0, 1, on_purpose=True)
    scene.attach(0)
    with pytest.raises(HandshakeError, match="attach_epoch=2"):
        scene.edge.register(old)


def test_a_later_run_clears_the_edge_and_an_earlier_one_is_refused() -> None:
    scene = Scene()
    request = scene.agents[0].registration()
    scene.edge.register(_with(scene.agents[0].registration(), "run.run_epoch", 2))
    with pytest.raises(HandshakeError, match="run_epoch=1 came, 2 is wanted"):
        scene.edge.register(request)
    assert list(scene.edge.counters().registered_cells) == [0]
