"""torchvision's download, safe with a bad network, if killed, and if two run at once."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from course_dl.data.idx import PREFIX, find_problems, raw_files

__all__ = ["NotFetched", "fetch"]

PAUSES = (1.0, 3.0)  # seconds before the second and the third attempt
TIMEOUT = 10.0  # seconds without a byte after which a download counts as failed
PATIENCE = 4.0  # seconds within which a mirror must answer at all
_DAY = 24 * 3600.0


class NotFetched(Exception):
    """The set could not be downloaded; the message says why, in one line."""


def fetch(name: str, cache: Path) -> None:
    """Download all four files of ``torchvision.datasets.<name>`` into ``cache/<name>/raw``.

    They are downloaded and checked in a temporary folder beside it, and each is then moved in one
    step. So a download that breaks off leaves no damaged file, and two at once do not disturb each
    other.
    """
    import torchvision.datasets

    original = getattr(torchvision.datasets, name)
    try:
        raw = cache / name / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        _sweep(cache)
        with tempfile.TemporaryDirectory(prefix="download-", dir=cache) as place:
            mirrors = _answering(original.mirrors)
            if not mirrors:
                raise NotFetched("no mirror can be reached")
            # torchvision names the folder after the class.
            dataset = type(name, (original,), {"mirrors": mirrors})
            _download(dataset, Path(place))
            for split in PREFIX:
                for file in raw_files(split):
                    os.replace(Path(place, name, "raw", file), raw / file)
    except OSError as error:
        raise NotFetched(f"the cache {cache} cannot be written: {error}") from error


def _download(dataset: type, place: Path) -> None:
    """Try, wait, try again; files that arrived whole are not downloaded twice."""
    raw = place / dataset.__name__ / "raw"
    failure = ""
    for pause in (0.0, *PAUSES):
        time.sleep(pause)
        try:
            with _socket_timeout(TIMEOUT):
                dataset(place, download=True)
        # Raised by a broken connection, a mirror that is out of order, a damaged archive.
        except (RuntimeError, OSError, http.client.HTTPException, EOFError, zlib.error) as error:
            failure = " ".join(str(error).split()) or type(error).__name__
            continue
        problems = {p: why for split in PREFIX for p, why in find_problems(raw, split).items()}
        if not problems:
            return
        failure = "; ".join(f"{path.name} {why}" for path, why in problems.items())
        for path in problems:
            path.unlink(missing_ok=True)
    raise NotFetched(failure)


def _answering(mirrors: list[str]) -> list[str]:
    """The mirrors that answer at all; all are asked at the same time.

    Without a network this ends at once, or after ``PATIENCE`` if looking up a name never returns.
    """
    answered = set()

    def ask(url: str) -> None:
        request = urllib.request.Request(url, method="HEAD")
        try:
            urllib.request.urlopen(request, timeout=PATIENCE).close()
        except urllib.error.HTTPError as refusal:
            refusal.close()  # an answer too
        except (OSError, http.client.HTTPException):
            return
        answered.add(url)

    threads = [threading.Thread(target=ask, args=(url,), daemon=True) for url in mirrors]
    end = time.monotonic() + PATIENCE
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return [url for url in mirrors if url in answered]


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """A default time-out, since torchvision sets none and would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _sweep(cache: Path) -> None:
    """Remove the folders of downloads that were killed a day ago or earlier."""
    for place in cache.glob("download-*"):
        with suppress(OSError):  # another process may remove it too
            if time.time() - place.stat().st_mtime > _DAY:
                shutil.rmtree(place)
