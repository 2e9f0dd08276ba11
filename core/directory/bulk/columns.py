"""What the columns of an import mean, and what an export calls them: in any of our languages; no I/O."""

from collections.abc import Mapping, Sequence
from functools import cache

from core.directory.custom_fields import Fields
from core.directory.user_forms import CUSTOM, FIELD_NAMES
from core.ui.translations import LANGUAGES, translations

COLUMNS = (
    "first_name",
    "last_name",
    "position",
    "department",
    "email",
    "extension",
    "numbers",
    "tags",
    "role",
    "hidden",
)
"""Fields of a user in the order of the template; the custom fields follow."""
ALSO = {
    "first_name": "firstname, given name, fornavn, förnamn, etunimi, eesnimi, vardas",
    "last_name": "lastname, surname, family name, etternavn, efternamn, sukunimi, perekonnanimi, pavardė",
    "name": "name, full name, navn, namn, nimi, vardas ir pavardė",
    "position": "title, job title, tittel, stilling, titel, befattning, titteli, tehtävänimike, amet, pareigos",
    "department": "avdeling, avdelning, osasto, osakond, skyrius",
    "email": "email, e-mail, mail, e-post, epost, sähköposti, e-posti aadress, el. paštas",
    "extension": "short number, internal number, internnummer, kortnummer, anknytning, alanumero, lühinumber",
    "numbers": "phone, telephone, mobile, number, telefon, mobil, telefonnummer, puhelin, matkapuhelin, telefonas",
    "tags": "skills, labels, merkelapper, etiketter, tunnisteet, sildid, žymos",
    "role": "rolle, roll, rooli, vaidmuo",
    "hidden": "skjult, dold, piilotettu, peidetud, paslėptas",
}
"""What people call the columns besides what our forms do, small letters, with commas between."""
YES = frozenset({"1", "yes", "true", "x", "ja", "kyllä", "jah", "taip", "on"})
NO = frozenset({"0", "no", "false", "", "nei", "nej", "ei", "ne", "off"})


def guess(headers: Sequence[str], fields: Fields) -> list[str]:
    """The field that each column is for, by its header; "" for one that nobody knows, or that is there twice."""
    known = _known() | {field.title.casefold(): f"{CUSTOM}{field.id}" for field in fields.shown}
    found: list[str] = []
    for header in headers:
        name = known.get(" ".join(header.casefold().split()).rstrip("*: "), "")
        found.append("" if name in found else name)
    return found


def titles(fields: Fields, gettext_of: Mapping[str, str]) -> dict[str, str]:
    """Field → the header of its column, in the order of the template."""
    own = {name: gettext_of[name] for name in COLUMNS}
    return own | {f"{CUSTOM}{field.id}": field.title for field in fields.shown}


@cache
def _known() -> dict[str, str]:
    """Header in small letters → field, in all languages."""
    found: dict[str, str] = {}
    for name, words in ALSO.items():
        found |= {word.strip(): name for word in words.split(",")}
    for language in LANGUAGES:
        gettext = translations(language).gettext
        found |= {gettext(FIELD_NAMES[name]).casefold(): name for name in COLUMNS}
    return found
