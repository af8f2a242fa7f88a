"""How long a client may take to read what it was sent, before it is disconnected.

A disconnected client resumes by its last event id and loses nothing.
"""

from __future__ import annotations

from typing import Final

# A client that was live and whose buffer filled has this long to empty it. One that is being replayed has longer,
# since it asked for more than it can read at once.
LAGGING_SECONDS: Final = 2.0
STALLED_SECONDS: Final = 30.0

# The reasons, as they are counted.
SLOW: Final = "slow"
STALLED: Final = "stalled"
