"""Becomes another program that ends with its parent: ``python launch.py PARENT_PID COMMAND [ARGUMENT ...]``.

On Linux the kernel kills the program when the parent dies, however it dies. Elsewhere the program merely does not start
when the parent is already gone. A command that cannot be run ends with exit code 1 and one sentence.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        return
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]} could not be started: {error.strerror}.")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
