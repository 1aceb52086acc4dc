"""Every failure is one sentence on stderr and the exit code of its kind."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Answer

Cli = Callable[..., Answer]


def is_one_sentence(answer: Answer) -> bool:
    return answer.err.startswith("hiercoop: ") and answer.err.count("\n") == 1 and "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["evaluate", "random", "--set", "num_sbs=65"], 3, "num_sbs=65"),
        (["evaluate", "random", "--set", "radio.num_bands=0"], 3, "radio.num_bands=0"),
        (["evaluate", "random", "--set", "colour=1"], 3, "'colour'"),
        (["evaluate", "random", "--scenario", "moon"], 3, "'moon'"),
        (["evaluate", "random", "--payload-bytes", "-1"], 3, "traffic.payload_bytes=-1"),
        (["evaluate", "random", "--payload-bytes", "nan"], 3, "traffic.payload_bytes=nan"),
        (["evaluate", "random", "--episodes", "0"], 3, "episodes=0"),
        (["evaluate", "random", "--seed", "-1"], 3, "seed=-1"),
        (["evaluate", "random", "--period", "5"], 3, "add --reporting periodic"),
        (["evaluate", "random", "--reporting", "periodic", "--period", "0"], 3, "report_period_slots=0"),
        (["evaluate", "nobody"], 3, "'nobody'"),
        (["evaluate", "random", "--config", "absent.toml"], 3, "absent.toml"),
        (["evaluate", "nobody", "--scenario", "semantic-downlink"], 3, "'nobody'"),
        (["evaluate", "random", "--scenario", "semantic-downlink", "--full-buffer"], 3, "neither payloads nor reports"),
        (["evaluate", "random", "--scenario", "semantic-downlink", "--set", "users.num_per_cell=0"], 3, "users.num_per_cell=0"),
        (["evaluate", "random", "--scenario", "semantic-downlink", "--set", "radio.codebook=absent"], 3, "codebook absent"),
        (
            ["evaluate", "random", "--scenario", "semantic-downlink", "--set", "semantics.accuracy_table=absent"],
            3,
            "accuracy table absent",
        ),
        (["simulate", "--mobility", "absent.fcd.xml", "--policy", "random"], 3, "absent.fcd.xml"),
        (["simulate", "--policy", "random"], 3, "no end"),
        (["simulate", "--policy", "random", "--seconds", "0.01"], 3, "seconds=0.01"),
        (["simulate", "--policy", "absent", "--slots", "10"], 3, "absent"),
        (["train", "--preset", "none"], 3, "'none'"),
        (["train", "--resume", "absent"], 3, "absent"),
        (["train", "ppo", "--set", "algorithm=qmix"], 3, "algorithm='qmix'"),
        (["train", "ppo", "--set", "hyperparameters.option.max_option_slots=5"], 3, "'option'"),
        (["export", "absent", "out"], 3, "absent"),
        (["bench", "simulator", "--set", "num_sbs=5"], 3, "--set"),
        (["bench", "simulator", "--check", "baseline.json"], 3, "bench load"),
        (["loadtest", "--edge", "10.0.0.1:50052"], 3, "--allow-remote"),
        (["loadtest", "--edge", "nowhere"], 3, "HOST:PORT"),
        (["loadtest", "--period-ms", "0.5"], 3, "--period-ms=0.5"),
        (["loadtest", "--seconds", "3600"], 3, "--seconds=3600"),
        (["loadtest", "--policy", "absent"], 3, "absent"),
        (["loadtest", "--html", "absent/load.html"], 3, "--html=absent/load.html"),
        (["loadtest", "--set", "num_sbs=5"], 3, "--set"),
        (["signalling", "--scheme", "telepathy"], 3, "'telepathy'"),
        (["signalling", "--period", "0"], 3, "report_period_slots=0"),
        (["signalling", "--policy", "absent"], 3, "absent"),
    ],
)
def test_invalid_input_exits_with_3_and_names_what_is_wrong(
    hiercoop: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, words: str
):
    monkeypatch.chdir(tmp_path)
    answer = hiercoop(*arguments, "--json")
    assert answer.code == code
    assert is_one_sentence(answer)
    assert words in answer.err
    assert answer.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["evaluate"],
        ["evaluate", "random", "--episodes", "few"],
        ["bench", "moon"],
        ["train", "magic"],
        ["evaluate", "random", "--reporting", "often"],
    ],
)
def test_wrong_usage_exits_with_2(hiercoop: Cli, arguments: list[str]):
    answer = hiercoop(*arguments)
    assert answer.code == 2
    assert "Error" in answer.err


def test_a_check_that_does_not_hold_exits_with_5(hiercoop: Cli):
    answer = hiercoop("doctor", "--policy", "absent")
    assert answer.code == 5
    assert "policy" in answer.err


def test_a_changed_bundle_exits_with_3_and_leaves_no_trace(hiercoop: Cli, policy: Path, tmp_path: Path):
    (policy / "edge.onnx").write_bytes(b"")
    answer = hiercoop("simulate", "--policy", policy, "--slots", 5, "--trace", tmp_path / "out.trace")
    assert answer.code == 3
    assert is_one_sentence(answer)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["policy"]


def test_a_bad_controls_file_leaves_no_trace(hiercoop: Cli, policy: Path, tmp_path: Path):
    controls = tmp_path / "controls.jsonl"
    controls.write_text('{"slot": 3, "control": {"payload_bytes": -4}}\n')
    answer = hiercoop("simulate", "--policy", policy, "--slots", 5, "--controls", controls, "--trace", tmp_path / "out.trace")
    assert answer.code == 3
    assert "payload_bytes=-4" in answer.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["controls.jsonl", "policy"]


def test_learning_without_torch_says_what_to_install(hiercoop: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.startswith("hiercoop.training")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    answer = hiercoop("train", "--preset", "tiny", "--run-dir", tmp_path / "run")
    assert answer.code == 1
    assert is_one_sentence(answer)
    assert "needs torch" in answer.err


@pytest.mark.processes
def test_ctrl_c_exits_with_130_without_a_traceback():
    command = [sys.executable, "-m", "hiercoop.cli", "evaluate", "random", "--episodes", "100000000"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    time.sleep(2.0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert (out, err) == ("", "")
