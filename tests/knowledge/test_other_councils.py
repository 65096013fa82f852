"""Messages about another council that they name, whatever else they are about."""

from __future__ import annotations

import pytest

from bot import yaml12
from bot.knowledge.other_councils import about_another
from bot.settings import ROOT


@pytest.mark.parametrize(
    "text",
    [
        "got a parking ticket off Wigan council and want to argue it",
        "my nan lives in Sunderland and her bins werent done",
        "leeds city council have put my council tax up",
        "I live up in Northumberland, who do I pay",
        "Brighton and Hove council took my bike",
        "who runs parking for Southend-on-Sea City Council",
        "a fine from the London Borough of Camden",
        "my bin at Salford was missed",
        "the street lights in Wigan are out",
        "Leeds council sent me a bill and also my street light is out",
        "my council is Bolton",
        "my council tax in York is wrong",
        "the council in Trafford sent me a bill",
        "Reading is my council",
    ],
)
def test_another_council_is_heard_by_its_name(text: str) -> None:
    assert about_another(text)


@pytest.mark.parametrize(
    "text",
    [
        "blue badge from Leeds council, is it valid here",
        "my mum lives in York and moves in with us, council tax?",
        "I live in York Road and my bin was missed",
        "the full council meeting",
        "my son lives in Leeds at university, do I still get the single person discount",
        "my mum lives in Kent and I am her carer; can I get a carer's assessment",
        "my landlord lives in Leeds and the flat has damp",
        "I work for Wigan council, how do I pay my council tax",
        "my nan lives in Durham Court and her bin was missed",
        "im reading council tax bills and dont understand them",
        "we moved from Wigan council's area, how do I register to vote in Northmere",
        "Bristol Street is full of potholes",
        "my bin at Salford Road was missed",
        "the bins at Leeds Street were left",
        "street light out in Lincoln Mews",
        "the bins in reading room",
        "council tax, moving from Leeds to Northmere",
        "I work in Leeds and my bin was missed",
        "I was born in Leeds, how do I get a birth certificate",
    ],
)
def test_what_is_for_us_as_well_is_not_sent_away(text: str) -> None:
    assert not about_another(text)


def test_no_held_out_question_is_sent_away() -> None:
    rows = yaml12.load((ROOT / "tests/questions/held_out.yaml").read_text(encoding="utf-8"))
    assert len(rows) > 600
    assert [row["question"] for row in rows if about_another(str(row["question"]))] == []
