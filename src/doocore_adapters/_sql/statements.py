"""All SQL texts but those of the migrations, once for all dialects.

Every statement names the organization first, in its text and among its parameters.
"""

from collections.abc import Iterable, Mapping, Sequence

from doocore.model.contact import Subscription
from doocore.model.fields import SYSTEM_KEYS
from doocore.model.message import LINKS_ARE_OUT
from doocore_adapters._sql import schema
from doocore_adapters._sql.dialect import Dialect
from doocore_adapters._sql.schema import Column, Table, Type

EMAIL_KEY_VERSION = 1
"""The version of the rule by which match keys are made (ID-3); a new rule means a migration that makes them anew."""

_FIXED = {"email_key_version": str(EMAIL_KEY_VERSION)}
_IDENTIFIERS = {"email_key", "email_key_version", "email", "customer_id"}
EXCERPT_COLUMNS = frozenset((*SYSTEM_KEYS, *(each.value for each in Subscription)))
"""The columns of contacts that an excerpt can have; any other field is in their document of custom fields."""

_CONTACT = schema.CONTACTS.column_names[1:]
_READ_CONTACT = ", ".join(f"c.{name}" for name in _CONTACT if name not in {"email_key_version", "search_text"})

_GROUPS = "(SELECT {group_ids} FROM doocore_memberships o WHERE o.organization_id = c.organization_id AND o.contact_id = c.id)"

_BOOKING = ", ".join(schema.BOOKINGS.column_names[1:])
_PARTY = ", ".join(schema.BOOKING_PARTIES.column_names[3:])
_PARTY_UPDATED = tuple(
    name for name in schema.BOOKING_PARTIES.column_names[3:] if name not in {"contact_id", "through_contact_id"}
)
_EVENT = ", ".join(name for name in schema.EVENTS.column_names[1:] if name != "sequence")
_FIELD = "field_key, type, name, labels, options, max_length, is_system, is_archived"
_CODE = ", ".join(name for name in schema.CODES.column_names[1:] if name != "folded_name")
_IMPORT = ", ".join(name for name in schema.IMPORTS.column_names[1:] if name != "sequence")
_REPORT = ", ".join(schema.IMPORT_ROWS.column_names[3:])
_HISTORY = ", ".join(schema.HISTORY.column_names[1:])
_BOOKING_HISTORY = ", ".join(schema.BOOKING_HISTORY.column_names[1:])
_MESSAGE = ", ".join(schema.MESSAGES.column_names[1:])
_MAIL = ", ".join(schema.OUTBOX.column_names[1:])
_SETTINGS = ", ".join(schema.SETTINGS.column_names[1:])
_INVOLVED = " UNION ".join(
    f"SELECT organization_id, booking_number FROM doocore_booking_parties WHERE organization_id = ? AND {column} {{among}}"
    for column in ("contact_id", "through_contact_id")
)


def _listed(*, text: bool, group: bool, before: bool, among: bool = False) -> str:
    parts = [
        "FROM doocore_contacts c",
        "JOIN doocore_memberships m ON m.organization_id = c.organization_id AND m.contact_id = c.id" if group else "",
        "WHERE c.organization_id = ?",
        "AND m.group_id = ?" if group else "",
        "AND c.id {among}" if among else "",
        "AND c.id > ?" if before else "",
        "AND {contains}" if text else "",
    ]
    return " ".join(part for part in parts if part)


def _insert(table: Table) -> str:
    marks = ", ".join("?" * len(table.columns))
    return _insert_values(table, table.column_names, marks)


def _insert_values(table: Table, names: Iterable[str], values: str) -> str:
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values}) ON CONFLICT DO NOTHING"


def _put(table: Table) -> str:
    """Insert a row, or replace the one that is there."""
    values = ", ".join(f"{name} = excluded.{name}" for name in table.column_names if name not in table.primary_key)
    inserted = _insert(table).removesuffix(" DO NOTHING")
    return f"{inserted} ({', '.join(table.primary_key)}) DO UPDATE SET {values}"


CHANGED_COLUMNS: Mapping[str, Sequence[Column]] = {
    "update_contact": schema.CONTACTS.columns[2:],
    "update_contact_without_identifiers": [
        each for each in schema.CONTACTS.columns[2:] if each.name not in _IDENTIFIERS
    ],
}
"""The columns that these statements write; an index whose columns are not even named is not touched."""


def _update_contact(name: str) -> str:
    values = ", ".join(f"{each.name} = {_mark(each)}" for each in CHANGED_COLUMNS[name])
    return f"UPDATE doocore_contacts SET {values} WHERE organization_id = ? AND id = ? AND version = ?"


def _mark(column: Column) -> str:
    """Take a column of a contact; for NULL an empty text is bound, since to bind `None` costs `sqlite3` a search."""
    if column.name in _FIXED:
        return _FIXED[column.name]
    if not column.optional or column.type is Type.INTEGER:
        return "?"
    return "nullif(?, '')" if column.type is Type.TEXT else f"CAST(nullif(?, '') AS {{{column.type.value}}})"


_LINKS_ARE_OUT = ", ".join(sorted(f"'{each.value}'" for each in LINKS_ARE_OUT))
_WHERE_LINKS_ARE_OUT = f"CASE WHEN state IN ({_LINKS_ARE_OUT}) THEN {{}} END"

_INTO_INVITATIONS = f"INSERT INTO doocore_invitations ({', '.join(schema.INVITATIONS.column_names)})"
_ON_INVITATION = "ON CONFLICT (organization_id, event_id, contact_id) DO UPDATE SET"

_ENLIST = (
    f"{_INTO_INVITATIONS} SELECT DISTINCT g.organization_id, g.event_id, m.contact_id, 0, 0, true"
    " FROM doocore_invitation_list_groups g JOIN doocore_memberships m"
    " ON m.organization_id = g.organization_id AND m.group_id = g.group_id"
    " WHERE g.organization_id = ? AND {} ORDER BY g.event_id, m.contact_id"
    f" {_ON_INVITATION} is_listed = true WHERE NOT doocore_invitations.is_listed"
)
_UNLISTED = (
    " WHERE organization_id = ? AND event_id {among} AND is_listed AND NOT EXISTS ("
    "SELECT 1 FROM doocore_memberships m JOIN doocore_invitation_list_groups g"
    " ON g.organization_id = m.organization_id AND g.group_id = m.group_id"
    " WHERE m.organization_id = doocore_invitations.organization_id"
    " AND m.contact_id = doocore_invitations.contact_id AND g.event_id = doocore_invitations.event_id)"
)
_FORGET_UNLISTED = f"DELETE FROM doocore_invitations{_UNLISTED} AND evidence = 0 AND version = 0"
_STRIKE = f"UPDATE doocore_invitations SET is_listed = false{_UNLISTED}"

_PIECE = (
    "SELECT contact_id, evidence FROM doocore_invitations"
    " WHERE organization_id = ? AND event_id = ? AND evidence = ? AND is_listed AND contact_id > ?"
)


def _set_evidence(values: str, *, ids: str = "= ?", condition: str = "") -> str:
    """Write evidence of contacts that there are; *values* replace what is known of those of whom anything is known."""
    return (
        f"{_INTO_INVITATIONS} SELECT organization_id, ?, id, ?, ?, false"
        f" FROM doocore_contacts WHERE organization_id = ? AND id {ids} ORDER BY id {_ON_INVITATION} {values}{condition}"
    )


def _of_list(condition: str = "") -> str:
    return (
        "SELECT l.event_id, l.created_at, l.version, g.group_id FROM doocore_invitation_lists l"
        " LEFT JOIN doocore_invitation_list_groups g"
        " ON g.organization_id = l.organization_id AND g.event_id = l.event_id"
        f" WHERE l.organization_id = ?{condition} ORDER BY l.event_id, g.sequence"
    )


def _concerned(table: str) -> str:
    """List the contacts of an event that are in a table, page by page."""
    return _page_of_contacts(f"SELECT DISTINCT contact_id FROM {table} WHERE organization_id = ? AND event_id = ?")


def _concerned_by_bookings(column: str) -> str:
    """List the contacts that stand in a column of the parties of an event's bookings, page by page."""
    return _page_of_contacts(
        f"SELECT DISTINCT p.{column} AS contact_id FROM doocore_booking_parties p"
        " JOIN doocore_bookings b ON b.organization_id = p.organization_id AND b.number = p.booking_number"
        f" JOIN doocore_contacts c ON c.organization_id = p.organization_id AND c.id = p.{column}"
        " WHERE p.organization_id = ? AND b.event_id = ?",
        f"p.{column}",
    )


def _page_of_contacts(found: str, column: str = "contact_id") -> str:
    return f"SELECT * FROM ({found} AND {column} > ? ORDER BY {column} LIMIT ?) AS piece"


def _insert_in_sequence(table: Table) -> str:
    """Insert behind the last row of the organization: its columns but `sequence`, and the organization once more."""
    names = [name for name in table.column_names if name != "sequence"]
    marks = ", ".join("?" * len(names))
    following = f"SELECT coalesce(max(sequence), 0) + 1 FROM {table.name} WHERE organization_id = ?"
    return f"INSERT INTO {table.name} ({', '.join(names)}, sequence) VALUES ({marks}, ({following})) ON CONFLICT DO NOTHING"


class Statements:
    """Every statement in one dialect; the class holds the texts that are common to all."""

    contacts = f"SELECT {_READ_CONTACT} FROM doocore_contacts c WHERE c.organization_id = ? AND c.id {{among}}"
    contact_ids = "SELECT id FROM doocore_contacts WHERE organization_id = ? AND id {among}"
    contact_versions = "SELECT id, version FROM doocore_contacts WHERE organization_id = ? AND id {among}"
    contacts_by_id = "SELECT id, id FROM doocore_contacts WHERE organization_id = ? AND id {among}"
    contacts_by_email = "SELECT email_key, id FROM doocore_contacts WHERE organization_id = ? AND email_key {among}"
    contacts_by_customer_id = (
        "SELECT customer_id, id FROM doocore_contacts WHERE organization_id = ? AND customer_id {among}"
    )
    contacts_by_alias = (
        "SELECT identifier, contact_id FROM doocore_contact_aliases"
        " WHERE organization_id = ? AND kind = ? AND identifier {among}"
    )
    aliases = (
        "SELECT contact_id, kind, identifier FROM doocore_contact_aliases"
        " WHERE organization_id = ? AND contact_id {among}"
    )
    survivors = (
        "SELECT id, survivor_id FROM doocore_retired_contacts"
        " WHERE organization_id = ? AND id {among} AND survivor_id IS NOT NULL"
    )
    any_retired = "SELECT EXISTS (SELECT 1 FROM doocore_retired_contacts WHERE organization_id = ?)"
    retired_ids = "SELECT id FROM doocore_retired_contacts WHERE organization_id = ? AND id {among}"
    merged_into = "SELECT id FROM doocore_retired_contacts WHERE organization_id = ? AND survivor_id {among}"
    belongings = (
        "SELECT position = 0, count(*) FROM doocore_booking_parties"
        " WHERE organization_id = ? AND contact_id {among} GROUP BY 1"
    )
    values_count = "SELECT count(*) FROM doocore_contacts WHERE organization_id = ? AND {has_value}"
    any_alias = "SELECT EXISTS (SELECT 1 FROM doocore_contact_aliases WHERE organization_id = ?)"
    any_opt_out = "SELECT EXISTS (SELECT 1 FROM doocore_opt_outs WHERE organization_id = ?)"
    opt_outs = (
        "SELECT address_key, subscription FROM doocore_opt_outs WHERE organization_id = ? AND address_key {among}"
    )

    groups = "SELECT id, name FROM doocore_groups WHERE organization_id = ? ORDER BY name, id"
    groups_by_name = (
        "SELECT folded_name, id, name FROM doocore_groups WHERE organization_id = ? AND folded_name {among}"
    )
    group_joinings = (
        "SELECT id, joinings FROM doocore_groups WHERE organization_id = ? AND id {among} ORDER BY id {held}"
    )
    groups_of = "SELECT contact_id, group_id FROM doocore_memberships WHERE organization_id = ? AND contact_id {among}"
    members = "SELECT contact_id FROM doocore_memberships WHERE organization_id = ? AND group_id = ? ORDER BY sequence"
    fields = f"SELECT {_FIELD} FROM doocore_fields WHERE organization_id = ? ORDER BY sequence, field_key"
    settings = f"SELECT {_SETTINGS} FROM doocore_settings WHERE organization_id = ?"
    events = f"SELECT {_EVENT} FROM doocore_events WHERE organization_id = ? AND id {{among}}"
    all_events = f"SELECT {_EVENT} FROM doocore_events WHERE organization_id = ? ORDER BY sequence, id"
    bookings = f"SELECT {_BOOKING} FROM doocore_bookings WHERE organization_id = ? AND number {{among}}"
    bookings_page = (
        f"SELECT {_BOOKING} FROM doocore_bookings WHERE organization_id = ? AND number > ? ORDER BY number LIMIT ?"
    )
    bookings_page_of_event = (
        f"SELECT {_BOOKING} FROM doocore_bookings"
        " WHERE organization_id = ? AND event_id = ? AND number > ? ORDER BY number LIMIT ?"
    )
    parties = (
        f"SELECT booking_number, {_PARTY} FROM doocore_booking_parties"
        " WHERE organization_id = ? AND booking_number {among} ORDER BY booking_number, position"
    )
    bookings_of_contact = (
        "SELECT DISTINCT booking_number FROM doocore_booking_parties"
        " WHERE organization_id = ? AND contact_id = ? ORDER BY booking_number"
    )
    invitation_list = _of_list(" AND l.event_id = ?")
    invitation_lists = _of_list()
    groups_of_list = "SELECT group_id FROM doocore_invitation_list_groups WHERE organization_id = ? AND event_id = ?"
    lists_of_groups = (
        "SELECT event_id FROM doocore_invitation_lists WHERE organization_id = ? AND event_id IN ("
        "SELECT event_id FROM doocore_invitation_list_groups WHERE organization_id = ? AND group_id {among})"
        " ORDER BY event_id {held}"
    )
    hold_groups_of = (
        "SELECT id FROM doocore_groups WHERE organization_id = ? AND id IN ("
        "SELECT group_id FROM doocore_memberships WHERE organization_id = ? AND contact_id = ?) ORDER BY id {held}"
    )
    evidence = (
        "SELECT contact_id, evidence, version FROM doocore_invitations"
        " WHERE organization_id = ? AND event_id = ? AND contact_id {among} AND (evidence <> 0 OR version <> 0)"
    )
    concerns = (
        "SELECT b.number, b.status, b.payment, p.position, p.contact_id, p.through_contact_id, p.status"
        f" FROM ({_INVOLVED}) AS found"
        " JOIN doocore_bookings b ON b.organization_id = found.organization_id AND b.number = found.booking_number"
        " JOIN doocore_booking_parties p ON p.organization_id = b.organization_id AND p.booking_number = b.number"
        " WHERE b.event_id = ? ORDER BY b.number, p.position"
    )
    evidence_counts = (
        "SELECT evidence, count(*) FROM doocore_invitations"
        " WHERE organization_id = ? AND event_id = ? AND is_listed GROUP BY evidence"
    )
    evidence_masks = (
        "WITH RECURSIVE found (evidence) AS ("
        "SELECT min(evidence) FROM doocore_invitations WHERE organization_id = ? AND event_id = ? AND is_listed"
        " UNION ALL "
        "SELECT (SELECT min(i.evidence) FROM doocore_invitations i"
        " WHERE i.organization_id = ? AND i.event_id = ? AND i.is_listed AND i.evidence > found.evidence)"
        " FROM found WHERE found.evidence IS NOT NULL"
        ") SELECT evidence FROM found WHERE evidence IS NOT NULL"
    )
    invitations_page = (
        "SELECT contact_id, evidence FROM doocore_invitations"
        " WHERE organization_id = ? AND event_id = ? AND is_listed AND contact_id > ? ORDER BY contact_id LIMIT ?"
    )
    concerned = (
        " UNION ".join(
            (
                _concerned("doocore_invitations").replace("? AND", "? AND (evidence <> 0 OR version <> 0) AND", 1),
                _concerned("doocore_message_events"),
                _concerned("doocore_marks"),
                _concerned_by_bookings("contact_id"),
                _concerned_by_bookings("through_contact_id"),
            )
        )
        + " ORDER BY contact_id LIMIT ?"
    )
    message_events = (
        f"SELECT {', '.join(schema.MESSAGE_EVENTS.column_names[1:])} FROM doocore_message_events"
        " WHERE organization_id = ? AND event_id = ? AND contact_id {among} ORDER BY contact_id, happened_at, id"
    )
    marks = (
        f"SELECT {', '.join(schema.MARKS.column_names[1:])} FROM doocore_marks"
        " WHERE organization_id = ? AND event_id = ? AND contact_id {among} ORDER BY contact_id, marked_at, mark"
    )
    imports = f"SELECT {_IMPORT} FROM doocore_imports WHERE organization_id = ? ORDER BY sequence, id"
    one_import = f"SELECT {_IMPORT} FROM doocore_imports WHERE organization_id = ? AND id = ?"
    import_batches = "SELECT outcomes FROM doocore_import_batches WHERE organization_id = ? AND import_id = ?"
    last_import_batch = (
        "SELECT first_position, length(outcomes) FROM doocore_import_batches"
        " WHERE organization_id = ? AND import_id = ? ORDER BY first_position DESC LIMIT 1"
    )
    notable_rows = (
        f"SELECT position, {_REPORT} FROM doocore_import_rows"
        " WHERE organization_id = ? AND import_id = ? AND position > ? ORDER BY position LIMIT ?"
    )
    history = f"SELECT {_HISTORY} FROM doocore_history WHERE organization_id = ? AND contact_id = ? ORDER BY version"

    insert_contact = _insert_values(
        schema.CONTACTS, schema.CONTACTS.column_names, ", ".join(map(_mark, schema.CONTACTS.columns))
    )
    update_contact = _update_contact("update_contact")
    update_contact_without_identifiers = _update_contact("update_contact_without_identifiers")
    delete_contact = "DELETE FROM doocore_contacts WHERE organization_id = ? AND id = ?"
    delete_version = f"{delete_contact} AND version = ?"
    insert_alias = _insert(schema.CONTACT_ALIASES)
    delete_alias = (
        "DELETE FROM doocore_contact_aliases"
        " WHERE organization_id = ? AND kind = ? AND identifier = ? AND contact_id = ?"
    )
    delete_aliases = "DELETE FROM doocore_contact_aliases WHERE organization_id = ? AND contact_id = ?"
    insert_retired = _insert(schema.RETIRED_CONTACTS)
    forget_survivors = "UPDATE doocore_retired_contacts SET survivor_id = NULL WHERE organization_id = ? AND id {among}"
    unassign_parties = (
        "UPDATE doocore_booking_parties SET contact_id = NULL WHERE organization_id = ? AND contact_id {among}"
    )
    forget_inviters = (
        "UPDATE doocore_booking_parties SET through_contact_id = NULL"
        " WHERE organization_id = ? AND through_contact_id {among}"
    )
    delete_histories = "DELETE FROM doocore_history WHERE organization_id = ? AND contact_id {among}"
    insert_opt_out = _insert(schema.OPT_OUTS)
    delete_opt_out = "DELETE FROM doocore_opt_outs WHERE organization_id = ? AND address_key = ? AND subscription = ?"
    insert_group = _insert(schema.GROUPS)
    rename_group = "UPDATE doocore_groups SET name = ?, folded_name = ? WHERE organization_id = ? AND id = ?"
    delete_group = "DELETE FROM doocore_groups WHERE organization_id = ? AND id = ?"
    delete_members = "DELETE FROM doocore_memberships WHERE organization_id = ? AND group_id = ?"
    count_joinings = "UPDATE doocore_groups SET joinings = ? WHERE organization_id = ? AND id = ?"
    insert_membership = _insert(schema.MEMBERSHIPS)
    delete_membership = "DELETE FROM doocore_memberships WHERE organization_id = ? AND group_id = ? AND contact_id = ?"
    delete_memberships = "DELETE FROM doocore_memberships WHERE organization_id = ? AND contact_id = ?"
    update_field = (
        "UPDATE doocore_fields SET type = ?, name = ?, labels = ?, options = ?, max_length = ?, is_system = ?,"
        " is_archived = ? WHERE organization_id = ? AND field_key = ?"
    )
    insert_field = _insert_in_sequence(schema.FIELDS)
    delete_field = "DELETE FROM doocore_fields WHERE organization_id = ? AND field_key = ?"
    record_lost_values = (
        f"INSERT INTO doocore_history ({', '.join(schema.HISTORY.column_names)})"
        " SELECT organization_id, id, version + 1, CAST(? AS {moment}), ?, ?, ?, NULL, CAST(? AS {json}),"
        " {that_value}, CAST(? AS {json})"
        " FROM doocore_contacts WHERE organization_id = ? AND {has_value}"
    )
    delete_values = (
        "UPDATE doocore_contacts SET custom = {without_value}, version = version + 1"
        " WHERE organization_id = ? AND {has_value}"
    )
    put_settings = _put(schema.SETTINGS)
    insert_event = _insert_in_sequence(schema.EVENTS)
    update_event = (
        f"UPDATE doocore_events SET {', '.join(f'{name} = ?' for name in schema.EVENTS.column_names[3:])}"
        " WHERE organization_id = ? AND id = ? AND version = ?"
    )
    insert_booking = _insert(schema.BOOKINGS)
    insert_party = _insert(schema.BOOKING_PARTIES)
    update_booking = (
        "UPDATE doocore_bookings SET payment = ?, status = ?, products = ?, invoice_sum = ?, last_changed = ?, version = ?"
        " WHERE organization_id = ? AND number = ? AND version = ?"
    )
    update_party = (
        f"UPDATE doocore_booking_parties SET {', '.join(f'{name} = ?' for name in _PARTY_UPDATED)}"
        " WHERE organization_id = ? AND booking_number = ? AND position = ?"
    )
    reassign_party = (
        "UPDATE doocore_booking_parties SET contact_id = ?, through_contact_id = ?"
        " WHERE organization_id = ? AND booking_number = ? AND position = ?"
    )
    insert_booking_history = _insert(schema.BOOKING_HISTORY)
    booking_history = (
        f"SELECT {_BOOKING_HISTORY} FROM doocore_booking_history"
        " WHERE organization_id = ? AND booking_number = ? ORDER BY version"
    )
    codes_by_name = (
        f"SELECT folded_name, {_CODE} FROM doocore_codes WHERE organization_id = ? AND folded_name {{among}}"
    )
    code_ids = "SELECT id FROM doocore_codes WHERE organization_id = ? AND id {among}"
    codes_page = f"SELECT {_CODE} FROM doocore_codes WHERE organization_id = ? AND id > ? ORDER BY id LIMIT ?"
    codes_page_of_event = (
        f"SELECT {_CODE} FROM doocore_codes WHERE organization_id = ? AND event_id = ? AND id > ? ORDER BY id LIMIT ?"
    )
    code_uses_count = (
        "SELECT u.code_id, count(*) FROM doocore_code_uses u"
        " JOIN doocore_bookings b ON b.organization_id = u.organization_id AND b.number = u.booking_number"
        " WHERE u.organization_id = ? AND u.code_id {among} AND b.status <> 'cancelled' GROUP BY u.code_id"
    )
    code_uses = (
        "SELECT u.code_id, u.booking_number, b.event_id, u.redeemed_at, b.status FROM doocore_code_uses u"
        " JOIN doocore_bookings b ON b.organization_id = u.organization_id AND b.number = u.booking_number"
        " WHERE u.organization_id = ? AND u.code_id {among} ORDER BY u.redeemed_at, u.booking_number"
    )
    codes_of_bookings = (
        "SELECT booking_number, code_id FROM doocore_code_uses WHERE organization_id = ? AND booking_number {among}"
    )
    booking_numbers = "SELECT number FROM doocore_bookings WHERE organization_id = ? AND number {among}"
    insert_code = _insert(schema.CODES)
    update_code = (
        f"UPDATE doocore_codes SET {', '.join(f'{name} = ?' for name in schema.CODES.column_names[4:])}"
        " WHERE organization_id = ? AND id = ? AND version = ?"
    )
    insert_code_use = _insert(schema.CODE_USES)
    depersonalize_codes = "UPDATE doocore_codes SET contact_id = NULL WHERE organization_id = ? AND contact_id {among}"
    messages = f"SELECT {_MESSAGE} FROM doocore_messages WHERE organization_id = ? AND id {{among}}"
    messages_page = f"SELECT {_MESSAGE} FROM doocore_messages WHERE organization_id = ? AND id > ? ORDER BY id LIMIT ?"
    messages_page_of_event = f"SELECT {_MESSAGE} FROM doocore_messages WHERE organization_id = ? AND event_id = ? AND id > ? ORDER BY id LIMIT ?"
    insert_message = _insert(schema.MESSAGES)
    mails = f"SELECT {_MAIL} FROM doocore_outbox WHERE organization_id = ? AND id {{among}}"
    mails_of_tokens = f"SELECT {_MAIL} FROM doocore_outbox WHERE organization_id = ? AND token {{among}}"
    mails_due = (
        f"SELECT {_MAIL} FROM doocore_outbox"
        " WHERE organization_id = ? AND state IN ('queued', 'sending') AND due_at <= ? ORDER BY due_at, id LIMIT ?"
    )
    mail_counts = "SELECT state, count(*) FROM doocore_outbox WHERE organization_id = ? GROUP BY state"
    mail_counts_of_message = (
        "SELECT state, count(*) FROM doocore_outbox WHERE organization_id = ? AND message_id = ? GROUP BY state"
    )
    mail_reactions = (
        "SELECT state, reactions, count(*) FROM (SELECT o.state, (SELECT {reactions} FROM doocore_message_events e"
        " WHERE e.organization_id = o.organization_id AND e.event_id = m.event_id AND e.contact_id = o.contact_id"
        " AND e.message = m.id AND NOT e.by_machine) AS reactions FROM doocore_outbox o LEFT JOIN doocore_messages m"
        " ON m.organization_id = o.organization_id AND m.id = o.message_id"
        " WHERE o.organization_id = ? AND o.message_id = ?) r GROUP BY state, reactions"
    )
    mails_skipped = (
        "SELECT skipped, count(*) FROM doocore_outbox"
        " WHERE organization_id = ? AND message_id = ? AND skipped IS NOT NULL GROUP BY skipped"
    )
    mail_written_to = (
        "SELECT 1 FROM doocore_outbox"
        " WHERE organization_id = ? AND message_id = ? AND address_key = ? AND state <> 'skipped' LIMIT 1"
    )
    mails_last_sent = (
        "SELECT contact_id, max(finished_at) FROM doocore_outbox"
        " WHERE organization_id = ? AND contact_id {among} AND about = 'message' AND state = 'sent' GROUP BY contact_id"
    )
    insert_mail = _insert(schema.OUTBOX)
    update_mail = (
        f"UPDATE doocore_outbox SET {', '.join(f'{name} = ?' for name in schema.OUTBOX.column_names[2:])}"
        " WHERE organization_id = ? AND id = ? AND version = ?"
    )
    adopt_mails = "UPDATE doocore_outbox SET contact_id = ? WHERE organization_id = ? AND contact_id = ?"
    skip_mails = (
        "UPDATE doocore_outbox SET state = 'skipped', skipped = 'contact_gone', finished_at = ?"
        " WHERE organization_id = ? AND contact_id {among} AND state = 'queued'"
    )
    depersonalize_mails = (
        "UPDATE doocore_outbox SET recipient = NULL, contact_id = NULL, problem = NULL,"
        f" address_key = {_WHERE_LINKS_ARE_OUT.format('address_key')}, token = {_WHERE_LINKS_ARE_OUT.format('token')}"
        " WHERE organization_id = ? AND contact_id {among}"
    )
    insert_list = _insert(schema.INVITATION_LISTS)
    update_list = (
        "UPDATE doocore_invitation_lists SET version = ? WHERE organization_id = ? AND event_id = ? AND version = ?"
    )
    insert_list_group = _insert(schema.INVITATION_LIST_GROUPS)
    delete_list_groups = "DELETE FROM doocore_invitation_list_groups WHERE organization_id = ? AND event_id = ?"
    delete_group_from_lists = "DELETE FROM doocore_invitation_list_groups WHERE organization_id = ? AND group_id = ?"
    enlist = _ENLIST.format("g.group_id {among} AND m.contact_id {among}")
    enlist_members = _ENLIST.format("g.event_id = ? AND g.group_id {among}")
    forget_unlisted = _FORGET_UNLISTED
    forget_unlisted_contacts = f"{_FORGET_UNLISTED} AND contact_id {{among}}"
    strike = _STRIKE
    strike_contacts = f"{_STRIKE} AND contact_id {{among}}"
    insert_message_event = _insert(schema.MESSAGE_EVENTS)
    insert_mark = _insert(schema.MARKS)
    delete_mark = "DELETE FROM doocore_marks WHERE organization_id = ? AND event_id = ? AND contact_id = ? AND mark = ?"
    add_evidence = _set_evidence("evidence = doocore_invitations.evidence | excluded.evidence", ids="{among}")
    set_evidence = _set_evidence("evidence = (doocore_invitations.evidence & ?) | excluded.evidence")
    set_first_evidence = _set_evidence(
        "evidence = (doocore_invitations.evidence & ?) | excluded.evidence, version = excluded.version",
        condition=" WHERE doocore_invitations.version = 0",
    )
    set_next_evidence = (
        "UPDATE doocore_invitations SET evidence = (evidence & ?) | ?, version = version + 1"
        " WHERE organization_id = ? AND event_id = ? AND contact_id = ? AND version = ?"
    )
    adopt_message_events = (
        f"INSERT INTO doocore_message_events ({', '.join(schema.MESSAGE_EVENTS.column_names)})"
        " SELECT e.organization_id, e.event_id, ?, CASE WHEN EXISTS ("
        "SELECT 1 FROM doocore_message_events s WHERE s.organization_id = e.organization_id"
        " AND s.event_id = e.event_id AND s.contact_id = ? AND s.id = e.id"
        ") THEN e.contact_id || ' ' || e.id ELSE e.id END, e.reaction, e.happened_at, e.message, e.by_machine"
        " FROM doocore_message_events e WHERE e.organization_id = ? AND e.contact_id = ? ON CONFLICT DO NOTHING"
    )
    adopt_marks = (
        f"INSERT INTO doocore_marks ({', '.join(schema.MARKS.column_names)})"
        " SELECT organization_id, event_id, ?, mark, marked_at, actor"
        " FROM doocore_marks WHERE organization_id = ? AND contact_id = ? ON CONFLICT DO NOTHING"
    )
    adopt_evidence = (
        f"{_INTO_INVITATIONS} SELECT organization_id, event_id, ?, evidence & ?, 0, false"
        " FROM doocore_invitations WHERE organization_id = ? AND contact_id = ? AND (evidence & ?) <> 0"
        f" {_ON_INVITATION} evidence = doocore_invitations.evidence | excluded.evidence"
    )
    delete_message_events = "DELETE FROM doocore_message_events WHERE organization_id = ? AND contact_id = ?"
    delete_marks = "DELETE FROM doocore_marks WHERE organization_id = ? AND contact_id = ?"
    delete_invitations = "DELETE FROM doocore_invitations WHERE organization_id = ? AND contact_id = ?"
    insert_import = _insert_in_sequence(schema.IMPORTS)
    insert_import_batch = _insert(schema.IMPORT_BATCHES)
    insert_import_row = _insert(schema.IMPORT_ROWS)
    take_over_import = (
        "UPDATE doocore_imports SET version = version + 1"
        " WHERE organization_id = ? AND id = ? AND version = ? AND status = 'running'"
    )
    hold_import = "UPDATE doocore_imports SET version = version WHERE organization_id = ? AND id = ? AND version = ?"
    finish_import = (
        "UPDATE doocore_imports SET status = ?, finished_at = ? WHERE organization_id = ? AND id = ? AND version = ?"
    )
    expire_import = "UPDATE doocore_imports SET status = 'expired' WHERE organization_id = ? AND id = ?"
    expire_import_row = (
        "UPDATE doocore_import_rows SET reasons = ?, warnings = ?, cells = ?"
        " WHERE organization_id = ? AND import_id = ? AND position = ?"
    )
    insert_history = _insert(schema.HISTORY)

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        for name, text in vars(Statements).items():
            if isinstance(text, str) and not name.startswith("_"):
                setattr(self, name, dialect.render(text))

    def said(self, text: str) -> str:
        """Say a text in the dialect."""
        return self._dialect.render(text)

    def contact_excerpts(self, columns: Sequence[str], *, custom: bool, by: str = "id") -> str:
        """Read some columns of contacts, and the document of the custom fields if asked for, behind column *by* and the ID."""
        known = [f"coalesce({each}, '')" for each in columns if each in EXCERPT_COLUMNS]
        values = ", ".join([by, "id", *known, *(["custom"] if custom else [])])
        return self._dialect.render(
            f"SELECT {values} FROM doocore_contacts WHERE organization_id = ? AND {by} {{among}}"
        )

    def invitations_page_of(self, pieces: int, limit: int) -> str:
        """List invitations with some sets of evidence: each piece has organization, event, set, and the contact before."""
        some = f"ORDER BY contact_id LIMIT {limit:d}"
        piece = _PIECE if self._dialect.merges else f"SELECT * FROM ({_PIECE} {some}) AS piece"
        return self._dialect.render(f"{' UNION ALL '.join([piece] * pieces)} {some}")

    def mails_page(self, *, message: bool, states: bool) -> str:
        """List mails: parameters are organization, message if there is one, states if any, the ID before, the limit."""
        conditions = f"{' AND message_id = ?' if message else ''}{' AND state {among}' if states else ''}"
        return self._dialect.render(
            f"SELECT {_MAIL} FROM doocore_outbox WHERE organization_id = ?{conditions} AND id > ? ORDER BY id LIMIT ?"
        )

    def contacts_page(self, *, text: bool, group: bool) -> str:
        """List contacts: parameters are organization, group if there is one, the ID before, text if any, the limit."""
        found = _listed(text=text, group=group, before=True)
        return self._dialect.render(f"SELECT {_READ_CONTACT} {found} ORDER BY c.id LIMIT ?")

    def contacts_columns(self, columns: Sequence[str], *, custom: bool, text: bool, group: bool, among: bool) -> str:
        """List IDs, groups, some columns, and the document of the custom fields if asked for.

        Parameters are organization, group if there is one, IDs if they are given, text if any.
        """
        own = [f"coalesce(c.{each}, '')" for each in columns if each in EXCERPT_COLUMNS]
        names = ", ".join(["c.id", _GROUPS, *own, *(["c.custom"] if custom else [])])
        found = _listed(text=text, group=group, before=False, among=among)
        return self._dialect.render(f"SELECT {names} {found} ORDER BY c.id")

    def contacts_count(self, *, text: bool, group: bool) -> str:
        """Count contacts: parameters are organization, group if there is one, text if any."""
        return self._dialect.render(f"SELECT count(*) {_listed(text=text, group=group, before=False)}")
