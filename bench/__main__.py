"""`make bench`: one table of ratios. A row that misses its reach is marked and told why."""

import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
os.environ["DATABASE_URL"] = "sqlite://:memory:"
os.environ["ALLOWED_HOSTS"] = "localhost"
os.environ["SMSFACTOR_API_TOKEN"] = "replayed"


def main() -> int:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from bench import table_page
    from bench.report import show

    show([*table_page.rows()])
    return 0


if __name__ == "__main__":
    sys.exit(main())
