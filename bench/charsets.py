"""Which bytes become the right text, beside peers: `python -m bench.charsets`.

Target 4: every page right. The pages are made of the sentences of Airflow's own user interface,
which its translators wrote in the languages that an encoding was made for. 13 families of
encodings; each page with the right label, none, and two wrong ones, in the header or in the page.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from bs4 import UnicodeDammit
from charset_normalizer import from_bytes
from requests.utils import get_encoding_from_headers

from scrapers.charset import decode

FAMILIES = {
    "utf-8": ["en", "fr", "zh-CN", "ja", "ko", "ru", "ar", "el", "tr", "pl"],
    "gb18030": ["zh-CN"],
    "big5": ["zh-TW"],
    "shift_jis": ["ja"],
    "euc-jp": ["ja"],
    "euc-kr": ["ko"],
    "windows-1251": ["ru"],
    "koi8-r": ["ru"],
    "windows-1250": ["pl", "hu"],
    "iso-8859-2": ["pl", "hu"],
    "windows-1252": ["fr", "de", "es", "pt", "it", "nl"],
    "windows-1253": ["el"],
    "windows-1254": ["tr"],
}
WRONG = ("utf-8", "iso-8859-1")
PAGES = 15
Decoder = Callable[[bytes, str | None], str]


@dataclass(frozen=True, slots=True)
class Sample:
    """A page's bytes, the Content-Type it came with, and the words that must come out."""

    body: bytes
    content_type: str
    words: str
    label: str


def main() -> None:
    """Prints, for each decoder, the share of pages that come out right, by label and over all."""
    samples = [sample for name in FAMILIES for sample in _samples(name)]
    print(f"{len(samples)} pages in {len(FAMILIES)} families of encodings")
    for name, decoder in _DECODERS.items():
        started = time.process_time()
        right = [_holds(decoder, sample) for sample in samples]
        each = (time.process_time() - started) / len(samples) * 1000
        shares = []
        for label in ("right", "missing", "wrong"):
            found = [ok for ok, s in zip(right, samples, strict=True) if s.label == label]
            shares.append(f"{label} {sum(found) / len(found):6.1%}")
        all_right = f"{sum(right)} of {len(samples)}"
        print(f"  {name:<28}{'  '.join(shares)}  all {all_right:>12}  {each:6.2f} ms")


def _samples(encoding: str) -> list[Sample]:
    chance = random.Random(encoding)
    found = []
    for number in range(PAGES):
        words = _words(chance.choice(FAMILIES[encoding]), encoding, chance)
        for label, declared in (
            ("right", encoding),
            ("missing", None),
            *(("wrong", w) for w in WRONG),
        ):
            if declared == encoding and label == "wrong":
                continue
            in_page = number % 2 == 1 and declared is not None
            meta = f'<meta charset="{declared}">' if in_page else ""
            html = f"<!doctype html><html><head>{meta}<title>{words[:30]}</title></head>"
            html += f"<body><div class=menu><a href=/>Home</a></div><p>{words}</p></body></html>"
            header = "text/html" + (f"; charset={declared}" if declared and not in_page else "")
            found.append(Sample(html.encode(encoding), header, words, label))
    return found


def _words(language: str, encoding: str, chance: random.Random) -> str:
    """Some 400 characters of a language that the encoding can write."""
    writable = [sentence for sentence in _sentences(language) if _fits(sentence, encoding)]
    chance.shuffle(writable)
    words = ""
    while len(words) < 400:
        words += writable.pop() + " "
    return words.strip()


def _sentences(language: str) -> list[str]:
    folder = files("airflow") / "ui" / "dist" / "i18n" / "locales" / language
    texts = [
        json.loads(file.read_text("utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".json")
    ]
    plain = (re.sub(r"\{\{.*?\}\}|[<>&]", "", text).strip() for text in _leaves(texts))
    return sorted({" ".join(text.split()) for text in plain if len(text) >= 10})


def _leaves(value: Any) -> Iterator[str]:
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, str):
            yield inner
        else:
            yield from _leaves(inner)


def _fits(name: str, encoding: str) -> bool:
    try:
        return name.encode(encoding).decode(encoding) == name
    except UnicodeError:
        return False


def _holds(decoder: Decoder, sample: Sample) -> bool:
    return sample.words in decoder(sample.body, sample.content_type)


def _requests(body: bytes, content_type: str | None) -> str:
    encoding = get_encoding_from_headers({"content-type": content_type or ""}) or "utf-8"
    return body.decode(encoding, "replace")


def _dammit(body: bytes, _: str | None) -> str:
    return UnicodeDammit(body, is_html=True).unicode_markup or ""


def _normalizer(body: bytes, _: str | None) -> str:
    best = from_bytes(body).best()
    return str(best) if best is not None else ""


_DECODERS: dict[str, Decoder] = {
    "communique": decode,
    "requests' own rule": _requests,
    "bs4 UnicodeDammit": _dammit,
    "charset-normalizer": _normalizer,
}


if __name__ == "__main__":
    main()
