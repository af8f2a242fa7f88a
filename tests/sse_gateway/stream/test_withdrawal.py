"""The register of open streams by token."""

from __future__ import annotations

from sse_gateway.stream.withdrawal import Withdrawals


def test_a_withdrawal_ends_the_streams_of_that_token_alone() -> None:
    """A stream that has ended by itself is not ended again."""
    register, ended = Withdrawals(), list[str]()

    def end_first() -> None:
        ended.append("first")

    def end_second() -> None:
        ended.append("second")

    def end_other() -> None:
        ended.append("other")

    register.add("a", 0, end_first)
    register.add("a", 0, end_second)
    register.add("b", 0, end_other)
    register.remove("a", end_second)
    register.withdraw("a")
    assert ended == ["first"]
    assert (register.count("a"), register.count("b"), register.count(None)) == (1, 0, 0)


def test_a_stream_whose_token_was_withdrawn_since_its_check_ends_at_once() -> None:
    """One that was checked after the withdrawal does not."""
    register, ended = Withdrawals(), list[str]()
    before = register.count("a")
    register.withdraw("a")
    register.add("a", before, lambda: ended.append("checked before"))
    register.add("a", register.count("a"), lambda: ended.append("checked after"))
    assert ended == ["checked before"]
