"""Exports, EX-1 and EX-2: which columns a list of contacts has, and what stands in their cells.

Two rules for this file. 1: an import reads back what is written here: every heading finds its column (IM-3), every cell
says its value (FI-6, SU-3, IM-6). 2: it knows no file; guards, encodings and limits are a format's own affair.
"""

from collections.abc import Collection, Mapping, Sequence

from doocore.model.contact import ContactColumns, GroupId, Subscription, SubscriptionState
from doocore.model.export import Page
from doocore.model.fields import FieldCatalog, FieldValue
from doocore.rules.columns import CONTACT_ID, GROUPS, column_finder, column_name

CELLS_OF_TRUTHS: Mapping[bool, str] = {True: "1", False: "0"}
"""What stands for a checkbox (FI-6)."""

CELLS_OF_STATES: Mapping[FieldValue, str] = {
    SubscriptionState.SUBSCRIBED.value: "1",
    SubscriptionState.UNSUBSCRIBED.value: "0",
    SubscriptionState.UNKNOWN.value: "",
    "": "",
}
"""What stands for where a contact stands with a subscription: what an import column has for it (SU-3)."""

SUBSCRIPTION_COLUMNS = tuple(each.value for each in Subscription)


def columns_of_export(catalog: FieldCatalog, *, archived: bool = False) -> tuple[str, ...]:
    """Say what an export tells of a contact, in order: ID, fields, groups, subscriptions (EX-1, ID-1).

    An archived field is offered no more (FI-4), so it comes along only where it is asked for. The words are those of
    `ColumnMap`: keys of fields, and what lists can say beside them.
    """
    return (CONTACT_ID, *columns_of_template(catalog, archived=archived))


def columns_of_template(catalog: FieldCatalog, *, archived: bool = False) -> tuple[str, ...]:
    """Say what a list to be filled in can tell of new contacts: everything but the ID, which they do not have (IM-15)."""
    fields = (each.key for each in catalog.fields if archived or not each.archived)
    return (*fields, GROUPS, *SUBSCRIPTION_COLUMNS)


def headings(columns: Sequence[str], names: Mapping[str, str], catalog: FieldCatalog) -> tuple[str, ...]:
    """Call each of *columns* by its name among *names*, so that an import maps it back by itself (EX-2, IM-3).

    A field of the organization's own whose name would lead elsewhere, since another column is called nearly so, is
    called by its key. The column of an archived field leads nowhere.

    >>> from doocore.model.fields import ContactField, FieldType
    >>> own = ContactField(key="F7", type=FieldType.SHORT_TEXT, name="e mail")
    >>> headings(["email", "F7"], {"email": "E-Mail", "F7": "e mail"}, FieldCatalog.of("de", [own]))
    ('E-Mail', 'F7')
    """
    find = column_finder(catalog)
    own = {each.key: None if each.archived else each.key for each in catalog.custom}
    taken = {column_name(names[each]) for each in columns if each not in own} | set(map(column_name, own))
    called = {each: names[each] for each in columns if each not in own}
    for column in (each for each in columns if each in own):
        name = column_name(names[column])
        leads_back = name not in taken and find(names[column]) == own[column]
        called[column] = names[column] if leads_back else column
        taken.add(name)
    return tuple(called[each] for each in columns)


def cells_of_export(columns: Sequence[str], contacts: ContactColumns, groups: Sequence[str]) -> Page:
    """Give the cells of *contacts*, column by column; *groups* are those that name their groups."""
    return [_cells(column, contacts, groups) for column in columns]


def _cells(column: str, contacts: ContactColumns, groups: Sequence[str]) -> Sequence[str]:
    if column == CONTACT_ID:
        return contacts.ids
    if column == GROUPS:
        return groups
    if column in SUBSCRIPTION_COLUMNS:
        return [CELLS_OF_STATES[each] for each in contacts.columns[column]]
    return [each if isinstance(each, str) else CELLS_OF_TRUTHS[each] for each in contacts.columns[column]]


def cell_of_groups(groups: Collection[GroupId], names: Mapping[GroupId, str]) -> str:
    """Name the groups of a contact in one cell (IM-6, GR-1).

    >>> cell_of_groups({GroupId("g1"), GroupId("g2")}, {GroupId("g1"): "VIP", GroupId("g2"): "Presse"})
    'Presse;VIP'
    """
    return ";".join(sorted(names[each] for each in groups))
