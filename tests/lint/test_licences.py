"""The page of licences: it names what the lock file pins."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_of_licences_lists_what_is_locked_and_knows_each_licence() -> None:
    """`make licences` was run after the last change of the lock file, and no licence is unknown."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", lock, re.MULTILINE))
    page = (ROOT / "docs/licences.md").read_text(encoding="utf-8")
    listed = {name: version for name, version, _ in re.findall(r"^\| (\S+) \| (\S+) \| (.+) \|$", page, re.MULTILINE)}
    listed.pop("package", None)
    assert listed == locked
    assert "| unknown |" not in page
