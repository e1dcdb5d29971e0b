"""How fast this machine is now, so that figures of two days or two machines can be compared.

A virtual machine flips between speeds (by a factor of 1.6 on ours); a figure divided by that of a
fixed piece of work of the same kind does not.
"""

import time

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TRIES = 20
TURNS = 20_000  # of the plain loop


def calibrate() -> float:
    """Milliseconds of processor time for the piece of work, the best of some tries."""
    return min(timed() for _ in range(TRIES)) * 1e3


def timed() -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def work() -> None:
    """Plain Python, copying by numpy, and encryption, about a third of the time each."""
    total = 0
    for number in range(TURNS):
        total += number & 0xFF
    rows = np.zeros((512, 1536), np.uint8)
    taken = np.arange(512) % 64
    for _ in range(4):
        rows[:] = rows[taken]
    seal, nonce, packet = AESGCM(bytes(16)), bytes(12), bytes(1200)
    for _ in range(1200):
        seal.encrypt(nonce, packet, None)
