"""Chinese is the first language: every text of code and pages has its Chinese words."""

from __future__ import annotations

import pytest

from tests.translations import catalogues, gaps, said, texts, translated


def test_every_text_of_code_and_pages_has_chinese_words() -> None:
    have = translated("zh")
    missing = [f"{words.where}: {words.key}" for words in said() if words.key not in have]
    assert not missing, "\n".join(["python -m tests.words_missing prints them:", *missing])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_entry_is_empty_or_fuzzy(language: str) -> None:
    poor = [
        f"{path.name}: {message.id}"
        for path, catalogue in catalogues(language)
        for message in catalogue
        if message.id and (message.fuzzy or not all(texts(message)))
    ]
    assert not poor, "\n".join(poor)


def test_translations_have_the_gaps_of_their_originals() -> None:
    wrong = []
    for key, entries in translated("zh").items():
        for path, message in entries:
            originals = [message.id] if isinstance(message.id, str) else list(message.id)
            wanted = set().union(*(gaps(text) for text in originals))
            wrong += [f"{path.name}: {key}" for text in texts(message) if not gaps(text) <= wanted]
            if isinstance(message.id, str):
                wrong += [f"{path.name}: {key}" for text in texts(message) if gaps(text) != wanted]
    assert not wrong, "\n".join(wrong)


def test_a_text_is_translated_once_or_always_the_same() -> None:
    differing = [
        f"{key}: {sorted({path.name for path, _message in entries})}"
        for key, entries in translated("zh").items()
        if len({tuple(texts(message)) for _path, message in entries}) > 1
    ]
    assert not differing, "\n".join(differing)
