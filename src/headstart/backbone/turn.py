"""What threads of one process do in turn, since torch and Python share it among them: making networks (random weights
come from one generator; hub and torchvision are held to our rules by settings), and tracing them (hooks; warnings)."""

from __future__ import annotations

import threading

TURN = threading.RLock()
