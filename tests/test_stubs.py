"""The committed gRPC stubs are those that proto/ gives, and proto/ is clean."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
STUBS = Path("hiercoop/rpc/v1")


def test_committed_stubs_are_fresh(tmp_path: Path):
    environment = os.environ | {"PYTHON": sys.executable}
    subprocess.run([ROOT / "deploy" / "generate-stubs", tmp_path], env=environment, check=True)
    fresh = {file.name: file.read_bytes() for file in (tmp_path / STUBS).iterdir()}
    committed = {name: (ROOT / STUBS / name).read_bytes() for name in fresh}
    assert len(fresh) == 3 * len(list((ROOT / "proto").rglob("*.proto")))
    assert committed == fresh, "run make stubs"


def test_no_committed_stub_lacks_its_proto():
    protos = {file.stem for file in (ROOT / "proto").rglob("*.proto")}
    stubs = {file.name.partition("_pb2")[0] for file in (ROOT / STUBS).glob("*_pb2*")}
    assert stubs == protos


def test_buf_finds_nothing_to_say_about_the_protos():
    answer = subprocess.run([BIN / "buf", "lint", "proto"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
