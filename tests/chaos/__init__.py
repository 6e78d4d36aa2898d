"""Seeded schedules of faults against the archive; what must never happen is checked after each step."""
