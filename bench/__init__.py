"""Measures the dashboard against yardsticks in the same run: ratios first, seconds beside them."""
