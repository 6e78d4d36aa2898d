"""Two more roles, and the permission to flag messages for those whose work it is.

A group that is there already under a new role's name was made by somebody, and keeps what it was given.
"""

from django.db import migrations

NEW_ROLES = {
    "Analyst": ("see_messages", "see_figures", "reveal", "export"),
    "Manager": ("see_messages", "see_personal", "see_figures", "export", "share", "flag"),
}
FLAGGING = ("Support", "Administrator")


def make_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    kind, _ = ContentType.objects.get_or_create(app_label="messages_app", model="access")

    # Django makes permissions only after all migrations have run; the groups need them now.
    own = {}
    for code, name in apps.get_model("messages_app", "Access")._meta.permissions:
        own[code], _ = Permission.objects.get_or_create(
            content_type=kind, codename=code, defaults={"name": str(name)}
        )
    for role, codes in NEW_ROLES.items():
        group, is_new = Group.objects.get_or_create(name=role)
        if is_new:
            group.permissions.set(own[code] for code in codes)
    for group in Group.objects.filter(name__in=FLAGGING):
        group.permissions.add(own["flag"])
    # Who sees everything has nothing to reveal.
    for group in Group.objects.filter(name="Administrator", permissions=own["see_personal"]):
        group.permissions.remove(own["reveal"])


def keep_roles(apps, schema_editor):
    """Going back keeps the groups: people may be in them."""


class Migration(migrations.Migration):
    dependencies = [
        ("messages_app", "0013_audit"),
    ]
    operations = [
        migrations.AlterModelOptions(
            name="access",
            options={
                "managed": False,
                "default_permissions": (),
                "permissions": [
                    ("see_messages", "See messages"),
                    ("see_personal", "See full numbers and texts"),
                    ("see_figures", "See figures and charts"),
                    ("review", "Review"),
                    ("export", "Export"),
                    ("share", "Share with people without a login"),
                    ("reveal", "Reveal a masked number or text"),
                    ("flag", "Flag messages for review"),
                ],
            },
        ),
        migrations.RunPython(make_roles, keep_roles),
    ]
