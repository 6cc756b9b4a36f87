"""Wordings: which gaps are known, how long they get, and what a route cannot carry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.contact.codes import Channel, Purpose, Step
from outreach.contact.default_wordings import PHRASES, WORDINGS
from outreach.contact.wording import (
    Problem,
    allowed_gaps,
    check,
    gaps,
    joined,
    preview,
    render,
    sign,
)
from outreach.contact.wording_samples import SAMPLES
from outreach.contact.wordings import hints, purpose_of
from outreach.ports.messages import Capabilities

ABLE = Capabilities(two_way=True, voice=True, keypress=True)
MUTE = Capabilities()
SIGNATURE = "棉纺路街道"
EVERY = [
    (language, step, channel, body)
    for language, texts in WORDINGS.items()
    for (step, channel), body in texts.items()
]


def sample(language: str, step: Step, route: Capabilities) -> dict[str, str]:
    duty = SAMPLES[language]["duty_phone"]
    return SAMPLES[language] | hints(
        step=step, language=language, values={"duty_phone": duty, "emergency": "120"}, route=route
    )


def problems(
    body: str, step: Step = Step.BOOKED, route: Capabilities = ABLE, channel: str = "sms"
) -> list[Problem]:
    return check(
        body,
        purpose=purpose_of(step),
        step=step,
        signature=SIGNATURE,
        sample=sample("zh", step, route),
        route=route,
        channel=channel,
    )


@pytest.mark.parametrize(("language", "step", "channel", "body"), EVERY)
@pytest.mark.parametrize("route", [ABLE, MUTE])
def test_every_shipped_wording_can_be_sent_by_every_route(
    language: str, step: Step, channel: Channel, body: str, route: Capabilities
) -> None:
    if channel is Channel.VOICE and not route.voice:
        return
    found = check(
        body,
        purpose=purpose_of(step),
        step=step,
        signature=SIGNATURE if language == "zh" else "Mill Road",
        sample=sample(language, step, route),
        route=route,
        channel=channel.value,
    )
    assert found == []


def test_both_languages_ship_the_same_wordings() -> None:
    assert set(WORDINGS["zh"]) == set(WORDINGS["en"])
    assert set(PHRASES["zh"]) == set(PHRASES["en"])


def test_a_nudge_tells_how_to_refuse_and_a_ride_text_does_not() -> None:
    for language, texts in WORDINGS.items():
        for (step, channel), body in texts.items():
            if channel is Channel.SMS:
                is_nudge = purpose_of(step) is Purpose.NUDGE
                assert ("{opt_out_hint}" in body) == is_nudge, (language, step)


@pytest.mark.parametrize(
    ("body", "code", "what"),
    [
        ("", "wording_empty", ""),
        ("{nme}您好", "wording_gap_unknown", "nme"),
        ("{who}您好 {", "wording_brace_open", ""),
        ("{who}请看 http://example.cn", "route_carries_no_links", ""),
        ("{who}请看 example.com/a", "route_carries_no_links", ""),
        ("{who}" + "长" * 140, "wording_too_long", "3"),
    ],
)
def test_fault_49_a_wrong_wording_is_refused_and_named(body: str, code: str, what: str) -> None:
    assert Problem(code, what) in problems(body)


def test_a_route_without_replies_refuses_a_wording_that_asks_for_one() -> None:
    body = "{who}，确认请回复1。"
    assert problems(body) == []
    assert problems(body, route=MUTE) == [Problem("route_takes_no_replies")]


def test_a_nudge_without_a_way_out_is_refused() -> None:
    assert problems("{who}，来打疫苗吧", Step.INVITE) == [
        Problem("wording_gap_missing", "opt_out_hint")
    ]


def test_a_route_without_voice_refuses_a_call() -> None:
    assert Problem("route_has_no_voice") in problems("{who}", route=MUTE, channel="voice")


def test_fault_50_the_preview_counts_the_signature() -> None:
    text, length = preview("{who}" + "好" * 60, {"who": "赵奶奶"}, signature="棉东社区")
    assert text.startswith("【棉东社区】赵奶奶好")
    assert (length.units, length.segments) == (69, 1)
    assert preview("{who}" + "好" * 62, {"who": "赵奶奶"}, signature="棉东社区")[1].segments == 2


def test_a_missing_value_is_an_error_and_never_sent_as_a_gap() -> None:
    with pytest.raises(KeyError, match="who"):
        render("{who}您好", {}, signature="棉东社区")


@pytest.mark.parametrize(
    "name", ["<script>", "{{7*7}}", "' OR 1=1--", "%s", "a\x00b", "a\u202eb", "x" * 10_000, "😀"]
)
def test_fault_48_names_are_plain_text(name: str) -> None:
    text = render("{who}您好", {"who": name}, signature="棉东社区")
    assert text.endswith("您好")
    assert len(text) < 140
    assert text.isprintable()


@given(st.text(max_size=200))
def test_a_value_never_opens_a_gap(value: str) -> None:
    text = render("{who}。{site}", {"who": value, "site": "S"}, signature="社区")
    assert text.startswith("【社区】")
    assert text.endswith("S")


@given(st.sampled_from(list(Step)))
def test_hints_of_the_route_are_known_gaps_where_they_are_filled(step: Step) -> None:
    filled = hints(
        step=step, language="zh", values={"duty_phone": "1", "emergency": "120"}, route=ABLE
    )
    assert set(filled) == {"reply_hint", "opt_out_hint", "page_hint"}
    assert "who" in allowed_gaps(purpose_of(step), step)


def test_signatures_are_bracketed_once() -> None:
    assert [sign(s) for s in ("棉东社区", "【棉东社区】", " 棉东社区 ", "")] == [
        "【棉东社区】",
        "【棉东社区】",
        "【棉东社区】",
        "",
    ]
    assert sign("Mill Road") == "Mill Road: "


def test_moment_3d_texts_are_joined_under_one_signature() -> None:
    assert (
        joined(["【社区】甲。", "【社区】乙。", "【社区】甲。"], signature="社区")
        == "【社区】甲。 乙。"
    )
    assert gaps("{who}{who}{site}") == ("who", "site")
