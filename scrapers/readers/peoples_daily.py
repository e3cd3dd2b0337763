"""People's Daily Online: people.com.cn, en.people.cn, french.peopledaily.com.cn and the others.

Chinese, /n1/2024/0424/c1001-40223222.html:

    <div class="rm_txt"><h1>...</h1> <div class="channel"><div class="col-1-1">2024年04月24日23:52 |
      来源：...</div></div> <div class="rm_txt_con"><p>...</p> <div class="edit">(责编：...)</div>
      <p class="paper_num">分享让更多人看到</p></div></div>

and before about 2021 #rwb_zw, .show_text, .box_con or #p_content for the text, under the head in
.text_title (a real page of 2019; a long article stands on several pages, of which this is the
first). English and others,
/n3/2023/0927/c90000-20078193.html, text and head in one element:

    <div class="w860 d2txtCon cf"><h1>...</h1> <div class="origin cf"><a>(Xinhua)</a>
      <span>08:59, September 27, 2023</span></div> <p>...</p> <div class="editor">(Web editor: ...)

and before that <div class="wb_12">. The French edition says "Dernière mise à jour à 09h11 le
05/01", which has no year and is a change; the day is that of the address (/n3/2021/0105/).
"""

from __future__ import annotations

from scrapers.readers import Page, Reader, _chinese_press, generic
from scrapers.readers._layout import Layout
from scrapers.values import Article

_DROP = (
    "h1,h2.title,h3.pre,h4.sub,.origin,.edit,.editor,.paper_num,.bza,.box_pic,.pic_data,.zdfy,"
    "#rwb_tjyd,.rm_relevant,.share,.bdsharebuttonbox,.wb_share,.d2share,.txt_share,.adv,.page_n,"
    ".related,#p_related,.otitle,.pager,figcaption"
)
_CHINESE = Layout(
    text=(".rm_txt_con", "#rwb_zw", ".show_text", ".box_con", "#p_content", ".text_con_left"),
    title=(".rm_txt h1", ".text_c h1", ".text_title h1", "h1#p_title", "h1"),
    dated=(".rm_txt .channel", ".box01", "#p_publishtime", ".sou", ".text_tools"),
    drop=_DROP,
)
_OTHERS = Layout(
    text=(".d2txtCon", ".txt_con", ".wb_12", ".txtcon", ".text-con"),
    title=(".d2txtCon h1", ".txt_con h1", "h1"),
    dated=(".origin span", ".origin", ".wb_1 .time", ".txttime", ".time"),
    drop=_DROP,
)


def article(page: Page) -> Article:
    """An article in whatever language."""
    return _chinese_press.article(page, _CHINESE, _OTHERS)


is_address = _chinese_press.address_like(r"/n\d?/\d{4}/\d{4}/c\d+-\d+(?:-\d+)?\.html$")

READER = Reader("peoples_daily", 1, generic.listing, article, is_address, reads="articles")
