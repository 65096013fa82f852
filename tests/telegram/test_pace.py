from __future__ import annotations

from datetime import datetime, timedelta

from bot.channels.telegram.pace import Pace
from tests.fakes import MONDAY_MORNING as NOW


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_one_message_a_second_to_each_chat() -> None:
    pace = Pace()
    assert pace.chat_free("a", NOW) == NOW
    pace.sent("a", NOW)
    assert pace.chat_free("a", later(0.5)) == later(1)
    assert pace.chat_free("b", later(0.5)) == later(0.5)
    assert pace.chat_free("a", later(2)) == later(2)


def test_thirty_in_any_second_in_all() -> None:
    pace, moments = Pace(), []
    for n in range(200):
        moments.append(pace.next_slot(later(n / 1000)))
    assert moments == sorted(moments)
    assert moments[29] == later(0.029)
    for first, last in zip(moments, moments[30:], strict=False):
        assert last - first >= timedelta(seconds=1)
    assert pace.next_slot(later(60)) == later(60)


def test_a_chat_that_is_told_to_wait_waits_alone_and_several_mean_the_whole_bot() -> None:
    pace = Pace()
    assert pace.refused("a", 5, NOW) == later(5)
    assert pace.chat_free("a", later(1)) == later(5)
    assert pace.chat_free("b", later(1)) == later(1)
    pace.refused("b", 3, later(1))
    assert pace.chat_free("c", later(2)) == later(5)
    assert pace.chat_free("c", later(6)) == later(6)
    pace.refused("d", 1, later(10))  # those two are long over
    assert pace.chat_free("e", later(10)) == later(10)
