"""A notice as a real picture, and “Copy for WeChat” on the pages where words stand."""

from __future__ import annotations

import struct

from sqlalchemy import select

from outreach.contact.models import ContactAttempt, Question
from outreach.db import Database
from tests.builders.town import Town
from tests.web.conftest import text_of
from tests.web.staff.conftest import SignIn

NOTICE = {
    "title": "80岁以上老人接种",
    "body": "专车接送。\n#set page(width: 1pt) 请带身份证。",
    "phone": "0371-60000000",
}


def test_a_notice_becomes_a_picture_file_for_the_group(sign_in: SignIn, town: Town) -> None:
    worker = sign_in("worker")
    made = worker.post(
        "/publicity/new",
        data={**NOTICE, "area_id": town.community_id, "campaign_id": town.campaign_id},
    )
    path = made.headers["Location"]
    assert f'src="{path}/picture"' in worker.get(path).get_data(as_text=True)
    picture = worker.get(f"{path}/picture?download=1")
    assert picture.mimetype == "image/png"
    assert "attachment" in picture.headers["Content-Disposition"]
    assert picture.data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture.data[16:24])
    assert 1070 <= width <= 1090
    assert height > 400
    assert sign_in("other_worker").get(f"{path}/picture").status_code == 404


def test_moment_3b_an_answer_offers_its_words_and_the_note_of_them(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    zhao = town.resident("zhao")
    form = {"text": "支架术后能打吗？", "topic": "H08", "answer_by": "wechat"}
    sign_in("worker").post(f"/residents/{zhao}/ask", data=form)
    with town_database.read() as session:
        question_id = session.scalars(select(Question.id)).one()
    sign_in("clinician").post(f"/questions/{question_id}/answer", data={"answer": "稳定期可以。"})
    worker = sign_in("worker")
    path = f"/answers/{question_id}/wechat"
    assert path in worker.get(f"/residents/{zhao}").get_data(as_text=True)
    assert path in worker.get("/asked").get_data(as_text=True)
    assert "稳定期可以。" in text_of(worker.get(path))
    assert sign_in("other_worker").get(path).status_code == 404
    assert worker.post(path, data={"outcome": "C01"}).status_code == 422
    sent = worker.post(path, data={"outcome": "C01", "reply": "好"})
    assert sent.status_code == 303
    with town_database.read() as session:
        row = session.scalars(select(ContactAttempt)).one()
        assert (str(row.channel), row.note) == ("wechat", "好")
