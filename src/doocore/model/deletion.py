"""What goes when something is deleted: told beforehand, and confirmed by handing it back (CT-3, FI-4, GR-1)."""

from dataclasses import dataclass

from doocore.model.contact import Contact, Group
from doocore.model.fields import ContactField
from doocore.model.identifiers import ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """What belongs to a contact: how many bookings it made, how many attendees it is, the contacts merged into it.

    `merged` are their IDs, through chains, sorted; parties that still stand under one of them count too.
    """

    bookings: int = 0
    attendees: int = 0
    merged: tuple[ContactId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDeletion:
    """A contact to be deleted: its `bookings` and `attendees` will belong to nobody (CT-3).

    The IDs of contacts that were `merged` into it go with it.
    """

    contact: Contact
    bookings: int
    attendees: int
    merged: tuple[ContactId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDeletion:
    """A group to be deleted: so many `contacts` will be in it no more; the contacts themselves stay (GR-1)."""

    group: Group
    contacts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDeletion:
    """A field to be deleted: so many `contacts` lose a value, and these `events` ask for it no more (FI-4)."""

    field: ContactField
    contacts: int
    events: tuple[str, ...] = ()
