from django.apps import AppConfig


class MessagesAppConfig(AppConfig):
    name = "messages_app"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from messages_app import logins  # noqa: F401 - what it does at a login and in the trail
