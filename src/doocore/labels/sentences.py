"""Explanations: half a sentence for the words that a label alone does not explain."""

from doocore.labels.texts import Texts, TextTable
from doocore.model.booking import Flag, SyncOutcome
from doocore.model.contact_import import RowOutcome, RowReason, RowWarning
from doocore.model.invitation import InvitationStatus

SENTENCES: TextTable = {
    # Why a party went where it went (chapter 2)
    "chosen": Texts("staff picked this contact", "der Kontakt wurde von Hand ausgewählt"),
    "email_match": Texts("exactly one contact has the address", "genau ein Kontakt hat diese Adresse"),
    "same_booking": Texts(
        "the address was met earlier in the same booking", "die Adresse kam in dieser Buchung schon vor"
    ),
    "no_match": Texts(
        "nobody had the address yet: a new contact", "die Adresse war noch nicht bekannt: ein neuer Kontakt"
    ),
    "ambiguous": Texts(
        "several contacts have the address: a new contact, rather than a guess",
        "mehrere Kontakte haben diese Adresse: statt zu raten ein neuer Kontakt",
    ),
    "policy_oldest": Texts(
        "several contacts have the address: the oldest, as the settings say",
        "mehrere Kontakte haben diese Adresse: laut Einstellung der älteste",
    ),
    "policy_newest": Texts(
        "several contacts have the address: the newest, as the settings say",
        "mehrere Kontakte haben diese Adresse: laut Einstellung der neueste",
    ),
    "policy_most_complete": Texts(
        "several contacts have the address: the most complete one, as the settings say",
        "mehrere Kontakte haben diese Adresse: laut Einstellung der vollständigste",
    ),
    "prefill_kept": Texts(
        "invited by name, and the address is (still) theirs",
        "persönlich eingeladen, und die Adresse gehört (weiterhin) zum Kontakt",
    ),
    "prefill_held": Texts(
        "invited by name; another address was typed, but this event keeps the invited",
        "persönlich eingeladen; trotz geänderter Adresse bleibt bei dieser Veranstaltung die Zuordnung",
    ),
    "no_email": Texts(
        "no address was given, so it is nobody's for now",
        "ohne E-Mail-Adresse vorerst keinem Kontakt zugeordnet",
    ),
    "invalid_email": Texts(
        "what was typed is no address; the text stays on the booking",
        "die Eingabe ist keine E-Mail-Adresse; sie bleibt an der Buchung stehen",
    ),
    Flag.PREFILL_CHANGED: Texts(
        "the address of the invitation was changed", "die vorbefüllte Adresse wurde bei der Buchung geändert"
    ),
    Flag.PREFILL_GONE: Texts(
        "the invited contact does not exist (any more)", "den eingeladenen Kontakt gibt es nicht (mehr)"
    ),
    Flag.NAME_DIFFERS: Texts("the contact has another name", "der Kontakt hat einen anderen Namen"),
    # Where a contact stands with an event (chapter 7)
    InvitationStatus.PENDING: Texts("nothing is known of the contact yet", "zu diesem Kontakt ist noch nichts bekannt"),
    InvitationStatus.INVITED: Texts(
        "an invitation was sent, or the contact was marked as invited",
        "eine Einladung wurde gesendet oder der Kontakt als eingeladen markiert",
    ),
    InvitationStatus.OPENED: Texts("a message was opened", "eine Nachricht wurde geöffnet"),
    InvitationStatus.CLICKED: Texts(
        "a general link in a message was clicked", "ein allgemeiner Link in einer Nachricht wurde geklickt"
    ),
    InvitationStatus.UNDECIDED: Texts(
        "the maybe link was clicked, or the contact was marked as undecided",
        "der Vielleicht-Link wurde geklickt oder der Kontakt als unentschlossen markiert",
    ),
    InvitationStatus.INTERESTED: Texts(
        "the registration link was clicked, and no completed booking concerns the contact",
        "der Anmeldelink wurde geklickt, aber keine abgeschlossene Buchung betrifft den Kontakt",
    ),
    InvitationStatus.FORWARDED: Texts(
        "a completed booking came from the contact, and no active ticket is the contact's own",
        "eine abgeschlossene Buchung kam über den Kontakt zustande, der selbst kein aktives Ticket hat",
    ),
    InvitationStatus.DECLINED: Texts(
        "the decline link was clicked, or the contact was marked as declined",
        "der Absagelink wurde geklickt oder der Kontakt als abgesagt markiert",
    ),
    InvitationStatus.COMPLETED: Texts(
        "the contact has one ticket of a completed booking", "der Kontakt hat ein Ticket einer abgeschlossenen Buchung"
    ),
    InvitationStatus.MULTIPLE_ATTENDEES: Texts(
        "the contact has several tickets of completed bookings",
        "der Kontakt hat mehrere Tickets abgeschlossener Buchungen",
    ),
    InvitationStatus.CHECKED_IN: Texts(
        "with a ticket of the contact somebody came in", "mit einem Ticket des Kontakts wurde eingecheckt"
    ),
    InvitationStatus.CANCELLED: Texts(
        "all bookings and tickets of the contact are cancelled",
        "alle Buchungen und Tickets des Kontakts sind storniert",
    ),
    # What became of a value on its way into the contact (chapter 3)
    SyncOutcome.FILLED: Texts(
        "the contact had nothing there, now it has this", "das Feld war beim Kontakt leer und ist jetzt ergänzt"
    ),
    SyncOutcome.OVERWRITTEN: Texts(
        "the contact had something else, and has this now", "beim Kontakt stand etwas anderes, jetzt steht dies dort"
    ),
    SyncOutcome.KEPT: Texts(
        "the contact has something else, and keeps it", "beim Kontakt steht etwas anderes, und das bleibt"
    ),
    SyncOutcome.OTHER_PERSON: Texts(
        "booked in the name of another person: not written", "auf eine andere Person gebucht: nicht übernommen"
    ),
    SyncOutcome.TAKEN: Texts(
        "another contact has this address or customer ID: not written",
        "Adresse oder Kunden-ID gehört einem anderen Kontakt: nicht übernommen",
    ),
    SyncOutcome.REJECTED: Texts(
        "not what the field can hold: it stays on the booking",
        "für das Datenfeld ungültig: die Angabe bleibt nur an der Buchung",
    ),
    SyncOutcome.UNTOUCHED: Texts("nothing to say", "nichts zu tun"),
    # What became of a row (IM-8, IM-19)
    RowOutcome.ADDED: Texts("became a new contact", "als neuer Kontakt angelegt"),
    RowOutcome.UPDATED: Texts("changed a contact", "vorhandener Kontakt geändert"),
    RowOutcome.UNCHANGED: Texts("matched a contact that has it all", "vorhandener Kontakt, der schon alles enthält"),
    RowOutcome.SKIPPED: Texts(
        "matched a contact, which only-new leaves alone", "vorhandener Kontakt, der unverändert bleiben soll"
    ),
    RowOutcome.UNPROCESSED: Texts("waits to be corrected", "muss korrigiert werden"),
    RowReason.MISSING_IDENTIFIER: Texts(
        "nothing in the identifying column", "in der identifizierenden Spalte steht nichts"
    ),
    RowReason.DUPLICATE_IN_FILE: Texts(
        "an earlier row has the same identifying value", "eine frühere Zeile hat dieselbe identifizierende Angabe"
    ),
    RowReason.AMBIGUOUS: Texts(
        "several contacts have the identifying value", "mehrere Kontakte haben diese identifizierende Angabe"
    ),
    RowReason.UNKNOWN_CONTACT_ID: Texts("no contact has this ID", "kein Kontakt hat diese Kontakt-ID"),
    RowReason.CUSTOMER_ID_TAKEN: Texts(
        "another contact has this customer ID", "ein anderer Kontakt hat diese Kunden-ID"
    ),
    RowReason.SUPPRESSED: Texts(
        "the person was erased and wants to stay forgotten", "die Person wurde gelöscht und soll gelöscht bleiben"
    ),
    RowReason.INVALID_EMAIL: Texts("not an e-mail address", "keine E-Mail-Adresse"),
    RowReason.INVALID_VALUE: Texts("not what the field can hold", "passt nicht zum Datenfeld"),
    RowReason.UNKNOWN_OPTION: Texts("not one of the field's options", "keine Antwortmöglichkeit dieses Datenfelds"),
    RowReason.TOO_LONG: Texts("longer than the field", "länger als das Datenfeld erlaubt"),
    RowReason.WRONG_COLUMN_COUNT: Texts(
        "more or fewer cells than the header", "mehr oder weniger Zellen als die Kopfzeile"
    ),
    RowWarning.EMAIL_SHARED: Texts(
        "another contact has the address too", "ein anderer Kontakt hat dieselbe E-Mail-Adresse"
    ),
    RowWarning.OPTED_OUT: Texts("the person unsubscribed, and stays so", "selbst abgemeldet, und das bleibt so"),
    RowWarning.INVALID_EMAIL: Texts("left out: not an e-mail address", "ausgelassen: keine E-Mail-Adresse"),
    RowWarning.INVALID_VALUE: Texts("left out: not what the field can hold", "ausgelassen: passt nicht zum Datenfeld"),
    RowWarning.UNKNOWN_OPTION: Texts(
        "left out: not one of the field's options", "ausgelassen: keine Antwortmöglichkeit dieses Datenfelds"
    ),
    RowWarning.TOO_LONG: Texts("left out: longer than the field", "ausgelassen: länger als das Datenfeld erlaubt"),
}
"""What a front end can say behind a word, in the same breath: no capital at the beginning, no period at the end."""
