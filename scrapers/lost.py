"""How sites say "not found" or "out of order" with status 200, in the languages that we watch."""

from __future__ import annotations

import re

from scrapers.look import Look

_THING = r"(web ?)?(page|site|file|document|url|resource|article|content|object|item|link)s?"
_ASKED = (
    r"(that )?(you|we) (have |had |['’]ve )?(requested|are looking|were looking|tried|wanted?|seek)"
)
_ABSENT = (
    r"((was|is|could|can) ?not (be )?(found|located|available|displayed)|can['’]?t be found"
    r"|(could|was|is|does|do)n['’]t (be found|found|exist|available)|does not exist|not found"
    r"|(is )?no longer (exists?|available|here)|is unavailable|missing"
    r"|(has|may have|might have) been (removed|deleted|moved))"
)
_PAGE = r"(页面|网页|頁面|網頁|该页|文件|文章|栏目|链接)"
_NONE = (
    r"(不存在|未找到|没有找到|沒有找到|找不到|无法(找到|访问|显示|打开)"
    r"|已(被)?(删除|移除|下线)|已失效)"
)

# What is the whole of a title or heading, without its site's name. "The document does not exist"
# is a spokesperson's headline; "Document not found" is a server's.
_TITLES = re.compile(
    r"((http|status|error|erreur|fehler|ошибка|錯誤|错误)[ :-]*){0,3}404"
    r"([ :,.–-]*(errors?|page|seite|страница|错误))?"
    r"([ :,.–-]*.{0,20}(\(?not found\)?!*1?|introuvable|non trouv[ée]e?|nicht gefunden"
    r"|no encontrada|не найдена|未找到|不存在|找不到))?( \(404\))?"
    r"|(sorry,? |oops[!,. ]*|error[ :]*)?((the|this|that|your) )?(requested )?(web ?)?(page|url)"
    rf"( {_ASKED}.{{0,30}})? {_ABSENT}( \(?404\)?)?|(the )?{_THING} not found"
    r"|not found|nothing here|(we )?can['’]?t find (that|the|this|your) page"
    r"|(抱歉|对不起|很抱歉|對不起)?[，,！! ]*.{0,14}(页面|网页|頁面|網頁|该页|栏目).{0,6}"
    rf"({_NONE}|不见了|走丢了).{{0,8}}"
    r"|.{0,4}(找不到|未找到|无法找到|沒有找到|没有找到).{0,8}(页面|网页|頁面|網頁|该页).{0,4}"
    r"|(404)?(错误|出错|錯誤)(页面?|了|頁面)(404)?|访问出错了?|出错啦"
    r"|ページが(見つかりません|存在しません).{0,10}|お探しのページ.{0,20}|페이지를 찾을 수 없습니다"
    r"|страница не (найдена|существует)|сторінк[уа] не знайдено|запрашиваемая страница.{0,20}"
    r"|(die )?seite (wurde |konnte )?nicht gefunden( werden)?|page (non trouv[ée]e|introuvable)"
    r"|p[aá]gina n[aã]o (foi )?encontrada|p[aá]gina no (ha sido )?encontrada"
    r"|no se encontr[oó] la p[aá]gina|pagina non trovata|pagina niet gevonden"
    r"|sidan (kunde inte hittas|hittades inte|finns inte)|siden (blev|ble) ikke fun[dn]et"
    r"|siden finnes ikke|sivua ei l[oö]ytynyt|strona nie (została znaleziona|istnieje)"
    r"|nie znaleziono strony|str[aá]nka (nebyla )?nen?alezena|az oldal nem található"
    r"|pagina nu (a fost găsită|există)|η σελίδα δεν βρέθηκε|stranica nije pronađena"
    r"|sayfa bulunamadı|halaman tidak ditemukan|không tìm thấy trang|ไม่พบหน้า.{0,20}"
    r"|הדף לא נמצא|الصفحة غير موجودة|صفحه (مورد نظر )?(یافت|پیدا) نشد",
)

# A sentence that decides on a page with next to no other words. A spokesperson's short "the
# document you mentioned does not exist" must not be among them.
_SENTENCES = re.compile(
    rf"(the|this|that) (requested )?{_THING} {_ASKED}.{{0,30}}?{_ABSENT}"
    rf"|the requested {_THING} .{{0,200}}?was not found on this server"
    rf"|(could|can) ?(not|n['’]?t) find (the|this|that) (requested )?{_THING}"
    r"|http (error )?404|404 (error|not found|page)|error 404"
    rf"|(您|你)(所)?(要|想|需要)?(访问|请求|查找|查看|浏览|点击|寻找|訪問|查詢|要|找)的{_PAGE}.{{0,12}}{_NONE}"
    rf"|(没有|沒有|无法|未能)找到(您|你)(所)?(要|需要|访问|请求|查找)?.{{0,4}}的?{_PAGE}"
    r"|(该|此|本)(页面|网页|文章|链接)(不存在|已(被)?(删除|移除|下线)|已失效)"
    r"|お探しのページ|페이지를 찾을 수 없|страница не найдена|seite (wurde |konnte )?nicht gefunden"
    r"|page (demandée|recherchée).{0,40}(existe pas|introuvable|pas été trouvée)"
    r"|p[aá]gina (solicitada|que busca|que procura).{0,30}(no (existe|se encuentra)|não)",
)

_OUT_OF_ORDER = re.compile(
    r"(http )?(status )?(error )?50[0-9]((\s*[:|(.,]|\s+[-–—]\s).{0,40}"
    r"|\s*(error|internal|server|bad gateway|service (temporar|un|not)|gateway|not|http|错误|服务"
    r"|内部|ошибка).{0,40})?|(internal )?server error.{0,20}|runtime error"
    r"|service (temporarily )?unavailable|bad gateway|gateway time-?out|application error"
    r"|(database|fatal) error.{0,20}|error establishing a database connection|an error occurred"
    r"|error|(site |website )?(is )?(currently )?(under|down for|in) maintenance"
    r"|maintenance( mode)?|scheduled maintenance|we['’]ll be back soon|account suspended"
    r"|under construction|(网站|系统|服务器?)(正在)?(维护|升级|繁忙|建设|关闭|暂停)(中|服务|访问)?"
    r"|(系统|服务器)(发生)?(错误|异常)|welcome to nginx|iis windows.{0,20}"
    r"|apache2? .{0,20}default page.{0,20}|it works"
    r"|wartungsarbeiten|site en maintenance|sitio en mantenimiento|технические работы",
)

_SEPARATORS = re.compile(r"\s+[-|–—·»«:_]+\s*|\s*[|_»—]+\s*|\s*[-:]\s+")


def why_lost(page: Look) -> str | None:
    """In which words the page says that there is no such page; None when it does not."""
    if len(page.prose) > 3000:
        return None
    for heading in (page.title, *page.headings):
        if any(_TITLES.fullmatch(part) for part in _parts(heading)):
            return f"the page is titled {heading[:80]!r}"
    found = _SENTENCES.search(page.prose.casefold()) if len(page.prose) < 800 else None
    return f"the page says {found[0][:80]!r}" if found else None


def why_out_of_order(page: Look) -> str | None:
    """In which words a server says that it does not work today; None when it does not."""
    if len(page.prose) > 1500 or page.links > 40:
        return None
    for heading in (page.title, *page.headings[:1]):
        if _OUT_OF_ORDER.fullmatch(heading.casefold().strip(" .…!。！")):
            return f"the page is titled {heading[:80]!r}"
    return None


def _parts(heading: str) -> list[str]:
    """A heading as a whole, and without the site's name before or after it."""
    folded = heading.casefold().strip(" .…!。！")
    pieces = [piece.strip(" .…!。！") for piece in _SEPARATORS.split(folded)]
    return [folded, pieces[0], pieces[-1]]
