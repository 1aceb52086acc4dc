"""How every figure looks: one colour a policy, told apart without colour too, at the width of a printed column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

COLUMN_INCHES = 3.5
"""Width of one column of an IEEE page."""
PANEL_INCHES = 2.05
"""Height of one panel."""
SIDE_INCHES = 0.07
"""Left free on both sides of a panel: less, and the layout lets labels of two lines leave the page."""
LEGEND_ROW_INCHES = 0.125
LEGEND_MARGIN_INCHES = 0.12
LEGEND_COLUMNS = 2

RC: Mapping[str, object] = {
    "font.family": "DejaVu Sans",
    "font.size": 7.0,
    "axes.labelsize": 7.0,
    "axes.titlesize": 7.0,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.2,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.linewidth": 0.3,
    "grid.color": "#d9d9d9",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.4,
    "figure.dpi": 100,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,
}
"""Type 42 embeds TrueType fonts whole enough for publishers' checks."""

BAND_ALPHA = 0.18


Line = Literal["-", "--", "-.", ":"]


@dataclass(frozen=True)
class Look:
    """One series."""

    label: str
    colour: str
    marker: str = "o"
    line: Line = "-"


_BLUE, _ORANGE, _GREEN, _PURPLE, _SKY, _YELLOW, _BLACK, _GREY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#E69F00",
    "#000000",
    "#8C8C8C",
)
"""Okabe and Ito's palette, which is safe for the common forms of colour blindness, and a grey."""

LOOKS: Mapping[str, Look] = {
    "hiercoop": Look("HierCoop", _BLUE, "o"),
    "hiercoop-every-slot": Look("HierCoop, every slot", _BLUE, "p", "--"),
    "hiercoop-own": Look("HierCoop, trained for this K", _SKY, "o", ":"),
    "hiercoop-one-option": Look("HierCoop, one option", _SKY, "v", "--"),
    "hiercoop-no-mixing": Look("HierCoop, no mixing", _SKY, "<", "-."),
    "hiercoop-no-others": Look("HierCoop, others unseen", _SKY, ">", ":"),
    "hiercoop-fixed-termination": Look("HierCoop, fixed termination", _SKY, "s", "-"),
    "qmix": Look("QMIX, scorer", _ORANGE, "s"),
    "qmix-mlp": Look("QMIX, MLP", _ORANGE, "s", ":"),
    "maddpg": Look("MADDPG, scorer", _GREEN, "^"),
    "maddpg-mlp": Look("MADDPG, MLP", _GREEN, "^", ":"),
    "ppo": Look("PPO, scorer", _PURPLE, "D"),
    "ppo-mlp": Look("PPO, MLP", _PURPLE, "D", ":"),
    "random": Look("random", _GREY, "x", ":"),
    "local-search": Look("local search", _YELLOW, "P", "-"),
    "band-plan": Look("fixed band plan", _YELLOW, "X", ":"),
    "best-response": Look("best response", _BLACK, "*", "-"),
    "best-response-payload": Look("best response, by payload", _BLACK, "h", "--"),
    "best-response-delayed": Look("best response, 1 slot old", _BLACK, "1", ":"),
    "hiercoop-cost": Look("HierCoop, when options end", _BLUE, "o"),
    "hiercoop-interval": Look("HierCoop, every n slots", _SKY, "s", "--"),
    "centre-late": Look("gains to centre, 1 slot late", _GREEN, "^"),
    "centre-complex-late": Look("complex gains, 1 slot late", _GREEN, "v", ":"),
    "mesh-late": Look("gains in mesh, 1 slot late", _PURPLE, "D"),
    "centre": Look("gains to centre, no delay", _BLACK, "*", ":"),
    "greedy-bound": Look("greedy bound", _GREY, "+", "-."),
}

_OTHER = (_BLUE, _ORANGE, _GREEN, _PURPLE, _SKY, _YELLOW, _BLACK, _GREY)
_MARKERS = "os^DvP*x"


def look_of(series: str, index: int = 0) -> Look:
    """A policy's own look, or, for a series that is no policy, the next of a fixed cycle."""
    other = index % len(_OTHER)
    return LOOKS.get(series) or Look(series, _OTHER[other], _MARKERS[other])


def shade_of(rank: int, num_ranks: int) -> str:
    """A step from dark to light blue, for parts of a whole."""
    dark, light = (0x08, 0x30, 0x6B), (0xDE, 0xEB, 0xF7)
    share = rank / max(num_ranks - 1, 1)
    return "#" + "".join(f"{round(low + share * (high - low)):02x}" for low, high in zip(dark, light, strict=True))
