"""One turn: a citizen's message and all that it causes. ``steps.py`` has the list, ``runner.py`` runs it."""
