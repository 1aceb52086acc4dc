"""Policies of this machine: found by digest, and followed by a run that is begun under one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hiercoop.config.run import RunConfig
from hiercoop.errors import BundleError, ConfigError
from hiercoop.execution import policy_shelf
from hiercoop.execution.bundle import write_bundle
from hiercoop.execution.in_process import InProcessRun
from hiercoop.execution.policy_shelf import PolicyShelf
from hiercoop.rpc.v1.channel_sim_service_pb2 import ControlRequest
from tests.bundles import random_bundle
from tests.execution.scenes import scenario


def test_bundles_are_found_by_digest_and_what_is_none_is_named(tmp_path: Path) -> None:
    here = random_bundle(scenario(), seed=1)
    write_bundle(here, tmp_path / "here")
    write_bundle(random_bundle(scenario(), seed=2), tmp_path / "changed")
    (tmp_path / "changed" / "edge.onnx").write_bytes(b"not what the manifest says")
    (tmp_path / "empty").mkdir()
    shelf = PolicyShelf(directory=tmp_path)
    told = shelf.read()
    assert list(told.bundles) == ["here"]
    assert len(told.unusable) == 2
    assert any("edge.onnx has sha256" in sentence for sentence in told.unusable)
    assert shelf.name_of(here.digest) == "here"
    assert shelf.find("ab" * 32) is None
    with pytest.raises(BundleError, match="there are: here"):
        shelf.require("ab" * 32)


def test_a_bundle_that_came_later_or_changed_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_shelf, "RESCAN_S", 0.0)
    shelf = PolicyShelf(directory=tmp_path)
    first, second = (random_bundle(scenario(), seed=seed, max_option_slots=10 + seed) for seed in (1, 200))
    assert shelf.find(first.digest) is None
    write_bundle(first, tmp_path / "mine")
    assert shelf.find(first.digest) is not None
    write_bundle(second, tmp_path / "mine")
    assert shelf.name_of(second.digest) == "mine"


def test_a_run_is_begun_under_another_policy_and_its_cells_and_edge_follow_it(tmp_path: Path) -> None:
    old, new = (random_bundle(scenario(), seed=seed) for seed in (1, 2))
    write_bundle(new, tmp_path / "new")
    whole = InProcessRun(RunConfig(scenario=scenario()), old, events=[(10, {"control": {"policy": new.digest}})])
    whole.simulator.policies = PolicyShelf(directory=tmp_path)
    whole.edge._shelf = whole.simulator.policies
    for _ in range(30):
        whole.advance()
    assert (whole.emulation.run_epoch, whole.emulation.slot) == (2, 20)
    assert whole.emulation.policy_digest == whole.edge.bundle.digest == new.digest
    assert all(agent.registration().policy_digest == new.digest for agent in whole.agents.values())
    assert whole.edge.decisions > 0
    assert all(cell.counts.reports > 0 for cell in whole.emulation.cells)


@pytest.mark.parametrize("digest", ["", "default", "AB" * 32])
def test_a_policy_is_named_by_its_digest_only(digest: str) -> None:
    whole = InProcessRun(RunConfig(scenario=scenario()), random_bundle(scenario()))
    with pytest.raises(ConfigError, match="64 hex digits"):
        whole.simulator.control(ControlRequest(policy=digest))


def test_a_policy_that_is_not_here_or_does_not_fit_leaves_the_run_as_it_is(tmp_path: Path) -> None:
    other = random_bundle(scenario().model_copy(update={"num_vehicles_per_sbs": 5}))
    write_bundle(other, tmp_path / "other")
    whole = InProcessRun(RunConfig(scenario=scenario()), random_bundle(scenario()))
    whole.simulator.policies = PolicyShelf(directory=tmp_path)
    for digest, sentence in (("ab" * 32, "no policy bundle here"), (other.digest, "vehicles=5")):
        with pytest.raises(BundleError, match=sentence):
            whole.simulator.control(ControlRequest(policy=digest))
    assert whole.emulation.run_epoch == 1
