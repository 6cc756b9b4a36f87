"""Words of the field page: what each tap says."""

from __future__ import annotations

from outreach.kernel.codes import coded_list
from outreach.web.i18n import _l
from outreach.web.messages import add_messages

TAP_LABELS = coded_list(
    [
        ("arrived_at_door", "到门口了", "At the door"),
        ("picked_up", "已接到", "Picked up"),
        ("not_there", "没接到人", "Not there"),
        ("at_site", "到接种点了", "At the site"),
        ("registered", "已登记", "Registered"),
        ("screened", "预检完成", "Screened"),
        ("jabbed", "已接种，开始留观", "Jabbed: observation begins"),
        ("no_dose", "没有接种", "No dose"),
        ("ready", "留观结束，可以回家", "Ready to go home"),
        ("left_site", "已上车回家", "On the way home"),
        ("handed_over", "已送到家", "Home"),
    ]
)

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
    }
)
