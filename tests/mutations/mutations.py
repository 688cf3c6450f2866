"""Ways to bend a certificate: its bytes, its structure, its meaning. Each takes a source of chance and gives other bytes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.mutations.subjects import Subject
from tests.mutations.tree import Node, find, length, put, put_bytes, read

from obdirectory.sandbox.issuing import POISON, Issuer, Key, cached_key, integer, oid_der, sequence, sign, signature_algorithm, tlv, utf8

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_MOST_INSERTED = 70_000
TBS, ALGORITHM, SIGNATURE = (0,), (1,), (2,)


@dataclass(frozen=True)
class Bench:
    """What a mutation works on: one certificate, and others to take parts from."""

    subject: Subject
    others: Sequence[Subject]


Mutation = Callable[[Random, Bench], bytes]


# -- bytes ------------------------------------------------------------------------------------------------------------------


def flip_a_bit(chance: Random, bench: Bench) -> bytes:
    der = bytearray(bench.subject.der)
    der[chance.randrange(len(der))] ^= 1 << chance.randrange(8)
    return bytes(der)


def change_bytes(chance: Random, bench: Bench) -> bytes:
    der = bytearray(bench.subject.der)
    for _ in range(chance.choice((1, 1, 1, 2, 5, 40))):
        der[chance.randrange(len(der))] = chance.choice((0x00, 0xFF, 0x80, 0x7F, 0x30, chance.randrange(256)))
    return bytes(der)


def cut(chance: Random, bench: Bench) -> bytes:
    return bench.subject.der[: chance.randrange(len(bench.subject.der))]


def cut_the_front(chance: Random, bench: Bench) -> bytes:
    return bench.subject.der[chance.randrange(1, len(bench.subject.der)) :]


def append(chance: Random, bench: Bench) -> bytes:
    return bench.subject.der + chance.choice(
        (b"\0", b"\r\n", b"\x30\0", b"\0" * 100, bench.subject.der, chance.randbytes(chance.randrange(1, 300)))
    )


def prepend(chance: Random, bench: Bench) -> bytes:
    return chance.choice((b"\0", b"\xef\xbb\xbf", b"\n", b"\x30\0")) + bench.subject.der


def delete_bytes(chance: Random, bench: Bench) -> bytes:
    der = bench.subject.der
    at = chance.randrange(len(der))
    return der[:at] + der[at + chance.choice((1, 1, 2, 8, 64)) :]


def insert_bytes(chance: Random, bench: Bench) -> bytes:
    der = bench.subject.der
    at = chance.randrange(len(der))
    return der[:at] + chance.randbytes(chance.choice((1, 1, 2, 8, 64))) + der[at:]


def copy_bytes(chance: Random, bench: Bench) -> bytes:
    """A slice of it, or of another certificate, over another place."""
    der = bytearray(bench.subject.der)
    source = chance.choice((bench.subject, *bench.others)).der
    size = chance.randrange(1, 64)
    start, at = chance.randrange(len(source)), chance.randrange(len(der))
    piece = source[start : start + size]
    der[at : at + len(piece)] = piece
    return bytes(der)


def grow(chance: Random, bench: Bench) -> bytes:
    """One string of it grown to about the most that is read, or beyond."""
    tree = bench.subject.tree
    place = chance.choice([place for place in bench.subject.places if find(tree, place).children is None])
    size = chance.choice((1_000, 20_000, 60_000, 65_000, 66_000, _MOST_INSERTED))
    return put(tree, place, [replace(find(tree, place), content=chance.choice((b"\0", b"A", b"\x80", b"\xff")) * size)]).der()


# -- structure ----------------------------------------------------------------------------------------------------------------


def swap_neighbours(chance: Random, bench: Bench) -> bytes:
    tree = bench.subject.tree
    place = _parent(chance, bench, least=2)
    node = find(tree, place)
    assert node.children is not None
    children = list(node.children)
    first, second = chance.sample(range(len(children)), 2)
    children[first], children[second] = children[second], children[first]
    return put(tree, place, [replace(node, children=tuple(children))]).der()


def shuffle_children(chance: Random, bench: Bench) -> bytes:
    tree = bench.subject.tree
    place = _parent(chance, bench, least=2)
    node = find(tree, place)
    assert node.children is not None
    return put(tree, place, [replace(node, children=tuple(chance.sample(node.children, len(node.children))))]).der()


def duplicate(chance: Random, bench: Bench) -> bytes:
    tree, place = bench.subject.tree, chance.choice(bench.subject.places)
    return put(tree, place, [find(tree, place)] * chance.choice((2, 2, 3, 50))).der()


def delete(chance: Random, bench: Bench) -> bytes:
    return put(bench.subject.tree, chance.choice(bench.subject.places), []).der()


def take_from_another(chance: Random, bench: Bench) -> bytes:
    """A part of another certificate in place of one of the same or any kind."""
    tree, other = bench.subject.tree, chance.choice(bench.others)
    place = chance.choice(bench.subject.places)
    taken = place if place in set(other.places) and chance.random() < 0.7 else chance.choice(other.places)
    return put(tree, place, [find(other.tree, taken)]).der()


def move(chance: Random, bench: Bench) -> bytes:
    """A copy of one part in place of another."""
    tree = bench.subject.tree
    there, here = chance.choice(bench.subject.places), chance.choice(bench.subject.places)
    return put(tree, here, [find(tree, there)]).der()


def change_a_tag(chance: Random, bench: Bench) -> bytes:
    tree, place = bench.subject.tree, chance.choice(bench.subject.places)
    tag = chance.choice((0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x16, 0x1E, 0x30, 0x31, 0x80, 0xA0, 0xA3, 0x1F, chance.randrange(256)))
    return put(tree, place, [replace(find(tree, place), tag=tag)]).der()


def change_a_length(chance: Random, bench: Bench) -> bytes:
    """A length that says more or less than there is."""
    tree, place = bench.subject.tree, chance.choice(bench.subject.places)
    node = find(tree, place)
    content = node.content_der()
    said = chance.choice((0, 1, len(content) + 1, max(0, len(content) - 1), 0x7F, 0xFFFF, 2**31, 2**32 - 1))
    return put_bytes(tree, place, bytes((node.tag,)) + length(said) + content)


def length_not_shortest(chance: Random, bench: Bench) -> bytes:
    """BER: the same value, its length in more octets than needed."""
    tree, place = bench.subject.tree, chance.choice(((), *bench.subject.places))
    node = find(tree, place)
    content = node.content_der()
    return put_bytes(tree, place, bytes((node.tag,)) + length(len(content), padded=chance.choice((1, 2, 4, 100))) + content)


def length_indefinite(chance: Random, bench: Bench) -> bytes:
    """BER: the same value, its end marked instead of its length told."""
    tree = bench.subject.tree
    place = chance.choice([place for place in ((), *bench.subject.places) if find(tree, place).children is not None])
    node = find(tree, place)
    return put_bytes(tree, place, bytes((node.tag, 0x80)) + node.content_der() + b"\0\0")


def string_in_pieces(chance: Random, bench: Bench) -> bytes:
    """BER: a string told in pieces."""
    tree = bench.subject.tree
    place = chance.choice([place for place in bench.subject.places if find(tree, place).tag in {0x03, 0x04, 0x0C, 0x13, 0x16}])
    node = find(tree, place)
    content = node.content_der()
    cut_at = chance.randrange(len(content) + 1)
    pieces = tuple(Node(node.tag, part) for part in (content[:cut_at], content[cut_at:]))
    return put(tree, place, [Node(node.tag | 0x20, b"", pieces)]).der()


def wrap(chance: Random, bench: Bench) -> bytes:
    """One part deep inside others."""
    tree, place = bench.subject.tree, chance.choice(bench.subject.places)
    inner = find(tree, place).der()
    for _ in range(chance.choice((1, 1, 2, 30, 1_000, 5_000))):
        inner = bytes((chance.choice((0x30, 0x31, 0xA0)),)) + length(len(inner)) + inner
    return put_bytes(tree, place, inner)


def unwrap(chance: Random, bench: Bench) -> bytes:
    tree, place = bench.subject.tree, _parent(chance, bench, least=1)
    return put(tree, place, find(tree, place).children or ()).der()


def truth_not_ff(chance: Random, bench: Bench) -> bytes:
    """BER: a TRUE that is not FF."""
    tree = bench.subject.tree
    truths = [place for place in bench.subject.places if find(tree, place).tag == 0x01]
    return put(tree, chance.choice(truths), [Node(0x01, bytes((chance.randrange(1, 255),)))]).der() if truths else cut(chance, bench)


def odd_identifier(chance: Random, bench: Bench) -> bytes:
    """An object identifier that is huge, empty, cut off or padded."""
    tree = bench.subject.tree
    place = chance.choice([place for place in bench.subject.places if find(tree, place).tag == 0x06])
    content = chance.choice(
        (b"", b"\x80\x01", b"\x55\x04\x80", b"\xff" * 30_000 + b"\x01", b"\x55" * 60_000, b"\x2a" + b"\x83" * 40 + b"\x01")
    )
    return put(tree, place, [Node(0x06, content)]).der()


def odd_integer(chance: Random, bench: Bench) -> bytes:
    tree = bench.subject.tree
    place = chance.choice([place for place in bench.subject.places if find(tree, place).tag == 0x02])
    content = chance.choice((b"", b"\0", b"\0\0\0\1", b"\x80", b"\xff" * 20, b"\x01" * 30_000, b"\0" * 60_000))
    return put(tree, place, [Node(0x02, content)]).der()


def odd_string(chance: Random, bench: Bench) -> bytes:
    """Text with NUL, direction marks, invalid octets, homoglyphs, or in another string type."""
    tree = bench.subject.tree
    place = chance.choice([place for place in bench.subject.places if find(tree, place).tag in {0x0C, 0x13, 0x16}])
    node = find(tree, place)
    content = chance.choice(
        (
            b"\0" + node.content, node.content + b"\0", "\u202e".encode() + node.content, b"\xff\xfe\xfd", node.content.lower(),
            node.content.upper(), node.content + b" ", node.content.replace(b"P", "\u0420".encode()), b"", node.content * 200,
        )
    )  # fmt: skip
    return put(tree, place, [Node(chance.choice((node.tag, 0x0C, 0x13, 0x14, 0x16, 0x1C, 0x1E)), content)]).der()


# -- meaning ------------------------------------------------------------------------------------------------------------------


def swap_signature(chance: Random, bench: Bench) -> bytes:
    other = chance.choice(bench.others)
    parts = [SIGNATURE] if chance.random() < 0.5 else [ALGORITHM, SIGNATURE]
    tree = bench.subject.tree
    for place in parts:
        tree = put(tree, place, [find(other.tree, place)])
    return tree.der()


def swap_signed_part(chance: Random, bench: Bench) -> bytes:
    return put(bench.subject.tree, TBS, [find(chance.choice(bench.others).tree, TBS)]).der()


def bend_signature(chance: Random, bench: Bench) -> bytes:
    """The signature emptied, shortened, padded, with unused bits, with s replaced by n - s, all zero, or of another curve's order."""
    tree = bench.subject.tree
    bits = find(tree, SIGNATURE).content
    unused, signature = bits[:1], bits[1:]
    options = [
        b"",
        unused,
        b"\1" + signature,
        b"\7" + signature,
        unused + signature[:-1],
        bits + b"\0",
        unused + b"\0" + signature,
        unused + bytes(len(signature)),
    ]
    options += [
        unused + sequence(integer(0), integer(0)),
        unused + sequence(integer(1), integer(_P256_ORDER)),
        unused + sequence(integer(_P256_ORDER), integer(1)),
    ]
    if signature[:1] == b"\x30" and len(signature) < 80:
        children = read(signature).children
        assert children is not None
        r, s = children
        options.append(unused + sequence(r.der(), integer(_P256_ORDER - int.from_bytes(s.content))))
        options.append(unused + sequence(r.der(), tlv(0x02, b"\0" + s.content)))
        options.append(unused + sequence(s.der(), r.der()))
    return put(tree, SIGNATURE, [Node(0x03, chance.choice(options))]).der()


def bend_signature_algorithm(chance: Random, bench: Bench) -> bytes:
    """Another algorithm outside, inside, or both; parameters missing, null or strange."""
    identifier = chance.choice(
        ("1.2.840.113549.1.1.11", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.5", "1.2.840.113549.1.1.4", "1.2.840.113549.1.1.1",
         "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.4", "1.2.840.10045.4.1", "1.3.101.112", "1.3.6.1.5.5.7.6.2", "2.16.840.1.101.3.4.3.18")
    )  # fmt: skip
    made = read(sequence(oid_der(identifier), chance.choice((b"", tlv(0x05), sequence(), tlv(0x05, b"\0"), sequence(oid_der("1.2.3"))))))
    tree = bench.subject.tree
    for place in chance.choice((((1,),), ((0, 2),), ((1,), (0, 2)))):
        tree = put(tree, place, [made])
    return tree.der()


def change_identifier(chance: Random, bench: Bench) -> bytes:
    """Somebody else's authorisation number, of the same length or not."""
    others = b"PSDLT-BL-LB900002 PSDLT-BL-LB900001 PSDDE-BAFIN-10125314 PSDCZ-CNB-63492556 PSDXX-TEST-1 NTRCZ-63492555".split()
    return _with_text(bench, b"PSD", chance.choice((*others, b"")))


def add_role(chance: Random, bench: Bench) -> bytes:
    """A role more than the authority gave, or one renamed."""
    tree = bench.subject.tree
    roles = [place for place in bench.subject.places if find(tree, place).der().startswith(b"\x06\x07\x04\x00\x81\x98\x27\x01")]
    place = chance.choice(roles)[:-1]
    node = find(tree, place)
    number = chance.randrange(9)
    other = read(sequence(oid_der(f"0.4.0.19495.1.{number}"), utf8(chance.choice(("PSP_AS", "PSP_PI", "PSP_AI", "PSP_IC", "PSP_XX")))))
    return put(tree, place, [node, other] if chance.random() < 0.6 else [other]).der()


def change_validity(chance: Random, bench: Bench) -> bytes:
    tree = bench.subject.tree
    place = chance.choice(((0, 4, 0), (0, 4, 1)))
    text = chance.choice(
        (
            b"490101000000Z",
            b"200101000000Z",
            b"991231235959Z",
            b"20991231235959Z",
            b"99991231235959Z",
            b"00000000000000Z",
            b"2401010000Z",
            b"240101000000+0100",
            b"",
        )
    )
    return put(tree, place, [Node(chance.choice((0x17, 0x18)), text)]).der()


def change_serial_number(chance: Random, bench: Bench) -> bytes:
    return put(bench.subject.tree, (0, 1), [Node(0x02, chance.randbytes(chance.randrange(1, 25)))]).der()


def change_key(chance: Random, bench: Bench) -> bytes:
    """The forger's own key in a certificate that somebody else was given."""
    other = chance.choice(bench.others)
    return put(bench.subject.tree, (0, 6), [find(other.tree, (0, 6))]).der()


def touch_extensions(chance: Random, bench: Bench) -> bytes:
    """One extension gone, twice, critical, poisonous, or of another certificate."""
    tree = bench.subject.tree
    listed = (0, 7, 0)
    node = find(tree, listed)
    extensions = list(node.children or ())
    at = chance.randrange(len(extensions))
    poison = read(sequence(oid_der(POISON), tlv(0x01, b"\xff"), tlv(0x04, tlv(0x05))))
    unknown = read(sequence(oid_der("1.2.3.4.5"), tlv(0x01, b"\xff"), tlv(0x04, tlv(0x05))))
    match chance.randrange(5):
        case 0:
            del extensions[at]
        case 1:
            extensions.insert(chance.randrange(len(extensions)), extensions[at])
        case 2:
            inner = [child for child in extensions[at].children or () if child.tag != 0x01]
            extensions[at] = replace(extensions[at], children=(inner[0], Node(0x01, b"\xff"), *inner[1:]))
        case 3:
            extensions.append(chance.choice((poison, unknown)))
        case _:
            others = find(chance.choice(bench.others).tree, listed).children or ()
            extensions[at] = chance.choice(others)
    return put(tree, listed, [replace(node, children=tuple(extensions))]).der()


def sign_as_a_stranger(chance: Random, bench: Bench) -> bytes:
    """The same or a bent certificate, signed by a key that no list knows, under the listed issuer's name."""
    bent = chance.choice((_unchanged, add_role, change_identifier, change_validity, change_key, touch_extensions))(chance, bench)
    return resigned(bent, chance.choice((cached_key("p256", "stranger"), cached_key("rsa2048", "stranger"))))


def sign_itself(chance: Random, bench: Bench) -> bytes:
    """A self-signed look-alike: holder and issuer of one name."""
    tree = bench.subject.tree
    key = cached_key("p256", "stranger")
    return resigned(put(tree, (0, 3), [find(tree, (0, 5))]).der(), key)


BYTES: tuple[Mutation, ...] = (
    flip_a_bit, flip_a_bit, flip_a_bit, change_bytes, change_bytes, cut, cut_the_front, append, prepend, delete_bytes, insert_bytes,
    copy_bytes, grow,
)  # fmt: skip
STRUCTURE: tuple[Mutation, ...] = (
    swap_neighbours, shuffle_children, duplicate, delete, take_from_another, move, change_a_tag, change_a_length, length_not_shortest,
    length_indefinite, string_in_pieces, wrap, unwrap, truth_not_ff, odd_identifier, odd_integer, odd_string,
)  # fmt: skip
MEANING: tuple[Mutation, ...] = (
    swap_signature, swap_signed_part, bend_signature, bend_signature, bend_signature_algorithm, change_identifier, add_role,
    change_validity, change_serial_number, change_key, touch_extensions, sign_as_a_stranger, sign_itself,
)  # fmt: skip
ALL = BYTES + STRUCTURE + MEANING


def mutate(chance: Random, bench: Bench) -> tuple[str, bytes]:
    """One mutation that changed something, and its name; sometimes two, one on top of the other."""
    while True:
        mutation = chance.choice(ALL)
        mutant = mutation(chance, bench)
        if chance.random() < 0.1:
            mutant = _flipped(chance, mutant)
        if mutant != bench.subject.der:
            return mutation.__name__, mutant


def signed_anew(chance: Random, bench: Bench, issuer: Issuer) -> tuple[str, bytes]:
    """A certificate bent in its signed part, which the listed issuer signed nevertheless."""
    mutation = chance.choice(STRUCTURE + MEANING)
    return mutation.__name__, resigned(mutation(chance, bench), issuer.key)


def resigned(der: bytes, key: Key) -> bytes:
    """The first element in a certificate's sequence, signed by this key as it stands; what has no such element comes back as it is."""
    signed = _first_part(der)
    if signed is None:
        return der
    return sequence(signed, signature_algorithm(key, "sha256"), tlv(0x03, b"\0", sign(key, signed)))


def _first_part(der: bytes) -> bytes | None:
    try:
        content = der[2:] if der[1] < 0x80 else der[2 + (der[1] & 0x7F) :]
        count = content[1] & 0x7F if content[1] >= 0x80 else 0
        size = int.from_bytes(content[2 : 2 + count]) if count else content[1]
    except IndexError:
        return None
    signed = content[: 2 + count + size]
    return signed if len(signed) == 2 + count + size <= 60_000 else None


def _flipped(chance: Random, der: bytes) -> bytes:
    if not der:
        return der
    at = chance.randrange(len(der))
    return der[:at] + bytes((der[at] ^ 1 << chance.randrange(8),)) + der[at + 1 :]


def _unchanged(chance: Random, bench: Bench) -> bytes:
    return bench.subject.der


def _parent(chance: Random, bench: Bench, *, least: int) -> tuple[int, ...]:
    tree = bench.subject.tree
    return chance.choice([place for place in bench.subject.places if len(find(tree, place).children or ()) >= least])


def _with_text(bench: Bench, start: bytes, text: bytes) -> bytes:
    tree = bench.subject.tree
    place = next(place for place in bench.subject.places if find(tree, place).content.startswith(start))
    return put(tree, place, [replace(find(tree, place), content=text)]).der()
