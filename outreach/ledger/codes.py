"""Coded words of the ledger: statuses, mobility (M), deferrals (D), grades of evidence, outcomes of rows."""

from __future__ import annotations

from enum import StrEnum

from outreach.kernel.codes import coded_list
from outreach.kernel.phone import PhoneKind as PhoneKind  # noqa: PLC0414 - one of our words too


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


NEXT_REPORT_STATE: dict[ReportState, frozenset[ReportState]] = {
    ReportState.OPEN: frozenset(
        {ReportState.SECONDED, ReportState.CONFIRMED, ReportState.DISMISSED}
    ),
    ReportState.SECONDED: frozenset({ReportState.CONFIRMED, ReportState.DISMISSED}),
    ReportState.CONFIRMED: frozenset(),
    ReportState.DISMISSED: frozenset(),
}


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


NEXT_PAIR_STATE: dict[PairState, frozenset[PairState]] = {
    PairState.OPEN: frozenset({PairState.MERGED, PairState.KEPT_BOTH}),
    PairState.MERGED: frozenset({PairState.KEPT_BOTH}),
    PairState.KEPT_BOTH: frozenset({PairState.MERGED}),
}


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


class NextAction(StrEnum):
    """What a worker should do next about a line of the ledger; stored beside the status."""

    NOTHING = ""
    CALL = "call"
    VISIT = "visit"
    DOCTOR_CALL = "doctor_call"
    BOOK = "book"
    VERIFY_DOSE = "verify_dose"
    REVIEW_DEFERRAL = "review_deferral"
    SECOND_EXEMPTION = "second_exemption"
    REVIEW_LIFE = "review_life"
    DECIDE_LIFE = "decide_life"
    RESOLVE_CONSENT = "resolve_consent"
    CLOSE_APPOINTMENT = "close_appointment"
    CANCEL_APPOINTMENT = "cancel_appointment"
    FIND_PHONE = "find_phone"
    WAIT = "wait"


NEXT_ACTION_LABELS = coded_list(
    [
        ("call", "打电话", "Call"),
        ("visit", "入户走访", "Visit"),
        ("doctor_call", "请医生致电", "A doctor's call"),
        ("book", "预约接种", "Book"),
        ("verify_dose", "核实接种凭证", "See proof of the dose"),
        ("review_deferral", "复核暂缓", "Review the deferral"),
        ("second_exemption", "第二人复核不宜接种", "Second pair of eyes on the exemption"),
        ("review_life", "复核去向", "Ask where they are now"),
        ("decide_life", "核实生活变动", "Decide on a reported change"),
        ("resolve_consent", "协调本人与家属意见", "Person and family disagree"),
        ("close_appointment", "补录预约结果", "Close the past appointment"),
        ("cancel_appointment", "取消不再需要的预约", "Cancel the appointment"),
        ("find_phone", "补充联系电话", "Find a phone number"),
        ("wait", "等待可接种日期", "Wait for the date"),
    ]
)


class Cause(StrEnum):
    """Which act changed a status; every transition names one."""

    ADDED = "added"
    IMPORTED = "imported"
    IMPORT_UNDONE = "import_undone"
    RECONCILED = "reconciled"
    EDITED = "edited"
    DOSE_RECORDED = "dose_recorded"
    DOSE_CORRECTED = "dose_corrected"
    CONTACT_LOGGED = "contact_logged"
    CONTACT_CORRECTED = "contact_corrected"
    REPLY = "reply"
    DEFERRED = "deferred"
    DEFERRAL_LIFTED = "deferral_lifted"
    CONSENT = "consent"
    INFECTION = "infection"
    BOOKED = "booked"
    CANCELLED = "cancelled"
    VISIT = "visit"
    LIFE = "life"
    SNOOZED = "snoozed"
    MERGED = "merged"
    UNMERGED = "unmerged"
    ERASED = "erased"
    RULES_CHANGED = "rules_changed"
    CAMPAIGN = "campaign"
    DAY = "day"
    REPAIR = "repair"


CAUSE_LABELS = coded_list(
    [
        ("added", "手工添加", "Added by hand"),
        ("imported", "导入台账", "Imported"),
        ("import_undone", "撤销导入", "Import undone"),
        ("reconciled", "与官方名单核对", "Reconciled with the official list"),
        ("edited", "资料修改", "Edited"),
        ("dose_recorded", "登记接种", "Dose recorded"),
        ("dose_corrected", "更正接种记录", "Dose corrected"),
        ("contact_logged", "联系记录", "Contact logged"),
        ("contact_corrected", "更正联系记录", "Contact corrected"),
        ("reply", "短信或语音回复", "Reply"),
        ("deferred", "医生暂缓", "Deferred"),
        ("deferral_lifted", "解除暂缓", "Deferral lifted"),
        ("consent", "同意书", "Consent"),
        ("infection", "感染记录", "Infection"),
        ("booked", "预约", "Booked"),
        ("cancelled", "取消预约", "Appointment cancelled"),
        ("visit", "到场结果", "Visit"),
        ("life", "生活变动", "Life change"),
        ("snoozed", "暂停联系", "Snoozed"),
        ("merged", "合并", "Merged"),
        ("unmerged", "撤销合并", "Merge undone"),
        ("erased", "删除个人信息", "Erased"),
        ("rules_changed", "规则变更", "Rules changed"),
        ("campaign", "活动变更", "Campaign changed"),
        ("day", "日期推移", "A day passed"),
        ("repair", "复算更正", "Found by recomputation"),
    ]
)
