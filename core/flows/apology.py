"""What a caller hears when a flow cannot go on, in the language of the call."""

_APOLOGIES = {
    "en": "We are sorry, something has gone wrong. Please call again later.",
    "nb": "Vi beklager, noe har gått galt. Vennligst ring igjen senere.",
    "sv": "Vi beklagar, något har gått fel. Vänligen ring igen senare.",
    "fi": "Pahoittelemme, jotakin meni vikaan. Olkaa hyvä ja soittakaa myöhemmin uudelleen.",
    "et": "Vabandame, midagi läks valesti. Palun helistage hiljem uuesti.",
    "lt": "Atsiprašome, įvyko klaida. Prašome paskambinti vėliau.",
}


def apology(language: str) -> str:
    """The apology in the language (BCP 47), or in English."""
    return _APOLOGIES.get(language.partition("-")[0].lower(), _APOLOGIES["en"])
