"""webdav4 at work in an empty collection. Any unmet expectation ends with a traceback."""

import io
import os

from webdav4.client import Client, ResourceAlreadyExists, ResourceNotFound

client = Client(
    os.environ["DAV_URL"],
    auth=(os.environ["DAV_USER"], os.environ["DAV_PASSWORD"]),
    timeout=30,
)


def expect(found, expected, what):
    assert found == expected, f"{what}: {found!r} instead of {expected!r}"


def read(path):
    target = io.BytesIO()
    client.download_fileobj(path, target)
    return target.getvalue()


def names(path):
    return sorted(entry["name"] for entry in client.ls(path))


big = bytes(range(256)) * 8192

client.mkdir("meadow")
expect(client.isdir("meadow"), True, "isdir")
expect(client.exists("meadow/none"), False, "exists")
client.upload_fileobj(io.BytesIO(b"first"), "meadow/a b ü.txt")
client.upload_fileobj(io.BytesIO(big), "meadow/big.bin")
expect(read("meadow/a b ü.txt"), b"first", "content of the small file")
expect(read("meadow/big.bin"), big, "content of the big file")
expect(client.content_length("meadow/big.bin"), len(big), "length")
expect(client.isfile("meadow/big.bin"), True, "isfile")
assert client.etag("meadow/big.bin"), "no etag"
assert client.modified("meadow/big.bin"), "no time of modification"
expect(names("meadow"), ["meadow/a b ü.txt", "meadow/big.bin"], "listing")

try:
    client.upload_fileobj(io.BytesIO(b"other"), "meadow/big.bin", overwrite=False)
    raise AssertionError("a file was overwritten that was to be kept")
except ResourceAlreadyExists:
    pass
expect(read("meadow/big.bin"), big, "content after the refused overwrite")

client.upload_fileobj(io.BytesIO(b"second"), "meadow/a b ü.txt", overwrite=True)
expect(read("meadow/a b ü.txt"), b"second", "content after the overwrite")

client.copy("meadow/a b ü.txt", "meadow/copy.txt")
client.move("meadow/a b ü.txt", "meadow/moved.txt")
expect(read("meadow/copy.txt"), b"second", "the copy")
expect(read("meadow/moved.txt"), b"second", "the moved file")
expect(client.exists("meadow/a b ü.txt"), False, "the old name")

client.mkdir("meadow/sub")
client.move("meadow/sub", "meadow/lower")
client.copy("meadow", "pasture")
expect(
    names("pasture"),
    ["pasture/big.bin", "pasture/copy.txt", "pasture/lower", "pasture/moved.txt"],
    "the copied folder",
)
expect(read("pasture/big.bin"), big, "the big file in the copied folder")

with client.open("meadow/big.bin", "rb") as stream:
    stream.seek(1000)
    expect(stream.read(500), big[1000:1500], "a range")

client.remove("meadow")
expect(client.exists("meadow"), False, "the removed folder")
try:
    client.remove("meadow")
    raise AssertionError("a missing folder was removed")
except ResourceNotFound:
    pass
client.remove("pasture")
print("all steps done")
