"""Promise: whatever a page says of its encoding, its text comes out right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers.charset import decode

TEXTS = {
    "en-typographic": (
        "The embassy said on Thursday that “no vendor” had been asked to leave the trial — no"
        "t yet. The ministry’s café talks on 5G cost €40 million…"
    ),
    "zh": (
        "使馆发言人周四表示，试验网的建设仍在继续，双方将就第五代移动通信技术的安全标准举行磋"
        "商。有关企业没有被要求退出，所谓禁令并不存在。我们希望各国提供公平、公正、开放的环境"
        "。"
    ),
    "zh-Hant": (
        "代表處發言人週四表示，試驗網路的建設仍在繼續，雙方將就第五代行動通訊技術的安全標準舉"
        "行磋商。有關企業沒有被要求退出，所謂禁令並不存在。我們希望各國提供公平、公正、開放的"
        "環境。"
    ),
    "ja": (
        "大使館の報道官は木曜日、試験網の建設は続いており、第五世代移動通信の安全基準について"
        "双方が協議すると述べた。企業が撤退を求められた事実はなく、いわゆる禁止令は存在しない"
        "という。"
    ),
    "ko": (
        "대사관 대변인은 목요일 시험망 건설이 계속되고 있으며 양측이 5세대 이동통신"
        " 보안 기준을 협의할 것이라고 밝혔다. 기업에 철수를 요구한 사실이 없으며 "
        "이른바 금지령은 존재하지 않는다고 말했다."
    ),
    "ru": (
        "Официальный представитель посольства заявил в четверг, что строительство опытной сет"
        "и продолжается и стороны обсудят стандарты безопасности связи пятого поколения. Комп"
        "аниям не предлагали уйти, никакого запрета нет."
    ),
    "cs": (
        "Mluvčí velvyslanectví ve čtvrtek uvedl, že výstavba zkušební sítě pokračuje a obě st"
        "rany budou jednat o bezpečnostních normách sítí páté generace. Žádná společnost neby"
        "la vyzvána k odchodu a řečený zákaz neexistuje."
    ),
    "pl": (
        "Rzecznik ambasady oświadczył w czwartek, że budowa sieci próbnej trwa, a obie strony"
        " omówią normy bezpieczeństwa łączności piątej generacji. Żadnej spółki nie wezwano d"
        "o odejścia, a rzekomy zakaz nie istnieje."
    ),
    "hu": (
        "A nagykövetség szóvivője csütörtökön közölte, hogy a kísérleti hálózat építése folyt"
        "atódik, és a felek tárgyalni fognak az ötödik generációs hírközlés biztonsági előírá"
        "sairól. Egyetlen vállalatot sem szólítottak fel távozásra, őszintén szólva."
    ),
    "fr": (
        "Le porte-parole de l’ambassade a déclaré jeudi que la construction du réseau d’essai"
        " se poursuivait et que les deux parties évoqueraient les normes de sécurité de la té"
        "léphonie de cinquième génération. Aucune société n’a été priée de partir : l’interdi"
        "ction évoquée n’existe pas, où que ce soit."
    ),
    "de": (
        "Der Sprecher der Botschaft erklärte am Donnerstag, der Aufbau des Versuchsnetzes geh"
        "e weiter und beide Seiten würden über Sicherheitsnormen für den Mobilfunk der fünfte"
        "n Generation sprechen. Kein Unternehmen sei zum Rückzug aufgefordert worden; ein Ver"
        "bot gebe es nicht, größere Änderungen schon gar nicht."
    ),
    "es": (
        "El portavoz de la embajada declaró el jueves que la construcción de la red de prueba"
        " continúa y que ambas partes hablarán de las normas de seguridad de la telefonía de "
        "quinta generación. A ninguna compañía se le pidió que se marchara; la supuesta prohi"
        "bición no existe, según añadió."
    ),
    "tr": (
        "Büyükelçilik sözcüsü perşembe günü deneme ağının kurulmasının sürdüğünü ve tarafları"
        "n beşinci kuşak haberleşmenin güvenlik ölçütlerini görüşeceğini açıkladı. Hiçbir şir"
        "ketten çekilmesi istenmedi, sözü edilen yasak diye bir şey yok, dışişleri bunu doğru"
        "ladı."
    ),
}
FAMILIES = [
    ("utf-8", "zh"),
    ("utf-8", "fr"),
    ("gb18030", "zh"),
    ("gbk", "zh"),
    ("big5", "zh-Hant"),
    ("shift_jis", "ja"),
    ("euc-jp", "ja"),
    ("iso-2022-jp", "ja"),
    ("euc-kr", "ko"),
    ("windows-1250", "cs"),
    ("windows-1250", "pl"),
    ("windows-1250", "hu"),
    ("windows-1251", "ru"),
    ("koi8-r", "ru"),
    ("windows-1252", "fr"),
    ("windows-1252", "de"),
    ("iso-8859-1", "es"),
    ("iso-8859-2", "cs"),
    ("iso-8859-2", "pl"),
    ("iso-8859-9", "tr"),
    ("windows-1254", "tr"),
    ("utf-16", "zh"),
    ("utf-16-le", "fr"),
    ("utf-16-be", "ru"),
]
# What servers and templates say without knowing, and labels that no decoder should follow.
WRONG = (
    "utf-8",
    "iso-8859-1",
    "gb2312",
    "shift_jis",
    "big5",
    "euc-kr",
    "windows-1251",
    "koi8-r",
    "iso-8859-9",
    "us-ascii",
    "x-unknown",
    "idna",
    "rot13",
)


def _page(text: str, label: str | None) -> str:
    meta = f'<meta charset="{label}">' if label else ""
    return (
        f"<!doctype html><html><head>{meta}<title>{text[:30]}</title>"
        f'<script>var a = "x";</script></head><body><a href="/">Home</a><p>{text}</p></body></html>'
    )


def _header(label: str | None) -> str:
    return f"text/html; charset={label}" if label else "text/html"


@pytest.mark.parametrize(("encoding", "language"), FAMILIES)
def test_a_page_with_its_right_label_or_none_is_decoded(encoding: str, language: str) -> None:
    text = TEXTS[language]
    for in_page, in_header in [(None, None), (encoding, None), (None, encoding)]:
        page = _page(text, in_page)
        assert decode(page.encode(encoding), _header(in_header)) == page


@pytest.mark.parametrize(("encoding", "language"), FAMILIES)
def test_a_page_with_a_wrong_label_is_decoded(encoding: str, language: str) -> None:
    for wrong in WRONG:
        page = _page(TEXTS[language], wrong)
        assert decode(page.encode(encoding), _header(None)) == page, wrong
        page = _page(TEXTS[language], None)
        assert decode(page.encode(encoding), _header(wrong)) == page, wrong


@pytest.mark.parametrize(("encoding", "language"), FAMILIES)
def test_a_short_page_is_decoded_by_its_label(encoding: str, language: str) -> None:
    page = _page(TEXTS[language][:30], encoding)
    assert decode(page.encode(encoding), None) == page


def test_a_label_means_its_superset_as_in_browsers() -> None:
    assert decode("\u2018镕\u2019".encode("gb18030"), _header("gb2312")) == "\u2018镕\u2019"
    assert decode("“5G”".encode("cp1252"), _header("iso-8859-1")) == "“5G”"


def test_a_feed_is_decoded_by_its_xml_declaration() -> None:
    feed = f'<?xml version="1.0" encoding="gb2312"?><rss><title>{TEXTS["zh"][:12]}</title></rss>'
    assert decode(feed.encode("gb18030"), "application/xml") == feed


def test_one_broken_character_does_not_spoil_the_page() -> None:
    for encoding, label in (("utf-8", "utf-8"), ("gb18030", "gb2312")):
        page = _page(TEXTS["zh"], label)
        broken = page.encode(encoding) + "试".encode(encoding)[:1]
        assert decode(broken, _header(label)).startswith(page)


@given(st.binary(max_size=300), st.sampled_from([None, "text/html", *map(_header, WRONG)]))
def test_no_bytes_of_a_stranger_break_it_or_what_comes_after(
    body: bytes, content_type: str | None
) -> None:
    text = decode(body, content_type)
    assert "\x00" not in text
    text.encode("utf-8")


def test_nuls_and_lone_surrogates_are_taken_out() -> None:
    assert decode(b"a\x00b", None) == "ab"
    lone = "<html>5G\ud800</html>".encode("utf-16-le", "surrogatepass")
    decode(b"\xff\xfe" + lone, None).encode("utf-8")


def test_the_language_tells_what_the_detector_takes_for_western() -> None:
    text = (
        "A minisztérium közleménye szerint a hálózat építése folytatódik, és a felek később "
        "döntenek a beszállítókról; a szóvivő őszintén örült a kérdésnek, űrkutatásról nem szólt."
    )
    for encoding in ("windows-1250", "iso-8859-2"):
        assert text in decode(f"<html><p>{text}</p>".encode(encoding), "text/html")


def test_one_accent_in_a_long_text_is_read_as_its_language_writes_it() -> None:
    text = (
        "De woordvoerder zei donderdag dat de bouw van het proefnetwerk doorgaat en dat niemand "
        "is gevraagd te vertrekken; de geïnteresseerde bedrijven mogen in het voorjaar terugkomen."
    )
    assert text in decode(f"<html><p>{text}</p>".encode("windows-1252"), "text/html")
