"""The two roles as groups over the permissions; administrators edit them later as they like."""

from django.db import migrations

DASHBOARD = ("see_messages", "see_personal", "see_figures", "review", "export", "share", "reveal")
ROLES = {
    "Support": ("see_messages", "see_personal", "see_figures"),
    "Administrator": DASHBOARD,
}
ACCOUNTS = [
    (model, f"{action}_{model}")
    for model in ("user", "group")
    for action in ("add", "change", "delete", "view")
]


def make_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")

    def permission(app, model, codename, name):
        kind, _ = ContentType.objects.get_or_create(app_label=app, model=model)
        found, _ = Permission.objects.get_or_create(
            content_type=kind, codename=codename, defaults={"name": name}
        )
        return found

    # Django makes permissions only after all migrations have run; the groups need them now.
    names = dict(apps.get_model("messages_app", "Access")._meta.permissions)
    own = {code: permission("messages_app", "access", code, str(names[code])) for code in DASHBOARD}
    for role, codes in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.add(*(own[code] for code in codes))
    administrators = Group.objects.get(name="Administrator")
    for model, code in ACCOUNTS:
        name = f"Can {code.split('_')[0]} {model}"
        administrators.permissions.add(permission("auth", model, code, name))


def keep_roles(apps, schema_editor):
    """Going back keeps the groups: people may be in them."""


class Migration(migrations.Migration):
    dependencies = [
        ("messages_app", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_roles, keep_roles)]
