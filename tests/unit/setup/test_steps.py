"""Set-up does each step once for each state of its inputs, and again when its result is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
import steps


def _step(calls: list[str], output: Path, *, inputs: str = "1") -> steps.Step:
    def act() -> None:
        calls.append(inputs)
        output.write_text("made")

    return steps.Step("kernels", [inputs], [output], act)


def test_a_second_set_up_does_nothing(tmp_path: Path) -> None:
    calls: list[str] = []
    made, stamps = tmp_path / "made", tmp_path / "setup.json"

    assert steps.take([_step(calls, made)], stamps=stamps) == ["kernels"]
    assert steps.take([_step(calls, made)], stamps=stamps) == []
    assert calls == ["1"]


def test_a_changed_input_or_a_lost_result_does_the_step_again(tmp_path: Path) -> None:
    calls: list[str] = []
    made, stamps = tmp_path / "made", tmp_path / "setup.json"
    steps.take([_step(calls, made)], stamps=stamps)

    steps.take([_step(calls, made, inputs="2")], stamps=stamps)
    made.unlink()
    steps.take([_step(calls, made, inputs="2")], stamps=stamps)

    assert calls == ["1", "2", "2"]


def test_a_failed_step_is_tried_again_next_time(tmp_path: Path) -> None:
    made, stamps = tmp_path / "made", tmp_path / "setup.json"

    with pytest.raises(steps.SetupError, match="made"):
        steps.take([steps.Step("kernels", [], [made], lambda: None)], stamps=stamps)

    assert steps.take([_step([], made)], stamps=stamps) == ["kernels"]


def test_a_stamp_file_that_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    stamps = tmp_path / "setup.json"
    stamps.write_text("{half")

    assert steps.take([_step([], tmp_path / "made")], stamps=stamps) == ["kernels"]
