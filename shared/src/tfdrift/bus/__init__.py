"""The bus: one connection to NATS JetStream, with publishing, following, consuming and key-value buckets."""

from tfdrift.bus.bucket import Bucket
from tfdrift.bus.connection import Bus, NatsOptions
from tfdrift.bus.errors import BusError, Conflict, Differs, NoRoom, NotFound, Poison, Rejected, Transient, Unavailable
from tfdrift.bus.fence import Fence
from tfdrift.bus.follower import Follow
from tfdrift.bus.messages import Ack, Entry, Message, StreamState
from tfdrift.bus.topology import Retention, bucket_stream

__all__ = [
    "Ack",
    "Bucket",
    "Bus",
    "BusError",
    "Conflict",
    "Differs",
    "Entry",
    "Fence",
    "Follow",
    "Message",
    "NatsOptions",
    "NoRoom",
    "NotFound",
    "Poison",
    "Rejected",
    "Retention",
    "StreamState",
    "Transient",
    "Unavailable",
    "bucket_stream",
]
