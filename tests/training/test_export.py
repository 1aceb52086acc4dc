"""The exported graphs are the networks, and a row of them has the same bits in any batch."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
import torch

from hiercoop.algorithms.hiercoop.config import HierCoopConfig
from hiercoop.algorithms.hiercoop.learner import HierCoopLearner
from hiercoop.algorithms.hiercoop.networks import EdgeGraph, HierCoopNetworks, SbsGraph, local_spec
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.nets.option_outlook import OptionOutlook
from hiercoop.training.export import edge_onnx, sbs_onnx
from hiercoop.training.hiercoop_course import HierCoopCourse
from tests.observations import random_rows

SCENARIO = ScenarioConfig()
MEMORY = OptionOutlook(local_spec(SCENARIO), 8).size


@pytest.fixture(scope="module")
def course() -> HierCoopCourse:
    torch.manual_seed(3)
    made = HierCoopCourse(HierCoopLearner(local_spec(SCENARIO), HierCoopConfig(), SCENARIO.reward))
    # As after some training: every part has its say.
    torch.nn.init.normal_(made.acting.policy.out_layer.weight, std=0.5)
    return made


@pytest.fixture(scope="module")
def networks(course: HierCoopCourse) -> HierCoopNetworks:
    return course.acting


@pytest.fixture(scope="module")
def sbs(course: HierCoopCourse) -> ort.InferenceSession:
    return session(sbs_onnx(course.bundle_parts()))


@pytest.fixture(scope="module")
def edge(course: HierCoopCourse) -> ort.InferenceSession:
    return session(edge_onnx(course.bundle_parts()))


def session(network: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])


def sbs_rows(num_rows: int, seed: int) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    carried = {
        "hold": generator.choice(np.float32([0.0, 0.2, 1.0]), num_rows),
        "memory": generator.random((num_rows, MEMORY)).astype(np.float32),
        "present_share": generator.choice(np.float32([0.0, 0.0625, 1.0]), num_rows),
    }
    return random_rows(SCENARIO, num_rows, generator) | carried


def edge_rows(num_rows: int, num_others: int, hold: float, seed: int = 0) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    shape = (num_rows, num_others)
    return {
        "features": generator.uniform(-1, 1, (num_rows, 16)).astype(np.float32),
        "code": generator.standard_normal((num_rows, 4), np.float32),
        "other_features": generator.uniform(-1, 1, (*shape, 16)).astype(np.float32),
        "other_option": generator.integers(0, 8, shape),
        "other_age": generator.integers(0, 20, shape).astype(np.float32),
        "other_distance": generator.uniform(200, 900, shape).astype(np.float32),
        "other_place": generator.integers(0, 12, shape),
        "place_at_other": generator.integers(0, 12, shape),
        "other_mask": (generator.random(shape) < 0.8).astype(np.float32),
        "hold": np.full(num_rows, hold, np.float32),
    }


def run_torch(graph: torch.nn.Module, rows: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    with torch.no_grad():
        result = graph(**{name: torch.from_numpy(value) for name, value in rows.items()})
    return tuple(part.numpy() for part in (result if isinstance(result, tuple) else (result,)))


def assert_rows_are_identical(graph: ort.InferenceSession, rows: dict[str, np.ndarray]) -> None:
    together = graph.run(None, rows)
    for row in range(len(together[0])):
        alone = graph.run(None, {name: value[row : row + 1] for name, value in rows.items()})
        for one, many in zip(alone, together, strict=True):
            assert np.array_equal(one[0], many[row])


def test_sbs_graph_says_what_the_networks_say(sbs: ort.InferenceSession, networks: HierCoopNetworks) -> None:
    rows = sbs_rows(256, 1)
    names = [item.name for item in sbs.get_outputs()]
    found = dict(zip(names, sbs.run(None, rows), strict=True))
    features, termination, choice, choice_prob, memory = run_torch(SbsGraph(networks), rows)
    np.testing.assert_allclose(found["next_memory"], memory, atol=1e-5)
    np.testing.assert_allclose(found["features"], features, atol=1e-5)
    np.testing.assert_allclose(found["termination"], termination, atol=1e-5)
    np.testing.assert_allclose(found["choice_prob"], choice_prob, atol=1e-4)
    assert np.array_equal(found["choice"], choice)


def test_sbs_graph_encodes_what_each_option_would_make_of_the_slot(networks: HierCoopNetworks) -> None:
    rows = sbs_rows(64, 5)
    rows["present_share"][...] = 0.25
    features, _, choice, _, memory = run_torch(SbsGraph(networks), rows)
    inputs = {name: torch.from_numpy(value) for name, value in rows.items()}
    with torch.no_grad():
        considered, sight = networks.consider(inputs["local"], inputs["mask"], inputs["memory"], 0.25)
        scores = networks.policy(*(inputs[name] for name in ("local", "mask", "option", "noise")))
        np.testing.assert_allclose(features, networks.encoder(sight, inputs["hold"]).numpy(), atol=1e-5)
    np.testing.assert_allclose(memory, networks.memory_of(sight).numpy(), atol=1e-6)
    assert np.array_equal(choice, scores.choice.numpy())
    quiet = inputs | {"noise": torch.zeros_like(inputs["noise"])}
    for option in range(8):
        with torch.no_grad():
            alone = networks.policy(quiet["local"], quiet["mask"], torch.full((64,), option), quiet["noise"]).choice
        assert torch.equal(considered[:, option], alone)


def test_features_do_not_depend_on_the_option_in_force_or_the_noise(networks: HierCoopNetworks) -> None:
    rows = sbs_rows(16, 6)
    others = rows | {"option": (rows["option"] + 1) % 8, "noise": np.zeros_like(rows["noise"])}
    np.testing.assert_array_equal(run_torch(SbsGraph(networks), rows)[0], run_torch(SbsGraph(networks), others)[0])


def test_sbs_graph_gives_masked_choices_no_probability_and_the_rest_all_of_it(sbs: ort.InferenceSession) -> None:
    rows = sbs_rows(64, 2)
    rows["mask"] = rows["mask"] & (np.random.default_rng(3).random(rows["mask"].shape) < 0.5)
    _, _, choice, choice_prob = sbs.run(["features", "termination", "choice", "choice_prob"], rows)
    has_choice = rows["mask"].any(-1)
    assert (choice_prob[~rows["mask"]] == 0.0).all()
    np.testing.assert_allclose(choice_prob.sum(-1), has_choice, atol=1e-5)
    assert np.take_along_axis(rows["mask"], choice[..., None], 2)[..., 0][has_choice].all()
    assert (choice[~has_choice] == 0).all()


def test_sbs_rows_have_the_same_bits_alone_and_among_64(sbs: ort.InferenceSession) -> None:
    assert_rows_are_identical(sbs, sbs_rows(64, 4))


@pytest.mark.parametrize("hold", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("num_others", [0, 1, 2, 5, 11])
def test_edge_graph_says_what_the_networks_say(
    edge: ort.InferenceSession, networks: HierCoopNetworks, num_others: int, hold: float
) -> None:
    rows = edge_rows(32, num_others, hold)
    np.testing.assert_allclose(edge.run(None, rows)[0], run_torch(EdgeGraph(networks.values), rows)[0], atol=1e-5)


@pytest.mark.parametrize("hold", [0.0, 1.0])
@pytest.mark.parametrize("num_others", [0, 1, 2, 5, 11])
def test_edge_rows_have_the_same_bits_alone_and_among_64(edge: ort.InferenceSession, num_others: int, hold: float) -> None:
    assert_rows_are_identical(edge, edge_rows(64, num_others, hold))
