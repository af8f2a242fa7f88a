"""compose.yaml passes on every variable that a service knows, so that none is swallowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tfdrift.harness.variables import KNOWN, PREFIX, SECRETS

COMPOSE = Path(__file__).parents[2] / "compose.yaml"
SERVICES = "ingest-falco", "ingest-tfstate", "drift-detector", "sse-gateway"
# By these a container is reached from others, so they are no operator's choice; FALCO_PORT and its like publish ports.
FIXED = {"TFDRIFT_ADMIN_PORT", "TFDRIFT_HTTP_PORT"}

# Its digest is still to be looked up where a registry is in reach.
WITHOUT_DIGEST = {"nats-exporter"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of the stack."""
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_reaches_its_container(services: dict[str, Any], service: str) -> None:
    """A name without a value is taken from the shell or the file of variables; a name that is not listed is lost."""
    known = {f"{PREFIX}{name.upper()}" for name in KNOWN | {f"{secret}_file" for secret in SECRETS}}
    passed = {name for name in services[service]["environment"] if name.startswith(PREFIX)}
    assert passed == known - FIXED


def test_every_image_of_others_has_a_digest(services: dict[str, Any]) -> None:
    """A tag may name another image tomorrow."""
    images = {
        name: image
        for service in services.values()
        for name, image in service.get("build", {}).get("args", {}).items()
        if name.endswith("_IMAGE")
    } | {name: service["image"] for name, service in services.items() if "build" not in service}
    own = {name for name, image in images.items() if image.startswith("tfdrift:")}
    assert {name for name, image in images.items() if "@sha256:" not in image} - own == WITHOUT_DIGEST
    assert len(images.keys() - own) == 9


def test_every_container_has_limits(services: dict[str, Any]) -> None:
    """One container must not take the machine, nor its logs the disk."""
    for name, service in services.items():
        assert "mem_limit" in service, name
        assert service["logging"]["options"]["max-size"], name
