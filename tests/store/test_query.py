"""Selecting runs: what each kind of field and operator means, and what a person is told of a query that is wrong."""

from __future__ import annotations

import copy
import dataclasses
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mixtui.config import RunConfig
from mixtui.errors import EXIT_USAGE
from mixtui.store.metrics import METRICS
from mixtui.store.paths import RunPaths
from mixtui.store.query import FIELDS, MAX_DEPTH, OPERATORS, QueryError, parse, quoted
from mixtui.store.run import BrokenRunError, Run
from mixtui.store.run_document import broken_document, listed_document
from mixtui.store.status import State

Document = dict[str, Any]

RUNNING: Document = {
    "id": "20261122-231502-cifar10-resnet18-a0.1-s2-k3f9",
    "state": "running",
    "reason": None,
    "stalled_for": None,
    "host": "gpu-node-7",
    "name": "Two Words",
    "tags": ["Paper", "old-style"],
    "note": "",
    "pinned": True,
    "dataset": "folder:birds",
    "fallback": False,
    "config": {
        **RunConfig(alpha=0.1, dataset="folder:birds", model="my_models.resnet:make", seed=2).to_json(),
        "weight_decay": 5e-4,
    },
    "created": "2026-11-22T23:15:02+00:00",
    "started": "2026-11-22T23:15:09.125+00:00",
    "ended": None,
    "epoch": 3,
    "epochs": 10,
    "seconds": 41.5,
    "metrics": {**dict.fromkeys(METRICS), "accuracy": 0.7, "ece": 0.05, "signed_gap": -0.02},
}
QUEUED: Document = {
    **RUNNING,
    "id": "20261123-080000-cifar10-resnet18-a0-s0-p2w1",
    "state": "queued",
    "host": None,
    "name": None,
    "tags": [],
    "note": None,
    "pinned": False,
    "dataset": "cifar10",
    "config": RunConfig(alpha=0.0).to_json(),
    "created": "2026-11-23T08:00:00+00:00",
    "started": None,
    "epoch": 0,
    "seconds": None,
    "metrics": dict.fromkeys(METRICS),
}
BROKEN = broken_document(BrokenRunError("20261121-000000-cifar10-resnet18-a0-s0-zzzz", "config.json is missing"))
DOCUMENTS = (RUNNING, QUEUED, BROKEN)


def matches(query: str, document: Document = RUNNING) -> bool:
    return parse(query).matches(document)


def matched(query: str) -> str:
    """The initials of those of DOCUMENTS that the query matches."""
    return "".join(letter for letter, document in zip("RQB", DOCUMENTS, strict=True) if matches(query, document))


def refusal(query: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse(query)
    return caught.value


# Fields


def test_every_field_stands_where_a_listed_document_has_it(make_run: Callable[..., RunPaths]) -> None:
    document = listed_document(Run.load(make_run().root))
    for field in FIELDS:
        value: Any = document
        for key in field.path:
            assert key in value, field.name
            value = value[key]


def test_every_configured_value_and_every_score_is_a_field() -> None:
    names = {field.name for field in FIELDS}
    configured = {field.name for field in dataclasses.fields(RunConfig)} - {"dataset_requested"}
    assert configured <= names
    assert set(METRICS) <= names


def test_no_two_fields_share_a_name_or_an_alias() -> None:
    words = [word for field in FIELDS for word in (field.name, *field.aliases)]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    "query",
    ["data:birds", "tags:paper", "batch:64", "batch-size:64", "Batch_Size:64", "acc:0.7", "ACC>0.5", "signed-gap<0"],
)
def test_a_field_goes_by_its_aliases_in_any_case_and_with_hyphens(query: str) -> None:
    assert matched(query).startswith("R")


# Numbers


@pytest.mark.parametrize(
    ("sign", "below", "same", "above"),
    [
        (":", False, True, False),
        ("=", False, True, False),
        ("!=", True, False, True),
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
    ],
)
def test_numbers_compare_as_numbers(sign: str, below: bool, same: bool, above: bool) -> None:
    for value, expected in ((0.05, below), (0.1, same), (9.0, above)):
        document = {**RUNNING, "config": {**RUNNING["config"], "alpha": value}}
        assert matches(f"alpha{sign}0.10", document) is expected


@pytest.mark.parametrize(
    "query", ["alpha:1e-1", "alpha:.1", "epoch:3.0", "signed_gap:-0.02", "weight_decay=0.0005", "seconds>41"]
)
def test_a_number_may_be_written_in_any_way(query: str) -> None:
    assert matches(query)


# Texts


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name:two", True),
        ("name:WORDS", True),
        ('name:"o w"', True),
        ("name:three", False),
        ("name=two", False),
        ('name="two words"', True),
        ("name!=two", True),
        ('name!="TWO WORDS"', False),
        ("dataset:folder:birds", True),
        ("dataset=folder:birds", True),
        ("model:my_models.resnet:make", True),
        ("host:gpu-node", True),
        ("device:cpu", True),
        ('name:""', True),
        ('name=""', False),
        ("schedule:const mixup-per:batch stem:imagenet precision:fp32", True),
    ],
)
def test_texts(query: str, expected: bool) -> None:
    assert matches(query) is expected


def test_a_quoted_text_holds_anything_behind_a_backslash() -> None:
    document = {**RUNNING, "name": 'a "b" \\ (c), OR d'}
    assert matches(r'name="a \"b\" \\ (c), OR d"', document)
    assert matches(r'"\"b\" \\"', document)
    assert matches('name:"OR"', document)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tag:paper", "R"),
        ("tag:pap", "R"),
        ("tag:style", "R"),
        ("tag=pap", ""),
        ("tag=PAPER", "R"),
        ("tag=old-style", "R"),
        ("tag!=paper", "Q"),  # a run without tags has none of that name
        ("tag!=pap", "RQ"),
        ("-tag:paper", "QB"),
    ],
)
def test_a_tag_is_any_of_the_tags(query: str, expected: str) -> None:
    assert matched(query) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("k3f9", "R"),
        ("20261123", "Q"),
        ("TWO", "R"),
        ('"two words"', "R"),
        ("two words", "R"),
        ('"words two"', ""),
        ("old-style", "R"),
        ("birds", "R"),
        ('"folder:birds"', "R"),
        ("my_models", "R"),
        ("resnet18", "RQB"),
        ("k3f9,p2w1", "RQ"),
        ("-k3f9", "QB"),
        ("gpu-node", ""),
        ("and", ""),  # upper case alone joins
        ("has", ""),
    ],
)
def test_a_word_by_itself_is_part_of_id_name_tag_data_set_or_model(word: str, expected: str) -> None:
    assert matched(word) == expected


# States, reasons, flags


def test_states_are_those_of_a_run() -> None:
    state = next(field for field in FIELDS if field.name == "state")
    assert set(state.kind.choices) == {*State, "broken", "live", "stalled", "ended"}
    for one in State:
        document = {**RUNNING, "state": one.value}
        assert [word for word in (*State, "broken") if matches(f"state:{word}", document)] == [one]
        assert matches("state:live", document) is one.is_live
        assert not matches("state:stalled", document)
    ended = [one.value for one in State if matches("state:ended", {**RUNNING, "state": one.value})]
    assert ended == ["finished", "stopped", "failed", "crashed"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state:Running", "R"),
        ("state=running", "R"),
        ("state!=running", "QB"),
        ("state:queued,broken", "QB"),
        ("state!=live", "QB"),
        ("-state:live", "QB"),
        ("state:broken", "B"),
    ],
)
def test_a_state_is_exact(query: str, expected: str) -> None:
    assert matched(query) == expected


def test_a_stalled_run_keeps_its_state() -> None:
    document = {**RUNNING, "stalled_for": 61.0}
    assert matches("state:stalled state:running state:live", document)
    assert not matches("state!=stalled", document)


def test_a_reason_is_exact_and_may_be_none() -> None:
    document = {**RUNNING, "state": "stopped", "reason": "disk-full"}
    assert matches("reason:disk-full reason:oom,DISK-FULL reason!=oom", document)
    assert matched("reason!=oom") == ""


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("pinned:yes", "R"),
        ("pinned=True", "R"),
        ("pinned:no", "Q"),
        ("pinned:false", "Q"),
        ("pinned!=yes", "Q"),
        ("pinned:yes,no", "RQ"),
        ("augment:no", "RQ"),
        ("fallback:yes", ""),
    ],
)
def test_flags(query: str, expected: str) -> None:
    assert matched(query) == expected


# Times


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("created:2026", "RQ"),
        ("created:2026-11-23", "Q"),
        ("created=2026-11-22", "R"),
        ("created!=2026-11-22", "Q"),
        ("created>2026-11-22", "Q"),  # after that day's end
        ("created>=2026-11-22", "RQ"),
        ("created<2026-11-23", "R"),
        ("created<=2026-11-22", "R"),  # to that day's end
        ("created<2026-11-22", ""),
        ("created>2026", ""),
        ("created:2026-11-22T23", "R"),
        ("created>=2026-11-22t23:15", "RQ"),
        ("created>2026-11-22T23:15:01 created<2026-11-22T23:15:03", "R"),
        ('created:"2026-11-22 23:15"', "R"),
        ("created:2026-11-22T23:15:02+00:00", "R"),
        ("created:2026-11-22T23:15:02Z", "R"),
        ("started:2026-11-22T23:15:09.125+00:00", "R"),
        ("started:2026-11-22,2026-11-23", "R"),
        ("ended>2000", ""),
    ],
)
def test_a_time_compares_by_as_much_of_it_as_is_given(query: str, expected: str) -> None:
    assert matched(query) == expected


# What is not known, lists, has


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ece<1", "R"),
        ("ece!=0.3", "R"),
        ("-ece<1", "QB"),
        ("name!=test", "R"),
        ("alpha>=0", "RQ"),
        ("alpha!=7", "RQ"),
        ("mce:0", ""),
    ],
)
def test_what_is_not_known_fits_no_comparison(query: str, expected: str) -> None:
    assert matched(query) == expected


@pytest.mark.parametrize("name", [field.name for field in FIELDS if field.name not in ("state", "id")])
def test_a_broken_run_has_no_field_but_its_id_and_state(name: str) -> None:
    assert not matches(f"has:{name}", BROKEN)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("seed:1,2,3", "R"),
        ("seed=0,2", "RQ"),
        ("seed:1, 3 , 5", ""),
        ("seed!=1,2,3", "Q"),
        ("seed!=0,2", ""),
        ('name:three,"two words"', "R"),
        ("signed_gap:-1,-0.02", "R"),
    ],
)
def test_a_list_means_any_of_its_values(query: str, expected: str) -> None:
    assert matched(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("has:name", "R"),
        ("has:note", ""),  # empty in one, None in the other
        ("has:tag", "R"),
        ("HAS:tags", "R"),
        ("has:ece", "R"),
        ("has:mce", ""),
        ("has:alpha", "RQ"),  # zero is known
        ("has:pinned", "R"),
        ("has:state", "RQB"),
        ("has:batch-size", "RQ"),
        ("has:mce,host", "R"),
        ("-has:name", "QB"),
    ],
)
def test_has_means_known_and_not_empty(query: str, expected: str) -> None:
    assert matched(query) == expected


# Joining


@pytest.mark.parametrize("query", ["", "   ", "\n\t"])
def test_an_empty_query_matches_every_run(query: str) -> None:
    assert matched(query) == "RQB"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state:running alpha>=0.1", "R"),
        ("state:running AND alpha:0", ""),
        ("alpha:0 OR alpha:0.1", "RQ"),
        ("alpha:0 OR alpha:0.1 seed:2", "RQ"),
        ("(alpha:0 OR alpha:0.1) seed:2", "R"),
        ("seed:2 alpha:0 OR alpha:0.1", "R"),
        ("seed:2 (alpha:0 OR alpha:0.1) NOT tag:old", ""),
        ("NOT alpha:0 seed:2", "R"),
        ("NOT (alpha:0 OR alpha:0.1)", "B"),
        ("-(alpha:0 OR alpha:0.1)", "B"),
        ("-alpha:0 OR alpha:0", "RQB"),
        ("NOT NOT alpha:0", "Q"),
        ("--alpha:0", "Q"),
        ("NOT -alpha:0", "Q"),
        ("a0.1-s2", "R"),
        ("((state:running))", "R"),
        ("alpha >= 0.1", "R"),
        ("state: running", "R"),
        ("(seed:2)(alpha:0.1)", "R"),
    ],
)
def test_joining(query: str, expected: str) -> None:
    assert matched(query) == expected


# Errors


@pytest.mark.parametrize(
    ("query", "message", "carets"),
    [
        ("state:runing", "There is no state 'runing'.", "      ^^^^^^ did you mean running?"),
        ("seed:1 stat:live", "There is no field 'stat'.", "       ^^^^ did you mean state?"),
        ("-batchsize:1", "There is no field 'batchsize'.", " ^^^^^^^^^ did you mean batch_size?"),
        ("folder:birds", "There is no field 'folder'.", "^^^^^^ a text that holds : goes in quotes"),
        ("has:nqme", "There is no field 'nqme'.", "    ^^^^ did you mean name?"),
        ("has:xyzzy", "There is no field 'xyzzy'.", "    ^^^^^"),
        ("hass:name", "There is no field 'hass'.", "^^^^ did you mean has?"),
        ("has>name", "'>' does not go with has.", "   ^ write has: or -has:"),
        ("reason:oom,ooom", "There is no reason 'ooom'.", "           ^^^^ did you mean oom?"),
        ('state:"runing"', "There is no state 'runing'.", "      ^^^^^^^^ did you mean running?"),
        ("pinned:yess", "pinned is yes or no; 'yess' is not.", "       ^^^^ did you mean yes?"),
        ("pinned:maybe", "pinned is yes or no; 'maybe' is not.", "       ^^^^^ write yes or no"),
        ("alpha>0.1x", "alpha is a number; '0.1x' is not.", "      ^^^^ write it as 0.25 or 1e-3"),
        ("acc:nan", "accuracy is a number; 'nan' is not.", "    ^^^ write it as 0.25 or 1e-3"),
        ("lr<1e999", "lr is a number; '1e999' is not.", "   ^^^^^ write it as 0.25 or 1e-3"),
        ('seed:""', "seed is a number; '' is not.", "     ^^ write it as 0.25 or 1e-3"),
        (
            "created>2026-1",
            "created is a time; '2026-1' is not.",
            "        ^^^^^^ write 2026-11-23 or 2026-11-23T14:30, in UTC",
        ),
        ("name<b", "name has no order.", "    ^ use : = or !="),
        ("state>=live", "state has no order.", "     ^^ use : = or !="),
        ("alpha<0.1,0.2", "'<' takes one value.", "      ^^^^^^^"),
        ("alpha==0.1", "There is no operator '=='.", "     ^^ use one of: : = != < <= > >="),
        ("alpha=>0.1", "There is no operator '=>'.", "     ^^ use one of: : = != < <= > >="),
        ("state:", "No value follows ':'.", "     ^"),
        ("alpha >= OR k3f9", "No value follows '>='.", "      ^^"),
        ("(alpha>=)", "No value follows '>='.", "      ^^"),
        ("seed:1,", "No value follows ','.", "      ^"),
        ("a,,b", "No value follows ','.", " ^"),
        (":running", "No field stands before ':'.", "^"),
        ("a (<3)", "No field stands before '<'.", "   ^"),
        ('"name":x', "No field stands before ':'.", "      ^"),
        (",a", "Nothing stands before ','.", "^"),
        ("a OR", "Nothing follows 'OR'.", "  ^^"),
        ("OR a", "Nothing stands before 'OR'.", "^^"),
        ("a AND OR b", "Nothing stands before 'OR'.", "      ^^"),
        ("a NOT", "Nothing follows 'NOT'.", "  ^^^"),
        ("a -", "Nothing follows '-'.", "  ^"),
        ("a ()", "Nothing follows '('.", "  ^"),
        ("(a OR )", "Nothing follows 'OR'.", "   ^^"),
        ("a (b", "This ( is never closed.", "  ^"),
        ("((a)", "This ( is never closed.", "^"),
        ("a) b", "This ) closes nothing.", " ^"),
        (")", "This ) closes nothing.", "^"),
        ('a "b c', "This quote is never closed.", "  ^"),
        ('name:"b\\"', "This quote is never closed.", "     ^"),
    ],
)
def test_an_error_says_what_is_wrong_and_shows_where(query: str, message: str, carets: str) -> None:
    error = refusal(query)
    assert (error.message, error.hint) == (message, f"{query}\n{carets}")
    assert error.exit_code == EXIT_USAGE
    assert (error.start, error.stop) == (carets.index("^"), carets.rindex("^") + 1)


def test_a_word_like_no_state_is_answered_with_the_states() -> None:
    assert refusal("state:xyzzy").hint.endswith(" use one of: " + ", ".join((*State, "broken, live, stalled, ended")))


@pytest.mark.parametrize(
    ("query", "shown", "carets"),
    [
        ("日本 state:runing", "日本 state:runing", " " * 11 + "^^^^^^"),
        ("e\u0301 state:runing", "e\u0301 state:runing", " " * 8 + "^^^^^^"),
        ("state:実行", "state:実行", " " * 6 + "^^^^"),
        ("\tstate:\x1b[2J", " state: [2J", " " * 7 + "^^^^"),
        ("\u3000state:runing", " state:runing", " " * 7 + "^^^^^^"),
        ("a\nstate:runing", "a state:runing", " " * 8 + "^^^^^^"),
    ],
    ids=["wide", "combining", "wide word", "control", "wide space", "newline"],
)
def test_carets_stand_under_the_wrong_word_as_a_terminal_shows_it(query: str, shown: str, carets: str) -> None:
    first, second = refusal(query).hint.split("\n")
    assert first == shown
    assert second[: len(carets)] == carets
    assert second[len(carets) :].startswith(" ")


# Long and deep


def test_parentheses_nest_to_a_depth_and_no_deeper() -> None:
    inner = "(state:queued OR -" * MAX_DEPTH + "state:running" + ")" * MAX_DEPTH
    assert matched(inner)
    for depth in (MAX_DEPTH + 1, 100_000):
        error = refusal("(" * depth + "a" + ")" * depth)
        assert error.start == MAX_DEPTH
    assert matched("(state:running) " * 200) == "R"  # beside each other is not within each other


@pytest.mark.parametrize(
    "query",
    [
        " OR ".join(["alpha:3"] * 5_000 + ["alpha:0.1"]),
        "alpha:0.1 " * 5_000,
        "NOT " * 10_000 + "alpha:0.1",
        "-" * 10_000 + "alpha:0.1",
        "seed:" + "7," * 10_000 + "2",
        '-"' + "\\a" * 50_000 + '"' + " seed:2",
    ],
    ids=["or", "and", "not", "minus", "list", "quoted"],
)
def test_a_long_query_is_read(query: str) -> None:
    assert matched(query) == "R"


# Properties

fragments = st.sampled_from(
    [
        *OPERATORS,
        *'()",-\\ \t!',
        "OR",
        "AND",
        "NOT",
        "state",
        "running",
        "alpha",
        "0.1",
        "created",
        "2026-11",
        "tag",
        "has",
    ]
)
typed = st.lists(fragments | st.text(max_size=3), max_size=12).map("".join)


@given(st.text() | typed)
@example("\ud800")
@example("\x00:")
@example('""')
def test_any_text_is_a_query_or_a_query_error(query: str) -> None:
    try:
        condition = parse(query)
    except QueryError as error:
        assert 0 <= error.start < error.stop <= len(query)
        assert error.message.endswith(".")
        assert error.message.isprintable()
        first, second = error.hint.split("\n")
        assert (first + second).isprintable()
        assert len(first) == len(query)
        assert "^" in second
    else:
        for document in (*DOCUMENTS, {}):
            condition.matches(document)


@given(
    st.sampled_from(["alpha", "seed", "epoch"]),
    st.sampled_from(OPERATORS),
    st.floats(allow_nan=False, width=32),
    st.data(),
)
def test_numbers_compare_as_in_python(name: str, sign: str, value: float, data: st.DataObject) -> None:
    other = data.draw(st.just(value) | st.floats(allow_nan=False, allow_infinity=False))
    test = {":": "eq", "=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}[sign]
    document = copy.deepcopy(RUNNING)
    document["epoch"] = document["config"]["alpha"] = document["config"]["seed"] = value
    if abs(other) < float("inf"):
        assert matches(f"{name}{sign}{other!r}", document) is getattr(operator, test)(value, other)


@given(st.text(), st.text())
def test_texts_compare_as_in_python(name: str, value: str) -> None:
    document = {**RUNNING, "name": name}
    assert matches(f"name:{quoted(value)}", document) is (value.casefold() in name.casefold())
    assert matches(f"name={quoted(value)}", document) is (value.casefold() == name.casefold())
    assert matches(f"name!={quoted(value)}", document) is (value.casefold() != name.casefold())
    assert matches(f"name={quoted(name)}", document)


Tree = str | tuple[Any, ...]  # a condition, or "NOT", "AND" or "OR" with the trees that it joins

conditions = st.sampled_from(
    ["state:live", "alpha>=0.1", "tag:paper", "name!=x", "ece<0.05", "has:note", "seed:0,1", "k3f9", '"two words"']
)
trees: st.SearchStrategy[Tree] = st.recursive(
    conditions,
    lambda below: (
        st.tuples(st.just("NOT"), below) | st.tuples(st.sampled_from(["AND", "OR"]), below, below, below | st.none())
    ),
    max_leaves=12,
)
documents = st.builds(
    lambda state, alpha, tags, name, ece: {
        **RUNNING,
        "state": state,
        "tags": tags,
        "name": name,
        "config": {**RUNNING["config"], "alpha": alpha},
        "metrics": {"ece": ece},
    },
    state=st.sampled_from(State),
    alpha=st.sampled_from([0.0, 0.1, 0.4]),
    tags=st.sampled_from([[], ["paper"], ["old"]]),
    name=st.sampled_from([None, "x", "two words"]),
    ece=st.sampled_from([None, 0.01, 0.1]),
) | st.sampled_from(DOCUMENTS)
BINDING = {"OR": 0, "AND": 1, "NOT": 2}


def printed(tree: Tree, around: int, choose: Callable[[str, str], str]) -> str:
    """The tree in as few parentheses as the operator around it needs; `choose` picks one of two ways to say a thing."""
    if isinstance(tree, str):
        return tree
    word, *parts = tree
    inner = [printed(part, BINDING[word] + 1 if word != "NOT" else 2, choose) for part in parts if part is not None]
    match word:
        case "NOT":
            text = choose("NOT ", "-") + inner[0]
        case "AND":
            text = choose(" AND ", " ").join(inner)
        case _:
            text = " OR ".join(inner)
    return f"({text})" if BINDING[word] < around else choose(text, f"({text})")


def holds(tree: Tree, document: Document) -> bool:
    if isinstance(tree, str):
        return matches(tree, document)
    word, *parts = tree
    truths = [holds(part, document) for part in parts if part is not None]
    return {"NOT": not truths[0], "AND": all(truths), "OR": any(truths)}[word]


@given(trees, documents, st.randoms(use_true_random=False))
def test_a_tree_means_the_same_printed_and_read_again(tree: Tree, document: Document, random: Any) -> None:
    query = printed(tree, 0, lambda *ways: random.choice(ways))
    assert matches(query, document) is holds(tree, document), query


@given(trees, trees, documents)
def test_the_laws_of_negation(one: Tree, other: Tree, document: Document) -> None:
    a, b = (f"({printed(tree, 0, lambda first, _: first)})" for tree in (one, other))
    assert matches(f"NOT ({a} AND {b})", document) is matches(f"-{a} OR -{b}", document)
    assert matches(f"NOT ({a} OR {b})", document) is matches(f"-{a} -{b}", document)
    assert matches(f"NOT NOT {a}", document) is matches(a, document)
    assert matches(f"{a} -{a}", document) is False
    assert matches(f"{a} OR -{a}", document) is True
