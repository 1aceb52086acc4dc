"""Who is compared: learned policies, HierCoop's ablations, and policies that learn nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hiercoop.config.training import AlgorithmName


@dataclass(frozen=True)
class Contender:
    """A learned policy: an algorithm, and what is laid over the training preset."""

    name: str
    algorithm: AlgorithmName
    settings: tuple[str, ...] = ()
    report_period_slots: int | None = None
    """Slots between reports wherever a figure does not vary them; None: on termination."""

    def on(self, *settings: str) -> Contender:
        """The same, trained under further settings."""
        return replace(self, settings=(*self.settings, *settings))


Policy = Contender | str
"""A contender, or a baseline by its name."""

MLP = "hyperparameters.form=mlp"

HIERCOOP = Contender("hiercoop", "hiercoop")
EVERY_SLOT = Contender("hiercoop-every-slot", "hiercoop", report_period_slots=1)
"""The same policy, of the same trainings."""
CONTENDERS = (
    HIERCOOP,
    Contender("qmix", "qmix"),
    Contender("qmix-mlp", "qmix", (MLP,)),
    Contender("maddpg", "maddpg"),
    Contender("maddpg-mlp", "maddpg", (MLP,)),
    Contender("ppo", "ppo"),
    Contender("ppo-mlp", "ppo", (MLP,)),
)
"""Without `-mlp`: the sequential scorer that HierCoop has, on which claims rest."""
SCORERS = tuple(contender for contender in CONTENDERS if MLP not in contender.settings)

ABLATIONS = (
    Contender("hiercoop-one-option", "hiercoop", ("hyperparameters.network.num_options=1",)),
    Contender("hiercoop-no-mixing", "hiercoop", ("hyperparameters.network.mixing=mean",)),
    Contender("hiercoop-no-others", "hiercoop", ("hyperparameters.network.sees_others=false",)),
    Contender("hiercoop-fixed-termination", "hiercoop", ("hyperparameters.option.terminates=false",)),
)

BASELINES = (
    "random",
    "band-plan",
    "local-search",
    "best-response",
    "best-response-payload",
    "best-response-delayed",
    "greedy-bound",
)


def policy_name(policy: Policy) -> str:
    """Its name in rows and legends."""
    return policy if isinstance(policy, str) else policy.name
