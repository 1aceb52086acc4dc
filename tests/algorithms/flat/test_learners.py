"""What holds for every learner without options: any number of cells, masks, repeatability, losses that are no number."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from hiercoop.algorithms.flat.experience import FlatRollout
from hiercoop.algorithms.flat.learner import FlatLearner
from hiercoop.algorithms.flat.policy import score_cells
from hiercoop.algorithms.flat.replay import sample_rounds
from hiercoop.algorithms.maddpg.config import MaddpgConfig
from hiercoop.algorithms.maddpg.learner import MaddpgLearner
from hiercoop.algorithms.policy_gradient import joint_log_prob
from hiercoop.algorithms.ppo.config import PpoConfig
from hiercoop.algorithms.ppo.learner import PpoLearner
from hiercoop.algorithms.qmix.config import QmixConfig
from hiercoop.algorithms.qmix.learner import QmixLearner
from hiercoop.config.scenario import RewardConfig, ScenarioConfig
from hiercoop.env.types import SNR_DB_SCALE, ObservationLayout
from hiercoop.errors import TrainingError
from hiercoop.nets.local_parts import LocalSpec

LAYOUT = ObservationLayout.of(ScenarioConfig())
SPEC = LocalSpec(LAYOUT.shapes, SNR_DB_SCALE)
SLOTS, ENVS = 4, 3


def small(config: type[PpoConfig | QmixConfig | MaddpgConfig], form: str, **settings: object):
    return config.model_validate({"form": form, "mlp": {"hidden": 8}, "scorer": {"hidden": 4}, **settings})


MAKERS: dict[str, Callable[[str], FlatLearner]] = {
    "ppo": lambda form: PpoLearner(SPEC, small(PpoConfig, form, epochs=1, minibatches=2), RewardConfig()),
    "qmix": lambda form: QmixLearner(SPEC, small(QmixConfig, form, batch_rounds=2), RewardConfig()),
    "maddpg": lambda form: MaddpgLearner(SPEC, small(MaddpgConfig, form, batch_rounds=2), RewardConfig()),
}
each_learner = pytest.mark.parametrize("name", list(MAKERS))
each_form = pytest.mark.parametrize("form", ["mlp", "scorer"])


def make(name: str, form: str, seed: int = 1) -> FlatLearner:
    torch.manual_seed(seed)
    return MAKERS[name](form)


def random_rollout(policy: torch.nn.Module, num_cells: int, seed: int = 2) -> FlatRollout:
    """Rounds of random observations, some vehicle slots empty, under the policy's own draws."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda *shape: torch.rand(*shape, generator=generator)  # noqa: E731
    local = draw(SLOTS, ENVS, num_cells, SPEC.size)
    active = draw(SLOTS, ENVS, num_cells, SPEC.num_vehicles) < 0.7
    local[..., SPEC.positions("is_active")] = active.float()
    mask = active.unsqueeze(-1).repeat(1, 1, 1, 1, 2 * SPEC.num_bands)
    with torch.no_grad():
        scores = score_cells(policy, local, mask, draw(*mask.shape))
    log_prob = joint_log_prob(scores.logits.flatten(0, 2), scores.choice.flatten(0, 2), active.flatten(0, 2))
    return FlatRollout(local, mask, scores.choice, log_prob.reshape(active.shape[:3]), draw(SLOTS, ENVS))


def weights(learner: FlatLearner) -> torch.Tensor:
    return torch.cat([value.flatten() for part in learner.parts.values() for value in part.state_dict().values()])


@each_learner
@each_form
@pytest.mark.parametrize("num_cells", [1, 2, 7, 12])
def test_learns_from_any_number_of_cells(name: str, form: str, num_cells: int) -> None:
    learner = make(name, form)
    before = {part: [value.clone() for value in module.parameters()] for part, module in learner.parts.items()}
    rollout = random_rollout(learner.policy, num_cells)
    metrics = learner.learn(rollout, 0.0, torch.Generator().manual_seed(3))
    assert all(torch.isfinite(torch.tensor(value)) for value in metrics.values())
    for part, module in learner.parts.items():
        assert any(not torch.equal(old, new) for old, new in zip(before[part], module.parameters(), strict=True)), part


@each_learner
@each_form
def test_masked_choices_are_never_made(name: str, form: str) -> None:
    learner = make(name, form)
    generator = torch.Generator().manual_seed(4)
    local = torch.rand(50, 3, SPEC.size, generator=generator)
    mask = torch.rand(50, 3, SPEC.num_vehicles, 2 * SPEC.num_bands, generator=generator) < 0.3
    mask[..., 5] = True
    noise = 100.0 * torch.rand(mask.shape, generator=generator)
    choice = score_cells(learner.policy, local, mask, noise).choice
    assert mask.gather(-1, choice.unsqueeze(-1)).all()
    probability = torch.softmax(score_cells(learner.policy, local, mask).logits, -1)
    assert (probability[~mask] == 0.0).all()


@each_learner
@each_form
def test_a_reward_that_is_no_number_stops_the_training(name: str, form: str) -> None:
    learner = make(name, form)
    rollout = random_rollout(learner.policy, 2)
    rollout.reward.fill_(torch.nan)
    with pytest.raises(TrainingError, match="loss is nan"):
        learner.learn(rollout, 0.0, torch.Generator().manual_seed(5))


@each_learner
@each_form
def test_equal_seeds_give_equal_weights(name: str, form: str) -> None:
    learners = [make(name, form), make(name, form)]
    for learner in learners:
        for iteration in range(2):
            learner.learn(random_rollout(learner.policy, 2, iteration), 0.5 * iteration, torch.Generator().manual_seed(5))
    assert torch.equal(weights(learners[0]), weights(learners[1]))


@each_learner
def test_learning_rates_fall_to_a_tenth(name: str) -> None:
    learner = make(name, "scorer")
    rollout = random_rollout(learner.policy, 2)
    learner.learn(rollout, 0.0, torch.Generator().manual_seed(5))
    rates = [group["lr"] for optimizer in learner.optimizers.values() for group in optimizer.param_groups]
    learner.learn(rollout, 1.0, torch.Generator().manual_seed(5))
    later = [group["lr"] for optimizer in learner.optimizers.values() for group in optimizer.param_groups]
    assert later == pytest.approx([0.1 * rate for rate in rates])


def test_rounds_of_a_batch_have_equal_numbers_of_cells_and_come_from_all_rollouts_that_do() -> None:
    policy = make("ppo", "mlp").policy
    replay = [random_rollout(policy, num_cells, seed) for seed, num_cells in enumerate((2, 3, 2))]
    generator = torch.Generator().manual_seed(6)
    drawn = [sample_rounds(replay, 20, generator) for _ in range(20)]
    assert {batch.num_cells for batch in drawn} == {2, 3}
    assert all(batch.num_envs == 20 for batch in drawn)
    with_two = torch.cat([batch.reward[0] for batch in drawn if batch.num_cells == 2])
    assert set(with_two.tolist()) == set(replay[0].reward[0].tolist()) | set(replay[2].reward[0].tolist())


def test_rewards_are_learned_a_cell_and_times_one_less_the_discount() -> None:
    rollout = random_rollout(make("ppo", "mlp").policy, 4)
    torch.testing.assert_close(rollout.learned_reward(0.9), rollout.reward * 0.1 / 4)
