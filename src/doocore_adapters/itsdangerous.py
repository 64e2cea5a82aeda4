"""Tokens in links, signed by the package `itsdangerous` (MA-2).

Each kind of link has a salt of its own: a token made for one cannot pass for another. A token shows its payload, which
the core draws at random; when it ends is kept with the message, so that no moment stands in it.
"""

import hashlib
from collections.abc import Mapping

from itsdangerous import BadSignature, Signer

from doocore import InvalidTokenError, Link

LONGEST_TOKEN = 500
"""Tokens are far shorter: what is longer is not looked at."""

SHORTEST_SECRET = 16
"""How many characters a secret must have."""


class SignedTokens:
    """Signs with the last of *secrets*, and still reads what was signed with the others.

    To change the secret, add the new one behind the old; take the old one away once its links may end.

    >>> tokens = SignedTokens("a long secret that nobody knows")
    >>> payload, link = tokens.read(tokens.sign("x7Kq", Link.MAYBE))
    >>> payload, link.value
    ('x7Kq', 'maybe')
    """

    def __init__(self, *secrets: str) -> None:
        if not secrets or min(map(len, secrets)) < SHORTEST_SECRET:
            raise ValueError(f"tokens need secrets of at least {SHORTEST_SECRET} characters, the newest one last")
        self._signers: Mapping[Link, Signer] = {
            link: Signer(list(secrets), salt=f"doocore.link.{link.value}", digest_method=hashlib.sha256)
            for link in Link
        }

    def sign(self, payload: str, link: Link) -> str:
        """Make a token of *payload* for one kind of link."""
        return self._signers[link].sign(payload).decode()

    def read(self, token: str) -> tuple[str, Link]:
        """Give back what was signed, and for which link; `InvalidTokenError` ("forged") for anything else."""
        if len(token) <= LONGEST_TOKEN and token.isascii():
            for link, signer in self._signers.items():
                try:
                    return signer.unsign(token).decode(), link
                except BadSignature:
                    continue
        raise InvalidTokenError("forged")
