"""Who asks in the benchmark."""

from django.contrib.auth.models import User
from django.test import Client


def administrator() -> Client:
    """A browser of a person who may see everything, logged in."""
    user, _is_new = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client
