"""Labels: what to call each word, short enough for a heading, a filter or a button."""

from doocore.labels.texts import Texts, TextTable
from doocore.model.booking import AttendeeStatus, BookingStatus, Decision, Flag, PaymentStatus, SyncOutcome
from doocore.model.contact import Subscription, SubscriptionState, Through
from doocore.model.contact_import import DuplicateMode, ImportStatus, InvalidValues, RowOutcome, RowReason, RowWarning
from doocore.model.event import EmailChangePolicy, EventStatus, QuestionLevel
from doocore.model.fields import FieldType, ValueReason
from doocore.model.history import Cause
from doocore.model.identifiers import IdentifierKind
from doocore.model.organization import AmbiguityPolicy, ProductPlan, Role, SyncMode
from doocore.rules.syncing import SyncOrigin

WORDS: TextTable = {
    # Bookings
    Decision.ASSIGN: Texts("Assigned", "Zugeordnet"),
    Decision.NEW: Texts("New contact", "Neuer Kontakt"),
    Decision.UNASSIGNED: Texts("Unassigned", "Nicht zugeordnet"),
    Flag.PREFILL_CHANGED: Texts("Prefilled address changed", "Vorbefüllte Adresse geändert"),
    Flag.PREFILL_GONE: Texts("Prefilled contact gone", "Vorbefüllter Kontakt nicht mehr vorhanden"),
    Flag.NAME_DIFFERS: Texts("Name differs", "Abweichender Name"),
    SyncOutcome.UNTOUCHED: Texts("Untouched", "Unverändert"),
    SyncOutcome.FILLED: Texts("Filled", "Ergänzt"),
    SyncOutcome.OVERWRITTEN: Texts("Overwritten", "Überschrieben"),
    SyncOutcome.KEPT: Texts("Kept", "Beibehalten"),
    SyncOutcome.REJECTED: Texts("Rejected", "Nicht übernommen"),
    SyncOutcome.TAKEN: Texts("Taken", "Bereits vergeben"),
    SyncOutcome.OTHER_PERSON: Texts("Another person", "Andere Person"),
    SyncOrigin.BOOKING: Texts("Booking", "Buchung"),
    SyncOrigin.PORTAL: Texts("Later edit", "Nachträgliche Änderung"),
    BookingStatus.ACTIVE: Texts("Active", "Aktiv"),
    BookingStatus.CANCELLED: Texts("Cancelled", "Storniert"),
    AttendeeStatus.ACTIVE: Texts("Active", "Aktiv"),
    AttendeeStatus.CANCELLED: Texts("Cancelled", "Storniert"),
    AttendeeStatus.CHECKED_IN: Texts("Checked in", "Eingecheckt"),
    PaymentStatus.NOT_REQUIRED: Texts("No payment required", "Keine Zahlung erforderlich"),
    PaymentStatus.PENDING: Texts("Payment pending", "Zahlung ausstehend"),
    PaymentStatus.PAID: Texts("Paid", "Bezahlt"),
    PaymentStatus.REFUNDED: Texts("Refunded", "Erstattet"),
    # Events
    EventStatus.DRAFT: Texts("Draft", "Entwurf"),
    EventStatus.LIVE: Texts("Live", "Live"),
    EventStatus.CANCELLED: Texts("Cancelled", "Abgesagt"),
    EventStatus.OVER: Texts("Over", "Beendet"),
    EmailChangePolicy.REASSIGN: Texts("Assign by the new address", "Nach der neuen Adresse zuordnen"),
    EmailChangePolicy.KEEP: Texts("Keep the prefilled contact", "Zuordnung zum vorbefüllten Kontakt beibehalten"),
    QuestionLevel.BOOKING: Texts("Once per booking", "Auf Buchungsebene"),
    QuestionLevel.ATTENDEE: Texts("For each attendee", "Auf Teilnehmerebene"),
    # Imports
    RowOutcome.ADDED: Texts("Added", "Neu hinzugefügt"),
    RowOutcome.UPDATED: Texts("Updated", "Aktualisiert"),
    RowOutcome.UNCHANGED: Texts("Unchanged", "Unverändert"),
    RowOutcome.SKIPPED: Texts("Skipped", "Übersprungen"),
    RowOutcome.UNPROCESSED: Texts("Not processed", "Nicht verarbeitet"),
    RowReason.MISSING_IDENTIFIER: Texts("Identifying value missing", "Identifizierende Angabe fehlt"),
    RowReason.DUPLICATE_IN_FILE: Texts("Duplicate in the file", "Mehrfach in der Datei"),
    RowReason.AMBIGUOUS: Texts("Several contacts match", "Mehrere passende Kontakte"),
    RowReason.UNKNOWN_CONTACT_ID: Texts("Unknown contact ID", "Unbekannte Kontakt-ID"),
    RowReason.CUSTOMER_ID_TAKEN: Texts("Customer ID taken", "Kunden-ID bereits vergeben"),
    RowReason.SUPPRESSED: Texts("Suppressed", "Gesperrt"),
    RowReason.INVALID_EMAIL: Texts("Invalid e-mail address", "Ungültige E-Mail-Adresse"),
    RowReason.INVALID_VALUE: Texts("Invalid value", "Ungültiger Wert"),
    RowReason.UNKNOWN_OPTION: Texts("Unknown option", "Unbekannte Antwortmöglichkeit"),
    RowReason.TOO_LONG: Texts("Too long", "Zu lang"),
    RowReason.WRONG_COLUMN_COUNT: Texts("Wrong number of columns", "Falsche Anzahl Spalten"),
    RowWarning.EMAIL_SHARED: Texts("Address of another contact, too", "E-Mail-Adresse mehrfach vergeben"),
    RowWarning.OPTED_OUT: Texts("Unsubscribed by the person", "Vom Kontakt selbst abgemeldet"),
    RowWarning.INVALID_EMAIL: Texts("Left out: invalid e-mail address", "Ausgelassen: ungültige E-Mail-Adresse"),
    RowWarning.INVALID_VALUE: Texts("Left out: invalid value", "Ausgelassen: ungültiger Wert"),
    RowWarning.UNKNOWN_OPTION: Texts("Left out: unknown option", "Ausgelassen: unbekannte Antwortmöglichkeit"),
    RowWarning.TOO_LONG: Texts("Left out: too long", "Ausgelassen: zu lang"),
    DuplicateMode.FILL_EMPTY: Texts("Fill blank fields only", "Nur leere Felder ergänzen"),
    DuplicateMode.OVERWRITE: Texts("Overwrite with the new values", "Mit den neuen Werten überschreiben"),
    DuplicateMode.ONLY_NEW: Texts("Take over new contacts only", "Nur neue Kontakte übernehmen"),
    InvalidValues.REFUSE_ROW: Texts("Do not process the row", "Datensatz nicht verarbeiten"),
    InvalidValues.LEAVE_OUT: Texts("Leave the value out", "Wert auslassen"),
    ImportStatus.RUNNING: Texts("Running", "Läuft"),
    ImportStatus.FINISHED: Texts("Finished", "Abgeschlossen"),
    ImportStatus.EXPIRED: Texts("Expired", "Abgelaufen"),
    # Subscriptions
    Subscription.EVENT_COMMUNICATION: Texts("Event communication", "Veranstaltungskommunikation"),
    Subscription.NEWSLETTER: Texts("Newsletter", "Newsletter"),
    Subscription.MARKETING: Texts("Marketing", "Marketing"),
    SubscriptionState.UNKNOWN: Texts("Unknown", "Unbekannt"),
    SubscriptionState.SUBSCRIBED: Texts("Subscribed", "Angemeldet"),
    SubscriptionState.UNSUBSCRIBED: Texts("Unsubscribed", "Abgemeldet"),
    Through.IMPORT: Texts("Import", "Kontaktimport"),
    Through.BY_HAND: Texts("By hand", "Manuell"),
    Through.BOOKING: Texts("Booking", "Buchung"),
    Through.UNSUBSCRIBE_LINK: Texts("Unsubscribe link", "Abmeldelink"),
    Through.PORTAL: Texts("Booking portal", "Buchungsportal"),
    # Fields and identifiers
    FieldType.SHORT_TEXT: Texts("Short text", "Freitext kurz"),
    FieldType.LONG_TEXT: Texts("Long text", "Freitext lang"),
    FieldType.SELECT: Texts("Select", "Auswahlliste"),
    FieldType.CHECKBOX: Texts("Checkbox", "Checkbox"),
    FieldType.FILE: Texts("File", "Datei"),
    FieldType.PHONE: Texts("Phone number", "Telefonnummer"),
    FieldType.DATE: Texts("Date", "Datum"),
    FieldType.EMAIL: Texts("E-mail address", "E-Mail-Adresse"),
    FieldType.CUSTOMER_ID: Texts("External customer ID", "Externe Kunden-ID"),
    FieldType.POSTAL_CODE: Texts("Postal code", "Postleitzahl"),
    FieldType.COUNTRY: Texts("Country", "Land"),
    ValueReason.INVALID_VALUE: Texts("Invalid value", "Ungültiger Wert"),
    ValueReason.UNKNOWN_OPTION: Texts("Unknown option", "Unbekannte Antwortmöglichkeit"),
    ValueReason.TOO_LONG: Texts("Too long", "Zu lang"),
    ValueReason.INVALID_EMAIL: Texts("Invalid e-mail address", "Ungültige E-Mail-Adresse"),
    IdentifierKind.EMAIL: Texts("E-mail address", "E-Mail-Adresse"),
    IdentifierKind.CUSTOMER_ID: Texts("External customer ID", "Externe Kunden-ID"),
    IdentifierKind.CONTACT_ID: Texts("Contact ID", "Kontakt-ID"),
    IdentifierKind.BOOKING_NUMBER: Texts("Booking number", "Buchungsnummer"),
    IdentifierKind.GROUP_NAME: Texts("Group name", "Gruppenname"),
    IdentifierKind.FIELD_NAME: Texts("Field name", "Name des Datenfelds"),
    # The organization, and where changes come from
    SyncMode.OFF: Texts("Off", "Aus"),
    SyncMode.ON: Texts("On", "An"),
    AmbiguityPolicy.CREATE_NEW: Texts("Create a new contact", "Neuen Kontakt anlegen"),
    AmbiguityPolicy.OLDEST: Texts("Take the oldest contact", "Ältesten Kontakt nehmen"),
    AmbiguityPolicy.NEWEST: Texts("Take the newest contact", "Neuesten Kontakt nehmen"),
    AmbiguityPolicy.MOST_COMPLETE: Texts("Take the most complete contact", "Vollständigsten Kontakt nehmen"),
    ProductPlan.BASIC: Texts("Basic", "Basic"),
    ProductPlan.PRO: Texts("Pro", "Pro"),
    ProductPlan.ENTERPRISE: Texts("Enterprise", "Enterprise"),
    Role.MEMBER: Texts("Member", "Mitglied"),
    Role.TEAM_ADMIN: Texts("Team admin", "Team-Admin"),
    Cause.BOOKING: Texts("Booking", "Buchung"),
    Cause.IMPORT: Texts("Import", "Kontaktimport"),
    Cause.BY_HAND: Texts("By hand", "Manuell"),
    Cause.PORTAL: Texts("Booking portal", "Buchungsportal"),
    Cause.MERGE: Texts("Merge", "Zusammenführung"),
    Cause.UNDO: Texts("Undo", "Rückgängig gemacht"),
    Cause.SYSTEM: Texts("System", "System"),
}
"""Every member of every public enumeration."""

FIELDS: TextTable = {
    "email": Texts("E-mail", "E-Mail"),
    "customer_id": Texts("External customer ID", "Externe Kunden-ID"),
    "salutation": Texts("Salutation", "Anrede"),
    "title": Texts("Title", "Titel"),
    "first_name": Texts("First name", "Vorname"),
    "last_name": Texts("Last name", "Nachname"),
    "company": Texts("Company", "Firma"),
    "street": Texts("Street", "Straße"),
    "house_number": Texts("House number", "Hausnummer"),
    "postal_code": Texts("Postal code", "PLZ"),
    "city": Texts("City", "Ort"),
    "country": Texts("Country", "Land"),
    "phone": Texts("Phone", "Telefon"),
    "comment": Texts("Comment", "Kommentar"),
}
"""System fields by their keys (FI-1); a list whose columns are called so needs no mapping, in either language (IM-3)."""

COLUMNS: TextTable = {
    "contact_id": Texts("Contact ID", "Kontakt-ID"),
    "groups": Texts("Groups", "Gruppen"),
}
"""What a list can say beside fields and subscriptions (IM-3)."""

REASONS: TextTable = {
    "chosen": Texts("Chosen by staff", "Von Hand ausgewählt"),
    "email_match": Texts("Found by e-mail address", "Über die E-Mail-Adresse gefunden"),
    "same_booking": Texts("Same address in this booking", "Gleiche Adresse in dieser Buchung"),
    "no_match": Texts("Address not known yet", "Adresse noch nicht bekannt"),
    "ambiguous": Texts("Several contacts have the address", "Mehrere Kontakte mit dieser Adresse"),
    "policy_oldest": Texts("Oldest of several contacts", "Ältester von mehreren Kontakten"),
    "policy_newest": Texts("Newest of several contacts", "Neuester von mehreren Kontakten"),
    "policy_most_complete": Texts("Most complete of several contacts", "Vollständigster von mehreren Kontakten"),
    "prefill_kept": Texts("Prefilled contact", "Vorbefüllter Kontakt"),
    "prefill_held": Texts("Prefilled contact kept", "Vorbefüllter Kontakt beibehalten"),
    "no_email": Texts("No e-mail address given", "Keine E-Mail-Adresse angegeben"),
    "invalid_email": Texts("Invalid e-mail address", "Ungültige E-Mail-Adresse"),
}
"""Why a party went where it went: the reasons of assignments (chapter 2)."""

NOUNS: TextTable = {
    "contact": Texts("Contact", "Kontakt"),
    "booking": Texts("Booking", "Buchung"),
    "booker": Texts("Booker", "Bucher"),
    "attendee": Texts("Attendee", "Teilnehmer"),
    "event": Texts("Event", "Veranstaltung"),
    "field": Texts("Contact field", "Kontaktdatenfeld"),
    "group": Texts("Group", "Gruppe"),
    "import": Texts("Import", "Kontaktimport"),
}
"""What things are called; `error.noun` is one of these."""

ERRORS: TextTable = {
    "not_found": Texts("Not found", "Nicht gefunden"),
    "permission_denied": Texts("No permission", "Keine Berechtigung"),
    "plan_required": Texts("Not in the booked plan", "Im gebuchten Paket nicht enthalten"),
    "duplicate_identifier": Texts("Held by another contact", "Bereits bei einem anderen Kontakt hinterlegt"),
    "duplicate_name": Texts("Name taken", "Bezeichnung bereits vergeben"),
    "invalid_name": Texts("Invalid name", "Ungültige Bezeichnung"),
    "invalid_field": Texts("Invalid field", "Ungültiges Kontaktdatenfeld"),
    "opted_out": Texts("Unsubscribed by the person", "Vom Kontakt selbst abgemeldet"),
    "invalid_field_value": Texts("Value refused", "Ungültige Angabe"),
    "invalid_booking": Texts("Invalid booking", "Ungültige Buchung"),
    "booking_conflict": Texts("Booking number in use", "Buchungsnummer bereits verwendet"),
    "stale_version": Texts("Changed meanwhile", "Zwischenzeitlich geändert"),
    "event_not_live": Texts("Event takes no bookings", "Veranstaltung nimmt keine Buchungen an"),
    "export_file": Texts("File cannot be written", "Datei kann nicht geschrieben werden"),
    "import_file": Texts("File cannot be imported", "Datei kann nicht importiert werden"),
    "schema_version": Texts("Database of another version", "Datenbank einer anderen Version"),
}
"""What went wrong, by `DooCoreError.code`."""

FILE_PROBLEMS: TextTable = {
    "not_text": Texts("Not a text file", "Keine Textdatei"),
    "not_xlsx": Texts("Not an XLSX workbook", "Keine XLSX-Arbeitsmappe"),
    "delimiter": Texts("Unknown delimiter", "Unbekanntes Trennzeichen"),
    "encoding": Texts("Another encoding", "Andere Zeichenkodierung"),
    "unclosed_quote": Texts("Quotation mark never closed", "Anführungszeichen nicht geschlossen"),
    "header": Texts("No header", "Keine Kopfzeile"),
    "duplicate_column": Texts("Column stands twice", "Spalte doppelt vorhanden"),
    "unmapped_identifier": Texts("No column that identifies", "Keine identifizierende Spalte"),
    "too_long": Texts("A cell is too long", "Zelle zu lang"),
    "too_many_rows": Texts("Too many rows", "Zu viele Zeilen"),
}
"""Why a file cannot be read or written: the problem of `ImportFileError` (IM-1) and `ExportFileError` (EX-1)."""
