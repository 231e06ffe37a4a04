from __future__ import annotations

import subprocess
import sys

ANOTHER_THREAD_IS_TOLD = """
import signal, threading, time
from dankmeme.cli.ending import signals_interrupt, until_interrupted

def told():
    time.sleep(0.5)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    time.sleep(60)

threading.Thread(target=told, daemon=True).start()
with signals_interrupt():
    try:
        until_interrupted()
    except KeyboardInterrupt:
        print("ended")
"""


def test_a_signal_that_does_not_wake_the_main_thread_ends_a_worker_all_the_same() -> None:
    said = subprocess.run(
        [sys.executable, "-c", ANOTHER_THREAD_IS_TOLD], capture_output=True, text=True, timeout=20, check=True
    )

    assert said.stdout == "ended\n"
