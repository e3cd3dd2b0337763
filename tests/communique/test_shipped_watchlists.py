"""The watchlists that the project ships: each finds its subject in every language that matters, and
leaves alone what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from communique.evaluate import evaluate
from communique.rules import Document, Matcher, compile_rules
from communique.settings import project_folder
from communique.watchlists import Loaded, load_watchlists

SHARED = Path(__file__).parents[3] / "shared"
# Those that ministries and embassies here write in.
LANGUAGES = {"en", "zh", "zh-Hant", "ru", "es", "fr", "de", "cs", "ko", "ja", "mk", "sl"}


@pytest.fixture(scope="module")
def shipped() -> Loaded:
    return load_watchlists(project_folder("watchlists"))


@pytest.fixture(scope="module")
def matcher(shipped: Loaded) -> Matcher:
    return compile_rules(shipped.rules)


def found(matcher: Matcher, text: str, language: str) -> set[str]:
    return {hit.rule.id for hit in matcher.match(Document("", text, language))}


# Rule, language, a sentence of ours.
HITS = """
clean-network en: The minister welcomed the operator to the Clean Network.
clean-network zh: 发言人批评所谓“清洁网络”计划。
clean-network zh-Hant: 部長談到乾淨網路。
clean-network ru: Посол назвал «чистую сеть» выдумкой.
clean-network-in-europe es: El embajador habló de la red limpia y de la 5G.
clean-network-in-europe fr: La Chine s'en prend au « réseau propre » de Washington.
clean-network-in-europe de: China kritisiert das Programm für saubere Netzwerke.
clean-network-in-europe cs: Ministr mluvil o čistých sítích bez firmy Huawei.
clean-network ko: 대사는 클린 네트워크에 참여하라고 했다.
clean-network ja: 大使はクリーン・ネットワークを批判した。
clean-network-in-europe mk: Амбасадата на Кина ја критикува чистата мрежа.
clean-network-in-europe sl: Veleposlanik je govoril o čistem omrežju in o Kitajski.
clean-lines en: He called it the clean path for 5G.
clean-lines zh: 5G清洁路径
clean-lines zh-Hant: 5G 的乾淨應用程式
clean-lines ja: 5Gクリーン・パスを求めた。
clean-lines ko: 5G 클린 패스를 요구했다.
clean-lines es: Una nube limpia sin Huawei.
clean-lines fr: Des applications propres, sans Huawei.
clean-lines ru: Помпео объявил чистый путь.
dirty-network fr: Un réseau sale, dit Pékin de la 5G américaine.
dirty-network cs: Špinavá síť, odpověděla Čína.
dirty-network mk: Тоа е нечиста мрежа, рече амбасадорот на Кина.
secure-network de: Wir wollen sichere 5G-Netze.
secure-network sl: Za varna omrežja 5G.
secure-network ja: 安全な5Gネットワークのために
huawei ru: Компания Хуавэя / продукция Хуавея
huawei mk: Опремата на Хуавеи
huawei zh: 记者走访华为总部 / 他在华为期间 / 未来华为会怎样
huawei sl: Huaweijeva oprema
meng-wanzhou en: The court heard Ms. Meng Wanzhou.
meng-wanzhou zh: 孟晚舟女士
meng-wanzhou ja: 孟晩舟氏
meng-wanzhou ko: 멍완저우 부회장
meng-wanzhou ru: Мэн Ваньчжоу задержана
meng-wanzhou cs: Meng Wan-čou
five-g cs: Stavba sítí páté generace
five-g sl: Gradnja omrežij pete generacije
five-g mk: Мрежите од петтата генерација / 5Г мрежа
five-g de: Mobilfunk der fünften Generation
five-g fr: les réseaux mobiles de cinquième génération
five-g es: redes móviles de quinta generación
five-g ja: 第5世代移動通信システム
five-g ko: 5세대 이동통신
backdoor cs: Zadní vrátka v síti
backdoor sl: Stranska vrata v omrežju
backdoor mk: Задна врата во мрежата на Хуавеи
digital-hegemony cs: digitální hegemonie
digital-hegemony sl: proti tehnološki hegemoniji: tehnološka hegemonija
digital-hegemony mk: дигитална хегемонија
digital-hegemony ja: デジタル覇権
digital-hegemony ko: 디지털 패권
zte en: ZTE's equipment
zte zh: 中兴通讯的设备 / 华为和中兴
zte zh-Hant: 華為與中興
zte ru: оборудование ЗТЕ
zte ko: 중싱통신(ZTE)
hikvision-dahua en: Hikvision cameras / cameras made by Dahua
hikvision-dahua zh: 海康威视 / 浙江大华
hikvision-dahua zh-Hant: 海康威視
hikvision-dahua ja: ハイクビジョン
hikvision-dahua ko: 하이크비전과 다화
hikvision-dahua ru: камеры Хиквижн
covered-list en: Hytera radios / the FCC revoked China Telecom's licence
covered-list en: put on the FCC's Covered List
covered-list zh: 海能达 / 威胁将撤销中国电信在美服务许可
covered-list zh-Hant: 聯邦通信委員會針對中國聯通
covered-list ko: 차이나텔레콤을 퇴출
covered-list ru: Чайна Телеком: отозвана лицензия
rip-and-replace en: the Rip-and-Replace programme / it will remove all Huawei equipment
rip-and-replace zh: 拆除华为设备的费用
rip-and-replace zh-Hant: 拆除華為設備
rip-and-replace ru: демонтаж оборудования Huawei
rip-and-replace es: Los operadores retirarán los equipos de Huawei
rip-and-replace fr: L'opérateur démonte les antennes de Huawei
rip-and-replace de: Der Rückbau der Technik von Huawei
rip-and-replace cs: Operátor odstraní zařízení Huawei
rip-and-replace ko: 화웨이 장비 철거
rip-and-replace ja: ファーウェイ製品を撤去する
rip-and-replace mk: Операторот ја отстрани опремата на Huawei
rip-and-replace sl: Operater odstranjuje opremo Huawei
high-risk-vendor en: rules for high-risk vendors / high-risk suppliers of 5G equipment
high-risk-vendor zh: 列为高风险供应商
high-risk-vendor zh-Hant: 高風險供應商
high-risk-vendor ru: поставщики высокого риска
high-risk-vendor es: los proveedores de alto riesgo en la red 5G
high-risk-vendor fr: les fournisseurs à haut risque de la 5G
high-risk-vendor de: Hochrisiko-Anbieter aus den Netzen nehmen
high-risk-vendor cs: rizikoví dodavatelé pro sítě 5G
high-risk-vendor ko: 고위험 공급업체
high-risk-vendor ja: 高リスクベンダーの排除
high-risk-vendor mk: високоризични добавувачи за мрежите
high-risk-vendor sl: dobavitelji z visokim tveganjem v omrežjih 5G
untrusted-vendor en: untrusted vendors / untrustworthy suppliers
untrusted-vendor zh: 不可信的供应商
untrusted-vendor zh-Hant: 不受信任的供應商
untrusted-vendor ru: недоверенные поставщики
untrusted-vendor es: proveedores no confiables
untrusted-vendor fr: des fournisseurs non fiables
untrusted-vendor de: nicht vertrauenswürdige Hersteller
untrusted-vendor cs: nedůvěryhodní dodavatelé
untrusted-vendor ko: 신뢰할 수 없는 공급업체
untrusted-vendor ja: 信頼できないベンダー
untrusted-vendor mk: недоверливи добавувачи
untrusted-vendor sl: nezanesljivi dobavitelji
trusted-vendor en: trusted vendors / trusted suppliers for 5G
trusted-vendor zh: 5G网络只用值得信赖的供应商
trusted-vendor zh-Hant: 5G 網路只用可信賴的供應商
trusted-vendor ru: надежные поставщики для 5G
trusted-vendor es: proveedores de confianza para la 5G
trusted-vendor fr: des fournisseurs de confiance pour la 5G
trusted-vendor de: vertrauenswürdige Anbieter für 5G
trusted-vendor cs: důvěryhodní dodavatelé sítí 5G
trusted-vendor ko: 5G에 신뢰할 수 있는 공급업체
trusted-vendor ja: 5Gには信頼できるベンダーを
trusted-vendor mk: доверливи добавувачи за 5G
trusted-vendor sl: zaupanja vredni dobavitelji za 5G
open-ran en: Open-RAN / OpenRAN / open radio access networks / O-RAN for 5G
open-ran zh: 开放式无线接入网
open-ran zh-Hant: 開放式無線接取網路
open-ran ru: открытая сеть радиодоступа
open-ran es: redes abiertas de acceso radioeléctrico
open-ran fr: les réseaux d'accès radio ouverts
open-ran de: offene Funkzugangsnetze
open-ran cs: otevřené rádiové přístupové sítě
open-ran ko: 오픈랜 / 개방형 무선 접속망
open-ran ja: オープンRAN
open-ran mk: отворена радиопристапна мрежа
open-ran sl: odprto radijsko dostopovno omrežje
toolbox en: the EU toolbox for 5G security
toolbox zh: 欧盟5G网络安全工具箱
toolbox zh-Hant: 5G 網路安全工具箱
toolbox ru: набор инструментов ЕС по безопасности 5G
toolbox es: el conjunto de instrumentos de la UE para la 5G
toolbox fr: la boîte à outils européenne pour la 5G
toolbox de: die 5G-Toolbox der EU / der Werkzeugkasten für 5G
toolbox cs: soubor nástrojů EU pro 5G
toolbox ko: 유럽연합의 5G 툴박스
toolbox ja: EUの5Gツールボックス
toolbox mk: пакет алатки за безбедност на 5G
toolbox sl: nabor orodij EU za varnost 5G
entity-list en: Huawei was put on the Entity List
entity-list zh: 美国把华为列入实体清单
entity-list zh-Hant: 華為被納入實體清單
entity-list ru: Huawei внесена в чёрный список
entity-list es: Huawei sigue en la lista negra
entity-list fr: Huawei est sur la liste noire
entity-list de: Huawei steht auf der schwarzen Liste
entity-list cs: Huawei na černé listině
entity-list ko: 화웨이를 거래제한 명단에 올렸다
entity-list ja: ファーウェイへの禁輸措置
entity-list mk: Huawei е на црната листа
entity-list sl: Huawei na črnem seznamu
telecom-bans en: a ban on Huawei / operators must stop buying Chinese equipment
telecom-bans zh: 禁止华为参与5G建设 / 要求运营商停止采购中国设备
telecom-bans zh-Hant: 排除華為
telecom-bans ru: запрет на оборудование Huawei / запретить «Хуавэй»
telecom-bans es: el veto a Huawei
telecom-bans fr: Le pays veut interdire Huawei
telecom-bans de: Das Verbot von Huawei / Huawei wird ausgeschlossen
telecom-bans cs: Zákaz firmy Huawei
telecom-bans ko: 화웨이 배제
telecom-bans ja: ファーウェイを締め出し
telecom-bans mk: Забрана за Huawei / забрана за Хуавеи
telecom-bans sl: Prepoved za Huawei
prague-proposals en: the Prague Proposals
prague-proposals zh: 布拉格提案
prague-proposals zh-Hant: 布拉格提案
prague-proposals ru: Пражские предложения
prague-proposals es: las propuestas de Praga
prague-proposals fr: les propositions de Prague
prague-proposals de: die Prager Vorschläge
prague-proposals cs: Pražské návrhy
prague-proposals ko: 프라하 제안
prague-proposals ja: プラハ提案
prague-proposals mk: Прашките предлози
prague-proposals sl: Praški predlogi
vendor-rules en: the Telecommunications (Security) Act / vendor diversification in 5G
vendor-rules zh: 电信供应商多元化
vendor-rules de: kritische Komponenten von Huawei
vendor-rules es: la diversificación de proveedores de 5G
vendor-rules fr: la loi dite anti-Huawei
vendor-rules cs: prověřování bezpečnosti dodavatelů sítí 5G
vendor-rules ko: 5G 공급망 다변화
vendor-rules sl: diverzifikacija dobaviteljev za 5G
"""
SPARED = """
huawei zh: 以总统访华为契机深化合作 / 对我国进行来华为期三天的访问 / 与华为敌没有出路 / 以反华为己任
five-g mk: 5 г сол и 5г шеќер
clean-network-in-europe cs: Čistá síť kanalizace slouží městu.
clean-network-in-europe sl: Čisto omrežje pitne vode
clean-lines es: El país limpio apuesta por una nube limpia de polvo.
dirty-network fr: Un réseau sale d'égouts
meng-wanzhou zh: 孟小姐乘晚舟
zte zh: 祖国的中兴 / 中兴村
hikvision-dahua en: Professor Li Dahua spoke in Dahua County.
hikvision-dahua zh: 大华社区
covered-list zh: 打压中国电信企业，危害国家安全 / 中国移动支付被禁止
covered-list en: China Mobile opened a shop.
rip-and-replace en: Huawei replaced its rival as the largest seller. / Rip up the list.
rip-and-replace de: Der Ausbau von 5G mit Huawei
high-risk-vendor en: high-risk suppliers of frozen food
high-risk-vendor fr: les fournisseurs à risque de la cantine
untrusted-vendor en: an untrusted certificate
trusted-vendor en: a trusted supplier of gas
trusted-vendor de: nicht vertrauenswürdige Anbieter für 5G
trusted-vendor zh: 5G网络不可信的供应商
open-ran en: John O. ran for office. / an open, ran-down hall
toolbox en: the toolbox of monetary policy
toolbox de: Der Werkzeugkasten der Zentralbank
entity-list en: A university was put on the Entity List.
entity-list zh: 大学被列入实体清单
telecom-bans en: Bangladesh, a bank and a band met Huawei. / They crack down on Huawei.
telecom-bans zh: 美方打压华为
telecom-bans es: Huawei es propiedad exclusiva de sus empleados.
prague-proposals en: The Prague conference on cars. / He proposed in Prague.
vendor-rules en: The city restricts street vendors.
"""


def examples(table: str) -> list[tuple[str, str, str]]:
    """Rule, language and text of each example."""
    out = []
    for line in table.strip().splitlines():
        head, _, texts = line.partition(": ")
        rule, language = head.split()
        out += [(rule, language, text) for text in texts.split(" / ")]
    return out


def test_every_file_loads_and_every_rule_says_why_it_is_there(shipped: Loaded) -> None:
    assert shipped.problems == ()
    names = [watchlist.name for watchlist in shipped.watchlists]
    assert names == ["5g-huawei", "clean-network", "vendors-and-bans"]
    assert all(rule.note for rule in shipped.rules)
    ids = [rule.id for rule in shipped.rules]
    assert len(set(ids)) == len(ids), "an id names one rule, whichever watchlist it is in"


@pytest.mark.parametrize(("rule", "language", "text"), examples(HITS))
def test_a_rule_finds_its_subject(matcher: Matcher, rule: str, language: str, text: str) -> None:
    assert rule in found(matcher, text, language)


@pytest.mark.parametrize(("rule", "language", "text"), examples(SPARED))
def test_a_rule_leaves_what_only_looks_alike(
    matcher: Matcher, rule: str, language: str, text: str
) -> None:
    assert rule not in found(matcher, text, language)


@pytest.mark.parametrize(
    "rule",
    [
        *("rip-and-replace", "high-risk-vendor", "untrusted-vendor", "trusted-vendor", "open-ran"),
        *("toolbox", "entity-list", "telecom-bans", "prague-proposals"),
    ],
)
def test_words_without_a_name_in_them_are_known_in_every_language(rule: str) -> None:
    assert {language for each, language, _ in examples(HITS) if each == rule} == LANGUAGES


def test_each_watchlist_is_known_in_every_language(shipped: Loaded) -> None:
    for watchlist in shipped.watchlists:
        rules = {rule.id for rule in watchlist.rules}
        known = {language for rule, language, _ in examples(HITS) if rule in rules}
        assert known >= LANGUAGES - {"zh-Hant"}, watchlist.name


def test_vendors_and_bans_on_the_labelled_texts(shipped: Loaded) -> None:
    texts = SHARED / "corpus" / "texts.jsonl"
    if not texts.is_file():
        pytest.skip("../shared/corpus/texts.jsonl is not here")
    (vendors,) = (one for one in shipped.watchlists if one.name == "vendors-and-bans")
    report = evaluate([vendors], texts)
    negatives = {(hit.rule, hit.id) for score in report.scores for hit in score.literal}
    # A list of telephones for sale; a column that does speak of a ban.
    assert negatives <= {("zte", "neg-es-004"), ("telecom-bans", "neg-hk-007")}
    hits = {score.name: {hit.id for hit in score.hits} for score in report.scores}
    # Read by eye: what says so without any of the words that are labelled.
    assert {"uk-002", "uk-013", "uk-015", "uk-041", "mfazh-069"} <= hits["high-risk-vendor"]
    assert {"gn-008", "gn-010", "gn-042", "hk-001", "uk-041"} <= hits["untrusted-vendor"]
    assert {"mfaen-034", "mfazh-008", "hk-020", "es-002"} <= hits["entity-list"]
    assert {"mfazh-017", "mfazh-059", "gn-040", "es-005"} <= hits["telecom-bans"]
    assert "es-006" not in hits["telecom-bans"]  # propiedad exclusiva
    assert {"mfazh-048", "nl-017"} <= hits["covered-list"]
    assert "mfazh-051" not in hits["covered-list"]  # 中国电信企业: any telecom firm
