"""DER as a tree that can be bent: read into nodes, changed in one place, written again, well or badly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

Place: TypeAlias = tuple[int, ...]
"""The way to a node: which child of which child, from the root."""

_MOST_DEEP = 12


@dataclass(frozen=True, slots=True)
class Node:
    """One element. ``children`` None: its content is taken as it is; an OCTET STRING that holds one element is opened too."""

    tag: int
    content: bytes = b""
    children: tuple["Node", ...] | None = None

    def content_der(self) -> bytes:
        """What stands between header and end."""
        return self.content if self.children is None else b"".join(child.der() for child in self.children)

    def der(self) -> bytes:
        """The element with the shortest length there is."""
        content = self.content_der()
        return bytes((self.tag,)) + length(len(content)) + content


def length(size: int, *, padded: int = 0) -> bytes:
    """A length, in its shortest form or with this many superfluous octets."""
    if size < 0x80 and not padded:
        return bytes((size,))
    count = max(1, (size.bit_length() + 7) // 8) + padded
    return bytes((0x80 | count,)) + size.to_bytes(count)


def read(data: bytes) -> Node:
    """The one element these octets are. Raises ValueError for anything else."""
    nodes = _read_all(data, 0)
    if len(nodes) != 1:
        raise ValueError("not one element")
    return nodes[0]


def places(node: Node, at: Place = ()) -> Iterator[Place]:
    """The way to every node, the root first."""
    yield at
    for number, child in enumerate(node.children or ()):
        yield from places(child, (*at, number))


def find(node: Node, place: Place) -> Node:
    """The node at a place."""
    for number in place:
        assert node.children is not None
        node = node.children[number]
    return node


def put(node: Node, place: Place, new: Sequence[Node]) -> Node:
    """The tree with the node at a place, which is not the root, replaced by these."""
    assert node.children is not None
    first, *rest = place
    inner = [put(node.children[first], tuple(rest), new)] if rest else new
    return replace(node, children=(*node.children[:first], *inner, *node.children[first + 1 :]))


def put_bytes(node: Node, place: Place, new: bytes) -> bytes:
    """The tree written with these octets in place of one node: what DER forbids may stand there."""
    if not place:
        return new
    assert node.children is not None
    first, rest = place[0], place[1:]
    written = [put_bytes(child, rest, new) if number == first else child.der() for number, child in enumerate(node.children)]
    content = b"".join(written)
    return bytes((node.tag,)) + length(len(content)) + content


def _read_all(data: bytes, depth: int) -> tuple[Node, ...]:
    found: list[Node] = []
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("cut off")
        tag, size, start = data[at], data[at + 1], at + 2
        if size >= 0x80:
            count = size & 0x7F
            if not 1 <= count <= 3 or start + count > len(data):
                raise ValueError("length")
            size, start = int.from_bytes(data[start : start + count]), start + count
        if start + size > len(data):
            raise ValueError("too long")
        found.append(_node(tag, data[start : start + size], depth))
        at = start + size
    return tuple(found)


def _node(tag: int, content: bytes, depth: int) -> Node:
    if depth < _MOST_DEEP:
        if tag & 0x20:
            return Node(tag, b"", _read_all(content, depth + 1))
        if tag == 0x04 and len(content) > 2:
            try:
                inside = _read_all(content, depth + 1)
            except ValueError:
                return Node(tag, content)
            if len(inside) == 1 and inside[0].tag in {0x30, 0x03, 0x04}:
                return Node(tag, b"", inside)
    return Node(tag, content)
