// Invalid input in a form, an indicator's target or the directory is an error of its field, and nothing is published
// until it is corrected.
import { expect, expectReadable, signIn, test } from "./jiedui.js";

test("form with an unreadable limit or condition is not published", async ({ page, server }) => {
  await signIn(page, server, "admin");
  const api = await server.api("admin");
  const version = async () => (await api.get("/catalogue")).activities.find((activity) => activity.code === "field_survey").version;
  const before = await version();
  await page.goto("/catalogue/activities/field_survey");
  const field = page.locator(".catalogue-fields > li").first();
  await field.locator("summary").click();
  const save = page.locator("#save");
  for (const [label, wrong, right, words] of [
    ["最小值", "十", "1", "最小值：请填数字"],
    ["最大值", "1OOO", "900", "最大值：请填数字"],
    ["出现条件", "people", "", "出现条件：请写成"],
    ["自动计算", "people + topic × findings", "", "自动计算：加号和乘号"],
  ]) {
    const input = field.getByLabel(label);
    await input.fill(wrong);
    await save.click();
    await expect(field.locator(".error")).toContainText(words);
    await expect(page.locator(".notice[role=alert]")).toContainText("请改正标红的栏目");
    await expectReadable(page);
    await input.fill(right);
    await expect(field.locator(".error")).toHaveCount(0);
  }
  expect(await version()).toBe(before);
  // A column of an unknown kind.
  await page.locator("#add-field").click();
  const added = page.locator(".catalogue-fields > li").last();
  await added.locator("summary").click();
  await added.getByLabel("栏目名称").fill("明细");
  await added.getByLabel("类型").selectOption("table");
  await added.getByLabel("各列").fill("town|村|text\npeople|人数|intger|人");
  await save.click();
  await expect(added.locator(".error")).toContainText("各列：第 2 行");
  expect(await version()).toBe(before);
  await added.getByLabel("各列").fill("town|村|text\npeople|人数|integer|人");
  await save.click();
  await expect(page.getByRole("heading", { name: "活动与指标" })).toBeVisible();
  expect(await version()).toBe(before + 1);
  const form = (await api.get("/catalogue")).activities.find((activity) => activity.code === "field_survey");
  expect([form.fields[0].min, form.fields[0].max]).toEqual([1, 900]);
});

test("unreadable target is marked at its field", async ({ page, server }) => {
  await signIn(page, server, "admin");
  const api = await server.api("admin");
  await page.goto("/catalogue/indicators/field_surveys");
  await page.locator("#add-target").click();
  const target = page.locator(".catalogue-target").last();
  await target.getByLabel("目标", { exact: true }).fill("五百");
  await page.locator("#save").click();
  await expect(target.locator(".error")).toContainText("目标：请填数字");
  await target.getByLabel("目标", { exact: true }).fill("500");
  await target.getByLabel("年度").fill("26年");
  await page.locator("#save").click();
  await expect(target.locator(".error")).toContainText("年度：");
  expect((await api.get("/catalogue")).indicators.find((indicator) => indicator.code === "field_surveys").targets).toEqual([]);
  await target.getByLabel("年度").fill("２０２６");
  await page.locator("#save").click();
  await expect(page.getByRole("heading", { name: "活动与指标" })).toBeVisible();
  const [saved] = (await api.get("/catalogue")).indicators.find((indicator) => indicator.code === "field_surveys").targets;
  expect([saved.year, saved.value]).toEqual([2026, 500]);
});

test("incomplete position and date are errors in directory forms", async ({ page, server }) => {
  await signIn(page, server, "admin");
  await page.goto("/organisations/new");
  await page.getByLabel("单位名称").fill("半个位置");
  await page.getByLabel("经度").fill("106.7");
  await page.locator("#save").click();
  await expect(page.locator("#error-north")).toContainText("请填写");
  await page.goto("/pairings/new");
  await page.locator("#field-from").focus();
  // A year or month alone is neither a date nor empty.
  await page.keyboard.type("12");
  await page.locator("#save").click();
  await expect(page.locator("#error-from")).toContainText("请选择日期");
});

test("form changed by another administrator is not overwritten", async ({ page, server }) => {
  await signIn(page, server, "admin");
  const api = await server.api("admin");
  const form = async () => (await api.get("/catalogue")).activities.find((activity) => activity.code === "field_survey");
  const other = await page.context().newPage();
  for (const tab of [page, other]) {
    await tab.goto("/catalogue/activities/field_survey");
    await tab.locator(".catalogue-fields > li").first().locator("summary").click();
  }
  const field = (tab) => tab.locator(".catalogue-fields > li").first();
  await field(other).getByLabel("最大值").fill("700");
  await other.locator("#save").click();
  await expect(other.getByRole("heading", { name: "活动与指标" })).toBeVisible();
  await field(page).getByLabel("最小值").fill("2");
  await page.locator("#save").click();
  await expect(page.locator(".notice[role=alert]").first()).toContainText("别人刚刚改过");
  await expect(field(page).getByLabel("最小值")).toHaveValue("2");
  expect((await form()).fields[0].max).toBe(700);
  expect((await form()).fields[0].min).not.toBe(2);
});

test("organisation changed by others is not overwritten, typed text stays", async ({ page, server }) => {
  const api = await server.api("admin");
  const { organisations } = await api.get("/overview");
  const organisation = organisations.find(({ side }) => side === "b");
  const { id } = organisation;
  // A PUT accepts the editable fields.
  const before = Object.fromEntries(Object.entries(organisation).filter(([name]) => !["id", "initials", "rev"].includes(name)));
  const now = async () => (await api.get("/overview")).organisations.find((organisation) => organisation.id === id);
  await signIn(page, server, "admin");
  await page.goto(`/organisations/${id}/edit`);
  const english = page.locator("#field-name_en");
  await english.fill("What I typed");
  // The live event of the other change does not reach the phone.
  await page.route("**/api/v1/overview*", (route) => route.abort());
  await api.put(`/organisations/${id}`, { ...before, name: "别人改的名称" });
  await page.locator("#save").click();
  await expect(page.locator(".notice[role=alert]")).toContainText("没有保存：别人刚刚改过");
  await expect(english).toHaveValue("What I typed");
  await expectReadable(page);
  expect((await now()).name_en).toBe(before.name_en);
  await page.unroute("**/api/v1/overview*");
  await page.locator("#save").click();
  await expect(page).toHaveURL(new RegExp(`/organisations/${id}$`));
  const { name, name_en } = await now();
  expect([name, name_en]).toEqual(["别人改的名称", "What I typed"]);
});
