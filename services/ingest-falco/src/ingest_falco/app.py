"""The service: spool, webhook and forwarder together, from start to drain."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ingest_falco.errors import SpoolRefused
from ingest_falco.settings import IngestFalcoSettings
from ingest_falco.spool.forward import forward
from ingest_falco.spool.spool import Spool
from ingest_falco.webhook.intake import Intake
from ingest_falco.webhook.routes import Webhook
from tfdrift.harness import ConfigurationError, Runtime


async def run(runtime: Runtime[IngestFalcoSettings]) -> None:
    """Serve until the service stops, with or without NATS; answered alerts are on disk, so draining is short."""
    settings = runtime.settings
    folder = settings.spool_folder()
    spool = await _open_spool(folder, settings.spool_max_bytes)
    token = settings.webhook_token.get_secret_value().encode() if settings.webhook_token else None
    webhook = Webhook(Intake(runtime.bus, spool, runtime.log), token, settings.max_alert_bytes, runtime.log)
    work = [
        runtime.tasks.create_task(spool.write()),
        runtime.tasks.create_task(forward(spool, runtime.bus, runtime.log)),
    ]
    runner = await runtime.serve(webhook.app(), settings.http_port)
    runtime.log.info("serving", port=settings.http_port, spool=str(folder), spool_empty=spool.empty)
    runtime.readiness.set("serving", True)
    await runtime.stopping.wait()
    await runner.cleanup()
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    await spool.close()


async def _open_spool(folder: Path, max_bytes: int) -> Spool:
    try:
        return await Spool.open(folder, max_bytes)
    except SpoolRefused as error:
        raise ConfigurationError(
            f"{error}; name another folder in TFDRIFT_SPOOL_DIR, writable and used by one process"
        ) from error
