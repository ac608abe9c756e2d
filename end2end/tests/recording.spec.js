// Recording one entry after another: by touch on a phone and by mouse on a desktop. Taps are counted.
import { choosePlace, complaints, expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const SIZES = [
  { name: "by touch", viewport: { width: 360, height: 640 }, hasTouch: true },
  { name: "by mouse", viewport: { width: 1440, height: 900 }, hasTouch: false },
];
const day = (ago) => new Date(Date.now() + (8 - 24 * ago) * 3600_000).toISOString().slice(0, 10);
const synced = (page) => expect(page.locator("#sync")).toContainText("已同步");
const snackbar = (page) => page.locator(".snackbar");

// Presses as the device does, and counts.
function presser(hasTouch) {
  const press = async (locator) => {
    press.count += 1;
    await (hasTouch ? locator.tap() : locator.click());
  };
  press.count = 0;
  return press;
}

async function recorded(server) {
  const { entries } = await (await server.api("coordinator")).get(`/entries?limit=20&year=${day(0).slice(0, 4)}`);
  return entries.map((record) => record.fields);
}

for (const { name, viewport, hasTouch } of SIZES) {
  test.describe(name, () => {
    test.use({ viewport, hasTouch });

    test("second entry of a kind takes four presses", async ({ page, server }) => {
      const errors = complaints(page);
      await signIn(page, server, "recorder");
      await fillIn(page, { activity: "supervision", place: "沫阳", values: { visits: "1" } });
      await page.getByLabel("类型").selectOption({ index: 1 });
      await save(page);
      await synced(page);
      // The home screen of a recorder.
      await page.goto("/entries");
      const press = presser(hasTouch);
      await press(page.locator("nav.rail").getByRole("link", { name: "新填报" }));
      const recent = page.locator(".choices-recent");
      await expect(recent).toContainText(`上次 ${day(0)} 沫阳镇`);
      await expectReadable(page);
      await press(recent.getByRole("link"));
      await expect(page.locator(".form-missing")).toHaveText(/^还差：/);
      await expect(page.locator("#field-place")).toContainText("沫阳镇");
      await press(page.locator("#field-values-visits"));
      await page.keyboard.type("3");
      await expect(page.locator(".form-missing")).toHaveCount(0);
      await press(page.locator("#save"));
      expect(press.count).toBeLessThanOrEqual(4);
      await expect(page.getByRole("heading", { name: "我的填报" })).toBeVisible();
      await synced(page);
      const entries = await recorded(server);
      expect(entries.map((fields) => fields.values.visits).sort()).toEqual([1, 3]);
      const [first, second] = entries.map(({ place, date, details }) => ({ place, date, details }));
      expect(second).toEqual(first);
      expect(errors).toEqual([]);
    });

    test("message after a save leads to another entry of the same day and place", async ({ page, server, line }) => {
      await signIn(page, server, "recorder");
      await readyOffline(page);
      await goOffline(page, line);
      const press = presser(hasTouch);
      await page.goto("/entries/new/field_survey");
      await press(page.getByRole("button", { name: "昨天" }));
      await expect(page.locator("#field-date")).toHaveValue(day(1));
      await expect(page.getByRole("button", { name: "昨天" })).toHaveAttribute("aria-pressed", "true");
      await choosePlace(page, "沫阳镇");
      await page.locator("#field-values-times").fill("2");
      await press(page.locator("#save"));
      await expect(snackbar(page)).toContainText("已保存在手机，联网后上传");
      await expectReadable(page);
      press.count = 0;
      await press(snackbar(page).getByRole("button", { name: "另填一条" }));
      await expect(snackbar(page)).toHaveCount(0);
      await expect(page.locator("#field-date")).toHaveValue(day(1));
      await expect(page.locator("#field-place")).toContainText("沫阳镇");
      await expect(page.locator("#field-values-times")).toHaveValue("");
      // One more and one less.
      const stepper = page.locator(".stepper").filter({ has: page.locator("#field-values-times") });
      await press(stepper.getByRole("button", { name: "加 1" }));
      await press(stepper.getByRole("button", { name: "加 1" }));
      await press(stepper.getByRole("button", { name: "减 1" }));
      await expect(page.locator("#field-values-times")).toHaveValue("1");
      await press(page.locator("#save"));
      await goOnline(page, line);
      await synced(page);
      expect((await recorded(server)).map((fields) => [fields.values.times, fields.date]).sort()).toEqual([[1, day(1)], [2, day(1)]]);
    });

    test("undo of a save opens the form with what was typed", async ({ page, server }) => {
      await signIn(page, server, "recorder");
      await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "7" }, note: "写错了" });
      await save(page);
      await synced(page);
      const press = presser(hasTouch);
      await press(snackbar(page).getByRole("button", { name: "撤销" }));
      await expect(page).toHaveURL(/\/entries\/new\/field_survey/);
      await expect(snackbar(page)).toContainText("已撤销");
      await expect(page.getByLabel("备注")).toHaveValue("写错了");
      await expect(page.locator("#field-values-times")).toHaveValue("7");
      await page.locator("#field-values-times").fill("8");
      await press(page.locator("#save"));
      await expect.poll(async () => (await recorded(server)).map((fields) => fields.values.times), { timeout: 30_000 }).toEqual([8]);
    });

    test("save bar names what is missing and leads to it", async ({ page, server }) => {
      await signIn(page, server, "recorder");
      await readyOffline(page);
      await page.goto("/entries/new/field_survey");
      const missing = page.locator(".form-missing");
      await expect(missing).toHaveText(/^还差：地点、/);
      // It is in sight wherever the form is scrolled to.
      await expect(page.locator("#save")).toBeInViewport();
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await expect(page.locator("#save")).toBeInViewport();
      const press = presser(hasTouch);
      await press(missing);
      await expect(page.locator("#field-place")).toBeFocused();
      await choosePlace(page, "沫阳镇");
      await press(missing);
      await expect(page.locator("#field-values-times")).toBeFocused();
      await page.evaluate(() => scrollTo(0, 0));
      await expectReadable(page);
    });

    test("place is chosen from the tree, by search or from recent ones", async ({ page, server }) => {
      await signIn(page, server, "recorder");
      await readyOffline(page);
      await page.goto("/entries/new/field_survey");
      const press = presser(hasTouch);
      const sheet = page.getByRole("dialog", { name: "地点" });
      await press(page.locator("#field-place"));
      await expect(sheet).toBeVisible();
      await expectReadable(page);
      await page.keyboard.press("Escape");
      await expect(sheet).toHaveCount(0);
      await expect(page.locator("#field-place")).toBeFocused();
      await press(page.locator("#field-place"));
      await press(sheet.getByRole("button", { name: "沫阳镇" }));
      await expect(sheet.locator(".place-offers").getByRole("button").nth(1)).toHaveText("整个沫阳镇");
      await press(sheet.locator(".place-back"));
      await press(sheet.getByRole("button", { name: "沫阳镇" }));
      await press(sheet.locator(".place-offers").getByRole("button", { name: "沫阳村", exact: true }));
      await expect(sheet).toHaveCount(0);
      await expect(page.locator("#field-place")).toContainText("沫阳村");
      await page.locator("#field-values-times").fill("1");
      await save(page);
      await page.goto("/entries/new/field_survey");
      await press(page.getByRole("group", { name: "最近" }).getByRole("button", { name: "沫阳村" }));
      await expect(page.locator("#field-place")).toContainText("沫阳村");
      // Initials of pinyin.
      await press(page.locator("#field-place"));
      await page.getByPlaceholder("输入地名").fill("myz");
      await expect(sheet.locator(".place-offers").getByRole("button").first()).toContainText("沫阳镇");
    });

    test("place near an earlier entry is offered where the position is permitted", async ({ page, server, context }) => {
      await context.grantPermissions(["geolocation"]);
      await context.setGeolocation({ longitude: 106.75, latitude: 25.43 });
      const api = await server.api("recorder");
      const fields = { activity: "field_survey", date: day(3), place: "522728109", values: { times: 3 }, position: [106.751, 25.43] };
      const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations: [{ seq: 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields }] });
      expect(results.map((result) => result.outcome)).toEqual(["applied"]);
      await signIn(page, server, "recorder");
      await readyOffline(page);
      await page.goto("/entries/new/field_survey");
      const press = presser(hasTouch);
      await press(page.locator("#field-place"));
      await press(page.getByRole("group", { name: "附近" }).getByRole("button", { name: "沫阳镇" }));
      await expect(page.locator("#field-place")).toContainText("沫阳镇");
    });

    test("partner is searched in a sheet and fills in the organisation", async ({ page, server }) => {
      await signIn(page, server, "recorder");
      await readyOffline(page);
      await page.goto("/entries/new/field_survey");
      const press = presser(hasTouch);
      const sheet = page.getByRole("dialog", { name: "结对" });
      await press(page.locator("#field-pairing"));
      await expectReadable(page);
      const options = sheet.locator(".place-offers").getByRole("button");
      const name = await options.nth(1).textContent();
      await sheet.getByRole("searchbox").fill(name.split(" — ")[1]);
      // Enter does not save the form.
      await page.keyboard.press("Enter");
      await press(sheet.getByRole("button", { name, exact: true }));
      await expect(page.locator("#field-pairing")).toContainText(name);
      await expect(page.locator("#field-organisation")).toContainText(name.split(" — ")[0]);
      await choosePlace(page, "沫阳镇");
      await page.locator("#field-values-times").fill("1");
      await save(page);
      await page.goto("/entries/new/field_survey");
      await press(page.locator("#field-pairing"));
      await press(sheet.getByRole("group", { name: "最近" }).getByRole("button", { name }));
      await expect(page.locator("#field-pairing")).toContainText(name);
    });

    test("entry is deleted in its form, and undo restores it", async ({ page, server }) => {
      await signIn(page, server, "recorder");
      await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "3" } });
      await expect(page.locator("#delete"), "a new entry has nothing to delete").toHaveCount(0);
      await save(page);
      await synced(page);
      const entry = page.locator(".entry");
      await entry.getByRole("link").first().click();
      const press = presser(hasTouch);
      await press(page.locator("#delete"));
      await expect(page.getByRole("heading", { name: "我的填报" })).toBeVisible();
      await expect(entry).toHaveCount(0);
      await press(snackbar(page).getByRole("button", { name: "撤销" }));
      await expect(entry).toHaveCount(1);
    });

    test("message stays for ten seconds, and longer under the focus", async ({ page, server }) => {
      await signIn(page, server, "recorder");
      await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "3" } });
      await save(page);
      const status = page.getByRole("status").locator(".snackbar");
      await expect(status).toBeVisible();
      const shown = Date.now();
      await status.getByRole("button", { name: "撤销" }).focus();
      await expect.poll(() => Date.now() - shown).toBeGreaterThan(11_000);
      await expect(status).toBeVisible();
      await page.mouse.move(5, 100);
      await page.evaluate(() => document.activeElement.blur());
      const start = Date.now();
      await expect(status).toHaveCount(0);
      expect(Date.now() - start).toBeGreaterThan(9_000);
    });
  });
}
