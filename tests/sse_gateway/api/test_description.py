"""The OpenAPI document against the gateway that serves it: generated requests, and answers checked against it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from sse_gateway.contract.openapi import document
from tests.conftest import NatsServer, console_script
from tests.pipeline import Pipeline

EXAMPLES = 25


async def test_the_description_is_true(tmp_path: Path, nats_server: NatsServer) -> None:
    """Schemathesis finds no server error, no undocumented status or type, no answer outside its schema.

    The stream itself has no end that it could wait for; other tests read it.
    """
    pipeline = Pipeline(tmp_path, nats_server)
    pipeline.start("sse-gateway")
    try:
        await pipeline.ready("sse-gateway")
        process = await asyncio.create_subprocess_exec(
            *(console_script("schemathesis"), "run", f"{pipeline.gateway}/api/v1/openapi.json"),
            *("--exclude-path", "/api/v1/stream", "--max-examples", str(EXAMPLES), "--seed", "1", "--no-color"),
            *("--checks", "not_a_server_error,status_code_conformance,content_type_conformance"),
            *("--checks", "response_schema_conformance,response_headers_conformance", "--phases", "fuzzing,coverage"),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
        cases = re.search(r"(\d+) generated, (\d+) passed", output.decode())
        assert cases is not None
        assert int(cases[1]) == int(cases[2]) > 200
        assert pipeline.processes["sse-gateway"].poll() is None
    finally:
        pipeline.stop_all()


def test_every_property_of_the_payloads_is_described() -> None:
    """Whoever reads the document finds a sentence for each property."""
    schemas = document()["components"]["schemas"]
    silent = [
        f"{model}.{name}"
        for model, schema in schemas.items()
        for name, member in schema.get("properties", {}).items()
        if not member.get("description")
    ]
    assert silent == []
