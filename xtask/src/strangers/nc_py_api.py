"""nc_py_api at work: an administrator sets up people, two of them share, and each thing is read
back. Any unmet expectation ends with a traceback."""

import asyncio
import datetime
import io
import os
import warnings
import zipfile

warnings.simplefilter("ignore", DeprecationWarning)

from nc_py_api import AsyncNextcloud, Nextcloud, NextcloudException
from nc_py_api.files import FilePermissions, LockType, ShareType

URL = os.environ["NC_URL"]
PASSWORD = "Common-ground-42"


def sign_in(user, password):
    return Nextcloud(nextcloud_url=URL, nc_auth_user=user, nc_auth_pass=password)


def expect(found, expected, what):
    assert found == expected, f"{what}: {found!r} instead of {expected!r}"


def refused(code, what, call):
    try:
        call()
    except NextcloudException as refusal:
        expect(refusal.status_code, code, what)
        return
    raise AssertionError(f"{what}: was allowed")


def names(nodes):
    return sorted(node.user_path for node in nodes)


admin = sign_in(os.environ["NC_ADMIN"], os.environ["NC_ADMIN_PASSWORD"])

# --- people and groups -------------------------------------------------------------------------
for uid, shown in [("shepherd", "Heidi Hirt"), ("miller", "Max Müller"), ("smith", "Sam Schmied")]:
    admin.users.create(uid, shown, password=PASSWORD, email=f"{uid}@example.org")
refused(102, "a name twice", lambda: admin.users.create("miller", "again", password=PASSWORD))
admin.users_groups.create("village", "Das Dorf")
expect("village" in admin.users_groups.get_list(mask="vill"), True, "the group is found")
for uid in ("miller", "smith"):
    admin.users.add_to_group(uid, "village")
expect(sorted(admin.users_groups.get_members("village")), ["miller", "smith"], "members")
admin.users.promote_to_subadmin("miller", "village")
expect(admin.users_groups.get_subadmins("village"), ["miller"], "sub-administrators")
admin.users.demote_from_subadmin("miller", "village")
expect(admin.users_groups.get_subadmins("village"), [], "no sub-administrator")
details = {group.group_id: group for group in admin.users_groups.get_details()}
expect(details["village"].user_count, 2, "how many are in the group")
admin.users_groups.edit("village", "Das ganze Dorf")
details = {group.group_id: group for group in admin.users_groups.get_details()}
expect(details["village"].display_name, "Das ganze Dorf", "the group's new name")
admin.users.edit("smith", quota="20 MB", displayname="Samuel Schmied")
info = admin.users.get_user("smith")
expect((info.display_name, info.groups), ("Samuel Schmied", ["village"]), "the person")
expect(info.quota["quota"], 20 * 1024 * 1024, "the quota")
expect(admin.users.get_list(mask="smi"), ["smith"], "people by name")
expect("displayname" in admin.users.editable_fields(), True, "fields to edit")
admin.users.disable("smith")
expect(admin.users.get_user("smith").enabled, False, "disabled")
admin.users.enable("smith")

shepherd, miller, smith = (sign_in(uid, PASSWORD) for uid in ("shepherd", "miller", "smith"))
expect(shepherd.users.get_user().email, "shepherd@example.org", "one's own address")
refused(403, "making people without the right", lambda: shepherd.users.create("x1", "x", password=PASSWORD))
assert len(shepherd.users.get_avatar("miller", size=64)) > 100, "no avatar"

# --- files -------------------------------------------------------------------------------------
files = shepherd.files
files.makedirs("meadow/north", exist_ok=True)
files.makedirs("meadow/north", exist_ok=True)
note = files.upload("meadow/note ü.txt", b"first")
number = int(note.file_id[:8])
expect(files.download("meadow/note ü.txt"), b"first", "the content")
expect(files.by_id(note.file_id).user_path, "meadow/note ü.txt", "by its id")
big = os.urandom(12 * 1024 * 1024)
files.upload_stream("meadow/big.bin", io.BytesIO(big), chunk_size=5 * 1024 * 1024)
stream = io.BytesIO()
files.download2stream("meadow/big.bin", stream)
expect(stream.getvalue() == big, True, "the big file in chunks")
copied = files.copy("meadow/note ü.txt", "meadow/north/copy.txt")
expect(copied.user_path, "meadow/north/copy.txt", "the copy")
moved = files.move("meadow/north/copy.txt", "meadow/moved.txt")
expect((moved.user_path, moved.file_id), ("meadow/moved.txt", copied.file_id), "the move")
expect(
    names(files.listdir("meadow", depth=-1)),
    ["meadow/big.bin", "meadow/moved.txt", "meadow/north/", "meadow/note ü.txt"],
    "the folder",
)
found = files.find(["like", "name", "no%"], path="meadow")
expect(names(found), ["meadow/north/", "meadow/note ü.txt"], "by name")
files.setfav("meadow/moved.txt", True)
expect(names(files.list_by_criteria(["favorite"])), ["meadow/moved.txt"], "favourites")
archive = files.download_directory_as_zip("meadow", local_path=os.path.join(os.getcwd(), "m.zip"))
with zipfile.ZipFile(archive) as entries:
    expect("meadow/note ü.txt" in entries.namelist(), True, f"in the zip: {entries.namelist()}")

# --- shares ------------------------------------------------------------------------------------
sharing = files.sharing
expect(sharing.available, True, "sharing is announced")
full = FilePermissions.PERMISSION_READ | FilePermissions.PERMISSION_UPDATE
full |= FilePermissions.PERMISSION_CREATE | FilePermissions.PERMISSION_DELETE
share = sharing.create("meadow", ShareType.TYPE_USER, full, "miller", note="for you")
expect((share.share_type, share.share_with), (ShareType.TYPE_USER, "miller"), "the share")
expect((share.path, share.permissions, share.note), ("meadow", full, "for you"), "what it gives")
expect((share.share_owner, share.file_owner), ("shepherd", "shepherd"), "whose it is")
expect(sharing.get_by_id(share.share_id).share_with, "miller", "the share by its id")
refused(404, "a share with nobody", lambda: sharing.create("meadow", ShareType.TYPE_USER, full, "nobody"))
refused(403, "a share with oneself", lambda: sharing.create("meadow", ShareType.TYPE_USER, full, "shepherd"))

received = miller.files.sharing.get_list(shared_with_me=True)
expect([one.path for one in received], ["meadow"], "what the miller received")
expect(miller.files.download("meadow/note ü.txt"), b"first", "read by the recipient")
before = shepherd.files.by_path("").etag
miller.files.upload("meadow/flour.txt", b"one sack")
expect(files.download("meadow/flour.txt"), b"one sack", "written by the recipient")
assert shepherd.files.by_path("").etag != before, "the owner's root etag stayed"
expect(miller.files.by_path("meadow").is_shared, True, "it is shown as shared")

files.lock("meadow/flour.txt")
seen = miller.files.by_path("meadow/flour.txt").lock_info
told = (seen.is_locked, seen.owner, seen.type)
expect(told, (True, "shepherd", LockType.MANUAL_LOCK), "who has locked")
refused(423, "a write into what is locked", lambda: miller.files.upload("meadow/flour.txt", b"no"))
refused(423, "a lock on what is locked", lambda: miller.files.lock("meadow/flour.txt"))
files.upload("meadow/flour.txt", b"one sack")
files.unlock("meadow/flour.txt")
expect(miller.files.by_path("meadow/flour.txt").lock_info.is_locked, False, "unlocked")
refused(412, "the end of no lock", lambda: files.unlock("meadow/flour.txt"))

narrower = sharing.update(share, permissions=FilePermissions.PERMISSION_READ)
expect(narrower.permissions, FilePermissions.PERMISSION_READ, "only to read")
refused(403, "a write into what may be read only", lambda: miller.files.upload("meadow/flour.txt", b"two"))
refused(404, "more rights than one has", lambda: miller.files.sharing.create(
    "meadow", ShareType.TYPE_USER, full, "smith"))
expect(files.download("meadow/flour.txt"), b"one sack", "unchanged")

group = sharing.create("meadow/north", ShareType.TYPE_GROUP, FilePermissions.PERMISSION_READ, "village")
expect(names(smith.files.listdir("")), ["north/"], "the group's share is there")
inherited = sharing.get_inherited("meadow/north")
expect([one.share_id for one in inherited], [share.share_id], "inherited")
smith.files.sharing.delete(group.share_id)
expect(names(smith.files.listdir("")), [], "left")
expect([one.share_type for one in smith.files.sharing.get_deleted()], [ShareType.TYPE_GROUP], "in the deleted ones")
smith.files.sharing.undelete(smith.files.sharing._session.ocs(
    "GET", "/ocs/v1.php/apps/files_sharing/api/v1/deletedshares")[0]["id"])
expect(names(smith.files.listdir("")), ["north/"], "taken back")
expect(smith.files.sharing.get_pending(), [], "nothing waits")

day = datetime.datetime.now() + datetime.timedelta(days=9)
link = sharing.create(
    "meadow/note ü.txt", ShareType.TYPE_LINK, label="for the council", password="Open-Sesame-11", expire_date=day
)
assert link.url.endswith("/s/" + link.token), link.url
expect(link.label, "for the council", "the label")
expect(link.expire_date.date(), day.date(), "the day of its end")
expect(sharing.update(link, note="read it").note, "read it", "the note")
expect(len(sharing.get_list(path="meadow/note ü.txt")), 1, "shares of the file")
sharing.delete(link)
refused(404, "a link that is gone", lambda: sharing.get_by_id(link.share_id))

# --- status and activity, which only the asynchronous half has -----------------------------------
async def status_and_activity():
    mine, other = (
        AsyncNextcloud(nextcloud_url=URL, nc_auth_user=uid, nc_auth_pass=PASSWORD)
        for uid in ("shepherd", "miller")
    )
    status = mine.user_status
    expect(await status.available, True, "the status is announced")
    await status.set_status_type("away")
    await status.set_status("on the alp", status_icon="🐑")
    now = await status.get_current()
    told = (now.status_type, now.status_message, now.status_icon)
    expect(told, ("away", "on the alp", "🐑"), "the status")
    seen = await other.user_status.get("shepherd")
    expect(seen.status_message, "on the alp", "seen by others")
    listed = [one.user_id for one in await other.user_status.get_list()]
    expect("shepherd" in listed, True, "in the list of statuses")
    assert len(await status.get_predefined()) >= 5, "predefined ones"
    await status.set_predefined("meeting")
    expect((await status.get_current()).status_id, "meeting", "a predefined one")
    await status.set_status()
    expect((await status.get_current()).status_message in (None, ""), True, "cleared")

    activity = mine.activity
    expect(await activity.available, True, "activity is announced")
    assert "all" in [one.filter_id for one in await activity.get_filters()], "no filter for all"
    events = await activity.get_activities(limit=100)
    kinds = {event.activity_type for event in events}
    assert {"file_created", "shared"} <= kinds, f"activity knows {kinds}"
    assert all(event.subject for event in events), "an event without words"
    about = await activity.get_activities(object_type="files", object_id=number)
    assert about, "nothing about the note"
    for event in about:
        told = {str(event.object_id), *event.objects}
        assert str(number) in told, f"about something else: {told}"
    try:
        await activity.get_activities("nonsense")
        raise AssertionError("a filter nobody made")
    except NextcloudException as refusal:
        expect(refusal.status_code, 404, "a filter nobody made")


asyncio.run(status_and_activity())

# --- notifications and preferences ---------------------------------------------------------------
expect(miller.notifications.available, True, "notifications are announced")
notifications = miller.notifications.get_all()
expect([one.app_name for one in notifications], ["files_sharing"] * len(notifications), "told")
assert notifications, "nothing was told of the share"
one = miller.notifications.get_one(notifications[-1].notification_id)
assert "meadow" in one.subject, one.subject
found = miller.notifications.exists([one.notification_id, 999999])
expect(found, [one.notification_id], "which exist")
miller.notifications.delete(one.notification_id)
expect(len(miller.notifications.get_all()), len(notifications) - 1, "one less")
miller.notifications.delete_all()
expect(miller.notifications.get_all(), [], "all read")

shepherd.preferences.set_value("core", "apporder", '{"files":{"order":1}}')
shepherd.preferences.delete("core", "apporder")
refused(400, "a key that is not one's own", lambda: shepherd.preferences.set_value("files", "any", "1"))

# --- the end of a person -------------------------------------------------------------------------
admin.users.delete("smith")
refused(404, "a person who is gone", lambda: admin.users.get_user("smith"))
sharing.delete(share)
refused(404, "a share that is gone", lambda: miller.files.download("meadow/flour.txt"))
files.delete("meadow")
files.delete("meadow", not_fail=True)
admin.users_groups.delete("village")
print("all steps done")
