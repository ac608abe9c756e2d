// Photos: scaled and stored on the phone, and uploaded in chunks after their entry.
import { rm } from "node:fs/promises";
import path from "node:path";
import { complaints, expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

// EXIF of a camera: make, time and position of the photo (Exif 2.3; big-endian).
function exif() {
  const ifd = (entries, at) => {
    const head = Buffer.alloc(2 + entries.length * 12 + 4);
    head.writeUInt16BE(entries.length, 0);
    let data = Buffer.alloc(0);
    entries.forEach(([tag, type, count, value], number) => {
      const entry = 2 + number * 12;
      head.writeUInt16BE(tag, entry);
      head.writeUInt16BE(type, entry + 2);
      head.writeUInt32BE(count, entry + 4);
      if (typeof value === "number") head.writeUInt32BE(value, entry + 8);
      else if (value.length <= 4) value.copy(head, entry + 8);
      else {
        head.writeUInt32BE(at + head.length + data.length, entry + 8);
        data = Buffer.concat([data, value]);
      }
    });
    return Buffer.concat([head, data]);
  };
  const words = (text) => Buffer.from(`${text}\0`);
  const degrees = (number) => {
    const parts = Buffer.alloc(24);
    [number, 1, 30, 1, 0, 1].forEach((value, place) => parts.writeUInt32BE(value, place * 4));
    return parts;
  };
  const make = words("Camera Works");
  const first = (exifAt, gpsAt) => ifd([[0x010f, 2, make.length, make], [0x8769, 4, 1, exifAt], [0x8825, 4, 1, gpsAt]], 8);
  const exifAt = 8 + first(0, 0).length;
  const taken = words("2026:11:24 09:30:00");
  const exif = ifd([[0x9003, 2, taken.length, taken]], exifAt);
  const gpsAt = exifAt + exif.length;
  const gps = ifd([[1, 2, 2, words("N")], [2, 5, 3, degrees(25)], [3, 2, 2, words("E")], [4, 5, 3, degrees(106)]], gpsAt);
  const tiff = Buffer.concat([Buffer.from("MM\0*\0\0\0\b", "latin1"), first(exifAt, gpsAt), exif, gps]);
  const body = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

// A large photo full of detail, as from a camera.
async function photo(page, seed) {
  const bytes = await page.evaluate(async (seed) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [2400, 1800];
    const context = canvas.getContext("2d");
    let state = seed;
    const next = () => (state = (state * 1103515245 + 12345) % 2147483648);
    for (let spot = 0; spot < 12000; spot++) {
      context.fillStyle = `hsl(${next() % 360} 60% ${next() % 90}%)`;
      context.fillRect(next() % 2400, next() % 1800, 4 + (next() % 90), 4 + (next() % 90));
    }
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  }, seed);
  const jpeg = Buffer.from(bytes, "base64");
  return { name: `photo-${seed}.jpg`, mimeType: "image/jpeg", buffer: Buffer.concat([jpeg.subarray(0, 2), exif(), jpeg.subarray(2)]) };
}

// Returns the bytes and dimensions of the stored photo.
async function stored(page, sha256) {
  return page.evaluate(async (sha256) => {
    const answer = await fetch(`/api/v1/attachments/${sha256}`);
    const blob = await answer.blob();
    const picture = await createImageBitmap(blob);
    const text = new TextDecoder("latin1").decode(await blob.arrayBuffer());
    return { status: answer.status, size: blob.size, sides: [picture.width, picture.height], text };
  }, sha256);
}

test("photos are scaled without position and survive a breaking line", async ({ page, server, line }) => {
  const errors = complaints(page);
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await fillIn(page, { activity: "field_survey", place: "沫阳", values: { times: "1" }, note: "有照片" });
  const photos = [await photo(page, 1), await photo(page, 2)];
  expect(photos[0].buffer.length).toBeGreaterThan(400_000);
  await page.locator("#field-attachments").setInputFiles(photos);
  await expect(page.locator(".photo-taken img")).toHaveCount(2);
  await page.locator("#field-attachments").setInputFiles({ name: "报告.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") });
  await expect(page.getByText("“报告.jpg”不是能读取的图片")).toBeVisible();
  // The photo survives the tab.
  await page.reload();
  await expect(page.locator(".photo-taken img")).toHaveCount(2);
  await expect.poll(() => page.locator(".photo-taken img").first().evaluate((element) => element.naturalWidth)).toBe(1600);
  await expectReadable(page);
  await save(page);
  await expect(page.locator(".entry").first()).toContainText("2 张照片待上传");

  line.bears = 50 * 1024;
  await goOnline(page, line);
  await expect(page.locator("#sync")).toContainText("已同步");
  await expect(page.locator(".entry").first()).not.toContainText("照片待上传");
  expect(line.breaks).toBeGreaterThan(5);
  line.bears = Infinity;
  const { entries } = await (await server.api("reviewer")).get("/entries?limit=1");
  const { attachments } = entries[0].fields;
  expect(attachments.length).toBe(2);
  for (const sha256 of attachments) {
    const storedPhoto = await stored(page, sha256);
    expect(storedPhoto.status).toBe(200);
    expect(storedPhoto.size).toBeLessThanOrEqual(300 * 1024);
    expect(storedPhoto.size).toBeGreaterThan(50 * 1024);
    expect(storedPhoto.sides).toEqual([1600, 1200]);
    expect(storedPhoto.text).toContain("2026:11:24 09:30:00");
    expect(storedPhoto.text).not.toContain("Camera Works");
    // A place is north or south of somewhere.
    expect(storedPhoto.text).not.toMatch(/\0\x01\0\x02\0\0\0\x02N/);
  }
  // The browser logs only the breaks of the line.
  expect(errors.filter((line) => !/ERR_|Failed to (load|fetch)|net::/.test(line))).toEqual([]);
});

test("interrupted photo upload resumes, and a removed photo is not sent", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { activity: "field_survey", place: "沫阳", values: { times: "1" } });
  await page.getByLabel("照片里保留拍摄地点").check();
  await page.locator("#field-attachments").setInputFiles([await photo(page, 3), await photo(page, 4)]);
  await expect(page.locator(".photo-taken img")).toHaveCount(2);
  await page.locator(".photo-taken").getByRole("button", { name: "移除" }).first().click();
  await expect(page.locator(".photo-taken img")).toHaveCount(1);
  const sent = [];
  page.on("request", (request) => {
    if (request.method() === "PUT" && request.url().includes("/attachments/")) sent.push(request.headers()["content-range"]);
  });
  // The line breaks with the second chunk, and the tab is closed.
  let pieces = 0;
  await page.route("**/attachments/*", async (route) => {
    if (!/bytes \d/.test(route.request().headers()["content-range"])) return route.continue();
    pieces += 1;
    if (pieces < 3) return route.continue();
    return route.abort();
  });
  await save(page);
  await expect.poll(() => pieces).toBeGreaterThan(2);
  await page.goto("about:blank");
  await page.unroute("**/attachments/*");
  sent.length = 0;
  await page.goto("/entries");
  await expect.poll(() => sent.length).toBeGreaterThan(1);
  await expect(page.locator(".entry").first()).not.toContainText("照片待上传");
  const [question, first] = sent;
  expect(question).toMatch(/^bytes \*\/\d+$/);
  expect(Number(first.match(/^bytes (\d+)-/)[1]), "it begins where the server is").toBeGreaterThan(0);
  const { entries } = await (await server.api("reviewer")).get("/entries?limit=1");
  expect(entries[0].fields.attachments.length).toBe(1);
  const storedPhoto = await stored(page, entries[0].fields.attachments[0]);
  expect(storedPhoto.text, "the place, since that was allowed").toMatch(/N\0/);
});

test("photo lost by the server is sent again at start", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await fillIn(page, { activity: "field_survey", place: "沫阳", values: { times: "1" } });
  await page.locator("#field-attachments").setInputFiles([await photo(page, 5)]);
  await expect(page.locator(".photo-taken img")).toHaveCount(1);
  await save(page);
  await expect(page.locator("#sync")).toContainText("已同步");
  await expect(page.locator(".entry").first()).not.toContainText("照片待上传");
  const { entries } = await (await server.api("reviewer")).get("/entries?limit=1");
  const [sha256] = entries[0].fields.attachments;
  await rm(path.join(server.folder, "attachments", sha256));
  const status = () => page.evaluate(async (sha256) => (await fetch(`/api/v1/attachments/${sha256}`, { cache: "no-store" })).status, sha256);
  expect(await status()).toBe(404);
  await page.reload();
  await expect.poll(status).toBe(200);
});

test("photo waits while the server has no space", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await fillIn(page, { activity: "field_survey", place: "沫阳", values: { times: "1" } });
  await page.locator("#field-attachments").setInputFiles([await photo(page, 6)]);
  await expect(page.locator(".photo-taken img")).toHaveCount(1);
  const answers = [507, 429, 503, 408];
  let asked = 0;
  await page.route("**/attachments/*", (route) => {
    asked += 1;
    const status = answers[asked - 1];
    return status ? route.fulfill({ status, contentType: "application/problem+json", body: "{}" }) : route.continue();
  });
  await save(page);
  await expect.poll(() => asked).toBeGreaterThan(answers.length);
  await expect(page.locator(".entry").first()).not.toContainText("照片");
  const { entries } = await (await server.api("reviewer")).get("/entries?limit=1");
  expect((await stored(page, entries[0].fields.attachments[0])).status).toBe(200);
});
