"""What staff pages tell when a contact, a question, a booking or an edit cannot be taken over."""

from __future__ import annotations

from outreach.web.i18n import _l

MESSAGES = {
    # handing over
    "work_left": _l(
        "%(count)s things still lie with this colleague. Pass them on first (page “Hand over”); then "
        "the account closes."
    ),
    "colleague_closed": _l("This colleague's account is closed."),
    "colleague_elsewhere": _l(
        "This colleague works in another area and could not see these people."
    ),
    # publicity
    "posted_in_future": _l("A posting cannot lie in the future."),
    "view_name": _l("Please give a name of at most 40 characters."),
    # bookings
    "way_home_missing": _l(
        "Our car brings this person, so the way home must be settled now: our car too, or the "
        "name of who takes them home."
    ),
    "slot_full": _l("This time has just been taken. Please choose another one."),
    "slot_not_offered": _l("This time is not offered any more. Please choose another one."),
    "slot_not_chosen": _l("Please choose a time."),
    "dose_not_chosen": _l("Please tick what the appointment is for."),
    "already_booked": _l(
        "There is an appointment already. Change that one instead of making a second."
    ),
    "appointment_over": _l("This appointment is over and cannot be changed any more."),
    "companions": _l("At most 3 companions."),
    "home_unknown": _l("No address is known from which a car could fetch. Add one first."),
    "already_under_way": _l("The ride has begun; the time cannot be changed any more."),
    "return_needed": _l(
        "Our car has fetched this person already: first comes the way home, then the visit is "
        "closed by what happened."
    ),
    "no_car_for_bed_bound": _l(
        "Bed-bound people never ride in a car: put them on the list of the home team."
    ),
    "cancel_code": _l("Please choose one of the reasons."),
    # contacts
    "contact_needs_outcome": _l("Please choose what came of it."),
    "contact_needs_reasons": _l("A refusal needs at least one reason, as it was said."),
    "contact_needs_main_reason": _l("With several reasons, mark the main one."),
    "contact_needs_next_contact_on": _l(
        "Please agree on the next contact: a day from tomorrow on, within half a year."
    ),
    "contact_needs_dose_on": _l(
        "Please enter the day of the dose (not in the future), or write in the note what is known."
    ),
    "contact_needs_deferral_code": _l("Please choose the reason to wait."),
    "contact_needs_life_kind": _l("Please choose where they are."),
    "contact_needs_note": _l("Please write a few words: “other” alone helps nobody."),
    "contact_needs_channel": _l("This outcome does not fit how you tried to reach them."),
    "contact_needs_question": _l("Please write down the question for the doctor."),
    "contact_needs_at": _l("Not in the future, and at most 60 days back."),
    "contact_needs_promised_call_at": _l("A promise lies after the contact itself."),
    "attempt_voided": _l("This contact was taken back already."),
    "reason_missing": _l("Please give a reason."),
    "not_a_picture": _l("Please choose a photo (JPEG or PNG)."),
    "picture_too_large": _l("This photo is too large."),
    "sheet_empty": _l("Nobody waits today, so there is nothing to print."),
    "sheet_day": _l("A day from the printing on, not in the future."),
    "sheet_line": _l(
        "This line misses something: a refusal needs its reason, a question or “other” some words."
    ),
    "reply_missing": _l("Please write what they replied."),
    # questions and cards
    "question_empty": _l("Please write down the question."),
    "question_too_long": _l("At most 2000 characters."),
    "topic_unknown": _l("Please choose a topic."),
    "answer_empty": _l("Please write the answer."),
    "card_not_in_use": _l("This answer card is not in use any more."),
    "question_answered": _l("A colleague has answered this question already."),
    "question_not_answered": _l("This question has no answer yet."),
    "question_closed": _l("This question is closed already."),
    "second_person_needed": _l("A second person has to do this: not the one who began it."),
    "review_in_past": _l("The next review lies in the future."),
    "card_reviewed": _l("This version has been reviewed already."),
    "text_missing": _l("Please fill this in."),
    # people
    "resident_changed": _l(
        "Someone else changed this person while you were writing. Nothing of yours was saved "
        "yet: both versions stand below."
    ),
    "name_too_long": _l("At most 100 characters."),
    "mobility_unknown": _l("Please choose one of the offered values."),
    "mobility_flag_unknown": _l("Please choose one of the offered values."),
    "number_unreadable": _l("This number cannot be read. Examples: 13800000000, 0371-60000000."),
    "address_missing": _l("Please write the address."),
    "days_reversed": _l("The last day lies before the first."),
    "contact_of_another": _l("This person belongs to somebody else's family."),
    "snooze_end": _l("A day from tomorrow on, within half a year."),
    # doses, deferrals, consents, lives
    "dose_in_future": _l("A dose cannot lie in the future."),
    "dose_before_birth": _l("A dose cannot lie before the birth."),
    "deferral_unknown": _l("Please choose one of the reasons."),
    "only_a_clinician_defers": _l("Only a clinician defers; you can ask one to look."),
    "only_a_clinician_lifts": _l("A clinician set this, so a clinician lifts it."),
    "deferral_end": _l("A day from tomorrow on, within a year."),
    "deferral_lifted": _l("This deferral was lifted already."),
    "deferral_not_waiting": _l("Nothing is left to confirm here."),
    "guardian_basis_missing": _l(
        "Who says yes for somebody else states on what basis (guardian, written authority)."
    ),
    "consent_paper_missing": _l("A signed paper or photo has to be added first."),
    "consent_withdrawn": _l("This consent was withdrawn already."),
    "report_not_waiting": _l("Nothing is left to look at here."),
    "report_decided": _l("This has been decided already."),
    "death_is_reported": _l("A death is reported and confirmed by two people, never set here."),
    "id_unreadable": _l(
        "This identity number cannot be read: 18 characters with a fitting check digit."
    ),
    "possible_twins": _l("Somebody like this is in the ledger already."),
}
