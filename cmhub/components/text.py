"""Words, numbers and times as Vars: looked up in the browser, in the reader's language.

The language is not in any State. `/boot.js` brings the catalogue before the first paint, and
`t("app.name")` compiles to a look-up in it.
"""

from typing import Any

import reflex as rx
from reflex.vars import NumberVar, StringVar
from reflex_base.vars.base import LiteralVar, Var, VarData

from cmhub.locales import DEFAULT_LANGUAGE, catalogue


def t(key: str, **params: object) -> StringVar[str]:
    """Return the text of a key, filled with values or Vars; ``n`` chooses the plural form.

    Raises:
        KeyError: there is no such text.
    """
    if key not in catalogue(DEFAULT_LANGUAGE):
        raise KeyError(f"No text has the key {key}.")
    return call("t", key, *([params] if params else []))


def said(key: Var[str] | str, params: object = None) -> StringVar[str]:
    """Return the text of a key that is only known in the browser, as a State's notice has it."""
    return call("t", key, *([] if params is None else [params]))


def said_of(family: str, part: Var[Any], params: object = None) -> StringVar[str]:
    """Return the text of ``family.part``, the last part of a key being known in the browser only.

    ``said_of("fault", one.fault)`` is the text of `fault.gone` for what is gone.
    """
    return said(f"{family}." + part.to(str), params)


def initial(name: Var[Any]) -> StringVar[str]:
    """Return the first letter of a name, as it stands in an avatar."""
    return name.to(str)[0:1].upper()


def number(
    value: Var[Any] | float, *, compact: bool = False, fraction: int | None = None
) -> StringVar[str]:
    """Return a number as the reader's language writes it.

    ``compact`` is 12 k for 12,000; ``fraction`` is the most digits after the point.
    """
    if fraction is not None:
        return call("number", value, {"maximumFractionDigits": fraction})
    return call("number", value, *(["compact"] if compact else []))


def percent(share: Var[Any] | float) -> StringVar[str]:
    """Return a share of one as a percentage: 0.25 is 25 %."""
    return call("number", share, {"style": "percent", "maximumFractionDigits": 0})


def file_size(size: NumberVar[int]) -> StringVar[str]:
    """Return a size of bytes in the unit that suits it: 12 kB, 3.4 MB."""
    units = (("kilobyte", 1e3), ("megabyte", 1e6), ("gigabyte", 1e9))
    shown = [
        call(
            "number",
            size / bytes_of_it,
            {"style": "unit", "unit": unit, "maximumFractionDigits": int(unit != "kilobyte")},
        )
        for unit, bytes_of_it in units
    ]
    return rx.cond(size < 1e6, shown[0], rx.cond(size < 1e9, shown[1], shown[2])).to(StringVar)


def ago(moment: Var[str] | str) -> StringVar[str]:
    """Return how long ago an ISO 8601 moment was, to a minute's precision."""
    return call("ago", moment)


def when(moment: Var[str] | str, zone: Var[str] | str = "", **options: str) -> StringVar[str]:
    """Return an ISO 8601 moment in a time zone, which is named when it is not the reader's.

    ``options`` are those of `Intl.DateTimeFormat` (``dateStyle="short"``, ``weekday="long"``).
    """
    return call("when", moment, zone, *([options] if options else []))


def moment(at: Var[str] | str, zone: Var[str] | str = "", class_name: str = "") -> rx.Component:
    """Show how long ago something was, kept up to date, with the exact time on hover."""
    return rx.el.time(
        ago(at),
        date_time=at,
        title=when(at, zone),
        custom_attrs={"data-ago": at},
        class_name=f"whitespace-nowrap {class_name}",
    )


def call(function: str, *values: object) -> StringVar[str]:
    """Return what a function of `boot.js` answers, in the reader’s language where it has words."""
    given = [LiteralVar.create(value) for value in values]
    # Absent while the page's shell is built, when there is neither window nor reader.
    expression = f"(globalThis.cmhub?.{function}({','.join(str(each) for each in given)}))"
    data = VarData.merge(*(each._get_all_var_data() for each in given))
    return Var(_js_expr=expression, _var_type=str, _var_data=data).to(StringVar)
