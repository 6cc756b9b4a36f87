"""What one header of a column means, in the words communities write it, Chinese and English."""

from __future__ import annotations

import re
import unicodedata

_MAX_HEADER_TEXT = 60

SINGLE_FIELDS = [
    "name",
    "given_name",
    "sex",
    "id_number",
    "id_kind",
    "birth_date",
    "age",
    "address",
    "registered_address",
    "district",
    "street",
    "community",
    "compound",
    "building",
    "unit",
    "room",
    "floor",
    "grid",
    "contact_name",
    "contact_relation",
    "dose_number",
    "product",
    "manufacturer",
    "batch",
    "site",
    "dose_date",
    "number",
]
# Several columns may feed one of these: two phones, two remarks, four doses.
MANY_FIELDS = [
    "phone",
    "family_phone",
    "remark",
    "health",
    "status",
    "reason",
    "vaccinated",
    "doses",
    "ignored",
]
DOSE_PARTS = ("date", "product", "manufacturer", "batch", "site")
DOSE_FIELDS = tuple(
    f"dose_{n}" + (f"_{part}" if part != "date" else "") for n in range(1, 6) for part in DOSE_PARTS
)
FIELDS = frozenset((*SINGLE_FIELDS, *MANY_FIELDS, *DOSE_FIELDS))

_STAFF = (
    r"网格员|网格长|楼栋长|楼长|责任|包保|包联|医生|社区(?:干部|工作|电话|联系)|工作人员"
    r"|填报|填表|经办|录入|登记人|志愿者|worker|staff|doctor"
)
_FAMILY = (
    r"家属|家人|子女|儿子|女儿|儿女|亲属|监护|联系人|联络人|紧急|应急|老伴|配偶|照护|照料|照顾|代理|代办|委托|赡养|邻居|保姆|护工"
    r"|family|relative|next\s*of\s*kin|\bnok\b|kin\b|emergency|guardian|carer|caregiver"
    r"|contact\s*person|son\b|daughter|spouse"
)
_PHONE = (
    r"电话|手机|号码|联系方式|联系号|座机|固话|宅电"
    r"|phone|mobile|landline|\btel\b|telephone|cell|contact\s*n(?:o|umber)|contact\s*details"
)
_NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            "一 首 1 first 1st",
            "二 两 2 second 2nd",
            "三 3 third 3rd",
            "四 4 fourth 4th",
            "五 5 fifth 5th",
        ),
        start=1,
    )
    for word in words.split()
}
_BOOSTER_2 = re.compile(
    r"(?:第[二2]|[二2]次|两次|第[二2](?:剂次?|针|次))(?:剂次?|针次?|次)?的?加强|加强"
    r"(?:免疫|接种|疫苗)?(?:第?[二2](?:针|剂|次)|[二2])"
    r"|second\s*booster|2nd\s*booster|booster\s*(?:dose\s*)?2"
)
_BOOSTER = re.compile(r"加强|booster")


def booster_number(text: str) -> int | None:
    """Return 4 for words that mean a second booster, 3 for a booster, None for anything else."""
    if _BOOSTER_2.search(text):
        return 4
    return 3 if _BOOSTER.search(text) else None


_DOSE = re.compile(
    r"第([一二三四五12345])(?:针剂?|剂次?|次|针次)|([首])(?:针|剂|次)|^([一二三四五12345])(?:针|剂)(?!次数)"
    r"|疫苗([一二三四五12345])(?!\d)|(?:dose|jab|shot|vaccination|vaccine)\s*#?\s*([1-5])(?!\d)|\bd([1-5])\b"
    r"|(first|second|third|fourth|fifth|1st|2nd|3rd|4th|5th)\s*(?:\w+\s*)?(?:dose|jab|shot|vaccination|injection)"
)
_PART_MAKER = re.compile(r"厂家|厂商|企业|manufacturer|maker")
_PART_PRODUCT = re.compile(
    r"产品|品牌|种类|疫苗名|疫苗类|名称|类型|product|brand|vaccine\s*(?:name|type)|type"
)
_PART_BATCH = re.compile(r"批号|批次|batch|lot")
_PART_SITE = re.compile(r"地点|单位|接种点|医院|门诊|机构|site|place|clinic|location|where")
_ASKS_DONE = re.compile(r"(?:是否|有无)(?:已|完成)?(?:接种|打|第)")
_PART_NOT = re.compile(r"是否|原因|人数|次数|计划|预约|应|拟|due|planned|reminder")

# The first pattern that fits decides, so the narrow ones stand before the wide ones.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("number", r"^(?:序号|编号|序|号|no|no\.|s/?n|#|serial(?:\s*no)?|number|index|id)$"),
        ("id_kind", r"证件类[型别]|证照类|id\s*type|document\s*type"),
        (
            "registered_address",
            r"户籍(?:所在)?(?:地|住|详)|户口(?:所在|地|住)|身份证(?:地|住)址|registered\s*address|hukou",
        ),
        # "住址(楼/单元/室)" is an address, whatever it lists.
        ("address", r"^(?:家庭|现|居住|常住|详细|实际|家)*(?:住址|地址)"),
        (
            "ignored",
            r"是否(?:愿|同意|需|要|想|拟|计划|预约|可|能)|户籍|户口|户主|户号|民族|文化|政治面貌|婚姻|照片|签[字名]|日龄|邮编|职业|与户主|身高|体重|血型|ethnic|nationality|postcode|signature",
        ),
        ("age", r"年龄|周岁|岁数|^岁$|^age\b|\bage$"),
        ("sex", r"性别|^sex$|gender"),
        (
            "id_number",
            r"身份证|公民身份|身份号|证件号|证件编号|证号|^证件$|\bid\s*(?:number|no|card)|identity|national\s*id|\w\s+id$|^nric$|citizen",
        ),
        ("birth_date", r"出生|生日|生年|birth|\bd\.?o\.?b\b|born"),
        (
            "vaccinated",
            r"(?:是否|有无).{0,6}(?:接种|打|针|剂|疫苗|完成|全程)|^是否$|接种与否|接种状态|vaccinated\s*\?|^vaccinated$",
        ),
        (
            "dose_number",
            r"^(?:接种)?(?:剂次|针次|针数|剂数)$|(?:剂次|针次|针剂|接种)数|接种[针剂]数|第几[针剂]|已接种(?:剂次|针次|几)|dose\s*(?:number|no)|number\s*of\s*doses|doses\s*(?:given|received)",
        ),
        ("reason", r"原因|理由|reason"),
        ("batch", r"批号|批次|\bbatch|\blot\b"),
        ("manufacturer", r"生产(?:企业|厂|单位)|厂家|厂商|疫苗厂|企业|manufacturer|maker"),
        (
            "product",
            r"疫苗(?:名称|种类|品种|品牌|类型|产品)|product|brand|vaccine\s*(?:name|type)|^vaccine$|^疫苗$",
        ),
        (
            "site",
            r"接种(?:单位|地点|点|门诊|机构|地|医院)|vaccination\s*(?:site|place|centre|center)|^(?:site|clinic|place)$",
        ),
        (
            "dose_date",
            r"^(?:本次)?(?:接种|实种|注射|免疫)(?:日期|时间|年月日)$|^(?:date\s*of\s*)?(?:vaccination|dose|administration)(?:\s*date)?$|^date\s*(?:given|administered)$|^given\s*(?:on|date)$",
        ),
        (
            "doses",
            r"接种(?:日期|时间|情况|史|记录|信息|状况)|(?:最近|末次|最后).{0,6}接种|打[针苗]|vaccination\s*(?:history|record|dates?|status)|dose\s*dates?",
        ),
        (
            "health",
            r"居住(?:状况|情况|类型|方式)|同住|独居|空巢|living\s*(?:situation|arrangement)|lives?\s*alone|禁忌|^(?:是否|有无)",
        ),
        (
            "remark",
            r"备注|备考|备\s*注|附注|说明|特殊情况|其[他它]情况|^其[他它]$|remark|notes?$|^notes?\b|comment|observation",
        ),
        (
            "health",
            r"健康|身体|病史|患病|基础病|慢性?病|疾病|行动能力|自理|失能|能力|残疾|行动|health|condition|mobility|illness|disab",
        ),
        (
            "status",
            r"^(?:死亡|去世|已故|病故|逝世|迁出|搬离|搬走|外迁|住院)(?:日期|时间|与否|标[记志])?$",
        ),
        ("status", r"状态|现状|健在|存活|人员情况|动态|变动|在世|去向|status"),
        (
            "community",
            r"^(?:所[属在])?(?:社区|村居?|居委会?|村委会?|村\(?居\)?|社区村)(?:名称|居委会)?$|^community(?:\s*name)?$|village",
        ),
        (
            "street",
            r"^(?:所[属在])?(?:街道|乡镇|镇街?|街道办事处|办事处|街镇|乡镇街道)(?:名称)?$|^(?:street|town|township|subdistrict)$",
        ),
        ("district", r"^(?:所[属在])?(?:区县?|县区?|区域|辖区)(?:名称)?$|^district$|^county$"),
        ("grid", r"网格|\bgrid\b|^ward$"),
        ("compound", r"小区|院落|庭院|家属院|楼院|compound|estate"),
        ("building", r"楼栋|楼号|栋号?$|幢|^楼$|几号楼|building|^block(?:\s*no\.?)?$"),
        ("floor", r"楼层|层数|^层$|floor|storey"),
        ("unit", r"单元|^unit(?:\s*no\.?)?$|staircase|entrance"),
        ("room", r"房号|房间|室号|门牌|门号|^室$|户室|^房$|^room|flat|apartment|door"),
        (
            "address",
            r"住址|地址|住所|住处|居住|居所|家庭住|现住|详细地|address|residence|where\s*.*lives?|^home$",
        ),
        ("given_name", r"(?:given|first|fore)\s*names?|^名$"),
        (
            "name",
            r"姓名|^姓$|^名字$|^老人$|^长者$|^(?:接种|服务)?对象$|^(?:受种|被接种|接种|参保)[人者]$|^居民$|^老年人$|^名称$|name|resident|^elder(?:ly)?$|^person$|^client$|^patient$",
        ),
    )
)
_NAME_OF_OTHER = re.compile(
    rf"{_FAMILY}|{_STAFF}|医院|疫苗|企业|社区|小区|街道|网格|user\s*name|file\s*name|vaccine|street|site"
)
_RELATION = re.compile(r"关系|relation")
_NOT_PHONE = re.compile(r"身份|证件|证号|网格|id\s*n|identity")
# A lunar birthday is a date of another calendar; read as this one it would be a guess.
_NOT_BIRTH_DATE = re.compile(r"农历|阴历|旧历|出生地|lunar|place")
_NOT_RELATION = re.compile(r"电话|手机|姓名|phone|name")


def normalise_header(text: str) -> str:
    """Fold width and case and drop spaces within Chinese, brackets and decoration."""
    text = unicodedata.normalize("NFKC", text).lower().strip()
    text = re.sub(r"[*:：()\[\]【】<>《》'\"“”。,，、;；_/\\\-]+", " ", text)
    text = re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", text)
    return " ".join(text.split())


def field_of(header: str) -> str | None:
    """Return what one header (its lines joined) means, or None."""
    text = normalise_header(header)
    if not text or len(text) > _MAX_HEADER_TEXT:
        return None
    if re.search(_STAFF, text):
        return "ignored"
    dose = _dose_field(text)
    if dose is not None:
        return dose
    is_family = re.search(_FAMILY, text) is not None
    if _RELATION.search(text) and not _NOT_RELATION.search(text):
        return "contact_relation"
    if re.search(_PHONE, text) and not _NOT_PHONE.search(text):
        return "family_phone" if is_family and not text.startswith("本人") else "phone"
    return _field_of_family(text) if is_family else _field_by_pattern(text)


def _field_by_pattern(text: str) -> str | None:
    for name, pattern in _PATTERNS:
        if not pattern.search(text) or (name == "name" and _NAME_OF_OTHER.search(text)):
            continue
        is_other_birth = name == "birth_date" and _NOT_BIRTH_DATE.search(text)
        return "ignored" if is_other_birth else name
    return None


def _field_of_family(text: str) -> str | None:
    if "身份证" in text or "年龄" in text or "证件" in text:
        return "ignored"
    if re.search(r"地址|住址|单位|address|工作", text):
        return "address" if re.search(r"^家庭|^居住", text) else "ignored"
    if re.search(
        r"姓名|名字|name|联系人|联络人|家属|监护|kin|guardian|carer|照护|照料|contact|亲属", text
    ):
        return "contact_name"
    return None


def _dose_field(text: str) -> str | None:
    number = booster_number(text)
    if number is None:
        match = _DOSE.search(text)
        if match:
            number = _NUMBERS[next(g for g in match.groups() if g)]
    if number is None:
        return None
    if _PART_NOT.search(text):
        return "vaccinated" if _ASKS_DONE.search(text) else "ignored"
    if _PART_BATCH.search(text):
        return f"dose_{number}_batch"
    if _PART_SITE.search(text):
        return f"dose_{number}_site"
    if _PART_MAKER.search(text):
        return f"dose_{number}_manufacturer"
    if _PART_PRODUCT.search(text) and not re.search(r"日期|时间|date|time", text):
        return f"dose_{number}_product"
    return f"dose_{number}"
