"""Claims about what an organization sets up: settings, fields and events."""

from dataclasses import replace

from doocore.changes import ChangeEvent, ChangeSettings, CreateEvent, PutField
from doocore.errors import StaleVersionError
from doocore.model.event import Event
from doocore.model.fields import SYSTEM_FIELDS, ContactField, FieldType
from doocore.model.organization import AmbiguityPolicy, OrganizationSettings, ProductPlan, SyncMode
from doocore.testing.raises import raises
from doocore.testing.samples import TEXTS, envelope, full_event, full_field
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
