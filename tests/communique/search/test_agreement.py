"""Promise: search finds exactly what an alert would tell of and a back-test count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from communique.rules import Document, Rule, RuleError, compile_rules
from communique.rules.view import View, view_of
from communique.search import candidates, search
from tests.communique.search.store import corpus_documents, fill

Seen = tuple[Document, View]

QUERIES = tuple(
    """
    huawei | huawei AND ban | huawei AND (ban OR exclu*) | "clean network" | clean network
    "clean networks" | clean-network | "Clean Net*" | "network clean"~5 | "huawei security"~10
    5G | ５Ｇ | 5g NOT huawei | huawei NOT ban | NOT (NOT huawei) | 华为 | 華為 | 清洁网络
    清潔網絡 | "huawei * 5g"
    "华为 5G" | "华为 5G"~20 | 网 | 中国 | 中国 AND 网络 | 净网 NOT 华为 | title:huawei | title:华为
    text:huawei NOT title:huawei | title:5g OR title:huawei | country:US huawei | country:CN
    country:X? | country:C* 5g | NOT country:CN huawei | lang:zh 5g | lang:z* | lang:en NOT lang:en
    publisher:"department of state" | publisher:embassy | source:s1* | topic:5g | topic:5* huawei
    topic:clean_network | kind:embassy | host_country:DE | "U.S." | "US" | "made in china"
    "rules-based" | "cyber theft" | back*door | back-door | "5 g" | equation group | wom?n | secur*
    se* | a* b* | sicherheit | seguridad red | veilig netwerk | schutz | networks OR réseaux
    netzwerk* | "core * network" | zzzz | "huawei zte"~3 OR "华为 中兴"~6 | "in the" | to | 네트워크
    """.replace(" | ", "\n").split("\n")[1:-1]
)


def agrees(connection: Connection, query: str, documents: Mapping[int, Seen]) -> None:
    matcher = compile_rules([Rule("w", "r", "r", "info", query)])
    expected = {
        number: hits[0].spans
        for number, seen in documents.items()
        if (hits := matcher.match_view(*seen))
    }
    found: list[tuple[int, object]] = []
    after = None
    while True:
        results = search(connection, query, limit=40, after=after, patience=60)
        found += [(hit.id, hit.spans) for hit in results.hits]
        after = results.next
        if after is None:
            break
    assert found == sorted(expected.items(), reverse=True), query  # the last one is the newest


def test_on_the_corpus(engine: Engine) -> None:
    documents = corpus_documents()
    seen = seen_of(fill(engine, documents), documents)
    with engine.connect() as connection:
        for query in QUERIES:
            agrees(connection, query, seen)


def seen_of(numbers: Sequence[int], documents: Sequence[Document]) -> dict[int, Seen]:
    pairs = [(document, view_of(document)) for document in documents]
    return dict(zip(numbers, pairs, strict=True))


WORDS = (
    *("clean", "Clean", "networks", "network", "Netz", "Netze", "l'Europe", "U.S.", "5G", "５Ｇ"),
    *("it", "made", ". ", ", ", "-", "华为", "華為", "清洁", "网络", "。", "网"),
    *("네트워크", "が", "ไทย", "שלום"),
    *("naïve", "naive", "[C]lean", "O'Neill", "x" * 90, "e\u0301te"),
    *("\ufb01ne", "㍿", "Ünal", "3.5"),
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.lists(
    st.sampled_from(WORDS), max_size=12
).map("".join)
LANGUAGES = ("en", "zh", "zh-Hans", "de", "fr", "ar", "ko", "", "tr")
DOCUMENTS = st.builds(
    Document,
    title=TEXTS,
    text=TEXTS,
    language=st.sampled_from(LANGUAGES),
    source=st.sampled_from(("one", "two")),
    publisher=st.just("Embassy of the People's Republic"),
    country=st.just("CN"),
    kind=st.just("embassy"),
)
PHRASES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(
    lambda words: '"' + " ".join(words).replace('"', "") + '"'
)
ATOMS = (
    PHRASES
    | st.sampled_from([word for word in WORDS if word.strip(" .,-。[]")])
    | st.builds("{}~{}".format, PHRASES, st.integers(0, 6))
    | st.sampled_from(
        ("net*", "cl*n", "netw?rk", "title:clean", "lang:de", "source:one", "topic:x")
    )
)
ASKED = st.recursive(
    ATOMS,
    lambda inner: (
        st.builds("({} AND {})".format, inner, inner)
        | st.builds("({} OR {})".format, inner, inner)
        | st.builds("({} NOT {})".format, inner, inner)
    ),
    max_leaves=4,
)


@pytest.fixture
def made_up(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> tuple[Engine, dict[int, Seen]]:
    """Two hundred texts of these words: the same in every run. Few are walked through and few days
    looked up first, so that every query takes each way of finding them."""
    monkeypatch.setattr(candidates, "NEWEST", 20)
    monkeypatch.setattr(candidates, "SOON", 4)
    documents: list[Document] = []

    @settings(max_examples=200, derandomize=True, database=None, deadline=None)
    @given(DOCUMENTS)
    def make(document: Document) -> None:
        documents.append(document)

    make()
    return engine, seen_of(fill(engine, documents), documents)


@settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(query=ASKED)
def test_on_made_up_texts(made_up: tuple[Engine, dict[int, Seen]], query: str) -> None:
    engine, documents = made_up
    try:
        compile_rules([Rule("w", "r", "r", "info", query)])
    except RuleError:
        return
    with engine.connect() as connection:
        agrees(connection, query, documents)
