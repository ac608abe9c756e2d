// The main use: an entry made offline in a village changes the figure in the other city.
import { expect, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const SURVEY = { activity: "field_survey", place: "沫阳镇", date: "2026-11-20" };

test("offline entries arrive once each, and an unsaved one stays a draft", async ({ page, server, line, browser }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await page.goto("/entries/new");
  await expect(page.getByRole("heading", { name: "请选择活动类型" })).toBeVisible();
  for (const times of ["2", "3", "4"]) {
    await fillIn(page, { ...SURVEY, values: { times }, note: `第 ${times} 户，屋顶漏雨` });
    await save(page);
  }
  await expect(page.getByText("仅在本机，待上传")).toHaveCount(3);
  await expect(page.locator("#sync")).toContainText("待上传 3");

  // The tab is closed in the middle of the fourth.
  await fillIn(page, { ...SURVEY, values: { times: "5" }, note: "写到一半" });
  const context = page.context();
  await page.close();
  const again = await context.newPage();
  await again.goto("/entries");
  await expect(again.getByRole("heading", { name: "草稿" })).toBeVisible();
  await again.locator(".draft a").click();
  await expect(again.getByLabel("备注")).toHaveValue("写到一半");
  await expect(again.locator("#field-values-times")).toHaveValue("5");
  await expect(again.locator(".place-chosen")).toContainText("沫阳镇");

  // Offline the shared view includes this phone's entries, and shows the age of the other figures.
  await again.goto("/?year=2026");
  const card = again.locator('[data-indicator="field_surveys"]');
  await expect(card.locator("strong")).toHaveText("9");
  await expect(card).toContainText("含本机未上传");
  await expect(again.locator(".dashboard-freshness")).toContainText("离线，数据更新于");

  await goOnline(again, line);
  await expect(again.locator("#sync")).toContainText("已同步");
  const program = await server.api("admin");
  const { entries } = await program.get("/entries?year=2026");
  const times = entries.map((entry) => entry.fields.values.times).sort();
  expect(times).toEqual([2, 3, 4]);
  await again.goto("/entries");
  await expect(again.getByText("已接收，待审核")).toHaveCount(3);

  // The other city.
  const other = await (await browser.newContext({ baseURL: line.address })).newPage();
  await signIn(other, server, "coordinator");
  await other.goto("/?year=2026");
  await expect(other.locator('[data-indicator="field_surveys"] strong')).toHaveText("9");
  const { indicators } = await program.get("/indicators?year=2026");
  expect(indicators.find((indicator) => indicator.code === "field_surveys").actual).toBe(9);
});

test("open screen updates when the other side records an entry", async ({ page, server, line, browser }) => {
  await signIn(page, server, "coordinator");
  await page.goto("/?year=2026");
  const figure = page.locator('[data-indicator="field_surveys"] strong');
  await expect(figure).toHaveText("—");
  const village = await (await browser.newContext({ baseURL: line.address })).newPage();
  await signIn(village, server, "recorder");
  await fillIn(village, { ...SURVEY, values: { times: "6" } });
  const difference = page.waitForResponse((answer) => answer.url().includes("/api/v1/overview?since="));
  await save(village);
  await expect(figure).toHaveText("6");
  // Only the changes are transferred, and the phone stores the complete overview.
  const news = await (await difference).json();
  expect(news.catalogue.indicators).toEqual([]);
  expect(news.parts.length).toBeLessThan(5);
  await page.goto("/shell");
  await page.context().setOffline(true);
  await page.goto("/?year=2026");
  await expect(figure).toHaveText("6");
});

test("entry whose response is lost ten times arrives once", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  let lost = 0;
  await page.route("**/api/v1/sync/push", async (route) => {
    if (lost >= 10) return route.continue();
    await route.fetch();
    lost += 1;
    await route.abort("connectionreset");
  });
  await fillIn(page, { ...SURVEY, values: { times: "7" } });
  await save(page);
  for (let tries = 1; tries <= 10; tries += 1) {
    await expect.poll(() => lost).toBeGreaterThanOrEqual(tries);
    await page.locator("#sync").click();
  }
  await expect(page.locator("#sync")).toContainText("已同步");
  expect(lost).toBe(10);
  const program = await server.api("admin");
  const { entries } = await program.get("/entries?year=2026");
  expect(entries.map((entry) => entry.rev)).toEqual([1]);
});

test("rejected entry shows the reason, delays no other, can be corrected", async ({ page, server, line }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  // The month is closed while the phone is offline.
  await (await server.api("coordinator")).put("/periods/2026-10", { closed: true });
  await fillIn(page, { ...SURVEY, date: "2026-10-20", values: { times: "1" } });
  await save(page);
  await fillIn(page, { ...SURVEY, values: { times: "2" } });
  await save(page);
  await goOnline(page, line);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  const refused = page.locator(".entry").filter({ hasText: "未通过检查" });
  await expect(refused).toContainText("日期：这个月份已锁定");
  await refused.getByRole("link").click();
  await page.getByLabel("日期").fill("2026-11-01");
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(2);
});
