"""Named points at which a crash test kills this process. Inert unless armed; settings refuse it in production."""

import os
import signal

_armed = ""


def arm(name: str) -> None:
    """Die with SIGKILL at the point called ``name``, from now on. An empty name disarms."""
    global _armed
    _armed = name


def reach(name: str) -> None:
    """Kill the process if ``name`` is armed: no clean-up, as when the power goes."""
    if name == _armed:
        os.kill(os.getpid(), signal.SIGKILL)
