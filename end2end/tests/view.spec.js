// The map and filters of the shared view: zoom, pressed lines, filters, shades.
import { complaints, expect, expectReadable, goOffline, readyOffline, signIn, test } from "./jiedui.js";

const started = (page) => expect(page.locator("html.scripted")).toBeAttached();
const amount = (page, code) => page.locator(`[data-indicator="${code}"] strong`);
const viewBox = (page) => page.locator(".map-frame svg").getAttribute("viewBox");

test("map zooms by wheel, keys, buttons and double tap, and links keep it", async ({ page }) => {
  const errors = complaints(page);
  await page.goto("/?year=2023");
  await started(page);
  const whole = await viewBox(page);
  expect(whole).toBe("0 0 520 940");
  const frame = page.locator(".map-frame");
  await frame.hover();
  await page.mouse.wheel(0, -300);
  await expect.poll(() => viewBox(page)).not.toBe(whole);
  await expect(page).toHaveURL(/map=\d+-\d+-\d+/);
  const closer = await viewBox(page);
  const address = page.url();
  const box = await frame.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 - 60, box.y + box.height / 2 - 40, { steps: 5 });
  await page.mouse.up();
  await expect.poll(() => viewBox(page)).not.toBe(closer);
  const moved = await viewBox(page);
  const [left, top, width, height] = moved.split(" ").map(Number);
  const [before] = closer.split(" ").map(Number);
  expect(left).toBeGreaterThan(before);
  await expect.poll(() => page.url()).not.toBe(address);
  await page.reload();
  await started(page);
  const again = (await viewBox(page)).split(" ").map(Number);
  [left, top, width, height].forEach((number, index) => expect(Math.abs(again[index] - number)).toBeLessThan(2));
  await frame.focus();
  await page.keyboard.press("0");
  await expect.poll(() => viewBox(page)).toBe(whole);
  await page.keyboard.press("+");
  await page.keyboard.press("ArrowRight");
  await expect.poll(async () => (await viewBox(page)).split(" ").map(Number)[2]).toBeLessThan(520);
  await page.getByRole("button", { name: "全图" }).click();
  await expect.poll(() => viewBox(page)).toBe(whole);
  await frame.dblclick({ position: { x: 20, y: 20 } });
  await expect.poll(() => viewBox(page)).not.toBe(whole);
  await page.getByRole("button", { name: "适合筛选" }).click();
  expect(errors).toEqual([]);
});

test("pressed line shows partners, start, figures and latest entries", async ({ page, server }) => {
  await signIn(page, server, "coordinator");
  await page.goto("/?year=2023");
  await started(page);
  await page.locator(".pair button").first().click();
  const sheet = page.locator(".sheet");
  await expect(sheet.getByRole("heading").first()).toContainText("—");
  await expect(sheet).toContainText("起始日期未填");
  await expect(sheet.locator("table.table-amounts tr").first()).toBeVisible();
  await expect(sheet.locator(".latest li").first()).toContainText("2023-12-31");
  await expectReadable(page);
  await sheet.getByRole("button", { name: "关闭" }).click();
  await expect(sheet).toHaveCount(0);
  // The same by a finger on the line itself.
  const line = page.locator(".map-frame .map-pairing").first();
  await line.scrollIntoViewIfNeeded();
  const [x, y] = await line.evaluate((path) => {
    // Within a finger's reach of the drawn path.
    const middle = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM());
    return [middle.x + 4, middle.y];
  });
  await page.mouse.click(x, y);
  await expect(sheet).toBeVisible();
});

test("map, chart bars and months filter all figures", async ({ page }) => {
  await page.goto("/?year=2023");
  await started(page);
  const all = await amount(page, "exchanges").textContent();
  await page.locator('.outlines [data-place="520111"]').dispatchEvent("click");
  await expect(page).toHaveURL(/place=520111/);
  await expect(page.getByLabel("地点")).toHaveValue("520111");
  await page.locator('.outlines [data-place="520111"]').dispatchEvent("click");
  await expect(page).not.toHaveURL(/place=/);
  await expect(amount(page, "exchanges")).toHaveText(all);
  // The report's entries are of December: up to November there are none.
  await page.getByLabel("月份", { exact: true }).fill("10");
  await expect(page).toHaveURL(/until=2023-11/);
  await expect(amount(page, "exchanges")).toHaveText("—");
  // Playing the months changes only the map: links to the report and the list keep the chosen month.
  await page.getByRole("button", { name: "播放" }).click();
  await expect(page.locator(".map-months span")).toHaveText("截至 2023-01");
  await expect(page).toHaveURL(/until=2023-11/);
  await expect(page.locator('.toolbar a[href^="/report"]').first()).toHaveAttribute("href", /until=2023-11/);
  await expect(page.getByRole("button", { name: "播放" })).toBeVisible();
  await expect(page.locator(".map-months span")).toHaveText("截至 2023-11");
  await page.getByLabel("月份", { exact: true }).fill("11");
  await expect(page).not.toHaveURL(/until=/);
  await expect(amount(page, "exchanges")).toHaveText(all);
  await page.locator('[data-indicator="exchanges"] th a').click();
  await expect(page.getByRole("heading", { name: "交流活动" })).toBeVisible();
  await page.locator("table.bars a").first().click();
  await expect(page).toHaveURL(/indicators\/exchanges\?.*place=\d+/);
  await page.getByRole("link", { name: "回到协作总览" }).click();
  await expect(page).toHaveURL(/\/\?.*place=\d+/);
});

test("village can be chosen as filter without an account and offline", async ({ page, server, line, browser }) => {
  const api = await server.api("recorder");
  const fields = { activity: "field_survey", date: "2026-03-02", place: "522728109205", values: { times: 7 } };
  const mutation = { seq: 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields };
  expect((await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations: [mutation] })).results[0].outcome).toBe("applied");
  const down = async (page) => {
    await page.goto("/?year=2026&place=522728109");
    await started(page);
    const below = page.getByLabel("下级地方");
    await below.selectOption("522728109205");
    await expect(page).toHaveURL(/place=522728109205/);
    await expect(amount(page, "field_surveys")).toHaveText("7");
    await below.selectOption("522728109204");
    await expect(amount(page, "field_surveys")).toHaveText("—");
    await below.selectOption({ label: "全部" });
    await expect(page).toHaveURL(/place=522728109$/);
    await expect(amount(page, "field_surveys")).toHaveText("7");
  };
  await down(page);
  await page.goto("/?year=2026&place=522728109205");
  await expect(amount(page, "field_surveys")).toHaveText("7");
  const signedIn = await (await browser.newContext({ baseURL: line.address, viewport: { width: 360, height: 640 } })).newPage();
  await signIn(signedIn, server, "coordinator");
  await readyOffline(signedIn);
  await goOffline(signedIn, line);
  await down(signedIn);
  await signedIn.context().close();
});

test("legend has the colours of programmes and sides", async ({ page }) => {
  await page.goto("/");
  await started(page);
  const colour = (locator) => locator.evaluate((element) => getComputedStyle(element).backgroundColor);
  const programmes = page.locator(".legend li", { has: page.locator(".key-programme") });
  await expect(programmes).toHaveCount(6);
  expect(new Set(await Promise.all((await programmes.locator(".key").all()).map(colour))).size).toBe(6);
  const guiyang = page.locator(".legend .map-side-a");
  const fill = await page.locator(".outlines path.map-side-a").first().evaluate((path) => getComputedStyle(path).fill);
  expect(await colour(guiyang)).toBe(fill);
  await page.getByLabel("协作工程").selectOption("education");
  await expect(programmes).toHaveText(["教育"]);
});

test("shaded map distinguishes zero from no data and names classes", async ({ page }) => {
  await page.goto("/?year=2023");
  await started(page);
  await page.getByLabel("按指标着色").selectOption("exchanges");
  await expect(page).toHaveURL(/shade=exchanges/);
  await expect(page.locator(".outlines path.shade-1")).toHaveCount(1);
  await expect(page.locator(".outlines path.no-data")).toHaveCount(10);
  await expect(page.locator(".legend")).toContainText("无数据");
  await expectReadable(page);
});

test("towns of a county are shaded as markers without outlines", async ({ page }) => {
  await page.goto("/?year=2023&place=522728&shade=exchanges");
  await started(page);
  const towns = page.locator(".map-frame .map-town");
  await expect(towns).toHaveCount(await page.evaluate(async () => {
    const overview = await (await fetch("/api/v1/overview")).json();
    return overview.places.filter((place) => place.parent === "522728").length;
  }));
  await expect(page.locator(".map-town circle.shade-1")).toHaveCount(1);
  await expect(page.locator(".outlines .no-data[data-place]")).toHaveCount(0);
  await page.locator('.map-town[data-place="522728109"]').dispatchEvent("click");
  await expect(page).toHaveURL(/place=522728109/);
});
