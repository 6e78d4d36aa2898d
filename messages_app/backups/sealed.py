"""The encryption of a backup: AES-256-GCM in chunks, so that a file of any size takes little memory.

    MAGIC · 16 bytes of salt · chunks, each CHUNK bytes of content (the last one fewer, or as many)
    and its 16 bytes of tag

The key of a file is derived from `BACKUP_KEY` and its salt (HKDF-SHA256). A chunk's nonce is its number
in 11 bytes and one byte that is 1 for the last: a file that was cut, swapped or gone on with does not open.
"""

import os
from collections.abc import Iterable, Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"SMS traffic backup 1\n"
SALT = 16
TAG = 16
CHUNK = 1024 * 1024


class Damaged(Exception):
    """The file is no backup under this key, or not as it was written."""


def sealed(pieces: Iterable[bytes], secret: str) -> Iterator[bytes]:
    """The bytes of an encrypted file with this content."""
    head = MAGIC + os.urandom(SALT)
    cipher = _cipher(secret, head)
    yield head
    for number, chunk, is_last in _numbered(_chunks(pieces)):
        yield cipher.encrypt(_nonce(number, is_last=is_last), chunk, head)


def opened(file: IO[bytes], secret: str) -> Iterator[bytes]:
    """The content of an encrypted file, piece by piece, each as it was written. Raises Damaged."""
    head = file.read(len(MAGIC) + SALT)
    if not head.startswith(MAGIC) or len(head) < len(MAGIC) + SALT:
        raise Damaged
    cipher = _cipher(secret, head)
    chunks = iter(lambda: file.read(CHUNK + TAG), b"")
    for number, chunk, is_last in _numbered(chunks):
        try:
            yield cipher.decrypt(_nonce(number, is_last=is_last), chunk, head)
        except InvalidTag:
            raise Damaged from None


def _cipher(secret: str, head: bytes) -> AESGCM:
    salt = head[len(MAGIC) :]
    key = HKDF(hashes.SHA256(), length=32, salt=salt, info=b"backup").derive(secret.encode())
    return AESGCM(key)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _numbered(chunks: Iterator[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """Each chunk with its number, and whether it is the last. Nothing at all is one empty chunk."""
    number, chunk = 0, next(chunks, b"")
    for following in chunks:
        yield number, chunk, False
        number, chunk = number + 1, following
    yield number, chunk, True


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of CHUNK, the last one shorter."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) > CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    yield bytes(held)
