// Several tabs of one browser: a draft belongs to one of them, and none overwrites saved changes of another.
import { choosePlace, expect, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const FORM = "/entries/new/field_survey";
const SURVEY = { activity: "field_survey", place: "沫阳镇", date: "2026-11-20" };
const notice = (page) => page.locator("#tabs-notice");
const drafts = (page) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("jiedui.draft.")).map((key) => JSON.parse(localStorage.getItem(key))));

async function tab(context, address) {
  const page = await context.newPage();
  await page.goto(address);
  await expect(page.locator("html.scripted")).toBeAttached();
  return page;
}

// Returns the notes of all entries on the server.
async function notes(server) {
  const { entries } = await (await server.api("admin")).get("/entries?year=2026");
  return entries.map((record) => record.fields.note).sort();
}

async function place(page) {
  await choosePlace(page, "沫阳镇");
}

for (const network of ["with a network", "offline"]) {
  test(`draft open in two tabs becomes two entries, ${network}`, async ({ page, server, line, context }) => {
    await signIn(page, server, "recorder");
    await readyOffline(page);
    if (network === "offline") await goOffline(page, line);
    await fillIn(page, { ...SURVEY, values: { times: "2" }, note: "第一" });
    const second = await context.newPage();
    await second.goto(FORM);
    await expect(notice(second)).toContainText("另一个标签页正在填写");
    await expect(second.getByLabel("备注")).toHaveValue("第一");
    await second.locator("#field-values-times").fill("9");
    await second.getByLabel("备注").fill("第二");
    await save(second);
    await expect(notice(page)).toContainText("已在另一个标签页中保存");
    await expect(page.getByLabel("备注")).toHaveValue("第一");
    await expect(page.locator("#field-values-times")).toHaveValue("2");
    await save(page);
    await expect(page.locator(".entries:not(.drafts) .entry")).toHaveCount(2);
    expect(await drafts(page)).toEqual([]);
    if (network === "offline") await goOnline(page, line);
    await expect(page.getByText("已接收，待审核")).toHaveCount(2);
    await expect.poll(() => notes(server)).toEqual(["第一", "第二"]);
  });
}

test("three tabs with one form make three entries of that form only", async ({ page, server, context }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { ...SURVEY, values: { times: "1" }, note: "甲" });
  const pages = [page];
  for (const note of ["乙", "丙"]) {
    const next = await tab(context, FORM);
    await expect(notice(next)).toBeVisible();
    await next.getByLabel("备注").fill(note);
    pages.push(next);
  }
  const other = await tab(context, "/entries/new/liaison_contact");
  await expect(other.locator("#field-values-times")).toHaveValue("");
  await expect(notice(other)).toHaveCount(0);
  // Each tab keeps its typed text after a reload.
  for (const [number, note] of ["甲", "乙", "丙"].entries()) {
    await pages[number].reload();
    await expect(pages[number].getByLabel("备注")).toHaveValue(note);
  }
  for (const tabPage of pages.reverse()) await save(tabPage);
  await expect.poll(() => notes(server)).toEqual(["丙", "乙", "甲"].sort());
  expect(await drafts(page)).toEqual([]);
});

test("draft of a closed tab is listed and can be continued", async ({ page, server, context }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { ...SURVEY, values: { times: "1" }, note: "甲" });
  const second = await tab(context, FORM);
  await second.getByLabel("备注").fill("乙");
  await second.close();
  await page.goto("/entries");
  const left = page.locator(".entries.drafts .entry");
  await expect(left).toHaveCount(2);
  for (const note of ["甲", "乙"]) {
    await left.first().getByRole("link").click();
    await expect(page.getByLabel("备注")).toHaveValue(note);
    await expect(notice(page)).toHaveCount(0);
    await save(page);
  }
  await expect(left).toHaveCount(0);
  await expect.poll(() => notes(server)).toEqual(["乙", "甲"].sort());
});

test("copied draft can be cleared for another entry", async ({ page, server, context }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { ...SURVEY, values: { times: "1" }, note: "甲" });
  const second = await tab(context, FORM);
  await second.locator("#draft-drop").click();
  await expect(second.getByLabel("备注")).toHaveValue("");
  await expect(second.locator("#field-values-times")).toHaveValue("");
  await choosePlace(second, "沫阳镇");
  await second.locator("#field-values-times").fill("4");
  await save(second);
  await expect(page.getByLabel("备注")).toHaveValue("甲");
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(2);
});

test("form without locks does not overwrite an entry saved from its draft", async ({ page, server, context }) => {
  // As in an old browser, or a page from the back/forward cache.
  await context.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined });
    delete window.BroadcastChannel;
  });
  await signIn(page, server, "recorder");
  await page.goto(FORM);
  await fillIn(page, { ...SURVEY, values: { times: "2" }, note: "第一" });
  const [draft] = await drafts(page);
  const second = await context.newPage();
  await second.goto("/entries");
  // The other tab has the same draft in the same slot, since it sees no lease.
  await second.addInitScript(() => {
    const { getItem } = Storage.prototype;
    Storage.prototype.getItem = function (key) {
      return key.startsWith("jiedui.lease.") ? null : getItem.call(this, key);
    };
  });
  await second.goto(FORM);
  await expect(second.getByLabel("备注")).toHaveValue("第一");
  expect((await drafts(second)).map((draft) => draft.id)).toEqual([draft.id]);
  await second.getByLabel("备注").fill("第二");
  await save(second);
  await expect(second.getByText("已接收，待审核")).toHaveCount(1);
  await save(page);
  await expect.poll(() => notes(server)).toEqual(["第一", "第二"]);
});

test("draft belongs to one tab without Web Locks until that tab closes", async ({ page, server, context }) => {
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined }));
  await signIn(page, server, "recorder");
  await fillIn(page, { ...SURVEY, values: { times: "2" }, note: "第一" });
  const second = await tab(context, FORM);
  await expect(notice(second)).toBeVisible();
  await second.getByLabel("备注").fill("第二");
  await save(second);
  await second.close();
  await page.reload();
  await expect(page.getByLabel("备注")).toHaveValue("第一");
  await expect(notice(page)).toHaveCount(0);
  await save(page);
  await expect.poll(() => notes(server)).toEqual(["第一", "第二"]);
});

test("page restored by the browser does not reuse a saved draft", async ({ page, server, context }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { ...SURVEY, values: { times: "2" }, note: "第一" });
  const again = () => page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  // Nothing has changed, so the form continues.
  await again();
  await page.getByLabel("备注").fill("第一。");
  await expect.poll(async () => (await drafts(page)).map((draft) => draft.note)).toEqual(["第一。"]);
  // Another tab had the draft and changed it.
  const second = await context.newPage();
  await second.goto("/entries");
  await second.evaluate(() => {
    const key = Object.keys(localStorage).find((name) => name.startsWith("jiedui.draft."));
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key)), note: "第二" }));
  });
  await again();
  await expect(notice(page)).toBeVisible();
  await page.getByLabel("备注").fill("第一！");
  await expect.poll(async () => (await drafts(page)).map((draft) => draft.note).sort()).toEqual(["第一！", "第二"].sort());
  await save(page);
  await second.reload();
  await second.locator(".entries.drafts .entry").getByRole("link").click();
  await expect(second.getByLabel("备注")).toHaveValue("第二");
  await save(second);
  await expect.poll(() => notes(server)).toEqual(["第一！", "第二"].sort());
});

test("two tabs that change one entry do not overwrite each other", async ({ page, server, context }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { ...SURVEY, values: { times: "2" }, note: "原来" });
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  const open = async (page) => {
    await page.locator(".entry").getByRole("link").first().click();
    await expect(page.locator("#field-values-times")).toHaveValue("2");
  };
  const second = await tab(context, "/entries");
  await open(page);
  await page.locator("#field-values-times").fill("5");
  await open(second);
  await expect(notice(second)).toContainText("正在另一个标签页中修改");
  await second.locator("#field-values-times").fill("9");
  await second.getByLabel("备注").fill("改过");
  await save(second);
  await expect(notice(page)).toContainText("另一个标签页中改过并保存");
  await expect(second.getByText("已接收，待审核")).toHaveCount(1);
  await page.locator("#save").click();
  await expect(page.locator(".form .error[role=alert]")).toContainText("“调研次数”已在别处改动");
  await expect(page.locator("#field-values-times"), "what was typed is still there").toHaveValue("5");
  await expect(page.getByLabel("备注"), "and what only the other has changed is seen").toHaveValue("改过");
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  const fields = async () => (await (await server.api("admin")).get("/entries?year=2026")).entries.map((record) => [record.fields.values.times, record.fields.note]);
  await expect.poll(fields).toEqual([[5, "改过"]]);
});

test("ledger item open in two tabs becomes two, offline", async ({ page, server, line, context }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await page.goto("/needs/new");
  await page.getByLabel("需要什么").fill("路灯");
  await place(page);
  await page.locator("#field-programme").selectOption("industry");
  const second = await tab(context, "/needs/new");
  await expect(notice(second)).toBeVisible();
  await second.getByLabel("需要什么").fill("冷库");
  await second.locator("#save").click();
  await expect(second.locator("[data-need]")).toHaveCount(1);
  await expect(notice(page)).toContainText("已在另一个标签页中保存");
  await page.locator("#save").click();
  await expect(page.locator("[data-need]")).toHaveCount(2);
  await goOnline(page, line);
  await expect(page.locator("#sync")).toContainText("已同步");
  for (const title of ["路灯", "冷库"]) await expect(page.locator("[data-need]").filter({ hasText: title })).toHaveCount(1);
});

test("two tabs that change one organisation merge or report a conflict", async ({ page, server, context }) => {
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  await page.goto("/organisations?q=myz");
  await page.locator(".list .latest li").getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("沫阳镇");
  const address = new URL(page.url()).pathname;
  const edit = async (page) => {
    await page.goto(`${address}/edit`);
    await expect(page.getByLabel("单位名称", { exact: true })).toHaveValue("沫阳镇");
  };
  const second = await context.newPage();
  const name = (page) => page.locator("#field-name_en");
  await edit(page);
  await edit(second);
  await name(page).fill("Moyang A");
  await second.locator("#field-east").fill("106.7");
  await second.locator("#field-north").fill("25.4");
  await second.locator("#save").click();
  await expect(second.getByRole("heading", { level: 1 })).toHaveText("沫阳镇");
  const storedFields = async () => {
    const { organisations } = await (await server.api("admin")).get("/overview");
    const { name_en, position } = organisations.find((one) => address.endsWith(one.id));
    return { name_en, position };
  };
  await page.locator("#save").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("沫阳镇");
  await expect.poll(storedFields).toEqual({ name_en: "Moyang A", position: [106.7, 25.4] });
  // Now both change the same field.
  await edit(page);
  await edit(second);
  await expect(name(page)).toHaveValue("Moyang A");
  await expect(name(second)).toHaveValue("Moyang A");
  await name(page).fill("Moyang B");
  await name(second).fill("Moyang C");
  await second.locator("#save").click();
  await expect(second.getByRole("heading", { level: 1 })).toHaveText("沫阳镇");
  await expect.poll(async () => (await storedFields()).name_en).toBe("Moyang C");
  await page.locator("#save").click();
  await expect(page.locator(".notice.bad[role=alert]")).toContainText("已在别处改动");
  await expect(name(page)).toHaveValue("Moyang B");
  await page.locator("#save").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("沫阳镇");
  await expect.poll(async () => (await storedFields()).name_en).toBe("Moyang B");
});
