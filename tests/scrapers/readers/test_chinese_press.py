"""Promise: a text of the Chinese press holds neither an agency's dateline nor credits, captions and
invitations, and nothing of its own is taken for them."""

from __future__ import annotations

import pytest

from scrapers.readers._chinese_press import bare

BODY = "The port opened its network."


@pytest.mark.parametrize(
    "before",
    [
        "BEIJING, July 15 (Xinhua) -- ",
        "STRELSAU, Ruritania, Sept. 26 (Xinhua) -- ",
        "(ECNS) -- ",
        "Beijing (CNS) — ",
        "STRELSAU, 5 janvier (Xinhua) -- ",
        "新华社北京7月15日电（记者甲乙）",
        "人民网斯特雷索4月24日电 ",
        "中新社北京7月15日电 (记者 甲乙) ",
        "C114讯 5月8日消息（甲乙）",
    ],
)
def test_an_agencys_dateline_goes(before: str) -> None:
    assert bare(before + BODY) == BODY


@pytest.mark.parametrize(
    "aside",
    [
        "(Web editor: N. Zenda, M. Hentzau)",
        "(责编：甲乙、丙丁)",
        "【责任编辑：甲乙】",
        "（编辑：甲乙 丙丁）",
        "(Rédacteurs :N. Zenda, M. Hentzau)",
        "Editor: hentzau",
        "分享让更多人看到",
        "扫一扫在手机打开当前页",
        "Follow China.org.cn on Twitter and Facebook to join the conversation.",
        "Newspaper headline: A port online",
        "Illustration: Rupert Hentzau/GT",
        "Photo: VCG",
        "The harbour of Strelsau, Jan. 19, 2019. (Xinhua/R. Hentzau)",
        "Cranes in the harbour on Wednesday. [Photo/Agencies]",
        "A tram in Strelsau. /CFP",
        "/enpproperty-->",
    ],
)
def test_credits_captions_and_invitations_go(aside: str) -> None:
    assert bare(f"{BODY}\n\n{aside}") == BODY


@pytest.mark.parametrize(
    "text",
    [
        "In July (Xinhua) reported, the port opened.",
        "Beijing, July 15. The ministry answered.",
        "The editors: two people who edited.\n\nThey did so for years.",
        "编辑：这是怎么回事？\n\n他说没有。",
        "记者：请介绍情况。\n\n发言人：已按计划结束。",
        "Share of the market fell.",
        "4月24日，港口启用新网。",
        "(Xinhua) --",
    ],
)
def test_what_is_the_texts_own_stays(text: str) -> None:
    assert bare(text) == text
