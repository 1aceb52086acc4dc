"""What a joint decision is: against brute force, against a scalar sweep, in batches, and what its inputs say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hiercoop.config.run import RunConfig
from hiercoop.execution.edge_policy import EdgePolicy
from hiercoop.execution.in_process import run_in_process
from hiercoop.execution.option_choice import NUM_SWEEPS, KnownCells, OptionChoice
from hiercoop.rpc import codec
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport
from tests.bundles import CODE, FEATURES, OPTIONS
from tests.execution.edges import CLASH, LEVELS, age_bundle, clash_bundle, hold_bundle
from tests.execution.scenes import Scene, bundle, scenario

TWO_CELLS = [[1.0, 0.9], [1.0, 0.2]]
"""Asked first, the first cell gives way and loses 0.1; asked first, the second one would, and lose 0.8."""
THREE_CELLS = [[0.1, 0.7, 0.2], [0.4, 1.05, 0.0], [0.7, 0.1, 0.5]]
"""The best joint option takes a second sweep, and the cells' order."""
IN_FORCE = 0


def features_of(worth: list[list[float]]) -> np.ndarray:
    features = np.full((len(worth), FEATURES), -9.0, np.float32)
    for cell, row in enumerate(worth):
        features[cell, : len(row)] = row
    return features


def best_joint_option(worth: list[list[float]]) -> list[int]:
    """By trying all: the sum of what each cell gets, each clash of two cells counted once."""

    def total(options: tuple[int, ...]) -> float:
        clashes = sum(one == other for one, other in itertools.combinations(options, 2))
        return sum(row[option] for row, option in zip(worth, options, strict=True)) - CLASH * clashes

    return list(max(itertools.product(*(range(len(row)) for row in worth)), key=total))


def swept(features: np.ndarray, start: list[int], order: list[int], num_sweeps: int) -> list[int]:
    """The rule, cell by cell."""
    options = list(start)
    for cell in order * num_sweeps:
        others = [option for other, option in enumerate(options) if other != cell]
        values = [features[cell, option] - CLASH * others.count(option) for option in range(OPTIONS)]
        options[cell] = int(np.argmax(values))
    return options


def reports_of(scene: Scene, worth: list[list[float]]) -> list[FeatureReport]:
    """The first slot's reports, their features made by hand and IN_FORCE the option of all."""
    reports = []
    for cell, (observation, features) in enumerate(zip(scene.emulation.begin_slot().values(), features_of(worth), strict=True)):
        report = scene.agents[cell].begin_slot(observation)
        assert report is not None
        report.features.CopyFrom(codec.encode_features(features, "fp32"))
        report.option = IN_FORCE
        reports.append(report)
    return reports


@pytest.mark.parametrize("worth", [TWO_CELLS, THREE_CELLS], ids=["two cells", "three cells"])
def test_the_edge_finds_the_best_joint_option_in_whatever_order_the_reports_come(worth: list[list[float]]) -> None:
    wanted = best_joint_option(worth)
    num_cells = len(worth)
    for order in itertools.permutations(range(num_cells)):
        scene = Scene(clash_bundle(), scenario=scenario(num_cells), reporting="every-slot")
        reports = reports_of(scene, worth)
        decisions = [decision for cell in order for decision in scene.edge.submit(reports[cell])]
        assert [decision.option for decision in decisions] == wanted


@pytest.mark.parametrize("worth", [TWO_CELLS, THREE_CELLS], ids=["two cells", "three cells"])
def test_cells_asked_in_another_order_would_end_elsewhere(worth: list[list[float]]) -> None:
    features, start, order = features_of(worth), [IN_FORCE] * len(worth), list(range(len(worth)))
    assert swept(features, start, order, NUM_SWEEPS) == best_joint_option(worth)
    assert swept(features, start, order[::-1], NUM_SWEEPS) != best_joint_option(worth)


def test_three_cells_need_the_second_sweep() -> None:
    features = features_of(THREE_CELLS)
    assert swept(features, [IN_FORCE] * 3, [0, 1, 2], 1) != best_joint_option(THREE_CELLS)


def test_cells_answered_alone_clash() -> None:
    scene = Scene(clash_bundle(), scenario=scenario(2), reporting="on-termination")
    decisions = [decision for report in reports_of(scene, TWO_CELLS) for decision in scene.edge.submit(report)]
    assert [decision.option for decision in decisions] == [0, 0]


def test_a_cell_whose_option_goes_on_keeps_it_and_the_others_make_room() -> None:
    scene = Scene(clash_bundle(), scenario=scenario(2), reporting="every-slot")
    reports = reports_of(scene, [[0.1, 0.2, 0.9], [0.3, 1.0, 0.0]])
    reports[0].terminated, reports[0].option = False, 1
    decisions = [decision for report in reports for decision in scene.edge.submit(report)]
    assert [decision.option for decision in decisions] == [1, 0]


@pytest.mark.parametrize("num_cells", [1, 2, 3, 12])
def test_a_batch_of_environments_is_swept_as_each_by_itself(num_cells: int) -> None:
    generator = np.random.default_rng(num_cells)
    num_envs = 20
    known = KnownCells(
        features=generator.uniform(-1, 1, (num_envs, num_cells, FEATURES)).astype(np.float32),
        option=generator.integers(0, OPTIONS, (num_envs, num_cells)),
        age_slots=np.zeros((num_envs, num_cells), np.float32),
        is_known=np.ones((num_envs, num_cells), np.bool_),
    )
    choice = OptionChoice(
        EdgePolicy(clash_bundle()),
        np.zeros((num_envs, num_cells, CODE), np.float32),
        np.zeros((num_cells, num_cells), np.float32),
        hold=1.0,
    )
    found = choice.jointly(known, np.ones((num_envs, num_cells), np.bool_))
    wanted = [
        swept(features, start.tolist(), list(range(num_cells)), NUM_SWEEPS)
        for features, start in zip(known.features, known.option, strict=True)
    ]
    assert found.tolist() == wanted


def random_choice(generator: np.random.Generator, num_envs: int, num_cells: int) -> tuple[np.ndarray, ...]:
    """Features, options, ages, who is known and who decides; absent cells are zero, and known ones decide by chance."""
    is_known = generator.random((num_envs, num_cells)) < 0.8
    features = generator.uniform(-1, 1, (num_envs, num_cells, FEATURES)).astype(np.float32) * is_known[..., None]
    option = generator.integers(0, OPTIONS, (num_envs, num_cells)) * is_known
    age_slots = (generator.integers(0, 9, (num_envs, num_cells)) * is_known).astype(np.float32)
    deciding = is_known & (generator.random((num_envs, num_cells)) < 0.7)
    return features, option, age_slots, is_known, deciding


@pytest.mark.parametrize("num_cells", [1, 3, 12])
def test_an_environments_options_do_not_depend_on_which_others_go_with_it(num_cells: int) -> None:
    generator = np.random.default_rng(3)
    num_envs = 16
    *known, deciding = random_choice(generator, num_envs, num_cells)
    code = generator.standard_normal((num_envs, num_cells, CODE), np.float32)
    distance_m = generator.uniform(200, 900, (num_cells, num_cells)).astype(np.float32)
    policy = EdgePolicy(bundle())
    together = OptionChoice(policy, code, distance_m, 0.5).jointly(KnownCells(*known), deciding)
    for env in range(num_envs):
        one = slice(env, env + 1)
        alone = OptionChoice(policy, code[one], distance_m, 0.5)
        np.testing.assert_array_equal(alone.jointly(KnownCells(*(part[one] for part in known)), deciding[one]), together[one])
    np.testing.assert_array_equal(together[~deciding], known[1][~deciding])


@pytest.mark.parametrize(
    ("modes", "hold"),
    [
        ({"reporting": "every-slot"}, 1.0),
        ({"reporting": "periodic", "report_period_slots": 5}, 0.2),
        ({"reporting": "on-termination"}, 0.0),
    ],
    ids=lambda value: value["reporting"] if isinstance(value, dict) else "",
)
def test_hold_says_how_often_cells_decide_together(modes: dict[str, object], hold: float) -> None:
    run = RunConfig.model_validate({"scenario": scenario(), "max_slots": 6, **modes})
    followed = {cell.counts.option for cell in run_in_process(run, hold_bundle()).emulation.cells}
    assert followed == {LEVELS.index(hold)}


def test_cells_that_decide_together_have_no_age_and_an_absent_one_has() -> None:
    scene = Scene(age_bundle(), reporting="every-slot")
    for _ in range(3):
        states = [allocation.state for allocation in scene.slot().values()]
        assert [state.option for state in states] == [0, 0, 0]
    reports = [scene.agents[cell].begin_slot(given) for cell, given in scene.emulation.begin_slot().items()]
    for report in reports[:2]:
        assert report is not None
        assert scene.edge.submit(report) == []
    decisions = scene.edge.release(3, is_partial=True)
    assert [(decision.cell, decision.option, decision.is_partial) for decision in decisions] == [(0, 1, True), (1, 1, True)]


def test_answers_on_termination_see_the_others_ages() -> None:
    scene = Scene(age_bundle(), reporting="on-termination")
    options = {allocation.state.option for _ in range(12) for allocation in scene.slot().values()}
    assert options != {0}


def test_a_deadline_with_no_report_decides_nothing() -> None:
    assert Scene(reporting="every-slot").edge.release(7, is_partial=True) == []
