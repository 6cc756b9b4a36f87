"""Coded words of contact: outcomes (C), hesitancy (H), purposes, steps and states of a message."""

from __future__ import annotations

from enum import StrEnum

from outreach.kernel.codes import coded_list


class Channel(StrEnum):
    """How someone is reached."""

    SMS = "sms"
    VOICE = "voice"
    CALL = "call"
    VISIT = "visit"
    DOCTOR_CALL = "doctor_call"
    WECHAT = "wechat"
    LETTER = "letter"


class Purpose(StrEnum):
    """Decides what silences a message (design §5)."""

    NUDGE = "nudge"
    APPOINTMENT = "appointment"
    RIDE = "ride"
    AFTERCARE = "aftercare"


class Step(StrEnum):
    """Which message of the cadence this is."""

    INVITE = "invite"
    NEXT_DOSE_DUE = "next_dose_due"
    BROADCAST = "broadcast"
    BOOKED = "booked"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    T_MINUS_3 = "t_minus_3"
    T_MINUS_1 = "t_minus_1"
    MORNING = "morning"
    PROMISE = "promise"
    PROMISE_MOVED = "promise_moved"
    CAR_NEAR = "car_near"
    ON_THE_WAY_HOME = "on_the_way_home"
    NO_DOSE_HOME = "no_dose_home"
    RIDE_CANCELLED = "ride_cancelled"
    T_PLUS_1 = "t_plus_1"
    ANSWER = "answer"
    OPT_OUT_CONFIRMED = "opt_out_confirmed"
    CHOICE = "choice"
    FEEL_BAD = "feel_bad"
    TEST = "test"


class MessageState(StrEnum):
    """Life of an outbox row (decisions §3)."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    UNRESOLVED = "unresolved"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    HELD = "held"
    CANCELLED = "cancelled"


_S = MessageState
NEXT_MESSAGE_STATE: dict[MessageState, frozenset[MessageState]] = {
    _S.QUEUED: frozenset({_S.CLAIMED, _S.SUPPRESSED, _S.EXPIRED, _S.HELD, _S.CANCELLED}),
    _S.CLAIMED: frozenset(
        {_S.QUEUED, _S.SENDING, _S.SUPPRESSED, _S.EXPIRED, _S.HELD, _S.CANCELLED}
    ),
    _S.SENDING: frozenset(
        {_S.ACCEPTED, _S.DELIVERED, _S.FAILED, _S.UNKNOWN, _S.QUEUED, _S.SUPPRESSED}
    ),
    _S.UNKNOWN: frozenset({_S.ACCEPTED, _S.DELIVERED, _S.FAILED, _S.QUEUED, _S.UNRESOLVED}),
    _S.UNRESOLVED: frozenset({_S.ACCEPTED, _S.DELIVERED, _S.FAILED}),
    _S.ACCEPTED: frozenset({_S.DELIVERED, _S.FAILED}),
    _S.DELIVERED: frozenset(),
    _S.FAILED: frozenset(),
    _S.SUPPRESSED: frozenset(),
    _S.EXPIRED: frozenset(),
    # A held row of channel "call" is a person's to make: told by voice, it ends as delivered.
    _S.HELD: frozenset({_S.QUEUED, _S.SUPPRESSED, _S.EXPIRED, _S.CANCELLED, _S.DELIVERED}),
    _S.CANCELLED: frozenset(),
}
FINAL_MESSAGE_STATES = frozenset({_S.DELIVERED, _S.FAILED, _S.SUPPRESSED, _S.EXPIRED, _S.CANCELLED})


class OptOutScope(StrEnum):
    """What an opt-out ends (moment 3a)."""

    NUDGES = "nudges"
    EVERYTHING = "everything"


class Meaning(StrEnum):
    """What a reply was understood to say; anything else is UNCLEAR and goes to a person."""

    CONFIRM = "confirm"
    DECLINE = "decline"
    RESCHEDULE = "reschedule"
    ALREADY_VACCINATED = "already_vaccinated"
    OPT_OUT = "opt_out"
    FEEL_BAD = "feel_bad"
    CHOICE = "choice"
    UNCLEAR = "unclear"


class InboundState(StrEnum):
    """Whether a person still has to read an inbound message."""

    ACTED_UPON = "acted_upon"
    WAITING = "waiting"
    READ = "read"


class QuestionState(StrEnum):
    """Life of a question to a clinician."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


NEXT_QUESTION_STATE: dict[QuestionState, frozenset[QuestionState]] = {
    QuestionState.OPEN: frozenset({QuestionState.ANSWERED, QuestionState.CLOSED}),
    QuestionState.ANSWERED: frozenset({QuestionState.CLOSED}),
    QuestionState.CLOSED: frozenset(),
}


CONTACT_OUTCOMES = coded_list(
    [
        ("C01", "接通-同意接种", "Reached: agrees"),
        ("C02", "同意-需专车", "Agrees, needs a car"),
        ("C03", "考虑中", "Considering"),
        ("C04", "拒绝", "Refuses"),
        ("C05", "需医生解答", "Wants a doctor's answer"),
        ("C06", "家属代接-待转告", "Family answered, will pass on"),
        ("C07", "已在他处接种", "Vaccinated elsewhere"),
        ("C08", "不符合/暂缓", "Not suitable now"),
        ("C09", "无人接听", "No answer"),
        ("C10", "关机/停机", "Phone off"),
        ("C11", "空号/错号", "Wrong number"),
        ("C12", "语言或听力障碍", "Language or hearing barrier"),
        ("C13", "已搬离/住养老院/住院", "Moved, nursing home or hospital"),
        ("C14", "已去世", "Has died"),
        ("C15", "要求不再联系", "Asks not to be contacted"),
        ("C16", "短信已送达无回复", "Text delivered, no reply"),
        ("C17", "短信失败", "Text failed"),
        ("C18", "入户未遇", "Visited, nobody in"),
        ("C19", "挂断", "Hung up"),
        ("C20", "其他", "Other"),
    ]
)
REACHED = frozenset({"C01", "C02", "C03", "C04", "C05", "C06", "C07", "C08", "C13", "C14", "C15"})

HESITANCY = coded_list(
    [
        ("H01", "担心慢性病加重", "Fears a chronic disease gets worse"),
        ("H02", "担心副作用", "Fears side effects"),
        ("H03", "年纪大没必要", "Too old to need it"),
        ("H04", "不常出门风险低", "Rarely goes out"),
        ("H05", "认为疫苗无效", "Thinks it does not work"),
        ("H06", "观望", "Waits and sees"),
        ("H07", "已感染过", "Had the infection"),
        ("H08", "医生/熟人说不能打", "Was told not to by a doctor or friend"),
        ("H09", "子女或配偶不同意", "Family disagrees"),
        ("H10", "行动不便/路远", "Hard to get there"),
        ("H11", "无人陪同", "Nobody to go along"),
        ("H12", "不知道/不了解", "Did not know of it"),
        ("H13", "怕疼/怕医院", "Fears pain or hospitals"),
        ("H14", "对品牌或种类有要求", "Wants a certain product"),
        ("H15", "费用", "Cost"),
        ("H16", "以前接种不适", "Felt unwell after a dose before"),
        ("H17", "宗教或个人原因", "Religious or personal"),
        ("H18", "不信任", "Distrust"),
        ("H19", "拒绝说明", "Gives no reason"),
        ("H99", "其他", "Other"),
    ]
)
ANSWERED_BY_DOCTOR = frozenset(
    {"H01", "H02", "H03", "H04", "H05", "H06", "H07", "H08", "H12", "H13", "H14", "H16"}
)
ANSWERED_BY_RIDE = frozenset({"H10"})
ANSWERED_BY_ESCORT = frozenset({"H11", "H13"})
ANSWERED_BY_FAMILY_CALL = frozenset({"H09"})
