"""Finding Python interpreters and uv."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Callable, Iterator, Mapping, Tuple

Version = Tuple[int, ...]


@dataclass(frozen=True)
class Python:
    """An interpreter that was run and answered."""

    path: str
    version: Version


def probe(path: str) -> Python | None:
    """The interpreter at ``path``, or None when it does not run (a pyenv shim may exist and fail) or lacks a part."""
    code = "import ssl, sqlite3, ctypes, bz2, zlib, sys; print(*sys.version_info[:3]); print(sys.executable)"
    try:
        done = subprocess.run(
            [path, "-I", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=False
        )
        version, executable = done.stdout.decode().splitlines()
        return Python(executable, tuple(int(part) for part in version.split()))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def candidates(environ: Mapping[str, str]) -> Iterator[str]:
    """Paths that may be Python interpreters, the likeliest first: the running one, those on PATH, pyenv's."""
    yield sys.executable
    for name in ("python3.13", "python3.12", "python3.11", "python3.10", "python3"):
        for folder in environ.get("PATH", "").split(os.pathsep):
            found = shutil.which(name, path=folder) if folder else None
            if found:
                yield found
    root = environ.get("PYENV_ROOT") or os.path.join(environ.get("HOME", ""), ".pyenv")
    versions = glob.glob(os.path.join(glob.escape(root), "versions", "3.*", "bin", "python3"))
    yield from sorted(versions, key=lambda path: [int(part) for part in re.findall(r"\d+", path)], reverse=True)


def find_python(accepts: Callable[[Version], bool], environ: Mapping[str, str]) -> Python | None:
    """The first interpreter that runs and whose version is accepted, or None."""
    tried = set()
    for path in candidates(environ):
        if path not in tried:
            tried.add(path)
            python = probe(path)
            if python and accepts(python.version):
                return python
    return None
