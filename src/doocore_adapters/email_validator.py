"""Addresses outside plain ASCII, judged by the package `email-validator` (ID-4, FI-7).

The rules ask only about what plain ASCII cannot tell, after everything that needs no library has been looked at: the
library (30 µs an address, far more for long junk) is never given a text of more than 254 octets, and never a DNS look-up.
"""

import unicodedata

import email_validator

from doocore import EmailAddress, Refusal, judge_address

_ORDINARY = "com"


def email(text: str) -> EmailAddress | Refusal:
    """Judge an address and give it its match key (ID-3, ID-4); it stays as entered, trimmed.

    >>> email(" J\u00fcrgen@B\u00fccher.example ").key
    'j\u00fcrgen@xn--bcher-kva.example'
    >>> email("ada@xn--zz.example").hint
    'The part after the @-sign is not valid IDNA (Invalid A-label)'
    """
    return judge_address(text, ask=_objection)


def _objection(text: str) -> str | None:
    """Say what the library finds wrong, None if nothing is.

    Its defaults can be changed by the program around, so every setting is given that a text asked about can depend on.
    """
    try:
        email_validator.validate_email(
            _without_special_use(text),
            check_deliverability=False,
            globally_deliverable=True,
            allow_smtputf8=True,
        )
    except email_validator.EmailNotValidError as error:
        return str(error).rstrip(".")
    return None


def _without_special_use(text: str) -> str:
    """Put an ordinary top-level domain in place of a special one such as `.local`.

    The library refuses these and has no setting for it; only its list could be changed, for the whole program.
    """
    beginning, _, top = text.rpartition(".")
    is_special = unicodedata.normalize("NFKC", top).lower() in _special_use()
    return f"{beginning}.{_ORDINARY}" if is_special else text


def _special_use() -> set[str]:
    return {name.rpartition(".")[2] for name in email_validator.SPECIAL_USE_DOMAIN_NAMES}
