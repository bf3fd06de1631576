"""Templates over HTTP, by their names."""

import io

import httpx
import openpyxl
import pytest
from litestar import Litestar, Router

from service.api import answers, templates
from service.domain.problems import Refused
from service.domain.register import BY_NAME

ALL = "/api/v1/templates"


@pytest.fixture
async def client():
    """A client of the templates alone, which need neither log nor database."""
    handlers = [templates.list_templates, templates.get_workbook, templates.get_template]
    app = Litestar(
        route_handlers=[Router("/api/v1", route_handlers=handlers)],
        exception_handlers={Refused: answers.on_refused},
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


async def test_every_template_listed_can_be_read(client) -> None:
    """The list names a workbook and a CSV for each type, and both are there under a file's name."""
    listed = (await client.get(ALL)).json()
    assert {one["type"] for one in listed["items"]} == set(BY_NAME)
    for one in listed["items"]:
        for form, media_type in (("xlsx", templates.XLSX), ("csv", templates.CSV)):
            answer = await client.get(one[form])
            assert answer.status_code == 200
            assert answer.headers["content-type"].partition(";")[0] == media_type
            assert f'filename="{one["type"]}.{form}"' in answer.headers["content-disposition"]


async def test_the_workbook_of_all_types_is_listed_and_kept_by_its_tag(client) -> None:
    """The whole workbook has a sheet for each type; who has it already is told so."""
    address = (await client.get(ALL)).json()["all"]
    answer = await client.get(address)
    names = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True).sheetnames
    assert set(BY_NAME) <= set(names)
    again = await client.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("StafTrained.xlsx", "the nearest is StaffTrained.xlsx"),
        ("stafftrained.csv", "the nearest is StaffTrained.csv"),
        ("StaffTrained.ods", "the nearest is StaffTrained.xlsx"),
        ("StaffTrained", "the nearest is StaffTrained.xlsx"),
        ("zzzz.xlsx", "all are listed at /api/v1/templates"),
    ],
)
async def test_an_unknown_template_is_answered_with_the_nearest(client, file, said) -> None:
    """A name that is no template's is not found, and the answer says which one was meant."""
    answer = await client.get(f"{ALL}/{file}")
    assert answer.status_code == 404
    assert said in answer.json()["detail"]
