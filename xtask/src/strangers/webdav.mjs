// The npm package `webdav` at work in an empty collection. Any unmet expectation throws.

import assert from "node:assert/strict";
import { createClient } from "webdav";

const client = createClient(process.env.DAV_URL, {
  username: process.env.DAV_USER,
  password: process.env.DAV_PASSWORD,
});

const big = Buffer.alloc(2 * 1024 * 1024, Buffer.from([...Array(256).keys()]));
const read = async (path) => Buffer.from(await client.getFileContents(path));
const names = async (path) =>
  (await client.getDirectoryContents(path)).map((entry) => entry.filename).sort();
const status = (code) => (error) => error.status === code;

await client.createDirectory("/meadow");
assert.equal(await client.exists("/meadow"), true);
assert.equal(await client.exists("/meadow/none"), false);
assert.equal(await client.putFileContents("/meadow/a b ü.txt", "first"), true);
assert.equal(await client.putFileContents("/meadow/big.bin", big), true);
assert.equal((await read("/meadow/a b ü.txt")).toString(), "first");
assert.ok((await read("/meadow/big.bin")).equals(big), "the big file differs");
assert.deepEqual(await names("/meadow"), ["/meadow/a b ü.txt", "/meadow/big.bin"]);

const found = await client.stat("/meadow/big.bin");
assert.equal(found.type, "file");
assert.equal(found.size, big.length);
assert.match(found.etag, /^[^"]+$/);
assert.ok(!Number.isNaN(Date.parse(found.lastmod)));

// With `overwrite: false` the client sends `If-None-Match: *`.
assert.equal(await client.putFileContents("/meadow/big.bin", "other", { overwrite: false }), false);
assert.ok((await read("/meadow/big.bin")).equals(big), "a refused overwrite changed the file");
assert.equal(await client.putFileContents("/meadow/a b ü.txt", "second"), true);

await client.copyFile("/meadow/a b ü.txt", "/meadow/copy.txt");
await client.moveFile("/meadow/a b ü.txt", "/meadow/moved.txt");
assert.equal((await read("/meadow/copy.txt")).toString(), "second");
assert.equal((await read("/meadow/moved.txt")).toString(), "second");
assert.equal(await client.exists("/meadow/a b ü.txt"), false);

const lock = await client.lock("/meadow/moved.txt", { timeout: "Second-600" });
assert.match(lock.token, /^<?opaquelocktoken:|^<?urn:uuid:/);
await assert.rejects(client.putFileContents("/meadow/moved.txt", "locked out"), status(423));
assert.equal((await read("/meadow/moved.txt")).toString(), "second");
await client.unlock("/meadow/moved.txt", lock.token);
assert.equal(await client.putFileContents("/meadow/moved.txt", "third"), true);
assert.equal((await read("/meadow/moved.txt")).toString(), "third");

const part = await new Promise((resolve, reject) => {
  const parts = [];
  client
    .createReadStream("/meadow/big.bin", { range: { start: 1000, end: 1499 } })
    .on("data", (bytes) => parts.push(bytes))
    .on("error", reject)
    .on("end", () => resolve(Buffer.concat(parts)));
});
assert.ok(part.equals(big.subarray(1000, 1500)), "the range differs");

const quota = await client.getQuota();
assert.ok(quota && quota.used >= big.length, `used: ${JSON.stringify(quota)}`);

await client.deleteFile("/meadow");
assert.equal(await client.exists("/meadow"), false);
await assert.rejects(client.deleteFile("/meadow"), status(404));
console.log("all steps done");
