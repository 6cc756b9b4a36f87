"""Lets kernels take a named tuple of arrays by reference.

A tuple of forty arrays passed by value costs a kernel call a third of a microsecond, which is more
than most calls do. ``reference_to`` makes a type that holds the same fields behind one pointer; the
module that owns a tuple defines how one is made from the other (numba caches only code that stands
in a file).
"""

from __future__ import annotations

from typing import Any

from numba.core import types
from numba.experimental import structref

Fields = tuple[tuple[str, Any], ...]


class Reference(structref.StructRefProxy):
    """What Python sees of a box: nothing but that it can be handed to a kernel."""

    __slots__ = ()


def reference_to(box: type, kind: type, fields: tuple[str, ...]) -> None:
    """Make ``box`` (a subclass of ``Reference``) hold ``fields``; ``kind`` is its numba type."""
    structref.register(kind)  # type: ignore[no-untyped-call]
    structref.define_constructor(box, kind, fields)  # type: ignore[no-untyped-call]
    structref.define_attributes(kind)  # type: ignore[no-untyped-call]
    structref.define_boxing(kind, box)  # type: ignore[no-untyped-call]


class BoxType(types.StructRef):
    """A structure of fields whose types are taken as they come."""

    def preprocess_fields(self, fields: Fields) -> Fields:
        """Forget literal values: a box with other numbers in it is of the same type."""
        return tuple((name, types.unliteral(kind)) for name, kind in fields)  # type: ignore[no-untyped-call]
