"""A service gets the key of the hashes and the operator's rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest_tfstate.record.records import fingerprint
from tfdrift.harness import ConfigurationError
from tfdrift.harness.redaction import load_redact_file
from tfdrift.redaction import NO_RULES


def test_without_a_file_the_built_in_rules_hold_alone() -> None:
    """The variable is optional."""
    assert load_redact_file(None) is NO_RULES


def test_a_file_names_what_else_is_hidden(tmp_path: Path) -> None:
    """Names with wildcards, and patterns of texts."""
    file = tmp_path / "redact.yaml"
    file.write_text("names: [ACME_*]\npatterns: ['ACME-[0-9]+']\n")
    rules = load_redact_file(file)
    assert rules.names("acme_code")
    assert rules.matches("see ACME-1")
    assert not rules.names("other")


@pytest.mark.parametrize("text", ["[a", "- a", "names: a", "patterns: ['(']", "other: []", "\x00"])
def test_an_invalid_file_ends_the_service_with_a_sentence(tmp_path: Path, text: str) -> None:
    """The sentence names the variable and the file."""
    file = tmp_path / "redact.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=rf"TFDRIFT_REDACT_FILE: .*{file.name}"):
        load_redact_file(file)


def test_a_missing_file_ends_the_service_too(tmp_path: Path) -> None:
    """A typing error would otherwise leave secrets in clear."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_redact_file(tmp_path / "none.yaml")


def test_a_state_is_recorded_again_when_the_rules_change(tmp_path: Path) -> None:
    """Its bytes are the same, and what is hidden of it is not."""
    file = tmp_path / "redact.yaml"
    file.write_text("names: [a]")
    first = load_redact_file(file)
    file.write_text("names: [b]")
    digests = {fingerprint(b"state", rules) for rules in (NO_RULES, first, load_redact_file(file))}
    assert len(digests) == 3
