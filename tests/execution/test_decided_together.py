"""Reports that are decided together get what each would have got alone: at once, in packs, in whatever order."""

from __future__ import annotations

import numpy as np
import pytest

from hiercoop.errors import MessageError
from hiercoop.execution.bundle import PolicyBundle, load_bundle
from hiercoop.execution.edge_policy import EdgeInput, EdgePolicy
from hiercoop.execution.policy_path import policy_path
from hiercoop.execution.upper_edge import UpperEdge
from hiercoop.rpc import codec
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, OptionDecision, ReportPack
from tests.execution.scenes import Scene, bundle, scenario

NUM_CELLS = 12
NUM_SLOTS = 6


def shipped() -> PolicyBundle:
    return load_bundle(policy_path("default"))


@pytest.fixture(params=["random weights", "shipped"])
def policy(request: pytest.FixtureRequest) -> PolicyBundle:
    return bundle() if request.param == "random weights" else shipped()


@pytest.mark.parametrize("num_others", [0, 2, 11, 63])
def test_rows_of_the_shipped_policy_do_not_depend_on_those_beside_them(num_others: int) -> None:
    rng, sizes, num_rows = np.random.default_rng(0), shipped().manifest.dimensions, 64
    shape = (num_rows, num_others)
    places = rng.integers(0, max(1, min(8, num_others)), (2, *shape))
    given = EdgeInput(
        features=rng.standard_normal((num_rows, sizes.features)).astype(np.float32),
        code=rng.standard_normal((num_rows, sizes.code)).astype(np.float32),
        other_features=rng.standard_normal((*shape, sizes.features)).astype(np.float32),
        other_option=rng.integers(0, sizes.options, shape),
        other_age=rng.integers(0, 20, shape).astype(np.float32),
        other_distance=rng.uniform(50.0, 900.0, shape).astype(np.float32),
        other_place=places[0],
        place_at_other=places[1],
        other_mask=rng.integers(0, 2, shape).astype(np.float32),
        hold=np.zeros(num_rows, np.float32),
    )
    edge = EdgePolicy(shipped())
    together = edge.values(given)
    for size in (1, 2, 3, 5, 8, 17, 33):
        for first in range(0, num_rows - size, 13):
            part = edge.values(given.rows(slice(first, first + size)))
            assert part.tobytes() == together[first : first + size].tobytes(), (size, first)


def test_a_network_whose_sums_depend_on_the_rows_beside_them_is_found_out() -> None:
    """The random one adds up the other cells by ReduceSum, which ONNX Runtime does in another order for a row alone."""
    assert EdgePolicy(shipped()).has_separate_rows(11, 12)
    assert not EdgePolicy(bundle()).has_separate_rows(11, 12)


def twelve_cells(policy: PolicyBundle, reporting: str = "on-termination") -> Scene:
    return Scene(policy, scenario=scenario(NUM_CELLS), reporting=reporting)


def reports_of(scene: Scene) -> list[list[FeatureReport]]:
    """Reports of some slots, made by hand so that they do not depend on the answers: in each, half of the cells end."""
    rng, slots = np.random.default_rng(1), []
    for slot in range(NUM_SLOTS):
        slots.append(
            [
                FeatureReport(
                    cell=cell,
                    slot=slot,
                    sequence=slot + 1,
                    option=int(rng.integers(8)),
                    terminated=bool(rng.random() < 0.7),
                    features=codec.encode_features(rng.standard_normal(16).astype(np.float32), "fp32"),
                    roster=codec.roster_bits(range(NUM_CELLS)),
                    run_epoch=scene.emulation.run_epoch,
                    attach_epoch=1,
                    edge_epoch=1,
                )
                for cell in rng.permutation(NUM_CELLS)[: NUM_CELLS // 2].tolist()
            ]
        )
    return slots


def packed(reports: list[FeatureReport]) -> ReportPack:
    first = reports[0]
    pack = ReportPack(slot=first.slot, run_epoch=first.run_epoch, edge_epoch=first.edge_epoch, roster=first.roster)
    for name in ("cell", "attach_epoch", "sequence", "option", "option_since_slot", "terminated"):
        getattr(pack, name).extend(getattr(report, name) for report in reports)
    rows = np.stack([codec.decode_features(report.features) for report in reports])
    pack.features.CopyFrom(codec.encode_features(rows, "fp32"))
    return pack


def options_of(decisions: list[OptionDecision]) -> dict[tuple[int, int], int]:
    return {(decision.slot, decision.cell): decision.option for decision in decisions}


def test_reports_at_hand_together_are_answered_as_one_by_one(policy: PolicyBundle) -> None:
    one_by_one, together, all_at_once = (twelve_cells(policy) for _ in range(3))
    slots = reports_of(one_by_one)
    alone = [decision for reports in slots for report in reports for decision in one_by_one.edge.submit(report)]
    assert len(set(options_of(alone).values())) > 1
    batched = []
    for reports in slots:
        assert all(together.edge.admit(report) for report in reversed(reports))
        batched += together.edge.decide()
    assert options_of(batched) == options_of(alone)
    newest = {report.cell: report for reports in slots for report in reports}
    for report in newest.values():
        all_at_once.edge.admit(report)
    assert set(options_of(all_at_once.edge.decide())) == {(report.slot, cell) for cell, report in newest.items()}


def test_a_pack_is_answered_as_its_reports_one_by_one(policy: PolicyBundle) -> None:
    single, packing = twelve_cells(policy), twelve_cells(policy)
    for reports in reports_of(single):
        alone = [decision for report in reports for decision in single.edge.submit(report)]
        answer = packing.edge.submit_pack(packed(reports))
        assert dict(zip(answer.cell, answer.option, strict=True)) == {one.cell: one.option for one in alone}
        assert list(answer.sequence) == [reports[0].sequence] * len(reports)


def test_a_pack_of_the_whole_roster_is_decided_jointly() -> None:
    single, packing = twelve_cells(bundle(), "every-slot"), twelve_cells(bundle(), "every-slot")
    reports = [report for agent, seen in zip(single.agents, single.emulation.begin_slot().values(), strict=True)
               if (report := agent.begin_slot(seen)) is not None]  # fmt: skip
    alone = [decision for report in reports for decision in single.edge.submit(report)]
    answer = packing.edge.submit_pack(packed(reports))
    assert list(answer.option) == [decision.option for decision in alone]
    with pytest.raises(MessageError, match=r"cells \[11\] are missing"):
        twelve_cells(bundle(), "every-slot").edge.submit_pack(packed(reports[:-1]))


def test_the_newest_report_of_a_cell_wins_and_the_older_is_counted() -> None:
    scene = twelve_cells(bundle())
    slots = reports_of(scene)
    older = slots[0][0]
    newer = FeatureReport()
    newer.CopyFrom(older)
    newer.slot, newer.sequence = 3, 9
    assert scene.edge.admit(older)
    assert scene.edge.admit(newer)
    assert [decision.sequence for decision in scene.edge.decide()] == [9]
    assert scene.edge.superseded == 1
    assert not scene.edge.admit(older)
    assert scene.edge.decide() == []


def test_stale_reports_of_a_pack_have_no_answer_and_are_counted() -> None:
    scene = twelve_cells(bundle())
    reports = reports_of(scene)[0]
    scene.edge.submit(reports[0])
    pack = packed(reports)
    pack.attach_epoch[1] = 7
    answer = scene.edge.submit_pack(pack)
    assert sorted(answer.cell) == sorted(report.cell for report in reports[2:])
    assert scene.edge.dropped == 2
    pack.run_epoch += 1
    assert list(scene.edge.submit_pack(pack).cell) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda pack: pack.option.pop(), "option has 5 entries in a pack of 6"),
        (lambda pack: pack.option.__setitem__(0, 8), "option=8, the policy has 8"),
        (lambda pack: pack.cell.__setitem__(0, pack.cell[1]), "names a cell twice"),
        (lambda pack: pack.features.shape.__setitem__(0, 5), r"\(5, 16\) came where \(6, 16\)"),
        (lambda pack: pack.option_since_slot.__setitem__(0, 2**64 - 1), "option_since_slot=18446744073709551615"),
        (lambda pack: pack.Clear(), "cell has 0 entries"),
    ],
)
def test_a_pack_that_does_not_hold_together_is_refused(change: object, sentence: str) -> None:
    scene = twelve_cells(bundle())
    pack = packed(reports_of(scene)[0])
    change(pack)  # type: ignore[operator]
    with pytest.raises(MessageError, match=sentence):
        scene.edge.submit_pack(pack)


def test_packs_are_counted_once_and_shared_evenly() -> None:
    scene = twelve_cells(bundle())
    before = {(count.cell, count.type): count.payload_bytes for count in scene.edge.ledger.counts()}
    sent_bytes = answered_bytes = 0
    slots = reports_of(scene)
    for reports in slots:
        pack = packed(reports)
        sent_bytes += pack.ByteSize()
        answered_bytes += scene.edge.submit_pack(pack).ByteSize()
    counts = [count for count in scene.edge.ledger.counts() if (count.cell, count.type) not in before]
    up, down = ([count for count in counts if count.type == kind] for kind in ("ReportPack", "DecisionPack"))
    assert sum(count.payload_bytes for count in up) == sent_bytes
    assert sum(count.payload_bytes for count in down) == answered_bytes
    assert sum(count.messages for count in up) == sum(count.frames for count in up) == len(slots)


def test_an_unknown_slot_is_refused() -> None:
    scene = twelve_cells(bundle())
    report = reports_of(scene)[1][0]
    report.option_since_slot = 2
    with pytest.raises(MessageError, match="slot=1, option_since_slot=2"):
        scene.edge.submit(report)


def test_another_agent_of_a_cell_starts_without_a_past() -> None:
    def answer_of_the_other(reports_before: bool) -> list[int]:
        scene = twelve_cells(bundle())
        first = scene.agents[0].registration()
        if reports_before:
            for report in reports_of(scene)[0]:
                scene.edge.submit(report)
        for cell in range(NUM_CELLS):
            first.cell, first.attach_epoch = cell, 2
            scene.edge.register(first)
        late = reports_of(scene)[4][0]
        late.attach_epoch, late.terminated = 2, True
        return [decision.option for decision in scene.edge.submit(late)]

    assert answer_of_the_other(reports_before=True) == answer_of_the_other(reports_before=False)


def test_an_edge_without_a_run_drops_what_comes() -> None:
    edge = UpperEdge(bundle())
    assert not edge.admit(FeatureReport(cell=0, slot=1))
    assert edge.decide() == []
    assert edge.dropped == 1
