// The sync as people meet it: two who change the same, a large first pull, an app that is too old, clocks and lines that
// are not what they should be.
import { readFile } from "node:fs/promises";
import { complaints, expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const SURVEY = { activity: "field_survey", place: "沫阳", note: "入户走访" };
const CLIENT = "01890000-0000-7000-8000-000000000002";

const entryOf = async (api) => (await api.get("/entries?year=2026")).entries[0];

// A recorder whose entry has arrived, and who then changes it with no network while a reviewer does something to it.
async function changeOnBothSides(page, server, line, reviewers) {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { ...SURVEY, values: { times: "2" } });
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  await goOffline(page, line);
  await page.locator(".entry").getByRole("link").first().click();
  await page.locator("#field-values-times").fill("7");
  await page.getByLabel("备注").fill("村里改的");
  await save(page);
  await expect(page.getByText("仅在本机，待上传")).toHaveCount(1);
  const reviewer = await server.api("reviewer");
  const entry = await entryOf(reviewer);
  const mutation = { seq: 1, kind: "entry", id: entry.id, base_rev: entry.rev, ...reviewers };
  const { results } = await reviewer.post("/sync/push", { client_id: CLIENT, mutations: [mutation] });
  expect(results[0].outcome).toBe("applied");
  await goOnline(page, line);
  await page.getByRole("link", { name: "选择保留哪个" }).click();
  await expect(page.getByRole("heading", { name: "两处不同，请选择" })).toBeVisible();
  return { reviewer, id: entry.id };
}

test("of two who change the same both values are kept until one chooses, the rest merges", async ({ page, server, line }) => {
  const found = complaints(page);
  const both = { op: "put", fields: { values: { times: 5, people: 9 } } };
  const { reviewer, id } = await changeOnBothSides(page, server, line, both);
  const sides = page.locator("fieldset.sides");
  await expect(sides).toHaveCount(1);
  await expect(sides).toContainText("调研次数");
  await expect(sides.getByLabel("演示审核员")).toBeChecked();
  await expect(sides).toContainText(/演示审核员的 · \d{4}-\d\d-\d\d \d\d:\d\d/);
  for (const [width, height] of [[1920, 1080], [360, 640]]) {
    await page.setViewportSize({ width, height });
    await expectReadable(page);
  }
  await sides.getByLabel("我的").check();
  await page.locator("#choose").click();
  await expect(page.locator(".entry")).toContainText("已接收，待审核");
  await expect(page.locator(".entry")).toContainText("调研次数 7 次");
  const whole = await reviewer.get(`/entries/${id}`);
  expect(whole.fields.values).toEqual({ times: 7, people: 9 });
  expect(whole.fields.note).toBe("村里改的");
  expect(whole.conflicts.map((conflict) => Boolean(conflict.settled_at))).toEqual([true]);
  // But for what the browser says of the line that was cut.
  expect(found.filter((text) => !text.includes("net::"))).toEqual([]);
});

test("an entry that was deleted while it was changed can be brought back, with no network too", async ({ page, server, line }) => {
  const { reviewer, id } = await changeOnBothSides(page, server, line, { op: "delete" });
  await expect(page.locator("fieldset.sides")).toContainText("演示审核员 已删除这条填报");
  await goOffline(page, line);
  await page.getByLabel("恢复，并用我的内容").check();
  await page.locator("#choose").click();
  await expect(page.locator(".entry")).toContainText("仅在本机，待上传");
  await goOnline(page, line);
  await expect(page.locator(".entry")).toContainText("已接收，待审核");
  const whole = await reviewer.get(`/entries/${id}`);
  expect([whole.deleted, whole.fields.values.times, whole.fields.note]).toEqual([false, 7, "村里改的"]);
});

test("a large first pull says how far it is and goes on where the line broke", async ({ page, server, line }) => {
  await server.command("generate", "--entries", "4000");
  await page.goto("/sign-in");
  await expect(page.locator("html.scripted")).toBeAttached();
  const asked = [];
  page.on("request", (request) => {
    const address = new URL(request.url());
    if (address.pathname.endsWith("/snapshot")) asked.push(address.searchParams.get("cursor"));
  });
  // However slow the line and the phone are, the answer stands still in the middle until the test has seen what it wants to.
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
    return records.filter((text) => JSON.parse(text).kind === "entry").length;
  });
  const coordinator = await server.api("recorder");
  let [count, after] = [0, ""];
  while (after !== null) {
    const { entries, next } = await coordinator.get(`/entries?limit=500${after && `&after=${after}`}`);
    [count, after] = [count + entries.length, next];
  }
  expect(held).toBe(count);
});

test("an app that is too old keeps what is unsent, and gives it as a file that doubles nothing", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await server.restart({ JIEDUI_OLDEST_SCHEMA: "99" });
  await fillIn(page, { ...SURVEY, values: { times: "3" } });
  await save(page);
  await expect(page.getByRole("alert")).toContainText("未上传的 1 条仍在这台手机里");
  await expect(page.locator("#sync")).toContainText("请更新应用");
  await page.getByText("未上传的填报 1").click();
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
  // The update comes, and the phone sends the same once more.
  await page.getByRole("button", { name: "现在更新" }).click();
  await expect(page.locator(".entry")).toContainText("已接收，待审核");
  const again = await server.api("recorder");
  expect((await again.get("/entries?year=2026")).entries.length).toBe(1);
});

for (const packs of [true, false]) {
  test(`what goes up is CBOR, ${packs ? "packed with gzip" : "plain where the browser cannot pack"}`, async ({ page, server }) => {
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

test("a phone whose clock stands in 1970 records today's date, with no network too", async ({ page, server, line }) => {
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

test("where no live event comes through, a screen that is looked at asks by itself", async ({ page, server }) => {
  await page.route("**/api/v1/live", (route) => route.abort());
  await page.clock.install();
  await signIn(page, server, "viewer");
  const recorder = await server.api("recorder");
  const fields = { activity: "field_survey", date: "2026-11-20", place: "522728109", values: { times: 6 } };
  const id = "019abcde-0000-7000-8000-000000000001";
  const mutations = [{ seq: 1, kind: "entry", id, base_rev: 0, op: "put", fields }];
  await recorder.post("/sync/push", { client_id: CLIENT, mutations });
  await page.goto("/?year=2026&programme=party_building");
  const figure = page.locator("[data-indicator=field_surveys]");
  await expect(figure).toContainText("6");
  const more = { ...fields, values: { times: 4 } };
  await recorder.post("/sync/push", { client_id: CLIENT, mutations: [{ ...mutations[0], seq: 2, id: id.replace(/1$/, "2"), fields: more }] });
  await page.clock.fastForward(61_000);
  await expect(figure).toContainText("10");
});
