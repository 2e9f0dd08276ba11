"""The sound library on pages and by the API: made in each way, heard, replaced, restored, found, removed."""

import io
import json
import re
from typing import Any
from uuid import UUID

import pytest
import soundfile
from httpx import Response
from playwright.async_api import Page, expect

from core.data import tenant
from core.flows.document import parse
from core.flows.elements import BUILT_IN
from core.flows.service import create_flow
from core.flows.versions import save_version
from core.identity.service import create_user
from core.identity.tables import User
from tests.core.audio.sounds import encoded, share, sine
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations

API = "/api/v1/sounds"
PAGE = "/admin/sounds"
CATEGORIES = "/api/v1/sound-categories"


def kind(answer: Response) -> str:
    return answer.json()["type"].rpartition(":")[2]


def fields(answer: Response) -> list[str]:
    return [one["field"] for one in answer.json()["errors"]]


async def upload(visitor: Visitor, path: str, content: bytes, name: str = "Tone.wav", **form: Any) -> Response:
    csrf = (await visitor.get("/profile/details")).text.split('name="csrf" value="')[1].split('"')[0]
    headers = {"x-csrf-token": csrf, "accept": "text/html" if path.startswith("/admin") else "application/json"}
    if version := form.pop("version", None):
        headers["if-match"] = f'"{version}"'
    return await visitor.client.post(path, files={"file": (name, content)}, data=form, headers=headers)


def tone(hertz: float = 600, seconds: float = 1.0, form: str = "WAV") -> bytes:
    return encoded(sine(hertz, seconds, 48000), 48000, form)


async def used_by(of: User, sound_id: str, name: str = "Main flow") -> None:
    nodes = [{"id": "say", "element": "core.message", "settings": {"prompts": [{"sound": sound_id}]}}]
    with tenant(of.tenant_id):
        document = parse(json.dumps({"start": "say", "nodes": nodes}))
        await save_version(await create_flow(name), document, BUILT_IN)


async def test_a_text_is_heard_first_kept_and_said_otherwise(visitor: Visitor, kari: User) -> None:
    """AUD-4, AUD-5: name, category, language, voice and text; heard before it is kept; SSML."""
    await visitor.sign_in(kari.email)
    voices = (await visitor.client.get(f"{API}/voices")).json()["items"]
    assert {"name": "nb-male", "language": "nb", "gender": "male"} in voices
    preview = await visitor.send("POST", f"{API}/preview", {"text": "Velkommen.", "voice": "nb-male"})
    assert (preview.status_code, preview.headers["content-type"]) == (200, "audio/wav")
    assert (await visitor.client.get(API)).json()["items"] == []
    category = (await visitor.send("POST", CATEGORIES, {"name": "Greetings"})).json()["id"]
    made = await visitor.send(
        "POST", API, {"name": "Welcome", "text": "Velkommen.", "voice": "nb-male", "category_id": category}
    )
    assert made.status_code == 201, made.text
    assert (made.json()["language"], made.json()["category"]) == ("nb", "Greetings")
    path = made.headers["location"]
    heard = await visitor.client.get(f"{path}/audio")
    assert heard.content == preview.content
    wrong = await visitor.send("POST", f"{path}/versions", {"text": "<speak><audio/></speak>", "voice": "nb-male"}, 1)
    assert (wrong.status_code, kind(wrong), fields(wrong)) == (409, "not_spoken", ["text"])
    ssml = {"text": "<speak>Hei <break time='1s'/> og hei</speak>", "language": "nb"}
    assert (await visitor.send("POST", f"{path}/versions", ssml)).status_code == 428
    changed = await visitor.send("POST", f"{path}/versions", ssml, 1)
    assert (changed.status_code, changed.json()["version"], changed.headers["etag"]) == (201, 2, '"2"')
    assert (await visitor.send("POST", f"{path}/versions", ssml, 1)).status_code == 412


@pytest.mark.parametrize("form", ["WAV", "MP3", "OGG", "FLAC"])
async def test_a_file_is_kept_as_telephony_plays_it_and_heard_in_parts(visitor: Visitor, kari: User, form: str) -> None:
    """AUD-6, AUD-9, AUD-10: uploaded, played in the browser, which asks for ranges, and downloaded."""
    await visitor.sign_in(kari.email)
    made = await upload(visitor, f"{API}/files", tone(form=form), f"Summer.{form.lower()}", language="nb")
    assert made.status_code == 201, made.text
    assert (made.json()["name"], made.json()["source"], made.json()["language"]) == ("Summer", "file", "nb")
    url = f"{made.headers['location']}/audio"
    whole = await visitor.client.get(url)
    data, rate = soundfile.read(io.BytesIO(whole.content), dtype="float32")
    assert rate == 16000
    assert share(data, rate, 590, 610) > 0.98
    part = await visitor.client.get(url, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert (await visitor.client.get(url, headers={"range": "bytes=-50"})).content == whole.content[-50:]
    assert (await visitor.client.get(url, headers={"range": "bytes=99999999-"})).status_code == 416
    assert (await visitor.client.get(url, headers={"if-none-match": whole.headers["etag"]})).status_code == 304
    stale = await visitor.client.get(url, headers={"range": "bytes=0-9", "if-range": '"old"'})
    assert (stale.status_code, len(stale.content)) == (200, len(whole.content))
    saved = await visitor.client.get(f"{url}?download=true")
    assert "Summer.wav" in saved.headers["content-disposition"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no audio file"),
        (b"%PDF-1.7 not a sound", "no audio file"),
        (encoded(sine(500, 1.0, 8000, 0.0), 8000), "Nothing can be heard"),
        (encoded(sine(500, 1.0, 8000), 8000, "AIFF"), "AIFF files cannot be used"),
        (encoded(sine(500, 601.0, 8000), 8000, "FLAC"), "longer than 10 minutes"),
    ],
)
async def test_a_file_that_cannot_be_played_is_refused_with_the_reason(
    visitor: Visitor, kari: User, content: bytes, words: str
) -> None:
    """AUD-6: garbage, silence, wrong format, too long."""
    with tenant(kari.tenant_id):
        await create_user("eve@a.example", "Eve", PASSWORD, role="administrator", language="en")
    await visitor.sign_in("eve@a.example")
    answer = await upload(visitor, f"{API}/files", content)
    assert (answer.status_code, fields(answer)) == (422, ["file"])
    assert words in answer.json()["detail"]
    on_page = await upload(visitor, f"{PAGE}/files", content)
    assert on_page.status_code == 422
    assert 'id="file-wrong"' in on_page.text
    assert (await visitor.client.get(API)).json()["items"] == []


async def test_a_file_that_is_too_large_is_refused(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    assert (await upload(visitor, f"{API}/files", b"x" * 20_200_000)).status_code == 413


async def test_a_sound_is_renamed_sorted_replaced_restored_and_its_use_is_told(visitor: Visitor, kari: User) -> None:
    """AUD-9, AUD-11; a flow plays what is replaced without being touched, and hinders the removal until it is told."""
    await visitor.sign_in(kari.email)
    made = await upload(visitor, f"{API}/files", tone(600))
    path, sound_id = made.headers["location"], made.json()["id"]
    await used_by(kari, sound_id)
    renamed = await visitor.send("PATCH", path, {"name": "Jingle", "language": "sv"}, 1)
    assert (renamed.json()["name"], renamed.json()["language"], renamed.headers["etag"]) == ("Jingle", "sv", '"2"')
    replaced = await upload(visitor, f"{path}/versions/files", tone(900), "new.wav", version=2)
    assert replaced.status_code == 201, replaced.text
    versions = (await visitor.client.get(f"{path}/versions")).json()["items"]
    assert [(one["number"], one["comment"], one["author"]) for one in versions] == [
        (2, "new.wav", "Kari Nordmann"),
        (1, "Tone.wav", "Kari Nordmann"),
    ]
    first = await visitor.client.get(f"{path}/versions/1/audio")
    assert (await visitor.send("POST", f"{path}/versions/1/restore", None, 3)).json()["version"] == 3
    assert (await visitor.client.get(f"{path}/audio")).content == first.content
    uses = (await visitor.client.get(f"{path}/uses")).json()["items"]
    assert [(one["kind"], one["name"], one["versions"]) for one in uses] == [("flow", "Main flow", [1])]
    kept = await visitor.send("DELETE", path, None, 4)
    assert (kept.status_code, kind(kept)) == (409, "in_use")
    assert "Main flow" in kept.json()["detail"]
    assert (await visitor.send("DELETE", f"{path}?anyway=true", None, 4)).status_code == 204
    assert (await visitor.client.get(path)).status_code == 404


async def test_categories_by_the_api(visitor: Visitor, kari: User) -> None:
    """AUD-11."""
    await visitor.sign_in(kari.email)
    made = await visitor.send("POST", CATEGORIES, {"name": "Hours"})
    assert (await visitor.send("POST", CATEGORIES, {"name": "hours"})).status_code == 409
    path = made.headers["location"]
    assert (await visitor.send("PATCH", path, {"name": "Opening"}, 1)).json()["version"] == 2
    assert (await visitor.send("DELETE", path, None, 1)).status_code == 412
    assert (await visitor.client.get(path)).json()["name"] == "Opening"
    assert (await visitor.send("DELETE", path, None, 2)).status_code == 204
    assert (await visitor.client.get(CATEGORIES)).json()["items"] == []


async def test_the_pages_make_change_and_remove_a_sound(visitor: Visitor, kari: User) -> None:
    """AUD-2, AUD-3, AUD-4, AUD-6, AUD-9, AUD-11: a temporary announcement is changed where all sounds are."""
    await visitor.sign_in(kari.email)
    assert (await visitor.post(f"{PAGE}/categories", name="Hours")).status_code == 303
    category = (await visitor.client.get(CATEGORIES)).json()["items"][0]["id"]
    typed = {"name": "Closed", "voice": "nb-female", "category_id": category}
    wrong = await visitor.post(f"{PAGE}/text", text="<speak>Hei", form="ssml", **typed)
    assert wrong.status_code == 409
    assert 'value="Closed"' in wrong.text, "what was typed stays"
    made = await visitor.post(f"{PAGE}/text", text="Vi har stengt i dag.", form="text", **typed)
    assert made.status_code == 303, made.text
    page = made.headers["location"]
    assert "Vi har stengt i dag." in (await visitor.get(f"{PAGE}?q=stengt")).text
    again = await visitor.post(
        f"{page}/text", text="Vi har stengt <break time='300ms'/> i morgen.", form="ssml", voice="nb-male", edition="1"
    )
    assert again.status_code == 303, again.text
    sound = (await visitor.client.get(page.replace("/admin/", "/api/v1/"))).json()
    assert (sound["version"], sound["voice"]) == (2, "nb-male")
    assert sound["text"].startswith("<speak>Vi har stengt")
    late = await visitor.post(page, name="Shut", edition="1", language="nb")
    assert (late.status_code, 'value="Shut"' in late.text) == (412, True)
    assert (await visitor.post(page, name="Shut", edition="2", language="nb")).status_code == 303
    assert (await upload(visitor, f"{page}/file", tone(), edition="3")).status_code == 303
    assert (await visitor.post(f"{page}/versions/1/restore", edition="4")).status_code == 303
    assert (await upload(visitor, f"{page}/file", b"nothing", edition="5")).status_code == 422
    await used_by(kari, sound["id"])
    assert (await visitor.post(f"{page}/remove", edition="5")).status_code == 409
    shown = (await visitor.get(page)).text
    assert re.search(r'name="anyway" value="yes"', shown), "the dialog tells where it is used"
    assert (await visitor.post(f"{page}/remove", edition="5", anyway="yes")).status_code == 303
    assert (await visitor.get(page)).status_code == 404


async def test_who_may_look_listens_and_finds_no_button(visitor: Visitor, stranger: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    made = await upload(visitor, f"{API}/files", tone())
    role = (await visitor.send("POST", "/api/v1/roles", {"name": "Ears", "copy": "user"})).json()["key"]
    await visitor.send("PATCH", f"/api/v1/roles/{role}", {"levels": {"sounds": "view"}}, 1)
    with tenant(kari.tenant_id):
        await create_user("per@a.example", "Per", PASSWORD, role=role)
    await stranger.sign_in("per@a.example")
    assert f"{PAGE}/new" not in (await stranger.get(PAGE)).text
    path = made.headers["location"]
    assert (await stranger.client.get(f"{path}/audio")).status_code == 200
    assert "<textarea" not in (await stranger.get(path.replace("/api/v1/", "/admin/"))).text
    assert (await stranger.send("DELETE", path, None, 1)).status_code == 403


async def test_sounds_of_another_company_do_not_exist(
    visitor: Visitor, stranger: Visitor, kari: User, ola: User
) -> None:
    await visitor.sign_in(kari.email)
    path = (await upload(visitor, f"{API}/files", tone())).headers["location"]
    await stranger.sign_in(ola.email)
    for url in (path, f"{path}/audio", f"{path}/versions", f"{path}/versions/1/audio", f"{path}/uses"):
        assert (await stranger.client.get(url)).status_code == 404, url
    assert (await stranger.get(path.replace("/api/v1/", "/admin/"))).status_code == 404


async def test_a_text_is_heard_in_the_browser_before_it_is_kept(tab: Page, address: str, kari: User) -> None:
    """AUD-4: press play to test, adjust, save; AUD-10."""
    await sign_in(tab, address, kari.email, PASSWORD, f"{PAGE}/new")
    await tab.locator("#f-text").fill("Velkommen til oss.")
    part = tab.locator("[data-hear]")
    await part.get_by_role("button").click()
    await expect(part.locator("audio")).to_be_visible()
    await tab.wait_for_function("document.querySelector('[data-hear] audio').duration > 0.5")
    await tab.locator("#f-form").select_option("ssml")
    await tab.locator("#f-text").fill("Velkommen <break")
    await part.get_by_role("button").click()
    await expect(part.get_by_role("alert")).to_contain_text("SSML")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_pages_have_no_barrier(tab: Page, address: str, visitor: Visitor, kari: User, theme: str) -> None:
    await visitor.sign_in(kari.email)
    path = (await upload(visitor, f"{API}/files", tone())).json()["id"]
    await visitor.send("POST", CATEGORIES, {"name": "Hours"})
    await visitor.send("POST", API, {"name": "Welcome", "text": "Velkommen.", "language": "nb"})
    await used_by(kari, str(UUID(path)))
    await tab.emulate_media(color_scheme=theme)
    await sign_in(tab, address, kari.email, PASSWORD, PAGE)
    await expect(tab.get_by_role("row")).to_have_count(3)
    found = {PAGE: await violations(tab)}
    for url in (f"{PAGE}/new", f"{PAGE}/{path}"):
        await tab.goto(address + url)
        found[url] = await violations(tab)
    assert {url: faults for url, faults in found.items() if faults} == {}
    await tab.locator("[data-dialog=remove]").click()
    assert await violations(tab) == []
