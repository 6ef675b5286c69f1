"""A browser, JupyterLab, and a look at a page: what the tests of this folder share."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent

# As a student has them: a wide window by day and by night, and half of a small screen.
VIEWS = {
    "light": {"width": 1200, "height": 800, "theme": "light"},
    "dark": {"width": 1200, "height": 800, "theme": "dark"},
    "narrow": {"width": 440, "height": 800, "theme": "light"},
}

# Of axe-core: WCAG 2.1 AA, headings in their order, no empty cell at the head of a column or row.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "rules": {name: {"enabled": True} for name in ("heading-order", "empty-table-header")},
}

# The browser's wish for dark or light is followed, no news are fetched, and every cell is in the
# page, also those that are out of sight.
SETTINGS = {
    "apputils-extension/themes": '{"adaptive-theme": true}',
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
    "notebook-extension/tracker": '{"windowingMode": "none"}',
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def page() -> Iterator[Any]:
    """A page of Debian's Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium)
        opened = browser.new_page()
        opened.set_default_timeout(60_000)
        yield opened
        browser.close()


@pytest.fixture(scope="session")
def look(page: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], None]:
    """See that what a selector finds is readable in every view, and keep a picture of each.

    The pictures go where ``COURSE_DL_SCREENSHOTS`` says, else into pytest's temporary folder.
    """
    kept = os.environ.get("COURSE_DL_SCREENSHOTS")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("screenshots")
    unreadable = (HERE / "unreadable.js").read_text(encoding="utf-8")

    def look_at(selector: str, name: str) -> None:
        found = {}
        for view, seen in VIEWS.items():
            page.emulate_media(color_scheme=seen["theme"])
            page.set_viewport_size({"width": seen["width"], "height": seen["height"]})
            page.wait_for_timeout(500)  # themes are loaded, and lines broken, step by step
            page.locator("#jupyterlab-splash").wait_for(state="detached")
            page.locator(selector).first.evaluate("e => e.scrollIntoView({block: 'center'})")
            page.screenshot(path=folder / f"{name}-{view}.png", full_page=True)
            found[view] = page.evaluate(unreadable, selector)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1200, "height": 800})
        assert found == {view: [] for view in VIEWS}

    return look_at


@pytest.fixture(scope="session")
def violations(page: Any) -> Callable[..., list[str]]:
    """What axe-core finds wrong with the page that is open, by the rules of WCAG 2.1 AA.

    Each is told with the first of its elements. What ``without`` selects is left out.
    """
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    ).Axe()

    def found(*without: str) -> list[str]:
        whole = {"exclude": [[selector] for selector in without]} if without else None
        told = []
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.wait_for_timeout(300)
            for one in axe.run(page, context=whole, options=RULES).response["violations"]:
                told.append(f"{theme}: {one['id']}, {len(one['nodes'])}: {one['nodes'][0]['html']}")
        page.emulate_media(color_scheme="light")
        return told

    return found


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """Put a notebook into a running JupyterLab; the address at which it opens.

    The kernels have neither data nor network: what is inside the package must do.
    """
    if find_spec("jupyterlab") is None:
        pytest.skip("JupyterLab is not installed")
    home = tmp_path_factory.mktemp("jupyter")
    for name, text in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (home / "work").mkdir()
    own = {"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    own |= {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "run", "IPYTHONDIR": "ipython"}
    own |= {"XDG_CACHE_HOME": "empty"}
    environment = {k: v for k, v in os.environ.items() if k != "COURSE_DL_DATA"}
    environment |= {name: str(home / folder) for name, folder in own.items()}
    environment |= {f"{kind}_proxy": "http://127.0.0.1:9" for kind in ("http", "https")}
    address, token = f"http://127.0.0.1:{_free_port()}", secrets.token_hex()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.port={address.rpartition(':')[2]}", "--ServerApp.port_retries=0"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={home / 'work'}"]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(f"{address}/api", server, home / "log")

        def open_notebook(notebook: Path) -> str:
            shutil.copy(notebook, home / "work")
            return f"{address}/doc/tree/{notebook.name}?token={token}"

        yield open_notebook
    finally:
        server.terminate()
        server.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(120):
        try:
            opener.open(address, timeout=5).close()
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.5)
        else:
            return
    raise TimeoutError(log.read_text())
