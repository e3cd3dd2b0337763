"""A guard's page, a soft 404, an empty shell or a picture is never read; a statement always is."""

from __future__ import annotations

import time
from datetime import datetime, timezone

import pytest

from scrapers.errors import (
    Blocked,
    Broken,
    Challenge,
    Gone,
    NeedsScript,
    NotText,
    ScrapeError,
    Soft404,
)
from scrapers.judge import judge
from scrapers.values import Capture

URL = "https://m.example/eng/news/202603/t20260304_123.html"
NAVIGATION = "".join(f'<li><a href="/s{n}/">Section {n}</a></li>' for n in range(12))
MENU = f"<ul>{NAVIGATION}</ul>"
MANY_LINKS = f"<ul>{NAVIGATION * 8}</ul>"


def a_capture(
    body: str | bytes,
    *,
    status: int = 200,
    url: str = URL,
    final_url: str | None = None,
    content_type: str = "text/html; charset=utf-8",
    **headers: str,
) -> Capture:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Capture(
        url=url,
        final_url=final_url or url,
        fetched_at=datetime(2026, 3, 4, tzinfo=timezone.utc),
        status=status,
        headers={"content-type": content_type, **fields},
        body=body.encode() if isinstance(body, str) else body,
    )


def a_page(title: str, body: str) -> str:
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"


def verdict(capture: Capture) -> type[ScrapeError] | None:
    error = judge(capture)
    assert error is None or error.url == capture.url
    return None if error is None else type(error)


COOKIE_AND_RELOAD = "<script>document.cookie='k=8f2;path=/';location.reload();</script>"

GUARDS = {
    "cloudflare waits": a_page("Just a moment...", "<p>Enable JavaScript and cookies</p>"),
    "cloudflare blocks": a_page(
        "Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1>" + MENU
    ),
    "akamai": a_page(
        "Access Denied",
        "<h1>Access Denied</h1>You don't have permission to access "
        '"http://m.example/eng" on this server.<p>Reference #18.5d6c1402.1700000000.1a2b3c4d',
    ),
    "akamai asks": '<html><head><meta http-equiv="refresh" content="5; URL=/eng?bm-verify=AAQ">'
    "</head><body><script>var i=1;/*bm-verify*/</script></body></html>",
    "aws": a_page(
        "",
        '<script src="https://1a2b.token.awswaf.com/1a2b/challenge.js"></script>'
        "<noscript><h1>JavaScript is disabled</h1></noscript>",
    ),
    "imperva": '<html><body><script src="/_Incapsula_Resource?SWJIYLWA=7"></script></body></html>',
    "radware": a_page("Radware Captcha Page", "<p>We think you are a bot.</p>"),
    "f5": a_page(
        "Request Rejected",
        "The requested URL was rejected. Please consult with your administrator. "
        "Your support ID is: 1234567890",
    ),
    "datadome": a_page(
        "m.example", '<script src="https://ct.captcha-delivery.com/c.js"></script><p>One moment'
    ),
    "ddos-guard": a_page("DDoS-Guard", "<p>Checking your browser before accessing m.example</p>"),
    "anubis": a_page("Making sure you&#39;re not a bot!", "<p>Loading...</p>"),
    "cookie and reload": f"<html><head></head><body>{COOKIE_AND_RELOAD}</body></html>",
    "jiasule": "<script>document.cookie=('_')+('_')+('jsl')+'=1;path=/';"
    "location.href=location.pathname+location.search</script>",
    "ruishu": '<!DOCTYPE html><html><head><meta content="x" r="m">'
    "<script>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=1;</script></head><body></body></html>",
    "aliyun": "<html><script>var arg1='3A5F';var _0x4818=['\\x63\\x73\\x6c'];</script></html>",
    "yunsuo": "<script>function f(){location='?security_session_verify='+screen.width}f()</script>",
    "chinese firewall": a_page("网站防火墙", "<p>您的请求参数不合法，已被拦截！</p>"),
    "chinese verification": a_page("访问验证", "<div>请完成下方滑块验证以继续</div>" + MENU),
    "chinese ban": a_page("提示", "<p>您的IP因异常请求已被封禁，请稍后再试</p>"),
    "russian": a_page("Подождите", "<p>Идёт проверка вашего браузера</p>"),
}  # fmt: skip


@pytest.mark.parametrize("name", GUARDS)
@pytest.mark.parametrize("status", [200, 202, 403, 412, 503, 521])
def test_a_guards_page_is_a_challenge_whatever_its_status(name: str, status: int) -> None:
    assert verdict(a_capture(GUARDS[name], status=status)) is Challenge


@pytest.mark.parametrize("header", ["cf_mitigated", "x_amzn_waf_action"])
def test_a_guards_header_decides_alone(header: str) -> None:
    page = a_page("Statement", "<p>" + "Words. " * 500)
    assert verdict(a_capture(page, **{header: "challenge"})) is Challenge


LOST = {
    "title": a_page("Page not found | Embassy of Nowhere", MENU + "<p>Try the search.</p>"),
    "title first": a_page("Ministry of Nowhere - 404 Not Found", MENU),
    "heading": a_page(
        "Embassy of Nowhere", "<h1>Oops! That page can&rsquo;t be found.</h1>" + MENU
    ),
    "sentence": a_page(
        "Embassy", MANY_LINKS + "<b>Sorry, the page you are looking for does not exist.</b>"
    ),
    "chinese": a_page("页面不存在_某某大使馆", MENU),
    "chinese sentence": a_page("某某大使馆", MENU + "<b>抱歉，您要查看的网页已删除。</b>"),
    "traditional": a_page("找不到網頁", MENU),
    "german": a_page("Seite nicht gefunden - Ministerium", MENU),
    "french": a_page("Erreur 404 : page introuvable", MENU),
    "spanish": a_page("Página no encontrada | Embajada", MENU),
    "russian": a_page("Страница не найдена — Министерство", MENU),
    "japanese": a_page("ページが見つかりません", MENU),
    "arabic": a_page("الصفحة غير موجودة", MENU),
    "sent on": "<html><script>window.location.href='/error/404.html';</script></html>",
    "sent home": '<html><head><meta http-equiv="refresh" content="3;url=/"></head></html>',
}


@pytest.mark.parametrize("name", LOST)
def test_not_found_with_status_200_is_a_soft_404(name: str) -> None:
    assert verdict(a_capture(LOST[name])) is Soft404


def test_a_soft_404_is_recognised_under_any_encoding() -> None:
    page = a_page("页面不存在", MENU).encode("gb18030")
    assert verdict(a_capture(page, content_type="text/html; charset=gb2312")) is Soft404


@pytest.mark.parametrize(
    ("asked", "final"),
    [
        (URL, "https://m.example/"),
        (URL, "https://www.m.example/eng/index.html"),
        (URL, "https://m.example/mfa_eng/"),
        (URL, "https://m.example/error.htm"),
        (URL, "https://m.example/404"),
        (URL, "https://m.example/chn/404.shtml"),
        (URL, "https://m.example/common/page-not-found.html?from=x"),
        ("https://m.example/eng/news/", "https://m.example/eng/"),
    ],
)
def test_to_be_sent_home_or_to_an_error_page_is_a_soft_404(asked: str, final: str) -> None:
    page = a_page("Embassy", "<p>" + "Welcome words. " * 300 + MENU)
    assert verdict(a_capture(page, url=asked, final_url=final)) is Soft404


def test_to_be_sent_to_a_login_is_blocked() -> None:
    page = a_page("Sign in", "<form>" + "Words. " * 99 + "</form>")
    assert verdict(a_capture(page, final_url="https://m.example/user/login?next=x")) is Blocked


@pytest.mark.parametrize(
    "body",
    [
        a_page("Portal", '<div id="root"></div><script src="/main.8f2c.js"></script>'),
        a_page("", '<app-root></app-root><script src="a.js"></script>'),
        a_page("", "<noscript>You need to enable JavaScript.</noscript><script>go()</script>"),
        '<html><head><meta http-equiv="refresh" content="0; url=/eng/news/x.html"></head></html>',
    ],
)
def test_a_page_that_a_script_would_fill_needs_a_script(body: str) -> None:
    assert verdict(a_capture(body)) is NeedsScript


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0 JFIF", ""),
        (b"anything else", "application/octet-stream"),
        (b"PK\x03\x04", "application/vnd.openxmlformats-officedocument"),
        (b"\x00" * 50, "text/html"),
    ],
)
def test_what_is_no_text_is_not_read(body: bytes, content_type: str) -> None:
    assert verdict(a_capture(body, content_type=content_type)) is NotText


@pytest.mark.parametrize("content_type", ["application/pdf", "text/html", ""])
def test_a_pdf_may_be_a_statement_whatever_its_label_and_its_bytes_say(content_type: str) -> None:
    body = b"%PDF-1.7 <html><title>404 Not Found</title><div id=root></div>\x00\x00\x00\x00"
    assert judge(a_capture(body, content_type=content_type)) is None


@pytest.mark.parametrize("body", [b"", b" \r\n\t "])
def test_an_empty_page_is_broken(body: bytes) -> None:
    assert verdict(a_capture(body)) is Broken


@pytest.mark.parametrize("title", ["502 Bad Gateway", "网站维护中", "Error", "Welcome to nginx!"])
def test_a_server_out_of_order_with_status_200_is_broken(title: str) -> None:
    assert verdict(a_capture(a_page(title, "<p>Please come back later.</p>"))) is Broken


@pytest.mark.parametrize(
    ("status", "kind"), [(404, Gone), (403, Blocked), (500, Broken), (302, Broken), (418, Broken)]
)
def test_a_status_decides_before_the_words(status: int, kind: type[ScrapeError]) -> None:
    page = a_page("Statement on 5G", "<p>" + "Words. " * 300)
    assert verdict(a_capture(page, status=status)) is kind


def test_a_304_passes_and_an_earlier_error_stays() -> None:
    assert verdict(a_capture(b"", status=304)) is None
    error = Gone("before", source="xx")
    capture = a_capture(a_page("Just a moment...", ""))
    assert judge(Capture(capture.url, URL, capture.fetched_at, error=error)) is error


FINE = {
    "short statement": a_page("Embassy statement", MENU + "<p>The Embassy denies the report."),
    "short chinese": a_page("发言人答记者问", "<p>问：中方对此有何评论？答：我们反对无端指责。"),
    "denied document": a_page(
        "Spokesperson: the document does not exist",
        "<h1>The document does not exist</h1><p>The document you mentioned does not exist.",
    ),
    "denied document, chinese": a_page("所谓文件不存在", "<p>你提到的文件不存在，该信息不属实。"),
    "rejected request": a_page("请求被拒绝", MENU * 4 + "<p>美方的引渡请求已被拒绝。"),
    "firewall policy": a_page("筑牢5G网络安全防火墙", "<p>筑牢网络安全防火墙，是共同责任。"),
    "equipment verified": a_page("5G设备", "<p>运营商应对5G设备进行安全验证，并定期安全检查。"),
    "visit": a_page("外长访问", "<p>感谢您的访问，访问被推迟后将很快进行。"),
    "interception": a_page("军机拦截事件答问", "<p>所谓拦截，是正常巡航。"),
    "cyber attack": a_page(
        "Statement on a DDoS attack",
        "<p>Access was denied by the authorities. Too many requests for visas were received. "
        "Unusual traffic was seen in our network; passengers must pass the security check.",
    ),
    "cloudflare on a true page": a_page(
        "Statement",
        MENU + "<p>The Embassy's words. <script src='/cdn-cgi/challenge-platform/jsd/main.js'>"
        "</script><script>document.cookie='a=1';if(0)location.reload()</script>",
    ),
    "analytics on a listing": a_page(
        "News", MANY_LINKS + COOKIE_AND_RELOAD + "<noscript>enable JavaScript</noscript>"
    ),
    "about 404": a_page("Resolution 404 adopted", "<p>Resolution 404 was adopted."),
    "about not found": a_page("Huawei backdoors not found", "<p>No backdoor was found."),
    "long article on challenges": a_page(
        "Access denied: how the web closes", "<p>Verify you are human, says the page. " * 60
    ),
    "framework with words": a_page(
        "Statement", '<div id="app"><p>' + "Words of the statement. " * 30 + "</p></div>"
    ),
    "feed": '<?xml version="1.0"?><rss><channel><title>404 Not Found</title></channel></rss>',
    "feed of pages": '<?xml version="1.0"?><rss><item><![CDATA[<html><title>404</title>]]></rss>',
    "json": '{"title": "Just a moment...", "html": "<h1>Page not found</h1>"}',
}  # fmt: skip


@pytest.mark.parametrize("name", FINE)
def test_a_statement_or_listing_is_never_taken_for_a_bad_page(name: str) -> None:
    assert judge(a_capture(FINE[name])) is None


@pytest.mark.parametrize(
    ("asked", "final"),
    [
        ("http://m.example", "https://www.m.example/eng/"),
        ("http://m.example/eng/", "https://m.example/en/"),
        (URL, URL.replace("https://m.", "https://www.new-m.")),
        ("https://m.example/?p=404", "https://m.example/archives/404"),
        (URL, "https://m.example/eng/news/error-in-the-report-corrected.html"),
        (URL, "https://m.example/?p=1234"),
        ("https://m.example/short", "https://m.example/eng/news/500"),
    ],
)
def test_a_page_that_moved_is_read_where_it_is(asked: str, final: str) -> None:
    page = a_page("Statement", "<p>" + "Words. " * 300)
    assert judge(a_capture(page, url=asked, final_url=final)) is None


def test_a_feed_that_moved_to_a_short_address_is_no_soft_404() -> None:
    feed = "<rss version='2.0'><channel><item/></channel></rss>"
    assert judge(a_capture(feed, final_url="https://m.example/rss")) is None


@pytest.mark.parametrize(
    "body",
    [
        b"<title>" + b"404 " * 500_000,
        b"<p>" * 100_000,
        b"<script>" + b"location='" * 100_000,
        b"\xff\xfe" + b"\x00\xd8" * 9999,
        "<h1>".encode("utf-16") * 99,
        b"<meta http-equiv=refresh content='99999999999999999999;url=x'>",
        b"<meta http-equiv=refresh content='" + b"9" * 1_500_000 + b"'>",
        b"<a href='http://[::1'>x</a><meta http-equiv=refresh content='0;url=http://[::1'>",
    ],
)
def test_no_page_can_stop_the_judge(body: bytes) -> None:
    judge(a_capture(body))


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 400_000,
        ("<div>" * 200_000 + "</div>" * 200_000).upper(),
        "<ul><li>" * 200_000,
        "".join(f"<font color={n}>" for n in range(100_000)),
        "<div " + " ".join(f"a{n}=1" for n in range(200_000)) + ">",
        "".join(f"<body a{n}=1>" for n in range(50_000)),
    ],
)
def test_markup_that_would_stop_a_parser_never_reaches_one(body: str) -> None:
    """Each of these takes the parser minutes; the verdict takes it a moment."""
    began = time.monotonic()
    assert verdict(a_capture(body)) is Broken
    assert time.monotonic() - began < 5


def test_a_large_page_of_ordinary_depth_is_no_tangle() -> None:
    picture = f'<img src="data:image/png;base64,{"QUJD " * 20_000}" alt="a chart">'
    rows = "<tr><td><div><span><b>word</b></span></div><td><p>word<br>" * 20_000
    sloppy = "<font size=2><span>" * 30
    body = a_page("Tables", sloppy + "<div>" * 40 + f"{picture}<table>{rows}</table>")
    assert judge(a_capture(body)) is None


@pytest.mark.parametrize(
    "title",
    [
        "403 people evacuated from Sudan",
        "429 prisoners are home",
        "500 doctors sent",
        "403名公民回国",
    ],
)
def test_a_statement_may_begin_with_a_number_that_is_an_errors(title: str) -> None:
    page = f"<title>{title}</title>{MENU}<h1>{title}</h1><p>The ministry thanks all who helped.</p>"
    assert judge(a_capture(page)) is None


@pytest.mark.parametrize(
    "title",
    [
        "403 Forbidden",
        "Error 403",
        "403 - Access",
        "429 Too Many",
        "403 禁止",
        "500 Internal Error",
    ],
)
def test_an_error_by_its_number_is_still_one(title: str) -> None:
    page = f"<title>{title}</title>{MENU}<h1>{title}</h1><p>Come again later.</p>"
    assert judge(a_capture(page)) is not None
