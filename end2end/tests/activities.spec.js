// Forms with choices, checklists, conditions and computed numbers: offline, corrected, and shown to a reviewer.
import { another, choosePlace, complaints, expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

test("form shows conditional and computed fields, and the reviewer sees them", async ({ page, server, line }) => {
  const errors = complaints(page);
  await signIn(page, server, "reviewer");
  await readyOffline(page);
  await goOffline(page, line);
  await fillIn(page, { activity: "pairing_project", place: "沫阳", values: { projects: "1" } });
  const result = page.getByLabel("建成后的效果");
  await expect(result).toBeHidden();
  await page.getByLabel("项目阶段").selectOption({ label: "完工" });
  await result.fill("带动四十户增收");
  await page.getByLabel("项目名称").fill("蔬菜大棚");
  await expectReadable(page);
  // Typed text survives the tab.
  await page.reload();
  await expect(result).toHaveValue("带动四十户增收");
  await save(page);
  await fillIn(page, { activity: "service_centre", place: "沫阳", values: { centres: "1" } });
  await page.getByLabel("服务大厅").check();
  await page.getByLabel("值班制度").check();
  await page.getByLabel("值班制度").uncheck();
  await page.getByLabel("网络畅通").check();
  await save(page);
  await fillIn(page, { activity: "pigs_sale", place: "沫阳", values: { head: "12", price: "1500.5" } });
  await expect(page.locator("output")).toContainText("18006");
  await save(page);
  await goOnline(page, line);
  await expect(page.locator("#sync")).toContainText("已同步");

  const api = await server.api("coordinator");
  const { entries } = await api.get("/entries?limit=3");
  const of = (activity) => entries.find((record) => record.fields.activity === activity).fields;
  expect(of("pairing_project").details).toEqual({ stage: "finish", result: "带动四十户增收", project: "蔬菜大棚" });
  expect(of("service_centre").details).toEqual({ checklist: ["hall", "network"] });
  expect(of("pigs_sale").values).toEqual({ head: 12, price: 1500.5, proceeds: 18006 });

  // Another reviewer checks the numbers.
  const checker = await another(page, server, "coordinator");
  await checker.goto(`http://127.0.0.1:${server.port}/review`);
  const row = (name) => checker.locator(".review .row").filter({ hasText: name }).getByRole("link");
  const card = checker.locator(".pane");
  await row("结对项目落实").click();
  await expect(card).toContainText("带动四十户增收");
  await expect(card).toContainText("完工");
  await checker.goBack();
  await row("党群服务中心").click();
  await expect(card).toContainText("服务大厅、网络畅通");
  await checker.context().close();

  // The project is not finished after all: dependent fields are cleared.
  await page.goto("/entries");
  await page.locator(".entry").filter({ hasText: "结对项目落实" }).getByRole("link").first().click();
  await page.getByLabel("项目阶段").selectOption({ label: "在建" });
  await expect(result).toBeHidden();
  await save(page);
  await expect(page.locator("#sync")).toContainText("已同步");
  await expect.poll(async () => (await api.get("/entries?activity=pairing_project&year=2026")).entries[0].fields.details)
    .toEqual({ stage: "under_way", project: "蔬菜大棚" });

  // One press copies the last entry.
  await page.goto("/entries/new/pairing_project");
  await page.getByRole("button", { name: "与上次相同" }).click();
  await expect(page.getByLabel("项目名称")).toHaveValue("蔬菜大棚");
  await expect(page.locator(".place-chosen")).toContainText("沫阳");
  // The copy has the form's default numbers, not those of the last entry.
  await expect(page.locator("#field-values-projects")).toHaveValue("1");
  await page.locator("#field-values-projects").fill("2");
  await page.getByLabel("项目阶段").selectOption({ label: "完工" });
  await page.getByLabel("建成后的效果").fill("通水");
  await save(page);
  await expect(page.locator("#sync")).toContainText("已同步");
  await expect.poll(async () => (await api.get("/entries?activity=pairing_project&year=2026")).entries.length).toBe(2);
  expect(errors.filter((line) => !line.includes("net::ERR"))).toEqual([]);
});

test("missing conditional answer is an error of its field", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await fillIn(page, { activity: "supervision", place: "沫阳", values: { visits: "1" } });
  await page.locator("#save").click();
  await expect(page.locator(".form-row", { hasText: "类型" }).locator(".error")).not.toBeEmpty();
  await page.getByLabel("类型").selectOption({ label: "回头看" });
  await page.locator("#save").click();
  await expect(page.locator(".form-row", { hasText: "上次问题整改" }).locator(".error")).not.toBeEmpty();
  await page.getByLabel("上次问题整改").selectOption({ label: "部分整改" });
  await save(page);
  await expect(page.locator(".entry")).toContainText("部分整改");
});

// Each entry is made in its form, verified in the queue of another reviewer, and returned on its page.
test("each indicator follows an entry of its form through its review", async ({ page, server }) => {
  // Each return is held back for six seconds.
  test.setTimeout(600_000);
  await signIn(page, server, "reviewer");
  await readyOffline(page);
  const api = await server.api("reviewer");
  const { catalogue } = await page.evaluate(async () => (await fetch("/api/v1/overview")).json());
  const figures = async (include) => {
    const { indicators } = await api.get(`/indicators?year=2026&include=${include}`);
    return Object.fromEntries(indicators.map((indicator) => [indicator.code, indicator.actual]));
  };
  const fed = (activity) => activity.fields.map((field) => field.feeds).filter(Boolean);
  const feeding = catalogue.activities.filter((activity) => fed(activity).length > 0);
  expect(new Set(feeding.flatMap(fed)).size).toBe(40);
  const expected = { ...(await figures("submitted")) };
  let amount = 2;
  for (const activity of feeding) {
    await page.goto(`/entries/new/${activity.code}`);
    await choosePlace(page, "沫阳");
    amount = amount === 9 ? 3 : amount + 1;
    for (const field of activity.fields) {
      const input = page.locator(`#field-values-${field.code}`);
      if (field.feeds) {
        await input.fill(String(amount));
        expect(expected[field.feeds], field.feeds).toBe(null);
        expected[field.feeds] = amount;
      } else if (field.required && ["integer", "number"].includes(field.kind)) await input.fill("1");
      if (field.required && field.kind === "choice") await page.locator(`#field-details-${field.code}`).selectOption({ index: 1 });
    }
    await save(page);
    await expect.poll(async () => (await figures("submitted"))[fed(activity)[0]], { message: activity.code }).toBe(amount);
  }
  expect(await figures("submitted")).toEqual(expected);
  expect(Object.values(await figures("verified")).every((figure) => figure === null)).toBe(true);

  await page.goto("/review");
  await expect(page.getByText("没有待审核的填报")).toBeVisible();
  await expect(page.locator("main")).toContainText(`另有 ${feeding.length} 条的数字是您填报或最后修改的`);
  const at = (path) => `http://127.0.0.1:${server.port}${path}`;
  const checker = await another(page, server, "coordinator");
  await checker.goto(at("/review"));
  const none = checker.getByText("没有待审核的填报");
  await expect(checker.locator(".review .row").first()).toBeVisible();
  await expect(async () => {
    if (!(await none.isVisible())) {
      await checker.getByRole("button", { name: "全选（不含疑似重复）" }).click({ timeout: 2_000 });
      await checker.locator("#verify-chosen").click({ timeout: 2_000 });
      await checker.locator("#dialog-confirm").click({ timeout: 2_000 });
    }
    await expect(none).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await expect.poll(() => figures("verified")).toEqual(expected);

  const { entries } = await api.get("/entries?year=2026&limit=100");
  expect(entries.length).toBe(feeding.length);
  for (const entry of entries) {
    await checker.goto(at(`/list/${entry.id}`));
    await checker.getByRole("button", { name: "退回", exact: true }).click();
    await checker.getByRole("button", { name: "请核对数值" }).click();
    await checker.getByRole("button", { name: "确认退回" }).click();
    await expect(checker.locator(".entry-whole .state")).toContainText("已退回");
    for (const code of fed(feeding.find((activity) => activity.code === entry.fields.activity))) expected[code] = null;
    await expect.poll(() => figures("submitted"), { message: entry.fields.activity }).toEqual(expected);
  }
  await checker.context().close();
});

test("table rows are summed, and the position is stored on request", async ({ page, server, line, context }) => {
  await context.grantPermissions(["geolocation"]);
  await context.setGeolocation({ latitude: 25.43, longitude: 106.75 });
  await signIn(page, server, "reviewer");
  await readyOffline(page);
  await goOffline(page, line);
  await fillIn(page, { activity: "worker_placement", place: "沫阳", values: { workers: "7" } });
  const add = page.getByRole("button", { name: "添加一行" });
  await add.click();
  await page.locator("#field-details-placements-0-village").fill("沫阳村");
  await page.locator("#field-details-placements-0-workers").fill("3");
  await add.click();
  await page.locator("#field-details-placements-1-village").fill("大桥社区");
  await page.locator("#field-details-placements-1-employer").fill("贵阳甲厂");
  await page.locator("#field-details-placements-1-workers").fill("四");
  await page.locator("#find-position").click();
  await expect(page.locator(".position")).toContainText("25.43000, 106.75000");
  await page.locator("#save").click();
  await expect(page.locator("#error-details-placements-0-employer")).toContainText("请填写");
  await expect(page.locator("#error-details-placements-1-workers")).toContainText("请填数字");
  await page.locator("#field-details-placements-0-employer").fill("贵阳乙厂");
  await page.locator("#field-details-placements-1-workers").fill("4");
  await expect(page.locator("output")).toContainText("7");
  await add.click();
  await expectReadable(page);
  // Typed text survives the tab.
  await page.reload();
  await expect(page.locator("#field-details-placements-1-employer")).toHaveValue("贵阳甲厂");
  await save(page);
  await expect(page.locator(".entry").first()).toContainText("大桥社区 贵阳甲厂 4 人");
  await goOnline(page, line);
  await expect(page.locator("#sync")).toContainText("已同步");
  const { entries } = await (await server.api("coordinator")).get("/entries?limit=1");
  expect(entries[0].fields.details.placements).toEqual([
    { village: "沫阳村", employer: "贵阳乙厂", workers: 3 },
    { village: "大桥社区", employer: "贵阳甲厂", workers: 4 },
  ]);
  expect(entries[0].fields.values).toEqual({ workers: 7, listed: 7 });
  expect(entries[0].fields.position).toEqual([106.75, 25.43]);
  await page.goto(`/entries/${entries[0].id}`);
  await page.locator(".form-table").getByRole("button", { name: "移除" }).first().click();
  await save(page);
  await expect(page.locator(".entry").first()).not.toContainText("贵阳乙厂");
});
