"""Checks SSML (W3C Speech Synthesis Markup Language 1.1) before a synthesizer sees it."""

from xml.parsers import expat

from core.api.speech import SpeechError
from core.api.texts import N_

ALLOWED = ("speak", "p", "s", "break", "prosody", "emphasis", "say-as", "sub", "phoneme")
"""espeak-ng hands the address in <audio> to a shell, and <voice> to the file system: neither may reach it."""
MAX_ATTRIBUTE = 200
MAX_DEPTH = 20


def is_ssml(text: str) -> bool:
    """Whether a text is SSML: its root element is <speak>."""
    return text.lstrip().startswith("<speak")


def check_ssml(text: str) -> None:
    """Raises SpeechError with line and column when the text is not well formed or uses more than ALLOWED."""
    parser = expat.ParserCreate("utf-8")
    depth = 0

    def refuse(text: str, **values: object) -> None:
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        raise SpeechError(text, field="text", line=line, column=column, **values)

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth == 1 and name != "speak":
            refuse(
                N_("SSML, line {line}, column {column}: the outermost element is <{name}>; it must be <speak>"),
                name=name,
            )
        if name not in ALLOWED or (depth > 1 and name == "speak"):
            text = N_(
                "SSML, line {line}, column {column}: <{name}> cannot be used here; allowed inside <speak>: {allowed}"
            )
            refuse(text, name=name, allowed=", ".join(ALLOWED[1:]))
        if depth > MAX_DEPTH:
            refuse(
                N_("SSML, line {line}, column {column}: more than {most} elements inside each other"), most=MAX_DEPTH
            )
        for key, value in attributes.items():
            if len(value) > MAX_ATTRIBUTE:
                text = N_("SSML, line {line}, column {column}: the value of {key} is longer than {most} characters")
                refuse(text, key=key, most=MAX_ATTRIBUTE)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    unwanted = N_("SSML, line {line}, column {column}: a {what} is not allowed; remove it")
    parser.StartDoctypeDeclHandler = lambda *_: refuse(unwanted, what="DOCTYPE")
    parser.StartCdataSectionHandler = lambda: refuse(unwanted, what="CDATA")
    parser.ProcessingInstructionHandler = lambda *_: refuse(unwanted, what="processing instruction")
    try:
        parser.Parse(text.strip().encode(), True)
    except expat.ExpatError as error:
        text = N_(
            "SSML, line {line}, column {column}: {why}; check that every element is closed and that & and < are "
            "written &amp; and &lt;"
        )
        why = expat.ErrorString(error.code)
        raise SpeechError(text, line=error.lineno, column=error.offset + 1, why=why) from None
