"""A stand-in for one of the three programs: ``python child.py PORT [OPTION ...]``, see below.

Answers 200 to every GET, with ``--when`` only once FILE is there (503 before). May ignore SIGTERM, may start a process
of its own, may die some seconds after it was first seen to be ready, may become ready only the first time, when FILE is
not there yet.
"""

from __future__ import annotations

import argparse
import http.server
import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--when", metavar="FILE")
    parser.add_argument("--die", type=float)
    parser.add_argument("--stubborn", action="store_true")
    parser.add_argument("--spawn", action="store_true")
    parser.add_argument("--once", metavar="FILE")
    given = parser.parse_args()
    never = False
    if given.once:
        never = os.path.exists(given.once)
        open(given.once, "w").close()
    if given.stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if given.spawn:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ready = not never and (given.when is None or os.path.exists(given.when))
            self.send_response(200 if ready else 503)
            self.end_headers()
            if ready and given.die is not None:
                threading.Timer(given.die, lambda: os._exit(7)).start()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    print("the child is here", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
