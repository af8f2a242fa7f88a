"""Links of the documents that leave docs/ lead into the repository, which the site does not have: they become texts."""

from __future__ import annotations

import re
from typing import Any

_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return the page's Markdown with the text of such a link in place of the link (an event of MkDocs)."""
    return _OUTSIDE.sub(r"\1", markdown)
