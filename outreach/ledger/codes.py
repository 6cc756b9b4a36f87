"""Coded words of the ledger: statuses, mobility (M), deferrals (D), grades of evidence, outcomes of rows."""

from __future__ import annotations

from enum import StrEnum

from outreach.kernel.codes import coded_list


class EntryStatus(StrEnum):
    """What one pure function says of a ledger entry on a day (design §4)."""

    NOT_YET_ELIGIBLE = "not_yet_eligible"
    TO_CONTACT = "to_contact"
    CONSIDERING = "considering"
    AGREED = "agreed"
    BOOKED = "booked"
    VACCINATED = "vaccinated"
    DEFERRED = "deferred"
    EXEMPT = "exempt"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    MOVED = "moved"
    DECEASED = "deceased"


DUE = frozenset({EntryStatus.TO_CONTACT, EntryStatus.CONSIDERING, EntryStatus.AGREED})
STRUCK_OFF = frozenset({EntryStatus.VACCINATED, EntryStatus.EXEMPT})
BESIDE_DENOMINATOR = frozenset({EntryStatus.NOT_YET_ELIGIBLE, EntryStatus.DECEASED})

STATUS_LABELS = coded_list(
    [
        ("not_yet_eligible", "未到年龄", "Not yet of age"),
        ("to_contact", "待联系", "To contact"),
        ("considering", "考虑中", "Considering"),
        ("agreed", "已同意", "Agreed"),
        ("booked", "已预约", "Booked"),
        ("vaccinated", "已接种（销号）", "Vaccinated (struck off)"),
        ("deferred", "暂缓", "Deferred"),
        ("exempt", "不宜接种（销号）", "Exempt (struck off)"),
        ("declined", "暂不愿意", "Declined"),
        ("unreachable", "联系不上", "Unreachable"),
        ("moved", "已迁出", "Moved away"),
        ("deceased", "已故", "Deceased"),
    ]
)


class LifeStatus(StrEnum):
    """Where a resident's life stands, as decided by people."""

    PRESENT = "present"
    AWAY = "away"
    HOSPITAL = "hospital"
    NURSING_HOME = "nursing_home"
    MOVED = "moved"
    DECEASED = "deceased"


class LifeReportKind(StrEnum):
    """What a remark, a reply or a worker reports of a life; a person decides (moment 2f)."""

    DECEASED = "deceased"
    MOVED = "moved"
    HOSPITAL = "hospital"
    AWAY = "away"
    NURSING_HOME = "nursing_home"


class ReportState(StrEnum):
    """Life of such a report; a death wants a second pair of eyes."""

    OPEN = "open"
    SECONDED = "seconded"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Sex(StrEnum):
    """As registered."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class BirthCertainty(StrEnum):
    """How sure the birth date is."""

    FROM_ID = "from_id"
    STATED = "stated"
    ESTIMATED = "estimated"


class EvidenceGrade(StrEnum):
    """Grades of evidence, weakest first (features §4.12)."""

    SELF_REPORT = "self_report"
    FAMILY = "family"
    ESCORT_WITNESSED = "escort_witnessed"
    CERTIFICATE_SEEN = "certificate_seen"
    BATCH_RECORDED = "batch_recorded"
    OFFICIAL_REGISTER = "official_register"


GRADE_ORDER = tuple(EvidenceGrade)
GRADE_LABELS = coded_list(
    [
        ("self_report", "本人自述", "Self-report"),
        ("family", "家属告知", "Told by family"),
        ("escort_witnessed", "引导员见证", "Witnessed by the escort"),
        ("certificate_seen", "查验接种凭证", "Certificate seen"),
        ("batch_recorded", "现场登记批号", "Batch recorded on site"),
        ("official_register", "系统核实", "Official register"),
    ]
)


class StrikeOffKind(StrEnum):
    """Why an entry is closed, or that a closure is taken back."""

    VACCINATED = "vaccinated"
    EXEMPT = "exempt"
    REVERSED = "reversed"


class ContactRole(StrEnum):
    """What a contact person may do (moment 2g)."""

    DECIDES = "decides"
    TOLD = "told"
    EMERGENCY = "emergency"


class Relation(StrEnum):
    """Who a contact person is to the resident."""

    SELF = "self"
    SPOUSE = "spouse"
    DAUGHTER = "daughter"
    SON = "son"
    DAUGHTER_IN_LAW = "daughter_in_law"
    SON_IN_LAW = "son_in_law"
    GRANDCHILD = "grandchild"
    NEIGHBOUR = "neighbour"
    CARER = "carer"
    FAMILY = "family"
    OTHER = "other"


RELATION_LABELS = coded_list(
    [
        ("self", "本人", "Self"),
        ("spouse", "老伴", "Spouse"),
        ("daughter", "女儿", "Daughter"),
        ("son", "儿子", "Son"),
        ("daughter_in_law", "儿媳", "Daughter-in-law"),
        ("son_in_law", "女婿", "Son-in-law"),
        ("grandchild", "孙辈", "Grandchild"),
        ("neighbour", "邻居", "Neighbour"),
        ("carer", "照护人", "Carer"),
        ("family", "家属", "Family"),
        ("other", "其他", "Other"),
    ]
)


class PhoneKind(StrEnum):
    """What a number can carry; a landline gets no text."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    UNKNOWN = "unknown"


class ConsentForm(StrEnum):
    """How a consent was given (moment 2d)."""

    SPOKEN = "spoken"
    PAPER = "paper"
    PHOTO = "photo"


class BatchState(StrEnum):
    """Life of an import batch."""

    UPLOADED = "uploaded"
    PARSING = "parsing"
    REVIEW = "review"
    COMMITTING = "committing"
    COMMITTED = "committed"
    UNDOING = "undoing"
    UNDONE = "undone"
    REFUSED = "refused"
    FAILED = "failed"


NEXT_BATCH_STATE: dict[BatchState, frozenset[BatchState]] = {
    BatchState.UPLOADED: frozenset({BatchState.PARSING, BatchState.REFUSED, BatchState.FAILED}),
    BatchState.PARSING: frozenset({BatchState.REVIEW, BatchState.REFUSED, BatchState.FAILED}),
    BatchState.REVIEW: frozenset(
        {BatchState.COMMITTING, BatchState.REFUSED, BatchState.PARSING, BatchState.FAILED}
    ),
    BatchState.COMMITTING: frozenset({BatchState.COMMITTED, BatchState.REVIEW, BatchState.FAILED}),
    BatchState.COMMITTED: frozenset({BatchState.UNDOING}),
    BatchState.UNDOING: frozenset({BatchState.UNDONE, BatchState.COMMITTED}),
    BatchState.UNDONE: frozenset(),
    BatchState.REFUSED: frozenset(),
    BatchState.FAILED: frozenset({BatchState.PARSING, BatchState.COMMITTING}),
}


class RowKind(StrEnum):
    """What a source row is against the ledger as it stands."""

    NEW = "new"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    DUPLICATE = "duplicate"
    PROBLEM = "problem"


class PairState(StrEnum):
    """What was decided of two rows that may be one person."""

    OPEN = "open"
    MERGED = "merged"
    KEPT_BOTH = "kept_both"


MOBILITY = coded_list(
    [
        ("M0", "自己行走", "Walks alone"),
        ("M1", "需搀扶/拐杖", "Stick or arm"),
        ("M2", "助行器", "Walker"),
        ("M3", "轮椅可转移", "Wheelchair, can transfer"),
        ("M4", "轮椅不可转移", "Stays in wheelchair"),
        ("M5", "电动/超宽轮椅", "Powered or wide wheelchair"),
        ("M6", "卧床需担架", "Bed-bound"),
        ("M9", "未知", "Unknown"),
    ]
)

MOBILITY_FLAGS = coded_list(
    [
        ("needs_companion", "需陪同", "Needs someone along"),
        ("hearing", "听力差", "Hard of hearing"),
        ("sight", "视力差", "Poor sight"),
        ("cognition", "认知障碍", "Memory or confusion"),
        ("oxygen", "吸氧", "Oxygen"),
        ("carsick", "晕车", "Carsick"),
        ("heavy", "体重>100公斤", "Over 100 kg"),
    ]
)

DEFERRALS = coded_list(
    [
        ("D01", "既往疫苗严重过敏", "Severe allergy to a vaccine before"),
        ("D02", "成分过敏", "Allergy to a component"),
        ("D03", "终末期", "End stage of life"),
        ("D11", "发热/急性感染", "Fever or acute infection"),
        ("D12", "慢病急性发作", "Acute phase of a chronic disease"),
        ("D13", "高血压危象/心梗/卒中急性期", "Hypertensive crisis, infarct or stroke, acute"),
        ("D14", "化疗或免疫抑制治疗中", "Chemotherapy or immunosuppression"),
        ("D15", "神经系统疾病进展期", "Progressive neurological disease"),
        ("D16", "癫痫未控制", "Uncontrolled epilepsy"),
        ("D17", "出血性疾病/抗凝待评估", "Bleeding disorder or anticoagulation to assess"),
        ("D18", "近期手术或住院", "Recent surgery or hospital stay"),
        ("D19", "间隔未到", "Interval not reached"),
        ("D20", "近期感染新冠", "Recent COVID-19 infection"),
        ("D21", "近期接种其他疫苗", "Another vaccine recently"),
        ("D22", "医生待评估", "Awaiting a clinician"),
        ("D29", "其他医嘱", "Other medical advice"),
    ]
)
PERMANENT_DEFERRALS = frozenset({"D01", "D02", "D03"})
UNCLINICAL_DEFERRAL = "D22"  # the one code that others than clinicians may set
