"""Exported decisions: nothing that tells a sensitive fact, and a list of all that is masked."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot import __main__ as command
from bot import export_command
from bot.desk import claims, deciding, departing
from bot.policy.decide import BadFact
from bot.policy.export import MASK, masked
from bot.policy.format import to_json
from bot.policy.model import Library, Version
from bot.policy.tally import Decided, Tally
from bot.settings import Settings
from bot.store import Store, applications, messages
from bot.store.conversations import Conversation
from bot.store.messages import Draft, Sender
from bot.supervise.process import Failure
from bot.turn.context import Services
from tests.desk.test_departing import GOOD, account
from tests.policy.test_record import record_of
from tests.web.decided import BINS, PERMIT, decided_case

WASTE = {**BINS, "able_adult": True}


def golden(library: Library, policy: str, **facts: Any) -> dict[str, Any]:
    found = next(test for test in library.policy(policy).golden if test["expect"]["outcome"] in ("refuse", "refer"))
    return record_of(library, library.policy(policy), {**found["facts"], **facts}, receipt="7KHT-M2XD")


def test_special_category_facts_and_all_that_tells_them(library: Library) -> None:
    record = record_of(library, library.policy("assisted-bins"), WASTE, receipt="7KHT-M2XD")
    line = masked(record)
    assert line["masked"] == [
        "alternatives", "corrections", "facts.able_adult.value", "facts.cannot_move.value", "failed", "next_version",
        "not_known", "previous", "receipt", "sha256", "steps", "text",
        "trace.AB-2.reads.cannot_move", "trace.AB-2.status", "trace.AB-2.truth",
        "trace.AB-3.reads.able_adult", "trace.AB-3.status", "trace.AB-3.truth", "what_would_change",
    ]  # fmt: skip
    assert line["failed"] == MASK
    assert line["outcome"] == "refer"
    assert {one["id"]: one["value"] for one in line["facts"]}["distance"] == 5
    assert record["text"] not in json.dumps(line)
    other = masked(
        record_of(library, library.policy("assisted-bins"), {**WASTE, "able_adult": False}, receipt="7KHT-M2XD")
    )
    assert {key for key in line if line[key] != other[key]} == set()


def test_personal_facts_and_what_was_worked_out_from_them(library: Library) -> None:
    line = masked(golden(library, "council-tax-hardship"))
    assert {path for path in line["masked"] if path.startswith(("facts", "derived"))} >= {
        "facts.income.value", "facts.costs.value", "facts.savings.value", "derived.left_over.value",
    }  # fmt: skip
    assert all(one["value"] == MASK for one in line["facts"] if one["sensitive"] == "personal")
    assert "trace.CH-4.reads.left_over" in line["masked"]
    assert "trace.CH-4.status" in line["masked"]


def otherwise(fact: dict[str, Any], version: Version) -> list[Any]:
    """Other values of a sensitive fact, on both sides of each threshold."""
    declared, now = version.facts[fact["id"]], fact["value"]
    if declared.type == "bool":
        return [not now]
    values = declared.choices or [to_json(one) for one in version.cuts.get(fact["id"], ())]
    return [one for one in values if one != now]


def test_who_differs_in_one_sensitive_fact_is_exported_alike_where_the_outcome_is(library: Library) -> None:
    compared = set()
    for policy in library.policies.values():
        for golden in policy.golden:
            if golden["expect"]["outcome"] == "need_info":
                continue
            try:
                record = record_of(library, policy, dict(golden["facts"]), receipt="7KHT-M2XD")
            except BadFact:  # it is about another day
                continue
            version = next(one for one in policy.versions if one.version == record["version"])
            for fact in record["facts"]:
                for value in otherwise(fact, version) if fact["sensitive"] != "none" else ():
                    try:
                        other = record_of(library, policy, {**golden["facts"], fact["id"]: value}, receipt="7KHT-M2XD")
                    except ValueError:  # something is now missing or cannot be
                        continue
                    if (other["outcome"], other["version"]) == (record["outcome"], record["version"]):
                        assert masked(other) == masked(record), f"{policy.id}: {fact['id']} {value}"
                        compared.add((policy.id, fact["id"]))
    assert len(compared) >= 6
    assert len({policy for policy, _ in compared}) >= 4


def test_without_sensitive_facts_only_the_code_goes(library: Library) -> None:
    record = golden(library, "resident-permit")
    line = masked(record)
    assert line["masked"] == ["previous", "receipt", "sha256"]
    assert line["text"] == record["text"].replace("7KHT-M2XD", MASK)
    assert "7KHT-M2XD" not in json.dumps(line)
    assert record["receipt"] == "7KHT-M2XD", "the record itself stays as it is"


@pytest.mark.parametrize("policy", ["assisted-bins", "blue-badge-review", "school-transport", "council-tax-hardship"])
def test_every_value_of_a_sensitive_fact_is_gone(library: Library, policy: str) -> None:
    for test in library.policy(policy).golden:
        if test["expect"]["outcome"] == "need_info":
            continue
        record = record_of(library, library.policy(policy), dict(test["facts"]))
        line = masked(record)
        sensitive = {one["id"] for one in record["facts"] if one["sensitive"] != "none"}
        if not sensitive:
            continue
        for one in line["facts"]:
            assert (one["value"] == MASK) is (one["id"] in sensitive)
        for trace in line["trace"]:
            for name, value in trace["reads"].items():
                assert value == MASK or name not in sensitive
        assert line["text"] == MASK


async def test_the_chain_is_written_one_line_each_departures_too(
    services: Services, store: Store, conversation: Conversation
) -> None:
    ana = await account(store, "ana", "parking_team_leader")
    case, row = await decided_case(services)
    assert row
    await claims.claim(store, case.id, ana, services.council)
    made = await departing.depart_from(store, services.policies, case.id, row.reference, ana, GOOD)
    out = io.StringIO()
    assert await export_command.write(store, None, out) == 2
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["reference"], first["place"], first["departs_from"]) == (row.reference, 1, None)
    assert (second["reference"], second["departs_from"]) == (made["reference"], row.id)
    assert second["masked"] == [
        "departure.evidence", "departure.from_sha256", "departure.ground", "departure.kept_at", "departure.reason",
        "departure.staff.id", "departure.staff.name", "previous", "receipt", "sha256", "text",
    ]  # fmt: skip
    for secret in (GOOD.reason, GOOD.kept_at, GOOD.ground, *GOOD.evidence, "Ana Reid", ana.id, made["receipt"]):
        assert secret not in out.getvalue()
    assert await export_command.write(store, date(2026, 11, 24), io.StringIO()) == 0


def test_the_command(services: Services, capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    own: Settings = replace(services.settings, data_dir=tmp_path / "own")
    arguments = command.parser().parse_args(["export", "--decisions", "--out", str(tmp_path / "all.ndjson")])
    assert export_command.main(own, arguments) == 0
    assert "0 decisions written" in capsys.readouterr().err
    for wrong in (["export"], ["export", "--decisions", "--rules"]):
        with pytest.raises(Failure, match="--decisions or --rules"):
            export_command.main(own, command.parser().parse_args(wrong))
    table = tmp_path / "rules.csv"
    assert export_command.main(own, command.parser().parse_args(["export", "--rules", "--out", str(table)])) == 0
    lines = table.read_text().splitlines()
    assert f"{len(lines) - 1} rules written" in capsys.readouterr().err
    assert lines[0] == "policy,version,rule,name,refusals,reviews_asked,reviews_changed,departures"
    assert "resident-permit,2026.1,RP-5,Height,0,0,0,0" in lines
    assert len(lines) > 40


def table_of(text: str) -> dict[tuple[str, str, str], list[str]]:
    rows = list(csv.reader(io.StringIO(text)))
    return {(row[0], row[1], row[2]): row[4:] for row in rows[1:]}


async def test_refusals_reviews_and_what_they_changed_by_rule(
    services: Services, store: Store, conversation: Conversation
) -> None:
    ana = await account(store, "ana", "parking_team_leader")
    case, row = await decided_case(services)  # refused by RP-5, a review asked for
    assert row
    await decided_case(services, facts={**PERMIT, "vehicle_length": "6"})  # by RP-5 and RP-6
    await decided_case(services, facts={**PERMIT, "vehicle_height": "2"})  # a yes
    async with store.write() as tx:  # a refusal that nobody asked about
        state = {**PERMIT, "permits_held": 2, "vehicle_height": "2"}
        said = await messages.append(tx, conversation, Sender.CITIZEN, Draft("yes"))
        await applications.keep(tx, conversation, policy="resident-permit", values=state, question="@confirm",
                                last_fact="permits_held", misses=0, seq=said.seq, at=tx.now)  # fmt: skip
        application = await applications.open_of(tx.connection, conversation.id)
        assert application
        await deciding.decide_application(tx, application, services.policies, services.zone, tx.ambient.new_id())

    async def table(since: date | None = None) -> dict[tuple[str, str, str], list[str]]:
        out = io.StringIO()
        await export_command.write_rules(store, since, out)
        return table_of(out.getvalue())

    before = await table()
    assert before["resident-permit", "2026.1", "RP-5"] == ["2", "2", "0", "0"]
    assert before["resident-permit", "2026.1", "RP-6"] == ["1", "1", "0", "0"]
    assert before["resident-permit", "2026.1", "RP-3"] == ["1", "0", "0", "0"]
    assert before["resident-permit", "2026.1", "RP-1"] == ["0", "0", "0", "0"]
    await claims.claim(store, case.id, ana, services.council)
    await departing.depart_from(store, services.policies, case.id, row.reference, ana, GOOD)
    after = await table()
    assert after["resident-permit", "2026.1", "RP-5"] == ["2", "2", "1", "1"]
    assert {**after, ("resident-permit", "2026.1", "RP-5"): []} == {**before, ("resident-permit", "2026.1", "RP-5"): []}
    assert set(map(tuple, (await table(date(2026, 11, 24))).values())) == {("0",) * 4, ("<5",) * 4}


def test_few_cases_of_a_rule_on_sensitive_facts_are_not_counted_out(library: Library) -> None:
    policy = library.policy("school-transport")
    facts = next(test["facts"] for test in policy.golden if test["expect"].get("failed") == ["ST-4"])
    record = record_of(library, policy, dict(facts))
    for count, shown in ((0, "<5"), (4, "<5"), (5, "5")):
        tally = Tally(library)
        tally.add([Decided(record)] * count)
        [row] = [row for row in tally.rows() if row[:3] == ["school-transport", "2026.1", "ST-4"]]
        assert row[3:] == ["Distance under 8", shown, "<5", "<5", "<5"]
        [other] = [row for row in tally.rows() if row[:3] == ["dropped-kerb", "2026.1", "DK-1"]]
        assert other[4:] == ["0", "0", "0", "0"], "nothing sensitive is read by this one"
