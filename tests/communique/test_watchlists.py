"""Watchlists: what is wrong in a file is told with its line and the rest still loads; the project's
own watchlist finds what it promises, in its own examples and in real texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from communique.evaluate import evaluate
from communique.rules import Document, Matcher, compile_rules
from communique.settings import project_folder
from communique.watchlists import KEYS, Loaded, load_watchlists

SHARED = Path(__file__).parents[3] / "shared"
GOOD = """\
title: Harbours
rules:
  - id: open-harbour
    name: Open harbour
    severity: urgent
    topic: harbours
    query: >-
      "open harbour" OR
      港口
    not_inside: [open harbour master]
    note: Where ships go
"""
RULE = "  - {id: second, name: Second, severity: info, query: ship}\n"


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    loaded = load_watchlists(project_folder("watchlists"))
    assert loaded.problems == ()
    return compile_rules(loaded.rules)


def load(folder: Path, content: str | bytes, name: str = "harbours.yaml") -> Loaded:
    raw = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(raw)
    return load_watchlists(folder)


def test_a_watchlist_loads_with_all_it_says(tmp_path: Path) -> None:
    loaded = load(tmp_path, GOOD)
    (rule,) = loaded.rules
    assert loaded.problems == ()
    assert (loaded.watchlists[0].name, loaded.watchlists[0].title) == ("harbours", "Harbours")
    assert (rule.watchlist, rule.id, rule.name) == ("harbours", "open-harbour", "Open harbour")
    assert (rule.severity, rule.topic, rule.note) == ("urgent", "harbours", "Where ships go")
    assert rule.query == '"open harbour" OR 港口'
    assert rule.not_inside == ("open harbour master",)


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "words"),
    [
        ("severity: urgent", "severity: loud", 5, "severity", "'loud' is no severity"),
        ("severity: urgent", "severty: urgent", 5, None, "no key is named 'severty'"),
        ("    severity: urgent\n", "", 3, None, "severity missing"),
        ("id: open-harbour", "id: Open Harbour", 3, "id", "cannot be an id"),
        ("name: Open harbour", "name: ''", 4, "name", "no text"),
        ("name: Open harbour", "name: [a]", 4, "name", "no text"),
        ("topic: harbours", "topic: a b", 6, "topic", "cannot be a topic"),
        ("[open harbour master]", "open harbour", 10, "not_inside", "no list"),
        ("[open harbour master]", '["…"]', 10, "not_inside", "no letter or digit"),
        ("      港口", "      港口)", 9, "query", "makes no sense here"),
        ("      港口", "      harb.ur~", 9, "query", "fuzzy"),
        ('"open harbour" OR', '"open harbour"^2 OR', 8, "query", "weights"),
    ],
)
def test_a_bad_rule_is_told_with_its_line_and_the_others_load(
    tmp_path: Path, old: str, new: str, line: int, field: str | None, words: str
) -> None:
    assert old in GOOD
    loaded = load(tmp_path, GOOD.replace(old, new) + RULE)
    (problem,) = loaded.problems
    assert [rule.id for rule in loaded.rules] == ["second"]
    assert (problem.line, problem.field, problem.watchlist) == (line, field, "harbours")
    assert problem.rule == ("Open Harbour" if "Open Harbour" in new else "open-harbour")
    assert words in problem.reason
    assert problem.expected
    assert f"harbours.yaml:{line}: rule {problem.rule}" in str(problem)


def test_a_query_that_does_not_parse_is_told_with_its_place(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, GOOD.replace("      港口", "      港口)")).problems
    assert problem.position == len('"open harbour" OR 港口')
    assert "character 21" in str(problem)


def test_a_second_rule_with_the_same_id_is_refused_and_the_first_stays(tmp_path: Path) -> None:
    loaded = load(tmp_path, GOOD + RULE + RULE.replace("ship", "boat"))
    (problem,) = loaded.problems
    assert "second rule with this id" in problem.reason
    assert (problem.line, problem.rule) == (13, "second")
    assert [rule.query for rule in loaded.rules][1:] == ["ship"]


BOMB = "a: &a [x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"# nothing\n", "empty"),
        (b"title: \xff\xfe\n", "no UTF-8"),
        (GOOD.encode("utf-16"), "no UTF-8"),
        (b"title: a\x00b\n", "no YAML"),
        (b"title: [\n", "no YAML"),
        (b"a: b\n---\nc: d\n", "no YAML"),
        (b"- a\n- b\n", "no mapping"),
        (b"title: x\n", "no list of rules"),
        (b"rules: ship\n", "no list of rules"),
        (b"rulez: []\n", "no key is named 'rulez'"),
        (b"title: x\ntitle: y\nrules: []\n", "twice"),
        (BOMB.encode(), "alias"),
        (b"rules: &r [*r]\n", "alias"),
        (b"[" * 100_000, "too many levels"),
        (b"{a: " * 100_000, "too many levels"),
        (b"x" * 2_000_001, "more than 2,000,000 bytes"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_a_file_that_is_no_watchlist_is_a_problem_and_the_others_load(
    tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "other.yaml").write_text(GOOD)
    loaded = load(tmp_path, content)
    (problem,) = loaded.problems
    assert words in problem.reason
    assert problem.line >= 1
    assert problem.file.name == "harbours.yaml"
    assert [watchlist.name for watchlist in loaded.watchlists] == ["other"]


def test_rules_that_are_no_mappings_are_problems(tmp_path: Path) -> None:
    loaded = load(tmp_path, "rules:\n  - ship\n  - [a]\n  - {? [a] : b, id: x}\n" + RULE)
    assert [problem.line for problem in loaded.problems] == [2, 3, 4]
    assert [rule.id for rule in loaded.rules] == ["second"]


def test_names_folders_and_twins_that_cannot_be_are_problems(tmp_path: Path) -> None:
    (missing,) = load_watchlists(tmp_path / "none").problems
    assert "cannot be read" in missing.reason
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "harbours.yml").write_text(GOOD)
    (tmp_path / "Two Words.yaml").write_text(GOOD)
    loaded = load(tmp_path, GOOD)
    assert [problem.file.name for problem in loaded.problems] == [
        "Two Words.yaml", "folder.yaml", "harbours.yml",
    ]  # fmt: skip
    assert len(loaded.watchlists) == 1


@settings(
    derandomize=True,
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_no_bytes_crash_the_loader(tmp_path: Path, data: st.DataObject) -> None:
    raw = GOOD.encode()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 20)))
    noise = data.draw(
        st.binary(max_size=30) | st.text("[]{}&*!|>'\"%@:-\n #?,", max_size=9).map(str.encode)
    )
    changed = data.draw(st.sampled_from([raw[:start] + noise + raw[end:], noise]))
    loaded = load(tmp_path, changed)
    assert loaded.problems or len(loaded.watchlists) == 1
    compile_rules(loaded.rules)
    assert all(str(problem) and problem.line >= 1 for problem in loaded.problems)


HITS = """
clean-network: They praised the Clean-Network. / so-called “clean networks” / #CleanNetwork
clean-network: the "clean⏎network" / CLEAN NETWORK / 清洁网络 / “清洁”网络 / 清潔網絡 / 清潔網路
clean-network: 干净网络 / 干净网路 / 乾淨網絡 / 「乾淨」網路 / 洁净网络 / 网络清洁
clean-network: クリーン・ネットワーク / 청정 네트워크는 / 청정네트워크 / чистой сети / Чистую сеть
clean-network-in-europe: Un réseau propre pour la 5G / La Red Limpia excluye a China
clean-network-in-europe: čistá síť bez Číny
jingwang: 美国的“净网”计划 / 蓬佩奧談淨網 / 淨網排除華為
clean-lines: Clean Path for 5G traffic / 5G 的乾淨的電信公司
dirty-network: 骯髒網絡 / It is a dirty network.
secure-network: a secure network for 5G
huawei: HUAWEI / Huawei's / 华为 / 華為 / 華爲 / #HuaweiBan
huawei: 2019年华为宣布 / 其中华为最大 / 刚才华为回应 / 提升华为的地位 / 曝光华为
five-g: 5G / ５Ｇ / 5g networks / 推进5G网络 / 4G-5G / a 5 G network / 5 G 网络
five-g: fifth-generation mobile networks / 第五代移动通信 / 第五代行動通訊
backdoor: A back door in the equipment / 华为设备没有“后门” / Hintertüren im Netz
us-surveillance: the PRISM program / from Equation Group to ECHELON / “棱镜门” / 梯队系统
digital-hegemony: its digital hegemony / 網絡霸權
cyber-theft: cyber-theft
fair-environment: a non-discriminatory environment for 5G
"""
NO_HITS = """
clean-network: They kept it clean. Network operators agreed. / 净网行动
clean-network-in-europe: La ville a son réseau propre de bus.
jingwang: 公安部开展“净网2021”专项行动 / 美国的干净网络
clean-lines: a clean path through the woods
secure-network: a secure network of friends
huawei: 爱情升华为友情 / 昇華為推動發展 / 把青春年华为国家奉献
five-g: - 5g of table salt / - 5G olive oil / 5 g (1 tsp) cinnamon, 15 g salt
five-g: the G5 Sahel and the G-5 / a fifth-generation fighter
backdoor: He left through the back door. / a back door for sanctions evasion
us-surveillance: seen through the prism of the Cold War / 第一梯队
us-surveillance: the upper echelons; take it out of the equation
fair-environment: a non-discriminatory trade order
"""


def examples(table: str) -> list[tuple[str, str]]:
    """Rule and text of each example; ⏎ stands for a line break."""
    rows = [line.partition(": ") for line in table.strip().splitlines()]
    texts = [(rule, text) for rule, _, texts in rows for text in texts.split(" / ")]
    return [(rule, text.replace("⏎", "\n")) for rule, text in texts]


@pytest.mark.parametrize(("rule", "text"), examples(HITS))
def test_the_watchlist_hits(matcher: Matcher, rule: str, text: str) -> None:
    assert rule in {hit.rule.id for hit in matcher.match(Document("", text, "en"))}


@pytest.mark.parametrize(("rule", "text"), examples(NO_HITS))
def test_the_watchlist_does_not_hit(matcher: Matcher, rule: str, text: str) -> None:
    assert rule not in {hit.rule.id for hit in matcher.match(Document("", text, "en"))}


def test_the_watchlist_on_the_five_texts_that_users_care_about(matcher: Matcher) -> None:
    if not (SHARED / "seeds").is_dir():
        pytest.skip("../shared/seeds is not here")
    clean, topics = set(), {}
    for path in sorted((SHARED / "seeds").iterdir()):
        title, _, text = path.read_text("utf-8").partition("\n")
        hits = matcher.match(Document(title, text, "en"))
        clean |= {path.name[:3] for hit in hits if hit.rule.id == "clean-network"}
        topics[path.name[:3]] = {hit.rule.topic for hit in hits}
    assert clean == {"000", "001", "003"}
    assert len(topics) == 5
    assert all(found & {"5g", "huawei"} for found in topics.values())


def test_the_watchlist_on_the_labelled_texts() -> None:
    texts = SHARED / "corpus" / "texts.jsonl"
    if not texts.is_file():
        pytest.skip("../shared/corpus/texts.jsonl is not here")
    report = evaluate(load_watchlists(project_folder("watchlists")).watchlists, texts)
    assert (report.texts, report.problems) == (279, ())
    scores = {score.name: score for score in report.scores}
    missed = {(found.rule, found.id) for score in report.scores for found in score.missed}
    # The label is a substring: ECHELON is in "highest echelons", which is none.
    assert missed == {("us-surveillance", "uk-034")}
    for name in ("clean-network", "huawei", "five-g", "backdoor", "topic:5g", "topic:huawei"):
        assert (scores[name].precision or 0) >= 0.97, name
    wrong = [found for score in report.scores for found in score.false if "neg-" in found.id]
    assert wrong == []


def test_a_measurement_tells_misses_false_hits_and_literal_hits_apart(tmp_path: Path) -> None:
    rows = [
        {"id": "hit", "text": "Clean Network", "contains_exact": ["clean network"]},
        {"id": "missed", "text": "a clean sort of network", "contains_exact": ["clean network"]},
        {"id": "false", "text": "Clean Networks", "topics": ["5g"]},
        {"id": "literal", "text": "5G phones", "contains_exact": ["5G"], "hard_negative": True,
         "neg_type": "5g_consumer_only"},
        {"id": "wrong", "text": "an everyday Equation Group", "hard_negative": True,
         "neg_type": "equation_everyday"},
    ]  # fmt: skip
    empty = {
        "title": None,
        "lang": "en",
        "contains_exact": [],
        "contains_variants": [],
        "topics": [],
    }
    lines = [json.dumps(empty | row) for row in rows]
    (tmp_path / "texts.jsonl").write_text("\n".join([*lines, "no json", "[]"]))
    report = evaluate(
        load_watchlists(project_folder("watchlists")).watchlists, tmp_path / "texts.jsonl"
    )
    scores = {score.name: score for score in report.scores}
    clean, five_g = scores["clean-network"], scores["five-g"]
    assert [found.id for found in clean.missed] == ["missed"]
    assert [found.id for found in clean.false] == ["false"]
    assert (clean.found, clean.recall, clean.precision) == (1, 0.5, 0.5)
    assert [(found.id, found.words) for found in clean.hits] == [("hit", ("Clean Network",))]
    assert [(found.id, found.why) for found in five_g.literal] == [("literal", "5g_consumer_only")]
    assert five_g.recall is None
    assert [found.id for found in scores["us-surveillance"].false] == ["wrong"]
    assert len(report.problems) == 2
    assert "clean sort of network" in clean.missed[0].snippet


SCALARS = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12)
NODES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*KEYS, "title", "rules"]) | SCALARS, inner, max_size=7)
    ),
    max_leaves=20,
)
RULES = st.fixed_dictionaries(
    {"id": st.just("a") | st.text(max_size=5), "name": NODES, "query": st.just("ship") | NODES,
     "severity": st.sampled_from(["info", "loud"]) | NODES},
    optional={"not_inside": st.lists(st.text(max_size=5)) | NODES, "topic": NODES, "note": NODES},
)  # fmt: skip


@settings(
    derandomize=True,
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.one_of(
        st.binary(max_size=80),
        NODES.map(lambda node: yaml.dump(node, allow_unicode=True).encode("utf-8", "replace")),
        st.lists(RULES, max_size=3).map(
            lambda rules: yaml.dump({"rules": rules}, allow_unicode=True).encode("utf-8", "replace")
        ),
    )
)
def test_whatever_a_file_holds_is_a_problem_or_a_watchlist(tmp_path: Path, raw: bytes) -> None:
    loaded = load(tmp_path, raw)
    assert loaded.problems or len(loaded.watchlists) == 1
    assert all(str(problem) and problem.line >= 1 for problem in loaded.problems)
    compile_rules(loaded.rules)
