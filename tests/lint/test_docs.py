"""The documents name files, headings and make targets that exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
)
PACKAGES = {path.name: path for path in (ROOT / "services").glob("*/src/*") if path.is_dir()}
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
PATH = re.compile(rf"`((?:{'|'.join(PACKAGES)}|shared|services|tests|docs|deploy|bench|\.ci)/[\w./-]*)`")
TARGET = re.compile(r"make ([a-z][a-z-]+)(?=[`\s;,.:)])")
documents = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"(?m)^#+ (.+)$", document.read_text())
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@documents
def test_links_lead_somewhere(document: Path) -> None:
    """A relative link names a file of the repository, and its anchor a heading of it."""
    for target, anchor in LINK.findall(document.read_text()):
        found = (document.parent / target).resolve() if target else document
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found), f"{target}#{anchor}"


@documents
def test_paths_exist(document: Path) -> None:
    """A path in code quotes, from the root or from a service's package, is one of the repository."""
    for path in PATH.findall(document.read_text()):
        first, _, rest = path.partition("/")
        assert (PACKAGES.get(first, ROOT / first) / rest).exists(), path


@documents
def test_make_targets_exist(document: Path) -> None:
    """A command ``make x`` in code quotes or code blocks is a target of the Makefile."""
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    text = document.read_text()
    code = [*re.findall(r"`([^`\n]+)`", text), *re.findall(r"(?m)^ {4}(make .*)$", text)]
    for fragment in code:
        assert set(TARGET.findall(f"{fragment} ")) <= targets, fragment
