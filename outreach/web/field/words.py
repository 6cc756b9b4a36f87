"""Words of the field page: what each tap says, how a ride ends, why no dose, what a refusal means."""

from __future__ import annotations

from outreach.clinics.codes import VISIT_RESULTS
from outreach.kernel.codes import coded_list
from outreach.transport.codes import HANDOVER_LABELS
from outreach.transport.rules import CALLS_BEFORE_NO_SHOW, DOOR_WAIT
from outreach.web.i18n import _l
from outreach.web.messages import add_messages

TAP_LABELS = coded_list(
    [
        ("arrived_at_door", "到门口了", "At the door"),
        ("picked_up", "已接到", "Picked up"),
        ("knocked", "敲过门了", "I knocked"),
        ("called", "打过电话", "I rang"),
        ("not_there", "没接到人", "Not there"),
        ("not_today", "本人今天不去了", "Does not want to go today"),
        ("at_site", "到接种点了", "At the site"),
        ("registered", "已登记", "Registered"),
        ("screened", "预检完成", "Screened"),
        ("jabbed", "已接种，开始留观", "Jabbed: observation begins"),
        ("no_dose", "没有接种", "No dose"),
        ("ready", "留观结束，可以回家", "Ready to go home"),
        ("left_site", "已上车回家", "On the way home"),
        ("handed_over", "已送到家", "Home"),
        ("left_with_family", "家属已接走", "The family took over"),
        ("to_hospital", "已送医院", "Taken to hospital"),
        ("departed", "出车", "Setting off"),
        ("returned", "已收车", "Back at the depot"),
        ("emergency", "紧急情况", "Emergency"),
        ("acknowledged", "已看到", "OK, seen"),
    ]
)
ENDINGS = {code: HANDOVER_LABELS[code] for code in ("named_person", "seen_inside")}
NO_DOSE_RESULTS = {
    code: entry
    for code, entry in VISIT_RESULTS.items()
    if code in {"V02", "V03", "V04", "V05", "V06"}
}
PROOF = {"wait_s": int(DOOR_WAIT.total_seconds()), "calls": CALLS_BEFORE_NO_SHOW, "knocks": 1}

add_messages(
    {
        "field_door_needed": _l("Open the link of the day first, or type its code."),
        "demo_no_run": _l(
            "No run is published for today. As dispatcher, give somebody a car and publish."
        ),
        "link_over": _l("This link is over. Ask the dispatcher for a new one."),
        "device_waits": _l(
            "Another phone holds this link. The dispatcher has been asked to let you in."
        ),
        "another_device": _l("Another phone holds this link now. Ask the dispatcher."),
        "number_closed": _l("The number is shown only around the time of the stop."),
        "receiver_missing": _l("Write down who received the person."),
        "witness_missing": _l("Write down who witnessed it."),
        "observation_running": _l("The observation still runs: %(minutes_left)s minutes."),
        "event_too_old": _l("That was too long ago to be noted here. Tell the dispatcher."),
        "event_of_nothing": _l("This belongs to no ride of this run. Tell the dispatcher."),
        "batch_unreadable": _l("This phone sent something that cannot be read."),
        "stop_says_nothing": _l("Share the place or write how one gets in."),
        "run": _l("This ride is not on your run any more. Ring the duty desk."),
        "ride_leg": _l("This ride is not on your run any more. Ring the duty desk."),
    }
)
