"""What ends a command, as its one sentence: provider, database, or what does not belong together."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from messages_app.archive.faults import FAILURES, kind_of, sentence_of
from messages_app.archive.starting import Refused
from messages_app.backups.dumps import Failed
from messages_app.backups.suppression import Unfit
from messages_app.provider import ProviderError


@contextmanager
def told() -> Iterator[None]:
    """Raise CommandError with the sentence of what is refused within."""
    try:
        yield
    except (ProviderError, Refused) as reason:
        raise CommandError(str(reason)) from None
    except FAILURES as error:
        raise CommandError(sentence_of(kind_of(error))) from None


@contextmanager
def told_backup() -> Iterator[None]:
    """The same for what makes backups and brings them back."""
    try:
        with told():
            yield
    except (Unfit, Failed) as reason:
        raise CommandError(str(reason)) from None
    except OSError as error:
        raise CommandError(f"{error.filename or 'The file'}: {error.strerror}.") from None
