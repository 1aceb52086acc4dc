"""Pages: nothing cut off, the same bytes each time, fonts inside."""

import csv
import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import RendererAgg

from hiercoop.figures.drawing import Panel, draw_panels
from hiercoop.figures.files import write_figure
from hiercoop.figures.rows import Row
from hiercoop.figures.style import COLUMN_INCHES, LOOKS

ROOT = Path(__file__).resolve().parents[2]
PANELS = [
    Panel("a", "payload of each vehicle [kB]", "link capacity while active\n[Mbit/s]"),
    Panel("b", "slots between reports", "gain over local search\n[%]", "points", has_zero=True),
    Panel("c", "sum capacity, full buffers [Mbit/s]", "", "ranking"),
    Panel("d", "slots after the switch", "share of cells", "stack", mark_x=0.0),
    Panel("e", "signalling [bytes per slot]", "sum capacity\n[Mbit/s]", "points", x_scale="symlog"),
]


def rows_of_every_form():
    rows = []
    for place, name in enumerate(LOOKS):
        rows += [
            Row("a", name, 20.0 * x, 5, 10.0 + place + x, 9.0 + place, 12.0 + place, "training seeds") for x in range(1, 4)
        ]
        rows.append(Row("c", name, "full buffer", 5, 90.0 + place, float("nan"), float("nan"), "episodes"))
        rows.append(Row("e", name, 10.0 * place, 5, 90.0, 80.0, 95.0, "training seeds"))
    for speed in ("1.5 m/s", "15 m/s"):
        rows += [Row("b", speed, label, 5, 1.0, 0.5, 1.5, "training seeds") for label in ("1", "20", "ends")]
    for rank in range(1, 9):
        rows += [Row("d", f"option ranked {rank}", x, 5, 0.125, 0.1, 0.2, "training seeds") for x in (-10.0, 10.0)]
    return rows


def test_nothing_leaves_the_page_or_overlaps_and_the_page_is_a_column_wide():
    figure = draw_panels(rows_of_every_form(), PANELS)
    page = figure.bbox
    renderer = RendererAgg(page.width, page.height, figure.dpi)
    boxes = [part.get_tightbbox(renderer) for part in (*figure.axes, *figure.subfigs[-1].legends)]
    for box in boxes:
        assert box.x0 >= page.x0 - 1
        assert box.x1 <= page.x1 + 1
        assert box.y0 >= page.y0 - 1
        assert box.y1 <= page.y1 + 1
    assert all(above.y0 >= below.y1 - 1 for above, below in itertools.pairwise(boxes))
    assert figure.get_size_inches()[0] == COLUMN_INCHES


@pytest.mark.processes
def test_the_same_rows_give_the_same_bytes_in_another_process(tmp_path):
    rows = rows_of_every_form()
    write_figure(tmp_path / "here", "page", draw_panels(rows, PANELS), rows)
    program = (
        "from pathlib import Path; from tests.figures.test_drawing import *; "
        f"rows = rows_of_every_form(); write_figure(Path({str(tmp_path / 'there')!r}), 'page', draw_panels(rows, PANELS), rows)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "7"}, check=True)
    for suffix in ("pdf", "png", "csv"):
        here, there = (tmp_path / place / f"page.{suffix}" for place in ("here", "there"))
        assert here.read_bytes() == there.read_bytes(), suffix


def test_a_page_embeds_its_fonts_and_names_no_date(tmp_path):
    rows = rows_of_every_form()
    write_figure(tmp_path, "page", draw_panels(rows, PANELS), rows)
    content = (tmp_path / "page.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"CreationDate" not in content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.csv", "page.pdf", "page.png"]


def test_a_csv_has_one_row_a_point_and_no_number_where_there_is_none(tmp_path):
    rows = rows_of_every_form()
    write_figure(tmp_path, "page", draw_panels(rows, PANELS), rows)
    with (tmp_path / "page.csv").open() as file:
        read = list(csv.DictReader(file))
    assert len(read) == len(rows)
    assert list(read[0]) == ["panel", "series", "x", "n", "mean", "lo", "hi", "over"]
    alone = [line for line in read if line["panel"] == "c"]
    assert {(line["lo"], line["hi"]) for line in alone} == {("", "")}
    np.testing.assert_allclose([float(line["mean"]) for line in read], [row.mean for row in rows])
