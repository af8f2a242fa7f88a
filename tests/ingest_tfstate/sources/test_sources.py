"""Which states a source names, and reading them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest_tfstate.errors import TooLarge
from ingest_tfstate.settings import Settings
from ingest_tfstate.sources.local_files import LocalFiles
from ingest_tfstate.sources.uri import SourceError, parse_source, parse_sources
from tests.ingest_tfstate.service import write
from tfdrift.harness import ConfigurationError


@pytest.mark.parametrize(
    ("source", "path", "workspace"),
    [
        ("file:///states/**/*.tfstate", "prod.tfstate", "prod"),
        ("file:///states/**/*.tfstate", "eu/net.tfstate", "eu/net"),
        ("file:///states/*/terraform.tfstate", "eu/terraform.tfstate", "eu/terraform"),
        ("file:///p/terraform.tfstate.d/*/terraform.tfstate", "eu/terraform.tfstate", "eu/terraform"),
        ("file:///p/old/*.backup", "a.tfstate.backup", "a.tfstate.backup"),
        ("file:///states/prod.tfstate", "prod.tfstate", "prod"),
        ("file:///states/prod.tfstate#live/eu", "prod.tfstate", "live/eu"),
        ("examples/prod.tfstate", "prod.tfstate", "prod"),
        ("./examples/estate?.tfstate", "estate1.tfstate", "estate1"),
        ("/a b/[a-c]*.tfstate", "bc.tfstate", "bc"),
        ("file:///a%20b/x.tfstate", "x.tfstate", "x"),
        ("s3://bucket/live/*.tfstate", "net.tfstate", "net"),
        ("gs://bucket/**/default.tfstate", "a/b/default.tfstate", "a/b/default"),
        ("https://host/state/net#net", "net", "net"),
    ],
)
def test_a_workspace_is_named_by_the_path_below_the_fixed_part(source: str, path: str, workspace: str) -> None:
    """The path below the first wildcard's folder without .tfstate, or the fragment."""
    uri = parse_source(source, "/work")
    assert uri.matches(path)
    assert uri.workspace_of(path) == workspace


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("file:///s/*.tfstate", "a/b.tfstate"),
        ("file:///s/*.tfstate", "a.tfstate.backup"),
        ("file:///s/*", "terraform.tfstate.backup"),
        ("file:///s/**/*", "eu/terraform.tfstate.1700000000.backup"),
        ("file:///s/**", ".terraform.tfstate.lock.info"),
        ("s3://bucket/**", "env:/dev/net.tfstate.tflock"),
        ("gs://bucket/**", "net/default.tflock"),
        ("file:///s/**/*.tfstate", ".terraform/terraform.tfstate"),
        ("file:///s/**/*.tfstate", "a/.terraform/terraform.tfstate"),
        ("file:///s/*.tfstate", ".prod.tfstate"),
        ("file:///s/?.tfstate", "ab.tfstate"),
        ("file:///s/[!a].tfstate", "a.tfstate"),
    ],
)
def test_what_a_pattern_passes_over(source: str, path: str) -> None:
    """Backups, locks, other folders, and what begins with a dot: a backend's cache is no state."""
    assert not parse_source(source, "/").matches(path)


@pytest.mark.parametrize(
    "sources",
    [
        "",
        " , ",
        "ftp://host/a.tfstate",
        "file://host/a.tfstate",
        "s3:///a.tfstate",
        "s3://bucket",
        "/states/",
        "/states/*.tfstate#prod",
        "/a.tfstate#",
        "https://host/*.tfstate",
        "/a.tfstate,/a.tfstate",
        "/a/prod.tfstate,/b/prod.tfstate",
    ],
)
def test_a_wrong_source_is_one_sentence(sources: str) -> None:
    """Named at start, before anything runs."""
    with pytest.raises(SourceError):
        parse_sources(sources, "/")
    with pytest.raises(ConfigurationError, match="TFDRIFT_STATE_SOURCES") as raised:
        Settings.load({"TFDRIFT_STATE_SOURCES": sources})
    assert "\n" not in str(raised.value)


def test_credentials_in_a_source_are_not_shown() -> None:
    """A password in a URI reaches no log, no label and no head."""
    uri = parse_source("https://reader:s3cr3t@states.example.com/prod.tfstate", "/")
    assert str(uri) == "https://states.example.com/prod.tfstate"


async def test_local_files_are_found_by_the_pattern_and_read_when_they_change(tmp_path: Path) -> None:
    """A state that has not changed costs no read."""
    for name in ("a.tfstate", "b/c.tfstate", "b/c.txt", ".terraform/terraform.tfstate"):
        write(tmp_path / name, b"{}")
    source = LocalFiles(parse_source(f"{tmp_path}/**/*.tfstate", "/"), 100)
    found = await source.states()
    assert [state.path for state in found] == ["a.tfstate", "b/c.tfstate"]
    content = await source.read(found[0], None)
    assert content is not None
    assert (content.data, content.signature) == (b"{}", found[0].signature)
    assert await source.read(found[0], content.signature) is None
    write(tmp_path / "a.tfstate", b"x" * 101)
    with pytest.raises(TooLarge):
        await source.read((await source.states())[0], content.signature)
