"""Imports point down the layer list, and serving never reaches torch."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


def test_the_layer_contracts_hold():
    answer = subprocess.run([BIN / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


def test_a_service_imports_no_other_service():
    services = ("channel_sim", "sbs_agent", "upper_edge")
    for service in services:
        for file in (ROOT / "services" / service).rglob("*.py"):
            others = {name for name in _imported(file) if name.split(".")[1:2] and name.split(".")[1] in services}
            assert all(name.startswith(f"services.{service}") for name in others if name.startswith("services.")), file


def test_starting_the_command_line_loads_neither_torch_nor_grpc_nor_numpy():
    program = "import sys, hiercoop.cli.__main__; print(sorted({'torch', 'grpc', 'numpy', 'onnxruntime'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def _imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names
