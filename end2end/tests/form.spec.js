// The entry form: errors at their fields, drafts, full storage and double saves.
import { choosePlace, expect, fillIn, goOffline, readyOffline, save, signIn, test } from "./jiedui.js";

test("each error is shown at its field and disappears when corrected", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await page.goto("/entries/new/cadre_training");
  await page.locator("#field-values-batches").fill("一批");
  await page.locator("#save").click();
  await expect(page.locator("#error-values-batches")).toHaveText("请填数字，不写单位和文字");
  await expect(page.locator("#error-values-attendance")).toHaveText("请填写");
  await expect(page.locator("#error-place")).toHaveText("请填写");
  await expect(page.getByRole("alert").first()).toContainText("请检查");
  await page.locator("#field-values-batches").fill("１");
  await expect(page.locator("#error-values-batches")).toHaveText("");
});

test("number field accepts any digits and rejects other notations", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await page.goto("/entries/new/field_survey");
  await choosePlace(page, "沫阳镇");
  const number = page.locator("#field-values-times");
  for (const wrong of ["1e3", "12人", "十二", "1,5"]) {
    await number.fill(wrong);
    await page.locator("#save").click();
    await expect(page.locator("#error-values-times"), wrong).toHaveText("请填数字，不写单位和文字");
  }
  await number.fill("1.00001");
  await page.locator("#save").click();
  await expect(page.locator("#error-values-times")).toHaveText("请填数字，最多四位小数");
  await number.fill("１，０００");
  await save(page);
  await expect(page.locator("#sync")).toContainText("已同步");
  const { entries } = await (await server.api("reviewer")).get("/entries?limit=1");
  expect(entries[0].fields.values).toEqual({ times: 1000 });
});

test("draft is stored at every keystroke", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await page.goto("/entries/new/field_survey");
  await expect(page.getByLabel("备注")).toBeVisible();
  for (const letter of "看望老人") {
    await page.getByLabel("备注").pressSequentially(letter);
    const typed = await page.getByLabel("备注").inputValue();
    const stored = await page.evaluate(() => {
      const name = Object.keys(localStorage).find((key) => key.endsWith(".field_survey"));
      return JSON.parse(localStorage.getItem(name)).note;
    });
    expect(stored).toBe(typed);
  }
});

test("full storage is reported and loses nothing", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "3" }, note: "存不下" });
  await page.evaluate(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function () {
      throw new DOMException("no room", "QuotaExceededError");
    };
    window.mend = () => (IDBObjectStore.prototype.put = put);
  });
  await page.locator("#save").click();
  await expect(page.locator(".form .error[role=alert]")).toContainText("存储空间已满");
  await page.reload();
  await expect(page.getByLabel("备注")).toHaveValue("存不下");
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
});

test("new entry has today's date in China on a phone of another time zone", async ({ browser, page, server, line }) => {
  await signIn(page, server, "recorder");
  const day = (timeZone) => new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(new Date());
  // Twelve hours behind UTC or fourteen ahead: at any time, one of both has another date than China.
  const timezoneId = ["Etc/GMT+12", "Pacific/Kiritimati"].find((zone) => day(zone) !== day("Asia/Shanghai"));
  const context = await browser.newContext({ baseURL: line.address, locale: "zh-CN", timezoneId, storageState: await page.context().storageState() });
  const elsewhere = await context.newPage();
  await elsewhere.goto("/entries/new/field_survey");
  await expect(elsewhere.getByLabel("日期")).toHaveValue(day("Asia/Shanghai"));
  await context.close();
});

// The page is closed after the entry is in the outbox and before the draft is removed.
async function saveWithoutRemovingDraft(page) {
  await page.evaluate(() => {
    Storage.prototype.removeItem = () => {};
  });
  await page.locator("#save").click();
}

async function saveOfflineWithoutRemovingDraft(page, server, line) {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "3" }, note: "已保存" });
  await saveWithoutRemovingDraft(page);
  await expect(page.getByRole("heading", { name: "我的填报" })).toBeVisible();
}

const storedDrafts = (page) => page.evaluate(() => Object.keys(localStorage).filter((key) => /^jiedui[.](draft|need|saving)[.]/.test(key)));

test("draft that was saved is not offered again after a reload", async ({ page, server, line }) => {
  await saveOfflineWithoutRemovingDraft(page, server, line);
  expect((await storedDrafts(page)).length, "the draft is still stored").toBeGreaterThan(0);
  await page.goto("/entries/new/field_survey");
  await expect(page.getByLabel("备注")).toHaveValue("");
  await expect.poll(() => storedDrafts(page)).toEqual([]);
  await page.goto("/entries");
  await expect(page.locator(".entries .entry")).toHaveCount(1);
  await expect(page.locator(".entries.drafts")).toHaveCount(0);
  // The same for an edit of the entry.
  await page.locator(".entries .entry").getByRole("link").first().click();
  await page.getByLabel("备注").fill("已修改");
  await saveWithoutRemovingDraft(page);
  await expect(page.getByRole("heading", { name: "我的填报" })).toBeVisible();
  expect((await storedDrafts(page)).length, "the draft is still stored").toBeGreaterThan(0);
  await page.reload();
  await page.locator(".entries .entry").getByRole("link").first().click();
  await expect(page.getByLabel("备注")).toHaveValue("已修改");
  await expect.poll(() => storedDrafts(page)).toEqual([]);
});

test("list of drafts omits a saved one and keeps one that was changed after saving failed", async ({ page, server, line }) => {
  await saveOfflineWithoutRemovingDraft(page, server, line);
  await page.reload();
  await expect(page.locator(".entries:not(.drafts) .entry")).toHaveCount(1);
  await expect.poll(() => storedDrafts(page)).toEqual([]);
  await expect(page.locator(".entries.drafts")).toHaveCount(0);
  await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "4" }, note: "未保存" });
  await page.evaluate(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException("no room", "QuotaExceededError");
    };
  });
  await page.locator("#save").click();
  await expect(page.locator(".form .error[role=alert]")).toContainText("存储空间已满");
  await page.goto("/entries");
  await expect(page.locator(".entries.drafts .entry")).toHaveCount(1);
  await page.locator(".entries.drafts .entry").getByRole("link").click();
  await expect(page.getByLabel("备注")).toHaveValue("未保存");
});

test("pressing save twice creates one entry", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "3" } });
  await page.locator("#save").dblclick();
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  const { entries } = await (await server.api("admin")).get("/entries?year=" + new Date().getFullYear());
  expect(entries.length).toBe(1);
});
