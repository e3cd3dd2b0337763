"""Pages that want to see a human, or that a firewall put in the page's place.

Signs of the products that guard ministries' sites. A sign in a header decides alone; a sign in
words or markup only on a page that has little else to say, because statements on cyber attacks
use the same words, and guarded sites carry the guards' scripts on their true pages too. In
Chinese the guards' "访问" (access) is the diplomats' "visit": it never decides without a technical
word beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from scrapers.look import Look

_HEADERS = {
    "cf-mitigated": "Cloudflare",
    "x-amzn-waf-action": "AWS WAF",
    "x-datadome-cid": "DataDome",
    "wzws-ray-challenge": "WZWS",
    "x-vercel-mitigated": "Vercel",
    "x-sucuri-block": "Sucuri",
}

# Titles of nothing but a guard's page (whole, without punctuation at the end).
_TITLES = re.compile(
    r"just a moment|attention required! \| cloudflare|please wait\.* \| cloudflare"
    r"|access (to this page has been )?denied( \|.{0,80})?|access blocked|ddos[ -]guard"
    r"|checking your browser( before accessing.{0,80})?|one moment,? please"
    r"|(vercel )?security check(point)?|security verification|human verification|robot check"
    r"|are you a (ro)?bot\??|bot verification|verif(y|ying) you are human|captcha( challenge)?"
    r"|pardon our interruption|sucuri website firewall.{0,40}|radware .{0,20}page"
    r"|(the )?request (is |was )?(rejected|blocked)|web page blocked!?|blocked( page)?"
    r"|making sure you['’]re not a bot!?|client challenge|challenge validation"
    r"|((http|status|error)[ :-]*){0,3}(401|403|429)((\s*[:|(.,]|\s+[-–—]\s).{0,40}"
    r"|\s*(error|forbidden|unauthori[sz]ed|access|too many|not a|no permission|禁止|拒绝|访问|错误"
    r"|无权|доступ|запрещ|접근|アクセス).{0,40})?"
    r"|forbidden|unauthorized|too many requests|not acceptable!?"
    r"|访问验证|安全验证|人机验证|人机识别|安全检查|滑动验证(页面)?|验证码|浏览器安全检查"
    r"|(您的)?(访问|请求)(已)?被(拦截|阻断|拒绝)|(网站|云|web)(应用)?防火墙(提示|拦截)?"
    r"|云锁|百度云加速|tencent cloud (waf|edgeone)|宝塔.{0,4}(面板|防火墙)"
    r"|访问(受限|异常|过于频繁)|禁止访问|(访问|请求|waf)?拦截(提示|页面)"
    r"|доступ (запрещен|ограничен|заблокирован)|zugriff verweigert|acc[eè]s (refus[eé]|interdit)"
    r"|acceso denegado|(요청|접근|접속)이? ?(차단|거부|제한)(되었습니다|됨|안내)?"
    r"|アクセス(が|を)?(拒否|制限|ブロック|遮断)(されました|しました)?",
)

# Sentences of guards, in the visible words. What a ministry says of equipment that undergoes
# 安全验证, of requests that were rejected or of firewalls must not be among them.
_SENTENCES = re.compile(
    r"checking (if the site connection is secure|your browser)"
    r"|verif(y|ying|ies) (that )?you are (a |not a )?(human|(ro)?bot)|are you a robot"
    r"|needs to review the security of your connection|ddos protection by"
    r"|performance (&|and) security by cloudflare|cloudflare ray id"
    r"|you don['’]t have permission to access .{0,300}reference #"
    r"|incapsula incident id|the requested url was rejected\. please consult"
    r"|access to this page has been denied|pardon our interruption"
    r"|unusual (traffic|activity) from your (computer )?network"
    r"|(complete|solve) the (security check|captcha) (to|below)|please enable cookies"
    r"|you have been blocked|sucuri website firewall|your support id is"
    r"|(request|access) (was|has been|is) (blocked|rejected|denied) by (the |our )?"
    r"(web|site|server|security (system|service|polic)|firewall|waf|administrator)"
    r"|blocked by .{0,40}web application firewall|web application firewall (has )?blocked"
    r"|(您的|你的|当前|此次|该)(url|ip|请求|访问请求|浏览器|访问).{0,40}(被|已)(.{0,8}设置)?(拦截|阻断|屏蔽|封禁)"
    r"|(url|访问|请求).{0,20}可能对网站造成(安全)?威胁|(您|当前).{0,20}疑似(黑客|恶意)(攻击|请求)"
    r"|网站(应用)?防火墙(已|拦截|提示)|云防护节点|创宇盾|网站安全狗|加速乐"
    r"|(完成|进行|通过|拖动).{0,8}(人机|滑动|滑块)(验证|拼图)|请(先|您)?(完成|通过|进行).{0,4}安全(验证|检查.{0,3}继续访问)"
    r"|请(输入|完成).{0,4}验证码|(访问|请求|操作)(次数)?(过于|太)频繁|正在.{0,4}(检查|验证|检测)您的浏览器"
    r"|보안 ?정책에 (의해|따라).{0,20}차단|セキュリティ.{0,12}アクセスが?(ブロック|拒否|遮断)"
    r"|проверка (вашего )?браузера|подтвердите, что вы не робот",
)

# Scripts and frames of guards; on true pages they are present too, so the page must be bare.
_MARKUP = re.compile(
    r"_cf_chl_opt|cf-browser-verification|jschl|/cdn-cgi/challenge-platform/|challenges\.cloudflare\.com|_incapsula_resource"
    r"|awswafintegration|awswafcookiedomainlist|token\.awswaf\.com|gokuprops|captchascript\."
    r"|captcha-delivery\.com|kpsdk|captcha\.qcloud\.com|tencentcaptcha|turing\.captcha"
    r"|px-captcha|_pxcaptcha|perfdrive\.com|/_sec/cp_challenge|sec-cpt|bm-verify|/tspd/|bobcmn"
    r"|sucuri_cloudproxy|__qrator|/\.well-known/ddos-guard|geetest|nocaptcha|\$_ts\b|__jsl_clearance"
    r"|acw_sc__v2|yunsuo|security_(session_)?verify|wzwschallenge|wzws_|aliyun_waf|_guard/"
    r"|hcaptcha\.com|recaptcha/api",
)

_COOKIE = re.compile(r"document\s*(\.\s*cookie|\[\s*['\"]cookie['\"]\s*\])")
_RELOAD = re.compile(r"\blocation\b|\breload\s*\(|\.submit\s*\(")
_SENT_OFF = re.compile(r"\bforms?\b.{0,40}\.submit\s*\(", re.IGNORECASE)
_OBFUSCATED = re.compile(
    r"_0x[0-9a-f]{4}|eval\s*\(\s*function|\\x[0-9a-f]{2}\\x[0-9a-f]{2}|atob\s*\("
)


def challenge(headers: Mapping[str, str], page: Look | None) -> str | None:
    """Why a page is a guard's rather than the publisher's, in words; None when it is not.
    headers: lower-case names; page: None where the body is no HTML."""
    for name, product in _HEADERS.items():
        if name in headers:
            return f"{product} stepped in (header {name})"
    if page is None or len(page.prose) > 1500 or page.links > 40:
        return None
    for title in (page.title, *page.headings[:1]):
        if _TITLES.fullmatch(title.casefold().strip(" .…!。！")):
            return f"the page is titled {title[:80]!r}"
    found = _SENTENCES.search(f"{page.words} {page.unscripted.casefold()}")
    if found:
        return f"the page says {found[0][:80]!r}"
    return _bare_challenge(page) if _is_bare(page) else None


def _is_bare(page: Look) -> bool:
    return len(page.prose) < 200 and page.links <= 3


def _bare_challenge(page: Look) -> str | None:
    markup = " ".join((page.script, *page.sources, *page.frames)).casefold()
    found = _MARKUP.search(markup)
    if found:
        return f"an empty page with a guard's script ({found[0]})"
    if len(page.prose) > 60 or page.shell:
        return None
    if _COOKIE.search(page.script) and _RELOAD.search(page.script):
        return "an empty page whose script sets a cookie and asks again"
    if _SENT_OFF.search(page.script):
        return "an empty page that sends a form off by itself"
    if _OBFUSCATED.search(page.script):
        return "an empty page with a disguised script"
    return None
