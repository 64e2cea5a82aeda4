"""Links, chapter 11: what following one is, and how long it leads somewhere.

Two rules for this file. 1: what a kind of link means is a row of the tables. 2: it knows no token; whoever calls it has
read one.
"""

from collections.abc import Mapping

from doocore.model.invitation import Reaction
from doocore.model.message import About, Link

BY_LINK: Mapping[Link, Reaction | None] = {
    Link.REGISTRATION: Reaction.CLICKED_REGISTRATION,
    Link.MAYBE: Reaction.CLICKED_MAYBE,
    Link.DECLINE: Reaction.CLICKED_DECLINE,
    Link.GENERAL: Reaction.CLICKED_GENERAL,
    Link.UNSUBSCRIBE: None,
    Link.PIXEL: Reaction.OPENED,
    Link.REPORT: None,
}
"""What following a link is, as an event of the message (IN-2)."""

OF_NOTICES: Mapping[Link, About] = {Link.REPORT: About.IMPORT_SUMMARY}
"""Links that are not a message's, and what they stand in."""

NEVER_EXPIRE = frozenset({Link.UNSUBSCRIBE})
"""Whoever does not want any more mails can say so for ever."""
