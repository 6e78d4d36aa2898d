"""What is read by a program that only the long campaign brings is no test of the others: none is skipped."""

from tests.campaign import is_long

collect_ignore = [] if is_long() else ["test_libreoffice.py"]
