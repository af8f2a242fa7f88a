"""The webhook's answers to alerts that it does not take."""

from __future__ import annotations

import pytest

from ingest_falco import errors
from ingest_falco.errors import IngestError
from ingest_falco.webhook.answers import rejection


def every_error(root: type[IngestError] = IngestError) -> list[type[IngestError]]:
    """The leaves and branches of the tree, without its root."""
    return [found for child in root.__subclasses__() for found in (child, *every_error(child))]


@pytest.mark.parametrize("error", every_error())
def test_each_error_of_the_package_has_an_answer(error: type[IngestError]) -> None:
    """The tree in the module's docstring has the status of each; only 503 asks to come again."""
    answer = rejection(error("the reason"))
    assert answer.text == "the reason"
    assert ("Retry-After" in answer.headers) == (answer.status == 503)
    assert error.__name__ in str(errors.__doc__)
