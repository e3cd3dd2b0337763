"""What stands on a page beside the statement: taken out before its text is read.

First by what elements are (navigation, captions, comments, author boxes, lists of related links),
then by what lines say ("Leave a Response" and whatever follows it).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers import markup

_BY_NATURE = (
    "nav,aside,footer,form,figcaption,[role=navigation],[role=search],[role=contentinfo],"
    "[aria-label=breadcrumb],[hidden],[style*='display:none'],[style*='display: none'],"
    "#wm-ipp-base,#wm-ipp,#donato,.__cf_email__,.screen-reader-text,.sr-only,.visually-hidden"
)
_BY_NAME = re.compile(
    r"(?:^|[\s_-])(?:share|sharing|sharedaddy|social|addtoany|a2a|jiathis|bdsharebuttonbox|related"
    r"|relnews|relatedposts|recommended|recommend|read-next|more-news|comments?|respond|disqus"
    r"|author-?(?:box|bio|info|card|desc\w*)|about-(?:the-)?author|post-?author|byline|newsletter"
    r"|subscribe|subscription|breadcrumbs?|crumbs?|tags|tag-?list|tagcloud|post-?tags|entry-footer"
    r"|entry-meta|post-?meta|post-?navigation|prev-?next|pagination|pager|advert\w*|ad-?slot|sponsored|promo"
    r"|contacts|contact-(?:info|box|details|card)|cookie\w*|popup|modal|caption|print|toolbar|sidebar|widget\w*|footer|copyright)(?:$|[\s_-])",
    re.IGNORECASE,
)
_NEVER = frozenset(("html", "body", "main", "article", "head"))
_LINK_BLOCKS = frozenset(("p", "li", "ul", "h2", "h3", "h4", "h5", "h6", "blockquote", "figure"))
# More than this no real page has; to look at each would take for ever.
_MOST = 3000


def _any_of(*lines: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(lines)})[:：]?", re.IGNORECASE)


# A line that is nothing but this ends the statement, if what follows it is the smaller part.
_END = _any_of(
    r"leave a (?:response|reply|comment)",
    r"(?:post|add) a comment",
    r"\d* ?(?:comments?|responses?)",
    r"related(?: (?:articles|posts|news|stories|links|content|topics|reading))?",
    r"see also|read (?:also|next|more)|more (?:from|on|news|stories)\b.{0,40}",
    r"you (?:may|might) also like.{0,30}|recommended(?: for you)?|most (?:read|popular)",
    r"share(?: this)?(?: (?:article|post|story|page))?|follow us.*|don[’']t miss.{0,30}",
    r"(?:previous|next)(?: (?:article|post|story|page))? ?[:：].{0,150}",
    r"about the authors?|filed under.*|tags?|sign up.{0,60}|subscribe.{0,60}",
    r"mehr zum thema|verwandte (?:themen|artikel)|weitere (?:meldungen|artikel)|(?:seite )?teilen",
    r"(?:à )?lire aussi|partager|compartir|artículos relacionados",
    r"相关(?:新闻|阅读|链接|文章|报道|稿件)|相關(?:新聞|報導|連結|文章)|延伸阅读|延伸閱讀|推荐阅读",
    r"分享到|分享让更多人看到|客户端下载|打印本页|关闭窗口|上一篇.*|下一篇.*|関連(?:記事|リンク)",
    r"관련 ?(?:기사|뉴스)",
)
_NOISE = _any_of(
    r"share|tweet|print|pdf|e-?mail|facebook|twitter|linkedin|whatsapp|telegram|wechat|weibo",
    r"reddit|pinterest|copy link|save|bookmark|listen|follow|advertisement|back to top|top",
    r"skip to (?:main )?content|\[email.protected\]",
    r"分享|打印|收藏|关注|评论|纠错|字号.{0,8}|[大中小 ]{1,6}|编辑|微信|微博",
    r"[(（\[]?(?:责任编辑|编辑|责编)[:： ].{0,30}",
)
_BYLINE = re.compile(
    r"(?:by|written by|posted by|author|von|par|por|di|door|av|作者|记者|文/?|來源|来源|source)"
    r"(?:\s*[:：|]\s*|\s)\S.{0,80}",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?。！？…”’\"»]$")
_SHORT = 80
_BRIEF = 400


def prune(tree: LexborHTMLParser) -> None:
    """Takes out of a page's tree what is not its article: menus, captions, share buttons, comments,
    author boxes, paragraphs that are nothing but a link.

    Nothing that holds more than half of the page's running text is taken for furniture, whatever
    it is called.
    """
    body = tree.body
    if body is None:
        return
    half = _prose(body) // 2
    for find in (_of_nature, _named):
        chosen = [node for node in find(body)[:_MOST] if _prose(node) <= half]
        for node in reversed(chosen):  # an element inside another one goes first
            if node.tag not in _NEVER:
                node.decompose()
    links = body.css("a[href]")[:_MOST]
    alone = {block.mem_id: block for link in links if (block := _block_of(link)) is not None}
    for block in reversed(alone.values()):
        block.decompose()


def _of_nature(body: LexborNode) -> list[LexborNode]:
    return list(body.css(_BY_NATURE))


def _named(body: LexborNode) -> list[LexborNode]:
    """The elements whose class or id says that they are furniture."""
    found = []
    for node in body.css("[class],[id]"):
        names = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"
        if _BY_NAME.search(names):
            found.append(node)
    return found


def _prose(node: LexborNode) -> int:
    """How much text an element holds that is no link, in characters."""
    links = sum(len(link.text()) for link in node.css("a"))
    return len(node.text().strip()) - links


def _block_of(link: LexborNode) -> LexborNode | None:
    """The widest block that holds nothing but this link, if there is one."""
    found, node = None, link
    while node.parent is not None and node.parent.tag not in _NEVER and _is_alone(node):
        node = node.parent
        if node.tag in _LINK_BLOCKS:
            found = node
    return found if link.text().strip() else None


def _is_alone(node: LexborNode) -> bool:
    for step in ("prev", "next"):
        sibling = getattr(node, step)
        while sibling is not None:
            if sibling.text().strip():
                return False
            sibling = getattr(sibling, step)
    return True


def without_furniture(blocks: Sequence[str], title: str) -> list[str]:
    """The blocks of a text without those that are not part of it.

    Everything up to a repetition of the title goes, if only short lines stand before it; a byline
    under the title; captions that say a name twice; lines that are buttons; and everything from a
    line on that begins comments or related links, unless that is the greater part.
    """
    kept = _after_title(list(blocks), title)
    while kept and _is_byline(kept[0]):
        kept = kept[1:]
    kept = _before_end(kept)
    kept = [block for block in kept if not _NOISE.fullmatch(block) and not _is_doubled(block)]
    return _without_twins(kept)


def _is_byline(block: str) -> bool:
    """ "记者：某某" is one; "记者：请问……？" is the first question of a press conference."""
    asks = block.endswith(("?", "？", "。", "!", "！"))
    return len(block) <= _SHORT and not asks and _BYLINE.fullmatch(block) is not None


def _after_title(blocks: list[str], title: str) -> list[str]:
    folded = title.casefold()
    for place, block in enumerate(blocks[:6]):
        first, _, rest = block.partition("\n")
        if first.casefold() == folded:
            return [rest, *blocks[place + 1 :]] if rest else blocks[place + 1 :]
        if len(block) > _SHORT or _SENTENCE_END.search(block):
            break
    return [block for block in blocks if block.casefold() != folded]


def _before_end(blocks: list[str]) -> list[str]:
    total = sum(map(len, blocks))
    before = 0
    for place, block in enumerate(blocks):
        if place and _END.fullmatch(block) and before * 2 >= total:
            return blocks[:place]
        before += len(block)
    return blocks


def _is_doubled(block: str) -> bool:
    """ "Jens Stoltenberg / Jens Stoltenberg": the text of a picture and its caption."""
    first, _, second = block.partition("\n")
    return bool(first) and first == second


def _without_twins(blocks: list[str]) -> list[str]:
    """Without two short lines in a row that say the same and are no sentence."""
    twins: set[int] = set()
    for place, block in enumerate(blocks[1:], start=1):
        short = len(block) <= _SHORT and not _SENTENCE_END.search(block)
        if short and block == blocks[place - 1]:
            twins.update((place - 1, place))
    return [block for place, block in enumerate(blocks) if place not in twins]


def is_link_list(blocks: Sequence[str], tree: LexborHTMLParser) -> bool:
    """True for a "text" that is mostly the page's links: a menu, or an error page's one sentence
    between menus; not a statement."""
    links = {words for link in tree.css("a") if len(words := markup.line(link)) > 1}
    if sum(block in links for block in blocks) * 2 > len(blocks):
        return True
    text = " ".join(blocks)
    said = sum(len(words) for words in links if words in text) if len(text) < _BRIEF else 0
    return said * 5 > len(text) * 2
