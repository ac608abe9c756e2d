// A phone that several users share, and an app in several tabs.
import { expect, fillIn, goOffline, goOnline, readyOffline, save, signIn, signOut, test } from "./jiedui.js";

const SURVEY = { activity: "field_survey", place: "沫阳镇", date: "2026-11-20" };

test("unsent entries wait for their author and are sent in that name", async ({ page, server, line }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await fillIn(page, { ...SURVEY, values: { times: "2" } });
  await save(page);
  page.once("dialog", (dialog) => dialog.accept());
  await signOut(page);
  await expect(page.getByRole("link", { name: "登录" }).first()).toBeVisible();
  await goOnline(page, line);

  await signIn(page, server, "reviewer");
  await page.goto("/entries");
  await expect(page.getByText("还没有填报")).toBeVisible();
  const program = await server.api("admin");
  expect((await program.get("/entries?year=2026")).entries).toEqual([]);
  await signOut(page);
  await expect(page.getByRole("link", { name: "登录" }).first()).toBeVisible();

  await signIn(page, server, "recorder");
  await page.goto("/entries");
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  const [entry] = (await program.get("/entries?year=2026")).entries;
  const { history } = await program.get(`/entries/${entry.id}`);
  expect(history.map((revision) => revision.author_name)).toEqual(["演示填报员"]);
});

test("expired session asks to sign in again and loses nothing", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await page.context().clearCookies();
  await fillIn(page, { ...SURVEY, values: { times: "3" } });
  await save(page);
  await expect(page.locator("#sync")).toContainText("请重新登录");
  await expect(page.getByText("仅在本机，待上传")).toHaveCount(1);
  await page.locator("#sync").click();
  await expect(page.getByRole("heading", { name: "登录" })).toBeVisible();
  await signIn(page, server, "recorder");
  await page.goto("/entries");
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
});

test("one tab sends at a time, and all tabs see the result", async ({ page, server, context }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  const other = await context.newPage();
  await other.goto("/entries");
  await expect(other.locator("html.scripted")).toBeAttached();
  // Pushes in progress. A push of a closed tab does not count, since the tab has released the lock.
  const active = new Set();
  let most = 0;
  context.on("requestfailed", (request) => active.delete(request));
  await context.route("**/api/v1/sync/push", async (route) => {
    active.add(route.request());
    most = Math.max(most, active.size);
    const answer = await route.fetch();
    active.delete(route.request());
    await route.fulfill({ response: answer });
  });
  await fillIn(page, { ...SURVEY, values: { times: "2" } });
  await save(page);
  // No tab is closed in the middle of a push.
  for (const tab of [page, other]) await expect(tab.locator("#sync.done")).toBeVisible();
  await fillIn(other, { ...SURVEY, values: { times: "3" } });
  await Promise.all([save(other), page.locator("#sync").click(), page.locator("#sync").click()]);
  for (const tab of [page, other]) await expect(tab.locator("#sync.done")).toBeVisible();
  for (const tab of [page, other]) {
    await tab.goto("/entries");
    await expect(tab.getByText("已接收，待审核")).toHaveCount(2);
  }
  expect(most).toBe(1);
  expect((await (await server.api("admin")).get("/entries?year=2026")).entries.length).toBe(2);
});

test("recorder sees the decision, and an edit needs review again", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  for (const times of ["2", "3"]) {
    await fillIn(page, { ...SURVEY, values: { times } });
    await save(page);
  }
  await expect(page.getByText("已接收，待审核")).toHaveCount(2);
  const reviewer = await server.api("reviewer");
  const { entries } = await reviewer.get("/entries?year=2026");
  const decide = (seq, entry, fields) => ({ seq, kind: "entry", id: entry.id, base_rev: entry.rev, op: "put", fields });
  const [right, wrong] = ["2", "3"].map((times) => entries.find((record) => String(record.fields.values.times) === times));
  const mutations = [decide(1, right, { state: "verified" }), decide(2, wrong, { state: "returned", review_note: "次数不对" })];
  const client_id = "01890000-0000-7000-8000-000000000001";
  const { results } = await reviewer.post("/sync/push", { client_id, mutations });
  expect(results.map((result) => result.outcome)).toEqual(["applied", "applied"]);

  await expect(page.locator(".entry").filter({ hasText: "调研次数 2 次" })).toContainText("已审核");
  const returned = page.locator(".entry").filter({ hasText: "调研次数 3 次" });
  await expect(returned).toContainText(/已退回 · 演示审核员 · .*：次数不对/);
  await returned.getByRole("link").click();
  await page.locator("#field-values-times").fill("4");
  await save(page);
  await expect(page.locator(".entry").filter({ hasText: "调研次数 4 次" })).toContainText("已接收，待审核");
});

test("unknown cursor restarts the pull", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await page.evaluate(async () => {
    const { id } = JSON.parse(localStorage.getItem("jiedui.user"));
    const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const database = await done(indexedDB.open(`jiedui-${id}`));
    await done(database.transaction("meta", "readwrite").objectStore("meta").put(JSON.stringify("e30"), "cursor"));
    database.close();
  });
  await fillIn(page, { ...SURVEY, values: { times: "2" } });
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  await expect(page.locator("#sync")).toContainText("已同步");
});
