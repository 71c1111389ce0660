"""Fingerprints of texts: what they depend on, what they survive, and what they refuse."""

import itertools
import random
import re
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector import fingerprint
from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fingerprint import (
    CHARACTERS_MAX,
    HASHES_MAX,
    SAMPLES_MIN,
    Comparison,
    Fingerprint,
    Sampler,
    compare,
    decode,
)
from gapwatch_agent.inspector.fragments import Fragment
from support import prose

KEY = bytes(range(32))
DOCUMENT = prose.document(1, 3000)


def print_of(text, key=KEY):
    sampler = Sampler(key)
    for line in text.split("\n"):
        sampler.feed(line)
    return sampler.finish()


def contained(text, other):
    found = compare(print_of(text), print_of(other))
    return max(found.first_in_second, found.second_in_first)


# --- what a fingerprint depends on


LINES = DOCUMENT.split("\n")


@given(cuts=st.lists(st.integers(0, len(LINES)), max_size=12))
@settings(max_examples=30, deadline=None)
def test_it_does_not_matter_how_many_lines_are_fed_at_a_time(cuts):
    sampler = Sampler(KEY)
    edges = [0, *sorted(cuts), len(LINES)]
    for start, end in itertools.pairwise(edges):
        sampler.feed("\n".join(LINES[start:end]))
    assert sampler.finish() == print_of(DOCUMENT)


def test_it_does_not_matter_where_the_blocks_of_a_long_text_end():
    text = prose.document(2, 90_000)
    whole = Sampler(KEY)
    whole.feed(text)
    assert whole.finish() == print_of(text)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", ""),
        lambda text: "\n".join(text[i : i + 37] for i in range(0, len(text), 37)),
        "　".join,
        lambda text: re.sub(r"[，。]", " - ", text),
        lambda text: text.upper().translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)}),
        lambda text: "\n".join(f"{line}\n\n- {n} -\n" for n, line in enumerate(text.split("\n"))),
        lambda text: "\n".join(f"{line}\n第 {n} 页 共 80 页" for n, line in enumerate(text.split("\n"))),
        lambda text: "\n".join(f"Page {n} of 80\n{line}" for n, line in enumerate(text.split("\n"))),
    ],
    ids=["one line", "re-flowed", "spread", "punctuation", "width and case", "page numbers", "in words", "in English"],
)
def test_form_does_not_matter(change):
    assert print_of(change(DOCUMENT)) == print_of(DOCUMENT)


@pytest.mark.parametrize("mark", ["机密★10年", "绝密★", "密级：秘密", "内部资料 注意保密", "SECRET//NOFORN", "机　密"])
def test_marks_do_not_matter(mark):
    marked = f"{mark}\n" + DOCUMENT.replace("\n", f"\n{mark}\n", 5) + f"\n{mark}"
    assert print_of(marked) == print_of(DOCUMENT)


def test_case_and_accents_of_other_scripts_do_not_matter():
    words = [f"Élan {n * 7919 % 997} Straße naïve Ärger ΣΊΓΜΑΣ" for n in range(150)]
    plain = [f"elan {n * 7919 % 997} STRASSE naive arger σιγμας" for n in range(150)]
    assert print_of("\n".join(words)) == print_of("\n".join(plain))


def test_numbers_and_words_about_secrets_are_text():
    told = "\n".join(f"第{n * 7919 % 9973}号工程的图纸属于国家秘密，由专人保管。" for n in range(60))
    assert print_of(told) is not None
    table = "\n".join(f"{n}\t{n * 7919}" for n in range(10_000, 10_400))
    assert print_of(table) is not None


def test_other_keys_choose_other_samples_and_cannot_be_compared():
    one, other = print_of(DOCUMENT), print_of(DOCUMENT, key=bytes(32))
    assert not set(one.hashes) & set(other.hashes)
    with pytest.raises(ValueError, match="different keys"):
        compare(one, other)
    with pytest.raises(ValueError, match="32 bytes"):
        Sampler(b"short")


def test_the_parts_that_are_content():
    taken = {part for part in where.PARTS if fingerprint.takes(Fragment("text", part))}
    assert taken == {where.DOCUMENT, where.TABLE, where.TEXT_BOX}


# --- bounds


@pytest.mark.parametrize("text", ["", "短文。", "a" * 100_000, "密\n" * 3000, "- 1 -\n" * 5000, prose.document(3, 200)])
def test_little_text_has_no_fingerprint(text):
    assert print_of(text) is None


def test_long_texts_are_sampled_more_thinly_and_still_recognised():
    long = prose.document(4, 300_000)
    made = print_of(long)
    assert made.rate > fingerprint.RATE_MIN
    assert HASHES_MAX // 4 < len(made.hashes) <= HASHES_MAX
    assert max(made.hashes) < 1 << (64 - made.rate)
    piece = print_of(long[100_000:130_000])
    assert piece.rate < made.rate
    found = compare(piece, made)
    assert found.first_in_second > 0.95
    assert found.of_first == len(piece.at(made.rate)) >= 100


@pytest.mark.parametrize("rate", range(4, 14))
def test_a_coarser_rate_keeps_a_part_of_the_finer_one(rate):
    made = print_of(prose.document(5, 25_000))
    kept = made.at(rate)
    assert set(kept) == {one for one in made.hashes if one < 1 << (64 - rate)}
    expected = len(made.hashes) / 2 ** max(rate - made.rate, 0)
    assert expected * 0.5 - 8 <= len(kept) <= expected * 1.6 + 8


def test_nothing_is_taken_beyond_the_bound():
    sampler = Sampler(KEY)
    line = prose.document(6, 5000).replace("\n", "")
    for _ in range(CHARACTERS_MAX // len(line) + 1):
        sampler.feed(line)
    before = sampler.finish()
    sampler.feed(DOCUMENT)
    assert sampler.finish() == before


def test_one_huge_line_is_cut_at_the_bound():
    sampler = Sampler(KEY)
    sampler.feed("甲" * CHARACTERS_MAX + DOCUMENT)
    assert sampler.finish() is None


@pytest.mark.parametrize(
    "text", ["\ufdfa", "内\n", "1\n", "密级\n", "\n" + " " * 500, "第" * 40 + "\n", "ﬃ😀", "SECRET\t"]
)
def test_texts_made_to_cost_much_are_taken_to_the_bound_and_no_further(text):
    sampler = Sampler(KEY)
    for _ in range(60):
        sampler.feed(text * (100_000 // len(text)))
    assert sampler.finish() is None
    sampler.feed(DOCUMENT)
    assert sampler.finish() is None


@given(st.text(max_size=400), st.integers(1, 300))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_fed(text, times):
    made = print_of(text * times)
    if made is not None:
        assert decode(made.encode()) == made


def test_lone_surrogates_and_letters_outside_the_basic_plane_can_be_fed():
    assert print_of("\n".join(f"\ud800𠮷{n}野家\udfff" for n in range(900))) is not None


# --- bytes

prints = st.builds(
    lambda key, rate, hashes: Fingerprint(key, rate, tuple(sorted(one >> rate for one in hashes))),
    st.binary(min_size=4, max_size=4),
    st.just(4),
    st.sets(st.integers(0, 2**60 - 1).map(lambda one: one << 4), min_size=SAMPLES_MIN, max_size=120),
)


@given(prints)
@settings(max_examples=50, deadline=None)
def test_bytes_and_back(made):
    data = made.encode()
    assert len(data) == 8 + 8 * len(made.hashes)
    assert decode(data) == made


@given(st.binary(max_size=600))
@settings(max_examples=100, deadline=None)
def test_bytes_that_are_none_are_refused(data):
    with pytest.raises(ValueError, match=r"fingerprint|hash"):
        decode(data)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda data: data[:7], "at least 8 bytes"),
        (lambda data: b"\x02" + data[1:], "version 2"),
        (lambda data: data[:5] + b"\x03" + data[6:], "rate 3"),
        (lambda data: data[:5] + b"\xff" + data[6:], "rate 255"),
        (lambda data: data[:5] + b"\x20" + data[6:], "too large for rate 32"),
        (lambda data: data[:6] + struct.pack(">H", 31) + data[8:], "not 31"),
        (lambda data: data[:6] + struct.pack(">H", 2049) + data[8:], "not 2049"),
        (lambda data: data[:-1], "has 1"),
        (lambda data: data + b"\0", "has 1"),
        (lambda data: data[:8] + data[16:24] + data[8:16] + data[24:], "ascend"),
        (lambda data: data[:8] + data[8:16] + data[8:16] + data[24:], "ascend"),
    ],
)
def test_what_is_wrong_with_them_is_said(change, complaint):
    with pytest.raises(ValueError, match=complaint):
        decode(change(print_of(DOCUMENT).encode()))


@given(prints, prints)
@settings(max_examples=40, deadline=None)
def test_comparisons_are_symmetric_and_bounded(one, other):
    other = Fingerprint(one.key_id, other.rate, tuple(sorted({*other.hashes, *one.hashes[::3]})))
    there, back = compare(one, other), compare(other, one)
    assert (there.shared, there.first_in_second, there.resemblance) == (
        back.shared,
        back.second_in_first,
        back.resemblance,
    )
    assert 0 <= there.resemblance <= min(there.first_in_second, there.second_in_first) <= 1
    assert compare(one, one).resemblance == 1.0


def test_too_little_evidence_is_none():
    assert not Comparison(shared=7, of_first=10, of_second=10).same_content
    assert Comparison(shared=10, of_first=32, of_second=2000).same_content
    assert not Comparison(shared=30, of_first=120, of_second=2000).same_content
    assert Comparison(shared=85, of_first=400, of_second=2000).same_content
    assert not Comparison(shared=75, of_first=400, of_second=2000).same_content
    assert Comparison(0, 0, 0).first_in_second == Comparison(0, 0, 0).second_in_first == 0.0


# --- what a text may go through (made-up documents; figures for others stand in ADR 0019)

SEEDS = range(10, 22)


def in_other_sentences(text, part, seed):
    chance = random.Random(seed)
    return "".join(
        prose.sentence(chance) if chance.random() < part else one for one in re.split(r"(?<=[。\n])", text) if one
    )


def in_other_words(text, part, seed):
    chance = random.Random(seed)
    other = prose.document(70_000 + seed, len(text) + 100)
    return "".join((other if chance.random() < part else text)[i : i + 12] for i in range(0, len(text), 12))


def third_inside(text, times, seed):
    start = len(text) // 3
    host = prose.office_document(80_000 + seed, times * len(text))
    at = len(host) // 2
    return host[:at] + text[start : 2 * start] + host[at:]


def shuffled(text, seed):
    parts = text.split("\n")
    random.Random(seed).shuffle(parts)
    return "\n".join(parts)


CHANGES = {
    "mark cut out": (lambda text, _: text.split("\n", 1)[1], 0.99),
    "re-flowed": (lambda text, _: "\n".join(text[i : i + 41] for i in range(0, len(text), 41)), 0.95),
    "paragraphs in another order": (shuffled, 0.8),
    "10 % of the sentences others": (lambda text, seed: in_other_sentences(text, 0.1, seed), 0.7),
    "30 % of the sentences others": (lambda text, seed: in_other_sentences(text, 0.3, seed), 0.45),
    "10 % edited": (lambda text, seed: in_other_words(text, 0.1, seed), 0.65),
    "30 % edited": (lambda text, seed: in_other_words(text, 0.3, seed), 0.3),
    "a third inside as much": (lambda text, seed: third_inside(text, 1, seed), 0.28),
    "a third inside 4 times as much": (lambda text, seed: third_inside(text, 4, seed), 0.28),
    "a third inside 16 times as much": (lambda text, seed: third_inside(text, 16, seed), 0.25),
    "all inside 16 times as much": (lambda text, seed: prose.document(90 + seed, 45_000) + text, 0.95),
}


@pytest.mark.parametrize("name", CHANGES)
def test_content_is_recognised(name):
    change, least = CHANGES[name]
    for seed in SEEDS:
        text = "机密★10年\n" + prose.office_document(seed, 3000)
        found = compare(print_of(text), print_of(change(text, seed)))
        assert found.same_content
        assert max(found.first_in_second, found.second_in_first) >= least


def test_unrelated_documents_with_one_letterhead_and_clauses_are_not_one():
    made = [print_of(prose.office_document(seed, 3000)) for seed in range(40)]
    made += [print_of(prose.office_document(seed, 1300)) for seed in range(50, 80)]
    found = [compare(one, other) for one, other in itertools.combinations(made, 2)]
    assert all(one.shared >= fingerprint.SHARED_MIN for one in found)
    assert not any(one.same_content for one in found)
