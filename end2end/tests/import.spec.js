// The import of a table in three steps, on a phone and on a desktop.
import path from "node:path";
import { complaints, expect, expectReadable, signIn, test } from "./jiedui.js";

const fixture = (name) => path.resolve(import.meta.dirname, "../../tests/fixtures/import", name);
const csv = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

const SIZES = { phone: { width: 360, height: 640 }, desktop: { width: 1440, height: 900 } };

for (const [size, viewport] of Object.entries(SIZES)) {
  test.describe(size, () => {
    test.use({ viewport, hasTouch: size === "phone" });

    test(`table is uploaded, matched and previewed before import (${size})`, async ({ page, server }) => {
      const errors = complaints(page);
      await signIn(page, server, "recorder");
      await page.goto("/import");
      const status = page.locator(".import > [role=status]");
      const step = (name) => page.locator(".import-steps button", { hasText: name });
      await page.locator("#import-activity").selectOption("online_sale");
      await expectReadable(page);

      // The unit of the heading is converted, and shown.
      await page.locator("#import-file").setInputFiles(fixture("05a-yuan-heading.xlsx"));
      await expect(status).toContainText("检查通过，尚未导入（1 行）");
      await expect(step("预览")).toHaveAttribute("aria-current", "step");
      await expect(page.locator(".import-preview .converted")).toContainText("5 万元");
      await expect(page.locator(".import-preview .converted .source")).toContainText("50000 元");
      await expectReadable(page);

      // A hidden sheet is not read, but can be chosen.
      await step("选择").click();
      await page.locator("#import-activity").selectOption("skills_training");
      await page.locator("#import-file").setInputFiles(fixture("02b-hidden-old.xlsx"));
      await expect(page.locator(".import-preview")).toContainText("12 人次");
      await step("对应").click();
      await expect(page.locator("#import-sheet option:checked")).toHaveText("今年");
      await page.locator("#import-sheet").selectOption({ label: "去年（隐藏的工作表）" });
      await expect(page.locator("#import-sheet option:checked")).toHaveText("去年（隐藏的工作表）");
      await expect(page.locator("#import-next")).toBeEnabled();
      await page.locator("#import-next").click();
      await expect(page.locator(".import-preview")).toContainText("999 人次");

      // The heading is chosen, and two columns form a place.
      await step("选择").click();
      const rows = ["这里,不是,表头,啊", "何时,哪个镇,哪个村,多少", "2026-11-20,沫阳镇,沫阳村,12人", "合计,,,12"];
      await page.locator("#import-file").setInputFiles(csv("登记.csv", rows.join("\n")));
      await expect(step("对应")).toHaveAttribute("aria-current", "step");
      await expectReadable(page);
      await page.getByRole("button", { name: "第 2 行" }).click();
      await expect(page.locator(".import-heading summary")).toContainText("表头在第 2 行");
      for (const [heading, field] of [["何时", "date"], ["哪个镇", "place"], ["哪个村", "place"], ["多少", "values.attendance"]]) {
        const select = page.getByLabel(`“${heading}”列对应的栏目`);
        await expect(select).toBeEnabled();
        await select.selectOption(field);
        await expect(select).toHaveValue(field);
      }
      await expect(status).toContainText("检查通过，尚未导入（1 行）");
      await page.locator("#import-next").click();
      await expect(page.locator(".import-preview")).toContainText("罗甸县 · 沫阳镇 · 沫阳村");
      await page.locator(".left-out summary").click();
      await expect(page.locator(".left-out")).toContainText("第 4 行 · 合计");
      await expectReadable(page);
      await page.locator("#import-write").click();
      await expect(status).toContainText("已导入 1 条填报");

      // A corrected export changes the entries that it names.
      const exported = await page.evaluate(async () => (await fetch("/api/v1/export/entries.csv?activity=skills_training")).text());
      const lines = exported.split(/\r?\n/).filter((line, at) => at === 0 || line.includes("培训人次 12 人次"));
      expect(lines).toHaveLength(2);
      await step("选择").click();
      await page.locator("#import-activity").selectOption("update");
      await page.locator("#import-file").setInputFiles(csv("改正.csv", lines.join("\n").replace("培训人次 12 人次", "培训人次 15 人次")));
      await expect(page.locator(".import-counts")).toContainText("更改 1 条");
      const changes = page.locator(".import-changes");
      await expect(changes.locator("del")).toContainText("12 人次");
      await expect(changes.locator("ins")).toContainText("15 人次");
      await expectReadable(page);
      await page.locator("#import-write").click();
      await expect(status).toContainText("更改 1 条填报");
      const api = await server.api("coordinator");
      const { entries } = await api.get("/entries?activity=skills_training&limit=100");
      expect(entries.filter((record) => record.fields.values.attendance === 15)).toHaveLength(1);
      expect(errors).toEqual([]);
    });
  });
}

test("check continues in the background and reports errors by cell", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await page.goto("/import");
  await page.locator("#import-activity").selectOption("skills_training");
  const row = (number) => `2026-${(number % 9) + 1}-${(number % 28) + 1},沫阳镇,${number + 1}`;
  const rows = ["日期,地点,培训人次", ...Array.from({ length: 30_000 }, (_, number) => row(number))];
  await page.locator("#import-file").setInputFiles(csv("长表.csv", rows.join("\n")));
  await expect(page.locator(".import > [role=status]")).toContainText("行");
  await page.goto("/entries");
  await page.goto("/import");
  await expect(page.locator(".import")).toContainText("检查通过，尚未导入（30000 行）");
  await page.locator(".import-steps button").first().click();
  await page.locator("#import-activity").selectOption("skills_training");
  await page.locator("#import-file").setInputFiles(fixture("07-quote.csv"));
  await expect(page.locator(".table-errors tbody tr")).toContainText("引号");
  await expect(page.locator(".table-errors tbody tr")).toContainText("3");
});
