"""What is true of short messages, whoever provides them: terms, parts, receipts' delays, wall time.

Knows no provider, no database and no page; every layer may use it.
"""
