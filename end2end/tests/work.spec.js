// Work across roles: a day of three people, a form that changes meanwhile, and a table that is imported.
import { another, complaints, expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const today = () => new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10);

test("recorder, reviewer and coordinator work a day, partly offline", async ({ page, server, line }) => {
  test.setTimeout(240_000);
  const errors = complaints(page);
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await fillIn(page, { activity: "field_survey", place: "沫阳", values: { times: "1" } });
  await save(page);
  await fillIn(page, { activity: "liaison_contact", place: "沫阳", values: { times: "3" } });
  await save(page);
  await page.goto("/work");
  await expect(page.locator("#work-mine li").filter({ hasText: "待上传" })).toContainText("2");
  await expect(page.locator("#work-mine li").filter({ hasText: "本月已填" })).toContainText("2");
  await expectReadable(page);
  await goOnline(page, line);
  await expect(page.locator("#sync")).toContainText("已同步");

  const reviewer = await another(page, server, "reviewer");
  const at = (path) => `http://127.0.0.1:${server.port}${path}`;
  await reviewer.goto(at("/work"));
  await expect(reviewer.getByRole("heading", { name: "待我审核（2）" })).toBeVisible();
  await expect(reviewer.locator("#work-queue")).toContainText("沫阳镇");
  await expectReadable(reviewer);
  await reviewer.locator("#work-queue").getByRole("link").first().click();
  await expect(reviewer.locator(".review .row")).toHaveCount(2);
  await reviewer.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
    }
  });
  await reviewer.context().setOffline(true);
  const entry = (page, name) => page.locator(".review .row").filter({ hasText: name });
  const decide = (name) => reviewer.locator(`.pane [data-decide=${name}]`);
  await entry(reviewer, "实地调研").getByRole("link").click();
  await decide("verify").click();
  // The other entry takes its place.
  await expect(reviewer.locator(".pane")).toContainText("沟通对接");
  await decide("return").click();
  await reviewer.getByRole("button", { name: "请核对数值" }).click();
  await reviewer.getByRole("button", { name: "确认退回" }).click();
  await expect(reviewer.getByText("没有待审核的填报")).toBeVisible();
  await reviewer.context().setOffline(false);
  await expect(reviewer.locator("#sync")).toContainText("已同步");

  // The recorder sees the returned entry on every screen, corrects it offline, and resubmits it.
  await expect(page.locator("nav .count")).toHaveText("1");
  await goOffline(page, line);
  await page.goto("/entries");
  await page.locator(".entry").filter({ hasText: "请核对数值" }).getByRole("link").first().click();
  await page.locator("#field-values-times").fill("2");
  await save(page);
  await expect(page.locator("nav .count")).toHaveCount(0);
  await goOnline(page, line);
  await expect(page.locator("#sync")).toContainText("已同步");
  await reviewer.goto(at("/review"));
  await expect(entry(reviewer, "沟通对接")).toContainText("2 次");
  await entry(reviewer, "沟通对接").getByRole("link").click();
  await decide("verify").click();
  await expect(reviewer.getByText("没有待审核的填报")).toBeVisible();
  await expect(reviewer.locator("#sync")).toContainText("已同步");

  // The coordinator sees places without entries, and closes the month.
  const city = await another(page, server, "coordinator");
  await city.goto(at("/work"));
  await city.locator(".silent summary").click();
  await expect(city.locator("#work-silent")).toContainText("边阳镇");
  await expect(city.locator("#work-silent")).not.toContainText("沫阳镇");
  await city.locator(".periods summary").click();
  city.on("dialog", (dialog) => dialog.accept());
  const month = today().slice(0, 7);
  await city.locator(`[data-month="${month}"]`).getByRole("button", { name: "锁定" }).click();
  await expect(city.locator(`[data-month="${month}"]`)).toContainText("演示协调员");
  await expectReadable(city);
  await fillIn(page, { activity: "field_survey", place: "沫阳", values: { times: "1" } });
  await page.locator("#save").click();
  await expect(page.locator("#error-date")).toContainText("已锁定");
  const { entries } = await (await server.api("coordinator")).get("/entries?limit=10&state=verified");
  const contact = entries.find((record) => record.fields.activity === "liaison_contact");
  expect(contact.fields.values.times).toBe(2);
  await page.goto(`/entries/${contact.id}`);
  await page.locator("#field-values-times").fill("9");
  await page.locator("#save").click();
  await expect(page.locator("#error-date"), "nor is what was recorded before changed").toContainText("已锁定");
  const indicators = (await (await server.api("coordinator")).get("/indicators?year=2026&include=verified")).indicators;
  const actual = (code) => indicators.find((indicator) => indicator.code === code).actual;
  expect([actual("field_surveys"), actual("liaison_contacts")]).toEqual([1, 2]);
  await city.context().close();
  await reviewer.context().close();
  // The browser itself logs a stream that the line cuts.
  expect(errors.filter((line) => !line.includes("net::ERR_"))).toEqual([]);
});

test("entry recorded offline before a form change is accepted", async ({ page, server, line }) => {
  const errors = complaints(page);
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await fillIn(page, { activity: "field_survey", place: "沫阳", values: { times: "1" } });
  await save(page);

  const admin = await another(page, server, "admin");
  const at = (path) => `http://127.0.0.1:${server.port}${path}`;
  await admin.goto(at("/catalogue"));
  await admin.locator("summary").first().click();
  await admin.getByRole("link", { name: /^实地调研 ?第/ }).click();
  await expectReadable(admin);
  await admin.locator("#add-field").click();
  const field = admin.locator(".catalogue-fields > li").last();
  await field.locator("summary").click();
  await admin.locator("#save").click();
  await expect(field.locator(".error")).toContainText("请填写");
  await field.getByLabel("栏目名称").fill("走访村数");
  await field.getByLabel("必填").check();
  await field.getByLabel("最小值").fill("1");
  await field.getByLabel("计入指标").selectOption({ index: 1 });
  await expect(admin.locator(".catalogue-preview")).toContainText("走访村数");
  await expectReadable(admin);
  await admin.locator("#save").click();
  await expect(admin.getByRole("heading", { name: "活动与指标" })).toBeVisible();
  await admin.locator("summary").first().click();
  await expect(admin.getByRole("link", { name: /^实地调研 ?第/ })).toContainText(/第 \d+ 版/);
  // A new activity, and an indicator's new target.
  await admin.goto(at("/catalogue/activities/new-item"));
  await admin.locator("#activity-name").fill("乡村夜校");
  await admin.locator("#activity-code").fill("night_school");
  await admin.locator("#activity-programme").selectOption("education");
  await admin.locator("#add-field").click();
  await admin.locator(".catalogue-fields > li summary").click();
  await admin.locator(".catalogue-fields > li").getByLabel("栏目名称").fill("期数");
  await admin.locator("#save").click();
  await expect(admin.getByRole("heading", { name: "活动与指标" })).toBeVisible();
  await admin.goto(at("/catalogue/indicators/field_surveys"));
  await expectReadable(admin);
  await admin.locator("#add-target").click();
  await admin.locator(".catalogue-target").last().getByLabel("目标", { exact: true }).fill("321");
  await expect(admin.locator(".catalogue-preview")).toContainText("321");
  await admin.locator("#save").click();
  await expect(admin.getByRole("heading", { name: "活动与指标" })).toBeVisible();
  await admin.context().close();

  await goOnline(page, line);
  await expect(page.locator("#sync")).toContainText("已同步");
  await expect(page.locator(".entry").first()).toContainText("待审核");
  await expect(page.locator(".entry").first()).not.toContainText("未通过检查");
  await page.goto("/entries/new/field_survey");
  await expect(page.getByLabel("走访村数")).toBeVisible();
  await page.goto("/entries/new/night_school");
  await expect(page.getByLabel("期数")).toBeVisible();
  // The old entry is edited in its form version.
  await page.goto("/entries");
  await page.locator(".entry").first().getByRole("link").first().click();
  await expect(page.locator("#field-values-times")).toHaveValue("1");
  await expect(page.getByLabel("走访村数")).toHaveCount(0);
  await page.locator("#field-values-times").fill("4");
  await save(page);
  await expect(page.locator("#sync")).toContainText("已同步");
  const { entries } = await (await server.api("reviewer")).get("/entries?limit=1");
  expect(entries[0].fields.values).toEqual({ times: 4 });
  expect(errors.filter((line) => !line.includes("net::ERR_"))).toEqual([]);
});

test("table is checked, corrected, imported and reverted", async ({ page, server }) => {
  const errors = complaints(page);
  await signIn(page, server, "recorder");
  await page.goto("/import");
  await page.locator("#import-activity").selectOption("joint_study");
  const heading = "活动时间,乡镇村,学习次数,学习形式,其他";
  const table = (rows) => ({ name: "学习.csv", mimeType: "text/csv", buffer: Buffer.from([heading, ...rows].join("\n")) });
  const rows = Array.from({ length: 300 }, (_, number) => `2026-${(number % 9) + 1}-${(number % 28) + 1},沫阳镇,${number + 1},线上,x`);
  const wrong = rows.with(3, "昨天,沫阳镇,1,线上,x").with(7, "2026-5-1,北京,两次,自学,x");
  await page.locator("#import-file").setInputFiles(table(wrong));
  await expect(page.locator(".import [role=status]")).toContainText("共 300 行，其中 2 行有错误，共 4 处");
  const errorRows = page.locator(".table-errors tbody tr");
  await expect(errorRows).toHaveCount(4);
  await expect(errorRows.first()).toContainText("昨天");
  await expect(errorRows.first()).toContainText("5");
  await expectReadable(page);
  await page.locator(".import-steps button").first().click();
  await page.locator("#import-file").setInputFiles(table(rows));
  const status = page.locator(".import > [role=status]");
  await expect(status).toContainText("检查通过，尚未导入（300 行）");
  // A column may be omitted, or matched to another field.
  await page.locator(".import-steps button").nth(1).click();
  await page.getByLabel("“其他”列对应的栏目").selectOption("note");
  await expect(page.getByLabel("“其他”列对应的栏目")).toBeEnabled();
  await expect(status).toContainText("检查通过，尚未导入（300 行）");
  await page.locator("#import-next").click();
  await page.locator("#import-write").click();
  await expect(page.locator(".import > [role=status]")).toContainText("已导入 300 条填报");
  await expectReadable(page);
  const api = await server.api("coordinator");
  const actual = async () => (await api.get("/indicators?year=2026")).indicators.find((indicator) => indicator.code === "joint_studies").actual;
  expect(await actual()).toBe((300 * 301) / 2);
  page.on("dialog", (dialog) => dialog.accept());
  await page.locator("#import-back").click();
  await expect(page.locator(".import > [role=status]")).toContainText("已撤销");
  expect(await actual()).toBe(null);
  expect(errors).toEqual([]);
});
