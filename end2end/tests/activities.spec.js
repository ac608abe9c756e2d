// Forms with choices, checklists, conditions and numbers that follow from others; offline, corrected, and seen by a reviewer.
import { complaints, expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

test("a form asks for what its choices call for, and computes; what it said is there for the reviewer", async ({ page, server, line }) => {
  const found = complaints(page);
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
  // What is typed survives the tab.
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
  const of = (activity) => entries.find((own) => own.fields.activity === activity).fields;
  expect(of("pairing_project").details).toEqual({ stage: "finish", result: "带动四十户增收", project: "蔬菜大棚" });
  expect(of("service_centre").details).toEqual({ checklist: ["hall", "network"] });
  expect(of("pigs_sale").values).toEqual({ head: 12, price: 1500.5, proceeds: 18006 });

  await page.goto("/review");
  const card = page.locator(".review .entry").filter({ hasText: "结对项目落实" });
  await expect(card).toContainText("带动四十户增收");
  await expect(card).toContainText("完工");
  await expect(page.locator(".review .entry").filter({ hasText: "党群服务中心" })).toContainText("服务大厅、网络畅通");

  // The project turns out not to be finished: what belonged to that goes.
  await page.goto("/entries");
  await page.locator(".entry").filter({ hasText: "结对项目落实" }).getByRole("link").first().click();
  await page.getByLabel("项目阶段").selectOption({ label: "在建" });
  await expect(result).toBeHidden();
  await save(page);
  await expect(page.locator("#sync")).toContainText("已同步");
  await expect.poll(async () => (await api.get("/entries?activity=pairing_project&year=2026")).entries[0].fields.details)
    .toEqual({ stage: "under_way", project: "蔬菜大棚" });

  // The same again, by one press.
  await page.goto("/entries/new/pairing_project");
  await page.getByRole("button", { name: "与上次相同" }).click();
  await expect(page.getByLabel("项目名称")).toHaveValue("蔬菜大棚");
  await expect(page.locator(".chosen-place")).toContainText("沫阳");
  await expect(page.locator("#field-values-projects")).toHaveValue("");
  await page.locator("#field-values-projects").fill("2");
  await page.getByLabel("项目阶段").selectOption({ label: "完工" });
  await page.getByLabel("建成后的效果").fill("通水");
  await save(page);
  await expect(page.locator("#sync")).toContainText("已同步");
  await expect.poll(async () => (await api.get("/entries?activity=pairing_project&year=2026")).entries.length).toBe(2);
  expect(found.filter((line) => !line.includes("net::ERR"))).toEqual([]);
});

test("a look-back that does not say what was put right is told so at its field", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await fillIn(page, { activity: "supervision", place: "沫阳", values: { visits: "1" } });
  await page.locator("#save").click();
  await expect(page.locator(".row", { hasText: "类型" }).locator(".error")).not.toBeEmpty();
  await page.getByLabel("类型").selectOption({ label: "回头看" });
  await page.locator("#save").click();
  await expect(page.locator(".row", { hasText: "上次问题整改" }).locator(".error")).not.toBeEmpty();
  await page.getByLabel("上次问题整改").selectOption({ label: "部分整改" });
  await save(page);
  await expect(page.locator(".entry")).toContainText("部分整改");
});
