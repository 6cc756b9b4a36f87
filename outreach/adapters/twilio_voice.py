"""What a call says, in Twilio's markup: a text read aloud, and a key to press."""

from __future__ import annotations

from twilio.twiml.voice_response import Gather, VoiceResponse

_LANGUAGES = {"zh": "zh-CN", "en": "en-US"}
_THANKS = {
    "zh": {
        "1": "好的，已为您确认。再见。",
        "2": "好的，工作人员会给您回电。再见。",
        "9": "好的，不再给您打提醒电话。再见。",
        "": "没有收到您的按键，工作人员会再联系您。再见。",
    },
    "en": {
        "1": "Thank you, it is confirmed. Goodbye.",
        "2": "Thank you, we will call you back. Goodbye.",
        "9": "Thank you, no more reminder calls. Goodbye.",
        "": "No key was pressed; a colleague will call you. Goodbye.",
    },
}
_WE_RING_BACK = {
    "zh": "您好，这里是社区接种服务。工作人员会尽快给您回电。再见。",
    "en": "Hello, this is the vaccination service of your community. We will ring you back. Goodbye.",
}


def spoken(text: str, *, language: str, answer_to: str = "") -> str:
    """Return the markup that reads ``text`` twice and, with an address, brings the key pressed there."""
    voice = _voice(language)
    response = VoiceResponse()
    if answer_to:
        gather = Gather(input="dtmf", num_digits=1, timeout=8, action=answer_to, method="POST")
        gather.say(text, language=voice)
        gather.pause(length=1)
        gather.say(text, language=voice)
        response.append(gather)
        response.say(_thanks(language)[""], language=voice)
    else:
        response.say(text, language=voice, loop=2)
    return str(response)


def thanked(key: str, *, language: str) -> str:
    """Return the markup that answers a key and ends the call."""
    words = _thanks(language)
    response = VoiceResponse()
    response.say(words.get(key, words[""]), language=_voice(language))
    response.hangup()
    return str(response)


def we_ring_back(*, language: str) -> str:
    """Return the markup for someone who rings our number."""
    response = VoiceResponse()
    short = language if language in _WE_RING_BACK else "zh"
    response.say(_WE_RING_BACK[short], language=_voice(language))
    response.hangup()
    return str(response)


def silent() -> str:
    """Return the markup that says nothing and ends the call (a machine answered)."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def _voice(language: str) -> str:
    return _LANGUAGES.get(language.split("-", maxsplit=1)[0].split("_", maxsplit=1)[0], "zh-CN")


def _thanks(language: str) -> dict[str, str]:
    return _THANKS.get(language.split("-", maxsplit=1)[0].split("_", maxsplit=1)[0], _THANKS["zh"])
