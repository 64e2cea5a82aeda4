"""How every change is made with another organization's IDs: a row for each kind, a change for each key that it takes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from doocore import changes as kinds
from doocore.changes import Change
from doocore.model.contact import OptOut, Subscription
from doocore.model.contact_import import RowOutcome, RowReport
from doocore.model.invitation import ContactMark, Evidence, InvitationList, Mark, MessageEvent, Reaction
from doocore.model.message import OutboxMail
from doocore.model.organization import OrganizationSettings
from doocore.testing.samples import MOMENT, address, contact_id, contact_set, party
from tests.organizations.worlds import (
    BOOKED,
    CODE,
    FESTIVAL,
    FRIENDS,
    GUEST,
    INTERRUPTED,
    MESSAGE,
    MOVED,
    OWN_CONTACT,
    OWN_EVENT,
    OWN_GROUP,
    QUEUED,
    SHOE,
    Keys,
)

Making: TypeAlias = Callable[[Keys], Change]
"""Makes a change with some keys."""

ROW = RowReport(line=3, outcome=RowOutcome.ADDED)


def _booked(keys: Keys, event_id: str | None = None) -> kinds.RecordBooking:
    booker = replace(
        party(1), outcome=replace(party(1).outcome, contact_id=keys.contact), through_contact_id=keys.contact
    )
    return kinds.RecordBooking(replace(BOOKED, number=keys.booking, event_id=event_id or keys.event, booker=booker))


def _paid_back(keys: Keys) -> kinds.UpdateBooking:
    before = replace(BOOKED, number=keys.booking, event_id=keys.event, version=2)
    return kinds.UpdateBooking(before, replace(before, products=("p9",), version=3))


def _moved(keys: Keys) -> kinds.UpdateContact:
    before = replace(MOVED, id=keys.contact)
    values = type(before.values)({**before.values, "city": "Bonn", "customer_id": keys.customer_id})
    return kinds.UpdateContact(before, replace(before, values=values, version=3))


def _happened(keys: Keys) -> kinds.RecordMessageEvents:
    happened = MessageEvent(
        id="m2", event_id=keys.event, contact_id=keys.contact, reaction=Reaction.CLICKED_DECLINE, at=MOMENT
    )
    return kinds.RecordMessageEvents((happened,))


def _marked(keys: Keys) -> kinds.SetMark:
    return kinds.SetMark(
        ContactMark(event_id=keys.event, contact_id=keys.contact, mark=Mark.DECLINED, at=MOMENT, actor="user:kim")
    )


def _listing(keys: Keys, version: int) -> kinds.PutInvitationList:
    return kinds.PutInvitationList(
        InvitationList(event_id=keys.event, created_at=MOMENT, groups=(keys.group,), version=version)
    )


def _decline(keys: Keys, version: int | None) -> kinds.SetEvidence:
    all_of_them = ~Evidence(0)
    return kinds.SetEvidence(keys.event, keys.contact, Evidence.CHECKED_IN, within=all_of_them, version=version)


def _queued(keys: Keys) -> OutboxMail:
    return replace(QUEUED, id=keys.mail, message_id=keys.message, contact_id=keys.contact, token=keys.token)


CHANGES: Mapping[type[Change], tuple[Making, ...]] = {
    kinds.PutField: (lambda k: kinds.PutField(replace(SHOE, key=k.field, name="Changed")),),
    kinds.ChangeSettings: (lambda _: kinds.ChangeSettings(OrganizationSettings(region="FR")),),
    kinds.CreateGroup: (
        lambda k: kinds.CreateGroup(replace(FRIENDS, id=k.group, name="Mine")),
        lambda k: kinds.CreateGroup(replace(FRIENDS, id=OWN_GROUP.id + "2", name=k.group_name)),  # type: ignore[arg-type]
    ),
    kinds.RenameGroup: (
        lambda k: kinds.RenameGroup(k.group, "Mine"),
        lambda k: kinds.RenameGroup(OWN_GROUP.id, k.group_name),
    ),
    kinds.CreateEvent: (lambda k: kinds.CreateEvent(replace(FESTIVAL, id=k.event)),),
    kinds.ChangeEvent: (lambda k: kinds.ChangeEvent(replace(FESTIVAL, id=k.event, name="Mine", version=2)),),
    kinds.CreateContact: (lambda k: kinds.CreateContact(replace(GUEST, id=k.contact)),),
    kinds.CreateContacts: (lambda k: replace(contact_set(1, 2), ids=(contact_id(102), k.contact)),),
    kinds.UpdateContact: (_moved,),
    kinds.RecordOptOut: (lambda k: kinds.RecordOptOut(OptOut(k.opted_out, Subscription.MARKETING)),),
    kinds.LiftOptOut: (lambda k: kinds.LiftOptOut(OptOut(k.opted_out, Subscription.NEWSLETTER)),),
    kinds.JoinGroup: (
        lambda k: kinds.JoinGroup(k.group, k.contact),
        lambda k: kinds.JoinGroup(k.group, OWN_CONTACT.id),
        lambda k: kinds.JoinGroup(OWN_GROUP.id, k.contact),
    ),
    kinds.LeaveGroup: (
        lambda k: kinds.LeaveGroup(k.group, k.contact),
        lambda k: kinds.LeaveGroup(OWN_GROUP.id, k.contact),
    ),
    kinds.RetireContact: (
        lambda k: kinds.RetireContact(k.contact, OWN_CONTACT.id),
        lambda k: kinds.RetireContact(OWN_CONTACT.id, k.contact, (address(k.address),)),
        lambda k: kinds.RetireContact(k.contact, k.contact),
    ),
    kinds.RecordBooking: (_booked, lambda k: _booked(k, OWN_EVENT.id)),
    kinds.UpdateBooking: (_paid_back,),
    kinds.CreateCode: (
        lambda k: kinds.CreateCode(replace(CODE, id=k.code, name="Mine")),
        lambda k: kinds.CreateCode(replace(CODE, id=type(CODE.id)("code-2"), name=k.code_name, contact_id=k.contact)),
    ),
    kinds.ChangeCode: (lambda k: kinds.ChangeCode(replace(CODE, id=k.code, limit=3, version=2)),),
    kinds.RedeemCode: (lambda k: kinds.RedeemCode(k.code, k.booking),),
    kinds.PutInvitationList: (lambda k: _listing(k, 1), lambda k: _listing(k, 2)),
    kinds.RecordMessageEvents: (_happened,),
    kinds.AddEvidence: (lambda k: kinds.AddEvidence(k.event, (k.contact,), Evidence.CLICKED_DECLINE),),
    kinds.SetMark: (_marked,),
    kinds.RemoveMark: (lambda k: kinds.RemoveMark(k.event, k.contact, Mark.INVITED),),
    kinds.SetEvidence: (lambda k: _decline(k, None), lambda k: _decline(k, 0)),
    kinds.CreateMessage: (lambda k: kinds.CreateMessage(replace(MESSAGE, id=k.message)),),
    kinds.QueueMails: (
        lambda k: kinds.QueueMails((_queued(k),)),
        lambda k: kinds.QueueMails((replace(_queued(k), id=type(QUEUED.id)("mail-9"), contact_id=OWN_CONTACT.id),)),
    ),
    kinds.UpdateMail: (lambda k: kinds.UpdateMail(_queued(k), replace(_queued(k), attempts=1, version=2)),),
    kinds.StartImport: (lambda k: kinds.StartImport(replace(INTERRUPTED, id=k.import_id)),),
    kinds.TakeOverImport: (lambda k: kinds.TakeOverImport(k.import_id, 1),),
    kinds.RecordRows: (lambda k: kinds.RecordRows(k.import_id, (ROW,)),),
    kinds.FinishImport: (lambda k: kinds.FinishImport(k.import_id),),
    kinds.ExpireRows: (lambda k: kinds.ExpireRows(k.import_id),),
    kinds.DeleteContact: (lambda k: kinds.DeleteContact(k.contact, 2, (k.merged,)),),
    kinds.DeleteField: (lambda k: kinds.DeleteField(k.field),),
    kinds.DeleteGroup: (lambda k: kinds.DeleteGroup(k.group),),
}
"""What is changed, by kind."""
