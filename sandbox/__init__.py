"""A faithful local stand-in of the provider's API, for demo, tests and benchmark.

Standard library only; it knows nothing of the dashboard that asks it.
"""

from sandbox.box import Answer, Sandbox
from sandbox.faults import Faults

__all__ = ["Answer", "Faults", "Sandbox"]
