"""Language versions: what a publisher says in two languages is one story, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text

from communique.alerting import judge
from communique.schema import StatementRow, StoryCorrection, Translation
from communique.settling import settle
from communique.translations import Text, anchors_of, likeness, pairs_of
from communique.translations.joining import join_stories
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, Posted, edit, post
from tests.communique.test_alerting import hears, wait_until, waits_for_a_lock

DAY = date(2026, 3, 1)
ENGLISH = (
    "Spokesperson on the chip talks in Brussels\n"
    "Reuters: On February 26 the European Union opened talks with Japan on 5G equipment worth 2.5 "
    "billion euros. Huawei and Ericsson were both named. What does the ministry say?\n"
    "A: We have noted the reports. The WTO has 164 members, and its rules hold for the European "
    "Union as for Japan. Huawei has worked in Germany for 20 years without one proven incident. "
    "We hope that Germany and France will keep their markets open."
)
CHINESE = (
    "发言人谈布鲁塞尔芯片会谈\n"
    "路透社记者：2月26日，欧盟同日本就价值25亿欧元的5G设备开启会谈，华为和爱立信都被点名。外交部对此有何评论？\n"
    "答：我们注意到有关报道。世贸组织有164个成员，规则对欧盟和日本同样有效。华为在德国经营20年，"
    "没有一起得到证实的安全事件。希望德国和法国保持市场开放。"
)
OTHER_ENGLISH = (
    "Spokesperson on aid to Kenya\n"
    "AFP: On February 27 a plane with 300 tons of rice landed in Kenya. Will Ethiopia and Uganda "
    "be given aid as well?\n"
    "A: The United Nations has asked for help for Kenya, Ethiopia and Uganda. Together with the "
    "African Union we shall send 1,200 tons more by April 15, so that the harvest can be awaited "
    "without fear. Our experts in Kenya will stay until the rains come."
)
OTHER_CHINESE = (
    "发言人谈援助肯尼亚\n"
    "法新社记者：2月27日，一架载有300吨大米的飞机抵达肯尼亚。埃塞俄比亚和乌干达也会得到援助吗？\n"
    "答：联合国呼吁援助肯尼亚、埃塞俄比亚和乌干达。我们将同非盟一道，在4月15日前再运送1200吨，"
    "使当地民众能够安心等待收成。我们在肯尼亚的专家将一直留到雨季来临。"
)
GERMAN = (
    "Sprecher zu den Chip-Gesprächen in Brüssel\n"
    "Reuters: Am 26. Februar begann die Europäische Union mit Japan Gespräche über 5G-Technik im "
    "Wert von 2,5 Milliarden Euro. Huawei und Ericsson wurden beide genannt. Was sagt das "
    "Ministerium?\nA: Wir kennen die Berichte. Die WTO hat 164 Mitglieder, ihre Regeln gelten für "
    "die Europäische Union wie für Japan. Huawei arbeitet in Deutschland seit 20 Jahren ohne einen "
    "belegten Vorfall. Wir hoffen, dass Deutschland und Frankreich ihre Märkte offen halten."
)


def written(number: int, words: str, language: str, on: date = DAY) -> Text:
    title, _, body = words.partition("\n")
    return Text(number, number, on, language, title, body)


def found(*texts: Text) -> set[tuple[int, int]]:
    return {(pair.statement_id, pair.other_id) for pair in pairs_of(texts, texts)}


def stored(engine: Engine, words: str, language: str, number: int, **changed: object) -> Posted:
    title, _, body = words.partition("\n")
    facts = {"on": DAY, "source": "ministry_one", "url": f"https://m.example/{number}"} | changed
    return post(engine, title=title, text=body, language=language, **facts)


def stories(engine: Engine, posts: Sequence[Posted]) -> list[int]:
    with engine.connect() as connection:
        rows = dict(connection.execute(select(StatementRow.id, StatementRow.story_id)).all())
    return [rows[each.statement] for each in posts]


def test_each_statement_finds_its_version_among_those_of_the_day() -> None:
    texts = (
        written(1, ENGLISH, "en"),
        written(2, OTHER_ENGLISH, "en"),
        written(3, OTHER_CHINESE, "zh"),
        written(4, CHINESE, "zh"),
    )
    assert found(*texts) == {(1, 4), (2, 3)}


def test_versions_in_three_languages_are_all_paired() -> None:
    texts = (written(1, GERMAN, "de"), written(2, ENGLISH, "en"), written(3, CHINESE, "zh"))
    assert found(*texts) >= {(1, 2), (2, 3)}


def test_traditional_characters_are_the_same_language_version() -> None:
    from opencc import OpenCC

    traditional = OpenCC("s2t").convert(CHINESE)
    assert found(written(1, ENGLISH, "en"), written(2, traditional, "zh")) == {(1, 2)}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("Japan", "Canada"), "another country"),
        (("Huawei", "Nokia"), "another company"),
        (("164", "27"), "another number"),
    ],
)
def test_another_name_or_number_is_less_alike(change: tuple[str, str], why: str) -> None:
    chinese = anchors_of("", CHINESE, "zh")
    same = likeness(anchors_of("", ENGLISH, "en"), chinese)
    other = likeness(anchors_of("", ENGLISH.replace(*change), "en"), chinese)
    assert other < same, why


def test_a_text_that_names_little_is_never_paired() -> None:
    one = written(1, "Notice\nThe office of the embassy is closed. We ask for patience.", "en")
    other = written(2, "通知\n使馆办公室暂停对外办公，敬请谅解。", "zh")
    assert found(one, other) == set()


def test_a_remark_is_no_version_of_the_press_conference_that_holds_it() -> None:
    conference = ENGLISH + "\n" + OTHER_ENGLISH.partition("\n")[2]
    assert found(written(1, conference, "en"), written(2, OTHER_CHINESE, "zh")) == set()


def test_where_two_are_equally_good_neither_is_taken() -> None:
    twins = (written(2, CHINESE, "zh"), written(3, CHINESE.replace("日本", "日 本"), "zh"))
    assert found(written(1, ENGLISH, "en"), *twins) == set()


@pytest.mark.parametrize(("days", "paired"), [(0, True), (2, True), (3, False), (-2, True)])
def test_versions_come_within_two_days(days: int, paired: bool) -> None:
    later = written(2, CHINESE, "zh", DAY + timedelta(days=days))
    assert found(written(1, ENGLISH, "en"), later) == ({(1, 2)} if paired else set())


def test_numbers_and_days_are_the_same_in_every_language() -> None:
    english = anchors_of("", "On June 4, 2020 it sold 1.2 million masks and 300,000 tests.", "en")
    chinese = anchors_of("", "2020年6月4日，售出120万只口罩和三十万份检测。", "zh")
    german = anchors_of("", "Am 4. Juni 2020 wurden 1,2 Millionen und 300.000 verkauft.", "de")
    assert {"6/4", "#1.2e+06", "#300000"} <= set(english.said)
    assert {"6/4", "#1.2e+06", "#300000"} <= set(chinese.said)
    assert "6/4" in german.said


def test_us_is_a_country_only_in_capitals() -> None:
    assert "US" in anchors_of("", "The US and the UK agreed.", "en").said
    assert "US" not in anchors_of("", "They told us who it was.", "en").said


def test_nothing_in_a_strangers_text_breaks_the_comparison() -> None:
    odd = ["", "\x00\ud800", "年月日", "十", "百万亿", "5" * 400, "4 de", "June", "٣ مارس ٢٠٢٠"]
    for words in odd:
        for language in ("en", "zh", "ar", "xx", "", "zh-Hant"):
            likeness(anchors_of(words, words, language), anchors_of("", ENGLISH, "en"))


def test_a_settled_pair_is_one_story_and_the_later_one_joins_the_earlier(engine: Engine) -> None:
    posts = [
        stored(engine, CHINESE, "zh", 1),
        stored(engine, OTHER_CHINESE, "zh", 2),
        stored(engine, ENGLISH, "en", 3),
    ]
    assert settle(engine, NOW).problems == ()
    first, other, version = stories(engine, posts)
    assert version == first != other
    with engine.connect() as connection:
        rows = connection.execute(select(Translation.statement_id, Translation.other_id)).all()
        assert rows == [(posts[0].statement, posts[2].statement)]
        left = connection.scalar(text("SELECT count(*) FROM communique.stories"))
        assert left == 2


def test_a_version_that_comes_in_a_later_run_is_paired_too(engine: Engine) -> None:
    posts = [stored(engine, ENGLISH, "en", 1)]
    settle(engine, NOW)
    posts.append(stored(engine, CHINESE, "zh", 2, on=DAY + timedelta(days=1)))
    settle(engine, NOW)
    assert len(set(stories(engine, posts))) == 1


def test_editions_of_one_ministry_are_one_publisher_and_missions_are_not(engine: Engine) -> None:
    posts = [
        stored(engine, ENGLISH, "en", 1, source="xx_mfa_en"),
        stored(engine, CHINESE, "zh", 2, source="xx_mfa_zh"),
        stored(engine, OTHER_ENGLISH, "en", 3, source="xx_embassy_fr"),
        stored(engine, OTHER_CHINESE, "zh", 4, source="xx_embassy_es"),
    ]
    with engine.begin() as connection:
        of_ministry = "UPDATE communique.sources SET host_country = NULL WHERE id LIKE 'xx_mfa%'"
        connection.execute(text(of_ministry))
    settle(engine, NOW)
    ministry, edition, one, other = stories(engine, posts)
    assert ministry == edition
    assert one != other


def test_what_is_told_of_while_it_is_joined_keeps_its_story(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "chips.yaml").write_text("rules: [{id: c, name: C, severity: info, query: chips}]")
    hears(engine, "ana@example.org", "*")
    earlier = post(engine, text="Nothing of note.")
    later = post(engine, text="Of chips.", url="https://one.example/2")
    settle(engine, NOW, steps=())

    def join() -> None:
        with engine.begin() as connection:
            join_stories(connection, [(earlier.statement, later.statement)])

    with ThreadPoolExecutor(2) as pool:
        with engine.begin() as holder:
            # The delivery's foreign key waits for this lock when the story is locked already.
            holder.execute(text("SELECT FROM communique.subscriptions FOR UPDATE"))
            judging = pool.submit(judge, engine, load_watchlists(tmp_path), NOW)
            wait_until(lambda: waits_for_a_lock(engine))
            joining = pool.submit(join)
            wait_until(lambda: waits_for_a_lock(engine, 2))
        joining.result()
        assert judging.result().queued == 1
    assert stories(engine, [earlier, later]) == [later.story] * 2


def test_what_was_put_apart_by_hand_stays_apart(engine: Engine) -> None:
    posts = [stored(engine, ENGLISH, "en", 1), stored(engine, CHINESE, "zh", 2)]
    with engine.begin() as connection:
        connection.execute(
            insert(StoryCorrection).values(
                statement_id=posts[0].statement,
                other_id=posts[1].statement,
                same=False,
                made_at=NOW,
            )
        )
    settle(engine, NOW)
    assert len(set(stories(engine, posts))) == 2


def test_a_version_that_is_edited_keeps_its_pair(engine: Engine) -> None:
    posts = [stored(engine, ENGLISH, "en", 1), stored(engine, CHINESE, "zh", 2)]
    settle(engine, NOW)
    title, _, body = ENGLISH.partition("\n")
    edit(engine, posts[0], title, body + " The talks go on.")
    assert settle(engine, NOW).problems == ()
    with engine.connect() as connection:
        assert len(connection.execute(select(Translation)).all()) == 1


def test_an_undated_statement_is_left_alone(engine: Engine) -> None:
    posts = [stored(engine, ENGLISH, "en", 1, on=None), stored(engine, CHINESE, "zh", 2)]
    assert settle(engine, NOW).problems == ()
    assert len(set(stories(engine, posts))) == 2


def test_a_batch_is_paired_in_a_bounded_number_of_queries(engine: Engine) -> None:
    from sqlalchemy import event

    from communique.translations import pair

    for number in range(40):
        day = DAY + timedelta(days=5 * number)
        stored(engine, ENGLISH, "en", 2 * number, on=day)
        stored(engine, CHINESE, "zh", 2 * number + 1, on=day)
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    settle(engine, NOW, steps=(pair,))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM communique.translations")) == 40
    assert len(sent) < 25


def test_two_events_of_one_day_at_one_mission_are_no_versions_of_each_other() -> None:
    english = (
        "Ambassador meets the minister of transport\n"
        "On March 1 the Chinese ambassador to Germany met the minister of transport in Berlin. "
        "They spoke of the Belt and Road and of the embassy's plans for the coming year."
    )
    chinese = (
        "大使出席一带一路论坛开幕式\n"
        "3月1日，中国驻德国大使在柏林出席一带一路论坛开幕式并致辞，使馆官员和各界来宾约百人参加。"
    )
    common = {"CN": 0.15, "DE": 0.15}
    texts = (written(1, english, "en"), written(2, chinese, "zh"))
    assert pairs_of(texts, texts, common=common) == []
