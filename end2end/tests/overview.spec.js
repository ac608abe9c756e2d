// The overview answers a leader's questions in their order: how much is reached, who is ahead, what needs attention. By touch on a
// phone and by mouse on a desktop.
import { complaints, contentReady, expect, expectReadable, goOffline, readyOffline, signIn, test } from "./jiedui.js";

const PHONE = { width: 360, height: 640 };
const DESKTOP = { width: 1440, height: 900 };
const started = (page) => expect(page.locator("html.scripted")).toBeAttached();
const row = (page, name) => page.locator(".dashboard-ranks a").filter({ hasText: name });
const card = (page, code) => page.locator(`[data-programme=${code}]`);

// Presses the centre of an element, as a hand does: the topmost element there is pressed.
async function press(page, locator) {
  await locator.scrollIntoViewIfNeeded();
  const box = await locator.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const covered = await locator.evaluate((element, [x, y]) => !element.contains(document.elementFromPoint(x, y)), [x, y]);
  expect(covered, "the centre is covered").toBe(false);
  await (page.viewportSize().width < 900 ? page.touchscreen.tap(x, y) : page.mouse.click(x, y));
}

async function push(api, entries) {
  const mutations = entries.map((fields, number) => ({ seq: number + 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields }));
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations });
  expect(results.map((result) => result.outcome)).toEqual(entries.map(() => "applied"));
  return mutations.map((mutation, number) => ({ id: mutation.id, rev: results[number].rev }));
}

const survey = (date, place, times) => ({ activity: "field_survey", date, place, values: { times } });

// Records 12 waiting and 8 approved entries of 2025 in two towns, and sets one target that is missed and one that is reached.
async function prepare(server) {
  const admin = await server.api("admin");
  const { indicators } = await admin.get("/catalogue");
  const target = async (code, value) => {
    const indicator = indicators.find((candidate) => candidate.code === code);
    await admin.put(`/catalogue/indicators/${code}`, { ...indicator, targets: [...indicator.targets, { year: 2025, value, qualifier: "exact" }] });
  };
  await target("field_surveys", 500);
  await target("pigs_marketed", 10);
  const recorder = await server.api("recorder");
  const waiting = Array.from({ length: 12 }, (_, number) => survey(`2025-03-${number + 1}`.replace(/-(\d)$/, "-0$1"), "522728109", 5));
  const later = Array.from({ length: 8 }, (_, number) => survey(`2025-04-0${number + 1}`, "522728110", 2));
  const made = await push(recorder, [...waiting, ...later]);
  const reviewer = await server.api("reviewer");
  const approved = made.slice(12).map(({ id, rev }, number) => ({ seq: number + 1, kind: "entry", id, base_rev: rev, op: "put", fields: { state: "verified" } }));
  await reviewer.post("/sync/push", { client_id: crypto.randomUUID(), mutations: approved });
  await push(recorder, [survey("2024-03-05", "522728109", 1)]);
}

for (const size of [PHONE, DESKTOP]) {
  test.describe(`${size.width} × ${size.height}`, () => {
    test.use({ viewport: size, hasTouch: size === PHONE });

    test("answers the questions of a leader, and filters by a press", async ({ page, server }) => {
      const errors = complaints(page);
      await prepare(server);
      const { entries } = await (await server.api("viewer")).get("/indicators?year=2025").then(({ indicators }) => indicators.find(({ code }) => code === "field_surveys"));
      expect(entries).toBe(20);
      await page.goto("/?year=2025");
      await contentReady(page);
      // 1, 2: how much is reached, and how much is recorded and approved?
      await expect(page.locator(".dashboard-headline")).toHaveText("2025年：2 项目标，完成 0 项，未完成 1 项；填报 20 条，已审核 40%");
      // 3: is it more than last year?
      await expect(page.locator(".dashboard-more")).toContainText("1—12 月比上年同期多 19 条（+1900%）");
      // 4: which programme is behind?
      await expect(page.locator(".dashboard-behind")).toHaveCount(1);
      const behind = page.locator("[data-programme]").filter({ has: page.locator(".dashboard-behind") });
      const programme = await behind.getAttribute("data-programme");
      await expect(behind).toContainText("目标完成 0/1 未完成 1");
      await expect(page.locator("[data-programme]")).toHaveCount(6);
      // 5: which township leads, and which have nothing?
      await expect(page.locator(".dashboard-ranks a").first()).toContainText("沫阳镇");
      await expect(page.locator(".dashboard-ranks a").first().locator("strong")).toHaveText("12");
      const towns = await page.locator(".dashboard-ranks a").count();
      expect(await page.locator(".dashboard-ranks strong").filter({ hasText: /^0$/ }).count()).toBe(towns - 2);
      // 6, 7: what needs me, and where do I act?
      const alerts = page.locator(".dashboard-alert");
      await expect(alerts.first()).toContainText("完成 15%");
      await expect(alerts.filter({ hasText: "2025-03 有 12 条待审核" })).toHaveCount(1);
      await expect(alerts.filter({ hasText: "1 项有目标，暂无填报" })).toHaveCount(1);
      // 8: how good is one figure, against its target and the year before?
      const surveys = page.locator("tr[data-indicator=field_surveys]");
      await expect(surveys.locator("strong")).toHaveText("76");
      await expect(surveys.locator(".indicators-before")).toContainText("1");
      await expect(surveys.locator(".figure-target")).toHaveText("目标 500");
      // 9: what is not recorded at all?
      await expect(page.locator(".dashboard-rest summary")).toHaveText(/^有数据 1 项 · 其余 \d+ 项暂无填报$/);
      await expectReadable(page);
      // 10: and in one township? A press on it filters the page; targets are not held against it.
      await press(page, row(page, "沫阳镇"));
      await expect(page).toHaveURL(/place=522728109/);
      await expect(row(page, "沫阳镇")).toHaveAttribute("aria-current", "true");
      await expect(page.locator(".dashboard-headline")).toHaveText("沫阳镇 2025年：填报 12 条，已审核 0%");
      await expect(surveys.locator(".figure-target")).toHaveText("两地目标 500，本镇贡献 60（12%）");
      await expect(page.locator(".dashboard-targets, .dashboard-behind, .figure-pace")).toHaveCount(0);
      await press(page, row(page, "沫阳镇"));
      await expect(page).not.toHaveURL(/place=/);
      // The press on a programme filters the page, and the next one clears it.
      await press(page, card(page, programme));
      await expect(page).toHaveURL(new RegExp(`programme=${programme}`));
      await expect(card(page, programme)).toHaveAttribute("aria-current", "true");
      await expect(page.getByLabel("协作工程")).toHaveValue(programme);
      await expect(page.locator("[data-programme]")).toHaveCount(6);
      await expect(page.locator(".dashboard-headline")).toContainText("1 项目标，完成 0 项，未完成 1 项");
      await press(page, card(page, programme));
      await expect(page).not.toHaveURL(/programme=/);
      // By an indicator.
      await page.getByLabel("按什么比较").selectOption("field_surveys");
      await expect(page).toHaveURL(/rank=field_surveys/);
      await expect(page.locator(".dashboard-ranks a").first().locator("strong")).toHaveText("60");
      // A row that needs attention leads to the figure.
      await press(page, alerts.first());
      await expect(page).toHaveURL(/\/indicators\/field_surveys\?year=2025/);
      expect(errors).toEqual([]);
    });

    test("year without entries says so, and lists places and targets", async ({ page }) => {
      await page.goto("/?year=2020");
      await contentReady(page);
      await expect(page.locator(".dashboard-headline")).toHaveText(/^这个条件下还没有填报。有数据的年度：/);
      await expect(page.locator(".indicators")).toBeHidden();
      await expect(page.locator(".dashboard-rest summary")).toHaveText("有数据 0 项 · 其余 40 项暂无填报");
      await press(page, page.locator(".dashboard-rest summary"));
      await expect(page.locator(".dashboard-rest li").first()).toBeVisible();
      await expectReadable(page);
    });
  });
}

test("map and places stand side by side on a desktop, below each other on a phone", async ({ page }) => {
  const boxes = async (size) => {
    await page.setViewportSize(size);
    await page.goto("/?year=2023");
    await contentReady(page);
    return Promise.all([".map", ".dashboard-ranking"].map((part) => page.locator(part).boundingBox()));
  };
  const [map, places] = await boxes(DESKTOP);
  expect(places.x).toBeGreaterThanOrEqual(map.x + map.width);
  expect(places.y).toBeLessThan(map.y + map.height);
  const [above, below] = await boxes(PHONE);
  expect(below.y).toBeGreaterThanOrEqual(above.y + above.height);
});

test("server paints every answer, and the painting stays until the code is there", async ({ page, server, browser, baseURL }) => {
  await prepare(server);
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL });
  const still = await context.newPage();
  await still.goto("/?year=2025");
  await expect(still.locator(".dashboard-headline")).toContainText("填报 20 条，已审核 40%");
  await expect(still.locator("[data-programme]")).toHaveCount(6);
  await expect(still.locator(".dashboard-ranks a").first()).toContainText("沫阳镇");
  await expect(still.locator("tr[data-indicator=field_surveys] strong")).toHaveText("76");
  await still.locator("[data-programme=health]").click();
  await expect(still).toHaveURL(/programme=health/);
  await context.close();
  // The code never arrives: the answers stay, their links work, and a notice offers to try again.
  await page.route("**/split_overview.wasm", (route) => route.abort());
  await page.goto("/?year=2025");
  await started(page);
  const notice = page.locator(".dashboard-brief [role=alert]");
  await expect(notice.getByRole("button")).toBeVisible();
  await expect(page.locator(".dashboard-headline")).toContainText("填报 20 条，已审核 40%");
  await page.unroute("**/split_overview.wasm");
  await notice.getByRole("button").click();
  await expect(notice).toHaveCount(0);
  await expect(page.locator(".dashboard-headline")).toContainText("填报 20 条，已审核 40%");
});

test("overview is complete offline, also under another filter", async ({ page, server, line }) => {
  await prepare(server);
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  await goOffline(page, line);
  await page.goto("/?year=2025");
  await expect(page.locator(".dashboard-headline")).toContainText("填报 20 条，已审核 40%");
  await expect(page.locator(".dashboard-ranks a").first()).toContainText("沫阳镇");
  await card(page, "health").click();
  await expect(page).toHaveURL(/programme=health/);
  await expect(page.locator(".dashboard-headline")).toHaveText(/没有填报/);
  await card(page, "health").click();
  await expect(page.locator("tr[data-indicator=field_surveys] strong")).toHaveText("76");
});

test("overview speaks English", async ({ page, server }) => {
  await prepare(server);
  await page.goto("/?year=2025");
  await started(page);
  await page.getByRole("button", { name: "English" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(page.locator(".dashboard-headline")).toHaveText("2025: 2 targets, 0 reached, 1 missed; 20 entries, 40% approved");
  await expect(page.locator(".dashboard-alert").filter({ hasText: "2025-03: 12 entries waiting for review" })).toHaveCount(1);
  await expect(page.locator(".dashboard-rest summary")).toHaveText(/^1 with data · \d+ without entries$/);
  await expectReadable(page);
});

test("office that ranks no places has them in the order of their codes", async ({ page, server }) => {
  await prepare(server);
  await server.restart({ JIEDUI_RANKING: "false" });
  await page.goto("/?year=2025");
  await started(page);
  const codes = await page.locator("[data-place-row]").evaluateAll((rows) => rows.map((element) => element.dataset.placeRow));
  expect(codes).toEqual([...codes].sort());
  expect(codes[0]).not.toBe("522728109");
  await expect(page.locator(".dashboard-ranks.plain")).toHaveCount(1);
});
