"""Passwords: Argon2id hashes, and what makes a password too easy to guess."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 200
HASHER = PasswordHasher()  # Argon2id, RFC 9106 second recommended option (64 MiB, 3 passes)

# Stems that people decorate with a year, a sign or a capital; compared after stripping those.
_KNOWN_STEMS = frozenset(
    Path(__file__).with_name("known_passwords.txt").read_text(encoding="utf-8").split()
)
_SEQUENCES = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
)


def normalise(password: str) -> str:
    """Return the form that is hashed, so that the same keys on another keyboard layout still fit."""
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password."""
    return HASHER.hash(normalise(password))


# Unknown names cost the same time as wrong passwords, so that neither can be told from the other.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$emhDYfi3g+YSuwshQZvvjA$x9houHBeS1JB6wApgBIHywnUwf2q9CbO6IDmwUiIsPE"


def is_right(password: str, stored: str | None) -> bool:
    """Return whether ``password`` fits the stored hash; takes as long when there is none."""
    try:
        fits = HASHER.verify(stored or _NOBODY, normalise(password)[: LONGEST * 4])
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def needs_new_hash(stored: str) -> bool:
    """Return whether the hash was made with weaker parameters than today's."""
    return HASHER.check_needs_rehash(stored)


def weakness(password: str, *, about: tuple[str, ...] = ()) -> str:
    """Return the code of what is wrong with a new password, or an empty text.

    ``about`` holds what others know of its owner (user name, shown name), which it must not contain.
    """
    plain = normalise(password)
    if len(plain) < SHORTEST:
        return "password_short"
    if len(plain) > LONGEST:
        return "password_long"
    lower = plain.lower()
    if any(_is_telling(word) and word.lower() in lower for word in about):
        return "password_about_you"
    if len(set(lower)) < 5 or _is_sequence(lower) or _is_repeated(lower):
        return "password_pattern"
    if re.fullmatch(r"\+?\d{1,14}|\d{17}[\dx]", lower):
        return "password_number"
    if _stem(lower) in _KNOWN_STEMS:
        return "password_known"
    return ""


def _is_telling(word: str) -> bool:
    # "Ann" stands in many an innocent sentence; 王芳 does not.
    return len(word) >= (4 if word.isascii() else 2)


def _stem(lower: str) -> str:
    return re.sub(r"^[\W\d_]+|[\W\d_]+$", "", lower)


def _is_sequence(lower: str) -> bool:
    both = [line for forward in _SEQUENCES for line in (forward, forward[::-1])]
    return any(lower in line for line in both)


def _is_repeated(lower: str) -> bool:
    return re.fullmatch(r"(.{1,4})\1+.{0,3}", lower) is not None
