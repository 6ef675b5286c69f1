"""The ladder of the image sets, rung by rung, without a network; and the set that it ends in."""

from __future__ import annotations

import gc
import gzip
import hashlib
import http.server
import os
import shutil
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torchvision import datasets

from course_dl.data import ImageSet, fashion_mnist, fetch, images, mnist
from course_dl.data.idx import find_problems, raw_files

SMALL = images._SMALL
FILES = [*raw_files("train"), *raw_files("test")]
# torchvision leaves a connection that failed to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
SETS = [(mnist, "MNIST", 5000), (fashion_mnist, "FashionMNIST", 3000)]


@pytest.fixture(autouse=True, scope="module")
def no_connection_outlives_the_module() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home and an empty cache of the test's own; no named folder, no pauses, no mirror."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("COURSE_DL_DATA", raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(fetch, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(images, "_given_up", set())
    with socket.socket() as unused:  # bound but not listening: connections are refused
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        for dataset in (datasets.MNIST, datasets.FashionMNIST):
            monkeypatch.setattr(dataset, "mirrors", [nowhere])
        yield tmp_path / "cache" / "course_dl"


def unpack(name: str, root: Path) -> Path:
    """The small set as a folder that torchvision reads."""
    raw = root / name / "raw"
    raw.mkdir(parents=True)
    for file in FILES:
        (raw / file).write_bytes(
            gzip.decompress((SMALL / name / "raw" / f"{file}.gz").read_bytes())
        )
    return raw


class Mirror:
    """A mirror on this machine that serves the small MNIST, well or badly."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.answer: Callable[[str, int, bytes], bytes | int] = lambda name, time, body: body
        self.announced: int | None = None  # a length other than the true one
        self.on_request: Callable[[], None] = lambda: None
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.send_error(405)

            def do_GET(self) -> None:
                mirror.on_request()
                name = self.path.strip("/")
                mirror.asked[name] += 1
                whole = (SMALL / "MNIST" / "raw" / name).read_bytes()
                body = mirror.answer(name, mirror.asked[name], whole)
                if isinstance(body, int):
                    return self.send_error(body)
                self.send_response(200)
                self.send_header("Content-Length", str(mirror.announced or len(body)))
                self.end_headers()
                self.wfile.write(body)
                return None

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda request, address: None  # clients that hang up
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    mirror = Mirror()
    packed = [SMALL / "MNIST" / "raw" / f"{file}.gz" for file in FILES]
    resources = [(p.name, hashlib.md5(p.read_bytes()).hexdigest()) for p in packed]
    monkeypatch.setattr(datasets.MNIST, "mirrors", [mirror.url])
    monkeypatch.setattr(datasets.MNIST, "resources", resources)
    thread = threading.Thread(target=mirror.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield mirror
    mirror.server.shutdown()
    mirror.server.server_close()
    thread.join()


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


# The small set, the last rung


@pytest.mark.parametrize(("load", "name", "n"), SETS)
def test_without_a_network_the_small_real_set_is_used_and_said_once(load, name, n, capsys, cache):
    train, test = load("train"), load("test")
    assert (len(train), len(test)) == (n, 1000)
    (line,) = lines(capsys)
    assert name in line and f"{n:,} training and 1,000 test" in line and "no mirror" in line
    assert "small" in train.source and "train" in train.source and "test" in test.source
    assert not [path for path in cache.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("load", "name", "n"), SETS)
def test_the_small_sets_are_balanced_and_mixed(load, name, n):
    for split, count in (("train", n), ("test", 1000)):
        labels = load(split).labels
        assert labels.bincount().tolist() == [count // 10] * 10
        assert len(labels[:100].unique()) == 10


@pytest.mark.parametrize(("load", "name", "n"), SETS)
def test_torchvision_itself_reads_the_folder_that_a_set_names(load, name, n):
    train = load("train")
    dataset = getattr(datasets, name)(train.root, train=True, download=False)
    assert torch.equal(dataset.data, train.images) and torch.equal(dataset.targets, train.labels)
    assert len(getattr(datasets, name)(train.root, train=False)) == 1000


@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST"])
def test_the_small_sets_stay_small_and_carry_their_licence(name):
    files = [path for path in (SMALL / name).rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in files) < 1_500_000
    assert sum(path.stat().st_size for path in files) < 2_500_000
    licence = (SMALL / name / "LICENSE.txt").read_text(encoding="utf-8")
    assert {"MNIST": "ShareAlike 3.0", "FashionMNIST": "MIT License"}[name] in licence


def test_a_mirror_that_never_answers_is_not_waited_for(monkeypatch, capsys):
    monkeypatch.setattr(fetch, "PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        monkeypatch.setattr(datasets.MNIST, "mirrors", [address])
        assert len(mnist("test")) == 1000
    assert "no mirror can be reached" in lines(capsys)[0]


def test_a_cache_that_cannot_be_written_is_said(tmp_path, monkeypatch, mirror, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "small" in mnist().source
    assert "cannot be written" in lines(capsys)[0]
    assert not mirror.asked


# Download and cache


def test_a_download_fills_the_cache_for_both_splits(mirror, cache, capsys):
    train = mnist("train")
    assert str(cache) in train.source and train.root == cache
    asked = sum(mirror.asked.values())
    assert asked and len(mnist("test")) == 1000 and sum(mirror.asked.values()) == asked
    assert sorted(p.name for p in cache.rglob("*") if p.is_file()) == sorted(FILES)
    assert not lines(capsys)


def test_the_cache_lies_in_the_home_where_xdg_names_none(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME")
    unpack("MNIST", tmp_path / "home" / ".cache" / "course_dl")
    assert mnist().root == tmp_path / "home" / ".cache" / "course_dl"


def test_a_mirror_out_of_order_is_asked_again(mirror, cache):
    mirror.answer = lambda name, time, body: 503 if mirror.asked.total() <= 2 else body
    assert mnist().root == cache


@pytest.mark.parametrize("cut", [True, False])
def test_a_file_that_came_damaged_is_fetched_again(mirror, cache, cut):
    def answer(name: str, time: int, body: bytes) -> bytes:
        if name != "t10k-images-idx3-ubyte.gz" or time > 2:
            return body
        return body[:-50] if cut else body[:-50] + bytes(50)

    mirror.answer = answer
    assert mnist().root == cache
    assert not find_problems(cache / "MNIST" / "raw", "test")
    assert mirror.asked["train-images-idx3-ubyte.gz"] == 2  # what came whole is kept


def test_a_connection_that_is_cut_is_tried_again_and_told(mirror, capsys):
    mirror.announced = 10**9
    mirror.answer = lambda name, time, body: body[:1000]
    assert "small" in mnist().source
    assert mirror.asked["train-images-idx3-ubyte.gz"] == 6  # where is it, and the file; thrice
    assert "could not be downloaded" in lines(capsys)[0]


def test_a_download_that_stalls_is_given_up(mirror, monkeypatch, capsys):
    monkeypatch.setattr(fetch, "TIMEOUT", 0.05)
    over = threading.Event()
    mirror.answer = lambda name, time, body: 500 if over.wait(20) else body
    assert "small" in mnist().source
    over.set()
    assert "timed out" in lines(capsys)[0]


def test_a_mirror_that_refuses_leads_to_the_small_set_in_one_line(mirror, cache, capsys):
    mirror.answer = lambda name, time, body: 403
    assert "small" in mnist("train").source
    asked = sum(mirror.asked.values())
    assert "small" in mnist("test").source
    assert sum(mirror.asked.values()) == asked  # not tried a second time
    (line,) = lines(capsys)
    assert "403" in line


def test_a_mirror_that_does_not_answer_is_left_out(mirror, cache, monkeypatch):
    dead = datasets.FashionMNIST.mirrors[0]
    assert fetch._answering([dead, mirror.url]) == [mirror.url]
    monkeypatch.setattr(datasets.MNIST, "mirrors", [dead, mirror.url])
    assert mnist().root == cache


def test_nothing_is_in_the_cache_before_everything_has_come(mirror, cache):
    raw, seen = cache / "MNIST" / "raw", []
    mirror.on_request = lambda: seen.extend(raw.iterdir())
    mirror.answer = lambda name, time, body: body if name.startswith("train") else 503
    assert "small" in mnist().source
    assert not seen and not list(raw.iterdir())
    assert not list(cache.glob("download-*"))


def test_an_interrupted_download_leaves_nothing(mirror, cache, monkeypatch):
    def stop(place: Path, download: bool) -> None:
        (Path(place) / "half").write_bytes(b"written")
        raise KeyboardInterrupt

    monkeypatch.setattr(datasets.MNIST, "__init__", lambda self, place, download: stop(place, True))
    with pytest.raises(KeyboardInterrupt):
        mnist()
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_what_a_kill_left_long_ago_is_removed(mirror, cache):
    old, new = cache / "download-old", cache / "download-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "half").touch()
    os.utime(old, (0, 0))
    assert mnist().root == cache
    assert not old.exists() and new.exists()


def test_two_downloads_at_once_do_not_meet(mirror, cache):
    # Neither is done before both have begun.
    both = threading.Barrier(2, timeout=20)
    begun = threading.local()

    def meet(dataset: type, place: Path, download=fetch._download) -> None:
        if not hasattr(begun, "yes"):
            begun.yes = both.wait()
        download(dataset, place)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "_download", meet)
        threads = [threading.Thread(target=fetch.fetch, args=("MNIST", cache)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(p.name for p in cache.rglob("*") if p.is_file()) == sorted(FILES)
    assert len(mnist()) == 5000


def test_the_timeout_of_sockets_is_put_back(mirror):
    socket.setdefaulttimeout(123.0)
    try:
        mnist()
        assert socket.getdefaulttimeout() == 123.0
    finally:
        socket.setdefaulttimeout(None)


# Damaged and missing files

DAMAGES: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "empty": ("train-images-idx3-ubyte", lambda b: b"", "is empty"),
    "cut": (
        "train-images-idx3-ubyte",
        lambda b: b[:-1],
        "expected 3,920,016 bytes, found 3,920,015",
    ),
    "long": ("train-labels-idx1-ubyte", lambda b: b + b"x", "is too long: expected 5,008 bytes"),
    "web page": ("train-images-idx3-ubyte", lambda b: b"<!DOCTYPE html>", "is not an IDX file"),
    "zeros": ("train-labels-idx1-ubyte", lambda b: bytes(len(b)), "is not an IDX file"),
    "header": ("train-images-idx3-ubyte", lambda b: b[:9], "not even its header"),
    "packed": ("train-labels-idx1-ubyte", gzip.compress, "still packed with gzip"),
    "label": ("train-labels-idx1-ubyte", lambda b: b[:-1] + b"\x0a", "holds a label 10"),
    "count": (
        "train-labels-idx1-ubyte",
        lambda b: b[:4] + (4000).to_bytes(4, "big") + b[8:4008],
        "holds 4,000 labels, expected 5,000",
    ),
    "side": (
        "train-images-idx3-ubyte",
        lambda b: b[:8] + (14).to_bytes(4, "big") + (56).to_bytes(4, "big") + b[16:],
        "images of 14 x 56, expected 28 x 28",
    ),
    "none": ("train-images-idx3-ubyte", lambda b: b[:4] + bytes(4) + b[8:16], "holds no sample"),
}


def damage(raw: Path, kind: str) -> tuple[str, str]:
    file, change, words = DAMAGES[kind]
    (raw / file).write_bytes(change((raw / file).read_bytes()))
    return file, words


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_file_in_a_named_folder_is_told(kind, tmp_path):
    file, words = damage(unpack("MNIST", tmp_path / "data"), kind)
    with pytest.raises(ValueError, match=words) as told:
        mnist(root=tmp_path / "data")
    assert str(tmp_path / "data" / "MNIST" / "raw" / file) in str(told.value)


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_file_in_the_cache_is_named_and_fetched_anew(kind, mirror, cache, capsys):
    file, words = damage(unpack("MNIST", cache), kind)
    assert mnist().root == cache
    (line,) = lines(capsys)
    assert file in line and words in line and "anew" in line
    assert not find_problems(cache / "MNIST" / "raw", "train")


def test_a_damaged_cache_without_a_network_leads_to_the_small_set(cache, capsys):
    damage(unpack("MNIST", cache), "cut")
    assert "small" in mnist("train").source
    assert len(lines(capsys)) == 2
    assert mnist("test").root == cache  # whose files are whole


def test_a_folder_without_the_data_is_told_with_what_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="train-images-idx3-ubyte is missing") as told:
        mnist(root=tmp_path)
    assert "train-labels-idx1-ubyte is missing" in str(told.value) and "root" in str(told.value)


def test_a_folder_that_does_not_exist_is_told_and_not_made(tmp_path):
    with pytest.raises(FileNotFoundError, match="no usable FashionMNIST test set"):
        fashion_mnist("test", tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_packed_files_in_a_named_folder_are_recognised(tmp_path):
    raw = unpack("MNIST", tmp_path)
    file = raw / "t10k-images-idx3-ubyte"
    file.rename(file.with_name(file.name + ".gz"))
    with pytest.raises(FileNotFoundError, match=r"idx3-ubyte.gz is there: unpack it"):
        mnist("test", tmp_path)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    raw = unpack("MNIST", tmp_path)
    (raw / "train-images-idx3-ubyte").unlink()
    (raw / "train-images-idx3-ubyte").mkdir()
    with pytest.raises(ValueError, match="cannot be read"):
        mnist(root=tmp_path)


# A folder of one's own


def test_a_folder_by_argument_goes_before_the_environment_and_that_before_the_cache(
    tmp_path, monkeypatch, cache
):
    for place in (tmp_path / "argument", tmp_path / "environment", cache):
        unpack("MNIST", place)
    assert mnist().root == cache
    monkeypatch.setenv("COURSE_DL_DATA", str(tmp_path / "environment"))
    assert mnist().root == tmp_path / "environment"
    assert mnist(root=str(tmp_path / "argument")).root == tmp_path / "argument"


def test_a_bad_folder_from_the_environment_is_told_as_such(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DL_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="given by COURSE_DL_DATA"):
        mnist()


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_split_needs_its_own_two_files_alone(split, tmp_path):
    raw = unpack("MNIST", tmp_path)
    for file in set(FILES) - set(raw_files(split)):
        (raw / file).unlink()
    assert len(mnist(split, tmp_path)) in (5000, 1000)


def test_a_named_folder_is_only_read(tmp_path, cache):
    raw = unpack("FashionMNIST", tmp_path / "data")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "data").rglob("*")}
    raw.chmod(0o555)
    try:
        assert len(fashion_mnist("train", tmp_path / "data")) == 3000
    finally:
        raw.chmod(0o755)
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "data").rglob("*")}
    assert not cache.exists() and not (tmp_path / "home").exists()


def test_an_unknown_split_is_told():
    with pytest.raises(ValueError, match='"train" or "test", got \'val\''):
        mnist("val")


# The real sets, where they are at hand

FULL = os.environ.get("COURSE_DL_DATA", "")


@pytest.mark.full_data
class TestWithTheFullSets:
    def test_the_small_sets_are_what_the_script_makes_of_the_full_ones(self, tmp_path, monkeypatch):
        script = Path(__file__).parent.parent / "scripts" / "make_small_images.py"
        monkeypatch.syspath_prepend(str(script.parent))
        monkeypatch.delitem(sys.modules, script.stem, raising=False)
        make = __import__(script.stem).main
        make(Path(FULL), tmp_path / "one")
        make(Path(FULL), tmp_path / "two")
        packed = sorted(path.relative_to(SMALL) for path in SMALL.rglob("*.gz"))
        assert len(packed) == 8
        assert packed == sorted(
            p.relative_to(tmp_path / "one") for p in tmp_path.rglob("one/**/*.gz")
        )
        for path in packed:
            made = (tmp_path / "one" / path).read_bytes()
            assert made == (tmp_path / "two" / path).read_bytes()
            # Another version of zlib may pack otherwise; the images are to be the same.
            assert gzip.decompress(made) == gzip.decompress((SMALL / path).read_bytes())

    @pytest.mark.parametrize("load", [mnist, fashion_mnist])
    def test_pixels_are_standardized_by_the_mean_and_std_of_the_full_set(self, load):
        X, labels = load("train", FULL).tensors()
        assert X.shape == (60_000, 784) and labels.shape == (60_000,)
        assert abs(X.mean()) < 1e-3 and abs(X.std() - 1) < 1e-3


# The set itself


def some_images(n: int = 40) -> ImageSet:
    """Images of class k that hold the grey value k, in turn."""
    labels = torch.arange(n) % 4
    pixels = labels.to(torch.uint8)[:, None, None].expand(n, 28, 28)
    return ImageSet(pixels, labels, tuple("abcd"), "made here", mean=0.5, std=0.25)


def test_tensors_are_standardized_pixels_in_three_shapes():
    images = some_images()
    X, labels = images.tensors()
    assert X.dtype == torch.float32 and X.shape == (40, 784)
    assert torch.equal(labels, images.labels) and labels.dtype == torch.int64
    expected = (labels / 255 - 0.5) / 0.25
    assert torch.allclose(X, expected[:, None].expand(40, 784), atol=1e-6)
    assert torch.equal(images.tensors(flat=False)[0], X.view(40, 1, 28, 28))
    assert images.tensors(standardize=False)[0].max() == torch.tensor(3 / 255)
    assert images.images.dtype == torch.uint8 and images.images.max() == 3


def test_tensors_agree_with_the_transforms_of_torchvision():
    from torchvision import transforms

    test = mnist("test")
    dataset = datasets.MNIST(
        test.root,
        train=False,
        transform=transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize((test.mean,), (test.std,))]
        ),
    )
    expected = torch.stack([dataset[i][0] for i in range(20)])
    assert torch.allclose(test.tensors(flat=False)[0][:20], expected, atol=1e-6)


def test_a_subset_is_balanced_seeded_and_without_repeats():
    images, generator = some_images(400), torch.Generator()
    before = torch.get_rng_state()
    subset = images.subset(42, generator=generator.manual_seed(1))
    again = images.subset(42, generator=generator.manual_seed(1))
    other = images.subset(42, generator=generator.manual_seed(2))
    assert torch.equal(before, torch.get_rng_state())
    assert sorted(subset.labels.bincount().tolist()) == [10, 10, 11, 11]
    assert torch.equal(subset.labels, again.labels)
    assert not torch.equal(subset.labels, other.labels)
    assert torch.equal(subset.images[:, 0, 0].long(), subset.labels)  # each with its own label
    assert subset.labels[:20].bincount().tolist() == [5, 5, 5, 5]


def test_a_subset_of_everything_is_everything():
    images = mnist("test")
    subset = images.subset(1000)
    assert sorted(map(bytes, subset.images.numpy())) == sorted(map(bytes, images.images.numpy()))


def test_a_subset_fills_up_where_a_class_is_short():
    labels = torch.tensor([0] * 2 + [1] * 10)
    images = ImageSet(torch.zeros(12, 28, 28, dtype=torch.uint8), labels, ("a", "b"), "made here")
    assert images.subset(8).labels.bincount().tolist() == [2, 6]


def test_only_two_classes_become_0_and_1_in_the_order_given():
    images = some_images()
    pair = images.only([3, 1])
    assert pair.classes == ("d", "b") and len(pair) == 20
    assert torch.equal(pair.images[:, 0, 0] == 3, pair.labels == 0)
    assert torch.equal(pair.images[:, 0, 0] == 1, pair.labels == 1)
    assert torch.equal(images.only("db").labels, pair.labels)


@pytest.mark.parametrize("classes", [[], [1, 1], [4], [-1], ["z"], [1.5]])
def test_classes_that_are_not_there_are_told(classes):
    with pytest.raises(ValueError, match="classes must be"):
        some_images().only(classes)


@pytest.mark.parametrize("n", [0, -1, 41])
def test_a_subset_larger_than_the_set_is_told(n):
    with pytest.raises(ValueError, match=f"1 to 40, the images there are, got {n}"):
        some_images().subset(n)


def test_a_set_says_what_it_is_and_where_it_comes_from():
    assert repr(some_images()) == (
        "ImageSet(40 images of 28 x 28, 4 classes (a, b, c, d); made here)"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": torch.zeros(40, 28, 28)}, "images must be a uint8 tensor"),
        ({"images": torch.zeros(40, 784, dtype=torch.uint8)}, "images must be a uint8 tensor"),
        ({"labels": torch.zeros(39, dtype=torch.int64)}, "labels must be an int64 tensor"),
        ({"labels": torch.zeros(40)}, "labels must be an int64 tensor"),
        ({"labels": torch.full((40,), 4)}, "labels must be classes 0 to 3"),
        ({"labels": torch.full((40,), -1)}, "labels must be classes 0 to 3"),
    ],
)
def test_a_set_that_does_not_fit_together_is_told(change, words):
    fields = {"images": some_images().images, "labels": some_images().labels} | change
    with pytest.raises(ValueError, match=words):
        ImageSet(**fields, classes=tuple("abcd"), source="made here")


def test_the_same_images_come_from_every_rung(tmp_path, mirror):
    unpack("MNIST", tmp_path / "data")
    downloaded, named = mnist("test"), mnist("test", tmp_path / "data")
    shutil.rmtree(downloaded.root)
    mirror.answer = lambda name, time, body: 404
    small = mnist("test")
    assert "small" in small.source and "small" not in downloaded.source
    for one in (downloaded, named):
        assert torch.equal(one.images, small.images) and torch.equal(one.labels, small.labels)
