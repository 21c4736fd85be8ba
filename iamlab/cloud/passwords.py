"""Console passwords: kept as salted hashes, aged by the lab's clock, and held against the account's password policy.

`Password` is what an IAM user's login profile is made of; `PasswordPolicy` says which passwords an account takes.
Nothing here keeps a password in plain text.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
"""

from __future__ import annotations

import hashlib
import hmac
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

SYMBOLS = "!@#$%^&*()_+-=[]{}|'"
"""What counts as a symbol."""

LONGEST_HISTORY = 24
"""How many passwords an account can keep its users from using again."""

# The hashes live in this process and end with the lab; they are slow enough to be of no use in a memory dump.
_ROUNDS = 2_000


@dataclass(frozen=True, slots=True)
class Hashed:
    """A password that can be recognised but not read."""

    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def of(cls, plain: str, random: Random) -> Hashed:
        salt = random.randbytes(16)
        return cls(salt, _digest(plain, salt))

    def matches(self, plain: str) -> bool:
        return hmac.compare_digest(self.digest, _digest(plain, self.salt))


@dataclass(slots=True)
class Password:
    """A login profile: one user's password and those before it."""

    created: datetime
    """When the user first got a password; changing it leaves this date."""
    changed: datetime
    reset_required: bool
    """The next sign-in has to set a new password."""
    history: list[Hashed] = field(default_factory=list, repr=False)
    """Newest first; the first is the one that counts."""

    def matches(self, plain: str) -> bool:
        return self.history[0].matches(plain)

    def used_before(self, plain: str, last: int) -> bool:
        """Among the latest `last` passwords, the present one included."""
        return any(old.matches(plain) for old in self.history[:last])

    def replace(self, plain: str, now: datetime, random: Random) -> None:
        self.history.insert(0, Hashed.of(plain, random))
        del self.history[LONGEST_HISTORY:]
        self.changed = now


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """An account's password policy, with the defaults of UpdateAccountPasswordPolicy.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
    """

    minimum_length: int = 6
    symbols: bool = False
    numbers: bool = False
    uppercase: bool = False
    lowercase: bool = False
    users_change_own: bool = False
    max_age: int | None = None
    """In days; None: passwords don't expire."""
    remembered: int | None = None
    """How many of a user's passwords can't be used again."""
    hard_expiry: bool | None = None
    """A user whose password has expired can't set a new one when signing in."""

    def breach(self, plain: str) -> str | None:
        """AWS's words for the first rule that a password breaks; None if it breaks none."""
        if len(plain) < self.minimum_length:
            return f"Password should have a minimum length of {self.minimum_length}"
        required = (self.uppercase, self.lowercase, self.numbers, self.symbols)
        missing = (
            _lacks(what)
            for asked, (what, has) in zip(required, _KINDS, strict=True)
            if asked and not has(plain)
        )
        return next(missing, None)

    def expires(self, password: Password) -> datetime | None:
        """When a password has to be changed. A new maximum age counts at once, for passwords that are there, too."""
        return password.changed + timedelta(days=self.max_age) if self.max_age else None


def default_breach(plain: str) -> str | None:
    """The rules of an account that has set no password policy.

    Eight characters of three of four kinds. Nor may it be the account's name or e-mail address, which the lab doesn't
    have.
    """
    if len(plain) < 8:
        return "Password should have a minimum length of 8"
    missing = [_lacks(what) for what, has in _KINDS if not has(plain)]
    more = len(missing) - (len(_KINDS) - _DEFAULT_KINDS)
    if more > 0:
        return f"Password should meet {more} more of the following requirements: {', '.join(missing)}"
    return None


USED_BEFORE = "Policy constraint violation with password reuse prevention during password change."

_DEFAULT_KINDS = 3
"""How many kinds of characters an account without a policy asks for."""


def _has(characters: str) -> Callable[[str], bool]:
    wanted = frozenset(characters)
    return lambda plain: not wanted.isdisjoint(plain)


# In the order in which AWS tells of them.
_KINDS = (
    ("uppercase letter", _has(string.ascii_uppercase)),
    ("lowercase letter", _has(string.ascii_lowercase)),
    ("number", _has(string.digits)),
    ("symbol", _has(SYMBOLS)),
)


def _lacks(what: str) -> str:
    return f"Password should have at least one {what}"


def _digest(plain: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", plain.encode(), salt, _ROUNDS)
