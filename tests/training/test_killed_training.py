"""A real `hiercoop train` process that is killed or interrupted goes on as if nothing had been."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from hiercoop.config.load import load_scenario
from hiercoop.config.training import load_training
from hiercoop.training.checkpoint import BEST, LATEST
from hiercoop.training.trainer import train

pytestmark = pytest.mark.processes

SETTINGS = [
    "scenario.episode_slots=10",
    "num_envs=4",
    "iterations=6",
    "checkpoint_every_iterations=3",
    "validation.num_envs=2",
]
PATIENCE_S = 90.0


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hiercoop.cli", "train", *map(str, arguments), "--device", "cpu", "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def start_fresh(run_dir: Path) -> subprocess.Popen[str]:
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    return start("hiercoop", "--preset", "tiny", "--seed", 3, "--run-dir", run_dir, *settings)


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, err


def wait_until(process: subprocess.Popen[str], is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert process.poll() is None, finish(process)
        assert time.monotonic() < deadline_s
        time.sleep(0.001)


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    assert finish(process)[0] == -signal.SIGKILL


def iterations_logged(run_dir: Path) -> int:
    metrics = run_dir / "metrics.jsonl"
    return metrics.read_bytes().count(b"\n") if metrics.exists() else 0


def checkpoint_iteration(run_dir: Path) -> int:
    with safe_open(run_dir / "checkpoints" / LATEST, "pt") as file:
        return int(file.metadata()["iteration"])


def kill_while_it_writes_a_checkpoint(process: subprocess.Popen[str], run_dir: Path) -> None:
    """Its temporary file is a pipe here, which takes the first part of a checkpoint and no more until somebody reads on."""
    pipe = run_dir / "checkpoints" / f".{LATEST}.{process.pid}"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    def has_begun() -> bool:
        try:
            return bool(os.read(reader, 1))
        except BlockingIOError:
            return False

    wait_until(process, has_begun)
    kill(process)
    os.close(reader)


def test_a_run_killed_in_an_iteration_and_while_writing_a_checkpoint_ends_as_an_unbroken_one(tmp_path: Path) -> None:
    whole, run_dir = tmp_path / "whole", tmp_path / "run"
    train(load_training("tiny", load_scenario("urban-grid"), 3, settings=SETTINGS), whole)
    process = start_fresh(run_dir)
    wait_until(process, lambda: iterations_logged(run_dir) == 4)
    kill(process)
    process = start("--resume", run_dir)
    wait_until(process, lambda: iterations_logged(run_dir) == 5)
    kill_while_it_writes_a_checkpoint(process, run_dir)
    assert list((run_dir / "checkpoints").glob(".*"))
    assert iterations_logged(run_dir) > checkpoint_iteration(run_dir)
    assert finish(start("--resume", run_dir))[0] == 0
    assert (whole / "metrics.jsonl").read_bytes() == (run_dir / "metrics.jsonl").read_bytes()
    for name in (LATEST, BEST):
        tensors, others = (load_file(run / "checkpoints" / name) for run in (whole, run_dir))
        assert tensors.keys() == others.keys()
        assert all(torch.equal(tensors[key], others[key]) for key in tensors)
    assert not list(run_dir.rglob(".*"))


def test_ctrl_c_writes_a_checkpoint_and_says_how_to_go_on(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    process = start_fresh(run_dir)
    wait_until(process, lambda: iterations_logged(run_dir) == 1)
    process.send_signal(signal.SIGINT)
    code, err = finish(process)
    assert code == 130
    assert err.splitlines()[-1].endswith(f"go on with: hiercoop train --resume {run_dir}")
    assert "Traceback" not in err
    status = json.loads((run_dir / "status.json").read_text())
    assert (status["state"], status["iteration"]) == ("interrupted", iterations_logged(run_dir))
    assert checkpoint_iteration(run_dir) == iterations_logged(run_dir)
