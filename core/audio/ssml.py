"""Checks SSML (W3C Speech Synthesis Markup Language 1.1) before a synthesizer sees it."""

from xml.parsers import expat

from core.api.speech import SpeechError

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

    def refuse(what: str) -> None:
        place = f"line {parser.CurrentLineNumber}, column {parser.CurrentColumnNumber + 1}"
        raise SpeechError(f"SSML, {place}: {what}")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth == 1 and name != "speak":
            refuse(f"the outermost element is <{name}>; it must be <speak>")
        if name not in ALLOWED or (depth > 1 and name == "speak"):
            refuse(f"<{name}> cannot be used here; allowed inside <speak>: {', '.join(ALLOWED[1:])}")
        if depth > MAX_DEPTH:
            refuse(f"more than {MAX_DEPTH} elements inside each other")
        for key, value in attributes.items():
            if len(value) > MAX_ATTRIBUTE:
                refuse(f"the value of {key} is longer than {MAX_ATTRIBUTE} characters; shorten it")

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = lambda *_: refuse("a DOCTYPE is not allowed; remove it")
    parser.StartCdataSectionHandler = lambda: refuse("CDATA is not allowed; write the text itself")
    parser.ProcessingInstructionHandler = lambda *_: refuse("processing instructions are not allowed; remove it")
    try:
        parser.Parse(text.strip().encode(), True)
    except expat.ExpatError as error:
        raise SpeechError(
            f"SSML, line {error.lineno}, column {error.offset + 1}: {expat.ErrorString(error.code)}; "
            "check that every element is closed and that & and < are written &amp; and &lt;"
        ) from None
