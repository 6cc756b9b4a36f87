"""What the pages of sending call things: refusals, reasons, routes, acts in the trail."""

from __future__ import annotations

from outreach.contact.cadence import Anchor, Audience
from outreach.contact.codes import OptOutScope, Purpose
from outreach.kernel.codes import coded_list
from outreach.web.admin.audit_words import add_act_labels
from outreach.web.i18n import _l
from outreach.web.messages import add_messages
from outreach.web.tags import add_tags

PURPOSES = coded_list(
    [
        ("nudge", "动员", "Invitation"),
        ("appointment", "预约", "Visit"),
        ("ride", "接送", "Ride"),
        ("aftercare", "接种后关怀", "After the dose"),
    ]
)
AUDIENCES = coded_list(
    [
        ("everyone", "本人和家属", "The person and family"),
        ("others", "仅家属", "Family only"),
        ("first", "第一联系人", "The first contact only"),
    ]
)
ANCHORS = coded_list(
    [
        ("booked", "预约成功后", "after booking"),
        ("slot_day", "接种当天", "from the day of the visit"),
        ("slot", "接种时间", "from the time of the visit"),
        ("dose_day", "接种日", "from the day of the dose"),
        ("due_day", "应种日", "from the day the dose falls due"),
        ("event", "事件发生时", "at once"),
    ]
)
OPT_OUT_SCOPES = coded_list(
    [("nudges", "动员类短信", "Invitations"), ("everything", "所有短信和语音", "Everything")]
)
SOURCES = coded_list(
    [
        ("reply", "短信回复", "By reply"),
        ("keypress", "电话按键", "By keypress"),
        ("staff:call", "电话告知", "Said on the phone"),
        ("staff:desk", "当面告知", "Said in person"),
        ("staff:letter", "书面", "In writing"),
        ("staff:list", "名单导入", "From a list"),
        ("provider", "运营商退订", "Told by the carrier"),
    ]
)
REASONS = coded_list(
    [
        ("", "", ""),
        ("unconfirmed", "尚未确认", "Nobody confirmed yet"),
        ("landline", "固定电话", "A landline"),
        ("bad_number", "号码无效", "The number is not in use"),
        ("no_number", "没有号码", "No number"),
        ("opted_out_all", "已全部退订", "Opted out of everything"),
        ("opted_out", "已退订", "Opted out"),
        ("cannot_read", "不识字", "Does not read"),
        ("failed", "发送失败", "Sending failed"),
        ("expired", "已过时效", "Too late"),
        ("unresolved", "不知是否送达", "Whether it arrived is not known"),
        ("no_route", "没有可用通道", "No route carries it"),
        ("restored", "恢复备份时保留", "Held back after a restoration"),
        ("reply_unread", "有回复未读", "A reply waits to be read"),
        ("awaits_decision", "去向待核实", "A word about their life waits for a decision"),
        ("content", "内容被运营商拒绝", "The carrier refused the words"),
        ("worker_died", "发送进程中断", "The worker died while sending"),
        ("no_answer_from_provider", "通道没有应答", "The provider gave no answer"),
        ("merged", "并入另一条短信", "Sent within another text"),
        ("wait", "等待", "Waiting"),
    ]
)
EXPERIMENT_STATES = coded_list(
    [
        ("proposed", "待批准", "Waits for approval"),
        ("running", "进行中", "Running"),
        ("stopped", "已结束", "Ended"),
    ]
)
STOP_REASONS = coded_list(
    [
        ("harm", "退订或投诉过多，自动停止", "Stopped by itself: too many opt-outs or complaints"),
        ("complete", "样本已满，观察期已过", "Complete: everybody had the time to come"),
        ("by_hand", "人工停止", "Stopped by hand"),
    ]
)

add_tags(
    Purpose,
    PURPOSES,
    {
        "nudge": ("neutral", "speakerphone"),
        "appointment": ("info", "calendar"),
        "ride": ("active", "car"),
        "aftercare": ("good", "heart"),
    },
)
add_tags(
    OptOutScope,
    OPT_OUT_SCOPES,
    {"nudges": ("neutral", "bell-off"), "everything": ("warn", "message-off")},
)
add_tags(Audience, AUDIENCES, {str(a): ("neutral", "users") for a in Audience})
add_tags(Anchor, ANCHORS, {str(a): ("neutral", "anchor") for a in Anchor})

add_messages(
    {
        "whole_place_only": _l("Only an administrator of the whole place may change this."),
        "wording_empty": _l("Please write the words."),
        "wording_brace_open": _l("A curly bracket stands alone. Gaps look like {who}."),
        "wording_gap_unknown": _l("{%(what)s} is no gap of this step. Nothing would fill it."),
        "wording_gap_missing": _l("The gap {%(what)s} must stand in the text."),
        "wording_too_long": _l("With signature the text takes %(what)s parts; at most 2."),
        "wording_template_missing": _l(
            "This route sends registered templates only: give the template's number."
        ),
        "route_has_no_voice": _l("No route that is set up can make calls."),
        "route_has_no_texts": _l("No route that is set up carries texts."),
        "route_has_no_keypress": _l(
            "The calls of this route bring no keypress back, so nobody could confirm. Set PUBLIC_URL."
        ),
        "route_carries_no_links": _l("This route carries no links. Give a number to call instead."),
        "route_takes_no_replies": _l(
            "No answer can come back by this route. Use {reply_hint}: it gives a number to call there."
        ),
        "no_robot_for_nudges": _l("Invitations are never made by an automatic call."),
        "cadence_days": _l("This step may lie %(what)s days from its day."),
        "cadence_lasts": _l("A message may be of use for 15 minutes to 7 days."),
        "cadence_hour_missing": _l("Please give the local time."),
        "cadence_hour_indecent": _l("People are reached at %(what)s only."),
        "cadence_ladder": _l("The text comes first, then the automatic call, then the person."),
        "cadence_unworded": _l("There are no words for this step by this channel yet."),
        "cadence_step": _l("The campaign follows the common cadence at this step already."),
        "trial_number": _l("This number is not on the list any more."),
        "wording": _l("This wording does not exist."),
        "opt_out": _l("This opt-out does not exist, or it lies outside your area."),
        "opt_out_number": _l(
            "One of these numbers belongs to nobody of your area. Ask an administrator of the place."
        ),
        "number_invalid_in_line": _l("Line %(line)s is not a telephone number."),
        "message": _l("This message does not exist, or it lies outside your area."),
        "campaign": _l("This campaign does not exist."),
        "experiment": _l("This experiment does not exist."),
        "experiment_over": _l("This experiment has been decided already."),
        "experiment_running": _l("Another experiment varies this step at present; end it first."),
        "experiment_step": _l(
            "Experiments never touch rides, doctors' answers or what follows a dose."
        ),
        "experiment_arms": _l("One to three other ways can be compared with the usual one."),
        "experiment_arm_same": _l("Give other words or another day: this is the usual way."),
        "gateway": _l("This route is not set up here."),
        "gateway_last": _l("This is the only route in use; pause all sending instead."),
    }
)
add_act_labels(
    {
        "sending_paused": _l("Paused sending"),
        "sending_resumed": _l("Let sending go on"),
        "nudges_cancelled": _l("Ended a campaign's invitations"),
        "nudges_allowed": _l("Allowed a campaign invitations again"),
        "trial_set": _l("Changed the trial mode"),
        "trial_number_listed": _l("Listed a number for trials"),
        "trial_number_dropped": _l("Took a number off the trial list"),
        "backlog_decided": _l("Decided about messages held after a restoration"),
        "keeping_set": _l("Set how long messages are kept"),
        "wording_saved": _l("Saved a wording"),
        "wording_common": _l("Returned to the common wording"),
        "wording_tested": _l("Sent a test"),
        "cadence_saved": _l("Changed a cadence"),
        "cadence_common": _l("Returned to the common cadence"),
        "cadence_replanned": _l("Had booked visits planned anew"),
        "gateway_used": _l("Put a route back into use"),
        "gateway_left": _l("Took a route out of use"),
        "messages_asked": _l("Had the provider asked about messages"),
        "message_told": _l("Noted whether somebody was told"),
        "opt_out_entered": _l("Entered opt-outs"),
        "opt_out_ended": _l("Ended an opt-out"),
        "experiment_proposed": _l("Proposed an experiment"),
        "experiment_approved": _l("Approved an experiment"),
        "experiment_stopped": _l("Stopped an experiment"),
        "broadcast": _l("Sent a broadcast"),
    },
    {
        "campaign": _l("campaign"),
        "sending": _l("sending"),
        "wording": _l("wording"),
        "cadence_step": _l("step of a cadence"),
        "gateway": _l("route"),
        "message": _l("message"),
        "opt_out": _l("opt-out"),
        "experiment": _l("experiment"),
        "notice": _l("notice"),
    },
)
