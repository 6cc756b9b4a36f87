"""What codes of imports are called on pages, and what to do about each."""

from __future__ import annotations

from flask_babel.speaklater import LazyString

from outreach.kernel.codes import coded_list
from outreach.ledger.codes import BatchState, RowKind
from outreach.ledger.headers import DOSE_FIELDS, MANY_FIELDS, SINGLE_FIELDS
from outreach.ledger.official import Verdict
from outreach.web.admin.audit_words import add_act_labels
from outreach.web.i18n import _, _l
from outreach.web.messages import add_messages
from outreach.web.tags import add_tags

FIELD_LABELS: dict[str, LazyString] = {
    "name": _l("Full name"),
    "sex": _l("Sex"),
    "id_number": _l("Identity number"),
    "given_name": _l("Given name, in a column of its own"),
    "id_kind": _l("Kind of document"),
    "birth_date": _l("Birth date"),
    "age": _l("Age"),
    "address": _l("Address"),
    "registered_address": _l("Registered address"),
    "district": _l("District"),
    "street": _l("Street"),
    "community": _l("Community"),
    "compound": _l("Compound"),
    "building": _l("Building"),
    "unit": _l("Unit"),
    "room": _l("Room"),
    "floor": _l("Floor"),
    "grid": _l("Grid"),
    "contact_name": _l("Name of the contact"),
    "contact_relation": _l("Relation of the contact"),
    "vaccinated": _l("Vaccinated yes or no"),
    "dose_number": _l("Number of the dose"),
    "product": _l("Product"),
    "manufacturer": _l("Manufacturer"),
    "batch": _l("Batch"),
    "site": _l("Place of vaccination"),
    "dose_date": _l("Date of the dose"),
    "status": _l("State of the person"),
    "number": _l("Running number"),
    "phone": _l("Phone"),
    "family_phone": _l("Phone of the family"),
    "remark": _l("Remark"),
    "health": _l("Health"),
    "reason": _l("Reason for no dose"),
    "doses": _l("Dates of doses"),
    "ignored": _l("not used"),
}
PART_LABELS: dict[str, LazyString] = {
    "product": _l("product"),
    "manufacturer": _l("manufacturer"),
    "batch": _l("batch"),
    "site": _l("place"),
}
CODE_LABELS: dict[str, LazyString] = {
    "name_missing": _l("No name"),
    "name_too_long": _l("The name is too long"),
    "name_unreadable": _l("The name has unreadable characters"),
    "name_odd_characters": _l("Unusual characters in the name"),
    "name_differs": _l("Same number, another name"),
    "id_checksum": _l("The identity number's check digit is wrong"),
    "id_length": _l("The identity number is too short or too long"),
    "id_birth_date": _l("The identity number holds an impossible date"),
    "id_precision_lost": _l("The spreadsheet rounded the identity number"),
    "id_missing": _l("No identity number"),
    "other_vaccine": _l("A product of another vaccine"),
    "id_other_document": _l("Another kind of document"),
    "id_other_paper": _l("Another kind of document"),
    "id_region_unknown": _l("Unknown region in the identity number"),
    "birth_unknown": _l("Birth date unknown"),
    "birth_in_future": _l("Birth date in the future"),
    "birth_differs_from_id": _l("Birth date differs from the number's"),
    "age_unlikely": _l("Unlikely age"),
    "sex_differs_from_id": _l("Sex differs from the number's"),
    "phone_invalid": _l("A phone number is wrong"),
    "no_phone": _l("No phone"),
    "dose_date_unclear": _l("A dose's date is unclear"),
    "dose_date_in_future": _l("A dose's date lies in the future"),
    "dose_repeated": _l("A dose is written twice"),
    "possibly_deceased": _l("Perhaps deceased: messages are held"),
    "possibly_moved": _l("Perhaps moved: reminders are held"),
    "possibly_hospital": _l("Perhaps in hospital: reminders are held"),
    "possibly_away": _l("Perhaps away: reminders are held"),
    "possibly_nursing_home": _l("Perhaps in a nursing home: reminders are held"),
    "same_id": _l("Same identity number"),
    "same_name_and_birth": _l("Same name and birth date"),
    "in_other_community": _l("In the ledger of another community"),
    "total": _l("a total"),
    "signature": _l("a signature line"),
    "header": _l("a header repeated"),
    "note": _l("a note"),
    "example": _l("an example"),
    "numbered_only": _l("a number and nothing else"),
    "subtitle": _l("a subtitle"),
    "no_person": _l("nobody named"),
}
GROUP_LABELS: dict[str, LazyString] = {
    "problem": _l("To be mended"),
    "duplicate": _l("Repeats"),
    "changed": _l("Changed"),
    "warning": _l("To look at"),
    "new": _l("New"),
    "unchanged": _l("Unchanged"),
    "missing": _l("Not in the file"),
    "skipped": _l("No people"),
}
GROUP_LEADS: dict[str, LazyString] = {
    "problem": _l(
        "These rows do not enter the ledger until somebody mends them, here or in a sheet."
    ),
    "duplicate": _l(
        "Somebody like this is in the file or the ledger already. They are not added again."
    ),
    "changed": _l("Field by field: what the ledger holds, and what the file says."),
    "warning": _l("These people enter the ledger; something about them wants a look."),
    "new": _l("People who are not in this community's ledger yet."),
    "unchanged": _l("The file says what the ledger says."),
    "missing": _l(
        "In the ledger, but not named by the file: perhaps moved, perhaps gone. Nobody is taken out by a file."
    ),
    "skipped": _l(
        "Rows that hold nobody: titles, totals, signatures. They are kept with the file."
    ),
}
REASON_LABELS: dict[str, LazyString] = {
    "same_id": _l("same identity number"),
    "same_name": _l("same name"),
    "same_name_other_script": _l("same name in the other script"),
    "name_sounds_alike": _l("name sounds alike"),
    "name_nearly_alike": _l("name nearly alike"),
    "same_birth_date": _l("same birth date"),
    "same_phone": _l("same phone"),
    "same_address": _l("same address"),
    "ids_differ": _l("identity numbers differ"),
    "birth_date_differs": _l("birth dates differ"),
    "sex_differs": _l("sex differs"),
    "maybe_twins": _l("perhaps twins or a couple"),
    "by_hand": _l("put together by hand"),
}
CHANGE_LABELS: dict[str, LazyString] = {
    "name": _l("Full name"),
    "sex": _l("Sex"),
    "born_on": _l("Birth date"),
    "id_number": _l("Identity number"),
    "grid": _l("Grid"),
    "address": _l("Address"),
    "note": _l("Note"),
    "clinical_note": _l("Health"),
    "phone": _l("Phone"),
    "dose": _l("Dose"),
}
OBSTACLE_LABELS: dict[str, LazyString] = {
    "dose": _l("doses recorded since"),
    "edited": _l("people edited since"),
    "appointment": _l("bookings"),
    "contact_attempt": _l("calls and visits"),
    "message": _l("messages"),
    "life_report": _l("words about lives"),
    "duplicate_pair": _l("pairs decided"),
    "import_row": _l("rows of a later file"),
    "consent": _l("consents"),
    "deferral": _l("deferrals"),
}

add_tags(
    BatchState,
    coded_list(
        [
            ("uploaded", "待确认列", "Columns to confirm"),
            ("parsing", "正在读取", "Being read"),
            ("review", "待查看", "To be reviewed"),
            ("committing", "正在写入", "Being written"),
            ("committed", "已写入", "In the ledger"),
            ("undoing", "正在撤销", "Being undone"),
            ("undone", "已撤销", "Undone"),
            ("refused", "未采用", "Not used"),
            ("failed", "未成功", "Failed"),
        ]
    ),
    {
        "uploaded": ("warn", "columns"),
        "parsing": ("active", "loader"),
        "review": ("warn", "eye"),
        "committing": ("active", "loader"),
        "committed": ("good", "circle-check"),
        "undoing": ("active", "loader"),
        "undone": ("neutral", "arrow-back-up"),
        "refused": ("neutral", "trash"),
        "failed": ("bad", "alert-triangle"),
    },
)
add_tags(
    RowKind,
    coded_list(
        [
            ("new", "新增", "New"),
            ("unchanged", "无变化", "Unchanged"),
            ("changed", "有变化", "Changed"),
            ("duplicate", "重复", "Repeat"),
            ("problem", "待改正", "To be mended"),
        ]
    ),
    {
        "new": ("good", "user-plus"),
        "unchanged": ("neutral", "equal"),
        "changed": ("info", "pencil"),
        "duplicate": ("warn", "copy"),
        "problem": ("bad", "alert-triangle"),
    },
)
add_tags(
    Verdict,
    coded_list(
        [
            ("new_dose", "新增接种", "New dose"),
            ("already_in_ledger", "台账已有", "In the ledger"),
            ("no_such_resident", "台账无此人", "Not in the ledger"),
            ("name_differs", "同号不同名", "Another name"),
            ("date_differs", "日期不一致", "Another date"),
            ("row_unreadable", "无法识别", "Unreadable"),
        ]
    ),
    {
        "new_dose": ("good", "vaccine"),
        "already_in_ledger": ("neutral", "equal"),
        "no_such_resident": ("warn", "user-question"),
        "name_differs": ("bad", "id-off"),
        "date_differs": ("warn", "calendar-question"),
        "row_unreadable": ("bad", "alert-triangle"),
    },
)
add_act_labels(
    {
        "import_committed": _l("Imported a ledger"),
        "import_undone": _l("Undid an import"),
        "import_row_decided": _l("Decided on a row of a file"),
        "list_reconciled": _l("Reconciled an official list"),
        "conflict_resolved": _l("Resolved a conflict with an official list"),
        "pair_kept_apart": _l("Decided that two are two"),
    },
    {"import_batch": _l("import"), "duplicate_pair": _l("pair")},
)
add_messages(
    {
        "file_empty": _l("The file is empty."),
        "file_missing": _l("Choose a file, or paste rows from a spreadsheet."),
        "file_too_big": _l(
            "The file is larger than %(limit_mib)s MB. Split it, or save it as .xlsx."
        ),
        "file_not_a_spreadsheet": _l(
            "This is no spreadsheet. Use .xlsx, .xls, .ods, .csv or .tsv, or paste the rows."
        ),
        "file_undecodable": _l(
            "Line %(row)s cannot be read as %(encoding)s. Save the file as .xlsx or as UTF-8."
        ),
        "file_broken_row": _l(
            "Line %(row)s is broken: a quotation mark is never closed. Mend it, or save as .xlsx."
        ),
        "too_many_rows": _l("The sheet has more than %(limit)s rows. Split it."),
        "too_many_columns": _l("The sheet has more than %(limit)s columns. Delete the empty ones."),
        "file_damaged": _l("The file is damaged. Open it, save it anew, and try again."),
        "file_unpacks_too_large": _l(
            "The file unpacks to more than %(limit_mib)s MB and was refused."
        ),
        "file_encrypted": _l("The file is protected by a password. Save it without one."),
        "file_has_external_links": _l(
            "The file draws values from other files. Copy it as values and try again."
        ),
        "file_has_entities": _l("The file holds forbidden definitions and was refused."),
        "sheet_empty": _l("The sheet holds nobody."),
        "sheet_unknown": _l("The workbook has no sheet of that name."),
        "no_name_column": _l(
            "No header says which column holds the names. Call it “姓名” or “Name” and try again."
        ),
        "no_dose_columns": _l(
            "The list needs a column of identity numbers and one of dates of doses."
        ),
        "reading_died": _l("Reading the file failed. Save it anew as .xlsx and try again."),
        "reading_took_too_long": _l("Reading the file took too long. Split it and try again."),
        "reading_needs_too_much_memory": _l(
            "The file needs too much memory. Split it and try again."
        ),
        "match_rate_low": _l(
            "Only %(percent)s %% of this file's people are in this community's ledger of %(known)s. "
            "Is it another community's file? Nothing was written."
        ),
        "same_file_in_progress": _l(
            "This very file is being worked on already. Nothing was done twice."
        ),
        "undo_blocked": _l(
            "The import cannot be undone any more: something was done since with its people."
        ),
        "batch_state": _l("This step does not fit the state of the import."),
        "import_file_gone": _l("The file is not kept any more. Upload it again."),
        "same_id_stays": _l("One identity number is one person. Mend the number first."),
        "conflict_resolved": _l("This conflict has been resolved already."),
        "resolution_unfit": _l("This does not fit the conflict."),
        "conflict_community_unknown": _l(
            "The list is for a whole district: add the person to a community first."
        ),
        "community_unknown": _l("This community is not known here."),
        "pair_decided": _l("This pair has been decided already."),
        "pair_not_merged": _l("This pair is not merged."),
        "merged_already": _l("One of the two was merged already."),
        "ids_differ_choose": _l("The identity numbers differ: choose which one is right."),
        "discarded": _l("Somebody decided not to use this file."),
        "worker_died": _l("The work stopped half-way. It can be taken up again."),
        "no_open_campaign": _l("Open a campaign first: the ledger belongs to one."),
    }
)


def code_word(code: str) -> str:
    """Return what a code of a row says."""
    label = CODE_LABELS.get(code)
    return str(label) if label is not None else code


def field_word(name: str) -> str:
    """Return what a column's meaning is called: plain fields, and the parts of numbered doses."""
    if name in FIELD_LABELS:
        return str(FIELD_LABELS[name])
    number, _sep, part = name.removeprefix("dose_").partition("_")
    if part:
        return str(_("Dose %(number)s: %(part)s", number=number, part=PART_LABELS[part]))
    return str(_("Dose %(number)s", number=number))


def field_options() -> list[tuple[str, str]]:
    """Return every meaning a column may have, as a form offers it."""
    names = [*SINGLE_FIELDS, *MANY_FIELDS, *DOSE_FIELDS]
    return [(name, field_word(name)) for name in names if name != "ignored"]
