"""The countries of the sandbox: price, delivery quality, languages and numbers that belong to nobody.

Knows nothing of messages. Numbers come from ranges reserved for fiction where such exist: France
`33 6 39 98 xx xx` (ARCEP), the United Kingdom `44 7700 900 xxx` (Ofcom), North America
`1 NXX 555 01xx` (NANPA). Elsewhere: the first digits of a mobile range, then zeros up to the last
four digits, a block that operators keep back or give out last. Lengths are those of real numbers.
"""

from typing import NamedTuple

AREAS = {
    "US": (202, 206, 212, 213, 303, 305, 312, 404, 415, 503, 512, 602, 617, 702, 713, 808),
    "CA": (204, 306, 403, 416, 418, 438, 506, 514, 604, 613, 819, 902),
}


class Country(NamedTuple):
    """One country; shares and rates are out of 1,000, `cents` the price of a part in credits/100."""

    code: str
    share: int  # of single messages
    cents: int
    delivered: int  # of messages whose operator reports
    silent: int  # of ten numbers, those whose operator sends no receipts
    slow: float  # receipt delays are this many times the usual
    language: str
    stem: str  # all digits of a number but the last ones
    digits: int = 4
    names_allowed: bool = True  # senders may be alphanumeric

    @property
    def size(self) -> int:
        """Return how many different numbers there are."""
        return len(AREAS[self.code]) * 100 if self.code in AREAS else 10**self.digits

    def number(self, customer: int) -> str:
        """Return the number of a customer, counted from 0 and wrapped at `size`."""
        if self.code in AREAS:
            area, last = divmod(customer % self.size, 100)
            return f"1{AREAS[self.code][area]}55501{last:02}"
        return f"{self.stem}{customer % 10**self.digits:0{self.digits}}"


COUNTRIES = (
    Country("FR", 505, 100, 972, 0, 1.0, "fr", "3363998"),
    Country("BE", 70, 140, 968, 0, 1.0, "fr", "3246000"),
    Country("CH", 40, 150, 965, 0, 1.1, "fr", "4176000"),
    Country("LU", 12, 125, 970, 0, 0.9, "fr", "35269100"),
    Country("GB", 45, 90, 958, 0, 1.0, "en", "447700900", 3),
    Country("DE", 35, 175, 962, 0, 1.0, "de", "491500000"),
    Country("ES", 32, 120, 955, 0, 1.2, "es", "3460000"),
    Country("IT", 30, 145, 951, 1, 1.3, "it", "39390000"),
    Country("PT", 14, 85, 960, 0, 1.1, "pt", "35196000"),
    Country("NL", 12, 190, 966, 0, 0.9, "nl", "3160000"),
    Country("IE", 6, 110, 961, 0, 1.0, "en", "35383000"),
    Country("AT", 6, 165, 964, 0, 1.0, "de", "43670000"),
    Country("PL", 8, 70, 957, 0, 1.1, "pl", "4850000"),
    Country("SE", 5, 135, 963, 0, 0.9, "en", "4670000"),
    Country("DK", 4, 105, 962, 0, 0.9, "en", "452000"),
    Country("RO", 5, 130, 941, 1, 1.6, "en", "4070000"),
    Country("GR", 4, 125, 944, 1, 1.5, "en", "30690000"),
    Country("US", 18, 60, 940, 3, 1.4, "en", "1", 4, False),
    Country("CA", 10, 65, 945, 2, 1.4, "fr", "1", 4, False),
    Country("MA", 24, 260, 903, 2, 3.0, "ar", "21260000"),
    Country("DZ", 12, 425, 871, 6, 4.0, "ar", "21355000"),
    Country("TN", 10, 310, 892, 2, 3.0, "ar", "2162000"),
    Country("SN", 45, 340, 915, 1, 2.5, "fr", "22170000"),
    Country("CI", 10, 295, 884, 2, 3.5, "fr", "225010000"),
    Country("CM", 6, 330, 842, 3, 5.0, "fr", "23765000"),
    Country("RE", 8, 185, 958, 0, 1.2, "fr", "26269200"),
    Country("GP", 5, 205, 949, 0, 1.3, "fr", "59069000"),
    Country("MQ", 4, 205, 950, 0, 1.3, "fr", "59669600"),
    Country("BR", 4, 95, 918, 2, 2.0, "pt", "551190000"),
    Country("AE", 3, 220, 926, 1, 1.5, "ar", "97150000"),
    Country("SA", 2, 235, 921, 1, 1.7, "ar", "96650000"),
    Country("CN", 2, 155, 880, 5, 2.0, "zh", "861300000", 4, False),
    Country("IN", 2, 45, 861, 4, 2.5, "en", "91700000", 4, False),
    Country("TR", 2, 55, 933, 1, 1.5, "en", "90500000"),
    Country("AU", 2, 240, 954, 0, 1.1, "en", "6140000"),
)
BY_CODE = {country.code: country for country in COUNTRIES}
FRANCE = BY_CODE["FR"]
# One entry a share: drawing a country is one look-up.
DRAWN = tuple(country for country in COUNTRIES for _ in range(country.share))
# A bulk campaign of 20,000 reaches each fiction number of France once, and these neighbours.
NEIGHBOURS = tuple(BY_CODE[code] for code in ("BE", "CH", "RE", "SN", "LU"))
