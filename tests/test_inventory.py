"""The inventory of statements: order, what they are read as, how much they cover."""

from dataclasses import replace

from kg.guideline import load
from kg.reference.inventory import chapters, covered, encoded, neighbours, read_as, sections

G = load()


def test_sections_come_in_the_order_of_the_text():
    found = sections(G)
    starts = [min(s.start for s in G.statements.values() if s.section == name) for name in found]
    assert found[0] == "0"
    assert starts == sorted(starts)
    assert len(found) == len({s.section for s in G.statements.values()})


def test_decidable_statements_are_read_as_something_and_others_are_not():
    for statement in G.statements.values():
        assert bool(read_as(G, statement.id)) == statement.decidable
    assert {each.id for each in read_as(G, G.criteria["ABL-I3"].statements[0])} >= {"ABL-I3"}


def test_every_sort_of_class_can_be_looked_up():
    assert {"SMALL", "ABL-I1", "REC-1", "RSP-CR"} < set(encoded(G))


def test_first_and_last_statement_have_one_neighbour():
    first, *_, last = G.statements
    assert neighbours(G, first) == (None, "S002")
    assert neighbours(G, "S002") == (first, "S003")
    assert neighbours(G, last)[1] is None


def test_chapters_hold_every_statement_once():
    found = chapters(G)
    assert sum(each.statements for each in found) == len(G.statements)
    assert [each.chapter for each in found][:3] == ["0", "A", "A.1"]
    assert all(each.decidable_characters <= each.characters for each in found)


def test_characters_that_two_passages_share_count_once():
    one = replace(next(iter(G.statements.values())), start=0, end=10)
    assert covered([one, replace(one, start=5, end=12), replace(one, start=20, end=21)]) == 13
    assert covered([replace(one, start=2, end=4), one]) == 10
