"""All SQL texts but those of the migrations, once for all dialects.

Every statement names the organization first, in its text and among its parameters.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from doocore.model.contact import Subscription
from doocore.model.fields import SYSTEM_KEYS
from doocore_adapters._sql import schema
from doocore_adapters._sql.dialect import Dialect
from doocore_adapters._sql.schema import Column, Table, Type

EMAIL_KEY_VERSION = 1
"""The version of the rule by which match keys are made (ID-3); a new rule means a migration that makes them anew."""

_FIXED = {"email_key_version": str(EMAIL_KEY_VERSION)}
_IDENTIFIERS = {"email_key", "email_key_version", "email", "customer_id"}
_CONSENTS = {f"{each.value}{suffix}" for each in Subscription for suffix in ("", "_at", "_through")}
EXCERPT_COLUMNS = frozenset((*SYSTEM_KEYS, *(each.value for each in Subscription)))
"""The columns of contacts that an excerpt can have; any other field is in their document of custom fields."""

_CONTACT = schema.CONTACTS.column_names[1:]
_READ_CONTACT = ", ".join(f"c.{name}" for name in _CONTACT if name not in {"email_key_version", "search_text"})

_GROUPS = "(SELECT {group_ids} FROM doocore_memberships o WHERE o.organization_id = c.organization_id AND o.contact_id = c.id)"

_BOOKING = ", ".join(schema.BOOKINGS.column_names[1:])
_PARTY = ", ".join(schema.BOOKING_PARTIES.column_names[3:])
_EVENT = ", ".join(name for name in schema.EVENTS.column_names[1:] if name != "sequence")
_FIELD = "field_key, type, name, labels, options, max_length, is_system, is_archived"
_IMPORT = ", ".join(name for name in schema.IMPORTS.column_names[1:] if name != "sequence")
_REPORT = ", ".join(schema.IMPORT_ROWS.column_names[3:])
_HISTORY = ", ".join(schema.HISTORY.column_names[1:])
_SETTINGS = ", ".join(schema.SETTINGS.column_names[1:])


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


def _insert_contact(without: AbstractSet[str]) -> str:
    columns = [each for each in schema.CONTACTS.columns if each.name not in without]
    return _insert_values(schema.CONTACTS, (each.name for each in columns), ", ".join(map(_mark, columns)))


def _update_contact(without: AbstractSet[str]) -> str:
    """Update a contact; an index whose columns are not even named is not touched."""
    columns = [each for each in schema.CONTACTS.columns[2:] if each.name not in without]
    values = ", ".join(f"{each.name} = {_mark(each)}" for each in columns)
    return f"UPDATE doocore_contacts SET {values} WHERE organization_id = ? AND id = ? AND version = ?"


def _mark(column: Column) -> str:
    """Take a column of a contact; for NULL an empty text is bound, since to bind `None` costs `sqlite3` a search."""
    if column.name in _FIXED:
        return _FIXED[column.name]
    if not column.optional or column.type is Type.INTEGER:
        return "?"
    return "nullif(?, '')" if column.type is Type.TEXT else f"CAST(nullif(?, '') AS {{{column.type.value}}})"


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

    insert_contact = _insert_contact(frozenset())
    insert_contact_without_consents = _insert_contact(_CONSENTS)
    update_contact = _update_contact(frozenset())
    update_contact_without_identifiers = _update_contact(_IDENTIFIERS)
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

    def contact_excerpts(self, columns: Sequence[str], *, custom: bool) -> str:
        """Read some columns of contacts behind their IDs, and the document of the custom fields if asked for."""
        known = [f"coalesce({each}, '')" for each in columns if each in EXCERPT_COLUMNS]
        values = "".join(f", {each}" for each in (*known, *(["custom"] if custom else [])))
        return self._dialect.render(
            f"SELECT id{values} FROM doocore_contacts WHERE organization_id = ? AND id {{among}}"
        )

    def contacts_page(self, *, text: bool, group: bool) -> str:
        """List contacts: parameters are organization, group if there is one, the ID before, text if any, the limit."""
        found = _listed(text=text, group=group, before=True)
        return self._dialect.render(f"SELECT {_READ_CONTACT} {found} ORDER BY c.id LIMIT ?")

    def contacts_columns(self, columns: Sequence[str], *, custom: bool, text: bool, group: bool, among: bool) -> str:
        """List IDs, groups, some columns, and the document of the custom fields if asked for.

        Parameters are those of `contacts_page`, with the IDs, if they are given, behind the group.
        """
        own = [f"coalesce(c.{each}, '')" for each in columns if each in EXCERPT_COLUMNS]
        names = ", ".join(["c.id", _GROUPS, *own, *(["c.custom"] if custom else [])])
        found = _listed(text=text, group=group, before=True, among=among)
        return self._dialect.render(f"SELECT {names} {found} ORDER BY c.id LIMIT ?")

    def contacts_count(self, *, text: bool, group: bool) -> str:
        """Count contacts: parameters are organization, group if there is one, text if any."""
        return self._dialect.render(f"SELECT count(*) {_listed(text=text, group=group, before=False)}")
