"""Every table and column as data: what it holds, whether that is personal, and how it is erased.

Two rules for this file. 1: a column that is not declared here does not exist (a test compares with a fresh database).
2: `organization_id` leads every key, so that a distributed database can shard by it and no row is found without it.

*Personal* is what tells something of a contact; the organizer's own data (users, settings, events) is not meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from doocore.model.contact import Subscription
from doocore.model.fields import SYSTEM_KEYS


class Type(Enum):
    """What a column holds; the words are tokens of the migrations."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    MOMENT = "moment"
    JSON = "json"


class Erasure(Enum):
    """What happens to a column when the person is erased (RE-3)."""

    KEEP = "keep"
    CLEAR = "clear"
    DELETE_ROW = "delete_row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; `optional` means that it can be NULL."""

    name: str
    type: Type
    personal: bool
    erasure: Erasure
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table; `indexes` are those beside the primary key, `unique` says which of them refuse a second."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    references: Mapping[tuple[str, ...], str] | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns in their order."""
        return tuple(each.name for each in self.columns)


def _kept(name: str, type_: Type = Type.TEXT, *, optional: bool = False) -> Column:
    return Column(name=name, type=type_, personal=False, erasure=Erasure.KEEP, optional=optional)


def _cleared(name: str, type_: Type = Type.TEXT) -> Column:
    return Column(name=name, type=type_, personal=True, erasure=Erasure.CLEAR, optional=True)


def _gone(name: str, type_: Type = Type.TEXT, *, personal: bool = True, optional: bool = False) -> Column:
    return Column(name=name, type=type_, personal=personal, erasure=Erasure.DELETE_ROW, optional=optional)


def _consent(subscription: Subscription) -> tuple[Column, ...]:
    return (
        _gone(subscription.value, optional=True),
        _gone(f"{subscription.value}_at", Type.MOMENT, optional=True),
        _gone(f"{subscription.value}_through", optional=True),
    )


SCHEMA_TABLE = Table(
    name="doocore_schema",
    columns=(
        _kept("step", Type.INTEGER),
        _kept("name"),
        _kept("checksum"),
        _kept("applied_at", Type.MOMENT),
    ),
    primary_key=("step",),
)
"""Which migrations were applied: the one table that belongs to no organization."""

CONTACTS = Table(
    name="doocore_contacts",
    columns=(
        _gone("organization_id", personal=False),
        _gone("id"),
        _gone("email_key", optional=True),
        _gone("email_key_version", Type.INTEGER, personal=False),
        *(_gone(key, optional=True) for key in SYSTEM_KEYS),
        _gone("custom", Type.JSON, optional=True),
        _gone("search_text"),
        _gone("origin_cause"),
        _gone("origin_actor"),
        _gone("origin_reference"),
        _gone("origin_row", Type.INTEGER, optional=True),
        _gone("created_at", Type.MOMENT),
        _gone("version", Type.INTEGER, personal=False),
        *(column for subscription in Subscription for column in _consent(subscription)),
    ),
    primary_key=("organization_id", "id"),
    indexes=(("organization_id", "email_key", "id"), ("organization_id", "customer_id", "id")),
)

CONTACT_ALIASES = Table(
    name="doocore_contact_aliases",
    columns=(
        _gone("organization_id", personal=False),
        _gone("kind", personal=False),
        _gone("identifier"),
        _gone("contact_id"),
    ),
    primary_key=("organization_id", "kind", "identifier", "contact_id"),
    indexes=(("organization_id", "contact_id"),),
    references={("organization_id", "contact_id"): "doocore_contacts"},
)

RETIRED_CONTACTS = Table(
    name="doocore_retired_contacts",
    columns=(  # IDs stay as tombstones: they are never given again (ID-1)
        _kept("organization_id"),
        _kept("id"),
        _kept("survivor_id", optional=True),  # nobody, where the contact was deleted
        _kept("retired_at", Type.MOMENT),
        _kept("actor"),
        _kept("reference"),
    ),
    primary_key=("organization_id", "id"),
    indexes=(("organization_id", "survivor_id"),),
)

OPT_OUTS = Table(
    name="doocore_opt_outs",
    columns=(
        _gone("organization_id", personal=False),
        _gone("address_key"),
        _gone("subscription"),
        _gone("recorded_at", Type.MOMENT),
        _gone("cause"),
        _gone("actor"),
        _gone("reference"),
    ),
    primary_key=("organization_id", "address_key", "subscription"),
)

GROUPS = Table(
    name="doocore_groups",
    columns=(
        _kept("organization_id"),
        _kept("id"),
        _kept("name"),
        _kept("folded_name"),
        _kept("joinings", Type.INTEGER),  # how often somebody joined: where the next membership stands
        _kept("created_at", Type.MOMENT),
        _kept("cause"),
        _kept("reference"),
    ),
    primary_key=("organization_id", "id"),
    unique=(("organization_id", "folded_name"),),
)

MEMBERSHIPS = Table(
    name="doocore_memberships",
    columns=(
        _gone("organization_id", personal=False),
        _gone("group_id"),
        _gone("contact_id"),
        _gone("sequence", Type.INTEGER, personal=False),
        _gone("joined_at", Type.MOMENT),
        _gone("cause"),
        _gone("reference"),
    ),
    primary_key=("organization_id", "group_id", "contact_id"),
    indexes=(("organization_id", "contact_id", "group_id"),),
    references={
        ("organization_id", "group_id"): "doocore_groups",
        ("organization_id", "contact_id"): "doocore_contacts",
    },
)

FIELDS = Table(
    name="doocore_fields",
    columns=(
        _kept("organization_id"),
        _kept("field_key"),
        _kept("sequence", Type.INTEGER),
        _kept("type"),
        _kept("name"),
        _kept("labels", Type.JSON),
        _kept("options", Type.JSON),
        _kept("max_length", Type.INTEGER, optional=True),
        _kept("is_system", Type.BOOLEAN),
        _kept("is_archived", Type.BOOLEAN),
        _kept("cause"),
        _kept("reference"),
    ),
    primary_key=("organization_id", "field_key"),
)

SETTINGS = Table(
    name="doocore_settings",
    columns=(
        _kept("organization_id"),
        _kept("sync"),
        _kept("ambiguity"),
        _kept("region"),
        _kept("locale"),
        _kept("time_zone"),
        _kept("retention_days", Type.INTEGER, optional=True),
        _kept("product_plan"),
    ),
    primary_key=("organization_id",),
)

EVENTS = Table(
    name="doocore_events",
    columns=(
        _kept("organization_id"),
        _kept("id"),
        _kept("sequence", Type.INTEGER),
        _kept("name"),
        _kept("status"),
        _kept("starts_at", optional=True),  # a local time: text, not a moment
        _kept("ends_at", optional=True),
        _kept("time_zone"),
        _kept("email_change"),
        _kept("costs", Type.BOOLEAN),
        _kept("portal", Type.BOOLEAN),
        _kept("organizer_email", optional=True),
        _kept("questions", Type.JSON),
        _kept("products", Type.JSON),
        _kept("version", Type.INTEGER),
    ),
    primary_key=("organization_id", "id"),
)

BOOKINGS = Table(
    name="doocore_bookings",
    columns=(
        _kept("organization_id"),
        _kept("number"),
        _kept("event_id"),
        _kept("booked_at", Type.MOMENT),
        _cleared("fingerprint"),
        _kept("payment"),
        _kept("status"),
        _kept("products", Type.JSON),
        _kept("invoice_sum", Type.DECIMAL, optional=True),
        _kept("last_changed", Type.MOMENT, optional=True),
        _kept("version", Type.INTEGER),
    ),
    primary_key=("organization_id", "number"),
    indexes=(("organization_id", "event_id", "number"),),
)

BOOKING_PARTIES = Table(
    name="doocore_booking_parties",
    columns=(
        _kept("organization_id"),
        _kept("booking_number"),
        _kept("position", Type.INTEGER),  # 0 is the booker
        _cleared("contact_id"),
        _cleared("decided_contact_id"),  # whom the decision named: nobody where the contact was made for it
        _cleared("customer_id"),
        _cleared("email"),
        _kept("ticket", optional=True),  # only attendees have one, and a price
        _kept("price", Type.DECIMAL, optional=True),
        _kept("status"),
        _cleared("entered", Type.JSON),
        _kept("decision", Type.JSON),
        _cleared("reports", Type.JSON),
        _cleared("through_contact_id"),  # through whose invitation the party came
    ),
    primary_key=("organization_id", "booking_number", "position"),
    indexes=(
        ("organization_id", "contact_id", "booking_number"),
        ("organization_id", "through_contact_id", "booking_number"),
    ),
    references={("organization_id", "booking_number"): "doocore_bookings"},
)

BOOKING_HISTORY = Table(
    name="doocore_booking_history",
    columns=(
        _gone("organization_id", personal=False),
        _gone("booking_number", personal=False),
        _gone("version", Type.INTEGER, personal=False),
        _gone("changed_at", Type.MOMENT, personal=False),
        _gone("actor", personal=False),
        _gone("cause", personal=False),
        _gone("reference", personal=False),
        _gone("rules", Type.JSON, personal=False),
        _gone("before_values", Type.JSON),
        _gone("after_values", Type.JSON),
    ),
    primary_key=("organization_id", "booking_number", "version"),
)

CODES = Table(
    name="doocore_codes",
    columns=(
        _kept("organization_id"),
        _kept("id"),
        _kept("name"),
        _kept("folded_name"),
        _kept("type"),
        _kept("use_kind"),
        _kept("most_uses", Type.INTEGER, optional=True),
        _kept("event_id", optional=True),
        _kept("valid_from", Type.MOMENT, optional=True),
        _kept("valid_until", Type.MOMENT, optional=True),
        _cleared("contact_id"),
        _kept("is_withdrawn", Type.BOOLEAN),
        _kept("origin_cause"),
        _kept("origin_actor"),
        _kept("origin_reference"),
        _kept("origin_row", Type.INTEGER, optional=True),
        _kept("created_at", Type.MOMENT),
        _kept("version", Type.INTEGER),
    ),
    primary_key=("organization_id", "id"),
    indexes=(("organization_id", "event_id", "id"), ("organization_id", "contact_id", "id")),
    unique=(("organization_id", "folded_name"),),
)

CODE_USES = Table(
    name="doocore_code_uses",
    columns=(
        _kept("organization_id"),
        _kept("code_id"),
        _kept("booking_number"),
        _kept("redeemed_at", Type.MOMENT),
    ),
    primary_key=("organization_id", "code_id", "booking_number"),
    indexes=(("organization_id", "booking_number", "code_id"),),
    references={
        ("organization_id", "code_id"): "doocore_codes",
        ("organization_id", "booking_number"): "doocore_bookings",
    },
)

INVITATION_LISTS = Table(
    name="doocore_invitation_lists",
    columns=(
        _kept("organization_id"),
        _kept("event_id"),
        _kept("created_at", Type.MOMENT),
        _kept("version", Type.INTEGER),
    ),
    primary_key=("organization_id", "event_id"),
)

INVITATION_LIST_GROUPS = Table(
    name="doocore_invitation_list_groups",
    columns=(
        _kept("organization_id"),
        _kept("event_id"),
        _kept("group_id"),
        _kept("sequence", Type.INTEGER),
    ),
    primary_key=("organization_id", "event_id", "group_id"),
    indexes=(("organization_id", "group_id", "event_id"),),
    references={("organization_id", "group_id"): "doocore_groups"},
)

INVITATIONS = Table(
    name="doocore_invitations",
    columns=(  # a row for whoever is on an event's list, and for whom anything is known of the event
        _gone("organization_id", personal=False),
        _gone("event_id", personal=False),
        _gone("contact_id"),
        _gone("evidence", Type.INTEGER),
        _gone("version", Type.INTEGER, personal=False),
        _gone("is_listed", Type.BOOLEAN),
    ),
    primary_key=("organization_id", "event_id", "contact_id"),
    indexes=(
        # `is_listed` once more, though it is what the index is of: else SQLite looks into the table for each row
        ("organization_id", "event_id", "evidence", "contact_id", "is_listed"),
        ("organization_id", "contact_id"),
    ),
    references={("organization_id", "contact_id"): "doocore_contacts"},
)

MESSAGE_EVENTS = Table(
    name="doocore_message_events",
    columns=(
        _gone("organization_id", personal=False),
        _gone("event_id", personal=False),
        _gone("contact_id"),
        _gone("id"),
        _gone("reaction"),
        _gone("happened_at", Type.MOMENT),
        _gone("message"),
        _gone("by_machine", Type.BOOLEAN),
    ),
    primary_key=("organization_id", "event_id", "contact_id", "id"),
    indexes=(("organization_id", "contact_id"),),
)

MARKS = Table(
    name="doocore_marks",
    columns=(
        _gone("organization_id", personal=False),
        _gone("event_id", personal=False),
        _gone("contact_id"),
        _gone("mark"),
        _gone("marked_at", Type.MOMENT),
        _gone("actor"),
    ),
    primary_key=("organization_id", "event_id", "contact_id", "mark"),
    indexes=(("organization_id", "contact_id"),),
)

MESSAGES = Table(
    name="doocore_messages",
    columns=(
        _kept("organization_id"),
        _kept("id"),
        _kept("event_id"),
        _kept("name"),
        _kept("subject"),
        _kept("body"),
        _kept("html", optional=True),
        _kept("purpose"),
        _kept("links", Type.JSON),
        _kept("reply_to_email", optional=True),
        _kept("reply_to_name", optional=True),
        _kept("queued_at", Type.MOMENT),
        _kept("actor"),
    ),
    primary_key=("organization_id", "id"),
    indexes=(("organization_id", "event_id", "id"),),
)

OUTBOX = Table(
    name="doocore_outbox",
    columns=(
        _kept("organization_id"),
        _kept("id"),
        _kept("about"),
        _cleared("recipient"),
        _cleared("address_key"),
        _kept("state"),
        _cleared("token"),
        _kept("message_id", optional=True),
        _cleared("contact_id"),
        _kept("reference"),
        _cleared("subject"),
        _cleared("body"),
        _kept("queued_at", Type.MOMENT),
        _kept("due_at", Type.MOMENT),
        _kept("links_until", Type.MOMENT, optional=True),
        _kept("finished_at", Type.MOMENT, optional=True),
        _kept("attempts", Type.INTEGER),
        _kept("skipped", optional=True),
        _cleared("problem"),
        _kept("version", Type.INTEGER),
    ),
    primary_key=("organization_id", "id"),
    indexes=(
        ("organization_id", "due_at", "id"),
        ("organization_id", "message_id", "id"),
        ("organization_id", "contact_id"),
    ),
    unique=(("organization_id", "token"),),
)

IMPORTS = Table(
    name="doocore_imports",
    columns=(
        _kept("organization_id"),
        _kept("id"),
        _kept("sequence", Type.INTEGER),
        _kept("fingerprint"),
        _kept("file_name"),
        _kept("column_names", Type.JSON),
        _kept("ignored_columns", Type.JSON),
        _kept("options", Type.JSON),
        _kept("total_rows", Type.INTEGER),
        _kept("actor"),
        _kept("status"),
        _kept("started_at", Type.MOMENT),
        _kept("finished_at", Type.MOMENT, optional=True),
        _kept("version", Type.INTEGER),
    ),
    primary_key=("organization_id", "id"),
)

IMPORT_BATCHES = Table(
    name="doocore_import_batches",
    columns=(
        _kept("organization_id"),
        _kept("import_id"),
        _kept("first_position", Type.INTEGER),
        _kept("first_line", Type.INTEGER),
        _kept("outcomes"),  # one letter per row
    ),
    primary_key=("organization_id", "import_id", "first_position"),
    references={("organization_id", "import_id"): "doocore_imports"},
)

IMPORT_ROWS = Table(
    name="doocore_import_rows",
    columns=(  # the notable rows only; that there was such a row stays in the batch
        _gone("organization_id", personal=False),
        _gone("import_id", personal=False),
        _gone("position", Type.INTEGER, personal=False),
        _gone("line", Type.INTEGER, personal=False),
        _gone("outcome"),
        _gone("contact_id", optional=True),
        _gone("reasons", Type.JSON),
        _gone("warnings", Type.JSON),
        _gone("cells", Type.JSON),
    ),
    primary_key=("organization_id", "import_id", "position"),
    references={("organization_id", "import_id"): "doocore_imports"},
)

HISTORY = Table(
    name="doocore_history",
    columns=(
        _gone("organization_id", personal=False),
        _gone("contact_id"),
        _gone("version", Type.INTEGER, personal=False),
        _gone("changed_at", Type.MOMENT),
        _gone("actor"),
        _gone("cause"),
        _gone("reference"),
        _gone("source_row", Type.INTEGER, optional=True),
        _gone("rules", Type.JSON),
        _gone("before_values", Type.JSON),
        _gone("after_values", Type.JSON),
    ),
    primary_key=("organization_id", "contact_id", "version"),
)

LOCKS = Table(
    name="doocore_locks",
    columns=(  # empty in a database that locks as a whole
        _gone("organization_id", personal=False),
        _gone("key_hash"),
        _gone("used_at", Type.MOMENT, personal=False),
    ),
    primary_key=("organization_id", "key_hash"),
)

TABLES: tuple[Table, ...] = (
    SCHEMA_TABLE,
    CONTACTS,
    CONTACT_ALIASES,
    RETIRED_CONTACTS,
    OPT_OUTS,
    GROUPS,
    MEMBERSHIPS,
    FIELDS,
    SETTINGS,
    EVENTS,
    BOOKINGS,
    BOOKING_PARTIES,
    BOOKING_HISTORY,
    CODES,
    CODE_USES,
    INVITATION_LISTS,
    INVITATION_LIST_GROUPS,
    INVITATIONS,
    MESSAGE_EVENTS,
    MARKS,
    MESSAGES,
    OUTBOX,
    IMPORTS,
    IMPORT_BATCHES,
    IMPORT_ROWS,
    HISTORY,
    LOCKS,
)
"""All tables, each behind those that it refers to."""
