"""How the states of appointments, questions and messages look on staff pages, in zh and en."""

from __future__ import annotations

from flask.blueprints import BlueprintSetupState

from outreach.clinics.codes import MODE_LABELS, AppointmentStatus
from outreach.contact.codes import (
    CONTACT_OUTCOMES,
    HESITANCY,
    Channel,
    InboundState,
    Meaning,
    MessageState,
    QuestionState,
    Step,
)
from outreach.kernel.codes import Coded, coded_list
from outreach.ledger.codes import (
    DEFERRALS,
    GRADE_LABELS,
    MOBILITY,
    MOBILITY_FLAGS,
    NEXT_ACTION_LABELS,
    RELATION_LABELS,
    STATUS_LABELS,
)
from outreach.transport.codes import RIDE_RESULTS, LegStatus
from outreach.web.access import may_open
from outreach.web.messages import add_messages
from outreach.web.staff.wording import MESSAGES
from outreach.web.tags import add_tags
from outreach.web.visit import visit

APPOINTMENT_LABELS = coded_list(
    [
        ("booked", "已预约，待确认", "Booked, not confirmed"),
        ("confirmed", "已确认", "Confirmed"),
        ("arrived", "已到现场", "At the site"),
        ("done", "已接种", "Done"),
        ("no_dose", "到场未接种", "No dose"),
        ("cancelled", "已取消", "Cancelled"),
        ("no_show", "未到", "Did not come"),
    ]
)
LEG_LABELS = coded_list(
    [
        ("waiting", "待派车", "Waiting for a car"),
        ("assigned", "已派车", "Car assigned"),
        ("on_board", "在车上", "On board"),
        ("dropped_off", "已送达", "Dropped off"),
        ("handed_over", "已交接", "Handed over"),
        ("no_show", "未上车", "Did not appear"),
        ("cancelled", "已取消", "Cancelled"),
        ("unmet", "无车可派", "No car found"),
    ]
)
QUESTION_LABELS = coded_list(
    [
        ("open", "待解答", "Waiting"),
        ("answered", "已解答，待转告", "Answered, to be passed on"),
        ("closed", "已转告", "Passed on"),
    ]
)
MESSAGE_LABELS = coded_list(
    [
        ("queued", "待发送", "To be sent"),
        ("claimed", "待发送", "To be sent"),
        ("sending", "发送中", "Being sent"),
        ("accepted", "已发出", "Sent"),
        ("delivered", "已送达", "Delivered"),
        ("failed", "发送失败", "Failed"),
        ("unknown", "结果未知", "Fate unknown"),
        ("unresolved", "结果不明，待人工核实", "To be asked about"),
        ("suppressed", "已停发", "Not sent"),
        ("expired", "已过期", "Too late to send"),
        ("held", "待人工处理", "Held for a person"),
        ("cancelled", "已撤回", "Taken back"),
    ]
)
CHANNEL_LABELS: dict[str, Coded] = coded_list(
    [
        ("sms", "短信", "Text"),
        ("voice", "语音电话", "Automatic call"),
        ("call", "打电话", "Phone call"),
        ("visit", "入户走访", "Visit"),
        ("doctor_call", "医生电话", "Doctor's call"),
        ("wechat", "微信", "WeChat"),
        ("letter", "信件", "Letter"),
    ]
)
STEP_LABELS: dict[str, Coded] = coded_list(
    [
        ("invite", "接种邀请", "Invitation"),
        ("next_dose_due", "下一针到期", "Next dose due"),
        ("broadcast", "群发通知", "Broadcast"),
        ("booked", "预约成功", "Booked"),
        ("changed", "预约变更", "Changed"),
        ("cancelled", "预约取消", "Cancelled"),
        ("t_minus_3", "提前三天提醒", "Three days before"),
        ("t_minus_1", "提前一天提醒", "The day before"),
        ("morning", "当天早上提醒", "In the morning"),
        ("promise", "接车时间", "Time of the car"),
        ("promise_moved", "接车时间变更", "Car time changed"),
        ("car_near", "车快到了", "Car is near"),
        ("on_the_way_home", "正在回家", "On the way home"),
        ("no_dose_home", "未接种，正在回家", "No dose, on the way home"),
        ("ride_cancelled", "用车取消", "Ride cancelled"),
        ("t_plus_1", "接种次日问候", "The day after"),
        ("answer", "医生解答", "Doctor's answer"),
        ("opt_out_confirmed", "退订确认", "Opt-out confirmed"),
        ("choice", "询问是哪位老人", "Which person is meant"),
        ("feel_bad", "不适回复", "Feeling unwell"),
        ("test", "测试", "Test"),
    ]
)
MEANING_LABELS = coded_list(
    [
        ("confirm", "确认", "Confirms"),
        ("decline", "不来", "Declines"),
        ("reschedule", "想改期", "Wants another time"),
        ("already_vaccinated", "说已接种", "Says already vaccinated"),
        ("opt_out", "退订", "Opts out"),
        ("feel_bad", "身体不适", "Feels unwell"),
        ("choice", "选了哪位老人", "Says which person"),
        ("unclear", "看不明白", "Not understood"),
    ]
)
INBOUND_LABELS = coded_list(
    [
        ("acted_upon", "已自动处理", "Acted upon"),
        ("waiting", "待阅读", "Waiting"),
        ("read", "已读", "Read"),
    ]
)
LIFE_KIND_LABELS = coded_list(
    [
        ("present", "在家", "At home"),
        ("away", "暂时外出", "Away for a while"),
        ("hospital", "住院", "In hospital"),
        ("nursing_home", "住养老院", "Nursing home"),
        ("moved", "已迁出", "Moved away"),
        ("deceased", "已故", "Has died"),
    ]
)
MISSING_LABELS = coded_list(
    [
        ("birth_date", "出生日期", "birth date"),
        ("id_number", "身份证号", "identity number"),
        ("phone", "电话", "phone number"),
        ("address", "地址", "address"),
        ("grid", "网格", "grid"),
    ]
)
CONSENT_FORMS = coded_list(
    [
        ("spoken", "口头", "spoken"),
        ("paper", "纸质签字", "signed paper"),
        ("photo", "照片", "photo"),
    ]
)
SEXES = coded_list(
    [("female", "女", "female"), ("male", "男", "male"), ("unknown", "未知", "unknown")]
)
ROLES_OF_CONTACTS = coded_list(
    [
        ("decides", "做主", "decides"),
        ("told", "知会", "is told"),
        ("emergency", "仅紧急", "emergency only"),
    ]
)
CONFIRMED_BY = coded_list(
    [
        ("sms", "短信回复", "by text"),
        ("voice", "电话按键", "by keypress"),
        ("page", "家属页面", "on the family page"),
        ("staff", "工作人员", "by staff"),
    ]
)

add_messages(MESSAGES)
add_tags(
    AppointmentStatus,
    APPOINTMENT_LABELS,
    {
        "booked": ("warn", "calendar-question"),
        "confirmed": ("good", "calendar-check"),
        "arrived": ("active", "map-pin-check"),
        "done": ("good", "circle-check"),
        "no_dose": ("neutral", "circle-minus"),
        "cancelled": ("neutral", "calendar-x"),
        "no_show": ("bad", "user-question"),
    },
)
add_tags(
    LegStatus,
    LEG_LABELS,
    {
        "waiting": ("warn", "clock"),
        "assigned": ("good", "car"),
        "on_board": ("active", "car"),
        "dropped_off": ("info", "map-pin"),
        "handed_over": ("good", "home-check"),
        "no_show": ("bad", "user-question"),
        "cancelled": ("neutral", "x"),
        "unmet": ("bad", "mood-sad"),
    },
)
add_tags(
    QuestionState,
    QUESTION_LABELS,
    {
        "open": ("warn", "message-question"),
        "answered": ("active", "message-check"),
        "closed": ("good", "checks"),
    },
)
add_tags(
    MessageState,
    MESSAGE_LABELS,
    {
        "queued": ("info", "clock"),
        "claimed": ("info", "clock"),
        "sending": ("info", "send"),
        "accepted": ("good", "send"),
        "delivered": ("good", "checks"),
        "failed": ("bad", "alert-circle"),
        "unknown": ("warn", "help-circle"),
        "unresolved": ("warn", "help-circle"),
        "suppressed": ("neutral", "bell-off"),
        "expired": ("neutral", "clock-x"),
        "held": ("warn", "user-pause"),
        "cancelled": ("neutral", "arrow-back-up"),
    },
)
add_tags(
    Meaning,
    MEANING_LABELS,
    {
        "confirm": ("good", "thumb-up"),
        "decline": ("neutral", "hand-stop"),
        "reschedule": ("warn", "calendar-repeat"),
        "already_vaccinated": ("info", "vaccine"),
        "opt_out": ("neutral", "bell-off"),
        "feel_bad": ("bad", "heartbeat"),
        "choice": ("info", "users"),
        "unclear": ("warn", "help-circle"),
    },
)
add_tags(
    InboundState,
    INBOUND_LABELS,
    {
        "acted_upon": ("good", "circle-check"),
        "waiting": ("warn", "mail"),
        "read": ("neutral", "mail-opened"),
    },
)


def channel_label(channel: Channel | str) -> Coded:
    """Return the word for a channel."""
    return CHANNEL_LABELS[str(channel)]


def step_label(step: Step | str) -> Coded:
    """Return the word for a step of the cadence."""
    return STEP_LABELS[str(step)]


def may(endpoint: str) -> bool:
    """Return whether the visitor may open a page: templates show only doors that open."""
    return may_open(endpoint, visit().actor)


def install(state: BlueprintSetupState) -> None:
    """Give templates the coded lists that staff pages word."""
    state.app.jinja_env.globals.update(
        MOBILITY=MOBILITY,
        MOBILITY_FLAGS=MOBILITY_FLAGS,
        MODES=MODE_LABELS,
        OUTCOMES=CONTACT_OUTCOMES,
        HESITANCY=HESITANCY,
        RELATIONS=RELATION_LABELS,
        RIDE_RESULTS=RIDE_RESULTS,
        STATUSES=STATUS_LABELS,
        NEXT_ACTIONS=NEXT_ACTION_LABELS,
        DEFERRALS=DEFERRALS,
        GRADES=GRADE_LABELS,
        CHANNELS=CHANNEL_LABELS,
        STEPS=STEP_LABELS,
        CONFIRMED_BY=CONFIRMED_BY,
        may=may,
        LIFE_KINDS=LIFE_KIND_LABELS,
        APPOINTMENT_STATES=APPOINTMENT_LABELS,
        QUESTION_STATES=QUESTION_LABELS,
        MISSING=MISSING_LABELS,
        CONSENT_FORMS=CONSENT_FORMS,
        SEXES=SEXES,
        CONTACT_ROLES=ROLES_OF_CONTACTS,
    )
