"""Invented contacts and bookings of an organizer in Germany, to try everything on without touching anybody's data.

`data/` has the list, in both encodings that an import reads, the bookings, and what is expected of them. It is made by
`examples/demo_data` in the source. This package reads it and plays it on a contact center.
"""

from doocore_adapters.demo.findings import Example, Findings
from doocore_adapters.demo.inviting import MAILING, Invited, invite, react
from doocore_adapters.demo.story import Story, StoryClock, contact_list

__all__ = ["MAILING", "Example", "Findings", "Invited", "Story", "StoryClock", "contact_list", "invite", "react"]
