"""Pictures: drawn from any numbers, without pyplot, readable, and true to what they are given."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache

import matplotlib
import matplotlib.style
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from torch import nn

from course_dl import MLP, ManualMLP, Perceptron, plots
from course_dl.data import shapes
from course_dl.plots._style import PALETTE, WRONG
from course_dl.training.history import Epoch, History


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def randn(*shape: int, seed: int = 0) -> torch.Tensor:
    """Random numbers with a gradient, as a student's tensors often are."""
    return torch.randn(*shape, generator=generator(seed)).requires_grad_()


def clouds(n: int = 60, classes: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    d = torch.arange(n) % classes
    centres = 2.5 * torch.tensor([[-1.0, 0.0], [1.0, 0.5], [0.0, 2.0]])
    return centres[d] + torch.randn(n, 2, generator=generator()), d


X2, D2 = clouds()
X3, D3 = clouds(classes=3)
SIGNS = 2 * D2 - 1
FASHION = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


def bowl(x: torch.Tensor) -> torch.Tensor:
    return x[0] ** 2 + 3 * x[1] ** 2


def bowl_path(step: float, n: int = 12) -> torch.Tensor:
    path = [torch.tensor([-2.0, 1.5], dtype=torch.float64)]
    for _ in range(n):
        path.append(path[-1] - step * path[-1] * torch.tensor([2.0, 6.0]))
    return torch.stack(path)


def history(n: int = 20, offset: float = 0.0) -> History:
    rows = [
        Epoch(
            k,
            2 / k + offset,
            1 - 0.6 / k,
            None if k == 2 else 2 / k + 0.1,
            0.95 - 0.6 / k,
            0.1,
            1.0,
        )
        for k in range(1, n + 1)
    ]
    return History(rows)


def counts(k: int) -> torch.Tensor:
    noise = torch.randint(0, 30, (k, k), generator=generator())
    return noise + torch.diag(torch.full((k,), 950))


def trained_network() -> ManualMLP:
    network = ManualMLP([2, 3, 2], "tanh", generator=generator())
    network.forward(torch.tensor([[0.5, -1.0]]))
    network.backward(torch.tensor([[0.3, -0.2]]))
    return network


def page_of_pictures() -> Figure:
    figure, panels = plots.page(2, 2, height=3.2, title="One page of pictures")
    plots.decision_regions(MLP([2, 3], generator=generator()), X3, D3, figure=panels[0])
    plots.training_curves(history(), figure=panels[1], title="training")
    plots.image_grid(randn(12, 28, 28), torch.arange(12), torch.arange(12), figure=panels[2])
    plots.curves({"one": [3, 2, 1]}, xlabel="epoch", ylabel="loss", figure=panels[3])
    return figure


def page_of_narrow_panels() -> Figure:
    figure, panels = plots.page(2, 3, height=2.6)
    names = ["vertical edges", "horizontal edges", "spots"]
    plots.feature_maps(randn(8, 12, 12), image=randn(28, 28), title="maps", figure=panels[0])
    plots.feature_maps(randn(3, 12, 12), names=names, figure=panels[1])
    plots.weights_as_images(randn(10, 784), names=list("0123456789"), figure=panels[2])
    plots.filters(randn(6, 1, 5, 5), title="filters", figure=panels[3])
    plots.filters(randn(2, 3, 5, 5), figure=panels[4])
    lines = {f"a rather long name {k}": randn(5, seed=k) for k in range(4)}
    plots.curves(lines, title="lines", figure=panels[5])
    return figure


PICTURES, MAPS = shapes(10, (24, 40), generator=generator())
SHAPES = ("background", "disc", "square")
METHODS = ("noisy", "Gaussian filter", "total variation", "Wiener", "network", "residual")


def page_of_colours() -> Figure:
    figure, panels = plots.page(2, 2, height=3.0)
    plots.label_maps(PICTURES[:4], MAPS[:4], MAPS[4:8], classes=SHAPES, figure=panels[0])
    plots.feature_maps(randn(6, 12, 12), image=PICTURES[0], title="maps", figure=panels[1])
    plots.image_grid(PICTURES, torch.arange(10), figure=panels[2])
    plots.filters(randn(2, 16, 3, 3), figure=panels[3])
    return figure


# Every function, some in several ways; the name before the colon is the function's.
GALLERY: dict[str, Callable[[], Figure]] = {
    "scatter: three classes": lambda: plots.scatter(X3, D3, title="Three clouds"),
    "scatter: no labels": lambda: plots.scatter(randn(500, 2)),
    "decision_regions: module": lambda: plots.decision_regions(
        MLP([2, 8, 3], generator=generator()), X3.double(), D3, title="Regions", names=FASHION[:3]
    ),
    "decision_regions: probabilities": lambda: plots.decision_regions(
        nn.Linear(2, 1), X2, D2.float(), probability=True
    ),
    "decision_regions: perceptron": lambda: plots.decision_regions(
        Perceptron().fit(X2, SIGNS), X2, SIGNS, names={-1: "left", 1: "right"}
    ),
    "decision_boundary: many": lambda: plots.decision_boundary(
        X2, SIGNS, randn(30, 3), values=torch.arange(30), value_label="test error",
        reference={"logistic regression": randn(3)}, title="Many starts",
    ),
    "decision_boundary: named": lambda: plots.decision_boundary(
        X2, SIGNS, {"first": [0, 1, 1], "a much longer name": [1, 1, -1], "third": randn(3)}
    ),
    "half_spaces: layer": lambda: plots.half_spaces(randn(4, 2), randn(4), title="Four neurons"),
    "half_spaces: neuron": lambda: plots.half_spaces([1.0, 1.0], 0.2, X2, SIGNS),
    "probability_maps: several": lambda: plots.probability_maps(
        {f"N = {n}": MLP([2, 3], generator=generator(n)) for n in (50, 500, 5000)},
        X3, D3, title="Posteriors",
    ),
    "probability_maps: one": lambda: plots.probability_maps(
        lambda X: torch.sigmoid(X @ randn(2)), limits=((-3, 3), (-3, 3)), label="$g(a)$", title="P"
    ),
    "curves: shifts": lambda: plots.curves(
        {"MLP": randn(5), "CNN": randn(5, seed=1)}, x=range(5), errors=torch.ones(5),
        xlabel="shift in pixels", ylabel="accuracy", title="Shifts",
    ),
    "curves: log": lambda: plots.curves(
        randn(40).exp(), x=torch.logspace(0, 4, 40), errors=[0.01] * 40, log="xy"
    ),
    "training_curves: one": lambda: plots.training_curves(history(), title="MNIST", log="y"),
    "training_curves: several": lambda: plots.training_curves(
        {"by hand": history(), "PyTorch": history(20, 0.1), "500 samples": history(200, 0.2)}
    ),
    "mistakes_per_epoch: two": lambda: plots.mistakes_per_epoch(
        {"0 against 1": [120, 30, 2, 0], "XOR": torch.tensor([3, 4] * 10)}, title="Mistakes"
    ),
    "activation_curves: all": lambda: plots.activation_curves(title="Activations"),
    "activation_curves: one": lambda: plots.activation_curves("sigmoid"),
    "activation_curves: own": lambda: plots.activation_curves(
        {"square": (lambda a: a**2, lambda a: 2 * a), "step": (torch.sign, torch.zeros_like)}
    ),
    "regression_fit: module": lambda: plots.regression_fit(
        randn(200, 1), randn(200, 1), {"network": MLP([1, 8, 1]), "mean": torch.sin}, title="Fit"
    ),
    "v_curve: two": lambda: plots.v_curve(
        np.logspace(-12, -1, 12),
        {"central": np.logspace(-2, -10, 12), "one-sided": np.full(12, 1e-6)},
    ),
    "gradient_norms: two": lambda: plots.gradient_norms(
        {"sigmoid": 10.0 ** torch.arange(-12, 0), "ReLU": [randn(3, 4) for _ in range(12)]}
    ),
    "histogram: two": lambda: plots.histogram(
        {"digit 0": randn(300), "digit 1": randn(300, seed=1)},
        lines={"separator": 0.0}, xlabel="score",
    ),
    "monte_carlo: nine": lambda: plots.monte_carlo(randn(100, 9), torch.zeros(9), title="Noise"),
    "relation: bound": lambda: plots.relation(
        randn(50).exp(), randn(50).exp() / 9, log="xy", diagonal="bound",
        xlabel="bound", ylabel="updates",
    ),
    "accuracy_against_parameters: four": lambda: plots.accuracy_against_parameters(
        {"linear": (7850, 0.92), "MLP 784-32-10": (25450, 0.965),
         "MLP 784-256-128-10": (235146, torch.tensor(0.983)), "LeNet": (44426, 0.991)}
    ),
    "image_grid: digits": lambda: plots.image_grid(
        (255 * randn(20, 28, 28).abs()).to(torch.uint8), torch.arange(20) % 10, title="Digits"
    ),
    "image_grid: names": lambda: plots.image_grid(
        randn(12, 784), torch.arange(12) % 10, torch.arange(12) % 9, classes=FASHION
    ),
    "image_grid: colours": lambda: plots.image_grid(randn(5, 3, 8, 8)),
    "image_grid: generated": lambda: plots.image_grid(
        randn(60, 3 * 8 * 8), columns=12, limits=(-1, 1), title="Drawn by a network"
    ),
    "image_grid: wide": lambda: plots.image_grid(
        PICTURES, torch.arange(10), torch.arange(10).flip(0), classes=FASHION
    ),
    "label_maps: predicted": lambda: plots.label_maps(
        PICTURES, MAPS, randn(10, 3, 24, 40), classes=SHAPES, title="Shapes"
    ),
    "label_maps: many classes": lambda: plots.label_maps(
        randn(2, 40, 24), torch.arange(2 * 40 * 24).reshape(2, 40, 24) % 12 - 1,
        classes=["background", *FASHION],
    ),
    "label_maps: one": lambda: plots.label_maps(PICTURES[:1], MAPS[:1]),
    "label_maps: several networks": lambda: plots.label_maps(
        PICTURES[:6], MAPS[:6], {"plain": MAPS[1:7], "U-Net without\nskips": MAPS[2:8]},
        classes=SHAPES,
    ),
    "image_table: denoised": lambda: plots.image_table(
        {f"noise {n}": {m: torch.rand(28, 28) for m in METHODS} for n in (15, 25, 50)},
        captions={f"noise {n}": dict.fromkeys(METHODS[:5], "22.35 dB") for n in (15, 25, 50)},
        signed=["residual"], title="Denoised",
    ),
    "image_table: no captions": lambda: plots.image_table(
        {"noisy": {"4": randn(1, 20, 30), "1": randn(20, 30)}}, limits=(-1, 1)
    ),
    "image_table: two tall rows": lambda: plots.image_table(
        {"the noisy\none": {str(k): randn(30, 20) for k in range(10)},
         "clean": {str(k): randn(10, 10) for k in range(10)}}
    ),
    "pixel_counts: two": lambda: plots.pixel_counts(
        {"k = 3": torch.arange(81).reshape(9, 9) % 5, "k = 4": torch.full((10, 10), 4)},
        title="How often",
    ),
    "pixel_counts: one": lambda: plots.pixel_counts({"": [[0, 0], [0, 0]]}),
    "weights_as_images: ten": lambda: plots.weights_as_images(
        nn.Linear(784, 10).weight, names=FASHION, title="Weights"
    ),
    "weights_as_images: colours": lambda: plots.weights_as_images(
        randn(3, 3 * 8 * 12), shape=(3, 8, 12), names=FASHION[:3]
    ),
    "weights_as_images: one": lambda: plots.weights_as_images(randn(60), shape=(6, 10)),
    "filters: one channel": lambda: plots.filters(nn.Conv2d(1, 8, 5).weight, title="Filters"),
    "filters: channels": lambda: plots.filters(randn(3, 4, 3, 3)),
    "filters: named": lambda: plots.filters(randn(2, 8, 3, 3), names=["first", "second"]),
    "filters: many channels": lambda: plots.filters(randn(4, 32, 3, 3)),
    "feature_maps: eight": lambda: plots.feature_maps(
        randn(1, 8, 24, 24), image=randn(1, 28, 28), title="Maps"
    ),
    "feature_maps: colour": lambda: plots.feature_maps(randn(5, 9, 9), image=PICTURES[0]),
    "filter_responses: colour": lambda: plots.filter_responses(
        PICTURES[0], {"edges": randn(3, 3)}, {"edges": randn(22, 38)}
    ),
    "filter_responses: two": lambda: plots.filter_responses(
        randn(28, 28), {"edges": randn(3, 3), "blur": torch.ones(5, 5) / 25},
        {"edges": randn(1, 1, 26, 26), "blur": torch.rand(24, 24)}, title="Filters",
    ),
    "confusion_matrix: ten": lambda: plots.confusion_matrix(10 * counts(10), title="Test set"),
    "confusion_matrix: names": lambda: plots.confusion_matrix(counts(10), classes=FASHION),
    "confusion_matrix: pixels": lambda: plots.confusion_matrix(
        1000 * counts(11), classes=["background", *"0123456789"]
    ),
    "confusion_matrix: two": lambda: plots.confusion_matrix(
        [[50, 3], [0, 60]], classes=["four", "nine"]
    ),
    "descent_path: several": lambda: plots.descent_path(
        bowl, {f"step {s}": bowl_path(s) for s in (0.05, 0.2, 0.34)}, minimum=[0, 0], title="Steps",
        limits=((-3, 3), (-2, 2)),
    ),
    "descent_path: one": lambda: plots.descent_path(bowl, bowl_path(0.1)),
    "descent_1d: two": lambda: plots.descent_1d(
        lambda x: x**2, {"small": [2.0, 1.5, 1.1], "large": torch.tensor([[1.8], [-1.7], [1.6]])}
    ),
    "network_diagram: both ways": lambda: plots.network_diagram(
        network := trained_network(), network.h, network.delta, title="Forward and backward"
    ),
    "network_diagram: sizes": lambda: plots.network_diagram([784, 256, 128, 10]),
    "network_diagram: xor": lambda: plots.network_diagram(
        [[[1, 1], [1, 1]], [[1, -2]]], [[1, 1], [2, 1], [0]], title="XOR"
    ),
    "network_diagram: deep": lambda: plots.network_diagram(
        [randn(3, 3, seed=k) for k in range(5)], None, [1e-5 * randn(3) for _ in range(5)]
    ),
    "animate_separator: still": lambda: plots.animate_separator(X2, SIGNS, randn(9, 3)).still,
    "animate_descent: still": lambda: plots.animate_descent(bowl, {"path": bowl_path(0.1)}).still,
    "animate_values: still": lambda: plots.animate_values(
        {"before": randn(4, 50), "after": randn(4, 50, seed=1)}, xlabel="value"
    ).still,
    "animate_images: still": lambda: plots.animate_images(randn(3, 10, 28, 28), columns=5).still,
    "attention_map: three blocks": lambda: plots.attention_map(
        randn(28, 28), randn(3, 4, 16, 16).softmax(-1), 5, title="What a patch looks at"
    ),
    "position_similarities: a plane": lambda: plots.position_similarities(
        randn(49, 8), title="Positions"
    ),
    "surprise_maps: six": lambda: plots.surprise_maps(
        randn(6, 1, 28, 28), randn(6, 49).abs(), title="Surprise"
    ),
    "running_statistics: two": lambda: plots.running_statistics(
        randn(16), {"one": randn(16, seed=1), "other": randn(16)}, title="Means"
    ),
    "running_statistics: one": lambda: plots.running_statistics(randn(1), randn(1, seed=1)),
    "trajectories: two ways": lambda: plots.trajectories(
        {way: {f"{n} steps": randn(n + 1, 40, 2) for n in (5, 20)} for way in ("DDPM", "flow")},
        randn(50, 2),
        title="From noise to data",
    ),
    "animate_points: still": lambda: plots.animate_points(
        {"DDPM": randn(3, 40, 2), "flow": randn(3, 40, 2)}
    ).still,
    "animate: still": lambda: plots.animate(lambda ax, k: ax.set_title(f"frame {k}"), 3).still,
    "page: four": page_of_pictures,
    "page: narrow": page_of_narrow_panels,
    "page: colours": page_of_colours,
}  # fmt: skip

gallery = pytest.mark.parametrize("name", GALLERY)


@cache
def picture(name: str) -> Figure:
    """A picture of the gallery, drawn; drawing leaves the user's style as it was."""
    before = dict(matplotlib.rcParams)
    figure = GALLERY[name]()
    FigureCanvasAgg(figure).draw()
    assert dict(matplotlib.rcParams) == before
    return figure


def test_the_gallery_below_shows_every_function():
    functions = set(plots.__all__) - {"Animation"}
    assert {name.split(":")[0] for name in GALLERY} == functions


# Readable


def shown_texts(figure: Figure) -> list[Text]:
    """The texts that are seen; an axis keeps ticks beyond its limits, which are not."""
    unseen: set[Text] = set()
    for axis in figure.findobj(Axis):
        assert isinstance(axis, Axis)
        low, high = sorted(axis.get_view_interval())
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            hidden = not axis.axes.axison or not low <= tick.get_loc() <= high
            unseen |= {tick.label2} | ({tick.label1} if hidden else set())
        if not axis.axes.axison:
            unseen |= {axis.label, axis.get_offset_text()}
    return [
        text
        for text in figure.findobj(Text)
        if isinstance(text, Text) and text.get_visible() and text.get_text() and text not in unseen
    ]


def extent(text: Text, room: float) -> Bbox:
    """The box of the letters, less ``room`` pixels on each side."""
    box = Text.get_window_extent(text)
    return Bbox.from_extents(box.x0 + room, box.y0 + room, box.x1 - room, box.y1 - room)


def apart(one: Text, other: Text, a: Bbox, b: Bbox) -> bool:
    """Whether two texts are clear of each other; slanted ones side by side have slanted boxes."""
    angle = np.deg2rad(one.get_rotation())
    if one.get_rotation() == other.get_rotation() and angle % (np.pi / 2) > 0.01:
        across = abs((b.x1 - a.x1) * np.sin(angle) - (b.y1 - a.y1) * np.cos(angle))
        return bool(across > one.get_fontsize() * one.figure.dpi / 72)
    return not a.overlaps(b)


@gallery
def test_texts_stay_inside_the_figure_and_clear_of_each_other(name):
    figure = picture(name)
    texts = shown_texts(figure)
    boxes = [extent(text, 1.0) for text in texts]
    for text, box in zip(texts, boxes, strict=True):
        inside = figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
        inside &= figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1
        assert inside, f"{text.get_text()!r} at {box.extents} leaves the figure"
    for (one, a), (other, b) in itertools.combinations(zip(texts, boxes, strict=True), 2):
        assert apart(one, other, a, b), f"{one.get_text()!r} lies on {other.get_text()!r}"


@gallery
def test_a_picture_is_as_wide_as_a_notebook_and_its_letters_large_enough(name):
    figure = picture(name)
    assert 6.5 <= figure.get_figwidth() <= 8
    assert figure.get_figheight() <= 10
    assert min((text.get_fontsize() for text in shown_texts(figure)), default=9) >= 9


@gallery
def test_pictures_are_figures_that_pyplot_does_not_hold(name):
    assert isinstance(picture(name), Figure)
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []


def test_the_users_style_does_not_reach_the_pictures():
    def draw() -> Figure:
        return plots.curves({"loss": [3, 2, 1]}, xlabel="epoch")

    plain_pixels, plain_png = pixels(draw()), draw()._repr_png_()
    figure = draw()
    mine = {"font.size": 30, "xtick.labelsize": 30, "savefig.bbox": "tight", "savefig.dpi": 40}
    with matplotlib.rc_context(mine):
        np.testing.assert_array_equal(pixels(draw()), plain_pixels)
        np.testing.assert_array_equal(pixels(figure), plain_pixels)
        assert draw()._repr_png_() == plain_png


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("half_spaces: neuron", "dark_background"),
        ("running_statistics: two", "ggplot"),
        ("running_statistics: two", "classic"),
        ("page: four", "dark_background"),
    ],
)
def test_no_style_of_matplotlib_reaches_the_pictures(name, style):
    plain_pixels, plain_png = pixels(GALLERY[name]()), GALLERY[name]()._repr_png_()
    with matplotlib.style.context(style):
        np.testing.assert_array_equal(pixels(GALLERY[name]()), plain_pixels)
        assert GALLERY[name]()._repr_png_() == plain_png


def pixels(figure: Figure) -> np.ndarray:
    agg = FigureCanvasAgg(figure)
    agg.draw()
    return np.asarray(agg.buffer_rgba())


def test_lines_of_one_picture_differ_in_more_than_colour():
    figure = plots.curves({str(k): [1, 2] for k in range(8)})
    lines = figure.axes[0].lines
    assert len({line.get_marker() for line in lines}) == 8
    assert len({line.get_color() for line in lines}) == 8


# Where pictures are shown


SHOWN = """
import json, sys
from course_dl import plots

counts = {}
plots.activation_curves("tanh")._repr_png_()
plots.animate(lambda ax, k: ax.plot([k, 1]), 2).to_html()
counts["pyplot"] = sum("pyplot" in name for name in sys.modules)

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.displaypub import CapturingDisplayPublisher

shell = InteractiveShell.instance()
shell.display_formatter.active_types = ["text/plain", "image/png", "text/html"]
shell.display_pub = CapturingDisplayPublisher(shell=shell)
values = []
shell.displayhook.write_format_data = lambda data, metadata=None: values.append(data)

def shown(cell):
    values.clear(), shell.display_pub.outputs.clear()
    shell.run_cell(cell)
    flush()
    published = [output["data"] for output in shell.display_pub.outputs]
    return [sorted(data) for data in values + published]

flush = lambda: None
cell = "from course_dl import plots; plots.curves([3, 2, 1])"
counts["plain"] = shown(cell)
counts["animation"] = shown("plots.animate(lambda ax, k: ax.plot([k, 1]), 2)")

import matplotlib
matplotlib.use("module://matplotlib_inline.backend_inline")
import matplotlib.pyplot
from matplotlib_inline.backend_inline import configure_inline_support, flush_figures as flush
configure_inline_support(shell, "inline")
counts["inline"] = shown(cell)
counts["by pyplot"] = shown("from matplotlib import pyplot; pyplot.plot([1]); pyplot.gcf()")
print("\\n" + json.dumps(counts))
"""


def test_a_curve_looks_alike_in_all_pictures_that_belong_together():
    everything = ["plain", "deep", "residual"]
    look = {}
    for shown in (everything, ["residual", "deep"]):
        figure = plots.curves({name: [1.0, 2.0] for name in shown}, among=everything)
        for line in figure.axes[0].lines:
            own = line.get_color(), line.get_linestyle(), line.get_marker()
            assert look.setdefault(line.get_label(), own) == own
    with pytest.raises(ValueError, match=r"\['other'\] are missing"):
        plots.curves({"other": [1.0]}, among=everything)


def test_a_notebook_shows_a_figure_once_and_pyplot_is_not_needed(tmp_path):
    pytest.importorskip("IPython")
    pytest.importorskip("matplotlib_inline")
    run = subprocess.run(
        [sys.executable, "-c", SHOWN],
        env=os.environ | {"IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert run.returncode == 0, run.stderr
    shown = json.loads(run.stdout.splitlines()[-1])
    assert shown["pyplot"] == 0
    assert shown["plain"] == [["image/png", "text/html", "text/plain"]]
    assert shown["inline"] == [["image/png", "text/html", "text/plain"]]
    assert shown["animation"] == [["text/html", "text/plain"]]
    assert len(shown["by pyplot"]) == 2  # The pictures' reason to avoid it.


# True to what they are given


def colours_at(figure: Figure, points: torch.Tensor) -> np.ndarray:
    """The colour that `decision_regions` gives the plane at points (N, 2)."""
    image = figure.axes[0].images[0]
    assert image.origin == "lower"
    left, right, bottom, top = image.get_extent()
    array = np.asarray(image.get_array())
    x = (points[:, 0].numpy() - left) / (right - left) * (array.shape[1] - 1)
    y = (points[:, 1].numpy() - bottom) / (top - bottom) * (array.shape[0] - 1)
    return array[y.round().astype(int), x.round().astype(int)]


def tints(classes: torch.Tensor) -> np.ndarray:
    return np.array([1 - 0.45 * (1 - np.array(to_rgb(PALETTE[k]))) for k in classes.tolist()])


def score(X: torch.Tensor) -> torch.Tensor:
    return X[:, 0] - 0.3 * X[:, 1]


@pytest.mark.parametrize(
    "predict",
    [
        lambda X: (score(X) >= 0).long(),
        lambda X: (score(X) >= 0).double().numpy(),
        score,
        lambda X: torch.stack([-score(X), score(X)], 1).requires_grad_(),
        lambda X: torch.sigmoid(score(X))[:, None],
    ],
    ids=["labels", "numpy labels", "one score", "scores", "probability"],
)
def test_regions_are_those_of_the_classifier_whatever_it_gives(predict):
    figure = plots.decision_regions(predict, X2, D2)
    points = X2[score(X2).abs() > 0.1]
    wanted = tints((score(points) >= 0).long())
    np.testing.assert_allclose(colours_at(figure, points), wanted, atol=1e-6)


def test_labels_of_minus_and_plus_one_are_coloured_by_sign():
    figure = plots.decision_regions(lambda X: score(X).sign(), X2, SIGNS)
    points = X2[score(X2).abs() > 0.1]
    np.testing.assert_allclose(
        colours_at(figure, points), tints((score(points) > 0).long()), atol=1e-6
    )


def test_probability_shades_less_where_the_classifier_is_unsure():
    figure = plots.decision_regions(lambda X: score(X)[:, None], X2, D2, probability=True)
    sure, unsure = colours_at(figure, torch.tensor([[3.0, 0.0], [0.2, 0.0]]))
    np.testing.assert_allclose(sure, tints(torch.tensor([1]))[0], atol=0.05)
    assert unsure.min() > sure.min()


def test_a_module_is_asked_in_evaluation_mode_and_left_as_it_was():
    model = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5)).double()
    model[0].eval()
    modes = []
    model.register_forward_hook(lambda module, *_: modes.append(module.training))
    plots.decision_regions(model, X3, D3)
    assert modes == [False]
    assert [module.training for module in model.modules()] == [True, False, True]
    assert all(parameter.grad is None for parameter in model.parameters())


def test_separators_lie_where_the_score_is_zero():
    figure = plots.decision_boundary(X2, SIGNS, {"one": [2.0, 1.0, -4.0]})
    (line,) = figure.axes[0].lines
    for x, y in (line.get_xy1(), line.get_xy2()):
        assert 2 + x - 4 * y == pytest.approx(0, abs=1e-9)


def test_half_spaces_count_the_active_neurons():
    figure = plots.half_spaces([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], limits=((-1, 1), (-1, 1)))
    active = np.asarray(figure.axes[0].collections[0].get_array())
    corners = [active[0, 0], active[0, -1], active[-1, 0], active[-1, -1]]
    assert corners == [0, 1, 1, 2]


def test_training_curves_show_the_columns_and_leave_a_gap_where_a_value_is_missing():
    loss, accuracy = plots.training_curves(history(5)).axes
    train, val = loss.lines
    assert train.get_ydata().tolist() == history(5)["loss"]
    assert np.isnan(val.get_ydata()).tolist() == [False, True, False, False, False]
    assert [line.get_label() for line in accuracy.lines] == ["training", "validation"]
    assert plots.training_curves({"loss": [2, 1]}).axes[0].lines[0].get_xdata().tolist() == [1, 2]


def test_history_draws_itself():
    assert len(history().plot().axes) == 2


def texts_of(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_wrong_predictions_are_framed_named_and_signed():
    figure = plots.image_grid(randn(3, 4, 4), [0, 1, 2], [0, 2, 2], classes=["a", "b", "c"])
    (ax,) = figure.axes
    assert texts_of(ax) == ["✓ a", "✗ c\nis b", "✓ c"]
    assert [patch.get_edgecolor()[:3] == to_rgb(WRONG) for patch in ax.patches] == [
        False,
        True,
        False,
    ]


def test_images_are_drawn_the_right_way_up_and_in_order():
    images = torch.arange(2 * 3 * 4, dtype=torch.uint8).reshape(2, 3, 4)
    first, second = plots.image_grid(images).axes[0].images
    np.testing.assert_array_equal(np.asarray(first.get_array()), images[0])
    left, right, bottom, top = first.get_extent()
    assert left < right <= second.get_extent()[0]
    assert bottom > top and first.axes.yaxis_inverted()


def drawn(figure: Figure, k: int = 0) -> np.ndarray:
    return np.asarray(figure.axes[0].images[k].get_array())


def test_colour_images_are_the_same_as_rows_and_with_channels_first_or_last():
    scaled = (PICTURES - PICTURES.min()) / (PICTURES.max() - PICTURES.min())
    same = (PICTURES, PICTURES.permute(0, 2, 3, 1).numpy(), PICTURES.flatten(1).tolist())
    for images in same:
        shape = (3, 24, 40) if isinstance(images, list) else None
        image = drawn(plots.image_grid(images, shape=shape), 3)
        np.testing.assert_allclose(image, scaled[3].permute(1, 2, 0), atol=1e-6)


def test_square_rows_are_grey_or_in_colour_by_their_length():
    assert drawn(plots.image_grid(randn(2, 49))).shape == (7, 7)
    assert drawn(plots.image_grid(randn(2, 3 * 49))).shape == (7, 7, 3)


def test_values_beyond_the_limits_are_cut():
    figure = plots.image_grid(torch.tensor([[[-5.0, 0.0], [0.25, 9.0]]]), limits=(0, 1))
    image = figure.axes[0].images[0]
    np.testing.assert_allclose(image.norm(image.get_array()), [[0, 0], [0.25, 1]])
    colours = torch.tensor([-5.0, 0.25, 9.0]).reshape(1, 3, 1, 1)
    np.testing.assert_allclose(drawn(plots.image_grid(colours, limits=(0, 1))), [[[0, 0.25, 1]]])


def test_a_filter_of_several_channels_has_a_row_and_its_name():
    w = torch.arange(2 * 3 * 4.0).reshape(2, 3, 2, 2)
    figure = plots.filters(w, names=["a", "b"])
    assert texts_of(figure.axes[0]) == ["a, 1", "a, 2", "a, 3", "b, 1", "b, 2", "b, 3"]
    np.testing.assert_array_equal(drawn(figure, 4), w[1, 1])
    figure = plots.weights_as_images(w.flatten(1), shape=(3, 2, 2))
    np.testing.assert_array_equal(drawn(figure, 4), w[1, 1])


def test_an_input_of_another_form_than_the_maps_is_not_stretched():
    image = plots.feature_maps(randn(2, 6, 6), image=randn(3, 10, 20)).axes[0].images[0]
    left, right, bottom, top = image.get_extent()
    assert (right - left) / abs(top - bottom) == pytest.approx(2)


def test_label_maps_colour_each_class_and_leave_out_what_is_none():
    maps = torch.tensor([[[0, 1], [2, 255]]])
    figure = plots.label_maps(randn(1, 2, 2), maps, maps.flip(1), classes=["ground", "a", "b"])
    _, labels, predicted = (ax.images[0] for ax in figure.axes)
    rgb = labels.cmap(labels.norm(labels.get_array()))[..., :3]
    assert len({tuple(colour) for colour in rgb.reshape(4, 3)}) == 4
    np.testing.assert_array_equal(rgb[1, 1], to_rgb("white"))
    np.testing.assert_array_equal(predicted.get_array(), labels.get_array()[::-1])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "ground", "a", "b", "no class"]  # fmt: skip
    handles = [patch.get_facecolor()[:3] for patch in figure.legends[0].get_patches()]
    np.testing.assert_allclose(handles, rgb.reshape(4, 3))


def test_scores_of_pixels_are_drawn_as_their_largest():
    scores = randn(2, 3, 4, 5)
    maps = scores.argmax(1)
    axes = plots.label_maps(randn(2, 4, 5), maps, scores).axes
    np.testing.assert_array_equal(axes[2].images[0].get_array(), axes[4].images[0].get_array())


def test_more_classes_than_the_palette_has_are_still_told_apart():
    maps = torch.arange(30).reshape(1, 5, 6)
    labels = plots.label_maps(randn(1, 5, 6), maps).axes[1].images[0]
    assert len({tuple(c) for c in labels.cmap(labels.norm(maps.flatten().numpy()))}) == 30


def test_zero_is_the_middle_of_the_colours_of_weights():
    scale = plots.weights_as_images(torch.tensor([[1.0, -3.0, 0.5, 2.0]])).axes[0].images[0].norm
    assert (scale.vmin, scale.vmax) == (-3, 3)


def test_confusion_matrix_writes_counts_and_shares_of_rows():
    ax = plots.confusion_matrix([[3, 1], [0, 4]], classes=["a", "b"]).axes[0]
    assert texts_of(ax) == ["3\n75.0%", "1\n25.0%", "4\n100.0%"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")


@pytest.mark.parametrize(
    ("count", "text"),
    [(99_999, "99999"), (100_000, "100k"), (999_400, "999k"), (999_600, "1M"), (1_234_567, "1.2M"),
     (45_600_000, "46M"), (2e9, "2e09")],
)  # fmt: skip
def test_counts_of_pixels_are_written_short(count, text):
    assert texts_of(plots.confusion_matrix([[count, 0], [0, 1]]).axes[0])[0] == f"{text}\n100.0%"


def test_activation_curves_show_the_derivative_beside_and_the_value_at_a_jump():
    left, right = plots.activation_curves("relu").axes
    curve = left.lines[2]
    np.testing.assert_allclose(curve.get_ydata(), np.maximum(curve.get_xdata(), 0))
    dots = {
        line.get_ydata()[0]: line.get_markerfacecolor()
        for line in right.lines
        if len(line.get_xdata()) == 1
    }
    assert dots[1.0] == "white" and dots[0.0] != "white"


def test_mistakes_tell_whether_the_perceptron_converged():
    perceptron = Perceptron().fit(X2 + 9 * SIGNS[:, None], SIGNS)
    figure = plots.mistakes_per_epoch({"clouds": perceptron, "xor": [2, 2]})
    labels = [line.get_label() for line in figure.axes[0].lines]
    n = len(perceptron.mistakes_)
    assert labels == [f"clouds: converged in epoch {n}", "xor: not converged"]


def test_v_curve_marks_the_best_step():
    figure = plots.v_curve([1e-3, 1e-2, 1e-1], [2.0, 1.0, 3.0])
    assert figure.axes[0].lines[-1].get_xdata().tolist() == [1e-2]


def test_gradient_norms_are_euclidean():
    figure = plots.gradient_norms([torch.tensor([[3.0, 4.0]]), 2.0])
    assert figure.axes[0].lines[0].get_ydata().tolist() == [5, 2]


def test_monte_carlo_bars_are_two_standard_errors():
    samples = torch.tensor([[0.0], [2.0], [4.0], [6.0]])
    bars = plots.monte_carlo(samples, [3.0]).axes[0].collections[0]
    low, high = bars.get_segments()[0][:, 1]
    half = 2 * samples.std().item() / 2
    assert (low, high) == pytest.approx((3 - half, 3 + half), rel=1e-6)


def test_network_diagram_writes_values_forward_and_errors_backward():
    network = trained_network()
    forward, backward = plots.network_diagram(network, network.h, network.delta).axes
    assert {"0.5", "-1"} <= set(texts_of(forward))
    assert {"0.3", "-0.2"} <= set(texts_of(backward))
    assert "δ" in backward.get_title() or r"\delta" in backward.get_title()


def test_wide_layers_are_drawn_by_a_few_neurons():
    (ax,) = plots.network_diagram([784, 10], max_nodes=4).axes
    assert len(ax.patches) == 6
    assert texts_of(ax).count("\N{VERTICAL ELLIPSIS}") == 2


def test_descent_shows_the_whole_path():
    (ax,) = plots.descent_path(bowl, bowl_path(0.1)).axes
    np.testing.assert_allclose(ax.lines[0].get_xydata(), bowl_path(0.1))


def test_a_panel_is_drawn_on_and_its_page_returned():
    figure, panels = plots.page(1, 2)
    assert plots.curves([1, 2], figure=panels[1]) is figure
    assert [len(panel.axes) for panel in panels] == [0, 1]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.int32])
def test_numbers_of_any_type_are_drawn(dtype):
    figure = plots.curves(torch.tensor([3, 2, 1]).to(dtype))
    assert figure.axes[0].lines[0].get_ydata().tolist() == [3, 2, 1]


# Animations


def test_an_animation_has_at_most_fifty_frames_first_and_last_among_them():
    frames = plots.animate(lambda ax, k: None, range(1000)).frames
    assert len(frames) == 50
    assert (frames[0], frames[-1]) == (0, 999)
    assert set(np.diff(frames)) == {20, 21}


def test_few_frames_are_each_shown_once():
    assert plots.animate(lambda ax, k: None, ["a", "b", "c"]).frames == ["a", "b", "c"]


def test_an_animation_is_drawn_when_shown_and_only_once():
    calls: list[int] = []
    animation = plots.animate(lambda ax, k: calls.append(k), 3)
    assert calls == []
    html = animation._repr_html_()
    drawn_so_far = len(calls)
    assert animation._repr_html_() is html and len(calls) == drawn_so_far


def test_an_animation_of_fifty_frames_takes_few_megabytes():
    animation = plots.animate_separator(X2, SIGNS, randn(200, 3))
    html = animation._repr_html_()
    assert len(animation.frames) == 50
    assert html.count("data:image/png;base64") == 50
    assert len(html) < 4e6


def test_in_a_terminal_an_animation_is_a_line_and_a_still_picture():
    animation = plots.animate_descent(bowl, bowl_path(0.1))
    assert repr(animation) == "Animation(13 frames; .still is its last as a figure)"
    assert "step 12 of 12" in animation.still.axes[0].get_title()


def test_an_animated_separator_is_seen_within_the_limits_asked_for():
    limits = ((-0.5, 1.5), (-2.0, 3.0))
    still = plots.animate_separator(X2, SIGNS, randn(4, 3), limits=limits).still
    assert (still.axes[0].get_xlim(), still.axes[0].get_ylim()) == limits


def test_a_separator_without_direction_is_not_drawn():
    still = plots.animate_separator(X2, SIGNS, torch.zeros(1, 3)).still
    assert len(still.axes[0].lines) == 0


def test_a_residual_of_zero_is_grey_and_its_range_is_that_of_the_images():
    image = torch.tensor([[0.0, 0.25], [-0.5, 0.5]])
    figure = plots.image_table({"a": {"clean": image, "residual": image}}, signed=["residual"])
    clean, residual = (axes.images[0].norm for axes in figure.axes)
    assert (clean(0.0), clean(0.25), residual(0.0), residual(0.25)) == (0, 0.25, 0.5, 0.75)


def test_predictions_of_several_networks_have_a_row_each():
    several = {"one": MAPS[1:3], "other": MAPS[2:4]}
    figure = plots.label_maps(PICTURES[:2], MAPS[:2], several, classes=SHAPES)
    drawn = [np.asarray(axes.images[0].get_array()) for axes in figure.axes[2:]]
    expected = torch.cat([MAPS[:2], *several.values()])
    np.testing.assert_array_equal(np.stack(drawn), expected)


# Bad input

NAN = torch.tensor([[0.0, float("nan")]])
BAD: dict[str, tuple[type[Exception], str, Callable[[], object]]] = {
    "three features": (ValueError, r"shape \(N, 2\)", lambda: plots.scatter(randn(5, 3))),
    "NaN in samples": (ValueError, "NaN", lambda: plots.scatter(NAN)),
    "no samples": (ValueError, "nothing to draw", lambda: plots.scatter(torch.empty(0, 2))),
    "text": (TypeError, "numbers", lambda: plots.curves(["a", "b"])),
    "labels too few": (ValueError, "each of the 60", lambda: plots.scatter(X2, D2[:5])),
    "predict of wrong length": (
        ValueError, "predict", lambda: plots.decision_regions(lambda X: X[:5], X2, D2)),
    "predict no function": (TypeError, "predict", lambda: plots.decision_regions(3, X2, D2)),
    "predict NaN": (
        ValueError, "NaN", lambda: plots.decision_regions(lambda X: X * float("nan"), X2, D2)),
    "one score, three classes": (
        ValueError, "two classes", lambda: plots.decision_regions(score, X3, D3)),
    "labels outside the scores": (
        ValueError, "classes 0 to 1", lambda: plots.decision_regions(nn.Linear(2, 2), X3, D3)),
    "probability of labels": (
        ValueError, "gives labels",
        lambda: plots.decision_regions(lambda X: score(X).sign(), X2, SIGNS, probability=True)),
    "no direction": (
        ValueError, "no separating line", lambda: plots.decision_boundary(X2, D2, [1.0, 0, 0])),
    "line of four weights": (
        ValueError, r"\(b, w_1, w_2\)", lambda: plots.decision_boundary(X2, D2, randn(2, 4))),
    "values too few": (
        ValueError, "each of 3", lambda: plots.decision_boundary(X2, D2, randn(3, 3), values=[1])),
    "half-spaces in 3-D": (
        ValueError, r"W \(M, 2\)",
        lambda: plots.half_spaces(randn(2, 3), [0, 0])),
    "maps without limits": (ValueError, "limits", lambda: plots.probability_maps(score)),
    "map of no such class": (
        ValueError, "class from 0 to 1", lambda: plots.probability_maps(score, X2, which=2)),
    "empty mapping": (ValueError, "empty", lambda: plots.curves({})),
    "unequal lengths": (ValueError, "2 values for 3", lambda: plots.curves([1, 2], x=[1, 2, 3])),
    "negative errors": (ValueError, ">= 0", lambda: plots.curves([1, 2], errors=[1, -1])),
    "unknown log": (ValueError, "log=", lambda: plots.curves([1, 2], log="z")),
    "empty history": (ValueError, "val_loss", lambda: plots.training_curves(History())),
    "no history": (TypeError, "history", lambda: plots.training_curves(3)),
    "unknown activation": (ValueError, "swish", lambda: plots.activation_curves("swish")),
    "samples not 1-D": (ValueError, r"X \(N, 1\)", lambda: plots.regression_fit(X2, D2, torch.sin)),
    "one estimate": (ValueError, "R >= 2", lambda: plots.monte_carlo(randn(1, 3), [0, 0, 0])),
    "no parameters": (
        ValueError, "> 0", lambda: plots.accuracy_against_parameters({"none": (0, 0.1)})),
    "not square images": (ValueError, r"\(N, P \* P\)", lambda: plots.image_grid(randn(3, 10))),
    "rows of no such shape": (
        ValueError, "does not hold the 10", lambda: plots.image_grid(randn(3, 10), shape=(3, 3))),
    "images of two channels": (
        ValueError, r"\(N, 3, H, W\)", lambda: plots.image_grid(randn(3, 2, 8, 8))),
    "limits the wrong way": (
        ValueError, "limits", lambda: plots.image_grid(randn(1, 2, 2), limits=(1, 0))),
    "names for other filters": (
        ValueError, "each of the 2", lambda: plots.filters(randn(2, 3, 5, 5), names=["a"])),
    "too many label maps": (
        ValueError, "at most 10, got 11",
        lambda: plots.label_maps(randn(11, 4, 4), torch.zeros(11, 4, 4))),
    "label maps of another size": (
        ValueError, r"\(10, 24, 40\), got \(10, 24, 24\)",
        lambda: plots.label_maps(PICTURES, MAPS[:, :, :24])),
    "a table of nothing": (ValueError, "at least one", lambda: plots.image_table({"a": {}})),
    "rows of other columns": (
        ValueError, "columns .* in row 'b'",
        lambda: plots.image_table({"a": {"x": randn(2, 2)}, "b": {"y": randn(2, 2)}})),
    "a table of colours": (
        ValueError, "b, x: expected a grey", lambda: plots.image_table({"b": {"x": PICTURES[0]}})),
    "limits of a table": (
        ValueError, "limits",
        lambda: plots.image_table({"a": {"x": randn(2, 2)}}, limits=(1, 1))),
    "residuals of no column": (
        ValueError, "no column",
        lambda: plots.image_table({"a": {"x": randn(2, 2)}}, signed=["y"])),
    "counts of fractions": (
        ValueError, "whole numbers", lambda: plots.pixel_counts({"a": [[0.5]]})),
    "counts too many to read": (
        ValueError, "at most 14", lambda: plots.pixel_counts({"a": torch.zeros(15, 3)})),
    "no counts": (ValueError, "at least one", lambda: plots.pixel_counts({})),
    "steps of two lengths": (
        ValueError, "as many steps",
        lambda: plots.animate_values({"a": randn(3, 5), "b": randn(2, 5)})),
    "names of other steps": (
        ValueError, "expected 3 of them",
        lambda: plots.animate_values(randn(3, 5), names=["first"])),
    "other channels afterwards": (
        ValueError, "3 channels, and 2 before",
        lambda: plots.running_statistics(randn(2), randn(3))),
    "label maps of fractions": (
        ValueError, "whole numbers", lambda: plots.label_maps(PICTURES, MAPS + 0.5)),
    "a network of kernels": (
        ValueError, "plots.filters", lambda: plots.network_diagram([randn(2, 1, 3, 3)])),
    "class without a name": (
        ValueError, "classes 0 to 1",
        lambda: plots.image_grid(randn(1, 2, 2), [2], classes=["a", "b"])),
    "labels for other images": (
        ValueError, "each of the 3", lambda: plots.image_grid(randn(3, 4), [1])),
    "weights of another shape": (
        ValueError, "does not hold", lambda: plots.weights_as_images(randn(3, 10), shape=(3, 3))),
    "maps of several samples": (
        ValueError, "one sample", lambda: plots.feature_maps(randn(2, 3, 4, 4))),
    "other names of responses": (
        ValueError, "same names",
        lambda: plots.filter_responses(randn(5, 5), {"a": randn(3, 3)}, {})),
    "not square matrix": (ValueError, r"\(K, K\)", lambda: plots.confusion_matrix(randn(2, 3))),
    "path in 3-D": (ValueError, r"\(n\+1, 2\)", lambda: plots.descent_path(bowl, randn(4, 3))),
    "function of two values": (ValueError, "a number", lambda: plots.descent_path(lambda x: x, X2)),
    "weights that do not fit": (
        ValueError, "W_2", lambda: plots.network_diagram([randn(3, 2), randn(2, 4)])),
    "values that do not fit": (
        ValueError, "h_0 to h_L", lambda: plots.network_diagram([2, 1], [[1, 2]])),
    "one layer": (ValueError, "two sizes", lambda: plots.network_diagram([3])),
    "no frames": (ValueError, "nothing to animate", lambda: plots.animate(lambda ax, k: None, [])),
    "no time": (ValueError, "seconds", lambda: plots.animate(lambda ax, k: None, 3, seconds=0)),
    "path without bias": (
        ValueError, r"\(T\+1, 3\)", lambda: plots.animate_separator(X2, SIGNS, randn(4, 2))),
    "page of nothing": (ValueError, "at least 1", lambda: plots.page(0, 2)),
    "figure is no figure": (TypeError, "panel", lambda: plots.curves([1], figure="here")),  # type: ignore[arg-type]
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told(case):
    error, words, call = BAD[case]
    with pytest.raises(error, match=words):
        call()
