"""The dashboard's source: its own tests, and that the static files of the package are what it builds."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "services/sse-gateway/dashboard"
STATIC = ROOT / "services/sse-gateway/src/sse_gateway/static"
SECONDS = 240

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="no npm is installed: apt-get install npm")


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source with its packages installed; the types are the client's, at the same distance."""
    root = tmp_path_factory.mktemp("dashboard")
    folder = root / "services/sse-gateway/dashboard"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("node_modules"))
    shutil.copytree(ROOT / "clients/typescript/src", root / "clients/typescript/src")
    run(folder, "npm", "ci")
    return folder


def run(folder: Path, *command: str) -> None:
    """Run a command of npm; its output is shown where it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def files(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_static_files_are_what_the_source_builds(dashboard: Path) -> None:
    """`npm run build` makes them byte for byte, so nobody edits what is generated."""
    run(dashboard, "npm", "run", "build")
    assert files(dashboard.parent / "src/sse_gateway/static") == files(STATIC)


def test_values_are_compared_as_the_page_shows_them(dashboard: Path) -> None:
    """The page's own tests of its pure modules pass."""
    run(dashboard, "npm", "test")
