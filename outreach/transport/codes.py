"""Coded words of transport: directions, statuses of legs and runs, handovers, ride results (R)."""

from __future__ import annotations

from enum import StrEnum

from outreach.kernel.codes import coded_list


class Direction(StrEnum):
    """Of an appointment: to the site, or home."""

    OUTBOUND = "outbound"
    RETURN = "return"


class LegStatus(StrEnum):
    """Life of a ride leg."""

    WAITING = "waiting"
    ASSIGNED = "assigned"
    ON_BOARD = "on_board"
    DROPPED_OFF = "dropped_off"
    HANDED_OVER = "handed_over"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    UNMET = "unmet"


NEXT_LEG_STATUS: dict[LegStatus, frozenset[LegStatus]] = {
    LegStatus.WAITING: frozenset({LegStatus.ASSIGNED, LegStatus.CANCELLED, LegStatus.UNMET}),
    LegStatus.ASSIGNED: frozenset(
        {LegStatus.WAITING, LegStatus.ON_BOARD, LegStatus.NO_SHOW, LegStatus.CANCELLED}
    ),
    LegStatus.ON_BOARD: frozenset(
        {LegStatus.DROPPED_OFF, LegStatus.HANDED_OVER, LegStatus.ASSIGNED, LegStatus.WAITING}
    ),
    LegStatus.DROPPED_OFF: frozenset({LegStatus.HANDED_OVER, LegStatus.ON_BOARD}),
    LegStatus.HANDED_OVER: frozenset(),
    LegStatus.NO_SHOW: frozenset({LegStatus.WAITING, LegStatus.ASSIGNED, LegStatus.CANCELLED}),
    LegStatus.CANCELLED: frozenset({LegStatus.WAITING}),
    LegStatus.UNMET: frozenset({LegStatus.WAITING, LegStatus.CANCELLED}),
}
OPEN_LEG = frozenset({LegStatus.WAITING, LegStatus.ASSIGNED, LegStatus.ON_BOARD})
BEGUN = frozenset({LegStatus.ON_BOARD, LegStatus.DROPPED_OFF, LegStatus.HANDED_OVER})


class RunStatus(StrEnum):
    """Life of a run."""

    DRAFT = "draft"
    PUBLISHED = "published"
    UNDER_WAY = "under_way"
    FINISHED = "finished"
    CANCELLED = "cancelled"


NEXT_RUN_STATUS: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.DRAFT: frozenset({RunStatus.PUBLISHED, RunStatus.UNDER_WAY, RunStatus.CANCELLED}),
    RunStatus.PUBLISHED: frozenset({RunStatus.UNDER_WAY, RunStatus.DRAFT, RunStatus.CANCELLED}),
    RunStatus.UNDER_WAY: frozenset({RunStatus.FINISHED}),
    RunStatus.FINISHED: frozenset({RunStatus.UNDER_WAY}),
    RunStatus.CANCELLED: frozenset(),
}


class StopKind(StrEnum):
    """What happens to a leg at a stop."""

    PICKUP = "pickup"
    DROPOFF = "dropoff"


class HandoverKind(StrEnum):
    """How a debt ends (moment 5a)."""

    NAMED_PERSON = "named_person"
    SEEN_INSIDE = "seen_inside"
    FAMILY_AT_SITE = "family_at_site"
    HOSPITAL = "hospital"
    OWN_WISH = "own_wish"


HANDOVER_LABELS = coded_list(
    [
        ("named_person", "到家，交给家人", "Home, to a named person"),
        ("seen_inside", "独居，送入家中", "Lives alone, seen inside"),
        ("family_at_site", "家人在接种点接走", "Family took over at the site"),
        ("hospital", "送往医院", "Taken to hospital"),
        ("own_wish", "本人要求自行离开", "Left by own wish, witnessed"),
    ]
)


class PlanState(StrEnum):
    """Life of a plan made by the engine."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    DISCARDED = "discarded"


RIDE_RESULTS = coded_list(
    [
        ("R01", "完成", "Completed"),
        ("R02", "乘客未出现", "Rider did not appear"),
        ("R03", "乘客到门口取消", "Cancelled at the door"),
        ("R04", "提前取消≥2小时", "Cancelled 2 hours ahead or more"),
        ("R05", "临时取消<2小时", "Cancelled late"),
        ("R06", "身体不适", "Unwell"),
        ("R07", "改期", "Rescheduled"),
        ("R08", "已自行前往", "Went by own means"),
        ("R09", "住院/去世", "Hospital or death"),
        ("R10", "地址错误", "Wrong address"),
        ("R11", "司机未到（我方）", "Driver did not come (ours)"),
        ("R12", "车辆早离/迟到超窗（我方）", "Left early or came late (ours)"),
        ("R13", "车辆故障", "Vehicle broke down"),
        ("R14", "天气/道路", "Weather or road"),
        ("R15", "接种点关闭/缺苗", "Site closed or no vaccine"),
        ("R16", "轮椅无法上车/车型不符", "Wheelchair did not fit"),
        ("R17", "无人陪护不能出行", "No companion"),
        ("R18", "无可用车（未满足需求）", "No car (unmet need)"),
        ("R19", "安全事件", "Safety incident"),
    ]
)
FAULT_SIDE = {
    "R02": "rider",
    "R03": "rider",
    "R04": "rider",
    "R05": "rider",
    "R10": "ours",
    "R11": "ours",
    "R12": "ours",
    "R13": "third",
    "R14": "nobody",
    "R15": "third",
    "R16": "ours",
    "R18": "ours",
}
