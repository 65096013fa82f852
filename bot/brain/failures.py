"""Notes on the current turn what Rasa swallows: failed actions and a turn that never came to an end.

``processor._run_action`` catches every exception of an action, logs it and goes on as if the action had run, so that
the rule after it may announce a success. Here the turn is marked as failed first, and no further action is called.
"""

from __future__ import annotations

from functools import wraps
from typing import Any, Awaitable, Callable, List

from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.processor import MessageProcessor
from rasa.exceptions import ActionLimitReached
from rasa.shared.exceptions import RasaException

from bot.brain import turn as turns

Run = Callable[..., Awaitable[List[Any]]]


class TurnFailed(RasaException):
    """The turn has failed. Says nothing of what was in it, since Rasa logs it."""


def _noting(run: Run) -> Run:
    """``run`` of an action, whose failure is noted on the turn."""

    @wraps(run)
    async def noting(*args: Any, **kwargs: Any) -> List[Any]:
        try:
            return await run(*args, **kwargs)
        except ActionExecutionRejection:  # How a form says "this was no answer": not a failure.
            raise
        except Exception:
            turns.note_failure(turns.ACTION_FAILED)
            raise

    return noting


@_noting
async def _run_custom_action(self: RemoteAction, *args: Any, **kwargs: Any) -> List[Any]:
    """As ``RemoteAction.run``, but not in a turn that has failed.

    Its errors do not carry the action server's words, which may repeat a citizen's.
    """
    turn = turns.current()
    if turn is not None and turn.failure:
        raise TurnFailed(f"The custom action '{self.name()}' is not run: the turn has failed ({turn.failure}).")
    try:
        return await _run_remote(self, *args, **kwargs)
    except ActionExecutionRejection:
        raise
    except Exception as error:
        cause = error.__cause__ or error
        status = getattr(cause, "status", None)
        what = f"{type(cause).__name__} {status}" if status else type(cause).__name__
        raise TurnFailed(f"The custom action '{self.name()}' failed: {what}.") from None


_run_remote = RemoteAction.run


def install() -> None:
    """Put the notes in place. Again does nothing."""
    if RemoteAction.run is _run_custom_action:
        return
    run_action = MessageProcessor._run_action
    predict = MessageProcessor.predict_next_with_tracker_if_should

    @wraps(run_action)
    async def run_any_action(self: MessageProcessor, action: Any, *args: Any, **kwargs: Any) -> bool:
        # Rasa makes a new action object for each prediction, so this touches no other turn.
        action.run = _noting(action.run)
        return await run_action(self, action, *args, **kwargs)

    @wraps(predict)
    def predict_or_note(self: MessageProcessor, *args: Any, **kwargs: Any) -> Any:
        try:
            return predict(self, *args, **kwargs)
        except ActionLimitReached:
            turns.note_failure(turns.ERROR)
            raise

    RemoteAction.run = _run_custom_action  # type: ignore[method-assign]
    MessageProcessor._run_action = run_any_action  # type: ignore[method-assign]
    MessageProcessor.predict_next_with_tracker_if_should = predict_or_note  # type: ignore[method-assign]
