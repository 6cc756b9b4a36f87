"""PURE: which figures of a unit a reader without the right to names may see, table by table down the tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outreach.oversight.codes import Figure
from outreach.oversight.rules import Counts
from outreach.oversight.smallcells import protect, protect_line

# The columns of a protected table: they sum to the denominator, which is public.
PARTS = (
    "vaccinated",
    "exempt",
    "booked",
    "unknown",
    "due_known",
    "deferred",
    "declined",
    "unreachable",
    "moved",
)
# Beside the denominator: no row total is shown of these, so each is a column of its own.
BESIDE = ("not_yet_eligible", "deceased", "elsewhere")
EVERYTHING = frozenset((*PARTS, *BESIDE))
NEVER = frozenset({"split"})

# A sum is shown when each of its parts is: then it tells nothing new.
NEEDS: dict[str, frozenset[str]] = {
    Figure.DENOMINATOR: frozenset(),
    Figure.VACCINATED: frozenset({"vaccinated"}),
    Figure.EXEMPT: frozenset({"exempt"}),
    Figure.BOOKED: frozenset({"booked"}),
    Figure.UNKNOWN: frozenset({"unknown"}),
    Figure.DUE: frozenset({"unknown", "due_known"}),
    Figure.STRUCK_OFF: frozenset({"vaccinated", "exempt"}),
    Figure.DEFERRED: frozenset({"deferred"}),
    Figure.DECLINED: frozenset({"declined"}),
    Figure.UNREACHABLE: frozenset({"unreachable"}),
    Figure.MOVED: frozenset({"moved"}),
    Figure.NOT_YET_ELIGIBLE: frozenset({"not_yet_eligible"}),
    Figure.DECEASED: frozenset({"deceased"}),
    Figure.ELSEWHERE: frozenset({"elsewhere"}),
    # How far speaking with the due has come is for those who speak with them.
    Figure.TO_CONTACT: NEVER,
    Figure.CONSIDERING: NEVER,
    Figure.AGREED: NEVER,
    Figure.LEDGER: NEVER,
    "coverage": frozenset({"vaccinated"}),
    "bounds": frozenset({"vaccinated", "unknown", "unreachable", "moved"}),
    "finished": frozenset({"vaccinated", "exempt", "deferred", "declined"}),
}


@dataclass(frozen=True, slots=True)
class Mask:
    """What of a unit's sums is hidden; ``is_open`` readers see everything."""

    hidden: frozenset[str] = frozenset()
    is_open: bool = False

    def shows(self, figure: str) -> bool:
        """Whether a figure, or a share made of figures, may be shown."""
        if self.is_open:
            return True
        needs = NEEDS[figure]
        return needs is not NEVER and not (needs & self.hidden)


OPEN = Mask(is_open=True)
CLOSED = Mask(hidden=EVERYTHING)


def parts_of(counts: Counts) -> list[int]:
    """Return a row of a protected table."""
    known = {"due_known": counts.due - counts.unknown}
    return [known.get(name, getattr(counts, name, 0)) for name in PARTS]


def top_mask(counts: Counts) -> Mask:
    """Return the mask of a unit of which the reader sees nothing above."""
    hidden = {PARTS[i] for i in protect_line(parts_of(counts))}
    hidden |= {name for name in BESIDE if 0 < getattr(counts, name) < 5}
    return Mask(frozenset(hidden))


def row_masks(rows: Sequence[Counts], *, whole: Counts, mask: Mask) -> list[Mask]:
    """Return the masks of a table's rows, given the mask that its totals carry."""
    if mask.is_open:
        return [OPEN] * len(rows)
    preset = [i for i, name in enumerate(PARTS) if name in mask.hidden]
    cells = protect([parts_of(r) for r in rows], total=parts_of(whole), total_hidden=preset)
    hidden: list[set[str]] = [{PARTS[c] for r, c in cells if r == i} for i in range(len(rows))]
    for name in BESIDE:
        values = [getattr(row, name) for row in rows]
        is_hidden = name in mask.hidden
        line = [*values, getattr(whole, name)] if is_hidden else values
        for i in protect_line(line, preset=[len(values)] if is_hidden else []):
            if i < len(rows):
                hidden[i].add(name)
    return [Mask(frozenset(names)) for names in hidden]
