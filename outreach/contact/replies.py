"""What a reply surely means; whatever is not sure is left to a person (fault rows 30–31)."""

from __future__ import annotations

import re
import unicodedata

from outreach.contact.codes import Meaning, Step


def _words(lines: str) -> frozenset[str]:
    return frozenset(lines.split())


# Whole replies only, after folding width, case, blanks and punctuation: "T恤" and "我不退订" are not in here.
_OPT_OUT = _words(
    """
    td t n退订 退订 取消订阅 拒收 停止发送 回复td 回复t 回t 回td tuiding
    stop stopall unsubscribe end quit revoke optout
    """
)
_CONFIRM = _words(
    """
    确认 确定 好 好的 好吧 行 可以 收到确认 确认参加 准时到 准时参加 一定到 去 会去 我去 我会去 能去 没问题
    同意 是 是的 好的谢谢 好谢谢 确认谢谢 yes y ok okay confirm confirmed sure
    """
)
_DECLINE = _words(
    """
    不去 不去了 去不了 去不了了 来不了 来不了了 不来了 不来 取消 取消预约 不打了 不打 不接种了 不接种 放弃
    no cancel notcoming cantcome
    """
)
_RESCHEDULE = _words(
    """
    改期 改时间 换时间 换个时间 改天 改日 改约 延期 推迟 另约时间 时间不行
    change reschedule othertime
    """
)
_ALREADY = _words(
    """
    已接种 已经接种 已经接种了 已打 已打过 已经打了 已经打过了 打过了 已经打过 接种过了 已种 已完成接种
    already vaccinated alreadyvaccinated alreadydone
    """
)
_UNWELL = re.compile(
    r"不舒服|难受|发烧|发热|高烧|头晕|头痛|头疼|胸闷|胸痛|气短|喘不|呕吐|恶心|过敏|皮疹|起疹|晕倒|昏|红肿|很疼|疼得|"
    r"unwell|fever|dizzy|feel(?:ing)? (?:bad|ill|sick)|chest|rash|vomit|faint"
)
# The digits that a text offers mean what that text said.
_ASKS_TO_CONFIRM = frozenset(
    {Step.BOOKED, Step.CHANGED, Step.T_MINUS_3, Step.T_MINUS_1, Step.MORNING}
)
_CONFIRM_KEYS = {"1": Meaning.CONFIRM, "2": Meaning.RESCHEDULE, "3": Meaning.DECLINE}
_ANSWER_KEYS = {"1": Meaning.CONFIRM, "2": Meaning.FEEL_BAD}
_NOISE = re.compile(r"[\s\W_]+")


def fold(text: str) -> str:
    """Return ``text`` in half width and lower case without blanks, punctuation or marks."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def read_reply(text: str, *, answers: Step | None = None, choices: int = 0) -> Meaning:
    """Return what ``text`` surely means, as an answer to the step ``answers`` that was sent last.

    ``choices`` is how many people were offered when the last text asked which one is meant.
    """
    word = fold(text)
    if word in _OPT_OUT:
        return Meaning.OPT_OUT
    if choices and chosen(text, choices=choices) is not None:
        return Meaning.CHOICE
    if answers in _ASKS_TO_CONFIRM and word in _CONFIRM_KEYS:
        return _CONFIRM_KEYS[word]
    if answers is Step.T_PLUS_1:
        return _after_the_dose(text, word)
    for words, meaning in _WORDS:
        if word in words:
            return meaning
    return Meaning.UNCLEAR


def chosen(text: str, *, choices: int) -> tuple[int, ...] | None:
    """Return which of ``choices`` people (from 0) a reply to the choice text names; the last number is all."""
    word = fold(text)
    if word in {"都", "都是", "全部", "两个都", "both", "all"}:
        return tuple(range(choices))
    if not word.isdecimal() or len(word) > 2:
        return None
    number = int(word)
    if 1 <= number <= choices:
        return (number - 1,)
    return tuple(range(choices)) if number == choices + 1 else None


_VOICE_KEYS = {"1": Meaning.CONFIRM, "2": Meaning.RESCHEDULE, "9": Meaning.OPT_OUT}


def read_key(key: str) -> Meaning:
    """Return what a key pressed in a call means: 1 confirms, 2 asks for a call back, 9 opts out."""
    return _VOICE_KEYS.get(key.strip(), Meaning.UNCLEAR)


def _after_the_dose(text: str, word: str) -> Meaning:
    if word in _ANSWER_KEYS:
        return _ANSWER_KEYS[word]
    plain = unicodedata.normalize("NFKC", text).casefold()
    # A word of being unwell is passed on even when a "no" stands beside it: a nurse's call costs little.
    return Meaning.FEEL_BAD if _UNWELL.search(plain) else Meaning.UNCLEAR


_WORDS = (
    (_CONFIRM, Meaning.CONFIRM),
    (_DECLINE, Meaning.DECLINE),
    (_RESCHEDULE, Meaning.RESCHEDULE),
    (_ALREADY, Meaning.ALREADY_VACCINATED),
)
