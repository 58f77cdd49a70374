"""The only randomness in building data: a number from a hash, the same everywhere."""

import hashlib


def chance(*parts: object) -> int:
    """A number from 0 to 2^64 - 1 from a hash of `parts`."""
    return int.from_bytes(hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()[:8], "big")
