"""Coded words of oversight: figures with their definitions, dimensions, bases, kinds of change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from outreach.contact.codes import HESITANCY
from outreach.kernel.codes import Coded, coded_list
from outreach.ledger.codes import (
    BESIDE_DENOMINATOR,
    DEFERRALS,
    DUE,
    MOBILITY,
    STRUCK_OFF,
    EntryStatus,
)


class Basis(StrEnum):
    """By what a person belongs to a unit; chosen per report and never mixed (moment 2b)."""

    REGISTRATION = "registration"
    RESIDENCE = "residence"


BASIS_LABELS = coded_list(
    [
        ("registration", "按户籍登记", "By registration"),
        ("residence", "按现居住地", "By residence"),
    ]
)


class Dimension(StrEnum):
    """By what the people of a unit are told apart; ``ALL`` is the unit as a whole."""

    ALL = "all"
    AGE = "age"
    MOBILITY = "mobility"
    ALONE = "alone"
    DOSES = "doses"
    REASON = "reason"
    DEFERRAL = "deferral"


DIMENSION_LABELS = coded_list(
    [
        ("age", "年龄段", "Age band"),
        ("mobility", "行动能力", "Mobility"),
        ("alone", "是否独居", "Living alone"),
        ("doses", "已接种剂次", "Doses so far"),
        ("reason", "暂不愿意的原因", "Reason for declining"),
        ("deferral", "暂缓或不宜接种的原因", "Reason for deferring"),
    ]
)

AGE_BANDS = coded_list(
    [
        ("under_80", "80岁以下", "Under 80"),
        ("80_84", "80–84岁", "80–84"),
        ("85_89", "85–89岁", "85–89"),
        ("90_94", "90–94岁", "90–94"),
        ("95_on", "95岁及以上", "95 and over"),
        ("unknown", "出生日期不明", "Birth date unknown"),
    ]
)
# The first year of age of each band; the one before it ends there.
AGE_FROM = (("80_84", 80), ("85_89", 85), ("90_94", 90), ("95_on", 95))

ALONE = coded_list(
    [
        ("yes", "独居", "Lives alone"),
        ("no", "与人同住", "Lives with others"),
        ("unknown", "未知", "Not known"),
    ]
)
DOSES = coded_list(
    [
        ("0", "未接种", "No dose"),
        ("1", "1剂", "1 dose"),
        ("2", "2剂", "2 doses"),
        ("3", "3剂", "3 doses"),
        ("4", "4剂及以上", "4 doses or more"),
    ]
)
NOT_STATED = Coded("none", "未记录原因", "No reason recorded")

VALUE_LABELS: dict[Dimension, dict[str, Coded]] = {
    Dimension.ALL: {},
    Dimension.AGE: AGE_BANDS,
    Dimension.MOBILITY: MOBILITY,
    Dimension.ALONE: ALONE,
    Dimension.DOSES: DOSES,
    Dimension.REASON: {**HESITANCY, "none": NOT_STATED},
    Dimension.DEFERRAL: {**DEFERRALS, "none": NOT_STATED},
}
# A reason belongs to people of these statuses alone.
ONLY_STATUSES: dict[Dimension, frozenset[EntryStatus]] = {
    Dimension.REASON: frozenset({EntryStatus.DECLINED}),
    Dimension.DEFERRAL: frozenset({EntryStatus.DEFERRED, EntryStatus.EXEMPT}),
}
# Whole-unit tables of these sum to the ledger; the others to their statuses alone.
PARTITIONS = (Dimension.AGE, Dimension.MOBILITY, Dimension.ALONE, Dimension.DOSES)


class Figure(StrEnum):
    """A number of people that can be opened."""

    LEDGER = "ledger"
    DENOMINATOR = "denominator"
    VACCINATED = "vaccinated"
    EXEMPT = "exempt"
    STRUCK_OFF = "struck_off"
    DUE = "due"
    TO_CONTACT = "to_contact"
    CONSIDERING = "considering"
    AGREED = "agreed"
    BOOKED = "booked"
    DEFERRED = "deferred"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    MOVED = "moved"
    UNKNOWN = "unknown"
    NOT_YET_ELIGIBLE = "not_yet_eligible"
    DECEASED = "deceased"
    ELSEWHERE = "elsewhere"


STATUSES_OF: dict[Figure, frozenset[EntryStatus]] = {
    Figure.LEDGER: frozenset(EntryStatus),
    Figure.DENOMINATOR: frozenset(EntryStatus) - BESIDE_DENOMINATOR,
    Figure.STRUCK_OFF: STRUCK_OFF,
    Figure.DUE: DUE,
    Figure.UNKNOWN: frozenset({EntryStatus.TO_CONTACT}),
    Figure.ELSEWHERE: frozenset(EntryStatus),
    **{Figure(status): frozenset({status}) for status in EntryStatus},
}

# Columns of a table by unit, in the order in which they are read; they sum to the denominator.
PARTS = (
    Figure.VACCINATED,
    Figure.EXEMPT,
    Figure.BOOKED,
    Figure.AGREED,
    Figure.CONSIDERING,
    Figure.TO_CONTACT,
    Figure.DEFERRED,
    Figure.DECLINED,
    Figure.UNREACHABLE,
    Figure.MOVED,
)
BESIDE = (Figure.NOT_YET_ELIGIBLE, Figure.DECEASED, Figure.ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure is called and what it means, in the words that stand beside it."""

    label: Coded
    meaning: Coded

    def words(self, language: str) -> tuple[str, str]:
        """Return label and meaning in the language."""
        return self.label.label(language), self.meaning.label(language)


def _defined(code: str, zh: str, en: str, zh_meaning: str, en_meaning: str) -> Definition:
    return Definition(Coded(code, zh, en), Coded(code, zh_meaning, en_meaning))


DEFINITIONS: dict[str, Definition] = {
    d.label.code: d
    for d in [
        _defined(
            "coverage",
            "接种率",
            "Coverage",
            "已接种人数 ÷ 应种人数。",
            "Vaccinated people divided by the denominator.",
        ),
        _defined(
            "bounds",
            "可能范围",
            "Honest bounds",
            "下限：接种史不明、联系不上和已迁出的人都未接种；上限：他们都已接种。",
            "Lowest: nobody of those unknown, unreachable or moved is vaccinated. Highest: all of them are.",
        ),
        _defined(
            "finished",
            "已办结",
            "Finished work",
            "已接种、不宜接种、暂缓和知情后暂不愿意的人，占应种人数的比例。知情拒绝和暂缓都是办结。",
            "Vaccinated, exempt, deferred or declined after being informed, as a share of the denominator. "
            "An informed no and a deferral are finished work.",
        ),
        _defined(
            "ledger",
            "台账人数",
            "In the ledger",
            "本单位台账上的全部人员，含未到年龄和已故。",
            "Everyone in the unit's ledger, people not yet of age and the deceased included.",
        ),
        _defined(
            "denominator",
            "应种人数",
            "Denominator",
            "台账人数减去未到年龄和已故。",
            "Everyone in the ledger but those not yet of age and the deceased.",
        ),
        _defined(
            "vaccinated",
            "已接种",
            "Vaccinated",
            "按现行规则已完成接种，并凭规定等级的凭证销号。",
            "All doses that are due now were given, struck off on evidence of the required grade.",
        ),
        _defined(
            "exempt",
            "不宜接种",
            "Exempt",
            "医生判定不宜接种并经第二人复核，已销号。",
            "A clinician found the vaccine unsuitable for good, seconded; struck off.",
        ),
        _defined(
            "struck_off", "已销号", "Struck off", "已接种加不宜接种。", "Vaccinated or exempt."
        ),
        _defined(
            "due",
            "待接种",
            "Due",
            "待联系、考虑中和已同意但未预约的人。",
            "To contact, considering, or agreed and not booked yet.",
        ),
        _defined(
            "to_contact",
            "待联系",
            "To contact",
            "已到接种时间，尚未联系或尚无答复。",
            "A dose is due and nobody has reached them yet, or they have not answered.",
        ),
        _defined(
            "considering",
            "考虑中",
            "Considering",
            "已联系上，尚未决定。",
            "Reached; they have not decided.",
        ),
        _defined(
            "agreed", "已同意", "Agreed", "同意接种，尚未预约。", "Said yes; no appointment yet."
        ),
        _defined("booked", "已预约", "Booked", "有有效预约。", "Has a standing appointment."),
        _defined(
            "deferred",
            "暂缓",
            "Deferred",
            "医生认为须等候，到复核日期再看。",
            "A clinician said to wait; reviewed on a set day.",
        ),
        _defined(
            "declined",
            "暂不愿意",
            "Declined",
            "知情后表示不愿意，期满前不再打扰。",
            "Said no after being informed; left in peace until the date set.",
        ),
        _defined(
            "unreachable",
            "联系不上",
            "Unreachable",
            "多次联系均未联系上。",
            "Tried as often as the ladder asks, reached by nobody.",
        ),
        _defined(
            "moved",
            "已迁出",
            "Moved away",
            "核实已迁出，仍留在应种人数中，直到对方接收。",
            "Confirmed to have moved; kept in the denominator and shown in the bounds.",
        ),
        _defined(
            "unknown",
            "接种史不明",
            "History unknown",
            "待联系的人中，接种史尚未核实者。",
            "Those to contact whose earlier doses have not been verified.",
        ),
        _defined(
            "not_yet_eligible",
            "未到年龄",
            "Not yet of age",
            "未满年龄或未到接种时间，不计入应种人数。",
            "Younger than the rule asks; beside the denominator.",
        ),
        _defined("deceased", "已故", "Deceased", "不计入应种人数。", "Beside the denominator."),
        _defined(
            "elsewhere",
            "户籍在外",
            "Registered elsewhere",
            "住在这里而户籍在外的人；按户籍统计时单列，按居住地统计时计入。",
            "Live here, registered elsewhere: shown apart by registration, counted by residence.",
        ),
    ]
}


class ChangeKind(StrEnum):
    """Why a person's place in the sums changed between two frozen days (moment 6b)."""

    DOSE = "dose"
    DOSE_DUE = "dose_due"
    EXEMPTED = "exempted"
    CAME_OF_AGE = "came_of_age"
    ADDED = "added"
    MOVED_IN = "moved_in"
    MOVED_OUT = "moved_out"
    DIED = "died"
    CORRECTED = "corrected"
    LEFT = "left"
    WORK = "work"


CHANGE_LABELS = coded_list(
    [
        ("dose", "新接种", "Doses given"),
        ("dose_due", "下一剂到期", "Next dose fell due"),
        ("exempted", "不宜接种", "Exempted"),
        ("came_of_age", "年满80岁", "Came of age"),
        ("added", "新纳入台账", "Added to the ledger"),
        ("moved_in", "迁入本单位", "Moved in from another unit"),
        ("moved_out", "迁往外单位", "Moved to another unit"),
        ("died", "去世", "Died"),
        ("corrected", "更正", "Corrected"),
        ("left", "合并或删除", "Merged or erased"),
        ("work", "联系进展", "Progress of contact"),
    ]
)
