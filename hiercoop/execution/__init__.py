"""What runs at inference: the same code in one process and in the services."""

import os

# ONNX Runtime reports usage over the network, and leaves a device id at home, unless it is told not to before its import.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
