"""The lower layer of an agent at inference: features, termination and allocation from one local observation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from hiercoop.execution.bundle import SBS_FILE, PolicyBundle
from hiercoop.execution.onnx_session import check_inputs, make_session
from hiercoop.execution.sbs_memory import SbsMemory

OUTPUTS = ("features", "termination", "choice", "choice_prob", "next_memory")
"""Of `sbs.onnx`, as `SbsInference` has them."""


@dataclass(frozen=True)
class SbsInference:
    """What the lower layer says of a batch of rows, each under its own option."""

    features: Float32[np.ndarray, "row feature"]
    termination: Float32[np.ndarray, "row"]
    """Probability that the row's option ends here."""
    choice: Int64[np.ndarray, "row vehicle"]
    choice_prob: Float32[np.ndarray, "row vehicle choice"]
    averages: Float32[np.ndarray, "row average"]
    """The memory's, with this slot in them."""


class SbsPolicy:
    """`sbs.onnx` of a bundle. A row's result does not depend on how many rows go with it."""

    def __init__(self, bundle: PolicyBundle, hold: float) -> None:
        """`hold`: how options hold in the run (`edge_policy.hold_of`)."""
        sizes = bundle.manifest.dimensions
        self.manifest = bundle.manifest
        self._hold = np.float32(hold)
        self._session = make_session(bundle.files[SBS_FILE], SBS_FILE)
        choices = (None, sizes.vehicles, sizes.choices)
        check_inputs(
            self._session,
            SBS_FILE,
            {
                "local": ("tensor(float)", (None, sizes.observation)),
                "mask": ("tensor(bool)", choices),
                "option": ("tensor(int64)", (None,)),
                "noise": ("tensor(float)", choices),
                "hold": ("tensor(float)", (None,)),
                "memory": ("tensor(float)", (None, sizes.memory)),
                "present_share": ("tensor(float)", (None,)),
            },
        )
        self._no_noise = np.zeros((1, sizes.vehicles, sizes.choices), np.float32)

    def infer(
        self,
        local: Float32[np.ndarray, "row observation"],
        mask: Bool[np.ndarray, "row vehicle choice"],
        option: Int64[np.ndarray, "row"],
        memory: SbsMemory,
        noise: Float32[np.ndarray, "row vehicle choice"] | None = None,
    ) -> SbsInference:
        """Features, termination and allocation of each row; Gumbel `noise` samples the allocation, None takes the best."""
        rows = len(local)
        if noise is None:
            noise = self._no_noise if rows == 1 else np.zeros(mask.shape, np.float32)
        given = {
            "local": local,
            "mask": mask,
            "option": option,
            "noise": noise,
            "hold": np.full(rows, self._hold),
            "memory": memory.averages.reshape(rows, -1),
            "present_share": np.full(rows, memory.present_share, np.float32),
        }
        return SbsInference(*self._session.run(OUTPUTS, given))
