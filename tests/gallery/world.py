"""The news that the pictures show: publishers, statements and rules of our own invention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path

from scrapers.facts import load_sources
from scrapers.sources import Source
from tests.communique.alert_rows import Post

# A Monday, 06:10 UTC.
NOW = datetime(2026, 3, 2, 6, 10, tzinfo=timezone.utc)
READER, DIGESTED = "ana@desk.example", "omar@desk.example"

WATCHLISTS = {
    "clean-network": """
rules:
  - id: clean-network
    name: Clean Network
    severity: urgent
    query: '"clean network" OR 清洁网络'
    note: The programme by its name, also where it is only quoted.
""",
    "5g-huawei": """
rules:
  - {id: huawei, name: Huawei, severity: notice, query: 'huawei OR 华为'}
  - id: five-g
    name: 5G policy
    severity: info
    query: '5G AND (spectrum OR supplier OR vendor)'
""",
}

# source: publisher, kind, country, host country, zone
SOURCES = {
    "demo_mfa": ("Ministry of Foreign Affairs, Spokesperson", "ministry", "CN", None),
    "demo_embassy_nordland": ("Embassy of China in Norway", "embassy", "CN", "NO"),
    "demo_embassy_iberia": ("Embassy of China in Portugal", "embassy", "CN", "PT"),
    "demo_consulate": ("Consulate General of China in Marseille", "consulate", "CN", "FR"),
    "demo_state": ("State Department, Office of the Spokesperson", "ministry", "US", None),
    "demo_ministry_lt": ("Ministry of Transport and Communications", "ministry", "LT", None),
    "demo_regulator": ("Communications Regulatory Authority", "regulator", "SI", None),
}
ZONES = {"CN": "Asia/Shanghai", "US": "America/New_York", "LT": "Europe/Vilnius"}
ZONES |= {"SI": "Europe/Ljubljana"}


@dataclass(frozen=True)
class Story:
    """One statement to be posted, and what becomes of it."""

    source: str
    path: str
    title: str
    text: str
    on: date = date(2026, 3, 2)
    language: str = "en"

    def post(self, seen: datetime) -> Post:
        """As the source posts it, first seen at `seen` (aware)."""
        country = SOURCES[self.source][2]
        return Post(
            title=self.title,
            text=self.text,
            source=self.source,
            url=f"https://{self.source.replace('_', '-')}.example/{self.path}",
            seen=seen,
            on=self.on,
            zone=ZONES[country],
            date_text=f"{self.on:%Y-%m-%d}",
            language=self.language,
        )


FACTS = """- id: {id}
  publisher: {publisher} (demonstration)
  kind: {kind}
  country: {country}
  languages: [en]
  time_zone: {zone}
  reader: generic
  articles: /[0-9]+
  listings: [https://{name}.example/]
"""
# Missions that say nothing of interest.
OTHERS = (
    *(("Ghana", "GH"), ("Kenya", "KE"), ("Chile", "CL"), ("Peru", "PE"), ("Fiji", "FJ")),
    *(("Malta", "MT"), ("Nepal", "NP"), ("Oman", "OM"), ("Qatar", "QA"), ("Samoa", "WS")),
    *(("Serbia", "RS"), ("Sweden", "SE"), ("Tonga", "TO"), ("Uganda", "UG"), ("Zambia", "ZM")),
)


def sources(folder: Path) -> tuple[Source, ...]:
    """All that are watched, from facts written into `folder`, a file a desk."""
    desks: dict[str, str] = {"china": "", "united_states": "", "europe": ""}
    every = [(source, *facts) for source, facts in SOURCES.items()]
    for place, code in OTHERS:
        every.append(
            (f"demo_embassy_{code.lower()}", f"Embassy of China in {place}", "embassy", "CN", code)
        )
    for source, publisher, kind, country, host in every:
        desk = {"CN": "china", "US": "united_states"}.get(country, "europe")
        desks[desk] += FACTS.format(
            id=source,
            publisher=publisher,
            kind=kind,
            country=country,
            zone=ZONES[country],
            name=source.replace("_", "-"),
        ) + (f"  host_country: {host}\n" if host else "")
    folder.mkdir(exist_ok=True)
    for desk, facts in desks.items():
        (folder / f"{desk}.yaml").write_text(facts, encoding="utf-8")
    return load_sources(folder)


_CLAIM = (
    "A handful of politicians keep stretching the idea of national security to shut out companies "
    "that have built half of the networks on this continent, and they have yet to put a single "
    "piece of evidence on the table."
)

FIRST = Story(
    "demo_mfa",
    "xwfw/202602/t1184201.html",
    "Spokesperson's remarks on the review of telecom suppliers in Europe",
    f"Asked about the review, the spokesperson had this to say. {_CLAIM} We hope that the "
    "countries concerned will keep their markets open.",
    date(2026, 2, 19),
)
INSTANT = Story(
    "demo_embassy_nordland",
    "eng/sgdt/t1185530.html",
    "Embassy Spokesperson Answers a Question on the So-called Clean Network",
    "Q: A newspaper in Oslo reported yesterday that the government is considering joining the "
    "Clean Network. What is the embassy's comment?\n\nA: We have taken note of the report. The "
    "so-called “clean network” is neither clean nor a network: it is a list of those who may sell "
    f"and of those who may not. {_CLAIM} Huawei has worked in Norway for more than twenty years "
    "and has always kept to the laws of the land. We trust that the Norwegian side will decide "
    "for itself.",
)
REPOST = Story(
    "demo_embassy_iberia",
    "pot/sghd/t1185544.htm",
    INSTANT.title,
    INSTANT.text,
)
EDITED = Story(
    "demo_state",
    "releases/2026/03/clean-network-partners",
    "Joint Statement on the Clean Network and Trusted Suppliers",
    "The governments met in Ljubljana on Sunday. They affirmed that the Clean Network rests on "
    "shared standards of trust and that untrusted vendors such as Huawei and ZTE will be removed "
    "from their 5G networks by the end of 2027. They will meet again in the autumn.",
    date(2026, 3, 1),
)
EDITED_LATER = (
    EDITED.title,
    "The governments met in Ljubljana on Sunday. They affirmed that the Clean Network rests on "
    "shared standards of trust and that high-risk vendors will be phased out of the core of their "
    "5G networks by the end of 2029. They will meet again in the autumn.",
)
WITHDRAWN = Story(
    "demo_consulate",
    "fra/zlgdt/t1185102.htm",
    "Consul General Meets the President of the Chamber of Commerce",
    "The Consul General called on the chamber to speak up for Huawei's plant in Alsace, on which "
    "eight hundred families depend, and said that whoever gives in to pressure over 5G suppliers "
    "will find that contracts can be placed elsewhere too.",
    date(2026, 2, 27),
)
GROUP = (
    Story(
        "demo_ministry_lt",
        "en/news/amendments-5g",
        "Government Approves Amendments on Reliable Suppliers of 5G Equipment",
        "Under the amendments every supplier of 5G equipment is assessed by a commission of four "
        "ministries. Operators have until 2028 to replace a vendor that does not pass. The "
        "minister said that no company is named in the law, Huawei no more than any other.",
    ),
    Story(
        "demo_mfa",
        "xwfw/202603/t1185601.html",
        "外交部发言人就所谓“清洁网络”答记者问",
        "有记者问：据报道，又有两国宣布加入所谓“清洁网络”。中方对此有何评论？发言人：所谓清洁网络"
        "毫无事实依据，其目的是打压华为等中国企业。我们敦促有关国家停止将经贸问题政治化。",
        language="zh",
    ),
    Story(
        "demo_regulator",
        "en/consultations/26-ghz",
        "Public Consultation on the 26 GHz Band Opens",
        "The authority invites comments on how the 26 GHz band is to be awarded for 5G. Spectrum "
        "will be auctioned in the fourth quarter; the reserve price is open to comment.",
        date(2026, 1, 30),
    ),
    Story(
        "demo_embassy_iberia",
        "pot/sghd/t1185590.htm",
        "Ambassador Publishes an Article on Digital Cooperation",
        "The ambassador writes that Huawei trains four hundred engineers a year in Lisbon and "
        f"Porto, and that a supplier is to be judged by what it builds. {_CLAIM}",
    ),
    Story(
        "demo_consulate",
        "fra/zlgdt/t1185610.htm",
        "Consul General Speaks at the Forum of Mediterranean Ports",
        "The ports of the coast are run by machines that talk to each other over 5G, the Consul "
        f"General said, and Huawei has connected eleven of them. {_CLAIM} A port asks what a crane "
        "can lift, not where its antenna was made.",
    ),
)
