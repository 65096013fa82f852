"""Pages from templates, and the static files that they use."""

from __future__ import annotations

import re
from importlib.metadata import files
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_HERE = Path(__file__).parent
#: htmx 4 and its extension for server-sent events, as django-htmx ships them (MIT). Django itself is not installed.
_HTMX = {
    "htmx.js": "django_htmx/static/django_htmx/htmx-4.min.js",
    "hx-sse.js": "django_htmx/static/django_htmx/ext/hx-sse-4.min.js",
}

templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined)
_BREAK = re.compile(r"(?<=[/.-])(?=[a-z])", re.IGNORECASE)


def _breakable(text: str) -> Markup:
    """An address that may be broken after '/', '.' and '-', so that no word in it is."""
    return Markup("<wbr>").join(_BREAK.split(text))


templates.filters["breakable"] = _breakable


def render(template: str, status: int = 200, **values: Any) -> web.Response:
    """A page as an answer. Every value is escaped; a missing one is an error, not a gap."""
    text = templates.get_template(template).render(values)
    return web.Response(text=text, status=status, content_type="text/html", headers={"Cache-Control": "no-store"})


def fragment(template: str, **values: Any) -> str:
    """A piece of a page, for a stream or a partial answer."""
    return templates.get_template(template).render(values)


def _static_files() -> dict[str, Path]:
    found = {path.name: path for path in (_HERE / "static").iterdir() if path.is_file()}
    shipped = {str(file): Path(str(file.locate())) for file in files("django-htmx") or ()}
    return found | {name: shipped[path] for name, path in _HTMX.items()}


#: What ``/static/<name>`` serves: exactly these files, by name.
STATIC: dict[str, Path] = _static_files()
