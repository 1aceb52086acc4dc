"""What the doctor finds."""

import json
import socket
from pathlib import Path

import pytest

from hiercoop.cli.doctor import DoctorOptions, doctor
from hiercoop.cli.machine import cpu_model, describe_machine
from hiercoop.errors import CheckError


@pytest.fixture
def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def checks(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    return {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}


def test_all_holds_on_this_machine(policy: Path, free_port: int, capsys: pytest.CaptureFixture[str]):
    doctor(DoctorOptions(json=True, policy=str(policy), port=[free_port]))
    found = checks(capsys)
    assert {"python", "packages", "stubs", "configuration", "policy", "docker", f"port {free_port}"} == set(found)
    assert all(check["is_ok"] for check in found.values() if check["is_required"])


def test_a_port_in_use_is_named(policy: Path, capsys: pytest.CaptureFixture[str]):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(CheckError, match=f"port {port}"):
            doctor(DoctorOptions(json=True, policy=str(policy), port=[port]))
    assert f"port {port} is in use" in str(checks(capsys)[f"port {port}"]["detail"])


def test_a_bundle_with_a_changed_byte_fails_the_check(policy: Path, free_port: int, capsys: pytest.CaptureFixture[str]):
    network = policy / "sbs.onnx"
    network.write_bytes(network.read_bytes()[:-1] + b"?")
    with pytest.raises(CheckError, match="1 of 7 checks did not hold: policy"):
        doctor(DoctorOptions(json=True, policy=str(policy), port=[free_port]))
    assert "sbs.onnx has sha256" in str(checks(capsys)["policy"]["detail"])


def test_a_bundle_of_other_dimensions_fails_the_check(policy: Path, free_port: int, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(CheckError, match="1 of 7 checks did not hold: policy"):
        doctor(DoctorOptions(json=True, policy=str(policy), port=[free_port], settings=["num_vehicles_per_sbs=4"]))
    assert "vehicles=3" in str(checks(capsys)["policy"]["detail"])


def test_an_unreadable_trace_fails_the_check(policy: Path, free_port: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    trace = tmp_path / "empty.fcd.xml"
    trace.touch()
    with pytest.raises(CheckError, match="trace"):
        doctor(DoctorOptions(json=True, policy=str(policy), port=[free_port], mobility=trace))
    assert str(trace) in str(checks(capsys)["trace"]["detail"])


def test_the_machine_is_described_by_processor_cores_and_versions(tmp_path: Path):
    machine = describe_machine()
    assert {"cpu", "cores", "python", "numpy", "grpcio"} <= set(machine)
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Example 9000 @ 2 GHz\nflags\t: a b\n")
    assert cpu_model(cpuinfo) == "Example 9000 @ 2 GHz"
