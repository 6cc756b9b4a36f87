"""Words in a remark that change a life or say what a person needs: found, never acted upon alone.

Death words hold every message and the others hold nudges until a person decides (decisions §3),
so a word counts unless the text itself says that it is about somebody else, past, or not so.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from outreach.ledger.codes import LifeReportKind

_RELATIVE = (
    "(?:老伴儿?|(?:其|她|他)(?:子|女|夫|妻|父|母)|^\\s*夫|亲人|(?:原)?户主|配偶|丈夫|妻子?|爱人|老公|老婆|先生|太太|前夫|前妻|亡夫|亡妻"
    "|(?:长|次|大|小|二|三|四|五|独|养|继|老[大二三四五])?(?:儿子?|女儿?|子女|闺女)|儿媳妇?|媳妇|女婿"
    "|(?:长|次|三|四|五|独|养|继)[子女]|孙子|孙女|外孙女?|孙辈|父母|父亲|母亲|爸爸?|妈妈?|爹|公婆|公公|婆婆|岳父|岳母"
    "|兄弟|姐妹|兄长|哥哥?|弟弟?|姐姐?|妹妹?|侄子|侄女|外甥女?|亲属|家属|家人|监护人|保姆|护工|邻居"
    "|wife|husband|spouse|son|daughter|father|mother|brother|sister|parents?|children|carer|neighbou?r)"
)
# What may stand between a relative and the word that is said of that relative.
_ABOUT = (
    r"(?:[\d年月日号.\-/\s()（）:：]|的|均|都|也|已经?|于|在(?!家)|家?住|家在|入住|居|早|刚|前|去|今|近|期|年|底|初|月|多|后|先|双双?|相继"
    r"|意外|不幸|突然|最近|又|就|现|全|曾|常年?|长期|目前|正在?|因[^,，。;；]{1,8}?|现在|两个?|几个?|[一二三四五六七八九十]"
    r"|has|is|was|had|who|recently|already|in|just|now|also|all)*"
)
# The person of the row is named in the same breath: then the word is about that person too.
_SELF = re.compile(
    r"本人(?!.{0,4}(?:称|说))|老人(?:及|和|与|、|均|已)|两人|二人|双方|老两口|夫妻|夫妇|俩|both|himself|herself"
)
_CARRIED_OFF = re.compile(
    rf"(?:随|跟|和|同|与|被|由|让|陪|去|到|往|投靠|with|to|by)\s*(?:其|他|她|his|her)?\s*{_RELATIVE}"
)
_CLAUSE = re.compile(r"[,，。;；!！?？\n\r|]+")
# "儿子家住外地": whose home it is that is elsewhere.
_HOME_OF = re.compile(rf"\s*(?:其|他|她)?{_RELATIVE}家")
_LONE_RELATIVE = re.compile(rf"\s*(?:其|他|她)?{_RELATIVE}\s*")

# Living in another city or country counts as having moved; a street of that name does not.
_ELSEWHERE = (
    r"(?:去|到|在|赴|往|住|随.{1,6}住)了?在?(?:北京|上海|天津|重庆|广州|深圳|杭州|南京|武汉|西安|成都|苏州|青岛|济南|海南|三亚|海口"
    r"|广东|江苏|浙江|山东|河北|湖北|湖南|陕西|四川|新疆|福建|厦门|东莞|大连|沈阳|美国|加拿大|澳大利亚|澳洲|英国|日本|国外)市?的?了?"
    r"(?=$|居住|生活|常住|长住|长期|养老|定居|[大小二其]?(?:儿子?|女儿?|孙子?|孙女|闺女|子女|亲戚|弟弟|妹妹)家|住|随|跟|带)"
)

_WORDS: tuple[tuple[LifeReportKind, str], ...] = (
    (
        LifeReportKind.DECEASED,
        (
            r"[去过][世逝]|[已己巳]故|身故|亡故|病故|故去|死亡|已死|病死|离世|逝世|病逝|辞世|仙逝|已逝|逝者|死了|没了|殁|殡葬|火化|火葬|下葬"
            r"|已亡|双亡|人不在了|已不在了|已不在人世|不在世|(?:^|老人|本人)不在了|(?:老人|(?<![\w])人)已不在$"
            r"|(?:^|老人|(?<![\w])人|\d月(?:份|底|初)?)(?:已经?)?走了$|(?:老人|(?<![\w])人)已走$|注销户口|户口(?:已)?注销|销户|deceased|died|passed\s+away|\bdead\b|\bdeath\b"
        ),
    ),
    (
        LifeReportKind.MOVED,
        (
            r"搬走|搬离|搬出|搬家|搬迁|搬去|搬到|搬至|搬往|已搬|迁出|迁走|迁往|迁至|迁移[至到]|外迁|移居|移民|定居|户口已?迁|拆迁"
            r"|去(?:了)?外地|(?:现|已|暂)居外地|在外地|到外地|住外地|外地居住|外地常住|去(?:了)?外省|在外省|长期在外|常年在外|不在本地|不在辖区|不在本社区|不在郑"
            r"|"
            + _ELSEWHERE
            + r"|回(?:了)?(?:农村|乡下)?老家|在老家|住老家|出国|在国外|空挂户?|人户分离|查无此人"
            r"|不住(?:在)?(?:这|此|本)|不在(?:这|此|本处)居?住"
            r"|moved\s+(?:away|out|to)|has\s+moved|relocated|emigrated|lives?\s+abroad"
        ),
    ),
    (
        LifeReportKind.HOSPITAL,
        (
            r"住院|住进.{0,6}医院|在.{0,6}医院(?:治疗|抢救|手术|化疗|康复|住|$)|送医|入院|重症监护|ICU|抢救|病危|病重"
            r"|in\s+hospital|hospitali[sz]ed|in\s+the\s+hospital|intensive\s+care"
        ),
    ),
    (
        LifeReportKind.NURSING_HOME,
        r"养老院|敬老院|福利院|护理院|养老机构|养老中心|养老公寓|老年公寓|护养院|托老|颐养院|[康颐]养中心|康养院|nursing\s+home|care\s+home",
    ),
    (
        LifeReportKind.AWAY,
        r"外出|[去到往在].{0,6}(?:过冬|避暑)|旅游|旅行|探亲|出差|不在家|暂时不在|接走|\b(?:is|currently|temporarily)\s+away\b|travell?ing|on\s+holiday|\babroad\b",
    ),
)
_KIND = {kind.value: re.compile(words, re.IGNORECASE) for kind, words in _WORDS}
_ANY = re.compile("|".join(words for _, words in _WORDS), re.IGNORECASE)
_NEGATED = re.compile(
    r"(?:未|没有?|并未|并非|非|不|不是|不曾|从未|否认|误报为?|误传|误登|谣传|无|拒绝|不愿意?|不肯|不想|怕|担心|避免|免|no|not|never|n't)"
    r"\s*(?:已|有|曾|再|打算|计划|需要?|用|能|会|要|去|been|yet)*\s*$",
    re.IGNORECASE,
)
_UNDONE = re.compile(
    r"(?:^|[^未没不])(?:已回|回来了|(?:住院|医院|外地|外出|老家).{0,2}回来|已返|返回|搬回|迁回|又回|回郑|已回家|接回|出院|returned|came\s+back|is\s+back)",
    re.IGNORECASE,
)
_ARRIVED = re.compile(
    r"(?:搬|迁|移)(?:来|入|进)|搬(?:到|至)(?:本|我|该)|(?:从|由|自).{1,10}(?:搬|迁)(?:来|至|到|入)|拆迁(?:户|安置|房)|moved\s+in",
    re.IGNORECASE,
)
_DISCHARGED = re.compile(
    r"出院|住院[史后]|住过院|曾|以前|之前|过去|早年|当年|去年|前年|往年|病史|既往|史$|discharged|previous|formerly|\bused\s+to\b|last\s+year|history",
    re.IGNORECASE,
)
_STILL = re.compile(r"至今|到现在|目前|现在|正在|仍|还在|一直|still|since|currently", re.IGNORECASE)
_NOT_LIVING_THERE = re.compile(
    r"(?:退|离开|搬出|志愿|工作|职工|员工|退休|上班|附近|对面|旁|隔壁|门口|医生|护士)"
)
# Hard to get out, or only with help: a need of the journey, and nobody is away.
_SELDOM = re.compile(
    r"(?:不[便宜能易敢愿大太常方]*|无法|难以|[很极甚较]?少|陪同?|搀扶|才能?|可以?|能)\s*$"
)
# Who goes along to somebody else's bed is not in it.
_CARES = re.compile(
    rf"(?:陪[同护]?|照[顾料看]|看护|护理|伺候)\s*(?:其|他|她)?(?P<whom>{_RELATIVE})?{_ABOUT}$"
)
_ANOTHERS_NEXT = re.compile(rf"\s*的?\s*{_RELATIVE}")
_REGISTERED = re.compile(r"(?:户籍|户口|籍贯|原籍)(?:地|所在地)?\s*$")
_SPACE_WITHIN = re.compile(r"(?<=[\u3400-\u9fff])[^\S\n\r]+(?=[\u3400-\u9fff])")
_YEAR_MONTH = re.compile(r"((?:19|20)\d{2})\s*[年.\-/]\s*(?:(\d{1,2})\s*月?)?")
_RECENT = timedelta(days=92)

_NEEDS: tuple[tuple[str, str], ...] = (
    ("bed_bound", r"卧床|瘫痪|起不来床|不能下床|bed-?bound|bed-?ridden"),
    ("wheelchair", r"轮椅|wheelchair"),
    ("walker", r"助行器|助步器|学步车|\bwalker\b|walking\s+frame"),
    (
        "stick_or_arm",
        r"拐杖|拐棍|拄拐|需?搀扶|行动不便|行走不便|腿脚不(?:便|好|灵)|腿脚差|walking\s+stick|\bcane\b|limited\s+mobility",
    ),
    (
        "hearing",
        r"听力差|听力不好|听力障碍|听障|耳聋|耳背|聋|助听器|hard\s+of\s+hearing|\bdeaf\b|poor\s+hearing",
    ),
    ("sight", r"视力差|视力不好|视力障碍|视障|失明|盲|白内障|看不见|\bblind\b|poor\s+sight"),
    ("cognition", r"痴呆|认知障碍|认知症|阿尔茨海默|失智|糊涂|dementia|alzheimer"),
    ("oxygen", r"吸氧|氧气|制氧|oxygen"),
    ("carsick", r"晕车|carsick"),
    ("lives_alone", r"独居|一人居住|独自居住|一个人住|lives?\s+alone"),
    (
        "stays_elsewhere",
        r"现住|暂住|住(?:在)?(?:其|大|小|二)?(?:儿子|女儿|闺女|子女|儿|女)家|staying\s+with|stays\s+with",
    ),
)
_NEED = re.compile("|".join(f"(?P<{name}>{words})" for name, words in _NEEDS), re.IGNORECASE)


class RemarkReading(NamedTuple):
    """What a remark says: reports of a changed life, and needs of the journey."""

    reports: tuple[LifeReportKind, ...] = ()
    needs: tuple[str, ...] = ()


_SILENT = RemarkReading()


@lru_cache(maxsize=8192)
def read_remark(text: str, *, as_of: date) -> RemarkReading:
    """Find what a remark says of the person of its row on the day ``as_of``."""
    # "已 故": words are spaced out as names are.
    folded = _SPACE_WITHIN.sub("", unicodedata.normalize("NFKC", text))
    has_report, has_need = _ANY.search(folded), _NEED.search(folded)
    if not has_report and not has_need:
        return _SILENT
    clauses = _clauses(folded)
    reports = _reports(clauses, folded, as_of) if has_report else ()
    needs = tuple(dict.fromkeys(n for c in clauses for n in _needs(c))) if has_need else ()
    return RemarkReading(reports, needs)


def _clauses(text: str) -> list[str]:
    clauses: list[str] = []
    for part in _CLAUSE.split(text):
        # "老伴，已故": a comma does not part a person from what is said of that person.
        if clauses and _LONE_RELATIVE.fullmatch(clauses[-1]):
            clauses[-1] += part
        else:
            clauses.append(part)
    return clauses


def _reports(clauses: list[str], text: str, as_of: date) -> tuple[LifeReportKind, ...]:
    found = {
        LifeReportKind(kind)
        for kind, words in _KIND.items()
        for clause in clauses
        if any(_is_news(LifeReportKind(kind), m, clause, as_of) for m in words.finditer(clause))
    }
    # A death is all there is to say; who has moved is not merely out.
    if LifeReportKind.DECEASED in found:
        return (LifeReportKind.DECEASED,)
    if LifeReportKind.MOVED in found:
        found.discard(LifeReportKind.AWAY)
        if _UNDONE.search(text):
            found.discard(LifeReportKind.MOVED)
    if _UNDONE.search(text):
        found -= {LifeReportKind.AWAY, LifeReportKind.HOSPITAL, LifeReportKind.NURSING_HOME}
    return tuple(kind for kind in LifeReportKind if kind in found)


def _is_news(kind: LifeReportKind, match: re.Match[str], clause: str, as_of: date) -> bool:
    before, after = clause[: match.start()], clause[match.end() :]
    if _NEGATED.search(before):
        return False
    # "女儿接走": the relative fetched the resident.
    if not match[0].startswith("接") and _is_anothers(before) and not _SELF.search(before):
        return False
    if kind is LifeReportKind.MOVED:
        is_theirs = match[0][0] in "住在" and _HOME_OF.fullmatch(before)
        return not (is_theirs or _ARRIVED.search(clause) or _REGISTERED.search(before))
    if kind is LifeReportKind.HOSPITAL:
        return not _is_at_anothers_bed(before, after) and not _is_history(clause, as_of)
    if kind is LifeReportKind.NURSING_HOME:
        return not _NOT_LIVING_THERE.search(clause) and not re.match(r"史", after)
    if kind is LifeReportKind.AWAY:
        is_hard = match[0] == "外出" and _SELDOM.search(before)
        return not is_hard and not re.match(r"(?:不便|困难|需|要|时|就医|少|较少)", after)
    return True


def _is_anothers(before: str) -> bool:
    """Say whether what follows ``before`` is said of a relative rather than of the resident."""
    about = re.search(rf"{_RELATIVE}{_ABOUT}$", before, re.IGNORECASE)
    if about is None:
        return False
    # "随女儿去外地": the resident goes along; "女儿家" is a place.
    with_them = _CARRIED_OFF.search(before)
    return with_them is None or with_them.end() <= about.start()


def _is_at_anothers_bed(before: str, after: str) -> bool:
    """Say whether the resident only goes along: "陪老伴住院", "照顾住院的儿子"; not "女儿陪同住院"."""
    carer = _CARES.search(before)
    if carer is None or re.search(_RELATIVE, before[: carer.start()]):
        return False
    return (
        carer["whom"] is not None or carer[0].startswith("陪") or bool(_ANOTHERS_NEXT.match(after))
    )


def _is_history(clause: str, as_of: date) -> bool:
    if _STILL.search(clause):
        return False
    if _DISCHARGED.search(clause):
        return True
    said = _YEAR_MONTH.search(clause)
    if said is None:
        return False
    year = int(said[1])
    if said[2] is None or not 1 <= int(said[2]) <= 12:
        return year < as_of.year
    return date(year, int(said[2]), 28) < as_of - _RECENT


def _needs(clause: str) -> list[str]:
    found = []
    for match in _NEED.finditer(clause):
        before = clause[: match.start()]
        if match.lastgroup and not _NEGATED.search(before) and not _is_anothers(before):
            found.append(match.lastgroup)
    return found
