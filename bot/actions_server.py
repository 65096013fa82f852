"""The action server: rasa-sdk with the custom actions of the package ``actions``, on loopback, in one process."""

from __future__ import annotations

import logging
import warnings

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Sanic

from bot.settings import Settings


def serve(settings: Settings) -> None:
    """Answer Rasa's calls until SIGINT or SIGTERM. ``GET /health`` says that it is up."""
    for noisy in ("rasa_sdk.executor", "sanic.root", "sanic.server"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # The two are of different series on purpose: of the call, both have the same form, and the tests run them together.
    warnings.filterwarnings("ignore", r"Your versions of rasa and rasa_sdk might not be compatible", UserWarning)
    from actions.topics import policies
    from bot.knowledge import directory, non_answers
    from bot.text import simple

    # Read now, not while the first citizen waits: the directory alone can take longer than an action may.
    policies(), directory.load(), non_answers.load(), non_answers.languages(), simple.glossary()
    executor = ActionExecutor()
    executor.register_package("actions")
    app = create_app(executor, cors_origins=None)
    app.prepare("127.0.0.1", settings.actions_port, single_process=True, motd=False, access_log=False)
    Sanic.serve_single(app)
