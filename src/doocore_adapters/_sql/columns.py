"""Rows to insert as one set, column by column, so that what they share is said once.

Two rules for this file. 1: an empty text in a column that can be NULL stands for NULL. 2: a column in which no row has
anything is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doocore.changes import CreateContacts
from doocore.model.contact import Subscription, search_texts
from doocore.model.fields import SYSTEM_KEYS
from doocore_adapters._sql import documents, schema
from doocore_adapters._sql.rows import moment_text
from doocore_adapters._sql.schema import Table, Type
from doocore_adapters._sql.statements import EMAIL_KEY_VERSION, EXCERPT_COLUMNS

FIRST_VERSION = 1
"""The version of a contact that is new."""


@dataclass(frozen=True, slots=True)
class Columns:
    """So many rows of a table: what all of them have, and the columns in which they differ, each with an entry per row."""

    table: Table
    count: int
    shared: Mapping[str, object]
    varying: Mapping[str, Sequence[Any]]

    @property
    def optional(self) -> frozenset[str]:
        """The columns in which an empty text stands for NULL."""
        return frozenset([each.name for each in self.table.columns if each.optional and each.type is not Type.INTEGER])

    @property
    def gaps(self) -> frozenset[str]:
        """The columns in which it does so for at least one row."""
        optional = self.optional
        return frozenset([name for name, column in self.varying.items() if name in optional and not all(column)])


def contact_columns(organization_id: str, change: CreateContacts) -> Columns:
    """Write contacts that are new: the columns of their table that any of them has something in."""
    shared: dict[str, object] = {
        "organization_id": organization_id,
        "email_key_version": EMAIL_KEY_VERSION,
        "origin_cause": change.origin.cause.value,
        "origin_actor": change.origin.actor,
        "origin_reference": change.origin.reference,
        "created_at": moment_text(change.created_at),
        "version": FIRST_VERSION,
    }
    columns: dict[str, Sequence[Any]] = {
        "id": change.ids,
        "email_key": change.email_keys,
        **{key: change.columns[key] for key in SYSTEM_KEYS if key in change.columns},
        "custom": _documents(change),
        "search_text": tuple(search_texts(change.ids, change.columns)),
        **{each.value: change.columns[each.value] for each in Subscription if each.value in change.columns},
    }
    varying = {name: column for name, column in columns.items() if any(column)}
    for each in Subscription:
        if each.value in varying:
            _add_consents(each, change, shared, varying)
    if any(row is not None for row in change.rows):
        varying["origin_row"] = change.rows
    return Columns(schema.CONTACTS, len(change.ids), shared, varying)


def _add_consents(
    subscription: Subscription, change: CreateContacts, shared: dict[str, object], varying: dict[str, Sequence[Any]]
) -> None:
    """Say since when and through what, of those that have a state: mostly of all."""
    states = change.columns[subscription.value]
    said = {
        f"{subscription.value}_at": moment_text(change.created_at),
        f"{subscription.value}_through": change.through.value,
    }
    if all(states):
        shared.update(said)
    else:
        varying.update((name, [word if state else "" for state in states]) for name, word in said.items())


def _documents(change: CreateContacts) -> Sequence[str]:
    """Write the custom fields of each contact, an empty text where it has none."""
    keys = [key for key in change.columns if key not in EXCERPT_COLUMNS]
    return [_document(keys, values) for values in zip(*[change.columns[key] for key in keys], strict=True)]


def _document(keys: Sequence[str], values: Sequence[Any]) -> str:
    custom = {key: value for key, value in zip(keys, values, strict=True) if value != ""}
    return documents.dumps(custom) if custom else ""
