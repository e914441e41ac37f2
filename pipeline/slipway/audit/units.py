"""What may stand around a number: currencies, units and how they compare."""

from collections.abc import Mapping

SYMBOLS = "$€£¥₹₽₺₩₪₫₴₦₱฿₡₲₵₸₼₾₿¢"
ROUBLES = ("\u0440\u0443\u0431", "\u0440\u0443\u0431.", "\u0440.")
WRITTEN = (*ROUBLES, *(
    "Rs", "Rs.", "INR", "kr", "kr.", "Kr", "Kr.", "Fr", "Fr.", "SFr.", "SFr", "zł", "Kč", "Ft",
    "Lei", "lei", "RM", "Rp", "Rp.", "R", "R$", "US$", "U$S", "A$", "AU$", "C$", "CA$", "HK$",
    "NT$", "NZ$", "S$", "MX$", "TL", "din", "Bs", "S/", "S/.", "Mex$",
))  # fmt: skip
"""Currencies that are written in letters."""

ISO_4217 = (
    "AED", "ARS", "AUD", "BDT", "BGN", "BHD", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK",
    "DKK", "DZD", "EGP", "EUR", "GBP", "GEL", "GHS", "HKD", "HUF", "IDR", "ILS", "INR", "IQD",
    "ISK", "JOD", "JPY", "KES", "KRW", "KWD", "KZT", "LKR", "MAD", "MXN", "MYR", "NGN", "NOK",
    "NZD", "OMR", "PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SEK", "SGD",
    "THB", "TND", "TRY", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "VND", "XAF", "XOF", "ZAR",
)  # fmt: skip
"""Currency codes that also count where they touch the number; other three capitals stand apart."""

SCALES = {
    "k": 1e3, "K": 1e3, "thousand": 1e3, "Tsd": 1e3, "Tsd.": 1e3, "M": 1e6, "mn": 1e6, "mio": 1e6,
    "Mio": 1e6, "Mio.": 1e6, "mil": 1e6, "million": 1e6, "millions": 1e6, "B": 1e9, "bn": 1e9, "Mrd": 1e9,
    "Mrd.": 1e9, "billion": 1e9, "T": 1e12, "tn": 1e12, "lakh": 1e5, "crore": 1e7,
}  # fmt: skip
FAMILIES: tuple[Mapping[str, float], ...] = (
    {"mg": 1e-3, "g": 1.0, "kg": 1e3, "t": 1e6},
    {"oz": 1.0, "lb": 16.0, "lbs": 16.0},
    {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "km": 1e3},
    {"in": 1.0, "ft": 12.0, "yd": 36.0, "mi": 63_360.0},
    {"ml": 1e-3, "cl": 1e-2, "dl": 1e-1, "l": 1.0, "L": 1.0},
    {"ms": 1e-3, "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "min": 60.0,
     "mins": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hr": 3600.0, "hrs": 3600.0,
     "hour": 3600.0, "hours": 3600.0, "d": 86_400.0, "day": 86_400.0, "days": 86_400.0,
     "week": 604_800.0, "weeks": 604_800.0,
     "Sek": 1.0, "Sek.": 1.0, "Min": 60.0, "Min.": 60.0, "Minuten": 60.0, "Std": 3600.0, "Std.": 3600.0, "Stunden": 3600.0,
     "Tag": 86_400.0, "Tage": 86_400.0, "Wochen": 604_800.0, "heures": 3600.0, "jours": 86_400.0, "semaines": 604_800.0,
     "horas": 3600.0, "minutos": 60.0, "dias": 86_400.0, "d\u00edas": 86_400.0, "semanas": 604_800.0, "ore": 3600.0, "giorni": 86_400.0},
    {"byte": 1.0, "bytes": 1.0, "KB": 1e3, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
     "KiB": 1024.0, "MiB": 1024.0**2, "GiB": 1024.0**3},
    SCALES,
)  # fmt: skip
"""Units that can be compared with each other; a column that mixes them is read in the first one's size."""


CURRENCIES = frozenset((*SYMBOLS, *WRITTEN, *ISO_4217))
KNOWN = CURRENCIES | {"", "%", "‰"} | {unit for family in FAMILIES for unit in family}
