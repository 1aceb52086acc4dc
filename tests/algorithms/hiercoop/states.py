"""Joint states made by chance or by hand."""

from __future__ import annotations

import torch

from hiercoop.algorithms.hiercoop.config import HierCoopConfig
from hiercoop.algorithms.hiercoop.experience import JointState, SiteRelations
from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks, local_spec
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.radio.geometry import neighbour_places, site_distances_m

SCENARIO = ScenarioConfig()
SMALL = {"encoder_hidden": 8, "scorer_hidden": 4, "values_hidden": 8, "mixer_hidden": 8}


def small_networks(seed: int, **settings: object) -> HierCoopNetworks:
    torch.manual_seed(seed)
    return HierCoopNetworks(local_spec(SCENARIO), HierCoopConfig.model_validate({"network": SMALL | settings}))


def random_state(networks: HierCoopNetworks, rows: int, num_cells: int, hold: float = 0.0) -> JointState:
    shape, sizes = (rows, num_cells), networks.sizes
    sight = networks.sight_size
    return JointState(
        sight=torch.rand(*shape, sight),
        previous_option=torch.randint(sizes.num_options, shape),
        option_age=torch.rand(shape),
        held_sight=torch.rand(*shape, sight),
        held_option=torch.randint(sizes.num_options, shape),
        held_age=torch.randint(20, shape).float(),
        held_mask=(torch.rand(shape) < 0.7).float(),
        code=torch.randn(*shape, sizes.code_size),
        hold=torch.full(shape, hold),
    )


def random_sites(rows: int, num_cells: int) -> SiteRelations:
    """The same for all rows, as in one rollout."""
    distance_m = site_distances_m(torch.rand(num_cells, 2).numpy() * 900.0)
    return SiteRelations(torch.from_numpy(distance_m), torch.from_numpy(neighbour_places(distance_m))).expand(rows)
