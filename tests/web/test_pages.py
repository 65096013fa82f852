from __future__ import annotations

import pytest

from tests.talk import Client


@pytest.mark.parametrize("path", ["/widget.js", "/static/widget.js"])
async def test_the_widget_comes_small_enough_for_a_phone(client: Client, path: str) -> None:
    response = await client.get(path, headers={"Accept-Encoding": "gzip"})
    assert response.status == 200
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert int(response.headers["Content-Length"]) <= 15 * 1024
    assert "customElements.define" in await response.text()


@pytest.mark.parametrize("name", ["council.css", "console.css", "htmx.js", "hx-sse.js", "northmere.svg"])
async def test_static_files_are_there(client: Client, name: str) -> None:
    response = await client.get(f"/static/{name}")
    assert response.status == 200
    assert len(await response.read()) > 100


@pytest.mark.parametrize("name", ["app.py", "..%2fapp.py", "none.js"])
async def test_nothing_else_is(client: Client, name: str) -> None:
    assert (await client.get(f"/static/{name}")).status == 404


async def test_the_council_page_carries_the_widget_and_a_strict_policy(client: Client) -> None:
    response = await client.get("/")
    assert "/widget.js" in await response.text()
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
