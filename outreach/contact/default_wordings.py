"""The words that ship: plain, kind, at most two parts, and no health detail beyond permission.

``{what}`` and ``{way}`` are worded by what the reader may know; ``{reply_hint}`` and ``{opt_out_hint}`` by
what the route can carry (to a number that cannot answer, they give a number to call), ``{page_hint}`` is
empty where it carries no links.
"""

from __future__ import annotations

from outreach.contact.codes import Channel, Step

ZH: dict[tuple[Step, Channel], str] = {
    (Step.INVITE, Channel.SMS): (
        "{who}，社区为您留了{what}名额，专车接送、全程有人陪同。想来或有疑问请致电{duty_phone}。{opt_out_hint}"
    ),
    (Step.NEXT_DOSE_DUE, Channel.SMS): (
        "{who}，下一次{what}的时间到了（{due_day}起），名额已为您留好，专车接送。请致电{duty_phone}。{opt_out_hint}"
    ),
    (Step.BOOKED, Channel.SMS): (
        "{who}的预约已留好：{day}{time}，{site}，{what}。{way}。请带身份证。{reply_hint}"
    ),
    (Step.CHANGED, Channel.SMS): (
        "{who}的预约改到{day}{time}，{site}。{way}。请以此为准。{reply_hint}"
    ),
    (Step.CANCELLED, Channel.SMS): (
        "{who}{day}{time}的预约已取消，请不必前来。想另约时间请致电{duty_phone}。"
    ),
    (Step.T_MINUS_3, Channel.SMS): (
        "{who}的预约是{day}{time}，{site}。{way}。请问还方便来吗？{reply_hint}"
    ),
    (Step.T_MINUS_3, Channel.VOICE): (
        "您好，这里是{community}。{who}的预约是{day}{time}，{site}。{way}。"
        "确认请按1，需要我们回电请按2，不再接听提醒电话请按9。"
    ),
    (Step.T_MINUS_1, Channel.SMS): (
        "{who}，{day}{time}在{site}等您。{way}。请带身份证，吃好早饭，穿宽松衣服。{reply_hint}"
    ),
    (Step.T_MINUS_1, Channel.VOICE): (
        "您好，这里是{community}。{who}的预约是{day}{time}，{site}。{way}。请带身份证。"
        "确认请按1，需要我们回电请按2，不再接听提醒电话请按9。"
    ),
    (Step.MORNING, Channel.SMS): (
        "早上好，{who}今天{time}到{site}。{way}。如不舒服请先别出门，致电{duty_phone}。"
    ),
    (Step.PROMISE, Channel.SMS): (
        "{who}：{day}{from_time}至{until_time}，{plate}、{driver}到楼下接您去{site}。有事请致电{duty_phone}。{page_hint}"
    ),
    (Step.PROMISE, Channel.VOICE): (
        "您好，这里是{community}。{who}，{day}{from_time}到{until_time}，车到楼下接您，司机是{driver}。"
        "听清楚了请按1，需要我们回电请按2。"
    ),
    (Step.PROMISE_MOVED, Channel.SMS): (
        "接{who}的时间改为{day}{from_time}至{until_time}，{plate}、{driver}。请以此为准，给您添麻烦了。"
    ),
    (Step.PROMISE_MOVED, Channel.VOICE): (
        "您好，这里是{community}。接{who}的时间改为{day}{from_time}到{until_time}，司机是{driver}。"
        "听清楚了请按1，需要我们回电请按2。"
    ),
    (Step.CAR_NEAR, Channel.SMS): "接{who}的车约{minutes}分钟后到楼下：{plate}，{driver}。",
    (Step.RIDE_CANCELLED, Channel.SMS): (
        "{who}{day}的接送已取消。如仍需要用车请致电{duty_phone}。"
    ),
    (Step.ON_THE_WAY_HOME, Channel.SMS): "{who}{what}，正乘车回家：{plate}，{driver}。",
    (Step.NO_DOSE_HOME, Channel.SMS): (
        "{who}{what}，正乘车回家：{plate}，{driver}。想另约时间请致电{duty_phone}。"
    ),
    (Step.T_PLUS_1, Channel.SMS): "{who}，昨天{what}后身体还好吗？{reply_hint}",
    (Step.ANSWER, Channel.SMS): "{who}问的，医生答复：{answer} 详询{duty_phone}。",
    (Step.OPT_OUT_CONFIRMED, Channel.SMS): "好的，不再给您发此类短信。{ride_hint}",
    (Step.CHOICE, Channel.SMS): "收到。请问您说的是哪一位？请回复数字：{choices}",
    (Step.FEEL_BAD, Channel.SMS): (
        "已转告医生，一小时内联系您。如胸闷、喘不上气或晕厥，请立即拨打{emergency}；也可致电{duty_phone}。"
    ),
}

EN: dict[tuple[Step, Channel], str] = {
    (Step.INVITE, Channel.SMS): (
        "{who}, a place is kept for you ({what}), with a car both ways and someone at your side. "
        "Please call {duty_phone}. {opt_out_hint}"
    ),
    (Step.NEXT_DOSE_DUE, Channel.SMS): (
        "{who}, the next {what} is due from {due_day}. A place is kept, with a car both ways. "
        "Please call {duty_phone}. {opt_out_hint}"
    ),
    (Step.BOOKED, Channel.SMS): (
        "{who} is booked: {day} {time}, {site}, {what}. {way}. Please bring an ID. {reply_hint}"
    ),
    (Step.CHANGED, Channel.SMS): (
        "The appointment of {who} is now {day} {time}, {site}. {way}. {reply_hint}"
    ),
    (Step.CANCELLED, Channel.SMS): (
        "The appointment of {who} on {day} {time} is cancelled, please do not come. "
        "For another time call {duty_phone}."
    ),
    (Step.T_MINUS_3, Channel.SMS): (
        "{who} is booked for {day} {time}, {site}. {way}. Does it still suit? {reply_hint}"
    ),
    (Step.T_MINUS_3, Channel.VOICE): (
        "Hello, this is {community}. {who} is booked for {day} {time}, {site}. {way}. "
        "To confirm press 1, to be called back press 2, for no more reminder calls press 9."
    ),
    (Step.T_MINUS_1, Channel.SMS): (
        "{who}, we expect you on {day} {time} at {site}. {way}. "
        "Please bring an ID and have breakfast. {reply_hint}"
    ),
    (Step.T_MINUS_1, Channel.VOICE): (
        "Hello, this is {community}. {who} is booked for {day} {time}, {site}. {way}. "
        "To confirm press 1, to be called back press 2, for no more reminder calls press 9."
    ),
    (Step.MORNING, Channel.SMS): (
        "Good morning, {who} is expected today {time} at {site}. {way}. "
        "If unwell please stay home and call {duty_phone}."
    ),
    (Step.PROMISE, Channel.SMS): (
        "{who}: {plate}, driver {driver}, will be at the door on {day} between {from_time} and "
        "{until_time}. Questions: {duty_phone}. {page_hint}"
    ),
    (Step.PROMISE, Channel.VOICE): (
        "Hello, this is {community}. {who}, the car will be at the door on {day} between {from_time} "
        "and {until_time}. If that is clear press 1, to be called back press 2."
    ),
    (Step.PROMISE_MOVED, Channel.SMS): (
        "New time for {who}: {day} between {from_time} and {until_time}, {plate}, driver {driver}. "
        "We are sorry for the change."
    ),
    (Step.PROMISE_MOVED, Channel.VOICE): (
        "Hello, this is {community}. The new time for {who} is {day} between {from_time} and "
        "{until_time}. If that is clear press 1, to be called back press 2."
    ),
    (Step.CAR_NEAR, Channel.SMS): (
        "The car for {who} will be at the door in about {minutes} minutes: {plate}, driver {driver}."
    ),
    (Step.RIDE_CANCELLED, Channel.SMS): (
        "The ride of {who} on {day} is cancelled. If a car is still needed call {duty_phone}."
    ),
    (
        Step.ON_THE_WAY_HOME,
        Channel.SMS,
    ): "{who} {what} and is on the way home: {plate}, driver {driver}.",
    (Step.NO_DOSE_HOME, Channel.SMS): (
        "{who} {what} and is on the way home: {plate}, driver {driver}. For another time call {duty_phone}."
    ),
    (Step.T_PLUS_1, Channel.SMS): "{who}, how are you after yesterday's {what}? {reply_hint}",
    (
        Step.ANSWER,
        Channel.SMS,
    ): "To the question of {who} the doctor says: {answer} More: {duty_phone}.",
    (Step.OPT_OUT_CONFIRMED, Channel.SMS): "Done: no more texts of this kind. {ride_hint}",
    (
        Step.CHOICE,
        Channel.SMS,
    ): "Thank you. Whom do you mean? Please reply with a number: {choices}",
    (Step.FEEL_BAD, Channel.SMS): (
        "A doctor is told and will call within the hour. With chest pain, short breath or fainting "
        "call {emergency} at once; or call {duty_phone}."
    ),
}

WORDINGS: dict[str, dict[tuple[Step, Channel], str]] = {"zh": ZH, "en": EN}

# Phrases that fill gaps by what the reader may know and by what the route can carry.
PHRASES: dict[str, dict[str, str]] = {
    "zh": {
        "what_health": "接种疫苗",
        "what_plain": "健康服务",
        "what_after": "接种",
        "home_health": "已接种并留观30分钟",
        "home_plain": "一切顺利",
        "no_dose_health": "今天没有接种",
        "no_dose_plain": "今天已办完",
        "car_both": "专车接送往返",
        "car_there": "专车接去，回程{home}",
        "car_home": "自行前往，专车送回",
        "own_way": "请自行前往",
        "home_walks": "步行",
        "home_family": "由家人接",
        "home_other": "自行安排",
        "reply_visit": "确认回1，改期回2，取消回3，咨询{duty_phone}。",
        "call_visit": "确认或改期请致电{duty_phone}。",
        "reply_after": "很好回1，不舒服回2；急症请打{emergency}。",
        "call_after": "不舒服请致电{duty_phone}，急症请打{emergency}。",
        "opt_out_reply": "拒收请回复T",
        "opt_out_call": "不想再收请致电{duty_phone}",
        "page": "看车到哪了：{door} 输入{code}",
        "rides_go_on": "已约好的行程短信仍会发送，也不想收请再回复T。",
        "both": "{number}都是",
        "answer_plain": "{who}问的事，医生已经答复。请致电{duty_phone}，我们说给您听。",
        "driver": "{name}师傅",
        "no_driver": "司机",
    },
    "en": {
        "what_health": "vaccination",
        "what_plain": "a health service",
        "what_after": "vaccination",
        "home_health": "is vaccinated and was observed for 30 minutes",
        "home_plain": "is done",
        "no_dose_health": "had no dose today",
        "no_dose_plain": "is done for today",
        "car_both": "Our car takes you there and back",
        "car_there": "Our car takes you there; home: {home}",
        "car_home": "Please come yourself; our car takes you home",
        "own_way": "Please come yourself",
        "home_walks": "on foot",
        "home_family": "with family",
        "home_other": "as arranged",
        "reply_visit": "Reply 1 to confirm, 2 for another time, 3 to cancel. Questions: {duty_phone}.",
        "call_visit": "To confirm or change call {duty_phone}.",
        "reply_after": "Reply 1 for well, 2 for unwell; in an emergency call {emergency}.",
        "call_after": "If unwell call {duty_phone}, in an emergency {emergency}.",
        "opt_out_reply": "Reply T to stop",
        "opt_out_call": "To stop, call {duty_phone}",
        "page": "Where the car is: {door} with {code}",
        "rides_go_on": "Texts about the booked ride go on; reply T again to end those too.",
        "both": "{number} all of them",
        "answer_plain": "A doctor has answered the question of {who}. Please call {duty_phone} to hear it.",
        "driver": "{name}",
        "no_driver": "our driver",
    },
}
