"""The clocks of a question."""

from datetime import datetime

import msgspec


class Instants(msgspec.Struct, frozen=True, gc=False):
    """The clocks of a question: ``at`` what it is about, ``known_at`` what may be used, ``now`` when it is decided."""

    at: datetime
    known_at: datetime
    now: datetime
    known_at_given: bool = False
