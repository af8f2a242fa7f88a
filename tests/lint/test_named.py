"""Routes, variables, metrics and commands that the documents name are those of the code, both ways."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
import typer.main
from aiohttp import web
from prometheus_client import CollectorRegistry

from ingest_falco.webhook.authentication import Policy
from ingest_falco.webhook.routes import Webhook
from ingest_falco.webhook.senders import Senders
from ingest_tfstate.app import public_app
from sse_gateway.contract.openapi import document
from tests.lint.test_docs import DOCUMENTS, ROOT
from tests.shared.harness.test_metrics import METRICS
from tfdrift.cli.__main__ import app as tfdrift
from tfdrift.harness.admin import admin_app
from tfdrift.harness.readiness import Readiness
from tfdrift.harness.variables import KNOWN, SECRETS, variable

DOCS = ROOT / "docs"
ROUTE = re.compile(r"`(GET|POST|PUT|DELETE|OPTIONS) (/[\w./{}-]*)`")
VARIABLES = {variable(field) for field in KNOWN | {f"{secret}_file" for secret in SECRETS}}
# A name that ends in _ or * stands for all that begin so.
VARIABLE = re.compile(r"\bTFDRIFT_[A-Z][A-Z_]*(?![A-Z_]|\.)")
METRIC = re.compile(r"`(tfdrift_[a-z_]+(?:_seconds|_bytes|_total|_messages|_entries|_drifts|_clients|_condition))[`{]")


def section(title: str) -> set[tuple[str, str]]:
    """The routes that docs/api.md has under a heading."""
    text = (DOCS / "api.md").read_text(encoding="utf-8").split(f"## {title}")[1].split("\n## ")[0]
    return set(ROUTE.findall(text))


def routes_of(app: web.Application) -> set[tuple[str, str]]:
    """The routes of an application; HEAD comes with GET."""
    routes = {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource}
    return {(method, path) for method, path in routes if method != "HEAD"}


def test_the_api_has_every_route_of_the_gateway_and_no_other() -> None:
    """As the OpenAPI document has them, which a test compares with what is served."""
    served = {(method.upper(), path) for path, methods in document()["paths"].items() for method in methods}
    methods = {"GET", "POST", "PUT", "DELETE"}
    assert section("sse-gateway") == {(method, path) for method, path in served if method in methods}


def test_the_api_has_every_route_of_the_other_ports_and_no_other() -> None:
    """The webhook, the states' port, and the admin port of all."""
    nothing = cast(Any, None)
    webhook = Webhook(nothing, Senders(Policy(), nothing, nothing), nothing, 1, nothing)
    assert section("ingest-falco") == routes_of(webhook.app())
    assert section("ingest-tfstate") == routes_of(public_app([]))
    assert section("Admin ports") == routes_of(admin_app(CollectorRegistry(), Readiness(), lambda: None))


def test_the_configuration_has_every_variable() -> None:
    """Those of secrets also with `_FILE`, which one sentence gives to all of them."""
    documented = set(VARIABLE.findall((DOCS / "configuration.md").read_text(encoding="utf-8")))
    assert {variable(field) for field in KNOWN} <= documented
    assert {variable(field) for field in SECRETS} <= documented


# What the change log says of releases that are past stays.
PRESENT = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]


@pytest.mark.parametrize("path", PRESENT, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_names_what_the_code_does_not_know(path: Path) -> None:
    """A variable, a metric or a route that was renamed."""
    text = path.read_text(encoding="utf-8")
    streams = {"TFDRIFT_DEAD"}
    for name in set(VARIABLE.findall(text)) - streams:
        assert name in VARIABLES or any(one.startswith(name) for one in VARIABLES if name.endswith("_")), name
    series = {name for _, name in METRICS}
    for name in METRIC.findall(text):
        assert name in series, name
    commands = set(typer.main.get_command(tfdrift).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"`tfdrift (\w+)", text)) - {"COMMAND"} <= commands
    paths = {re.sub(r"{[^}]*}", "{}", one) for one in document()["paths"]}
    for one in re.findall(r"/api/v1/[\w/{}-]+(?:\.json)?", text):
        route = re.sub(r"{[^}]*}|ID", "{}", one).rstrip("/")
        assert route in paths or any(known.startswith(f"{route}/") for known in paths), one


def test_the_site_is_built_and_no_link_of_it_leads_nowhere(tmp_path: Path) -> None:
    """`make docs` is strict: a page that is not in the navigation fails too."""
    mkdocs = Path(sys.executable).parent / "mkdocs"
    built = subprocess.run(
        [mkdocs, "build", "--quiet", "--strict", "--site-dir", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "<h1" in (tmp_path / "index.html").read_text(encoding="utf-8")
