"""The lower layer of an agent at inference: features, termination and allocation from one local observation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from hiercoop.execution.bundle import SBS_FILE, PolicyBundle
from hiercoop.execution.onnx_session import check_inputs, make_session


@dataclass(frozen=True)
class SbsInference:
    """What the lower layer says of a batch of rows, each under its own option."""

    features: Float32[np.ndarray, "row feature"]
    termination: Float32[np.ndarray, "row"]
    """Probability that the row's option ends here."""
    choice: Int64[np.ndarray, "row vehicle"]
    choice_prob: Float32[np.ndarray, "row vehicle choice"]


class SbsPolicy:
    """`sbs.onnx` of a bundle. A row's result does not depend on how many rows go with it."""

    def __init__(self, bundle: PolicyBundle) -> None:
        sizes = bundle.manifest.dimensions
        self.manifest = bundle.manifest
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
            },
        )
        self._no_noise = np.zeros((1, sizes.vehicles, sizes.choices), np.float32)

    def infer(
        self,
        local: Float32[np.ndarray, "row observation"],
        mask: Bool[np.ndarray, "row vehicle choice"],
        option: Int64[np.ndarray, "row"],
        noise: Float32[np.ndarray, "row vehicle choice"] | None = None,
    ) -> SbsInference:
        """Features, termination and allocation of each row; Gumbel `noise` samples the allocation, None takes the best."""
        if noise is None:
            noise = self._no_noise if len(local) == 1 else np.zeros(mask.shape, np.float32)
        features, termination, choice, choice_prob = self._session.run(
            ("features", "termination", "choice", "choice_prob"),
            {"local": local, "mask": mask, "option": option, "noise": noise},
        )
        return SbsInference(features, termination, choice, choice_prob)
