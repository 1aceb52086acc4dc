"""GET policies: the bundles that a run can be given."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field, JsonValue

from services.upper_edge.web.access import BoardOf
from services.upper_edge.web.board import Board
from services.upper_edge.web.models import Answer, Reading, freshness


class Policy(Answer):
    """One bundle."""

    name: str = Field(description="Of its directory", examples=["default"])
    digest: str = Field(description="sha256 of its manifest", examples=["4f1c" + "0" * 60])
    is_in_force: bool
    fits: bool = Field(description="Its sizes are those of the run's scenario; without a run: false")
    misfit: str = Field(description="Why it does not fit, or cannot be read; else empty")
    algorithm: str = Field(examples=["hiercoop"])
    scenario: str = Field(description="That it was trained for", examples=["urban-grid"])
    num_options: int = Field(examples=[8])
    max_option_slots: int = Field(examples=[20])
    actions: str = Field(examples=["argmax"])
    terminations: str = Field(examples=["sampled"])
    codec: str = Field(examples=["fp32"])
    size_bytes: int = Field(examples=[210_000])
    evaluation: dict[str, JsonValue] = Field(description="What it was measured to be worth, as its manifest says")


class Policies(Reading):
    """Bundles under policies/ and the one that the services were started with; damaged ones are named in `unusable`."""

    in_force: str = Field(description="Digest that the run follows; empty: none known", examples=["4f1c" + "0" * 60])
    policies: list[Policy]
    unusable: list[str] = Field(description="A sentence for each directory that holds no bundle that can be read")


router = APIRouter()


@router.get("/policies")
async def read_policies(board: BoardOf) -> Policies:
    """The bundles that `control` can begin a run with."""
    return policies_of(board)


def policies_of(board: Board) -> Policies:
    """The bundles as they lie on this machine now."""
    run = board.run
    in_force = run.response.policy_digest if run else ""
    shelf = board.policies.read()
    rows = []
    for name, bundle in shelf.bundles.items():
        manifest = bundle.manifest
        misfit = "no run is known yet" if run is None else bundle.misfit(run.config.scenario)
        rows.append(
            Policy(
                name=name,
                digest=bundle.digest,
                is_in_force=bundle.digest == in_force,
                fits=not misfit,
                misfit=misfit,
                algorithm=manifest.algorithm,
                scenario=manifest.scenario,
                num_options=manifest.dimensions.options,
                max_option_slots=manifest.max_option_slots,
                actions=manifest.actions,
                terminations=manifest.terminations,
                codec=manifest.codec,
                size_bytes=sum(map(len, bundle.files.values())),
                evaluation=manifest.evaluation,
            )
        )
    return Policies.model_validate(
        {**freshness(board), "in_force": in_force, "policies": rows, "unusable": list(shelf.unusable)}
    )
