// Reviews: an entry is returned with a reason, corrected and verified, partly offline.
import { complaints, expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const started = (page) => expect(page.locator("html.scripted")).toBeAttached();
const surveys = { activity: "field_survey", place: "沫阳" };

async function phone(browser, line) {
  return (await browser.newContext({ baseURL: line.address, viewport: { width: 360, height: 640 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" })).newPage();
}

async function recorded(page, values, note) {
  await fillIn(page, { ...surveys, values: { times: String(values) }, note });
  await save(page);
  await expect(page.locator("#sync")).toContainText("已同步");
}

test("entry is returned, corrected and verified, and the figure follows", async ({ page, server, line, browser }) => {
  const errors = complaints(page);
  await signIn(page, server, "recorder");
  await recorded(page, 7, "村口调研");
  const other = await phone(browser, line);
  const foundThere = complaints(other);
  await signIn(other, server, "reviewer");
  const figure = async (text) => {
    await page.goto("/?year=2026");
    await expect(page.locator('[data-indicator="field_surveys"] strong')).toHaveText(text);
  };
  await figure("7");

  await readyOffline(other);
  await other.goto("/review");
  const waiting = other.locator(".review .entry");
  await expect(waiting).toHaveCount(1);
  await expect(waiting).toContainText("村口调研");
  await expectReadable(other);
  // A village without a line: the decision waits on the reviewer's phone.
  await goOffline(other, line);
  await waiting.getByRole("button", { name: "退回", exact: true }).click();
  await waiting.getByRole("button", { name: "确认退回" }).click();
  await expect(waiting.locator(".error")).toHaveText("请写明退回原因");
  await waiting.getByRole("button", { name: "请核对数值" }).click();
  await waiting.getByRole("button", { name: "确认退回" }).click();
  await expect(other.getByText("没有待审核的填报")).toBeVisible();
  await expect(other.locator("#sync")).toContainText("待上传 1");
  await goOnline(other, line);
  await expect(other.locator("#sync")).toContainText("已同步");
  await figure("—");

  await page.goto("/entries");
  await expect(page.locator(".entry")).toContainText("请核对数值");
  await page.locator(".entry a").first().click();
  await page.locator("#field-values-times").fill("6");
  await save(page);
  await expect(page.locator("#sync")).toContainText("已同步");
  await figure("6");

  await other.goto("/review");
  await expect(waiting).toHaveCount(1);
  await waiting.getByText("操作记录").click();
  const changes = waiting.locator(".table-changes tbody tr");
  await expect(changes).toHaveCount(1);
  await expect(changes).toContainText("次数");
  expect((await changes.locator("td").allTextContents()).map((text) => text.trim())).toEqual(["7 次", "6 次"]);
  // By keyboard only.
  await other.locator("h1").click();
  await other.keyboard.press("j");
  await other.keyboard.press("v");
  await expect(other.getByText("没有待审核的填报")).toBeVisible();
  await expect(other.locator("#sync")).toContainText("已同步");
  await page.goto("/?year=2026&include=verified");
  await expect(page.locator('[data-indicator="field_surveys"] strong')).toHaveText("6");
  await page.goto("/entries");
  await expect(page.locator(".entry .state")).toHaveText("已审核");
  expect(errors.concat(foundThere).filter((line) => !line.includes("net::ERR"))).toEqual([]);
  await other.context().close();
});

test("typed reason stays when the entry changes", async ({ page, server, line, browser }) => {
  await signIn(page, server, "recorder");
  await recorded(page, 7, "村口调研");
  const other = await phone(browser, line);
  await signIn(other, server, "reviewer");
  await other.goto("/list?year=2026");
  await other.locator(".list .latest a").first().click();
  await other.getByRole("button", { name: "退回", exact: true }).click();
  await other.getByLabel("退回原因").fill("人数与签到表不符");
  await page.locator(".entry a").first().click();
  await page.locator("#field-values-times").fill("6");
  await save(page);
  await expect(other.locator(".entry-whole")).toContainText("6 次");
  await expect(other.getByLabel("退回原因")).toHaveValue("人数与签到表不符");
  await other.getByRole("button", { name: "确认退回" }).click();
  await expect(other.locator(".entry-whole .state")).toContainText("已退回");
  await page.goto("/entries");
  await expect(page.locator(".entry")).toContainText("人数与签到表不符");
  await other.context().close();
});

test("likely duplicates are marked and excluded from bulk verification", async ({ page, server, line, browser }) => {
  await signIn(page, server, "recorder");
  for (const times of [30, 31, 3]) await recorded(page, times, `第${times}次`);
  const other = await phone(browser, line);
  await signIn(other, server, "reviewer");
  await other.goto("/review");
  const waiting = other.locator(".review .entry");
  await expect(waiting).toHaveCount(3);
  await expect(other.getByText("可能与以下填报重复")).toHaveCount(2);
  other.on("dialog", (dialog) => dialog.accept());
  await other.getByRole("button", { name: "全选（不含疑似重复）" }).click();
  await other.getByRole("button", { name: "通过所选（1）" }).click();
  await expect(waiting).toHaveCount(2);
  await expect(other.locator("#sync")).toContainText("已同步");
  await waiting.first().locator("input[type=checkbox]").check();
  await waiting.nth(1).locator("input[type=checkbox]").check();
  await other.getByRole("button", { name: "通过所选（2）" }).click();
  await expect(other.getByText("没有待审核的填报")).toBeVisible();
  await other.context().close();
});

test("reviewer leaves entries with their own numbers to another reviewer", async ({ page, server }) => {
  await signIn(page, server, "reviewer");
  await recorded(page, 7, "自己填的");
  await page.goto("/review");
  await expect(page.getByText("没有待审核的填报")).toBeVisible();
  await expect(page.locator("main")).toContainText("另有 1 条的数字是您填报或最后修改的");
  const api = await server.api("coordinator");
  const { entries } = await api.get("/entries?year=2026");
  await page.goto(`/list/${entries[0].id}`);
  await expect(page.locator(".review-decide")).toContainText("由另一位审核人员通过");
  await expect(page.locator("[data-decide=verify]")).toBeHidden();
  await expect(page.locator("[data-decide=return]")).toBeVisible();
  await expectReadable(page);
  // After another's change of the number, the author may approve it.
  const put = { seq: 1, kind: "entry", id: entries[0].id, base_rev: entries[0].rev, op: "put", fields: { values: { times: 8 } } };
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations: [put] });
  expect(results[0].outcome).toBe("applied");
  await expect(page.locator("[data-decide=verify]")).toBeVisible();
  await page.locator("[data-decide=verify]").click();
  await expect(page.locator(".entry-whole .state")).toContainText("已审核");
  await expect(page.locator("#sync")).toContainText("已同步");
  expect((await api.get(`/entries/${entries[0].id}`)).fields.state).toBe("verified");
});

test("entries are found by words and states offline, with their history", async ({ page, server, line }) => {
  const errors = complaints(page);
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  await page.goto("/list?year=2023");
  await started(page);
  const rows = page.locator(".list .latest li");
  await expect(rows.nth(20)).toBeVisible();
  const all = await rows.count();
  await page.getByLabel("搜索", { exact: true }).fill("罗甸 实地调研");
  await expect(rows).toHaveCount(1);
  await expect(page).toHaveURL(/q=/);
  await expectReadable(page);
  await goOffline(page, line);
  await page.reload();
  await expect(rows).toHaveCount(1);
  await page.getByLabel("搜索", { exact: true }).fill("没有这样的");
  await expect(page.getByText("没有找到符合条件的填报")).toBeVisible();
  await page.getByLabel("搜索", { exact: true }).fill("");
  await expect(rows).toHaveCount(all);
  await rows.first().getByRole("link").first().click();
  await expect(page.getByText("联网后可查看操作记录")).toBeVisible();
  await goOnline(page, line);
  await page.reload();
  await expect(page.getByRole("heading", { name: "操作记录" })).toBeVisible();
  await expect(page.locator("ol.latest li")).toHaveCount(1);
  await expectReadable(page);
  await page.goto("/?year=2023");
  await page.locator(".pair button").first().click();
  await page.getByRole("link", { name: /打开列表/ }).click();
  await expect(rows).toHaveCount(3);
  await page.getByRole("button", { name: "列出全部" }).click();
  await expect(rows).toHaveCount(all);
  expect(errors.filter((line) => !line.includes("net::ERR"))).toEqual([]);
});

test("organisation is found by pinyin initials offline, with its partners", async ({ page, server, line }) => {
  const errors = complaints(page);
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  const rows = page.locator(".list .latest li");
  // The entries are on the phone, too.
  await page.goto("/list?year=2023");
  await expect(rows.nth(20)).toBeVisible();
  await goOffline(page, line);
  await page.goto("/organisations");
  await expect(rows).toHaveCount(10);
  await page.getByLabel("名称或拼音首字母").fill("myz");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("沫阳镇");
  await expectReadable(page);
  await rows.getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("沫阳镇");
  await expect(page.getByRole("link", { name: "花溪区 — 沫阳镇" })).toBeVisible();
  // Its map and figures include only its pairing.
  await expect(page.locator(".map-static path.map-pairing")).toHaveCount(1);
  await expect(page.locator(".table-amounts")).toContainText("交流活动");
  await expect(page.getByRole("heading", { name: "共 3 条" })).toBeVisible();
  await expectReadable(page);
  await page.getByRole("link", { name: "花溪区 — 沫阳镇" }).click();
  await expect(rows).toHaveCount(3);
  await goOnline(page, line);
  await page.goto("/organisations?side=a");
  await expect(rows.first()).toBeVisible();
  expect(await rows.count()).toBeLessThan(10);
  expect(errors.filter((line) => !line.includes("net::ERR"))).toEqual([]);
});

test("organisation's page without an account shows a count and sign-in", async ({ page }) => {
  await page.goto("/organisations?q=myz");
  await page.locator(".list .latest li").getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("沫阳镇");
  await expect(page.getByRole("heading", { name: "共 3 条" })).toBeVisible();
  await expect(page.getByText("登录后可以看到填报明细")).toBeVisible();
});

test("entry's photos are shown in lists, pairing and entry", async ({ page, server }) => {
  await signIn(page, server, "coordinator");
  const photo = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 30 });
    canvas.getContext("2d").fillRect(5, 5, 20, 20);
    const bytes = await (await new Promise((done) => canvas.toBlob(done, "image/jpeg"))).arrayBuffer();
    const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const answer = await fetch(`/api/v1/attachments/${hash}`, { method: "PUT", body: bytes });
    return answer.status === 201 ? hash : `${answer.status}: ${await answer.text()}`;
  });
  const api = await server.api("coordinator");
  const { pairings } = await api.get("/overview");
  const pairing = pairings.find((candidate) => candidate.programme === "party_building");
  const fields = { activity: "field_survey", date: "2026-11-20", place: "522728109", values: { times: 1 }, pairing: pairing.id, attachments: [photo] };
  const mutation = { seq: 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields };
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations: [mutation] });
  expect(results[0].outcome).toBe("applied");
  const seen = (where) => expect.poll(() => page.locator(`${where} .photo img`).first().evaluate((element) => element.naturalWidth)).toBe(40);
  await page.goto("/list?year=2026");
  await seen(".list .latest");
  await page.locator(".list .latest a").first().click();
  await seen(".entry-whole");
  await expectReadable(page);
  await page.goto("/?year=2026");
  await page.locator(".pair button").first().click();
  await seen(".sheet");
});
