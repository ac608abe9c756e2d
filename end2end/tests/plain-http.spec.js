// Plain HTTP at an address of the local network, where browsers offer no service worker, no hash function and no locks.
import { chromium } from "@playwright/test";
import { complaints, expect, fillIn, save, signIn, test } from "./jiedui.js";

test("plain HTTP allows photos and promises no offline use", async ({ server, launchOptions }) => {
  const args = [...launchOptions.args, "--host-resolver-rules=MAP jiedui.lan 127.0.0.1"];
  const browser = await chromium.launch({ ...launchOptions, args });
  const context = await browser.newContext({ baseURL: `http://jiedui.lan:${server.port}`, viewport: { width: 360, height: 640 }, locale: "zh-CN" });
  const page = await context.newPage();
  const errors = complaints(page);
  await signIn(page, server, "recorder");
  expect(await page.evaluate(() => [isSecureContext, typeof crypto.subtle, typeof navigator.serviceWorker])).toEqual([false, "undefined", "undefined"]);
  await page.goto("/entries");
  await expect(page.getByText("此网址不能离线打开")).toBeVisible();
  await expect(page.getByText("可离线使用")).toBeHidden();
  await fillIn(page, { activity: "field_survey", place: "沫阳", values: { times: "1" } });
  const picture = await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    canvas.getContext("2d").fillRect(0, 0, 200, 100);
    return (await new Promise((done) => canvas.toBlob(done, "image/jpeg"))).arrayBuffer().then((buffer) => [...new Uint8Array(buffer)]);
  });
  await page.locator("#field-attachments").setInputFiles({ name: "1.jpg", mimeType: "image/jpeg", buffer: Buffer.from(picture) });
  await expect(page.locator(".photo-taken img")).toHaveCount(1);
  await save(page);
  await expect(page.locator("#sync")).toContainText("已同步");
  await expect(page.locator(".entry").first()).not.toContainText("照片待上传");
  const { entries } = await (await server.api("reviewer")).get("/entries?limit=1");
  const [sha256] = entries[0].fields.attachments;
  const status = await page.evaluate(async (sha256) => (await fetch(`/api/v1/attachments/${sha256}`)).status, sha256);
  expect(status).toBe(200);
  expect(errors).toEqual([]);
  await browser.close();
});
