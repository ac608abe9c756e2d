// The audit log: administrators find an act by person, action, object and day, on both sizes; others have no way in.
import { complaints, contentReady, expect, expectReadable, goOffline, readyOffline, signIn, test } from "./jiedui.js";

// Makes rows: a changed account, a closed month, a bulk decision and a failed sign-in.
async function act(server) {
  const [admin, recorder, reviewer] = await Promise.all(["admin", "recorder", "reviewer"].map((name) => server.api(name)));
  const { users } = await admin.get("/users");
  const viewer = users.find((user) => user.username === "viewer");
  await admin.put(`/users/${viewer.id}`, { name: "新名字", role: "recorder" });
  await admin.put("/periods/2023-01", { closed: true });
  const entries = [crypto.randomUUID(), crypto.randomUUID()];
  const fields = { activity: "field_survey", date: "2026-03-02", place: "522728109", values: { times: 2 } };
  const put = (id, seq) => ({ seq, kind: "entry", id, base_rev: 0, op: "put", fields });
  await recorder.post("/sync/push", { client_id: crypto.randomUUID(), mutations: entries.map((id, at) => put(id, at + 1)) });
  const decide = (id, seq) => ({ seq, kind: "entry", id, base_rev: 1, op: "put", fields: { state: "verified" } });
  await reviewer.post("/sync/push", { client_id: crypto.randomUUID(), mutations: entries.map((id, at) => decide(id, at + 1)) });
  return { entries, viewer };
}

const rowsOf = (page, width) => page.locator(width > 1000 ? ".audit .data-table tbody tr" : ".audit .rows > li");

for (const [width, height] of [[360, 640], [1440, 900]]) {
  test(`acts are found, read and exported at ${width} × ${height}`, async ({ page, server }) => {
    const errors = complaints(page);
    await page.setViewportSize({ width, height });
    const { entries, viewer } = await act(server);
    await signIn(page, server, "admin");
    await page.goto("/people");
    await page.getByRole("main").getByRole("link", { name: "操作日志" }).click();
    await contentReady(page);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("操作日志");
    const rows = rowsOf(page, width);
    await expect(rows.filter({ hasText: "审核通过" })).toContainText("2 条填报");
    await expect(rows.filter({ hasText: "锁定月份" })).toContainText("2023-01");
    await expectReadable(page);

    // Values in words.
    await page.locator("select[name=action]").selectOption({ label: "修改账号" });
    await expect(page).toHaveURL(/action=account_changed/);
    await expect(rows).toHaveCount(1);
    await expect(rows).toContainText("演示管理员");
    await rows.first().click();
    const dialog = page.getByRole("dialog", { name: "一次操作" });
    await expect(dialog.locator("tbody tr").filter({ hasText: "身份" })).toContainText("浏览填报员");
    await expect(dialog).toContainText("127.0.0.1");
    await expectReadable(page);
    await dialog.getByRole("link", { name: "这个对象的全部操作" }).click();
    await expect(page).toHaveURL(new RegExp(`object=account/${viewer.id}|object=account%2F${viewer.id}`));
    await expect(page.locator(".audit-object")).toBeVisible();
    await expect(rows.filter({ hasText: "新增账号" })).toHaveCount(1);
    await page.getByRole("button", { name: "看全部对象" }).click();
    await expect(rows.filter({ hasText: "锁定月份" })).toHaveCount(1);

    // Person and days.
    await page.locator("select[name=actor]").selectOption({ label: "演示审核员" });
    await expect(rows.filter({ hasText: "锁定月份" })).toHaveCount(0);
    await expect(rows.filter({ hasText: "审核通过" })).toHaveCount(1);
    await page.getByLabel("到这天止").fill("2020-01-01");
    await expect(page.locator("main")).toContainText("没有符合条件的操作");
    await expectReadable(page);
    await page.getByLabel("到这天止").fill("");
    await expect(rows.filter({ hasText: "审核通过" })).toHaveCount(1);

    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "导出 CSV" }).click()]);
    expect(download.suggestedFilename()).toBe("audit.csv");
    expect(errors).toEqual([]);

    // A record's history leads to its rows, and a decision to the records.
    await page.goto(`/list/${entries[1]}`);
    await contentReady(page);
    await page.getByRole("link", { name: "在操作日志里看这条填报" }).click();
    await expect(rows).toHaveCount(1);
    await rows.first().click();
    await dialog.getByRole("link", { name: "填报 2" }).click();
    await expect(page).toHaveURL(/\/list\//);
  });
}

test("older rows follow by a button", async ({ page, server }) => {
  const admin = await server.api("admin");
  for (let at = 0; at < 60; at++) await admin.put("/periods/2023-02", { closed: at % 2 === 0 });
  await signIn(page, server, "admin");
  await page.goto("/audit");
  await contentReady(page);
  const rows = page.locator(".audit .rows > li, .audit .data-table tbody tr");
  await expect(rows).toHaveCount(50);
  await page.getByRole("button", { name: "更早的操作" }).click();
  await expect(rows.filter({ hasText: "新增账号" })).not.toHaveCount(0);
  await expect(page.getByRole("button", { name: "更早的操作" })).toHaveCount(0);
});

test("audit log is for administrators alone", async ({ page, server }) => {
  await signIn(page, server, "coordinator");
  await page.goto("/audit");
  await expect(page.locator("main")).toContainText("操作日志只给管理员看");
  await page.goto("/people");
  await contentReady(page);
  await expect(page.getByRole("link", { name: "操作日志" })).toHaveCount(0);
});

test("audit log needs a network and says so", async ({ page, server, line }) => {
  await signIn(page, server, "admin");
  await readyOffline(page);
  await page.goto("/me");
  await expect(page.getByRole("main").getByRole("link", { name: "操作日志" })).toBeVisible();
  await goOffline(page, line);
  await page.goto("/audit");
  await expect(page.locator(".audit").getByRole("alert")).toContainText("这里需要网络");
  await expect(page.getByRole("button", { name: "再试一次" })).toBeVisible();
  await expectReadable(page);
});
