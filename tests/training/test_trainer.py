"""Training as a whole: it learns, it resumes bit for bit, it stops at a loss that is no number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.config.training import AlgorithmName, TrainingConfig, load_training
from hiercoop.errors import ConfigError, InputFileError, TrainingError
from hiercoop.execution.bundle import load_bundle
from hiercoop.training.checkpoint import BEST, LATEST, Progress, save_acting, save_training
from hiercoop.training.checkpoint import load_training as load_training_checkpoint
from hiercoop.training.courses import SETTINGS, make_course, resolve
from hiercoop.training.export import export_bundle
from hiercoop.training.run_directory import read_config
from hiercoop.training.trainer import Watch, train

SHORT = [
    "scenario.episode_slots=10",
    "num_envs=2",
    "validation.num_envs=2",
    "iterations=4",
    "checkpoint_every_iterations=2",
]
ALGORITHMS = sorted(SETTINGS)


def config(*settings: str, algorithm: AlgorithmName = "hiercoop") -> TrainingConfig:
    return load_training("tiny", ScenarioConfig(), 5, settings=[*SHORT, *settings], algorithm=algorithm)


def status(run_dir: Path) -> dict[str, object]:
    return json.loads((run_dir / "status.json").read_text())


def assert_equal_runs(one: Path, other: Path) -> None:
    assert (one / "metrics.jsonl").read_bytes() == (other / "metrics.jsonl").read_bytes()
    for name in (LATEST, BEST):
        tensors, others = (load_file(run / "checkpoints" / name) for run in (one, other))
        assert tensors.keys() == others.keys()
        assert all(torch.equal(tensors[key], others[key]) for key in tensors)


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_resumed_training_equals_an_uninterrupted_one(tmp_path: Path, algorithm: AlgorithmName) -> None:
    train(config(algorithm=algorithm), tmp_path / "whole")

    def interrupt(done: int, total: int, metrics: dict[str, float]) -> None:
        if done == 3:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(config(algorithm=algorithm), tmp_path / "parts", watch=Watch(on_progress=interrupt))
    train(read_config(tmp_path / "parts"), tmp_path / "parts", resume=True)
    assert_equal_runs(tmp_path / "whole", tmp_path / "parts")


def test_a_training_that_is_stopped_leaves_a_checkpoint_of_its_last_iteration(tmp_path: Path) -> None:
    stops = iter([False, False, True])
    result = train(config(), tmp_path / "run", watch=Watch(should_stop=lambda: next(stops)))
    assert result.iterations == 3
    assert (status(tmp_path / "run")["state"], status(tmp_path / "run")["iteration"]) == ("interrupted", 3)
    train(config(), tmp_path / "whole")
    train(read_config(tmp_path / "run"), tmp_path / "run", resume=True)
    assert_equal_runs(tmp_path / "whole", tmp_path / "run")
    assert status(tmp_path / "run")["state"] == "done"


def test_a_run_without_a_checkpoint_begins_again(tmp_path: Path) -> None:
    for name in ("whole", "parts"):
        train(config("iterations=2"), tmp_path / name)
    (tmp_path / "parts" / "checkpoints" / LATEST).unlink()
    train(read_config(tmp_path / "parts"), tmp_path / "parts", resume=True)
    assert_equal_runs(tmp_path / "whole", tmp_path / "parts")


def test_a_run_leaves_configuration_metrics_events_checkpoints_and_status(tmp_path: Path) -> None:
    train(config(), tmp_path / "run")
    assert read_config(tmp_path / "run").hyperparameters["network"]["encoder_hidden"] == 16
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [line["iteration"] for line in lines] == [0, 1, 2, 3]
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "done"
    assert list((tmp_path / "run" / "events").iterdir())
    assert not list((tmp_path / "run").rglob(".*"))


def test_the_best_policy_is_exported_as_a_bundle(tmp_path: Path) -> None:
    train(config(), tmp_path / "run")
    bundle = export_bundle(tmp_path / "run", tmp_path / "bundle", {"note": 1})
    loaded = load_bundle(tmp_path / "bundle")
    assert loaded.digest == bundle.digest
    loaded.check_scenario(ScenarioConfig())
    assert loaded.manifest.evaluation == {"note": 1}


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_checkpoint(tmp_path: Path) -> None:
    train(config("iterations=2"), tmp_path / "run")
    checkpoint = tmp_path / "run" / "checkpoints" / LATEST
    good = checkpoint.read_bytes()
    with pytest.raises(TrainingError, match="loss is"):
        train(config("hyperparameters.critic.learning_rate=1e30"), tmp_path / "run", resume=True)
    assert checkpoint.read_bytes() == good
    told = status(tmp_path / "run")
    assert (told["state"], told["iteration"], told["checkpoint_iteration"]) == ("failed", 2, 2)
    assert "critic loss is" in str(told["error"])


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name != "hiercoop"])
def test_flat_learners_that_diverge_stop_and_leave_a_usable_checkpoint(tmp_path: Path, algorithm: AlgorithmName) -> None:
    rates = ["hyperparameters.scorer.learning_rate=1e30", "hyperparameters.max_gradient_norm=1e30"]
    with pytest.raises(TrainingError, match="training stopped after"):
        train(config(*rates, algorithm=algorithm), tmp_path / "run")
    assert status(tmp_path / "run")["state"] == "failed"
    kept = load_file(tmp_path / "run" / "checkpoints" / LATEST)
    assert kept
    assert all(torch.isfinite(tensor).all() for tensor in kept.values())


def test_a_checkpoint_is_never_overwritten_by_one_that_holds_no_numbers(tmp_path: Path) -> None:
    course, path = make_course(resolve(config())), tmp_path / LATEST
    save_training(path, course, Progress(1, 0, 0.0))
    good = path.read_bytes()
    with torch.no_grad():
        next(course.acting.parameters()).flatten()[0] = torch.nan
    with pytest.raises(TrainingError, match=r"networks.*no numbers"):
        save_training(path, course, Progress(2, 0, 0.0))
    with pytest.raises(TrainingError, match="no numbers"):
        save_acting(path, course.acting, Progress(2, 0, 0.0))
    assert path.read_bytes() == good
    assert [left.name for left in tmp_path.iterdir()] == [LATEST]
    assert load_training_checkpoint(path, make_course(resolve(config()))).iteration == 1


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    train(config("iterations=1"), tmp_path / "run")
    with pytest.raises(InputFileError, match="holds a training run already"):
        train(config(), tmp_path / "run")


def test_an_unknown_hyperparameter_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="learning_speed"):
        train(config("hyperparameters.actor.learning_speed=1"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_cut_checkpoint_is_refused(tmp_path: Path) -> None:
    train(config(), tmp_path / "run")
    path = tmp_path / "run" / "checkpoints" / LATEST
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(TrainingError, match="cannot be used"):
        train(read_config(tmp_path / "run"), tmp_path / "run", resume=True)


@pytest.mark.slow
def test_training_without_a_lead_improves_on_its_start(tmp_path: Path) -> None:
    settings = [
        "hyperparameters.network.worth_weight=0.0",
        "hyperparameters.actor.learning_rate=0.02",
        "validation.every_iterations=1",
    ]
    train(load_training("tiny", ScenarioConfig(), 5, settings=settings), tmp_path / "run")
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    first, last = (lines[index]["validation_sum_capacity_mbps"] for index in (0, -1))
    assert last > 1.2 * first
