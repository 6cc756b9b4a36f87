"""Words of plans and repairs: what was asked for, what happened, why somebody is left, how far to trust it."""

from __future__ import annotations

from outreach.kernel.codes import coded_list
from outreach.transport.codes import PlanState
from outreach.transport.plan_result import Mark, WordState
from outreach.web.i18n import _l
from outreach.web.messages import add_messages
from outreach.web.tags import add_tags

KIND_LABELS = coded_list(
    [
        ("day", "全天排车", "Plan the whole day"),
        ("rest", "只排还没有车的", "Plan only the rest"),
        ("replan", "变动后重排", "Re-plan after a change"),
        ("repair", "突发情况补救", "Repair"),
    ]
)
CAUSE_LABELS = coded_list(
    [
        ("car", "车辆故障", "A car broke down"),
        ("driver", "司机请假", "A driver is ill"),
        ("observation", "留观延长", "Observation extended"),
        ("no_show", "未出现", "Somebody was not there"),
        ("cancelled", "取消预约", "Somebody cancelled"),
        ("closed", "接种点关闭", "A site closed"),
        ("late", "行程延误", "Running late"),
    ]
)
REASON_LABELS = coded_list(
    [
        ("no_vehicle", "当天没有可出的车", "No car goes out that day"),
        (
            "fits_no_vehicle",
            "没有合适的车（座位、轮椅位、坡板或引导员）",
            "No car of the day fits (seats, wheelchair place, ramp or escort)",
        ),
        ("window_impossible", "时间窗不可能", "The times contradict each other"),
        ("unreachable", "地图上没有通路", "No road leads there on the map"),
        ("ride_too_long", "单程超过乘车上限", "Even the direct ride is longer than allowed"),
        (
            "window_shorter_than_drive",
            "时间太短，来不及开到",
            "The times leave less than the drive takes",
        ),
        ("outside_shifts", "在所有班次时间之外", "No shift of any car covers it"),
        ("nothing_offered", "没有可选的时段", "No slot could be offered"),
        ("resource_full", "可选时段都已排满", "Every slot that suits is full"),
        (
            "fleet_busy",
            "单独能送，但与已排的人冲突",
            "Could be driven alone, but not beside those who are placed",
        ),
        ("not_tried", "时间到，还没有试到", "Time ran out before it was tried"),
        ("check_failed", "没有通过逐站核对", "Did not pass the check stop by stop"),
        ("window_past", "应接的时间已过", "The time to fetch them has passed"),
    ]
)
MARK_LABELS = coded_list(
    [
        ("full", "已完成", "Complete"),
        ("stopped", "人为停止，取当时最好的", "Stopped by hand: the best so far"),
        (
            "last_best",
            "排车程序出错，取出错前最好的",
            "The engine broke down: the best before that",
        ),
        (
            "greedy",
            "排车程序出错，逐人就近安排",
            "The engine broke down: everyone at the best place, one by one",
        ),
    ]
)

add_tags(
    PlanState,
    coded_list(
        [
            ("proposed", "待定", "Proposed"),
            ("accepted", "已采用", "Accepted"),
            ("partly_accepted", "部分采用", "Partly accepted"),
            ("discarded", "已放弃", "Laid aside"),
        ]
    ),
    {
        "proposed": ("active", "scale"),
        "accepted": ("good", "check"),
        "partly_accepted": ("info", "progress-check"),
        "discarded": ("neutral", "ban"),
    },
)
add_tags(
    WordState,
    coded_list(
        [("kept", "守时", "Kept"), ("moved", "改时", "Moved"), ("broken", "落空", "Broken")]
    ),
    {
        "kept": ("good", "check"),
        "moved": ("warn", "clock-edit"),
        "broken": ("bad", "alert-triangle"),
    },
)
add_tags(
    Mark,
    MARK_LABELS,
    {
        "full": ("good", "check"),
        "stopped": ("info", "player-stop"),
        "last_best": ("warn", "alert-triangle"),
        "greedy": ("warn", "alert-triangle"),
    },
)
add_messages(
    {
        "plan_stale": _l(
            "Changed since this plan was made: %(plates)s. Nothing was written; plan again or "
            "accept the other runs."
        ),
        "plan_over": _l("There is nothing left of this plan to decide."),
        "not_to_be_undone_not_accepted": _l("This plan was not accepted."),
        "not_to_be_undone_booked": _l(
            "People were booked with this plan: cancel the bookings one by one."
        ),
        "not_to_be_undone_told": _l("Families were told already: change the runs instead."),
        "not_to_be_undone_changed": _l("A run was changed since: change it by hand instead."),
        "day_not_before": _l("Choose a day before the one that is planned."),
        "task_over": _l("The work is over already."),
    }
)
