"""Events as bytes."""

from __future__ import annotations

from sse_gateway.fanout.frame import Frame, chunk, encode, id_of, payload_of, pieces
from tests.sse_gateway.gateway import Parser
from tfdrift.subjects import EventName


def test_an_event_is_its_id_its_name_and_its_payload_byte_for_byte() -> None:
    """The payload is on one data line, untouched, and an empty line ends the event."""
    payload = '{"severity":"high","old_value":" \u2028 ü : \\n"}'.encode()
    expected = b"id: k3f9a2-1042\nevent: drift\ndata: " + payload + b"\n\n"
    assert encode("k3f9a2", 1042, EventName.DRIFT, payload) == expected


def test_line_breaks_in_a_foreign_payload_cannot_end_the_event() -> None:
    """CR, LF and CRLF each begin a further data line, and the client joins the lines again."""
    data = encode("e", 1, EventName.FALCO, b'{"a":1,\r\n"b":2,\r"c":3,\n\n"d":4}')
    assert data == b'id: e-1\nevent: falco\ndata: {"a":1,\ndata: "b":2,\ndata: "c":3,\ndata: \ndata: "d":4}\n\n'
    (event,) = Parser().feed(data)
    assert event.json == {"a": 1, "b": 2, "c": 3, "d": 4}


def test_id_and_payload_can_be_read_back() -> None:
    """The REST list takes them from the encoded event."""
    data = encode("e", 7, EventName.FALCO, b'{"a":\n1}')
    assert (id_of(data), payload_of(data)) == ("e-7", b'{"a":\n1}')


def test_a_chunk_has_its_length_in_hexadecimal() -> None:
    """RFC 9112 section 7.1."""
    assert chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"


def test_pieces_are_bounded_and_complete() -> None:
    """Every frame is in exactly one piece, in order, and a piece ends with the frame that fills it."""
    frames = [Frame(n, "s", None, 0, b"x" * 40) for n in range(7)]
    found = list(pieces(frames, 100))
    assert [[frame.sequence for frame in piece] for piece in found] == [[0, 1, 2], [3, 4, 5], [6]]
