"""What a library's error says, for a message of one line."""

_LONGEST = 300


def first_line(error: BaseException) -> str:
    """The first line of its text, at most 300 characters; without one, the name of its class."""
    text = str(error).splitlines()
    return text[0][:_LONGEST] if text and text[0] else type(error).__name__
