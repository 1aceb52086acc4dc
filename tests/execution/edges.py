"""Policies whose option values are made by hand, so that it is known what the edge should decide."""

from __future__ import annotations

from functools import cache

import numpy as np
from onnx import helper

from hiercoop.execution.bundle import PolicyBundle
from tests.bundles import FEATURES, OPTIONS, bundle_with_edge, constant
from tests.execution.scenes import scenario

CLASH = 1.0
"""What a cell loses by each other cell that it knows of and that follows the same option."""
LEVELS = (0.0, 0.2, 1.0)
"""Values of `hold` that the options of `hold_bundle` stand for."""


@cache
def clash_bundle(**manifest: object) -> PolicyBundle:
    """Q_k(w) is feature w of the cell itself, less CLASH for each known other cell that follows w."""
    nodes = [
        helper.make_node("Gather", ["one_hot", "other_option"], ["followed"]),
        helper.make_node("Unsqueeze", ["other_mask", "axis_2"], ["known"]),
        helper.make_node("Mul", ["followed", "known"], ["followed_by_known"]),
        helper.make_node("ReduceSum", ["followed_by_known", "axis_1"], ["clashes"], keepdims=0),
        helper.make_node("MatMul", ["features", "own_part"], ["own"]),
        helper.make_node("Sub", ["own", "clashes"], ["values"]),
    ]
    constants = [
        constant("one_hot", CLASH * np.eye(OPTIONS), np.float32),
        constant("own_part", np.eye(FEATURES, OPTIONS), np.float32),
        constant("axis_1", [1]),
        constant("axis_2", [2]),
    ]
    return bundle_with_edge(scenario(), nodes, constants, **manifest)


@cache
def hold_bundle() -> PolicyBundle:
    """The best option is the one whose level `hold` is nearest to."""
    nodes = [
        helper.make_node("Unsqueeze", ["hold", "axis_1"], ["column"]),
        helper.make_node("Sub", ["column", "levels"], ["distance"]),
        helper.make_node("Abs", ["distance"], ["far"]),
        helper.make_node("Neg", ["far"], ["values"]),
    ]
    levels = np.full(OPTIONS, 9.0)
    levels[: len(LEVELS)] = LEVELS
    return bundle_with_edge(scenario(), nodes, [constant("levels", levels, np.float32), constant("axis_1", [1])])


@cache
def age_bundle() -> PolicyBundle:
    """The best option is the sum of the ages of the known others, up to the last option."""
    nodes = [
        helper.make_node("Mul", ["other_age", "other_mask"], ["ages"]),
        helper.make_node("ReduceSum", ["ages", "axis_1"], ["total"], keepdims=1),
        helper.make_node("Sub", ["total", "options"], ["distance"]),
        helper.make_node("Abs", ["distance"], ["far"]),
        helper.make_node("Neg", ["far"], ["values"]),
    ]
    return bundle_with_edge(scenario(), nodes, [constant("options", np.arange(OPTIONS), np.float32), constant("axis_1", [1])])
