"""Values as people read them."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from xinglin.platform.i18n import use_locale
from xinglin.web import filters

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 23)


@dataclass
class Slot:
    """A row with a time."""

    time: str


def test_money_has_two_places_and_its_sign_in_front() -> None:
    assert filters.money("1234.5") == "¥ 1,234.50"
    assert filters.money("-21.6") == "−¥ 21.60"


@pytest.mark.parametrize("text", ["<b>", "", "NaN", "Infinity", "1e999999999", "1" * 16])
def test_what_is_no_amount_stands_as_it_is(text: str) -> None:
    assert filters.money(text) == text


def test_moments_are_shown_in_the_hospitals_zone() -> None:
    assert filters.moment("2026-11-22T23:30:00Z", SHANGHAI) == "2026-11-23 07:30"
    assert filters.moment("2021-05", SHANGHAI) == "2021-05"


def test_days_near_today_have_names() -> None:
    with use_locale("zh_CN"):
        assert filters.day_name(TODAY, TODAY) == "今天"
        assert filters.day_name(date(2026, 11, 24), TODAY) == "明天"
        assert filters.day_name(date(2026, 11, 25), TODAY) == "周三 11-25"


def test_places_fall_into_parts_of_the_day() -> None:
    with use_locale("en"):
        parts = filters.sessions([Slot("08:00"), Slot("11:50"), Slot("12:00"), Slot("18:00")])
    assert [(title, [slot.time for slot in rows]) for title, rows in parts] == [
        ("Morning", ["08:00", "11:50"]),
        ("Afternoon", ["12:00"]),
        ("Evening", ["18:00"]),
    ]


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"dosageInstruction": [{"text": "口服"}]}, "口服"),
        (
            {"dosageInstruction": [{"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}}]},
            "2 × every 1 d",
        ),
        ({"dosageInstruction": [{"asNeededBoolean": True}]}, "when needed"),
        ({}, ""),
    ],
)
def test_a_dosage_is_its_text_or_its_timing(request_: dict[str, object], text: str) -> None:
    with use_locale("en"):
        assert filters.dosage(request_) == text


def test_a_visit_is_named_by_service_type_or_class() -> None:
    with use_locale("zh_CN"):
        assert filters.encounter_title({"serviceType": {"text": "心内科"}}) == "心内科"
        assert filters.encounter_title({"type": [{"text": "Check up"}]}) == "Check up"
        assert filters.encounter_title({"class": {"code": "EMER"}}) == "急诊"


def test_initials() -> None:
    assert [filters.initial(name) for name in ("张三", "amy", "", None)] == ["张", "A", "?", "?"]
