"""What a column is, for every type: derived from the catalogue, and nothing left out."""

import typing

import msgspec
import pytest

from service.domain.fields import MOST_ITEMS
from service.domain.lists import LISTS
from service.domain.register import BY_NAME, ENVELOPES
from service.domain.samples import sample
from service.intake import columns, examples, labels

NAMES = sorted(BY_NAME)


def leaves(said, components, path=""):
    """Yield the path of each leaf that a JSON Schema allows, lists of plain values being one."""
    if "$ref" in said:
        said = components[said["$ref"].rpartition("/")[2]]
    if said.get("type") == "array" and "$ref" in said["items"]:
        yield from leaves(said["items"], components, f"{path}[0]")
    elif "properties" in said:
        for name, inner in said["properties"].items():
            yield from leaves(inner, components, f"{path}.{name}".removeprefix("."))
    else:
        yield path


@pytest.mark.parametrize("name", NAMES)
def test_columns_are_the_leaves_of_the_schema(name) -> None:
    """A type's columns are every leaf that its schema has, and the submitter's own reference."""
    (top,), components = msgspec.json.schema_components([ENVELOPES[name]])
    found = [one.path for one in columns.columns(name, parts=1)]
    assert sorted(found) == sorted([*leaves(top, components), columns.REFERENCE])


@pytest.mark.parametrize("name", NAMES)
def test_a_heading_means_one_column(name) -> None:
    """Labels and paths are read alike, so none of them is said twice, whatever the case."""
    found = columns.columns(name)
    said = [one.path.casefold() for one in found]
    said += [
        one.label.casefold()
        for one in found
        if one.label.casefold() not in {one.path.casefold(), one.path.rpartition(".")[2]}
    ]
    assert len(set(said)) == len(said)
    assert len({one.label.casefold() for one in found}) == len(found)
    assert not any(said.startswith(columns.REMARK) for said in said)


@pytest.mark.parametrize("name", NAMES)
def test_every_column_is_of_a_known_kind_and_explained(name) -> None:
    """Each column has a kind that cells are read by, and a sentence that says what it is."""
    for one in columns.columns(name):
        assert one.kind in typing.get_args(columns.Kind)
        assert one.help == one.help[0].upper() + one.help[1:].removesuffix(".") + "."
        assert bool(one.allowed) == (one.kind in {"choice", "choices"})
        assert one.codes is None or one.codes in LISTS
        assert ("(£)" in one.label) == (one.kind == "money")
        assert not (one.kind == "money" and "pence" in one.help), one


@pytest.mark.parametrize("name", NAMES)
def test_required_columns_are_those_that_the_schema_requires(name) -> None:
    """A sample without the cells that may be blank still fills each column that is required."""
    kind = BY_NAME[name]
    event = sample(kind)
    filled = dict(zip(columns.columns(name), examples.example(name), strict=True))
    assert all(cell is not None for one, cell in filled.items() if one.required)
    for one in columns.payload(name):
        member = one.path.removeprefix("data.")
        if "[" not in member and not one.required and not one.empty:
            event["data"].pop(member, None)
    fresh = msgspec.json.decode(msgspec.json.encode(event), type=ENVELOPES[name])
    assert fresh.organisation


def test_a_file_may_have_as_many_items_as_a_list_holds() -> None:
    """Numbered columns are derived for any number of items, counting from 0 in the path."""
    found = columns.columns("StaffTrained", MOST_ITEMS)
    by_path = {one.path: one for one in found}
    assert by_path["data.by[199].division"].label == "Part 200: division"
    assert len(found) - len(columns.columns("StaffTrained")) == 3 * (MOST_ITEMS - columns.PARTS)


def test_a_list_that_may_be_empty_is_told_from_one_that_may_be_absent() -> None:
    """A return's lists must be there and may be empty: their cells may stay blank."""
    by_path = {one.path: one for one in columns.columns("ReturnMade")}
    dimensions = by_path["data.dimensions"]
    assert (dimensions.required, dimensions.empty) == (False, True)
    assert not any(one.empty for one in columns.columns("ConnectionMade"))


def test_closed_lists_keep_the_order_of_the_catalogue() -> None:
    """Allowed values stand as the catalogue prints them, which is from first to last."""
    tier = next(one for one in columns.payload("StaffTrained") if one.path == "data.tier")
    assert tier.allowed == ("introductory", "practitioner", "coach", "expert", "board")


def test_exceptions_are_of_members_that_exist() -> None:
    """No label or help is left behind by a member that was renamed."""
    members = {
        (name, one.encode_name)
        for name, kind in BY_NAME.items()
        for one in msgspec.structs.fields(kind.payload)
    }
    anywhere = {
        one.path.rpartition(".")[2] for name in BY_NAME for one in columns.payload(name)
    } | {member for _, member in members}
    assert set(labels.OF_TYPE) <= members
    assert set(labels.MEMBERS) <= anywhere
    paths = {(name, one.path) for name in BY_NAME for one in columns.columns(name, 1)}
    assert set(labels.HELP_OF_TYPE) <= paths
    assert set(labels.HELP) <= anywhere
    assert set(labels.ENVELOPE) == {one.path for one in columns.ENVELOPE}
