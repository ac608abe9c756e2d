// Entries that are returned, deleted, voided, locked or wrongly dated: on a phone by touch, on a desktop with a mouse.
import { complaints, expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

test.use({ hasTouch: true });

const SURVEY = { activity: "field_survey", place: "沫阳" };
const synced = (page) => expect(page.locator("#sync")).toContainText("已同步");
const today = () => new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10);

// Another user on a desktop.
async function openDesktop(browser, server, line, username) {
  const context = await browser.newContext({ baseURL: line.address, viewport: { width: 1440, height: 900 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
  const page = await context.newPage();
  await signIn(page, server, username);
  return page;
}

// Records entries through the API and returns their identifiers.
async function recorded(api, entries) {
  const fields = (changes) => ({ activity: "field_survey", date: today(), place: "522728109", values: { times: 3 }, ...changes });
  const mutations = entries.map((entry, at) => ({ seq: at + 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields: fields(entry) }));
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations });
  expect(results.map((result) => result.outcome)).toEqual(entries.map(() => "applied"));
  return mutations.map((mutation) => mutation.id);
}

async function decided(api, id, fields) {
  const { rev } = await api.get(`/entries/${id}`);
  const mutation = { seq: 1, kind: "entry", id, base_rev: rev, op: "put", fields };
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations: [mutation] });
  expect(results[0].outcome).toBe("applied");
}

async function figure(page, text) {
  await page.goto("/?year=2026");
  await expect(page.locator('[data-indicator="field_surveys"] strong')).toHaveText(text);
}

test("returned entry shows reviewer, time and reason offline and is resubmitted", async ({ page, server, line, browser }) => {
  const errors = complaints(page);
  await signIn(page, server, "recorder");
  await fillIn(page, { ...SURVEY, date: "2026-10-02", values: { times: "7" }, note: "较早的一条" });
  await save(page);
  await synced(page);
  const reviewer = await openDesktop(browser, server, line, "reviewer");
  await reviewer.goto("/review");
  const card = reviewer.locator(".pane");
  await card.getByRole("button", { name: "退回", exact: true }).click();
  await card.getByRole("button", { name: "确认退回" }).click();
  await expect(card.locator(".review-decide .error")).toHaveText("请写明退回原因");
  await card.getByRole("button", { name: "请核对数值" }).click();
  await expect(card.locator(".review-decide .error"), "a reason has been given").toBeHidden();
  await card.getByRole("button", { name: "请补充照片" }).click();
  await card.getByRole("button", { name: "确认退回" }).click();
  await expect(reviewer.getByText("没有待审核的填报")).toBeVisible();
  await synced(reviewer);
  await reviewer.context().close();
  // A later entry is below it.
  await fillIn(page, { ...SURVEY, values: { times: "1" }, note: "较新的一条" });
  await save(page);
  await readyOffline(page);
  await goOffline(page, line);
  const rows = page.locator(".entry");
  await expect(rows).toHaveCount(2);
  const why = /已退回 · 演示审核员 · \d\d-\d\d \d\d:\d\d：请核对数值；请补充照片/;
  await expect(rows.first()).toContainText(why);
  await expectReadable(page);
  await page.goto("/work");
  await page.locator("#work-mine").getByRole("link", { name: "待处理" }).tap();
  await expect(page).toHaveURL(/\/entries\?state=settle/);
  await expect(rows).toHaveCount(1);
  await rows.getByRole("link").first().tap();
  await expect(page.locator(".form-returned")).toContainText(why);
  const concerned = page.locator(".form-flagged");
  await expect(concerned.filter({ hasText: "请核对这一项：请核对数值；请补充照片" })).toHaveCount(await concerned.count());
  await expect(concerned.locator("#field-values-times")).toBeVisible();
  await expect(concerned.locator("#field-attachments")).toBeVisible();
  await expect(concerned.locator("#field-note")).toHaveCount(0);
  await expectReadable(page);
  // It can be resubmitted without a change.
  await expect(page.locator("#save")).toHaveText("改好并重新提交");
  await page.locator("#save").tap();
  await expect(page.getByRole("heading", { name: "我的填报" })).toBeVisible();
  await goOnline(page, line);
  await synced(page);
  const { entries } = await (await server.api("coordinator")).get("/entries?state=submitted&year=2026");
  expect(entries.map((record) => [record.fields.note, record.fields.review_note, record.fields.reviewed_by]).sort()).toEqual([["较新的一条", undefined, undefined], ["较早的一条", undefined, undefined]].sort());
  expect(errors.filter((text) => !text.includes("net::"))).toEqual([]);
});

test("author deletes and restores offline; closing the app completes a deletion", async ({ page, server, line, context }) => {
  const errors = complaints(page);
  await signIn(page, server, "recorder");
  const api = await server.api("recorder");
  const [id] = await recorded(api, [{}]);
  await readyOffline(page);
  const row = page.locator(`[data-entry="${id}"]`);
  const remove = async () => {
    await row.locator(".entry-menu summary").tap();
    await row.getByRole("button", { name: "删除" }).tap();
    await expect(row).toHaveCount(0);
    await expect(page.locator(".snackbar")).toContainText("已删除 1 条填报");
  };
  await expect(row).toBeVisible();
  await goOffline(page, line);
  await remove();
  await expectReadable(page);
  await page.getByRole("button", { name: "撤销" }).tap();
  await expect(row).toBeVisible();
  await expect(page.locator(".snackbar")).toHaveCount(0);
  await goOnline(page, line);
  await synced(page);
  expect((await api.get(`/entries/${id}`)).deleted).toBe(false);
  await figure(page, "3");
  // The deletion waits while it can be undone, and is then sent.
  await page.goto("/entries");
  await remove();
  await expect(page.locator(".snackbar")).toHaveCount(0);
  await synced(page);
  await expect.poll(async () => (await api.get(`/entries/${id}`)).deleted).toBe(true);
  await figure(page, "—");
  // The app is closed while the deletion can still be undone.
  const [second] = await recorded(api, [{ note: "第二条" }]);
  await page.goto("/entries");
  const other = page.locator(`[data-entry="${second}"]`);
  await other.locator(".entry-menu summary").tap();
  await other.getByRole("button", { name: "删除" }).tap();
  await expect(other).toHaveCount(0);
  await page.close();
  const again = await context.newPage();
  await again.goto("/entries");
  await expect(again.getByText("还没有填报")).toBeVisible();
  await expect.poll(async () => (await api.get(`/entries/${second}`)).deleted, { timeout: 20_000 }).toBe(true);
  expect(errors.filter((text) => !text.includes("net::"))).toEqual([]);
});

test("approved entry is deleted only by a coordinator, with a reason", async ({ page, server, line, browser }) => {
  await signIn(page, server, "recorder");
  const [id] = await recorded(await server.api("recorder"), [{ note: "要删的" }]);
  await decided(await server.api("reviewer"), id, { state: "verified" });
  await page.goto("/entries");
  await expect(page.locator(`[data-entry="${id}"]`)).toContainText("已审核");
  await expect(page.locator(".entry-menu")).toHaveCount(0);
  const coordinator = await openDesktop(browser, server, line, "coordinator");
  await coordinator.goto("/list?q=要删的");
  await expect(coordinator.locator(".data-table tbody tr")).toHaveCount(1);
  await coordinator.locator(".pane").getByRole("link", { name: "打开" }).click();
  await expect(coordinator.getByRole("link", { name: "修改" })).toBeVisible();
  await coordinator.locator(".entry-menu summary").click();
  await coordinator.getByRole("button", { name: "删除", exact: true }).click();
  await coordinator.getByRole("button", { name: "确认删除" }).click();
  await expect(coordinator.locator(".reason .error")).toHaveText("请写明删除原因");
  await coordinator.getByLabel("删除原因").fill("填错了村");
  await expectReadable(coordinator);
  await coordinator.getByRole("button", { name: "确认删除" }).click();
  await expect(coordinator.locator(".snackbar")).toBeVisible();
  await expect(coordinator.locator(".snackbar")).toHaveCount(0);
  await synced(coordinator);
  // Its author is informed, with the reason.
  await page.goto("/entries");
  await expect(page.getByText("还没有填报")).toBeVisible();
  const gone = page.locator(".entries.gone .entry");
  await expect(gone).toContainText("已被他人删除");
  await expectReadable(page);
  await gone.getByRole("link").tap();
  await expect(page.locator(".notice.bad")).toHaveText("已删除");
  await expect(page.locator("ol.latest li").last()).toContainText("原因：填错了村");
  await expect(page.locator("ol.latest li").last()).toContainText("演示协调员");
  await page.goto("/entries");
  await gone.getByRole("button", { name: "知道了" }).tap();
  await expect(gone).toHaveCount(0);
  await figure(page, "—");
  await coordinator.context().close();
});

test("reviewer voids a duplicate, and the history names the original", async ({ page, server }) => {
  const errors = complaints(page);
  const api = await server.api("recorder");
  const [first, second] = await recorded(api, [{ note: "甲" }, { note: "乙" }]);
  await signIn(page, server, "reviewer");
  await page.goto("/review");
  const [row, card] = [page.locator(`[data-entry="${second}"]`), page.locator(".pane")];
  await row.getByRole("link").tap();
  await card.getByRole("button", { name: "作废重复" }).tap();
  await expect(card.getByRole("group", { name: "与哪一条重复" })).toContainText("沫阳镇");
  await card.getByLabel("作废原因").fill("同一次调研报了两遍");
  await expectReadable(page);
  await card.getByRole("button", { name: "确认作废" }).tap();
  await expect(row).toHaveCount(0);
  await page.getByRole("button", { name: "撤销" }).tap();
  await expect(row).toHaveCount(1);
  // The card shows the other entry meanwhile.
  await page.goBack();
  await row.getByRole("link").tap();
  await card.getByRole("button", { name: "作废重复" }).tap();
  await card.getByRole("button", { name: "确认作废" }).tap();
  await expect(page.locator(".review .row")).toHaveCount(1);
  await expect(page.locator(".snackbar")).toHaveCount(0);
  await expect.poll(async () => (await api.get(`/entries/${second}`)).deleted).toBe(true);
  const { fields } = (await api.get(`/entries/${second}`)).history.at(-1);
  expect([fields.reason, fields.duplicate_of]).toEqual(["与另一条填报重复", first]);
  await figure(page, "3");
  expect(errors).toEqual([]);
});

test("queue and work page show equal counts, and entries of other years", async ({ page, server }) => {
  const api = await server.api("recorder");
  const in2025 = [1, 2, 3].map((day) => ({ date: `2025-12-0${day}`, note: "去年的辣椒" }));
  await recorded(api, [...in2025, { note: "今年的辣椒" }]);
  await signIn(page, server, "reviewer");
  await page.goto("/work");
  await expect(page.getByRole("heading", { name: "待我审核（4）" })).toBeVisible();
  await page.getByRole("link", { name: "待我审核（4）" }).tap();
  await expect(page.locator(".review [role=status]").first()).toHaveText("待审核 4 条（先审最早的）");
  await expect(page.getByLabel("口径")).toHaveCount(0);
  await page.getByLabel("年度").selectOption("2026");
  await expect(page.locator(".review .row")).toHaveCount(1);
  await expectReadable(page);
  await page.getByRole("button", { name: "另有 3 条在其他年度 · 显示" }).tap();
  await expect(page.locator(".review .row")).toHaveCount(4);
  await page.goto("/list?q=辣椒");
  await expect(page.locator(".list .latest li")).toHaveCount(4);
  await page.goto("/list?q=辣椒&year=2026");
  await expect(page.locator(".list .latest li")).toHaveCount(1);
  await page.getByRole("button", { name: "另有 3 条在其他年度 · 显示" }).tap();
  await expect(page.locator(".list .latest li")).toHaveCount(4);
  await page.goto("/list?q=辣椒&programme=health");
  await page.getByRole("button", { name: "另有 4 条不在所选条件内 · 显示全部" }).tap();
  await expect(page.locator(".list .latest li")).toHaveCount(4);
});

test("entry of a closed month is marked and edited only with a reason", async ({ page, server, line, browser }) => {
  await signIn(page, server, "recorder");
  const [id] = await recorded(await server.api("recorder"), [{ note: "锁定月份" }]);
  const coordinator = await openDesktop(browser, server, line, "coordinator");
  const open = async () => {
    await coordinator.goto(`/list/${id}`);
    await coordinator.getByRole("link", { name: "修改" }).click();
  };
  // An open month requires no reason.
  await open();
  await coordinator.locator("#field-values-times").fill("4");
  await expect(coordinator.locator("#field-reason")).toHaveCount(0);
  await coordinator.locator("#save").click();
  await expect(coordinator).toHaveURL(new RegExp(`/list/${id}`));
  await expect(coordinator.locator(".entry-whole")).toContainText("4 次");
  await synced(coordinator);
  await coordinator.goto("/work");
  await coordinator.locator(".periods summary").click();
  coordinator.on("dialog", (dialog) => dialog.accept());
  const month = coordinator.locator(`[data-month="${today().slice(0, 7)}"]`);
  await month.getByRole("button", { name: "锁定" }).click();
  await expect(month).toContainText("演示协调员");
  await open();
  await expect(coordinator.locator("#field-reason")).toBeVisible();
  await coordinator.locator("#field-values-times").fill("5");
  await coordinator.locator("#save").click();
  await expect(coordinator.locator("#error-reason")).toHaveText("请填写");
  await coordinator.locator("#field-reason").fill("核对签到表");
  await coordinator.locator("#save").click();
  await expect(coordinator.locator(".entry-whole .state.closed")).toHaveText("已锁定");
  await synced(coordinator);
  await expect(coordinator.locator("ol.latest li").last()).toContainText("原因：核对签到表");
  await expectReadable(coordinator);
  await coordinator.goto("/list?q=锁定月份");
  await expect(coordinator.locator(".pane .state.closed")).toHaveText("已锁定");
  const { fields } = await (await server.api("coordinator")).get(`/entries/${id}`);
  expect([fields.values.times, fields.reason, fields.state]).toEqual([5, "核对签到表", "submitted"]);
  await page.goto("/entries");
  const row = page.locator(`[data-entry="${id}"]`);
  await expect(row.locator(".state.closed")).toHaveText("已锁定");
  await expect(row.locator(".entry-menu")).toHaveCount(0);
  await row.getByRole("link").first().tap();
  await expect(page.locator(".entry-whole")).toContainText("锁定月份");
  await coordinator.context().close();
});

test("future date is an error offline, and an old date needs confirmation", async ({ page, server, line }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await fillIn(page, { ...SURVEY, values: { times: "2" } });
  const date = page.locator("#field-date");
  const tomorrow = new Date(Date.now() + 32 * 3600_000).toISOString().slice(0, 10);
  await expect(date).toHaveAttribute("max", tomorrow);
  await date.fill("2027-06-01");
  await page.locator("#save").tap();
  await expect(page.locator("#error-date")).toHaveText("日期还没有到");
  const long = `${Number(today().slice(0, 4)) - 1}-01-15`;
  await date.fill(long);
  await expect(page.locator("#error-date")).toHaveText("");
  await expect(page.locator("#date-long-ago")).toHaveText(`确定是 ${long.slice(0, 4)} 年吗？`);
  await expectReadable(page);
  await save(page);
  await goOnline(page, line);
  await synced(page);
  await expect(page.locator(".entry")).toContainText(long);
  await expect(page.locator(".entry .state").first()).toContainText("待审核");
});

test("discarded draft is restored by undo", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await page.goto("/entries/new/field_survey");
  await page.locator("#field-values-times").fill("8");
  await page.goto("/entries");
  const draft = page.locator(".entry.draft");
  await expect(draft).toHaveCount(1);
  await draft.getByRole("button", { name: "丢弃" }).tap();
  await expect(draft).toHaveCount(0);
  await expect(page.locator(".snackbar")).toContainText("已丢弃 1 份草稿");
  await page.getByRole("button", { name: "撤销" }).tap();
  await expect(draft).toHaveCount(1);
  await page.reload();
  await draft.getByRole("link").tap();
  await expect(page.locator("#field-values-times")).toHaveValue("8");
});
