// Sync in unusual situations: a large first pull, an outdated app, CBOR, a wrong clock.
import { readFile } from "node:fs/promises";
import { expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const SURVEY = { activity: "field_survey", place: "沫阳", note: "入户走访" };

test("large first pull shows progress and resumes after a break", async ({ page, server, line }) => {
  await server.command("generate", "--entries", "4000");
  await page.goto("/sign-in");
  await expect(page.locator("html.scripted")).toBeAttached();
  const asked = [];
  page.on("request", (request) => {
    const address = new URL(request.url());
    if (address.pathname.endsWith("/snapshot")) asked.push(address.searchParams.get("cursor"));
  });
  // The response stalls in the middle until the test has seen the progress, however slow the line is.
  line.hold("/sync/snapshot");
  await page.getByLabel("用户名").fill("recorder");
  await page.getByLabel("密码").fill(server.passwords.recorder);
  await page.getByRole("button", { name: "登录" }).click();
  await expect.poll(() => asked.length).toBe(1);
  await expect(async () => {
    line.grant(16_000);
    await expect(page.locator("#sync")).toContainText(/正在接收 \d+%/, { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  const bar = page.getByRole("progressbar", { name: "正在接收两地的填报" });
  await expect(bar).toBeVisible();
  line.cut();
  await expect(bar).toBeHidden();
  line.mend();
  await page.locator("#sync").click();
  await expect(page.locator("#sync")).toContainText("已同步");
  expect(asked[0]).toBe("");
  expect(asked.at(-1).length, "it went on from a cursor").toBeGreaterThan(20);
  const held = await page.evaluate(async () => {
    const { id } = JSON.parse(localStorage.getItem("jiedui.user"));
    const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const database = await done(indexedDB.open(`jiedui-${id}`));
    const records = await done(database.transaction("replica").objectStore("replica").getAll());
    database.close();
    return records.filter((row) => row.kind === "entry").length;
  });
  const coordinator = await server.api("recorder");
  let [count, after] = [0, ""];
  while (after !== null) {
    const { entries, next } = await coordinator.get(`/entries?limit=500${after && `&after=${after}`}`);
    // The phone holds those of the present and the previous year.
    const inWindow = entries.filter((entry) => entry.fields.date >= `${new Date().getFullYear() - 1}-01-01`);
    [count, after] = [count + inWindow.length, next];
  }
  expect(count).toBeGreaterThan(1000);
  expect(held).toBe(count);
});

test("outdated app exports unsent entries as a file that applies once", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await server.restart({ JIEDUI_OLDEST_SCHEMA: "99" });
  await fillIn(page, { ...SURVEY, values: { times: "3" } });
  await save(page);
  await expect(page.getByRole("alert")).toContainText("未上传的 1 条仍在这台手机里");
  await expect(page.locator("#sync")).toContainText("请更新应用");
  await page.locator(".entry-unsent summary").click();
  await expectReadable(page);
  const downloading = page.waitForEvent("download");
  await page.locator("#save-file").click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("jiedui-unsent.json");
  const push = JSON.parse(await readFile(await download.path(), "utf8"));
  expect(push.mutations.map((mutation) => mutation.fields.values)).toEqual([{ times: 3 }]);
  await server.restart({});
  const api = await server.api("recorder");
  const { results } = await api.post("/sync/push", push);
  expect(results.map((result) => result.outcome)).toEqual(["applied"]);
  // The app is updated, and the phone sends the same mutations again.
  await page.getByRole("button", { name: "现在更新" }).click();
  await expect(page.locator(".entry")).toContainText("已接收，待审核");
  const again = await server.api("recorder");
  expect((await again.get("/entries?year=2026")).entries.length).toBe(1);
});

for (const packs of [true, false]) {
  test(`pushes are CBOR, ${packs ? "compressed with gzip" : "uncompressed where the browser cannot compress"}`, async ({ page, server }) => {
    if (!packs) await page.addInitScript(() => delete window.CompressionStream);
    await signIn(page, server, "recorder");
    await readyOffline(page);
    const pushing = page.waitForRequest((request) => request.url().endsWith("/sync/push"));
    await fillIn(page, { ...SURVEY, values: { times: "3" } });
    await save(page);
    const headers = (await pushing).headers();
    expect(headers["content-type"]).toBe("application/cbor");
    expect(headers["content-encoding"]).toBe(packs ? "gzip" : undefined);
    await expect(page.locator(".entry")).toContainText("已接收，待审核");
  });
}

test("phone with a clock in 1970 records today's date offline", async ({ page, server, line }) => {
  await page.addInitScript(() => {
    const Real = Date;
    const behind = Real.now();
    window.Date = class extends Real {
      constructor(...parts) {
        parts.length ? super(...parts) : super(Real.now() - behind);
      }
      static now() {
        return Real.now() - behind;
      }
    };
  });
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await fillIn(page, { ...SURVEY, values: { times: "3" } });
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date());
  await expect(page.getByLabel("日期")).toHaveValue(today);
  await save(page);
  await goOnline(page, line);
  await expect(page.locator(".entry")).toContainText("已接收，待审核");
});
