// Losses are reported: pending deletions, storage that was emptied, and an account that
// another tab has signed out.
import { expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, signOut, test } from "./jiedui.js";

const SURVEY = { activity: "field_survey", place: "沫阳镇", date: "2026-11-20", values: { times: "3" } };
const synced = (page) => expect(page.locator("#sync")).toContainText("已同步");

// Creates an acknowledged entry.
async function recorded(api) {
  const fields = { activity: "field_survey", date: "2026-11-20", place: "522728109", values: { times: 3 } };
  const mutation = { seq: 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields };
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations: [mutation] });
  expect(results[0].outcome).toBe("applied");
  return mutation.id;
}

for (const [width, height] of [[360, 640], [1440, 900]]) {
  test(`pending deletion has a row with undo after a reload (${width} px)`, async ({ page, server, line }) => {
    await page.setViewportSize({ width, height });
    const api = await server.api("recorder");
    const id = await recorded(api);
    await signIn(page, server, "recorder");
    await readyOffline(page);
    await expect(page.locator(`[data-entry="${id}"]`)).toBeVisible();
    await goOffline(page, line);
    const remove = async () => {
      await page.locator(`[data-entry="${id}"] .entry-menu summary`).click();
      await page.locator(`[data-entry="${id}"]`).getByRole("button", { name: "删除" }).click();
      await expect(page.locator(`[data-entry="${id}"]`)).toHaveCount(0);
    };
    await remove();
    const row = page.locator(`[data-deletion="${id}"]`);
    await expect(row).toContainText("已删除，待上传");
    await expect(row).toContainText("沫阳镇");
    await page.reload();
    await expect(row).toContainText("已删除，待上传");
    await expect(page.locator("#sync")).toContainText("待上传 1");
    await expectReadable(page);
    await page.goto(`/list/${id}`);
    await expect(row).toContainText("已删除，待上传");
    await expect(page.getByText("不在这台手机上")).toHaveCount(0);
    await row.getByRole("button", { name: "撤销" }).click();
    await expect(page.getByRole("heading", { name: "实地调研" })).toBeVisible();
    await goOnline(page, line);
    await synced(page);
    expect((await api.get(`/entries/${id}`)).deleted).toBe(false);
    // It waits without a network, and disappears once it is sent.
    await page.goto("/entries");
    await expect(page.locator(`[data-entry="${id}"]`)).toBeVisible();
    await goOffline(page, line);
    await remove();
    await expect(page.locator(".snackbar")).toHaveCount(0);
    await page.goto("/list");
    await expect(row.getByRole("button", { name: "撤销" })).toBeVisible();
    await goOnline(page, line);
    await expect(row).toHaveCount(0);
    await synced(page);
    expect((await api.get(`/entries/${id}`)).deleted).toBe(true);
  });
}

test("emptied storage is reported with the number of lost entries", async ({ page, server, line }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await fillIn(page, SURVEY);
  await save(page);
  await page.goto("/work");
  await expect(page.locator("#sync")).toContainText("待上传 1");
  await page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) {
      await new Promise((done) => Object.assign(indexedDB.deleteDatabase(name), { onsuccess: done, onerror: done }));
    }
  });
  await goOnline(page, line);
  const notice = page.locator(".notice.bad");
  await expect(notice).toContainText("手机存储被清空，1 条未上传的填报");
  await expectReadable(page);
  await page.reload();
  await expect(notice, "until it has been read").toContainText("1 条未上传的填报");
  await notice.getByRole("button", { name: "关闭" }).click();
  await expect(notice).toHaveCount(0);
  await synced(page);
  await page.reload();
  await synced(page);
  await expect(notice).toHaveCount(0);
});

test("emptied storage without unsent entries reports no loss", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, SURVEY);
  await save(page);
  await synced(page);
  await page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) {
      await new Promise((done) => Object.assign(indexedDB.deleteDatabase(name), { onsuccess: done, onerror: done }));
    }
  });
  await page.reload();
  await synced(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  await expect(page.locator(".notice.bad")).toHaveCount(0);
});

test("sign-out in one tab signs out the others", async ({ page, server, context }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  const other = await context.newPage();
  await other.goto("/entries");
  await synced(other);
  await signOut(other);
  await expect(other.getByRole("link", { name: "登录" }).first()).toBeVisible();
  await expect(page.locator("#sync")).toHaveCount(0);
  await expect(page.getByRole("link", { name: "登录" }).first()).toBeVisible();
  await signIn(other, server, "reviewer");
  await expect(page.getByText("演示填报员")).toHaveCount(0);
});

test("badge never shows zero pending uploads", async ({ page, server }) => {
  await page.addInitScript(() => {
    window.badges = new Set();
    new MutationObserver(() => window.badges.add(document.querySelector("#sync")?.textContent.trim()))
      .observe(document, { subtree: true, childList: true, characterData: true });
  });
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, SURVEY);
  await page.evaluate(() => window.badges.clear());
  await save(page);
  await synced(page);
  const badges = await page.evaluate(() => [...window.badges]);
  expect(badges).toContain("正在上传 1");
  expect(badges).not.toContain("正在上传 0");
});

test("pending deletion of a ledger item has undo after a reload", async ({ page, server, line }) => {
  const api = await server.api("recorder");
  const fields = { ledger: "need", year: 2026, place: "522728109", programme: "industry", title: "冷库", status: "open", dates: { open: "2026-11-20" } };
  const mutation = { seq: 1, kind: "need", id: crypto.randomUUID(), base_rev: 0, op: "put", fields };
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations: [mutation] });
  expect(results[0].outcome).toBe("applied");
  const { id } = mutation;
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  const item = page.locator(`[data-need="${id}"]`);
  const row = page.locator(`[data-deletion="${id}"]`);
  const remove = async () => {
    await page.goto(`/needs/${id}`);
    await page.getByRole("button", { name: "删除" }).click();
    await expect(page.getByRole("heading", { name: "需求台账" })).toBeVisible();
  };
  await remove();
  await expect(item).toHaveCount(0);
  await expect(row).toContainText("冷库");
  await page.reload();
  await expect(row).toContainText("已删除，待上传");
  await expect(page.locator("#sync")).toContainText("待上传 1");
  await expectReadable(page);
  await row.getByRole("button", { name: "撤销" }).click();
  await expect(item).toBeVisible();
  await expect(row).toHaveCount(0);
  await goOnline(page, line);
  await synced(page);
  await expect(item).toBeVisible();
  await remove();
  await expect(row).toHaveCount(0, { timeout: 20_000 });
  await synced(page);
  await expect(item).toHaveCount(0);
});

test("open menu stays open when its entry changes", async ({ page, server }) => {
  const api = await server.api("recorder");
  const id = await recorded(api);
  await signIn(page, server, "recorder");
  await page.goto("/entries");
  const row = page.locator(`[data-entry="${id}"]`);
  await row.locator(".entry-menu summary").click();
  const remove = row.getByRole("button", { name: "删除" });
  await expect(remove).toBeVisible();
  const { rev } = await api.get(`/entries/${id}`);
  const fields = { values: { times: 8 } };
  const mutation = { seq: 1, kind: "entry", id, base_rev: rev, op: "put", fields };
  await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations: [mutation] });
  await expect(row.locator(".entry-numbers")).toContainText("8");
  await expect(remove).toBeVisible();
  await row.locator(".entry-menu summary").click();
  await expect(remove).toBeHidden();
});
