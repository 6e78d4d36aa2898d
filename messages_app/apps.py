from django.apps import AppConfig


class MessagesAppConfig(AppConfig):
    name = "messages_app"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what happens to accounts."""
        from messages_app import account_acts  # noqa: F401
