"""Promise: dates are true or marked; none is guessed, none is shifted."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime, timedelta, timezone

import pytest
from babel.dates import format_date, format_skeleton
from hypothesis import given
from hypothesis import strategies as st

from scrapers.dates import infer_years, is_plausible, read_date, read_month_day
from scrapers.values import Entry, Precision, Published

SHANGHAI = "Asia/Shanghai"
NOW = datetime(2020, 7, 4, 12, tzinfo=timezone.utc)


def _entry(title: str, on: date | None = None) -> Entry:
    published = Published(Precision.DAY, on=on, text=str(on), zone=SHANGHAI) if on else None
    return Entry(f"https://example.org/{title}", title, published)


@pytest.mark.parametrize(
    ("text", "languages", "on", "words"),
    [
        ("2021/06/18", "en", date(2021, 6, 18), "2021/06/18"),
        ("Title of it (2020-07-03)", "en", date(2020, 7, 3), "2020-07-03"),
        ("2020年7月3日外交部发言人", "zh", date(2020, 7, 3), "2020年7月3日"),
        ("二〇二〇年七月三十一日", "zh", date(2020, 7, 31), "二〇二〇年七月三十一日"),
        ("民國109年10月23日", "zh", date(2020, 10, 23), "民國109年10月23日"),
        ("令和2年7月3日", "ja", date(2020, 7, 3), "令和2年7月3日"),
        ("2020년 7월 3일", "ko", date(2020, 7, 3), "2020년 7월 3일"),
        ("Press Conference on July 3, 2020", "en", date(2020, 7, 3), "July 3, 2020"),
        ("Press Conference on June11, 2018", "en", date(2018, 6, 11), "June11, 2018"),
        ("Friday, 3rd of July 2020", "en", date(2020, 7, 3), "3rd of July 2020"),
        ("DEC 24, 2025", "en", date(2025, 12, 24), "DEC 24, 2025"),
        ("Berlin, 3. Juli 2020", "de", date(2020, 7, 3), "3. Juli 2020"),
        ("1er juillet 2020", "fr", date(2020, 7, 1), "1er juillet 2020"),
        ("3 de julio de 2020", "es", date(2020, 7, 3), "3 de julio de 2020"),
        ("3 липня 2020 р.", "uk", date(2020, 7, 3), "3 липня 2020"),
        ("3 ก.ค. 2563", "th", date(2020, 7, 3), "3 ก.ค. 2563"),
        ("Stand - 12.11.2021 (seit 05.11.2021)", "de", date(2021, 11, 12), "12.11.2021"),
        ("02-07-2020", "fr", date(2020, 7, 2), "02-07-2020"),
        ("25/12/2020", "en", date(2020, 12, 25), "25/12/2020"),
        ("12/25/2020", "en", date(2020, 12, 25), "12/25/2020"),
        ("07/07/2020", "en", date(2020, 7, 7), "07/07/2020"),
        ("The Act of 2019 May 3, 2020", "en", date(2020, 5, 3), "May 3, 2020"),
    ],
)
def test_a_day_is_read_with_its_words(text: str, languages: str, on: date, words: str) -> None:
    found = read_date(text, zone=SHANGHAI, languages=(languages,))
    assert found == Published(Precision.DAY, on=on, text=words, zone=SHANGHAI)


@pytest.mark.parametrize(
    ("text", "utc", "words"),
    [
        ("2020-10-23 23:12", "2020-10-23T15:12", "2020-10-23 23:12"),
        ("Updated:2020/12/11 17:19", "2020-12-11T09:19", "2020/12/11 17:19"),
        ("Jan 13, 2022 06:15 PM", "2022-01-13T10:15", "Jan 13, 2022 06:15 PM"),
        ("2024年04月24日23:52 | 来源：", "2024-04-24T15:52", "2024年04月24日23:52"),
        ("2020年7月3日 下午3:05", "2020-07-03T07:05", "2020年7月3日 下午3:05"),
        ("(Friday, March 12, 2021, 12:04 a.m.)", "2021-03-11T16:04", "March 12, 2021, 12:04 a.m."),
        ("3 July 2020 10:00-12:00", "2020-07-03T02:00", "3 July 2020 10:00"),
        ("3 July 2020 10:00 (12345)", "2020-07-03T02:00", "3 July 2020 10:00"),
        ("Published: 2020/7/2 1:31:42", "2020-07-01T17:31:42", "2020/7/2 1:31:42"),
        ("23:03, 21-Sep-2020", "2020-09-21T15:03", "23:03, 21-Sep-2020"),
        ("(Xinhua) 08:59, September 27, 2023", "2023-09-27T00:59", "08:59, September 27, 2023"),
        ("Posted 3:05 pm, July 3, 2020", "2020-07-03T07:05", "3:05 pm, July 3, 2020"),
    ],
)
def test_a_time_of_day_without_a_zone_is_the_sources_and_says_so(
    text: str, utc: str, words: str
) -> None:
    found = read_date(text, zone=SHANGHAI, languages=("en", "zh"))
    assert found is not None
    assert found.precision is Precision.MINUTE
    assert found.at == datetime.fromisoformat(utc).replace(tzinfo=timezone.utc)
    assert (found.zone, found.zone_assumed) == (SHANGHAI, True)
    assert found.text == words


@pytest.mark.parametrize(
    "text",
    [
        "The committee meets at 10:00, 3 July 2020",
        "10:00-12:00, 3 July 2020",
        "Score 3:05, 3 July 2020",
        "25:10, 3 July 2020",
    ],
)
def test_a_time_of_day_before_a_date_counts_only_where_a_dateline_begins_with_it(text: str) -> None:
    found = read_date(text, zone=SHANGHAI)
    assert found == Published(Precision.DAY, date(2020, 7, 3), text="3 July 2020", zone=SHANGHAI)


@pytest.mark.parametrize(
    ("text", "utc", "on", "zone"),
    [
        ("Fri, 03 Jul 2020 15:04:05 +0000", "2020-07-03T15:04:05", date(2020, 7, 3), "UTC"),
        ("Fri, 03 Jul 2020 23:04:05 GMT", "2020-07-03T23:04:05", date(2020, 7, 3), "UTC"),
        ("Fri, 03 Jul 2020 23:04:05 EST", "2020-07-04T04:04:05", date(2020, 7, 3), "-05:00"),
        ("2022-01-25T00:30:00+01:00", "2022-01-24T23:30", date(2022, 1, 25), "+01:00"),
        ("2022-01-25T08:00Z", "2022-01-25T08:00", date(2022, 1, 25), "UTC"),
        ("2020.07.15 19:57 GMT+8", "2020-07-15T11:57", date(2020, 7, 15), "+08:00"),
        ("2020-07-03 10:00 +02:00", "2020-07-03T08:00", date(2020, 7, 3), "+02:00"),
        ("3 July 2020 10:00+02:00", "2020-07-03T08:00", date(2020, 7, 3), "+02:00"),
        ("3 July 2020 10:00 GMT 15 comments", "2020-07-03T10:00", date(2020, 7, 3), "UTC"),
        ("3 July 2020 10:00 UTC (12345)", "2020-07-03T10:00", date(2020, 7, 3), "UTC"),
        ("20200703T150405Z", "2020-07-03T15:04:05", date(2020, 7, 3), "UTC"),
    ],
)
def test_a_stated_offset_is_kept_and_the_day_is_the_one_there(
    text: str, utc: str, on: date, zone: str
) -> None:
    found = read_date(text, zone=SHANGHAI)
    assert found is not None
    assert found.at == datetime.fromisoformat(utc).replace(tzinfo=timezone.utc)
    assert (found.on, found.zone, found.zone_assumed) == (on, zone, False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "on the 20th",
        "yesterday, two days ago",
        "May 6",
        "July 2020",
        "2020年7月",
        "February 30, 2020",
        "2020-13-01",
        "2019-02-29",
        "03/04/2020",
        "3-4-2020",
        "12 Mar 26",
        "July 3-5, 2020",
        "version 10.0.0.2020",
        "09h11 le 05/01",
        "5G in 2020, 300 sites",
    ],
)
def test_what_is_no_certain_date_is_none(text: str) -> None:
    assert read_date(text, zone=SHANGHAI, languages=("en", "zh", "fr")) is None


LOCALES = (
    "en de fr es pt it nl da sv nb fi et lv lt pl cs sk sl hr hu ro bg mk sr sq ru uk el tr ar fa "
    "he hi th vi id ms ko ja zh kk ka hy is mt ga eu ca az ky uz sw"
)


@pytest.mark.parametrize("language", LOCALES.split())
def test_a_date_in_letters_is_read_in_every_language_and_never_wrongly(language: str) -> None:
    read = wrong = total = 0
    for month in range(1, 13):
        for day in (1, 9, 12, 23):
            true = date(2020, month, day)
            for style in ("full", "long", "medium"):
                written = format_date(true, style, locale=language)
                found = read_date(written, zone="UTC", languages=(language,))
                read += found is not None
                wrong += found is not None and found.on != true
                total += 1
            written = format_skeleton("yMMMMd", true, locale=language)
            found = read_date(written, zone="UTC", languages=(language,))
            wrong += found is not None and found.on != true
    assert wrong == 0
    assert read == total


@given(st.text(max_size=60))
def test_no_text_of_a_stranger_breaks_the_reading(text: str) -> None:
    found = read_date(text, zone=SHANGHAI, languages=("en", "zh", "de"))
    assert found is None or found.text in text
    read_month_day(text, ("en", "zh"))


def test_a_month_and_a_day_without_a_year_are_read_alone() -> None:
    assert read_month_day("Press Conference on May 6", ("en",)) == (5, 6, "May 6")
    assert read_month_day("5月6日外交部发言人", ("zh",)) == (5, 6, "5月6日")
    assert read_month_day("Press Conference on May 6, 2020", ("en",)) is None
    assert read_month_day("Visit on May 6-8", ("en",)) is None
    assert read_month_day("February 30", ("en",)) is None


def test_a_missing_year_is_the_one_between_the_neighbours() -> None:
    listed = (
        _entry("on January 3", None),
        _entry("January 2, 2019", date(2019, 1, 2)),
        _entry("on December 28", None),
        _entry("December 27, 2018", date(2018, 12, 27)),
        _entry("Remarks", None),
        _entry("on December 26", None),
    )
    found = infer_years(listed, zone=SHANGHAI, languages=("en",))
    days = [entry.published.on if entry.published else None for entry in found]
    assert days == [
        date(2019, 1, 3),
        date(2019, 1, 2),
        date(2018, 12, 28),
        date(2018, 12, 27),
        None,
        date(2018, 12, 26),
    ]
    inferred = found[2].published
    assert inferred is not None
    assert inferred.precision is Precision.INFERRED
    assert (inferred.text, inferred.zone, inferred.at) == ("December 28", SHANGHAI, None)


def test_no_year_is_inferred_where_none_or_several_fit() -> None:
    alone = infer_years((_entry("on May 6"),), zone=SHANGHAI, languages=("en",))
    assert alone[0].published is None
    sparse = (
        _entry("newer", date(2020, 3, 1)),
        _entry("on July 3"),
        _entry("older", date(2018, 5, 1)),
    )
    assert infer_years(sparse, zone=SHANGHAI, languages=("en",))[1].published is None
    far = (_entry("newer", date(2020, 3, 1)), _entry("on July 3"))
    assert infer_years(far, zone=SHANGHAI, languages=("en",))[1].published is None


def test_a_date_before_1990_or_after_the_day_after_tomorrow_is_not_plausible() -> None:
    for on, plausible in [
        (date(1989, 12, 31), False),
        (date(1990, 1, 1), True),
        (NOW.date() + timedelta(days=2), True),
        (NOW.date() + timedelta(days=3), False),
    ]:
        assert is_plausible(Published(Precision.DAY, on=on), now=NOW) is plausible
    late = Published(Precision.MINUTE, on=date(2020, 7, 6), at=NOW + timedelta(days=2, minutes=1))
    assert not is_plausible(late, now=NOW)
    assert is_plausible(Published(Precision.UNKNOWN), now=NOW)


@pytest.mark.parametrize(
    ("text", "languages", "country", "on"),
    [
        ("03/04/2026", "en", "IN", date(2026, 4, 3)),
        ("03/04/2026", "pt en", "BR", date(2026, 4, 3)),
        ("03/04/2026", "en", "US", date(2026, 3, 4)),
        ("03/04/2026", "es en", "US", None),
        ("03/04/2026", "en", "CN", None),
        ("03/04/2026", "en", None, None),
        ("03.04.2026", "en", "US", date(2026, 4, 3)),
        ("25/12/2026", "en", "US", date(2026, 12, 25)),
    ],
)
def test_day_and_month_in_numbers_stand_as_the_country_writes_them(
    text: str, languages: str, country: str | None, on: date | None
) -> None:
    found = read_date(text, zone="UTC", languages=languages.split(), country=country)
    assert (found.on if found else None) == on


@pytest.mark.parametrize(
    ("text", "country", "on"),
    [
        ("Tue, 03/10/2026 - 12:00", "NZ", date(2026, 3, 10)),
        ("Tuesday 10/03/2026", "US", date(2026, 3, 10)),
        ("Tue, 03/10/2026", "CN", date(2026, 3, 10)),
        ("Tue, 10/03/2026", "NZ", date(2026, 3, 10)),
        ("Mon, 03/10/2026", "NZ", date(2026, 10, 3)),
        ("Thu, 03/12/2026", "CN", None),
        ("Thu, 03/12/2026", "NZ", date(2026, 12, 3)),
    ],
)
def test_a_day_of_the_week_tells_which_number_is_the_day(text: str, country: str, on: date) -> None:
    found = read_date(text, zone="UTC", languages=("en",), country=country)
    assert (found.on if found else None) == on


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("發布日期：115-03-12", date(2026, 3, 12)),
        ("中華民國115年3月12日", date(2026, 3, 12)),
        ("115年3月12日 上午10:30", date(2026, 3, 12)),
        ("98年3月12日", date(2009, 3, 12)),
        ("115/03/12", date(2026, 3, 12)),
        ("2026-03-12", date(2026, 3, 12)),
        ("113.02.30", None),
        ("02-2348-2999", None),
        ("110.10.10.1", None),
    ],
)
def test_taiwans_years_are_read_on_its_own_pages(text: str, on: date | None) -> None:
    found = read_date(text, zone="Asia/Taipei", languages=("zh", "en"))
    assert (found.on if found else None) == on
    if "20" not in text:
        assert read_date("115-03-12", zone=SHANGHAI, languages=("zh",)) is None


@pytest.mark.parametrize(
    ("text", "language", "zone", "utc"),
    [
        ("Posted On: 12 MAR 2026 5:30PM by PIB Delhi", "en", "Asia/Kolkata", "2026-03-12T12:00"),
        ("Publicado em 12/03/2026 10h30", "pt", "America/Sao_Paulo", "2026-03-12T13:30"),
        ("Published in Mar 12, 2026 05:30 PM", "en", "America/Sao_Paulo", "2026-03-12T20:30"),
        ("12 марта 2026 15:30", "ru", "Europe/Moscow", "2026-03-12T12:30"),
    ],
)
def test_a_time_of_day_is_read_as_ministries_write_it(
    text: str, language: str, zone: str, utc: str
) -> None:
    found = read_date(text, zone=zone, languages=(language,))
    assert found is not None
    assert found.at == datetime.fromisoformat(utc).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("12 مارس 2026 - 10:30 م", 22),
        ("12 مارس 2026، 10:30 مساءً", 22),
        ("12 مارس 2026 - 12:30 ص", 0),
        ("2026/03/12 10:30 صباحا", 10),
        ("12 مارس 2026 - 10:30 من", 10),
    ],
)
def test_arabic_halves_of_the_day_are_read(text: str, hour: int) -> None:
    found = read_date(text, zone="UTC", languages=("ar",))
    assert found is not None
    assert found.at == datetime(2026, 3, 12, hour, 30, tzinfo=timezone.utc)


def test_reading_a_language_s_dates_leaves_its_regional_variants_whole() -> None:
    code = (
        "from datetime import date; from babel.dates import format_date;"
        "from scrapers.months import number_order; from scrapers.dates import read_date;"
        "print(number_order(('ko', 'en', 'pt'), 'BR'), number_order(('ko',), 'KR'));"
        "print(read_date('12 de março de 2026', zone='UTC', languages=('pt',)).on);"
        "print(format_date(date(2026, 3, 12), 'long', locale='ko'));"
        "print(format_date(date(2026, 3, 12), 'long', locale='pt_BR'));"
        "print(format_date(date(2026, 3, 12), 'long', locale='pt_AO'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    brazilian = angolan = "12 de março de 2026"
    korean = "2026년 3월 12일"
    assert done.stdout.splitlines() == ["dM None", "2026-03-12", korean, brazilian, angolan]
