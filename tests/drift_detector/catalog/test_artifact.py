"""The compiled mapping: that it says what the mapping's files say, in a checkout and in a wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from drift_detector.catalog.load import load_catalog
from drift_detector.catalog.sources import compiled_catalog

ROOT = Path(__file__).parents[3]
SERVICE = ROOT / "services/drift-detector"
# Prints the instance attributes that a resize sets, without the library that reads YAML.
WITHOUT_YAML = "import sys; sys.modules['yaml'] = None; "
RESIZED = (
    "from drift_detector.catalog.load import load_catalog; "
    "rule = load_catalog().events['ec2:ModifyInstanceAttribute']; "
    "print(sorted({name for group in rule.groups for target in group for name in target.set}))"
)


def printed(code: str, package: Path) -> str:
    """What Python prints with a copy of the package first on its path."""
    shared = ROOT / "shared/src"
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(package)!r}, {str(shared)!r}]; {code}"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def test_it_says_what_the_files_say() -> None:
    """Every rule, type and table of the artifact is the one that the files compile to."""
    stored, compiled = load_catalog(), compiled_catalog()
    assert dict(stored.events) == dict(compiled.events)
    assert (stored.types, stored.tables) == (compiled.types, compiled.tables)


def test_a_changed_file_is_compiled_when_the_catalog_is_loaded(tmp_path: Path) -> None:
    """Whoever edits a mapping sees the effect at once."""
    package = tmp_path / "drift_detector"
    shutil.copytree(SERVICE / "src/drift_detector", package, ignore=shutil.ignore_patterns("__pycache__"))
    before = printed(RESIZED, tmp_path)
    assert "'instance_type'" in before
    file = package / "mapping/curated/ec2.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("instance_type:", "instance_kind:"), encoding="utf-8")
    assert printed(RESIZED, tmp_path) == before.replace("instance_type", "instance_kind")


def test_a_wheel_has_it_compiled(tmp_path: Path) -> None:
    """A wheel carries the artifact without the files, and loads it without a reader of YAML."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=SERVICE, stdout=subprocess.DEVNULL, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    shipped = {path.name for path in (installed / "drift_detector/mapping").iterdir()}
    assert shipped == {"catalog.msgpack", "without_resource.yaml"}
    assert "'instance_type'" in printed(WITHOUT_YAML + RESIZED, installed)
