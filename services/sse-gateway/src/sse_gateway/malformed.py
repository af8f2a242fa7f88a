"""Requests that are no HTTP: counted, and not worth a traceback each.

aiohttp answers them with 400 and logs each as an error with its traceback, some kilobytes, which takes longer than
answering and fills a disk for whoever cares to send them.
"""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError

from sse_gateway.metrics import REFUSED


class MalformedRequests(logging.Filter):
    """Lets everything through but aiohttp's errors about what it cannot parse."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is to be logged."""
        if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError):
            REFUSED.labels("malformed").inc()
            return False
        return True


def count_malformed_requests() -> None:
    """Have them counted from now on."""
    logger = logging.getLogger("aiohttp.server")
    if not any(isinstance(each, MalformedRequests) for each in logger.filters):
        logger.addFilter(MalformedRequests())
