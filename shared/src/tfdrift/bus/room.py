"""Creates streams where JetStream has room for them, and says how much it has where it does not.

JetStream reserves a stream's ``max_bytes`` when the stream is created. nats-server refuses a reservation that exceeds
its storage without saying how much is left, and its account information says so only for accounts with a limit. So the
room is found by trying: a stream of another name is created with different sizes, and deleted.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Final

import structlog
from nats.js import JetStreamContext
from nats.js.api import StorageType, StreamConfig, StreamInfo

from tfdrift.bus.errors import BusError, NoRoom, Rejected
from tfdrift.bus.requests import answered

# Of the room that JetStream has, the ledger takes this share; the buckets and what else there is need the rest.
SHARE: Final = 0.5
# A smaller ledger would hold a few hours of a small estate, if that.
MIN_BYTES: Final = 4 * 1024**2

# nats-server's codes (server/errors.json): no storage, and no server of a cluster with enough of it.
_NO_STORAGE: Final = frozenset({10047, 10005})
# So exactly the room is found.
PRECISION: Final = 1024**2


async def create(jetstream: JetStreamContext, wanted: StreamConfig, *, may_be_smaller: bool) -> StreamInfo:
    """Create a stream; if it may be smaller, with half of the room that JetStream has, where that is too little.

    Raises:
        NoRoom: JetStream has too little room for it, or less than any ledger needs.
        Rejected: JetStream refused it for another reason.
        BusError: NATS did not answer.
    """
    try:
        return await answered(jetstream.add_stream(wanted))
    except Rejected as error:
        if error.code not in _NO_STORAGE or not wanted.max_bytes:
            raise
        refused = error
    available = await room(jetstream, wanted)
    smaller = int(available * SHARE)
    if not may_be_smaller or smaller < MIN_BYTES:
        needed = int(MIN_BYTES / SHARE) if may_be_smaller else wanted.max_bytes
        raise NoRoom(
            f"TFDRIFT_RETENTION_BYTES: the ledger needs {needed} bytes of storage, and JetStream has about {available} "
            f"left; set the variable to less, or give nats-server more (a larger disk, or its max_file_store)"
        ) from refused
    structlog.get_logger().warning(
        "stream_smaller",
        stream=wanted.name,
        wanted_bytes=wanted.max_bytes,
        bytes=smaller,
        available_bytes=available,
        remedy="give nats-server more storage, or set TFDRIFT_RETENTION_BYTES to what the ledger may take",
    )
    return await answered(jetstream.add_stream(wanted.evolve(max_bytes=smaller)))


async def room(jetstream: JetStreamContext, wanted: StreamConfig) -> int:
    """Return how many bytes a stream can reserve, to a mebibyte."""
    name = f"TFDRIFT_ROOM_{secrets.token_hex(4)}"
    trial = StreamConfig(
        name=name, subjects=[f"{name.lower()}.none"], storage=StorageType.FILE, num_replicas=wanted.num_replicas
    )
    fits, fails = 0, int(wanted.max_bytes or 0)
    while fails - fits > PRECISION:
        size = (fits + fails) // 2
        try:
            await answered(jetstream.add_stream(trial.evolve(max_bytes=size)))
        except Rejected:
            fails = size
            continue
        fits = size
        with suppress(BusError):  # it is empty, and the next one has another name
            await answered(jetstream.delete_stream(name))
    return fits
