"""Pages that guards of web sites put in a publisher's place: their real structure, our own words.

`GUARDS` gives for each its usual status, its headers beyond the usual ones, and its HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class GuardPage:
    status: int
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)


def _page(title: str, body: str, head: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="en-US"><head><title>{title}</title>'
        f'<meta charset="utf-8"><meta name="robots" content="noindex,nofollow">{head}</head>'
        f"<body>{body}</body></html>"
    )


_CHL = "window._cf_chl_opt={cvId:'3',cZone:'m.example',cType:'managed',cRay:'8c1d2e3f'};"
_ORCHESTRATE = "a.src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1?ray=8c1d2e3f';"

CLOUDFLARE = {
    "cloudflare managed": GuardPage(
        403,
        _page(
            "Just a moment...",
            "<div class='main-wrapper' role='main'><div class='main-content'><noscript><div "
            "class='h2'><span id='challenge-error-text'>Switch JavaScript and cookies on to go on"
            "</span></div></noscript></div></div><script>(function(){"
            f"{_CHL}var a=document.createElement('script');{_ORCHESTRATE}}}());</script>",
            "<meta http-equiv='refresh' content='360'>",
        ),
        {"cf-mitigated": "challenge", "server": "cloudflare"},
    ),
    "cloudflare managed, other language": GuardPage(
        403,
        _page(
            "请稍候…",
            f"<script>(function(){{{_CHL}var a=document.createElement('script');{_ORCHESTRATE}}}"
            "());</script>",
        ),
        {"server": "cloudflare"},
    ),
    "cloudflare turnstile": GuardPage(
        200,
        _page(
            "m.example",
            "<h1>m.example</h1><p>Let us see that it is you.</p><form><div class='cf-turnstile' "
            "data-sitekey='0x4AAA'></div></form><script src="
            "'https://challenges.cloudflare.com/turnstile/v0/api.js' async defer></script>",
        ),
    ),
    "cloudflare 1020": GuardPage(
        403,
        _page(
            "Access denied | www.m.example used Cloudflare to restrict access",
            "<div id='cf-wrapper'><div id='cf-error-details'><header><h1><span class="
            "'cf-error-type'>Error</span> <span class='cf-error-code'>1020</span></h1><h2>Access "
            "denied</h2></header><section><p>The owner's rules keep you out.</p></section><div "
            "class='cf-error-footer'><span>Cloudflare Ray ID: <strong>8c1d2e3f4a5b</strong></span>"
            "<span>Performance &amp; security by <a href='https://www.cloudflare.com/5xx'>"
            "Cloudflare</a></span></div></div></div>",
        ),
        {"server": "cloudflare"},
    ),
    "cloudflare block": GuardPage(
        403,
        _page(
            "Attention Required! | Cloudflare",
            "<div id='cf-wrapper'><h1 data-translate='block_headline'>Sorry, you have been blocked"
            "</h1><h2>You are unable to access m.example</h2><p>Mail the owner and say what you "
            "did.</p><p>Cloudflare Ray ID: <strong>8c1d</strong></p></div>",
        ),
        {"server": "cloudflare"},
    ),
}

AKAMAI = {
    "akamai denied": GuardPage(
        403,
        "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n \n"
        'You don\'t have permission to access "http&#58;&#47;&#47;m&#46;example&#47;eng" on this '
        "server.<P>\nReference&#32;&#35;18&#46;5d6c1402&#46;1700000000&#46;1a2b3c4d\n<P>\nhttps&#58;"
        "&#47;&#47;errors&#46;edgesuite&#46;net&#47;18&#46;5d6c1402\n</BODY>\n</HTML>",
        {"server": "AkamaiGHost"},
    ),
    "akamai bm-verify": GuardPage(
        200,
        '<html><head><meta http-equiv="refresh" content="5; URL=\'/eng/?bm-verify=AAQAAAAJ\'" />'
        "</head><body><script>var i = 1700000000; var j = i + Number('3' + '7'); var xhr = new "
        "XMLHttpRequest(); xhr.open('POST', '/_sec/verify?provider=interstitial', false); "
        "xhr.send(JSON.stringify({'bm-verify': 'AAQAAAAJ', 'pow': j}));</script></body></html>",
    ),
    "akamai sec-cpt": GuardPage(
        428,
        _page(
            "Challenge Validation",
            '<div id="sec-if-cpt-container" class="crypto"></div><script src="/_sec/cp_challenge/'
            'sec-cpt-4-1.js"></script><script>var sec_cpt_sec_int_url="/_sec/cp_challenge/verify";'
            "</script>",
        ),
    ),
    "akamai behavioral": GuardPage(
        429,
        '<html><head><title>&nbsp;</title></head><body><iframe id="sec-cpt-if" provider="adaptive" '
        'class="adaptive" data-duration="30" src="/_sec/cp_challenge/ak-challenge-4-3.htm">'
        "</iframe></body></html>",
    ),
}

OTHERS = {
    "radware perfdrive": GuardPage(
        200,
        _page(
            "Radware Page",
            "<h2>Unauthorized Activity Has Been Detected</h2><p>To go on, prove that you are one "
            "of us.</p><form method='post' action='https://validate.perfdrive.com/captcha'><div "
            "class='h-captcha' data-sitekey='1a2b'></div></form><p>Incident ID: 1a2b-3c4d</p>"
            "<script src='https://js.hcaptcha.com/1/api.js'></script>",
        ),
    ),
    "radware captcha": GuardPage(
        200,
        _page(
            "Radware Captcha Page",
            "<h1>We need to know that you are no machine</h1><div id='captcha'></div>"
            "<script src='https://cas.avalon.perfdrive.com/shieldsquare.js'></script>",
        ),
    ),
    "aws challenge": GuardPage(
        202,
        _page(
            "",
            "<div id='challenge-container'></div><script>AwsWafIntegration.saveReferrer();"
            "AwsWafIntegration.checkForceRefresh().then(f=>{f&&window.location.reload(true)});"
            "</script><noscript><h1>JavaScript is disabled</h1>Please turn it on.</noscript>",
            "<script>window.awsWafCookieDomainList=[];window.gokuProps={'key':'AQID','iv':'CgA',"
            "'context':'x'};</script><script src='https://1a2b.3c4d.token.awswaf.com/1a2b/challenge"
            ".js'></script>",
        ),
        {"x-amzn-waf-action": "challenge"},
    ),
    "aws captcha": GuardPage(
        405,
        _page(
            "Human Verification",
            "<div id='captcha-container'></div><script>window.gokuProps={'key':'AQID'};"
            "CaptchaScript.renderCaptcha(document.getElementById('captcha-container'));</script>",
        ),
        {"x-amzn-waf-action": "captcha"},
    ),
    "aws without its header": GuardPage(
        202,
        _page(
            "",
            "<div id='challenge-container'></div><script>window.gokuProps={'key':'AQID','iv':'C'}"
            "</script><script src='/1a2b/3c4d/challenge.js'></script><noscript><h1>JavaScript is "
            "disabled</h1></noscript>",
        ),
    ),
    "cloudfront": GuardPage(
        403,
        "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>403 "
        "ERROR</H1><H2>The request could not be satisfied.</H2><HR noshade size='1px'>Request "
        "blocked. Ask the owner of the site.<BR clear='all'><PRE>Generated by cloudfront "
        "(CloudFront) Request ID: 1a2b3c==</PRE></BODY></HTML>",
    ),
    "imperva script": GuardPage(
        200,
        '<html style="height:100%"><head><META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW"><script '
        'src="/_Incapsula_Resource?SWJIYLWA=719d34d31c8e3a6e6fffd425f7e032f3"></script></head>'
        "<body></body></html>",
    ),
    "imperva incident": GuardPage(
        403,
        "<html><head></head><body style='margin:0'><iframe id='main-iframe' src='/_Incapsula_"
        "Resource?CWUDNSAI=20&xinfo=1&incident_id=123-456&edet=12'>Request unsuccessful. Incapsula "
        "incident ID: 123000-4567890</iframe></body></html>",
    ),
    "imperva interruption": GuardPage(
        200,
        _page(
            "Pardon Our Interruption",
            "<h1>Pardon Our Interruption</h1><p>Something about your browser looked like a "
            "machine.</p><script src='/iubdSDbvfg-to-That-thing?d=m.example'></script>",
        ),
    ),
    "datadome": GuardPage(
        403,
        "<html lang='en'><head><title>m.example</title></head><body style='margin:0'><p id='cmsg'>"
        "Please enable JS and disable any ad blocker</p><script data-cfasync='false'>var dd={'rt':"
        "'c','cid':'AHrlq','hsh':'1A','t':'fe','host':'geo.captcha-delivery.com'}</script><script "
        "src='https://ct.captcha-delivery.com/c.js'></script></body></html>",
        {"x-datadome": "protected", "x-dd-b": "1"},
    ),
    "perimeterx": GuardPage(
        403,
        _page(
            "Access to this page has been denied",
            "<div class='px-captcha-container'><div class='px-captcha-header'>Press &amp; Hold"
            "</div><div id='px-captcha'></div></div><script>window._pxAppId='PX1a2b';window."
            "_pxUuid='1a';</script><script src='/1a2b/captcha/captcha.js'></script>",
        ),
    ),
    "f5 asm": GuardPage(
        200,
        "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. "
        "Please consult with your administrator.<br><br>Your support ID is: 1234567890123<br><br>"
        "<a href='javascript:history.back();'>[Go Back]</a></body></html>",
    ),
    "f5 asm, translated": GuardPage(
        200,
        "<html><head><title>Solicitud rechazada</title></head><body>La URL fue rechazada, consulte "
        "al administrador.<br>Your support ID is: 998877665544</body></html>",
    ),
    "f5 tspd": GuardPage(
        200,
        "<html><head><meta http-equiv='Pragma' content='no-cache'/><script type='text/javascript'>"
        "(function(){window.bobcmn='1011101010';window.lxs='0';})();</script><script src="
        "'/TSPD/0834aa?type=7'></script><noscript>Please enable JavaScript to view the page "
        "content.</noscript></head><body></body></html>",
    ),
    "sucuri block": GuardPage(
        403,
        _page(
            "Sucuri WebSite Firewall - Access Denied",
            "<h1>Access Denied - Sucuri Website Firewall</h1><table><tr><td>Your IP:</td><td>"
            "192.0.2.1</td></tr><tr><td>Block ID:</td><td>GEO02</td></tr></table>",
        ),
        {"x-sucuri-id": "11005"},
    ),
    "sucuri cookie": GuardPage(
        200,
        "<html><title>You are being redirected...</title><noscript>Javascript is required."
        "</noscript><script>var s={},u,c,U,r,i,l=0,a,e=eval,w=String.fromCharCode,sucuri_"
        "cloudproxy_js='',S='cz0nMicuY2hhckF0';r='';eval(r);</script></html>",
    ),
    "ddos-guard": GuardPage(
        403,
        "<!DOCTYPE html><html><head><title>DDoS-Guard</title><script src='/.well-known/ddos-guard/"
        "js-challenge/index.js' async></script></head><body data-ddg-origin='true'><h1 id="
        "'title-description'>Checking your browser before accessing m.example</h1><p>This takes "
        "a moment.</p></body></html>",
        {"server": "ddos-guard"},
    ),
    "qrator": GuardPage(
        401,
        "<html><head><title></title></head><body><script src='/__qrator/qauth_utm_v2.js'></script>"
        "<noscript>JavaScript must be on.</noscript></body></html>",
        {"server": "QRATOR"},
    ),
    "stormwall": GuardPage(
        200,
        "<html><head><script src='/__js_p_/check.js'></script><script>const ipp=1;function get_"
        "cookie_spsc_encrypted_part(){return 'a'};document.cookie='__js_p_=1,2;path=/';window."
        "location.reload();</script></head><body></body></html>",
    ),
    "kasada": GuardPage(
        429,
        "<!DOCTYPE html><html><head></head><body><script>window.KPSDK={};KPSDK.now=Date.now;"
        "</script><script src='/149e9513-01fa-4fb0-aad4-566afd725d1b/2d206a39/ips.js?x=1'></script>"
        "</body></html>",
    ),
    "vercel": GuardPage(
        429,
        _page(
            "Vercel Security Checkpoint",
            "<p>We look at your browser</p><script type='module'>import('/.well-known/vercel/"
            "security/static/challenge.v2.min.js')</script>",
        ),
        {"x-vercel-mitigated": "challenge"},
    ),
    "anubis": GuardPage(
        200,
        _page(
            "Making sure you&#39;re not a bot!",
            "<h1 id='title'>Making sure you&#39;re not a bot!</h1><p id='status'>Loading...</p>"
            "<script id='anubis_challenge' type='application/json'>{'rules':{'difficulty':4}}"
            "</script><script src='/.within.website/x/cmd/anubis/static/js/main.mjs'></script>",
        ),
    ),
    "barracuda": GuardPage(
        200,
        _page(
            "Access Blocked",
            "<p>Access from your address is blocked by the security policy.</p><p>Event ID: 1a2b"
            "</p>",
        ),
    ),
    "fortiweb": GuardPage(
        200,
        _page(
            "Web Page Blocked!",
            "<h2>Web Page Blocked!</h2><p>The page cannot be displayed. Ask the administrator."
            "</p><p>URL: m.example/eng</p><p>Attack ID: 20000008</p><p>Message ID: 000012345</p>",
        ),
    ),
    "modsecurity": GuardPage(
        406,
        "<html><head><title>Not Acceptable!</title></head><body><h1>Not Acceptable!</h1><p>An "
        "appropriate representation of the resource could not be found. This error was generated "
        "by Mod_Security.</p></body></html>",
    ),
}

_JSL = "document.cookie=('_')+('_')+('j')+('s')+('l')+('_')+('clearance')+'=1700|-1|abc;path=/';"

CHINESE = {
    "jiasule, first page": GuardPage(
        521,
        f"<script>{_JSL}location.href=location.pathname+location.search</script>",
        {"server": "WAF", "set-cookie": "__jsluid_s=1a2b3c; max-age=31536000; path=/"},
    ),
    "jiasule, second page": GuardPage(
        521,
        "<script>;var _0x1a2b=['\\x77\\x6f','cookie'];function go(_0x3f){function _0x4d(){return "
        "navigator.userAgent}};go({'bts':['1700.8|0|k','%3D'],'chars':'abc','ct':'1a','ha':'sha256'"
        ",'tn':'__jsl_clearance_s','vt':'3600','wt':'1500'})</script>",
    ),
    "chuangyu shield": GuardPage(
        403,
        _page(
            "403",
            "<div class='wrap'><h1>当前访问因疑似黑客攻击，已被网站管理员设置为拦截</h1><p>如果您是"
            "网站管理员，请登录知道创宇云防御查看详情。</p><p>事件ID：1a2b</p></div>",
        ),
    ),
    "safedog": GuardPage(
        403,
        _page(
            "网站防火墙",
            "<div>您的请求带有不合法参数，已被网站管理员设置拦截！</div><p>可能原因：您提交的内容包含"
            "危险的攻击请求</p><a href='http://404.safedog.cn/'>网站安全狗</a>",
        ),
    ),
    "yunsuo cookie": GuardPage(
        200,
        "<html><head><script>function YunSuoAutoJump(){var width=screen.width;var screendate=width+"
        "','+screen.height;var curlocation=window.location.href;self.location='/?security_verify_"
        "data='+screendate;}</script></head><body onload='YunSuoAutoJump()'></body></html>",
        {"set-cookie": "yunsuo_session_verify=1a2b3c; path=/; HttpOnly"},
    ),
    "yunsuo block": GuardPage(
        200,
        _page(
            "云锁",
            "<h1>您的访问可能对网站造成安全威胁</h1><p>访问被云锁中断，请与管理员联系。</p>",
        ),
    ),
    "aliyun acw": GuardPage(
        200,
        "<html><script>var arg1='3A5F8D7B';var _0x4818=['\\x63\\x73\\x6c\\x57'];function setCookie("
        "n,v){document.cookie=n+'='+v+';path=/'}function reload(x){setCookie('acw_sc__v2',x);"
        "document.location.reload();}</script></html>",
        {"set-cookie": "acw_tc=1a2b;path=/;HttpOnly"},
    ),
    "aliyun slider": GuardPage(
        200,
        _page(
            "滑动验证页面",
            "<div id='nocaptcha'></div><p>为了更好的体验，请拖动滑块</p><script src='https://g."
            "alicdn.com/sd/nc/1.1.112/guide.js'></script>",
        ),
    ),
    "aliyun block": GuardPage(
        405,
        _page(
            "405",
            "<div><p>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</p><p>您的请求ID"
            "是：<strong>1a2b3c4d</strong></p><img src='//errors.aliyun.com/images/TB.png'></div>",
        ),
    ),
    "tencent waf": GuardPage(
        200,
        _page(
            "Tencent Cloud WAF",
            "<div id='TCaptcha'></div><p>安全验证</p><script src='https://turing.captcha.qcloud.com/"
            "TCaptcha.js'></script><script>var seqid='1a2b';new TencentCaptcha('190').show();"
            "</script>",
        ),
    ),
    "tencent block": GuardPage(
        403,
        _page(
            "501",
            "<h2>很抱歉，您提交的请求可能对网站造成威胁，请求已被管理员设置的策略阻断</h2>"
            "<p>UUID: 1a2b</p>",
        ),
    ),
    "tencent edgeone": GuardPage(
        566,
        _page(
            "566",
            "<h1>Restricted Access</h1><p>Your request has been blocked by the security policies."
            "</p><p>Protected by Tencent Cloud EdgeOne</p>",
        ),
    ),
    "baidu": GuardPage(
        200,
        _page(
            "百度云加速",
            "<div class='cf-browser-verification'><h1>请完成安全检查，继续访问</h1><noscript>请打开"
            "JavaScript</noscript></div><script>window.jschl='a';</script>",
        ),
    ),
    "ruishu 412": GuardPage(
        412,
        "<!DOCTYPE html><html><head><meta http-equiv='Content-Type' content='text/html; charset=utf"
        "-8'><meta id='9DhefwqGPrzGxEp9hPaoag' content='{qqqqqqrrr' r='m'><script type='text/"
        "javascript' r='m'>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=54321;$_ts.cd='qEDxr';"
        "</script><script src='/4QbVtADbnLVIc/d.FxJzG50F.js' r='m'></script></head><body></body>"
        "</html>",
        {"set-cookie": "enable_1a2bS=6x; Path=/; HttpOnly"},
    ),
    "ruishu 202": GuardPage(
        202,
        "<!DOCTYPE html><html><head><meta r='m' content='x'><script r='m'>$_ts=window['$_ts'];"
        "if(!$_ts)$_ts={};$_ts.scj=[];</script></head><body><input type='hidden' id='__onload__' "
        "name='x'></body></html>",
    ),
    "360 wzws": GuardPage(
        200,
        "<html><head><noscript><h1><strong>请开启JavaScript并刷新该页.</strong></h1></noscript>"
        "<script>eval(function(p,a,c,k,e,d){return p}('0 wzwschallenge',1,1,'var|wzws_'.split('|')"
        ",0,{}))</script></head><body></body></html>",
        {"wzws-ray": "1101-1700000000.123-s4", "set-cookie": "wzws_cid=1a2b; path=/"},
    ),
    "wangsu": GuardPage(
        403,
        _page(
            "403 Forbidden",
            "<h1>403</h1><p>您的请求被网宿云安全拦截，请联系网站管理员。</p><p>ID: 1a2b</p>",
        ),
    ),
    "huawei cloud": GuardPage(
        418,
        _page(
            "访问被拦截！",
            "<div class='hws-waf'><h2>很抱歉，您的访问请求疑似攻击行为</h2><p>事件ID: 00-0000-0000-"
            "1a2b</p><script>document.cookie='HWWAFSESID=1a2b';</script></div>",
        ),
        {"set-cookie": "HWWAFSESID=1a2b; path=/"},
    ),
    "anti-dos cookie": GuardPage(
        200,
        "<html><body><script>document.cookie='ant_dos=8f2c1d;path=/;max-age=600';window.location."
        "reload();</script></body></html>",
    ),
    "anti-dos cookie, computed": GuardPage(
        200,
        "<html><head><script>function toHex(d){return d.join('')}var a=[1],b=[2];document.cookie="
        "'_guard='+toHex(a)+'; expires=Thu, 31-Dec-37 23:55:55 GMT; path=/';location.href="
        "'/eng/?attempt=1';</script></head><body></body></html>",
    ),
    "anti-dos form": GuardPage(
        200,
        "<html><body onload='document.forms[0].submit()'><form method='post' action='/eng/'><input "
        "type='hidden' name='antidos_token' value='1a2b'></form></body></html>",
    ),
    "frequency": GuardPage(
        200,
        _page("提示信息", "<div class='tip'>您的访问过于频繁，请稍后再试。</div>"),
    ),
    "safeline": GuardPage(
        403,
        _page(
            "访问已被拦截",
            "<div id='slg-box'><p>请求存在威胁，已被拦截</p>"
            "<p>安全检测能力由雷池 WAF 提供</p></div>"
            "<!-- event_id: 1a2b TYPE: 1 -->",
        ),
    ),
    "bt panel": GuardPage(
        200,
        _page(
            "宝塔Linux面板",
            "<h1>您的请求带有不合法参数，已被网站管理员设置拦截！</h1><p>宝塔网站防火墙</p>",
        ),
    ),
    "numbers to be typed": GuardPage(
        200,
        _page(
            "访问验证",
            "<form><p>请输入验证码后继续访问</p><img src='/captcha.png'><input></form>",
        ),
    ),
    "korean": GuardPage(
        200,
        _page(
            "요청 차단",
            "<p>보안 정책에 의해 요청이 차단되었습니다. 관리자에게 문의하십시오.</p>",
        ),
    ),
    "japanese": GuardPage(
        200,
        _page("アクセス拒否", "<p>セキュリティのためアクセスがブロックされました。</p>"),
    ),
}  # fmt: skip

GUARDS: Mapping[str, GuardPage] = {**CLOUDFLARE, **AKAMAI, **OTHERS, **CHINESE}
