"""A faithful local stand-in of the provider's API, for demo, tests and benchmark.

Standard library only; it knows nothing of the dashboard that asks it.
"""

from sandbox.box import Answer, BrokenLineError, Sandbox
from sandbox.clock import VirtualClock
from sandbox.compose import campaign, incoming, outgoing, scattered
from sandbox.composed import Composed
from sandbox.faults import Faults
from sandbox.message import Message

__all__ = [
    "Answer",
    "BrokenLineError",
    "Composed",
    "Faults",
    "Message",
    "Sandbox",
    "VirtualClock",
    "campaign",
    "incoming",
    "outgoing",
    "scattered",
]
