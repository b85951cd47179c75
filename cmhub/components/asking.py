"""Addresses that ask for something else than the present one: a filter, an order, an open item."""

import reflex as rx
from reflex.vars import StringVar
from reflex_base.utils.imports import ImportVar
from reflex_base.vars.base import LiteralVar, Var, VarData

from cmhub.components.basics import Words
from cmhub.components.parts import FilterForm

# The router's own place, so that a link follows every change of the address.
_PLACE = VarData(
    hooks={"const place_ = useLocation();": None},
    imports={"react-router": [ImportVar(tag="useLocation")]},
)


def asking(**query: Words) -> StringVar[str]:
    """Return the page's address with parts of its query changed; an empty one is left out.

    ``asking(sort="name", after="")`` keeps the filters, orders by name and begins anew.
    """
    changed = LiteralVar.create(query)
    return Var(
        _js_expr=f"(globalThis.cmhub?.asking(place_,{changed!s}) ?? '')",
        _var_type=str,
        _var_data=VarData.merge(_PLACE, changed._get_all_var_data()),
    ).to(StringVar)


def filters(*controls: rx.Component, label: Words, class_name: str = "") -> rx.Component:
    """Hold the fields of a filter: what is chosen or typed goes into the address by its name.

    The fields are those of `form.py` or plain ones; give each the value that the address asks
    for as ``default_value``. Whoever filters begins at the first page again.
    """
    return FilterForm.create(
        *controls,
        role="search",
        aria_label=label,
        class_name=f"flex flex-wrap items-end gap-2 {class_name}",
    )
