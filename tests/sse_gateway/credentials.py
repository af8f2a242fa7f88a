"""Tokens, keys and certificates, made for the tests."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

SECRET = "a shared secret of more than thirty-two bytes"
AUDIENCE = "tfdrift"

RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    """The public key."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def jwk(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, kid: str) -> dict[str, Any]:
    """The public key as a member of a JWK set."""
    if isinstance(key, rsa.RSAPrivateKey):
        members = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        members = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**members, "kid": kid, "use": "sig"}


def signed(
    key: Any = SECRET, algorithm: str = "HS256", kid: str | None = None, seconds: float = 300, **claims: Any
) -> str:
    """A JWT of Jane's that ends in so many seconds; a claim of None is left out."""
    now = datetime.now(UTC)
    members = {"sub": "jane", "exp": (now + timedelta(seconds=seconds)).timestamp(), **claims}
    headers = {"kid": kid} if kid is not None else None
    return jwt.encode({k: v for k, v in members.items() if v is not None}, key, algorithm, headers=headers)


def sha256(token: str) -> str:
    """What the file holds of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_file(folder: Path, **tokens: dict[str, Any]) -> Path:
    """A file of tokens by their text, each with its members; its name is the text, too."""
    path = folder / "tokens.yaml"
    entries = [{"name": text, "sha256": sha256(text), **members} for text, members in tokens.items()]
    path.write_text(yaml.safe_dump(entries))
    return path


def certificate(folder: Path, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = EC_KEY) -> tuple[Path, Path]:
    """A self-signed certificate for this machine, and its key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(built.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths
