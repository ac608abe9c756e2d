// The directory: a new organisation and its pairing.
import { choosePlace, complaints, expect, expectReadable, signIn, test } from "./jiedui.js";

test("coordinator adds an organisation and pairing that others find", async ({ page, server }) => {
  const errors = complaints(page);
  await signIn(page, server, "coordinator");
  await page.goto("/organisations");
  await page.getByRole("link", { name: "新增单位" }).click();
  await page.locator("#save").click();
  await expect(page.locator("#error-name")).toContainText("请填写");
  await page.getByLabel("单位名称").fill("沫阳镇新希望小学");
  await page.locator("#field-kind").selectOption("school");
  await choosePlace(page, "沫阳");
  await page.locator("#field-programme").selectOption("education");
  await expectReadable(page);
  await page.locator("#save").click();
  await expect(page.getByRole("heading", { name: "沫阳镇新希望小学" })).toBeVisible();
  await page.getByRole("link", { name: "新增结对" }).click();
  await page.locator("#field-organisation_a").selectOption({ index: 1 });
  await page.locator("#field-from").fill("2026-09-01");
  await page.locator("#field-agreement").setInputFiles({ name: "协议.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4 agreed") });
  await expect(page.getByRole("link", { name: "打开协议" })).toBeVisible();
  await expectReadable(page);
  await page.locator("#save").click();
  await expect(page.getByRole("heading", { name: "沫阳镇新希望小学" })).toBeVisible();
  await expect(page.locator(".latest").first()).toContainText("2026-09-01");
  await expect(page.getByRole("link", { name: "打开协议" })).toBeVisible();
  await page.getByRole("main").getByRole("link", { name: "修改" }).last().click();
  await page.locator("#field-to").fill("2026-10-01");
  await page.locator("#save").click();
  await expect(page.locator(".latest").first()).toContainText("2026-10-01");
  await page.goto("/organisations?q=xxwxx");
  await expect(page.locator(".latest li")).toHaveCount(1);
  expect(errors).toEqual([]);
});
