"""Nothing is reported to anybody."""

import os
import subprocess
import sys
from pathlib import Path


def test_loading_the_runtime_leaves_nothing_at_home(tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", "import hiercoop.execution.onnx_session"], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []
