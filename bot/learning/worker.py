"""The work behind drafts: trying and publishing, one at a time, and finishing after a crash what was begun.

An editor's form only says what is wanted, by the draft's state. This takes it up, so that a publication that was cut
off is finished by the same steps, by whichever gateway starts next.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.learning import change, journal, trial
from bot.learning.change import Conflict
from bot.settings import ROOT, Settings
from bot.store import Store, drafts, leases, misses, publications
from bot.store.drafts import Draft, Outdated
from bot.supervise.model import serve_from_now, served
from bot.supervise.process import Failure
from bot.turn.brain import BrainFailure, Workshop

log = logging.getLogger(__name__)

_LEASE = "editing"
_LEASE_FOR = timedelta(minutes=2)
_RENEW_EVERY = 30.0
_LOOK_EVERY = 5.0
#: How often a Rasa that is not there is told of the new model, and seconds between: as long as it takes to start.
_KNOCKS, _KNOCK_AGAIN = 120, 1.0

FAILED = "It could not be tried. Whoever runs Saywhy finds the cause in its logs. Nothing was changed."
_GONE = "model_is_gone"
_WHY = {_GONE: "The model of this trial is not kept any more. Try it again."}
_NOT_TAKEN_UP = "The assistant could not take up the new model."
_NOT_PUT_BACK = "The former model serves, but the files could not be put back. Whoever runs Saywhy must look at them."


class Worker:
    """Takes up drafts that are to be tried or published. ``poke`` when there is one; it looks by itself as well."""

    def __init__(self, store: Store, settings: Settings, workshop: Workshop, root: Path = ROOT) -> None:
        self._store, self._settings, self._workshop, self._root = store, settings, workshop, root
        self._owner = store.ambient.new_id()
        self._poked = asyncio.Event()
        self._working = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look. On SQLite the lease of an earlier run is void."""
        if self._store.is_sqlite:
            async with self._store.write() as tx:
                await leases.free(tx, _LEASE)
        await self._forget_what_is_done()
        self._task = asyncio.create_task(self._look())

    async def _forget_what_is_done(self) -> None:
        """It was recorded, and the machine stopped right then."""
        if begun := journal.read(self._settings):
            async with self._store.read() as connection:
                draft = await drafts.get(connection, begun.draft)
            if draft is None or draft.state != "publishing":
                journal.clear(self._settings)

    async def stop(self) -> None:
        """Break off. What was begun is taken up again at the next start."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def poke(self) -> None:
        """There is something to do."""
        self._poked.set()

    async def _look(self) -> None:
        while True:
            self._poked.clear()
            try:
                await self.work()
            except Exception:
                log.exception("Drafts could not be looked at. Trying again.")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._poked.wait(), _LOOK_EVERY)

    async def work(self) -> None:
        """Do all that there is to do now: publications first, since they may be half done."""
        async with self._working:
            while await self._do_one():
                pass

    async def _do_one(self) -> bool:
        async with self._store.read() as connection:
            wanted = await drafts.in_states(connection, "publishing", "trying")
        if not wanted or not await self._take_lease():
            return False
        renewing = asyncio.create_task(self._renew())
        try:
            draft = min(wanted, key=lambda one: (one.state != "publishing", one.changed_at))
            await (self.publish(draft) if draft.state == "publishing" else self.try_out(draft))
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            async with self._store.write() as tx:
                await leases.release(tx, _LEASE, self._owner)
        return True

    async def try_out(self, draft: Draft) -> None:
        """Try a draft and store what came of it, unless it was changed or put away meanwhile."""
        began = self._store.ambient.now().isoformat()

        async def tell(step: str) -> None:
            async with self._store.write() as tx:
                await drafts.note_trial(tx, draft.id, {"step": step, "began": began})

        try:
            changes = await asyncio.to_thread(change.files, self._root, draft.answer, draft.content)
            wordings = [one["text"] for one in draft.content["add"]]
            result = await trial.run(self._settings, draft.id, changes, wordings, tell, self._root)
        except Conflict as conflict:
            result = trial.Result([str(conflict)])
        except (Failure, OSError, ValueError) as error:
            log.error("Draft %s could not be tried: %s %s", draft.id, error, getattr(error, "lines", ""))
            result = trial.Result([FAILED])
        with suppress(Outdated):
            async with self._store.write() as tx:
                await drafts.change(tx, draft, state="tried", trial=asdict(result))

    async def publish(self, draft: Draft) -> None:
        """Write the files, let the model serve, add to the record. Each step may have been done before a crash.

        What cannot be published is as it was before, and the draft says why.
        """
        assert draft.plan is not None
        changes, model = change.from_json(draft.plan["files"]), self._model(draft.plan["model"])
        former = self._former(draft)
        try:
            await self._write(draft, changes, former)
        except Conflict as conflict:
            return await self._take_back(draft, str(conflict))
        except OSError as error:
            return await self._take_back(draft, f"The files could not be written: {error.strerror}.")
        try:
            await self._serve(model)
        except BrainFailure as failure:
            log.error("Draft %s was not published: %s", draft.id, failure.reason)
            return await self._take_back(draft, await self._back_to(draft, changes, former, failure))
        await self._record(draft)

    async def _back_to(
        self, draft: Draft, changes: list[change.FileChange], former: str | None, failure: BrainFailure
    ) -> str:
        """The files and the model as they were. Gives the words for the editor."""
        why = _WHY.get(failure.reason, _NOT_TAKEN_UP)
        if former:
            serve_from_now(self._settings, self._model(former))
        try:
            await self._write(draft, [_reverse(each) for each in changes], former)
        except (Conflict, OSError) as error:
            log.error("Draft %s: the files could not be put back: %s", draft.id, error)
            return f"{why} {_NOT_PUT_BACK}"
        return f"{why} Nothing was changed."

    def _former(self, draft: Draft) -> str | None:
        """The model that served before this publication began, also when it began before a crash."""
        begun = journal.read(self._settings)
        if begun and begun.draft == draft.id:
            return begun.former
        serving = served(self._settings)
        return serving.name if serving else None

    async def _write(self, draft: Draft, changes: list[change.FileChange], former: str | None) -> None:
        await asyncio.to_thread(journal.note, self._settings, journal.Entry(draft.id, changes, former))
        await asyncio.to_thread(change.write, self._root, changes)

    def _model(self, name: str) -> Path:
        return self._settings.data_dir / "models" / name

    async def _serve(self, model: Path) -> None:
        if not model.is_file():
            raise BrainFailure(_GONE)
        # First the link: a Rasa that starts just now takes the new model too.
        serve_from_now(self._settings, model)
        # One that was starting already may have read the former link: it is told as soon as it is there.
        for _ in range(_KNOCKS):
            if await self._workshop.serve(model.resolve()):
                return
            await asyncio.sleep(_KNOCK_AGAIN)

    async def _record(self, draft: Draft) -> None:
        assert draft.plan is not None
        assert draft.sent_by is not None
        content, result = draft.content, draft.trial or {}
        used = [one["miss"] for one in content["add"] if one.get("miss")]
        with suppress(Outdated):
            async with self._store.write() as tx:
                await publications.add(
                    tx,
                    draft_id=draft.id,
                    answer=draft.answer,
                    title=draft.plan["title"],
                    undoes=draft.undoes,
                    before=draft.plan["before"],
                    after=draft.plan["after"],
                    added=[one["text"] for one in content["add"]],
                    removed=list(content["remove"]),
                    figures={**result.get("figures", {}), "became_wrong": result.get("became_wrong", [])},
                    editors=draft.editors,
                    published_by=draft.sent_by,
                    approved_by=draft.approved_by,
                )
                await misses.set_state(tx, used, "used")
                if draft.undoes and (undone := await publications.get(tx.connection, draft.undoes)):
                    former = await drafts.get(tx.connection, undone.draft_id)
                    asked = former.content["add"] if former else []
                    await misses.set_state(tx, [one["miss"] for one in asked if one.get("miss")], "open")
                await drafts.change(tx, draft, state="published", plan=None)
        journal.clear(self._settings)

    async def _take_back(self, draft: Draft, why: str) -> None:
        journal.clear(self._settings)  # first: a start would otherwise go on with what was refused
        with suppress(Outdated):
            async with self._store.write() as tx:
                result: dict[str, Any] = {**asdict(trial.Result([why]))}
                await drafts.change(tx, draft, state="tried", plan=None, trial=result, approved_by=None)

    async def _take_lease(self) -> bool:
        async with self._store.write() as tx:
            return await leases.take(tx, _LEASE, self._owner, tx.now + _LEASE_FOR)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_EVERY)
            await self._take_lease()


def _reverse(changed: change.FileChange) -> change.FileChange:
    return change.FileChange(changed.path, changed.after, changed.before)
