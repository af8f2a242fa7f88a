"""How many streams are admitted."""

from __future__ import annotations

from sse_gateway.errors import Refused
from sse_gateway.stream.admission import Admission


def refusal(admission: Admission, address: str, token: str | None = None) -> Refused | None:
    """Returns why one more stream is refused; None if it is admitted."""
    try:
        admission.admit(address, token).release()
        return None
    except Refused as refused:
        return refused


def test_each_limit_refuses_one_more_and_names_its_variable() -> None:
    """The limit of all streams is 503, those of one sender are 429; each has a time to retry."""
    admission = Admission(3, 2, 1, retry_after_seconds=lambda: 7)
    admission.admit("a", "t")
    one_token = refusal(admission, "b", "t")
    admission.admit("a", None)
    one_address = refusal(admission, "a")
    admission.admit("b", None)
    all_taken = refusal(admission, "c")
    found = [
        (r.problem.status, r.reason, r.problem.retry_after_seconds) for r in (one_token, one_address, all_taken) if r
    ]
    assert found == [
        (429, "max_clients_per_token", 7),
        (429, "max_clients_per_address", 7),
        (503, "max_clients", 7),
    ]
    assert all_taken is not None
    assert "TFDRIFT_MAX_CLIENTS" in all_taken.problem.detail


def test_a_place_is_free_again_when_its_stream_ends() -> None:
    """Once, even if it is released twice."""
    admission = Admission(1, 1, 1)
    place = admission.admit("a", "t")
    place.release()
    place.release()
    assert admission.open == 0
    assert refusal(admission, "a", "t") is None


def test_a_closed_admission_refuses_everybody() -> None:
    """The process is going away."""
    admission = Admission(9, 9, 9)
    admission.close()
    refused = refusal(admission, "a")
    assert refused is not None
    assert (refused.problem.status, refused.reason) == (503, "draining")
