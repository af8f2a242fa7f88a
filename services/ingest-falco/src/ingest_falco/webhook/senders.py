"""Verifies the two senders that sign what they post themselves: Amazon SNS, and push subscriptions of Pub/Sub."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import jwt

from ingest_falco.alert.sns import Forged, read_message
from ingest_falco.webhook.authentication import Policy

Fetch = Callable[[str], Awaitable[bytes]]

# https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
GOOGLE_KEYS: Final = "https://www.googleapis.com/oauth2/v3/certs"
_ISSUERS: Final = ("https://accounts.google.com", "accounts.google.com")
_SKEW_SECONDS: Final = 10
_FETCH_SECONDS: Final = 5.0
_MAX_FETCHED_BYTES: Final = 64 * 1024
_MAX_CERTIFICATES: Final = 16


class Unreachable(Exception):  # noqa: N818 - the name is the condition
    """What the sender is verified by cannot be fetched now; the sender tries again."""


async def fetch(url: str) -> bytes:
    """What an address has, over verified TLS.

    Raises:
        Unreachable: it does not answer.
    """
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_FETCH_SECONDS)) as client,
            client.get(url, allow_redirects=False) as answer,
        ):
            found = await answer.content.read(_MAX_FETCHED_BYTES)
            if answer.status != 200:
                raise Unreachable(f"{url.partition('?')[0]} answered {answer.status}")
            return found
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unreachable(f"{url.partition('?')[0]}: {str(error) or type(error).__name__}") from error


class Notifications:
    """Messages of the SNS topics that are allowed."""

    def __init__(self, topics: frozenset[str], log: Any, get: Fetch = fetch) -> None:
        self._topics = topics
        self._log = log
        self._get = get
        self._certificates: dict[str, bytes] = {}

    @property
    def expected(self) -> bool:
        """Whether any topic is allowed."""
        return bool(self._topics)

    async def text(self, body: bytes) -> bytes | None:
        """The published message in a body, verified; None for a confirmation, which is answered to SNS first.

        Raises:
            Forged: it is no message of an allowed topic.
            Unreachable: the certificate cannot be fetched, or the subscription not be confirmed.
        """
        message = read_message(body, self._topics)
        certificate = self._certificates.get(message.certificate_url)
        if certificate is None:
            certificate = await self._get(message.certificate_url)
        message.check(certificate)
        if len(self._certificates) >= _MAX_CERTIFICATES:
            self._certificates.clear()
        self._certificates[message.certificate_url] = certificate
        if message.subscribe_url is None:
            return message.text.encode()
        await self._get(message.subscribe_url)
        self._log.info("sns_subscription_confirmed", topic=message.topic)
        return None


class PushTokens:
    """OpenID Connect tokens of Google, as push subscriptions show them."""

    def __init__(self, audience: str, service_account: str, keys_url: str = GOOGLE_KEYS) -> None:
        self._audience = audience
        self._service_account = service_account
        self._keys = jwt.PyJWKClient(keys_url, cache_jwk_set=True, lifespan=3600, timeout=_FETCH_SECONDS)

    async def accepts(self, token: str) -> bool:
        """Whether a token is Google's, for this audience, of the service account, and not expired.

        Raises:
            Unreachable: Google's keys cannot be fetched.
        """
        try:
            key = await asyncio.to_thread(self._keys.get_signing_key_from_jwt, token)
            claims = jwt.decode(
                token,
                key.key,
                algorithms=["RS256"],
                audience=self._audience,
                issuer=_ISSUERS,
                leeway=_SKEW_SECONDS,
                options={"require": ["exp", "iat", "aud", "iss"]},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise Unreachable(f"the keys of Google: {error}") from error
        except jwt.PyJWTError:
            return False
        return claims.get("email") == self._service_account and claims.get("email_verified") is True


@dataclass(frozen=True, slots=True)
class Senders:
    """By what senders are let in: what they show, and what SNS and Pub/Sub sign themselves.

    Attributes:
        push_tokens: of Pub/Sub; None where it shows what others show.
    """

    policy: Policy
    notifications: Notifications
    push_tokens: PushTokens | None = None


__all__ = ["GOOGLE_KEYS", "Forged", "Notifications", "PushTokens", "Senders", "Unreachable", "fetch"]
