"""The gateway's pages and API. ``app.py`` puts them together; ``access.py`` decides who may call what."""
