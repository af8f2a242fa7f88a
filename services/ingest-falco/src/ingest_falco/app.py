"""The service: spool, webhook and forwarder together, from start to drain."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

from ingest_falco.alert.redact import AlertRedactor
from ingest_falco.conditions import Conditions
from ingest_falco.errors import SpoolInUse, SpoolRefused
from ingest_falco.settings import IngestFalcoSettings
from ingest_falco.spool.forward import forward
from ingest_falco.spool.ledger import Ledger
from ingest_falco.spool.spool import Spool
from ingest_falco.webhook.authentication import Policy
from ingest_falco.webhook.handover import Handover
from ingest_falco.webhook.intake import Intake
from ingest_falco.webhook.relay import Relay
from ingest_falco.webhook.routes import Webhook
from ingest_falco.webhook.senders import GOOGLE_KEYS, Fetch, Notifications, PushTokens, Senders, fetch
from ingest_falco.webhook.tls import Tls
from tfdrift.harness import ConfigurationError, Runtime, every
from tfdrift.harness.redaction import hash_key, load_redact_file

_DISK_SECONDS: Final = 5.0
_EXPIRY_SECONDS: Final = 60.0
# How long the service waits for NATS to have the key of the hashes before it takes alerts without.
_KEY_SECONDS: Final = 2.0
_CERTIFICATE_SECONDS: Final = 1.0
# How long a stopping service waits for the requests of connections that it has accepted.
_DRAIN_SECONDS: Final = 2.0
# Processes that may share a port and the folder of the spools.
_MAX_INSTANCES: Final = 8


async def run(runtime: Runtime[IngestFalcoSettings], get: Fetch = fetch, keys_url: str = GOOGLE_KEYS) -> None:
    """Serve until the service stops, with or without NATS; answered alerts are on disk, so draining is short.

    Args:
        get: fetches the certificates that SNS signs with.
        keys_url: where the keys of Google are that sign the tokens of Pub/Sub.
    """
    settings = runtime.settings
    conditions = Conditions(runtime.readiness, runtime.log)
    spool = await _open_spool(settings, conditions)
    ledger = Ledger(runtime.bus, conditions, runtime.log)
    redactor = AlertRedactor(load_redact_file(settings.redact_file))
    intake = Intake(ledger, spool, conditions, runtime.log, redactor)
    relay = Relay(settings.relay_url.get_secret_value(), runtime.log) if settings.relay_url is not None else None
    senders = Senders(
        _policy(settings), Notifications(settings.topics, runtime.log, get), _push_tokens(settings, keys_url)
    )
    webhook = Webhook(intake, senders, conditions, settings.max_alert_bytes, runtime.log, relay)
    tls = _tls(settings, runtime.log)
    keying = runtime.tasks.create_task(_use_hash_key(runtime, redactor))
    work = [
        runtime.tasks.create_task(spool.write()),
        runtime.tasks.create_task(forward(spool, ledger, runtime.log)),
        runtime.tasks.create_task(every(_DISK_SECONDS, spool.look_at_disk, "spool_disk")),
        runtime.tasks.create_task(every(_DISK_SECONDS, spool.adopt, "spools_left_behind")),
        runtime.tasks.create_task(every(_EXPIRY_SECONDS, conditions.expire, "conditions")),
        keying,
    ]
    with suppress(TimeoutError):  # without NATS, alerts are spooled, and their secrets cannot be compared
        await asyncio.wait_for(asyncio.shield(keying), _KEY_SECONDS)
    if relay is not None:
        work.append(runtime.tasks.create_task(relay.run()))
    if tls is not None:
        work.append(runtime.tasks.create_task(every(_CERTIFICATE_SECONDS, tls.look, "certificate")))
    handover = None
    if settings.http_reuse_port:
        handover = Handover(settings.spool_folder(), settings.http_host, settings.http_port, runtime.log)
    runner = await runtime.serve(
        webhook.app(),
        settings.http_port,
        tls.context if tls is not None else None,
        reuse_port=settings.http_reuse_port,
        inherited=handover.inherited() if handover is not None else (),
    )
    if handover is not None:
        handover.offer([one.fileno() for one in runner.listening])
    runtime.log.info("serving", port=settings.http_port, spool=str(settings.spool_folder()), spool_empty=spool.empty)
    runtime.readiness.set("serving", True)
    await runtime.stopping.wait()
    if handover is not None:
        handover.close()
    await runner.drain(_DRAIN_SECONDS)
    await runner.cleanup()
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    await spool.close()


async def _use_hash_key(runtime: Runtime[IngestFalcoSettings], redactor: AlertRedactor) -> None:
    redactor.use_key(await hash_key(runtime.bus, runtime.settings.hash_key))


def _policy(settings: IngestFalcoSettings) -> Policy:
    token, key = settings.webhook_token, settings.webhook_signing_key
    return Policy(
        token=token.get_secret_value().encode() if token is not None else None,
        signing_key=key.get_secret_value().encode() if key is not None else None,
        certificates=settings.http_tls_client_ca_file is not None,
        networks=settings.allowed_networks,
    )


def _push_tokens(settings: IngestFalcoSettings, keys_url: str) -> PushTokens | None:
    audience, service_account = settings.pubsub_audience, settings.pubsub_service_account
    if audience is None or service_account is None:
        return None
    return PushTokens(audience, service_account, keys_url)


def _tls(settings: IngestFalcoSettings, log: Any) -> Tls | None:
    certificate, key = settings.http_tls_cert_file, settings.http_tls_key_file
    if certificate is None or key is None:
        return None
    return Tls(certificate, key, settings.http_tls_client_ca_file, log)


async def _open_spool(settings: IngestFalcoSettings, conditions: Conditions) -> Spool:
    folder = settings.spool_folder()
    folders = [folder, *(folder / f"instance-{number}" for number in range(2, _MAX_INSTANCES + 1))]
    for each in folders if settings.http_reuse_port else folders[:1]:
        try:
            return await Spool.open(each, settings.spool_max_bytes, conditions, folders)
        except SpoolInUse as error:
            refused: SpoolRefused = error
        except SpoolRefused as error:
            refused = error
            break
    raise ConfigurationError(
        f"{refused}; name another folder in TFDRIFT_SPOOL_DIR, writable and used by one process"
    ) from refused
