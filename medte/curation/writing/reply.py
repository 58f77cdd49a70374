"""What a model replied, checked: a JSON object with the texts asked for, and nothing given away in them."""

import json

from medte.curation.writer import Rejected, Request
from medte.curation.writing.words import content_words, runs

LENGTHS = {
    "written_question": (20, 400),
    "written_answer": (80, 2000),
    "sentence1": (30, 500),
    "sentence2": (30, 500),
}  # characters of each text, least and most
RUN = 8  # words in a row that count as copied


def texts_of(reply: str, request: Request) -> dict[str, str]:
    """The text of each of the request's columns, white space collapsed.

    Rejected, with the first reason found, where the reply is no JSON object with these fields alone; where a text is
    too short or too long, has a word of the title (by stem), or 8 words in a row of the source text or its companion.
    """
    try:
        value = json.loads(reply)
    except json.JSONDecodeError as error:
        raise Rejected("reply is no JSON" if reply.strip() else "empty reply") from error
    if not isinstance(value, dict) or set(value) != set(request.columns):
        raise Rejected("reply is no object with the fields asked for")
    if not all(isinstance(text, str) for text in value.values()):
        raise Rejected("a field of the reply is no text")
    texts = {column: " ".join(value[column].split()) for column in request.columns}
    copied = runs(request.text, RUN)
    for column, text in texts.items():
        least, most = LENGTHS[column]
        if not least <= len(text) <= most:
            raise Rejected(f"not {least} to {most} characters long")
        if content_words(text).keys() & content_words(request.title).keys():
            raise Rejected("a word of the title")
        found = runs(text, RUN)
        if found & copied:
            raise Rejected(f"{RUN} words in a row copied")
        copied |= found
    return texts
