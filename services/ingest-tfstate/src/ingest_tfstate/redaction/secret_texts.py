"""Recognises texts that contain a secret, whatever attribute has them."""

from __future__ import annotations

import re
from typing import Final

# A private key, a URL with a password, a connection string, and a signed URL.
_SECRET: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    # The same in Base64, as in a kubeconfig: PRIVATE, RSA PRIVATE, EC PRIVATE, OPENSSH PRIVATE, ENCRYPTED PRIVATE.
    r"|LS0tLS1CRUdJTi(?:BQUklWQVRF|BSU0EgUFJJVkFUR|BFQyBQUklWQVRF|BPUEVOU1NIIFBSSVZBVE|BFTkNSWVBURUQgUFJJVkFUR)"
    r"|[A-Za-z][A-Za-z0-9+.-]{1,30}://[^/?#\s:@\"']*:[^/?#\s@\"']+@"
    r"|(?:^|;)\s*(?i:password|pwd|accountkey|sharedaccesskey|sharedaccesssignature)\s*=\s*[^;\s]"
    # Azure's shared access signatures and function keys, signed URLs of AWS and Google, and keys of other APIs.
    r"|[?&](?i:sig|signature|x-amz-signature|x-goog-signature|code|key|api_?key|token|access_?token)=[^&\s]"
)
# Webhooks with a secret path.
_WEBHOOK: Final = re.compile(
    r"://(?:hooks\.slack\.com/(?:services|workflows|triggers)/|(?:\w+\.)?discord(?:app)?\.com/api/webhooks/"
    r"|[\w-]+\.webhook\.office\.com/|outlook\.office\.com/webhook/|api\.telegram\.org/bot"
    r"|hooks\.zapier\.com/hooks/|events\.pagerduty\.com/integration/)\S"
)

# Tokens with a prefix by which leaked ones are found: GitHub's, GitLab's, Slack's, Stripe's, SendGrid's, npm's,
# Vault's, Google's API keys, OpenAI's and Anthropic's, and JSON Web Tokens (RFC 7519), which begin with {" in Base64.
_TOKEN: Final = re.compile(
    r"(?:gh[oprsu]_|github_pat_|glpat-|xox[abeprs]-|xapp-|[rs]k_live_|sk-(?:proj|ant)-|hvs\.|AIza|npm_[A-Za-z0-9]{30})"
    r"[\w.-]{10,}|SG\.[\w-]{16,}\.[\w-]{16,}|eyJ[\w-]{6,}\.[\w-]{2,}\.[\w-]*"
)
_TOKEN_BEGINS: Final = ("gh", "glpat-", "xox", "xapp-", "sk", "rk_", "hvs.", "AIza", "npm_", "SG.", "eyJ")
_SHORTEST: Final = 8


def is_secret_text(text: str) -> bool:
    """Whether a text contains a secret; a token is recognised only if it is the whole text."""
    if len(text) < _SHORTEST:
        return False
    if ("@" in text or "=" in text or "PRIVATE KEY" in text or "LS0tLS1CRUdJTi" in text) and _SECRET.search(text):
        return True
    if "://" in text:
        return _WEBHOOK.search(text) is not None
    return text.startswith(_TOKEN_BEGINS) and _TOKEN.fullmatch(text) is not None
