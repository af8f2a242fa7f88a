"""The TypeScript client, packed as a person packs it and installed where an application installs it."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "typescript"
INSTALL_SECONDS = 240.0
_INSTALL = ("--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts")


@dataclass(frozen=True)
class Packed:
    """The client's folder with its tools, and the archive that ``npm pack`` made of it."""

    folder: Path
    archive: Path
    files: frozenset[str]

    def run(self, *command: str, within: str = ".") -> str:
        """Run a command in a folder of the client; what it printed."""
        code, printed = finished(self.folder / within, *command)
        assert code == 0, printed
        return printed


def finished(folder: Path, *command: str) -> tuple[int, str]:
    """A command's exit code and what it printed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    """The client, packed; skipped where npm or its registry is not available."""
    if shutil.which("npm") is None:
        pytest.skip("no npm is installed: apt-get install npm")
    root = tmp_path_factory.mktemp("typescript")
    folder = root / "clients" / "typescript"
    shutil.copytree(CLIENT, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    shutil.copytree(ROOT / "docs" / "schemas", root / "docs" / "schemas")
    code, printed = finished(folder, "npm", "ci", *_INSTALL)
    assert "EUSAGE" not in printed, printed  # package.json and its lock disagree
    if code != 0:
        pytest.skip("npm cannot install the client's packages here")
    code, printed = finished(folder, "npm", "pack", "--json", "--silent", "--pack-destination", str(root))
    assert code == 0, printed
    answer = json.loads(printed[printed.index("[\n") if "[\n" in printed else printed.index("{\n") :])
    (made,) = answer if isinstance(answer, list) else answer.values()
    return Packed(folder, root / made["filename"], frozenset(file["path"] for file in made["files"]))


@pytest.fixture(scope="session")
def consumer(packed: Packed) -> Path:
    """An application with the packed client and npm's `eventsource`; it uses the client's TypeScript and React."""
    folder = packed.folder / "consumer"
    shutil.copytree(Path(__file__).with_name("consumer"), folder)
    code, printed = finished(folder, "npm", "install", *_INSTALL, str(packed.archive), "eventsource@4")
    assert "ENOENT" not in printed, printed
    if code != 0:
        pytest.skip("npm cannot install `eventsource` here")
    packed.run("npx", "tsc", "--project", "consumer")
    return folder
