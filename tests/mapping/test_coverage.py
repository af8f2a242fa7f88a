"""The coverage page tells what the detector loads."""

from __future__ import annotations

from pathlib import Path

from mapping_generator.coverage import page

from drift_detector.catalog.load import load_catalog

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"


def test_the_page_is_fresh() -> None:
    """`make coverage` writes it anew after the mapping has changed."""
    assert PAGE.read_text(encoding="utf-8") == page(load_catalog())
