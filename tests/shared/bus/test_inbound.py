"""What nats-server sends, split at every place where a read of the socket may end."""

from __future__ import annotations

import asyncio

import pytest
from nats.aio.client import Client

from tests.conftest import eventually
from tfdrift.bus import Bus, Follow, Message, NatsOptions, Retention
from tfdrift.bus.inbound import Inbound
from tfdrift.subjects import STREAM

ACK = "$JS.ACK.TFDRIFT.c.1.{sequence}.{sequence}.1764000000000000000.0"


def delivery(sid: int, sequence: int, data: bytes, headers: bytes = b"") -> bytes:
    """A message as JetStream delivers it."""
    reply = ACK.format(sequence=sequence)
    if not headers:
        return f"MSG tfdrift.x {sid} {reply} {len(data)}\r\n".encode() + data + b"\r\n"
    block = b"NATS/1.0\r\n" + headers + b"\r\n\r\n"
    head = f"HMSG tfdrift.x {sid} {reply} {len(block)} {len(block) + len(data)}\r\n".encode()
    return head + block + data + b"\r\n"


class Recorder:
    """Takes the place of nats-py's parser, and records what it receives."""

    def __init__(self) -> None:
        self.parsed: list[bytes] = []

    async def parse(self, data: bytes) -> None:
        """Record an operation."""
        self.parsed.append(data)

    def reset(self) -> None:
        """Record a reset."""
        self.parsed.append(b"reset")


class Side:
    """An `Inbound` whose deliveries and other operations are recorded in one list."""

    def __init__(self) -> None:
        client = Client()
        self.recorder = Recorder()
        client._ps = self.recorder  # type: ignore[assignment]
        self.inbound = Inbound(client)
        self.inbound._takers[b"7"] = self.take
        self.seen = self.recorder.parsed

    def take(self, messages: list[Message]) -> None:
        """Record deliveries among the parsed operations."""
        self.seen += [b"taken %d %b" % (message.sequence, message.data) for message in messages]


OPERATIONS = [
    b"PING\r\n",
    delivery(7, 1, b"one"),
    delivery(7, 2, b"two\r\nMSG is 7 no end\r\n", b"A: 1"),
    delivery(8, 3, b"of another"),
    delivery(7, 4, b""),
    b"HMSG _INBOX.x 7 $JS.FC.TFDRIFT.c 46 46\r\nNATS/1.0 100 FlowControl Request\r\nA: 12345\r\n\r\n\r\n",
    delivery(7, 5, b"five"),
    b"MSG tfdrift.x 7 $JS.ACK.of.nobody 2\r\nno\r\n",
    b"-ERR 'Slow'\r\n",
    b"+OK\r\n",
]
SEEN = [
    OPERATIONS[0],
    b"taken 1 one",
    b"taken 2 two\r\nMSG is 7 no end\r\n",
    OPERATIONS[3],
    b"taken 4 ",
    OPERATIONS[5],
    b"taken 5 five",
    OPERATIONS[7],
    OPERATIONS[8],
    OPERATIONS[9],
]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 64, 100_000])
async def test_however_the_bytes_arrive_every_operation_comes_once_and_in_order(size: int) -> None:
    """Deliveries are taken; every other operation goes to nats-py's parser whole and in its place."""
    side, sent = Side(), b"".join(OPERATIONS)
    for start in range(0, len(sent), size):
        await side.inbound.parse(sent[start : start + size])
    assert side.seen == SEEN


async def test_a_taker_that_fails_does_not_stop_the_connection() -> None:
    """Its owner finds the gap or is sent the messages again; the others receive theirs."""
    side = Side()

    def fail(_: list[Message]) -> None:
        raise RuntimeError("defect")

    side.inbound._takers[b"8"] = fail
    await side.inbound.parse(delivery(8, 1, b"x") + delivery(7, 2, b"two") + OPERATIONS[0])
    assert side.seen == [b"taken 2 two", OPERATIONS[0]]


async def test_an_invalid_operation_is_left_to_nats_py() -> None:
    """nats-py reconnects for an invalid operation."""
    side = Side()
    await side.inbound.parse(b"MSG tfdrift.x 7 many\r\n\r\nHELLO\r\n")
    assert side.seen == [b"MSG tfdrift.x 7 many\r\n", b"\r\n", b"HELLO\r\n"]


async def test_a_new_connection_begins_with_an_empty_buffer() -> None:
    """An incomplete operation of a lost connection does not corrupt the first one of the next."""
    side = Side()
    await side.inbound.parse(OPERATIONS[1][:-4])
    side.inbound.reset()
    await side.inbound.parse(OPERATIONS[4])
    assert side.seen == [b"reset", b"taken 4 "]


async def test_messages_after_the_end_of_a_subscription_go_to_nats_py() -> None:
    """A server goes on sending until it has read the end; nats-py drops these messages."""
    side = Side()
    del side.inbound._takers[b"7"]
    await side.inbound.parse(OPERATIONS[1])
    assert side.seen == [OPERATIONS[1]]


@pytest.mark.parametrize("name", ["_PARSER", "_NUMBER"])
async def test_without_private_names_messages_take_nats_pys_way(
    nats_url: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """With a nats-py that has other names everything still arrives, in order and with its headers."""
    monkeypatch.setattr(f"tfdrift.bus.inbound.{name}", "_renamed")
    bus = Bus(NatsOptions((nats_url,), "test"), Retention(hours=1, bytes=64 * 1024**2, replicas=1))
    await bus.open()
    followed: list[Message] = []
    consumed: list[bytes] = []

    async def handle(message: Message) -> None:
        consumed.append(message.data)

    running = [
        asyncio.create_task(bus.follow(Follow(STREAM, followed.append))),
        asyncio.create_task(bus.consume("w", ["tfdrift.>"], handle)),
    ]
    try:
        for number in range(300):
            await bus.publish("tfdrift.falco.low.aws.ec2", b"%d" % number, {"Kind": f"k {number}"})
        await eventually(lambda: len(followed) == len(consumed) == 300)
        read = [m async for messages in bus.read(STREAM, start=1, end=300) for m in messages]
    finally:
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        await bus.close()
    assert [message.sequence for message in followed] == list(range(1, 301))
    assert [(message.sequence, message.data) for message in followed] == [(m.sequence, m.data) for m in read]
    assert followed[7].headers["Kind"] == "k 7"
    assert sorted(consumed, key=int) == [b"%d" % number for number in range(300)]
