"""A worker process of the ``embedded`` engine: reads orders on stdin, answers on stdout, one at a time.

A message is its length in four bytes and then JSON; the text of a render follows it as it is.
"""

import json
import os
import struct
import sys
from dataclasses import asdict
from typing import Any, BinaryIO

from pipeline.adapters.helm import library, native_output
from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.render.order import RenderOrder

LENGTH = struct.Struct(">I")
TOO_LARGE, OUT_OF_MEMORY = "too large", "out of memory"


def main() -> None:
    """Until no one asks any more: stdin then ends, or we are killed."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the library prints is not an answer
    send(answers, {"version": library.version()})
    while (asked := receive(sys.stdin.buffer)) is not None:
        native_output.clear()
        head, text = _answer(asked)
        send(answers, head, text)


def send(file: BinaryIO, head: dict[str, Any], text: bytes = b"") -> None:
    data = json.dumps(head | {"text": len(text)}).encode()
    file.write(LENGTH.pack(len(data)) + data)
    file.write(text)
    file.flush()


def receive(file: BinaryIO) -> dict[str, Any] | None:
    """The next message, which has no text; None at the end."""
    size = file.read(LENGTH.size)
    return dict(json.loads(file.read(LENGTH.unpack(size)[0]))) if len(size) == LENGTH.size else None


def _answer(asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    layers = tuple(ValuesLayer(file, text, {}) for file, text in asked["order"].pop("values"))
    order = RenderOrder(**asked["order"], values=layers)
    try:
        output = library.render(order, asked["largest"])
    except library.NotRenderedError as error:
        return {"refused": str(error)}, b""
    except library.TooLargeError:
        return {"exceeded": TOO_LARGE}, b""
    except MemoryError:
        return {"exceeded": OUT_OF_MEMORY}, b""
    head = {"warnings": output.warnings, "lost": [asdict(document) for document in output.lost]}
    return head, output.text.encode("utf-8", "surrogatepass")


if __name__ == "__main__":
    main()
