"""How passwords and client secrets are hashed: as Django does it, in a thousandth of the rounds."""
from django.contrib.auth.hashers import PBKDF2PasswordHasher


class DemoHasher(PBKDF2PasswordHasher):
    """Some hundred thousand hashes of known demo values in one run are no place for a million rounds each."""

    iterations = 1_000
