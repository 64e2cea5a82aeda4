"""Addresses: which two are the same, and which can belong to a contact at all.

Two rules for this file. 1: whatever compares or judges an address goes through here; nothing else lower-cases one.
2: this file knows no name server and no library; who has one hands over its verdict (`ask`).

Two addresses are the same when their match keys are equal (ID-3): rather two contacts too many than two persons in
one. What does not look deliverable is refused with a reason (ID-4), and nothing is repaired. Plain ASCII is decided
here, completely; for the rest a library is asked, or, where there is none, the extra is named that brings it (FI-7).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import TypeAlias

from doocore.model.fields import VALIDATION_EXTRA, Refusal, ValueReason, is_blank, trimmed
from doocore.model.identifiers import EmailAddress

KEY_VERSION = 1
"""Stored beside each key: a release that makes other keys has another number, and makes the stored ones anew (ID-3)."""

LONGEST_LOCAL = 64
LONGEST_LABEL = 63
LONGEST_ADDRESS = 254
"""The limits of ID-4, in octets."""

_LONGEST_ENTERED = 4096  # with blanks around; whoever sends more blanks than that did not type an address
_LONGEST_COMPARED = LONGEST_ADDRESS + 1  # the dot at the end does not count when addresses are compared
_GLANCE = 1000  # how much of a junk text is looked at for a hint

EXPECTED = "an e-mail address such as ada@example.org"

Ask: TypeAlias = Callable[[str], str | None]
"""What a library says about an address outside plain ASCII: what is wrong with it, None if nothing is."""


# How addresses are compared: ID-3.

_DOT_LIKE = "\u3002\uff0e\uff61\u2024\ufe52"
_HAS_DOT_LIKE = re.compile(f"[{_DOT_LIKE}]")
_DOMAIN_KEY = re.compile(r"[!-\-/-?A-~]+(?:\.[!-\-/-?A-~]+)*")  # labels of visible ASCII, none of them empty
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def match_key(text: str) -> str | None:
    r"""Give the key by which an address is compared, None where there is none (ID-3).

    A key says nothing about validity: `ada@localhost` has one.

    >>> match_key(" Ada.Lovelace+List@B\u00fccher.DE ")
    'ada.lovelace+list@xn--bcher-kva.de'
    >>> match_key("\u212aim@example.org") is None  # the Kelvin sign would make it Kim's
    True
    """
    if PLAIN.fullmatch(text):  # nearly every address there is
        return text.lower()
    if len(text) > _LONGEST_ENTERED:
        return None
    text = trimmed(text)
    if PLAIN.fullmatch(text):
        return text.lower()
    if len(text) > _LONGEST_COMPARED or _UNSTORABLE.search(text):
        return None
    local, _, domain = text.partition("@")
    local_key, domain_key = _local_key(local), _domain_key(domain)
    key = f"{local_key}@{domain_key}"
    return key if local_key and domain_key and len(key) <= _LONGEST_COMPARED else None


def text_key(text: str | None) -> str | None:
    """Give what any typed text is compared by: its match key, or itself where it has none; None where blank (AS-9).

    >>> text_key(" ADA@Example.org"), text_key("none "), text_key(" ")
    ('ada@example.org', 'none', None)
    """
    return None if text is None or is_blank(text) else match_key(text) or trimmed(text)


def same_address(a: str, b: str) -> bool:
    r"""Tell whether two addresses are the same (ID-3); what has no key is the same as nothing, not even itself.

    >>> same_address("Ada@Example.org ", "ada@example.org"), same_address("ada@example.org", "a.da@example.org")
    (True, False)
    >>> same_address("ada@stra\u00dfe.de", "ada@strasse.de")
    False
    """
    key = match_key(a)
    return key is not None and key == match_key(b)


def _local_key(local: str) -> str:
    """Lower-case per character, so that no letter depends on its neighbors; empty where ASCII would come out of more."""
    lowered = _lower(unicodedata.normalize("NFC", local)).replace("ς", "σ")
    key = unicodedata.normalize("NFC", lowered)
    return "" if key.isascii() and not local.isascii() else key


def _domain_key(domain: str) -> str:
    """Bring every label into its A-label; empty where something in it would pass for a dot, or a label is empty."""
    if _HAS_DOT_LIKE.search(domain):
        return ""
    # Lower-casing can leave two characters that have become one since (H and a line below: ẖ), hence NFKC again.
    folded = unicodedata.normalize("NFKC", _lower(unicodedata.normalize("NFKC", domain)))
    if folded.count(".") != domain.count("."):  # `⒈` and `…` hold dots as well
        return ""
    key = ".".join(map(_a_label, folded.removesuffix(".").split(".")))
    return key if _DOMAIN_KEY.fullmatch(key) else ""


def _lower(text: str) -> str:
    return "".join(map(str.lower, text))


def _a_label(label: str) -> str:
    # The `idna` codec would make one of straße.de and strasse.de.
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


# How an address is judged: ID-4.


def _address_pattern(*, atoms: str, letters: str, label: str = "", longest: int = LONGEST_LABEL) -> re.Pattern[str]:
    """Write the pattern of an address: atoms separated by dots, `@`, two or more labels separated by dots.

    All of it possessive, so that no text makes it try anything twice.
    """
    host = rf"{label}[{letters}][{letters}\-]{{0,{longest - 1}}}+(?<!-)"
    return re.compile(
        rf"(?!.{{{LONGEST_ADDRESS + 1}}})(?![^@]{{{LONGEST_LOCAL + 1}}})"
        rf"[{atoms}]++(?:\.[{atoms}]++)*+@(?:{host}\.)++{host}(?<![0-9])"  # no top-level domain ends in a digit
    )


_ATOM = r"A-Za-z0-9_!#$%&'*+\-/=?^`{|}~"
_HOST = "A-Za-z0-9"
_BEYOND_ASCII = "\x80-\U0010ffff"

PLAIN = _address_pattern(atoms=_ATOM, letters=_HOST, label="(?!..--)")
"""Addresses in plain ASCII, all of them but those with A-labels. The way of nearly every address of an import."""

_WITH_A_LABELS = _address_pattern(atoms=_ATOM, letters=_HOST, label="(?!(?![Xx][Nn])..--)")
_WORTH_ASKING = _address_pattern(
    atoms=_ATOM + _BEYOND_ASCII, letters=_HOST + _BEYOND_ASCII, longest=LONGEST_ADDRESS
)  # how long its labels are shows when they are A-labels

# Letters of which every combination is a label: the small ones of Latin, Greek and Cyrillic, no sign that depends on
# its neighbors, nothing written from right to left. A test asks the `idna` package about each.
_CERTAIN_LABEL = re.compile(
    r"(?!..--)(?!-)[-a-z0-9"
    r"ß-öø-ÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĺļľłńņňŋōŏőœŕŗřśŝşšţťŧũūŭůűųŵŷźżžșț"
    r"ΐά-ώ"
    r"а-џґ"
    r"]+(?<!-)"
)

# What is seen as nothing although Unicode counts it among letters, marks and symbols.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def _has_invisible(text: str) -> bool:
    return not text.isprintable() or _UNSEEN.search(text) is not None


def _is_too_long(text: str) -> bool:
    return len(text) > LONGEST_ADDRESS or len(text.encode(errors="surrogatepass")) > LONGEST_ADDRESS


def _has_long_local(text: str) -> bool:
    return len(text.partition("@")[0].encode(errors="surrogatepass")) > LONGEST_LOCAL


COMPLAINTS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "mailto": (re.compile(r"(?i)\Amailto:").match, "leave out mailto:"),
    "name": (re.compile(r"<[^<>@]*@[^<>]*>").search, "only what stands between < and >"),
    "list": (re.compile(r"@[^@,;]*[,;][^@]*@").search, "one address only, these look like several"),
    "too long": (_is_too_long, f"it is longer than {LONGEST_ADDRESS} octets"),
    "quoted": (re.compile(r"\A\"|\"@").search, 'a part before the @ in "quotes" is not taken'),
    "literal": (re.compile(r"@\[").search, "a domain name after the @, not a number in brackets"),
    "wide at": (re.compile("\\A[^@\uff20\ufe6b]*[\uff20\ufe6b][^@]*\\Z").match, "another character stands for the @"),
    "no at": (re.compile(r"\A[^@]*\Z").match, "there is no @"),
    "two at": (re.compile(r"@[^@]*@").search, "there is more than one @"),
    "blank": (re.compile(r"\s").search, "there is a blank inside"),
    "invisible": (_has_invisible, "there is an invisible character inside"),
    "wide dot": (re.compile(f"@.*[{_DOT_LIKE}]").search, "another character stands for the dot"),
    "dot at the end": (re.compile(r"\.\Z").search, "leave out the dot at the end"),
    "no dot": (re.compile(r"@[^.]*\Z").search, "there is no dot after the @"),
    "lone dot": (re.compile(r"\A\.|\.\.|\.@|@\.").search, "a dot stands between two other characters"),
    "long local": (_has_long_local, f"the part before the @ is longer than {LONGEST_LOCAL} octets"),
    "long label": (
        re.compile(rf"@.*[{_HOST}\-]{{{LONGEST_LABEL + 1}}}").search,
        f"a part of the domain is longer than {LONGEST_LABEL} octets",
    ),
    "number": (re.compile(r"@[0-9.]+\Z").search, "a domain name after the @, not a number"),
}
"""What is wrong with a text, whoever judges it, and the hint that helps; the first row that applies speaks (ID-4)."""


def judge_address(text: str, *, ask: Ask | None = None) -> EmailAddress | Refusal:
    r"""Take an address or say why not (ID-4); *ask* is asked about what plain ASCII cannot tell (FI-7).

    Without *ask* such an address is refused by naming the extra to install.

    >>> judge_address(" Ada@Example.org")
    EmailAddress(text='Ada@Example.org', key='ada@example.org')
    >>> judge_address("Ada <ada@example.org>").advice
    'an e-mail address such as ada@example.org (only what stands between < and >)'
    >>> judge_address("ada@b\u00fccher.de").hint
    'outside plain ASCII the extra doocore[validation] is needed to judge it'
    >>> judge_address("ada@b\u00fccher.de", ask=lambda text: None).key
    'ada@xn--bcher-kva.de'
    """
    if len(text) <= _LONGEST_ENTERED:
        text = trimmed(text)
    if PLAIN.fullmatch(text):
        return EmailAddress(text, text.lower())
    complaint = _complaint(text)
    if complaint is not None:
        return _refused(complaint)
    key = match_key(text)
    if key is None:
        return _refused("one of its characters would pass for another")
    objection = _objection(text, ask)
    return EmailAddress(text, key) if objection is None else _refused(objection)


def _complaint(text: str) -> str | None:
    """Give the hint of the first complaint that applies; of a junk text only the beginning is looked at."""
    seen = text[:_GLANCE]
    return next((hint for applies, hint in COMPLAINTS.values() if applies(seen)), None)


def _objection(text: str, ask: Ask | None) -> str | None:
    """Say what is wrong with a text that has a key and gave no other cause for complaint; None if nothing is."""
    pattern = _WITH_A_LABELS if text.isascii() else _WORTH_ASKING
    if not pattern.fullmatch(text):
        return ""
    if text.isascii() and all(map(_is_certain, text.partition("@")[2].split("."))):
        return None
    if ask is None:
        return f"outside plain ASCII the extra {VALIDATION_EXTRA} is needed to judge it"
    return ask(text)


def _is_certain(label: str) -> bool:
    """Tell whether a label is no A-label, or one that every judge takes: made of certain letters, and made properly."""
    prefix, letters = label[:4].lower(), label[4:].lower()
    if prefix != "xn--":
        return True
    try:
        decoded = letters.encode("ascii").decode("punycode")
    except UnicodeError:
        return False
    return _CERTAIN_LABEL.fullmatch(decoded) is not None and _a_label(decoded) == prefix + letters


def _refused(hint: str) -> Refusal:
    return Refusal(ValueReason.INVALID_EMAIL, EXPECTED, hint)
