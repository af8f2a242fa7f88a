"""Files of the configuration that change while a service runs."""

from __future__ import annotations

from pathlib import Path

from tfdrift.harness import WatchedFile


def test_a_changed_file_is_noticed_once_and_an_absent_one_is_not(tmp_path: Path) -> None:
    """Editors replace files, and for a moment there is none."""
    path = tmp_path / "rules.yaml"
    path.write_text("default: {}")
    file = WatchedFile(path)
    assert not file.changed()
    path.unlink()
    assert not file.changed()
    path.write_text("default: {modified: low}")
    assert file.changed()
    assert not file.changed()
