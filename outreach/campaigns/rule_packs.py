"""Reading rule packs from their files; a wrong one is refused with file, place and remedy."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from outreach.campaigns.rule_set import RuleSet
from outreach.kernel.errors import NotFound, OutreachError

PACKS = Path(__file__).parent / "packs"

_REMEDIES = {
    "missing": "Add this entry.",
    "extra_forbidden": "Remove this entry or correct its spelling.",
    "literal_error": "Use one of the words that the message names.",
    "string_pattern_mismatch": "Write it in the form that the message names.",
    "date_from_datetime_parsing": "Write a date as YYYY-MM-DD.",
    "date_parsing": "Write a date as YYYY-MM-DD.",
    "is_instance_of": "Write a period as text, such as 3 months or 18 years - 4 days.",
    "dataclass_type": "Write a period as text, such as 3 months or 18 years - 4 days.",
}
_OTHER_REMEDY = "Correct this entry as the message says and load the pack again."


class PackRefused(OutreachError):
    """A rule pack that cannot be used; facts name ``file``, ``path``, ``problem`` and ``remedy``."""


class NoRuleSet(NotFound):
    """No rules for this vaccine are in force on this day."""


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key written twice, which YAML would silently let the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - the vendor's signature
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} stands twice", node.start_mark
                )
        return super().construct_mapping(node, deep=deep)


def read_pack_file(path: Path) -> RuleSet:
    """Return the rule set in ``path`` or refuse it."""
    body = _read_yaml(path)
    if isinstance(body, dict) and "extends" in body:
        body = _extended(path, body)
    return rule_set_from(body, file=path.name)


def rule_set_from_text(text: str, *, file: str) -> RuleSet:
    """Return the rule set that an uploaded pack describes, or refuse it; it stands on its own."""
    body = _parse(text, file=file)
    if isinstance(body, dict) and "extends" in body:
        remedy = "Write every entry; an uploaded pack extends no other."
        raise _refused(file, "extends", "extends another file", remedy)
    return rule_set_from(body, file=file)


def _read_yaml(path: Path) -> object:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise _refused(
            path.name, "", error.strerror or "", "Check that the file exists."
        ) from error
    except UnicodeDecodeError as error:
        raise _refused(path.name, "", str(error), "Save the file as UTF-8.") from error
    return _parse(text, file=path.name)


def _parse(text: str, *, file: str) -> object:
    try:
        return cast(object, yaml.load(text, Loader=_StrictLoader))  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError) as error:
        remedy = "Correct the YAML at the line that the message names."
        raise _refused(file, "", str(error), remedy) from error


def _extended(path: Path, body: dict[str, Any]) -> object:
    """Lay ``body`` over the rule set that it names: entries replace, sources are added."""
    base_path = path.with_name(f"{body.pop('extends')}.yaml")
    base = _read_yaml(base_path) if base_path.is_file() else None
    if not isinstance(base, dict) or "extends" in base:
        problem = f"{base_path.name} is no full rule set beside this file"
        raise _refused(path.name, "extends", problem, "Name the code of a full rule set.")
    return {**base, **body, "sources": {**base.get("sources", {}), **body.get("sources", {})}}


def rule_set_from(body: object, *, file: str) -> RuleSet:
    """Return the rule set that ``body`` (a pack read, or the column of a stored one) describes."""
    try:
        return RuleSet.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(step) for step in first["loc"])
        remedy = _REMEDIES.get(first["type"], _OTHER_REMEDY)
        raise _refused(file, path, first["msg"], remedy) from error


def rule_set_body(rules: RuleSet) -> dict[str, Any]:
    """Return what a stored rule set keeps in its column; ``rule_set_from`` reads it back."""
    return rules.model_dump(mode="json")


@cache
def load_packs(folder: Path = PACKS) -> tuple[RuleSet, ...]:
    """Return every rule set of ``folder``, by pack, vaccine and day; two for one day are refused."""
    found = [(path.name, read_pack_file(path)) for path in sorted(folder.glob("*.yaml"))]
    found.sort(key=lambda pair: (pair[1].pack, pair[1].vaccine, pair[1].valid_from))
    for (_, earlier), (file, later) in pairwise(found):
        same = (earlier.pack, earlier.vaccine) == (later.pack, later.vaccine)
        if same and earlier.in_force_on(later.valid_from):
            raise _refused(
                file,
                "valid_from",
                f"{later.code} and {earlier.code} both rule on {later.valid_from}",
                "Give the earlier rule set a valid_to before this day.",
            )
    return tuple(rules for _, rules in found)


def pack(name: str, folder: Path = PACKS) -> tuple[RuleSet, ...]:
    """Return the rule sets of one pack (``cn``, ``us-test``)."""
    found = tuple(rules for rules in load_packs(folder) if rules.pack == name)
    if not found:
        raise NoRuleSet(pack=name)
    return found


def rule_set_in_force(rule_sets: Iterable[RuleSet], *, vaccine: str, on: date) -> RuleSet:
    """Return the rules that rule on one day."""
    for rules in rule_sets:
        if rules.vaccine == vaccine and rules.in_force_on(on):
            return rules
    raise NoRuleSet(vaccine=vaccine, on=on)


def find_product(rule_sets: Iterable[RuleSet], *, name: str, maker: str = "") -> str | None:
    """Return the code of the product that a register or a paper book means, or None.

    A name alone that fits several makers gives the kind (whose maker is unknown), never a guess.
    """
    wanted, made_by = plain_name(name), plain_name(maker)
    if not wanted:
        return None
    fitting = [
        product
        for rules in rule_sets
        for product in rules.products
        if wanted
        in {
            plain_name(n)
            for n in (product.code, product.name.zh, product.name.en, *product.aliases)
        }
    ]
    by_maker = [p for p in fitting if made_by and p.maker and plain_name(p.maker) in made_by]
    chosen = {product.code for product in by_maker or fitting}
    if len(chosen) > 1:
        chosen = {product.code for product in fitting if not product.maker}
    return chosen.pop() if len(chosen) == 1 else None


def plain_name(text: str) -> str:
    """Return a product's name for comparison: no spaces, no case, full-width signs made plain."""
    # NFKC makes full-width letters and brackets plain ones.
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _refused(file: str, path: str, problem: str, remedy: str) -> PackRefused:
    facts: Mapping[str, str] = {"file": file, "path": path, "problem": problem, "remedy": remedy}
    return PackRefused("pack_refused", **facts)
