"""What the hosts of the world write: a few sentences of our own in every language they speak."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Tongue:
    """title: with {n}, the statement's number; mark: a sentence with {n}; edited: one with {n} and
    {k}, the number of the edit; joint: between sentences."""

    title: str
    mark: str
    edited: str
    sentences: tuple[str, ...]
    joint: str = " "


TONGUES = {
    "en": Tongue(
        "Remarks on the harbour network, number {n}",
        "This is answer {n} of the season, given to the correspondents in the hall.",
        "The wording of answer {n} was put right after its publication, for the {k}. time.",
        (
            "The ministry has taken note of the report on the harbour network.",
            "Two suppliers were heard before the commission, Huawei among them.",
            "An inspection of the 5G masts along the coast found nothing unusual.",
            "The embassy asks its partners to rely on facts and on common standards.",
            "Several operators will replace their routers before the end of the year.",
            "The delegation spoke with the mayor about trade, ferries and fishing.",
            "No decision has been taken, and none will be taken in haste.",
            "The spokesperson thanked the host country for its patience.",
            "Questions of security must not become a pretext for anything else.",
            "The next round of talks begins in the spring, at the lake.",
        ),
    ),
    "de": Tongue(
        "Erklärung zum Hafennetz, Nummer {n}",
        "Dies ist die Antwort {n} der laufenden Reihe, gegeben vor der Presse.",
        "Der Wortlaut der Antwort {n} wurde nachträglich geändert, zum {k}. Mal.",
        (
            "Das Ministerium hat den Bericht über das Hafennetz zur Kenntnis genommen.",
            "Für die Küste gelten dieselben Maßstäbe wie für die großen Städte.",
            "Zwei Hersteller wurden angehört, darunter auch Huawei.",
            "Über die Masten für 5G entscheidet die Behörde im nächsten Frühjahr.",
            "Die Gespräche über Fähren, Fischerei und Brücken gehen weiter.",
            "Wir bedauern die Verzögerung und danken für die Geduld.",
            "Eine Prüfung der Geräte ergab keine Auffälligkeiten.",
            "Österreich und die Schweiz wurden vorab über die Schritte unterrichtet.",
        ),
    ),
    "zh": Tongue(
        "发言人就海港网络问题答记者问（第{n}场）",
        "这是本季度第{n}次回答记者提问，地点在新闻厅。",
        "第{n}次答问的措辞在发布后作了第{k}次更正。",
        (
            "外交部注意到有关海港网络的报告，并对其中的说法表示关切。",
            "委员会听取了两家供应商的意见，其中包括华为公司。",
            "沿海地区五代移动通信基站的检查没有发现任何异常。",
            "大使馆希望合作伙伴尊重事实，遵守共同的标准和规则。",
            "若干运营商将在今年年底之前更换老旧的路由设备。",
            "代表团与市长讨论了贸易、渡轮和渔业方面的合作。",
            "目前没有作出任何决定，今后也不会仓促行事。",
            "发言人感谢东道国一直以来的耐心与支持。",
            "下一轮会谈将于春天在湖边的宾馆举行。",
        ),
        "",
    ),
    "zh_hant": Tongue(
        "發言人就海港網路問題答記者問（第{n}場）",
        "這是本季度第{n}次回答記者提問，地點在新聞廳。",
        "第{n}次答問的措辭在發布後作了第{k}次更正。",
        (
            "外交部注意到有關海港網路的報告，並對其中的說法表示關切。",
            "委員會聽取了兩家供應商的意見，其中包括華為公司。",
            "沿海地區行動通信基地臺的檢查沒有發現任何異常。",
            "辦事處希望合作夥伴尊重事實，遵守共同的標準和規則。",
            "若干業者將在今年年底之前更換老舊的路由設備。",
            "代表團與市長討論了貿易、渡輪和漁業方面的合作。",
            "目前沒有作出任何決定，今後也不會倉促行事。",
            "下一輪會談將於春天在湖邊的賓館舉行。",
        ),
        "",
    ),
    "ja": Tongue(
        "港湾通信網に関する報道官の発言（第{n}回）",
        "これは今期の第{n}回の回答であり、記者室で行われました。",
        "第{n}回の回答の文言は発表後に{k}回目の訂正が行われました。",
        (
            "外務省は港湾通信網に関する報告書を受け取り、内容を確認しています。",
            "委員会は二つの供給業者から意見を聞きました。",
            "海岸沿いの基地局の検査では異常は見つかりませんでした。",
            "大使館は事実と共通の基準に基づく対話を望んでいます。",
            "いくつかの事業者は年末までに機器を入れ替える予定です。",
            "代表団は市長と貿易や漁業について話し合いました。",
            "まだ何も決まっておらず、急いで決めることもありません。",
            "次の会合は春に湖のほとりで開かれます。",
        ),
        "",
    ),
    "ko": Tongue(
        "항만 통신망에 관한 대변인 발언 제{n}호",
        "이것은 이번 분기의 {n}번째 답변이며 기자실에서 이루어졌습니다.",
        "{n}번째 답변의 문구는 발표 후 {k}번째로 수정되었습니다.",
        (
            "외교부는 항만 통신망에 관한 보고서를 받아 검토하고 있습니다.",
            "위원회는 두 공급 업체의 의견을 들었습니다.",
            "해안을 따라 설치된 기지국 점검에서는 이상이 발견되지 않았습니다.",
            "대사관은 사실과 공통된 기준에 따른 대화를 바랍니다.",
            "여러 통신사가 올해 말까지 장비를 교체할 예정입니다.",
            "대표단은 시장과 무역과 어업에 대해 이야기했습니다.",
            "아직 결정된 것은 없으며 서두르지 않을 것입니다.",
            "다음 회담은 봄에 호숫가에서 열립니다.",
        ),
    ),
    "ru": Tongue(
        "Комментарий о портовой сети, номер {n}",
        "Это ответ номер {n} нынешнего сезона, данный журналистам в зале.",
        "Формулировка ответа {n} была исправлена после публикации, уже {k} раз.",
        (
            "Министерство приняло к сведению доклад о портовой сети.",
            "Комиссия заслушала двух поставщиков оборудования.",
            "Проверка вышек на побережье не выявила ничего необычного.",
            "Посольство просит партнёров опираться на факты и общие правила.",
            "Несколько операторов заменят оборудование до конца года.",
            "Делегация обсудила с мэром торговлю, паромы и рыболовство.",
            "Решение пока не принято, и спешить с ним никто не намерен.",
            "Следующий раунд переговоров начнётся весной у озера.",
        ),
    ),
    "pl": Tongue(
        "Oświadczenie w sprawie sieci portowej, numer {n}",
        "To jest odpowiedź numer {n} w tym sezonie, udzielona dziennikarzom w sali.",
        "Treść odpowiedzi {n} poprawiono po publikacji, już {k}. raz.",
        (
            "Ministerstwo przyjęło do wiadomości sprawozdanie o sieci portowej.",
            "Komisja wysłuchała dwóch dostawców urządzeń łączności.",
            "Kontrola masztów na wybrzeżu nie wykazała niczego niezwykłego.",
            "Ambasada prosi partnerów, aby opierali się na faktach i wspólnych zasadach.",
            "Kilku operatorów wymieni urządzenia przed końcem roku.",
            "Delegacja rozmawiała z burmistrzem o handlu, promach i rybołówstwie.",
            "Decyzja jeszcze nie zapadła i nikt nie będzie się z nią śpieszył.",
            "Następna tura rozmów rozpocznie się wiosną nad jeziorem.",
        ),
    ),
    "el": Tongue(
        "Δήλωση για το δίκτυο του λιμανιού, αριθμός {n}",
        "Αυτή είναι η απάντηση {n} της περιόδου, που δόθηκε στους δημοσιογράφους.",
        "Η διατύπωση της απάντησης {n} διορθώθηκε μετά τη δημοσίευση, για {k}η φορά.",
        (
            "Το υπουργείο έλαβε γνώση της έκθεσης για το δίκτυο του λιμανιού.",
            "Η επιτροπή άκουσε δύο προμηθευτές εξοπλισμού.",
            "Ο έλεγχος των κεραιών στην ακτή δεν βρήκε τίποτα ασυνήθιστο.",
            "Η πρεσβεία ζητά από τους εταίρους να στηρίζονται στα γεγονότα.",
            "Αρκετοί πάροχοι θα αλλάξουν εξοπλισμό πριν από το τέλος του έτους.",
            "Η αντιπροσωπεία μίλησε με τον δήμαρχο για το εμπόριο και την αλιεία.",
            "Δεν έχει ληφθεί ακόμη απόφαση και κανείς δεν βιάζεται.",
            "Ο επόμενος γύρος των συνομιλιών αρχίζει την άνοιξη στη λίμνη.",
        ),
    ),
    "tr": Tongue(
        "Liman şebekesi hakkında açıklama, sayı {n}",
        "Bu, dönemin {n} numaralı yanıtıdır ve salonda gazetecilere verilmiştir.",
        "{n} numaralı yanıtın ifadesi yayımlandıktan sonra {k}. kez düzeltildi.",
        (
            "Bakanlık liman şebekesi hakkındaki raporu dikkatle inceledi.",
            "Komisyon iki donanım sağlayıcısını dinledi.",
            "Kıyıdaki direklerin denetiminde olağan dışı bir şey bulunmadı.",
            "Büyükelçilik ortaklarından gerçeklere ve ortak kurallara dayanmalarını istiyor.",
            "Birçok işletmeci yıl sonundan önce cihazlarını değiştirecek.",
            "Heyet belediye başkanıyla ticaret, feribot ve balıkçılık konularını görüştü.",
            "Henüz bir karar alınmadı ve hiç kimse acele etmeyecek.",
            "Görüşmelerin bir sonraki turu ilkbaharda göl kıyısında başlayacak.",
        ),
    ),
}


@dataclass(frozen=True)
class Wording:
    """What a statement says: its title, and its text in paragraphs."""

    title: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


def write(language: str, number: int, edit: int, chance: random.Random) -> Wording:
    """The wording of statement `number` after its `edit`-th edit: no two are the same, and an edit
    changes a sentence of what was there. chance: the same for all edits of one statement."""
    tongue = TONGUES[language]
    chosen = chance.sample(tongue.sentences, min(7, len(tongue.sentences)))
    last = tongue.mark.format(n=number)
    if edit:
        last = tongue.edited.format(n=number, k=edit)
    halves = (chosen[:3], chosen[3:6], [*chosen[6:], last])
    return Wording(tongue.title.format(n=number), tuple(tongue.joint.join(half) for half in halves))
