"""The edge and the bare echo under the same load, in turns, and what one costs of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from statistics import median

from hiercoop.config.bounds import MAX_SBS
from hiercoop.load.plan import LoadShape, empty_result
from hiercoop.load.report import Reading, Round, Saturation, reading_of
from hiercoop.load.servers import Server
from hiercoop.load.window import Clients, Window

MAX_MISSED_SHARE = 0.005
SEARCH_SECONDS = 2.0
WARM_UP_SECONDS = 0.5
RATIO_PERCENTILES = ("p50", "p99")


@dataclass(frozen=True)
class Contest:
    """Who is loaded, by whom, and how; `say` tells a person how far it is."""

    clients: Clients
    edge: Server
    echo: Server
    shape: LoadShape
    say: Callable[[str], None]

    def window(self, name: str, shape: LoadShape) -> Window:
        """One window of one of the two, `edge` or `echo`."""
        return self.clients.run(self.edge if name == "edge" else self.echo, shape, is_echo=name == "echo")


@dataclass(frozen=True)
class Compared:
    """Both over all rounds, the medians of their ratios, and each round."""

    edge: Reading
    echo: Reading
    ratios: dict[str, float | None]
    rounds: list[Round]


def compare(contest: Contest, num_rounds: int) -> Compared:
    """What the edge and the echo made of the same load.

    In each round they are loaded one after the other, in changing order, so that both meet the same machine.
    """
    for name in ("edge", "echo"):
        contest.window(name, replace(contest.shape, seconds=WARM_UP_SECONDS))
    windows: dict[str, list[Window]] = {"edge": [], "echo": []}
    for number in range(num_rounds):
        for name in ("edge", "echo") if number % 2 == 0 else ("echo", "edge"):
            contest.say(f"round {number + 1} of {num_rounds}: {name}")
            windows[name].append(contest.window(name, contest.shape))
    rounds = [_round(reading_of(edge), reading_of(echo)) for edge, echo in zip(*windows.values(), strict=True)]
    return Compared(
        edge=reading_of(_merged(windows["edge"])),
        echo=reading_of(_merged(windows["echo"])),
        ratios={key: _median(one.ratios[key] for one in rounds) for key in rounds[0].ratios},
        rounds=rounds,
    )


def saturation(contest: Contest) -> dict[str, Saturation]:
    """The most SBSs that the edge and the echo serve with less than 0.5 % missed.

    By bisection, so that one window in a bad moment of the machine can end the search too low.
    """
    return {name: _search(contest, name) for name in ("edge", "echo")}


def _search(contest: Contest, name: str) -> Saturation:
    tried: list[tuple[int, float]] = []
    most, too_many = 0, MAX_SBS + 1
    num_sbs = MAX_SBS
    while most < too_many - 1:
        contest.say(f"saturation of the {name}: {num_sbs} SBSs")
        shape = replace(contest.shape, num_sbs=num_sbs, seconds=SEARCH_SECONDS)
        missed_share = contest.window(name, shape).result.missed_share
        tried.append((num_sbs, missed_share))
        if missed_share < MAX_MISSED_SHARE:
            most = num_sbs
        else:
            too_many = num_sbs
        num_sbs = (most + too_many) // 2
    return Saturation(most, most / contest.shape.period_s, MAX_SBS, tried)


def _merged(windows: list[Window]) -> Window:
    total = empty_result()
    for window in windows:
        total.add(window.result)
    times_s = [window.server_cpu_s for window in windows if window.server_cpu_s is not None]
    return Window(total, sum(times_s) if len(times_s) == len(windows) else None)


def _round(edge: Reading, echo: Reading) -> Round:
    ratios = {"server_cpu_per_message": _ratio(edge.server_cpu_us_per_message, echo.server_cpu_us_per_message)}
    for name in RATIO_PERCENTILES:
        ratios[f"latency_{name}"] = _ratio(edge.latency_us[name], echo.latency_us[name])
    return Round(edge, echo, ratios)


def _ratio(edge: float | None, echo: float | None) -> float | None:
    return edge / echo if edge is not None and echo else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
