"""`hiercoop train` as a shell sees it."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hiercoop.cli.training_progress import Pace, training_progress
from tests.cli.conftest import Answer

Cli = Callable[..., Answer]
SHORT = ["--preset", "tiny", "--set", "scenario.episode_slots=10", "--set", "num_envs=2", "--set", "validation.num_envs=2"]


def test_a_flat_policy_is_learned_exported_and_evaluated(hiercoop: Cli, tmp_path: Path):
    run_dir, policy = tmp_path / "run", tmp_path / "policy"
    answer = hiercoop("train", "ppo", *SHORT, "--set", "iterations=2", "--run-dir", run_dir, "--device", "cpu", "--json")
    assert (answer.json["iterations"], answer.json["best_iteration"]) == (2, 2)
    config = tomllib.loads((run_dir / "config.toml").read_text())
    assert (config["algorithm"], config["hyperparameters"]["form"]) == ("ppo", "scorer")
    assert hiercoop("export", run_dir, policy, "--episodes", 2, "--json").code == 0
    assert json.loads((policy / "manifest.json").read_text())["dimensions"]["options"] == 1
    report = hiercoop("evaluate", policy, "--episodes", 2, "--reporting", "every-slot", "--json").json
    assert report["signalling"] == dict.fromkeys(report["signalling"], 0.0)
    assert report["option_share"] == [1.0]


def test_a_run_without_a_terminal_logs_throughput_time_left_and_score(hiercoop: Cli, tmp_path: Path):
    answer = hiercoop("train", *SHORT, "--set", "iterations=4", "--run-dir", tmp_path / "run", "--json")
    lines = answer.err.splitlines()
    assert answer.code == 0
    assert len(lines) == 2
    assert all(f"{field}=" in line for field in ("slots_per_s", "left_s", "score") for line in lines)
    assert "iteration=1 iterations=4" in lines[0]
    assert "iteration=4 iterations=4" in lines[1]


def test_divergence_exits_with_1_and_one_sentence_and_keeps_a_checkpoint(hiercoop: Cli, tmp_path: Path):
    rate = "hyperparameters.critic.learning_rate=1e30"
    answer = hiercoop("train", *SHORT, "--set", rate, "--run-dir", tmp_path / "run", "--json")
    assert answer.code == 1
    assert answer.err.startswith("hiercoop: training stopped after 0 iterations: the critic loss is")
    assert answer.err.count("\n") == 1
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "failed"
    kept = load_file(tmp_path / "run" / "checkpoints" / "latest.safetensors")
    assert all(torch.isfinite(tensor).all() for tensor in kept.values())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_cuda_without_a_gpu_is_refused_before_anything_is_written(hiercoop: Cli, tmp_path: Path):
    answer = hiercoop("train", *SHORT, "--run-dir", tmp_path / "run", "--device", "cuda")
    assert answer.code == 3
    assert answer.err == "hiercoop: device='cuda' needs a GPU that torch can use, and there is none here; use cpu or auto\n"
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_resumed_under_its_own_algorithm_only(hiercoop: Cli, tmp_path: Path):
    hiercoop("train", "ppo", *SHORT, "--set", "iterations=1", "--run-dir", tmp_path / "run")
    assert "not 'hiercoop'" in hiercoop("train", "hiercoop", "--resume", tmp_path / "run").err
    assert hiercoop("train", "--resume", tmp_path / "run", "--json").json["iterations"] == 1


def test_pace_is_that_of_the_iterations_done_here():
    pace = Pace(slots_per_iteration=100)
    pace.note(41, 50, {"validation_score": 1.5})
    pace.note(42, 50, {"reward": 0.5})
    assert pace.score == 1.5
    assert pace.left_s == pytest.approx(8 * 100 / pace.slots_per_s)


def test_a_terminal_shows_a_bar_with_throughput_time_left_and_score(monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with training_progress(4, 100) as on_progress:
        on_progress(2, 4, {"validation_score": 1.25})
    drawn = capsys.readouterr().err
    assert "2/4" in drawn
    assert "slots/s, 0:00:0" in drawn
    assert "score 1.250" in drawn
