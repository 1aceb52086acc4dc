"""Small policy bundles with random weights: not good policies, but whole ones, for tests of everything but learning."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ObservationLayout
from hiercoop.execution.bundle import Dimensions, Manifest, PolicyBundle, make_bundle

FEATURES, OPTIONS, CODE, MEMORY = 16, 8, 4, 5


def random_bundle(scenario: ScenarioConfig, seed: int = 0, **manifest: object) -> PolicyBundle:
    """A bundle of the scenario's dimensions whose options differ and end about every fifth slot."""
    rng, described = np.random.default_rng(seed), _manifest(scenario, manifest)
    return make_bundle(described, _sbs_network(rng, described.dimensions), _edge_network(rng, described.dimensions))


def bundle_with_edge(scenario: ScenarioConfig, nodes: list, constants: list, **manifest: object) -> PolicyBundle:
    """A bundle whose SBSs are a random one's, and whose option values are what these nodes make of the edge's inputs."""
    described = _manifest(scenario, manifest)
    edge = _edge_of(nodes, constants, described.dimensions)
    return make_bundle(described, _sbs_network(np.random.default_rng(0), described.dimensions), edge)


def _manifest(scenario: ScenarioConfig, changes: dict[str, object]) -> Manifest:
    sizes = Dimensions(
        observation=ObservationLayout.of(scenario).size,
        vehicles=scenario.num_vehicles_per_sbs,
        choices=scenario.num_choices,
        features=FEATURES,
        options=OPTIONS,
        code=CODE,
        memory=MEMORY,
    )
    return Manifest(
        scenario=scenario.name, scenario_digest=scenario.digest(), dimensions=sizes, algorithm="random-weights"
    ).model_copy(update=changes)


def _weights(rng: np.random.Generator, name: str, *shape: int, scale: float = 0.3) -> onnx.TensorProto:
    return numpy_helper.from_array((rng.standard_normal(shape) * scale).astype(np.float32), name)


def constant(name: str, values: object, dtype: type = np.int64) -> onnx.TensorProto:
    """A named constant of a network."""
    return numpy_helper.from_array(np.asarray(values, dtype), name)


def _sbs_network(rng: np.random.Generator, sizes: Dimensions) -> bytes:
    shape = ["B", sizes.vehicles, sizes.choices]
    nodes = [
        helper.make_node("MatMul", ["local", "w_memory"], ["seen"]),
        helper.make_node("Sub", ["seen", "memory"], ["seen_anew"]),
        helper.make_node("Unsqueeze", ["present_share", "axis_1"], ["share"]),
        helper.make_node("Mul", ["seen_anew", "share"], ["step"]),
        helper.make_node("Add", ["memory", "step"], ["next_memory"]),
        helper.make_node("Unsqueeze", ["hold", "axis_1"], ["held"]),
        helper.make_node("Concat", ["local", "next_memory", "held"], ["known"], axis=1),
        helper.make_node("MatMul", ["known", "w_features"], ["z_raw"]),
        helper.make_node("Tanh", ["z_raw"], ["features"]),
        helper.make_node("Gather", ["w_end", "option"], ["end_row"]),
        helper.make_node("Mul", ["end_row", "features"], ["end_terms"]),
        helper.make_node("ReduceSum", ["end_terms", "axis_1"], ["end_sum"], keepdims=0),
        helper.make_node("Sub", ["end_sum", "end_bias"], ["end_logit"]),
        helper.make_node("Sigmoid", ["end_logit"], ["termination"]),
        helper.make_node("MatMul", ["local", "w_choice"], ["choice_flat"]),
        helper.make_node("Reshape", ["choice_flat", "choice_shape"], ["choice_logits"]),
        helper.make_node("Gather", ["w_option", "option"], ["option_flat"]),
        helper.make_node("Reshape", ["option_flat", "choice_shape"], ["option_logits"]),
        helper.make_node("Add", ["choice_logits", "option_logits"], ["plain_logits"]),
        helper.make_node("Where", ["mask", "plain_logits", "floor"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["choice_prob"], axis=2),
        helper.make_node("Add", ["plain_logits", "noise"], ["noisy"]),
        helper.make_node("Where", ["mask", "noisy", "floor"], ["masked"]),
        helper.make_node("ArgMax", ["masked"], ["choice"], axis=2, keepdims=0),
    ]
    flat = sizes.vehicles * sizes.choices
    constants = [
        _weights(rng, "w_memory", sizes.observation, sizes.memory),
        _weights(rng, "w_features", sizes.observation + sizes.memory + 1, sizes.features),
        _weights(rng, "w_end", sizes.options, sizes.features),
        constant("end_bias", 1.4, np.float32),
        _weights(rng, "w_choice", sizes.observation, flat),
        _weights(rng, "w_option", sizes.options, flat, scale=2.0),
        constant("choice_shape", [-1, sizes.vehicles, sizes.choices]),
        constant("axis_1", [1]),
        constant("floor", -1e9, np.float32),
    ]
    inputs = [
        helper.make_tensor_value_info("local", TensorProto.FLOAT, ["B", sizes.observation]),
        helper.make_tensor_value_info("mask", TensorProto.BOOL, shape),
        helper.make_tensor_value_info("option", TensorProto.INT64, ["B"]),
        helper.make_tensor_value_info("noise", TensorProto.FLOAT, shape),
        helper.make_tensor_value_info("hold", TensorProto.FLOAT, ["B"]),
        helper.make_tensor_value_info("memory", TensorProto.FLOAT, ["B", sizes.memory]),
        helper.make_tensor_value_info("present_share", TensorProto.FLOAT, ["B"]),
    ]
    outputs = [
        helper.make_tensor_value_info("features", TensorProto.FLOAT, ["B", sizes.features]),
        helper.make_tensor_value_info("termination", TensorProto.FLOAT, ["B"]),
        helper.make_tensor_value_info("choice", TensorProto.INT64, ["B", sizes.vehicles]),
        helper.make_tensor_value_info("choice_prob", TensorProto.FLOAT, shape),
        helper.make_tensor_value_info("next_memory", TensorProto.FLOAT, ["B", sizes.memory]),
    ]
    return _serialise(nodes, inputs, outputs, constants)


def _edge_network(rng: np.random.Generator, sizes: Dimensions) -> bytes:
    nodes = [
        helper.make_node("Gather", ["w_option", "other_option"], ["option_part"]),
        helper.make_node("Add", ["other_features", "option_part"], ["other_sum"]),
        helper.make_node("Unsqueeze", ["other_age", "axis_2"], ["age"]),
        helper.make_node("Mul", ["age", "age_scale"], ["age_part"]),
        helper.make_node("Unsqueeze", ["other_distance", "axis_2"], ["distance"]),
        helper.make_node("Mul", ["distance", "distance_scale"], ["distance_part"]),
        helper.make_node("Add", ["other_sum", "age_part"], ["other_aged"]),
        helper.make_node("Add", ["other_aged", "distance_part"], ["other_all"]),
        helper.make_node("Tanh", ["other_all"], ["other_each"]),
        helper.make_node("Unsqueeze", ["other_mask", "axis_2"], ["known"]),
        helper.make_node("Mul", ["other_each", "known"], ["other_known"]),
        helper.make_node("ReduceSum", ["other_known", "axis_1"], ["others"], keepdims=0),
        helper.make_node("Unsqueeze", ["hold", "axis_1"], ["held"]),
        helper.make_node("Concat", ["features", "code", "others", "held"], ["joined"], axis=1),
        helper.make_node("MatMul", ["joined", "w_values"], ["values"]),
    ]
    constants = [
        _weights(rng, "w_option", sizes.options, sizes.features),
        constant("age_scale", 0.05, np.float32),
        constant("distance_scale", 1e-3, np.float32),
        constant("axis_1", [1]),
        constant("axis_2", [2]),
        _weights(rng, "w_values", 2 * sizes.features + sizes.code + 1, sizes.options),
    ]
    return _edge_of(nodes, constants, sizes)


def _edge_of(nodes: list, constants: list, sizes: Dimensions) -> bytes:
    inputs = [
        helper.make_tensor_value_info("features", TensorProto.FLOAT, ["B", sizes.features]),
        helper.make_tensor_value_info("code", TensorProto.FLOAT, ["B", sizes.code]),
        helper.make_tensor_value_info("other_features", TensorProto.FLOAT, ["B", "N", sizes.features]),
        helper.make_tensor_value_info("other_option", TensorProto.INT64, ["B", "N"]),
        helper.make_tensor_value_info("other_age", TensorProto.FLOAT, ["B", "N"]),
        helper.make_tensor_value_info("other_distance", TensorProto.FLOAT, ["B", "N"]),
        helper.make_tensor_value_info("other_place", TensorProto.INT64, ["B", "N"]),
        helper.make_tensor_value_info("place_at_other", TensorProto.INT64, ["B", "N"]),
        helper.make_tensor_value_info("other_mask", TensorProto.FLOAT, ["B", "N"]),
        helper.make_tensor_value_info("hold", TensorProto.FLOAT, ["B"]),
    ]
    outputs = [helper.make_tensor_value_info("values", TensorProto.FLOAT, ["B", sizes.options])]
    return _serialise(nodes, inputs, outputs, constants)


def _serialise(nodes: list, inputs: list, outputs: list, constants: list) -> bytes:
    graph = helper.make_graph(nodes, "random_weights", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()
