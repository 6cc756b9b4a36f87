"""Long but usual values for every gap: what a new wording is measured with before it is saved."""

from __future__ import annotations

from outreach.contact.default_wordings import PHRASES

SAMPLES: dict[str, dict[str, str]] = {
    "zh": {
        "who": "欧阳奶奶",
        "community": "棉纺路社区",
        "duty_phone": "0371-68801234",
        "emergency": "120",
        "day": "11月26日周四",
        "time": "10:30",
        "site": "棉纺路社区卫生服务中心",
        "what": "接种疫苗",
        "way": "专车接去，回程由家人接",
        "from_time": "8:40",
        "until_time": "9:00",
        "plate": "豫A12345",
        "driver": "欧阳师傅",
        "minutes": "15",
        "due_day": "11月26日周四",
        "answer": "血压平稳、按时吃药的老人可以接种，接种前护士会再量一次血压。",
        "choices": "1赵奶奶 2李爷爷 3都是",
        "ride_hint": PHRASES["zh"]["rides_go_on"],
        "page_hint": PHRASES["zh"]["page"].format(
            door="https://yimiao.erqi.example/f", code="012 345 6789"
        ),
    },
    "en": {
        "who": "Ms Featherstonehaugh",
        "community": "Mill Road",
        "duty_phone": "01223 496000",
        "emergency": "999",
        "day": "Thu 26 Nov",
        "time": "10:30",
        "site": "Mill Road Health Centre",
        "what": "vaccination",
        "way": "Our car takes you there and back",
        "from_time": "8:40",
        "until_time": "9:00",
        "plate": "AB12 CDE",
        "driver": "Brown",
        "minutes": "15",
        "due_day": "Thu 26 Nov",
        "answer": "With stable blood pressure you can have it; a nurse checks once more before.",
        "choices": "1 Ms Zhao 2 Mr Li 3 all of them",
        "ride_hint": PHRASES["en"]["rides_go_on"],
        "page_hint": PHRASES["en"]["page"].format(
            door="https://vaccination.millroad.example/f", code="012 345 6789"
        ),
    },
}


def sample_for(language: str) -> dict[str, str]:
    """Return the values of a language ('zh' where unknown)."""
    return dict(SAMPLES.get(language.split("-", maxsplit=1)[0], SAMPLES["zh"]))
