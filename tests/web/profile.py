"""A profile of colours (ICC.1:2001-04, matrix and curves) by which red is blue: whoever applies it, sees that."""

from __future__ import annotations

import struct

RED, GREEN, BLUE = (
    (0.4360, 0.2225, 0.0139),
    (0.3851, 0.7169, 0.0971),
    (0.1431, 0.0606, 0.7141),
)  # sRGB's, at D50
WHITE = (0.9642, 1.0, 0.8249)


def swapping() -> bytes:
    curve = b"curv" + struct.pack(">IIHH", 0, 1, round(2.2 * 256), 0)
    name = b"desc" + struct.pack(">II", 0, 5) + b"swap\0" + bytes(78)
    tags = {
        b"desc": name + bytes(-len(name) % 4),
        b"cprt": b"text" + bytes(8),
        b"wtpt": _xyz(WHITE),
        b"rXYZ": _xyz(BLUE),
        b"gXYZ": _xyz(GREEN),
        b"bXYZ": _xyz(RED),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, data, first = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag + struct.pack(">II", first + len(data), len(content))
        data += content
    head = struct.pack(">I4xI", first + len(data), 0x02100000) + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    return (head + bytes(28) + _xyz(WHITE)[8:]).ljust(128, b"\0") + table + data


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + struct.pack(">4x3i", *(round(value * 65536) for value in values))
