"""Claims about what an organization sets up: settings, fields and events."""

from dataclasses import replace

from doocore.changes import (
    ChangeEvent,
    ChangeSettings,
    CreateContact,
    CreateEvent,
    DeleteField,
    PutField,
    UpdateContact,
)
from doocore.errors import NotFoundError, StaleVersionError
from doocore.model.event import Event
from doocore.model.fields import SYSTEM_FIELDS, ContactField, FieldType, FieldValue
from doocore.model.frozen import FrozenDict
from doocore.model.history import Cause, HistoryEntry
from doocore.model.organization import AmbiguityPolicy, OrganizationSettings, ProductPlan, SyncMode
from doocore.testing.raises import raises
from doocore.testing.samples import (
    MOMENT,
    TEXTS,
    contact,
    contact_id,
    envelope,
    full_contact,
    full_event,
    full_field,
)
from doocore.testing.store.base import StoreClaims


class SettingsClaims(StoreClaims):
    """The organization's settings."""

    def test_settings_are_the_defaults_until_they_are_changed(self) -> None:
        """Every setting comes back as it was; the last change counts."""
        first = OrganizationSettings(
            sync=SyncMode.ON,
            ambiguity=AmbiguityPolicy.MOST_COMPLETE,
            region="AT",
            locale="de_AT",
            time_zone="Europe/Vienna",
            retention_days=None,
            plan=ProductPlan.BASIC,
        )
        second = replace(first, retention_days=0)
        with self.transaction() as tx:
            assert tx.settings.get() == OrganizationSettings()
            tx.apply([ChangeSettings(first)], envelope())
            assert tx.settings.get() == first
            tx.apply([ChangeSettings(first), ChangeSettings(second)], envelope())
            assert tx.settings.get() == second


class FieldClaims(StoreClaims):
    """Contact fields."""

    def test_fields_stand_in_the_order_of_first_writing(self) -> None:
        """A field that is written again keeps its place; all of it comes back as it was."""
        texts = [ContactField(key=f"k{place}", type=kind, name=kind.value) for place, kind in enumerate(FieldType)]
        fields = [*reversed(texts), replace(full_field(), key="full"), SYSTEM_FIELDS[3]]
        renamed = replace(fields[2], name="Renamed 🦄", archived=True)
        with self.transaction(*map(PutField, fields)) as tx:
            assert list(tx.fields.all()) == fields
            tx.apply([PutField(full_field()), PutField(renamed)], envelope())
            assert list(tx.fields.all()) == [*fields[:2], renamed, *fields[3:], full_field()]

    def test_any_text_comes_back_as_it_was_in_a_field(self) -> None:
        """Names, labels and options are any Unicode text."""
        fields = [
            ContactField(key=text, type=FieldType.SELECT, name=text, labels=(text,), options=(text, text))
            for text in TEXTS
        ]
        with self.transaction(*map(PutField, fields)) as tx:
            assert list(tx.fields.all()) == fields

    def test_the_contacts_with_a_value_are_counted(self) -> None:
        """`False` is a value; another field's value that mentions the key is none (FI-4)."""
        values: tuple[dict[str, FieldValue], ...] = ({"k1": "x"}, {"k1": False, "k2": "k1"}, {"k2": '"k1":'}, {})
        contacts = [replace(contact(number), values=FrozenDict(each)) for number, each in enumerate(values)]
        with self.transaction(*map(CreateContact, contacts)) as tx:
            assert [tx.fields.count_values(key) for key in ("k1", "k2", "k", "")] == [2, 2, 0, 0]

    def test_a_deleted_field_goes_with_its_values(self) -> None:
        """Every contact that had one is a version further; all other values and contacts are as they were (FI-4)."""
        field = ContactField(key="k1", type=FieldType.CHECKBOX, name="Member")
        before = [full_contact(1), contact(2, k1=True, k2=TEXTS[0]), contact(3, k1=False), contact(4, k2="k1")]
        other = replace(before[0], values=FrozenDict({**before[0].values, "k1": "ä 🦄"}))
        with self.transaction(*map(CreateContact, (other, *before[1:])), *map(PutField, (full_field(), field))) as tx:
            tx.apply([DeleteField("k1", ("FI-4",))], envelope())
            assert tx.fields.all() == (full_field(),)
            assert tx.fields.count_values("k1") == 0
            after = [replace(other, values=before[0].values, version=8), contact(2, k2=TEXTS[0]), contact(3)]
            after = [after[0], *(replace(each, version=2) for each in after[1:]), before[3]]
            assert list(tx.contacts.page()) == after
            with raises(NotFoundError) as caught:
                tx.apply([CreateContact(contact(5)), DeleteField("k1")], envelope())
            assert (caught.error.noun, caught.error.key) == ("field", "k1")
            assert tx.contacts.count() == 4

    def test_the_history_tells_what_went_with_a_field(self) -> None:
        """One entry for each contact that lost a value, as if it had been updated; earlier entries stay (HI-1)."""
        first, second = contact(1, k1="IT"), replace(contact(1, k1="Bau", k2="x"), version=2)
        field = PutField(ContactField(key="k1", type=FieldType.SHORT_TEXT, name="Branch"))
        with self.transaction(CreateContact(first), CreateContact(contact(2)), field) as tx:
            tx.apply([UpdateContact(first, second)], envelope())
            tx.apply([DeleteField("k1", ("FI-4",))], envelope(reference="Branch", at=MOMENT, cause=Cause.BY_HAND))
            entry = HistoryEntry(
                contact_id=first.id,
                version=3,
                at=MOMENT,
                actor="user:kim",
                cause=Cause.BY_HAND,
                reference="Branch",
                row=None,
                rules=("FI-4",),
                before=FrozenDict({"k1": "Bau"}),
                after=FrozenDict(),
            )
            updated, lost = tx.history.of_contact(first.id)
            assert (updated.before, lost) == ({"k1": "IT"}, entry)
            assert tx.history.of_contact(contact_id(2)) == ()
            third = replace(contact(1, k2="y"), version=4)
            tx.apply([UpdateContact(replace(second, version=3), third)], envelope())
            assert [each.version for each in tx.history.of_contact(first.id)] == [2, 3, 4]

    def test_any_field_can_be_deleted(self) -> None:
        """Whatever its key, with any text as a value, and beside any other key."""
        awkward = (*TEXTS, 'a"b', "a.b", "a\b", "$", "[0]", "key", "true", "f1")
        for place, key in enumerate(awkward):
            other = awkward[place - 1]
            values: dict[str, FieldValue] = {key: other, other: key, "f2": False}
            fields = (ContactField(key=each, type=FieldType.LONG_TEXT, name=each) for each in (key, other))
            awkward_one = replace(contact(1), values=FrozenDict(values))
            with self.transaction(CreateContact(awkward_one), *map(PutField, fields)) as tx:
                assert tx.fields.count_values(key) == 1
                tx.apply([DeleteField(key)], envelope())
                (found,) = tx.contacts.page()
                assert found.values == {other: key, "f2": False}
                assert found.values["f2"] is False
                assert [dict(each.before) for each in tx.history.of_contact(found.id)] == [{key: other}]


class EventClaims(StoreClaims):
    """Events."""

    def test_an_event_comes_back_as_it_was(self) -> None:
        """One that has everything, and one that has nothing but its ID; unknown ones are left out."""
        with self.transaction(CreateEvent(full_event()), CreateEvent(Event(id="e2"))) as tx:
            found = tx.events.get([full_event().id, "e2", "e3"])
            assert found == {full_event().id: full_event(), "e2": Event(id="e2")}
            ends_at = found[full_event().id].ends_at
            assert ends_at is not None
            assert ends_at.tzinfo is None
            assert tx.events.get([]) == {}

    def test_events_stand_in_the_order_of_creation(self) -> None:
        """A changed event keeps its place."""
        events = [Event(id=each) for each in ("e3", "e1", "e2")]
        changed = replace(events[0], name="Changed", version=2)
        with self.transaction(*map(CreateEvent, events), ChangeEvent(changed)) as tx:
            assert tx.events.all() == (changed, *events[1:])

    def test_an_event_changes_from_the_version_before_alone(self) -> None:
        """An outdated version, an unknown event, and a second event of one ID are refused."""
        second = Event(id="e1", name="Second", version=2)
        with self.transaction(CreateEvent(Event(id="e1")), ChangeEvent(second)) as tx:
            wrong = (
                ChangeEvent(second),
                ChangeEvent(replace(second, version=4)),
                ChangeEvent(Event(id="e2", version=2)),
                CreateEvent(Event(id="e1")),
            )
            for change in wrong:
                with raises(StaleVersionError) as caught:
                    tx.apply([CreateEvent(Event(id="other")), change], envelope())
                assert (caught.error.noun, caught.error.key) == ("event", change.event.id)
            assert tx.events.all() == (second,)
