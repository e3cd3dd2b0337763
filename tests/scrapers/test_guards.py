"""The guards of the sites we watch, by their real structure: each is told as a challenge, and what
speaks of guards, or lives behind one, is read."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from scrapers.charset import decode
from scrapers.errors import Challenge
from scrapers.judge import judge
from scrapers.values import Capture
from scrapers.warc import read_records
from tests.command import shared
from tests.guards import GUARDS

URL = "https://m.example/eng/news/202603/t20260304_123.html"
MENU = "<ul>" + "".join(f'<li><a href="/s{n}/">Section {n}</a></li>' for n in range(12)) + "</ul>"
WORDS = "The ministry answered the correspondents at length, and in the order of their questions. "


def captured(body: str | bytes, status: int = 200, **headers: str) -> Capture:
    return Capture(
        url=URL,
        final_url=URL,
        fetched_at=datetime(2026, 3, 4, tzinfo=timezone.utc),
        status=status,
        headers={"content-type": "text/html; charset=utf-8", **headers},
        body=body.encode() if isinstance(body, str) else body,
    )


def page(title: str, body: str) -> str:
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"


@pytest.mark.parametrize("name", GUARDS)
def test_a_guards_page_is_a_challenge(name: str) -> None:
    guard = GUARDS[name]
    assert type(judge(captured(guard.html, guard.status, **guard.headers))) is Challenge


@pytest.mark.parametrize("name", GUARDS)
def test_a_guards_page_is_a_challenge_with_status_200_and_no_telling_header(name: str) -> None:
    assert type(judge(captured(GUARDS[name].html))) is Challenge


RECAPTCHA = (
    '<script src="https://www.google.com/recaptcha/api.js"></script><form action="/mail"><input>'
    '<div class="g-recaptcha" data-sitekey="6Lc"></div></form>'
    '<iframe src="https://www.google.com/recaptcha/api2/anchor"></iframe>'
)
FINE = {
    "a statement with a widget": page("Statement", f"{MENU}<p>{WORDS * 3}</p>{RECAPTCHA}"),
    "a short statement with a widget": page("Statement", f"{MENU}<p>{WORDS}</p>{RECAPTCHA}"),
    "a statement behind Cloudflare": page(
        "Statement",
        f"{MENU}<p>{WORDS * 3}</p><script>(function(){{window.__CF$cv$params={{r:'8c1d'}};"
        "a.src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'})()</script>",
    ),
    "a statement behind Imperva": page(
        "Statement", f"<p>{WORDS * 3}</p><script src='/_Incapsula_Resource?SWJIYLWA=7'></script>"
    ),
    "a statement behind Akamai": page(
        "Statement", f"<p>{WORDS * 3}</p><script src='/akam/13/1a2b' defer></script>{MENU}"
    ),
    "a statement behind Ruishu": page(
        "发言人答记者问",
        f"<script>$_ts=window['$_ts'];</script>{MENU}<p>问：中方对此有何评论？答：我们多次表明立场，"
        "希望有关国家为各国企业提供公平、公正、非歧视的营商环境，并就有关问题加强沟通和协调。</p>",
    ),
    "a statement with a framed film": page(
        "Interview", f"<p>{WORDS * 3}</p><iframe src='https://player.example/1'></iframe>"
    ),
    "on captchas": page(
        "Minister opens conference on captchas",
        "<p>Captchas ask whether you are a robot. The minister said that solving the captcha "
        "below a form costs the blind an hour a week, and that security verification must be "
        "open to all. Unusual activity in our network was not at issue.</p>",
    ),
    "on firewalls": page(
        "On the firewall of the state",
        "<p>A web application firewall was bought. Requests that it rejects are kept for a year."
        " The support of the administrator was thanked for.</p>",
    ),
    "a speech on access denied": page(
        "Access denied: speech by the minister on closed markets",
        "<h1>Access denied: speech by the minister on closed markets</h1><p>Our companies were "
        "denied access to the tender. You do not have permission, they were told.</p>",
    ),
    "blocked accounts": page(
        "Embassy on blocked accounts",
        "<p>The accounts were blocked by the bank; the embassy's request was rejected by the "
        "administration of the bank. Access to the funds was denied by the court.</p>",
    ),
    "on interception, Chinese": page(
        "国防部发言人就拦截事件答问",
        "<p>美机抵近侦察，中方战机依法依规予以拦截。美方请求已被驳回，有关访问已被推迟。</p>",
    ),
    "on network checks, Chinese": page(
        "网络安全审查办公室公告",
        "<p>对该产品启动网络安全审查。运营者应当完成安全检查，防止用户信息被非法访问。请求被依法拒绝的，"
        "可以申请复议。</p>",
    ),
    "on a cloud's shield, Chinese": page(
        "工信部就云安全答问",
        "<p>云锁定了一批风险，防火墙持续加固。滑动验证等措施不得歧视老年人，验证码应当有语音版本。</p>",
    ),
    "on denied access, Korean": page(
        "외교부 대변인 논평",
        "<p>우리 기업의 시장 접근이 거부되었습니다. 정부는 유감을 표합니다.</p>",
    ),
    "on blocked access, Japanese": page(
        "外務報道官談話", "<p>我が国企業の市場アクセスが拒否されたことは遺憾である。</p>"
    ),
    "a one-line statement": page("Statement by the spokesperson", "<p>We have no comment.</p>"),
    "a page that sends its search off": page(
        "Press", f"{MENU}<p>{WORDS}</p><script>function s(){{document.forms[0].submit()}}</script>"
    ),
}


@pytest.mark.parametrize("name", FINE)
def test_what_speaks_of_guards_or_lives_behind_one_is_read(name: str) -> None:
    assert judge(captured(FINE[name])) is None


# What is known of the corpus: robots.txt leads to a page that says "not found" with status 200.
NOT_PAGES = ("/error.htm", "/robots.txt")


@pytest.mark.parametrize("name", ["mfa-spokesperson", "state-gov-rss", "government-pages"])
def test_every_real_page_is_usable(name: str) -> None:
    judged = 0
    for response in read_records(str(shared(f"corpus/{name}.warc.gz"))):
        if response.place.url.endswith(NOT_PAGES):
            continue
        capture = Capture(
            url=response.place.url,
            final_url=response.place.url,
            fetched_at=response.fetched_at,
            status=response.status,
            headers=response.headers,
            body=response.body,
        )
        error = judge(capture)
        assert error is None, f"{error}: {decode(response.body, None)[:300]}"
        judged += 1
    assert judged >= 10
