"""Accounts are made by administrators: nobody signs up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAdapter(DefaultAccountAdapter):
    """allauth with its sign-up closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords are counted for an account; allauth adds the address's host and port, of which
        whoever guesses can give thousands.
        """
        login = credentials.get("email", credentials.get("username", ""))
        return str(login).lower()
