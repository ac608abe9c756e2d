// Administrators add and change programmes: by mouse on a desktop and by touch on a phone. A colour is only taken if it is readable,
// and is then that of the programme's cards.
import { expect, expectReadable, signIn, test } from "./jiedui.js";

const SIZES = [
  { name: "by touch", viewport: { width: 360, height: 640 }, hasTouch: true },
  { name: "by mouse", viewport: { width: 1440, height: 900 }, hasTouch: false },
];
const GREEN = "rgb(46, 125, 50)";
const styleOf = (locator, property) => locator.evaluate((element, property) => getComputedStyle(element)[property], property);

for (const { name, viewport, hasTouch } of SIZES) {
  test.describe(name, () => {
    test.use({ viewport, hasTouch });
    const press = (locator) => (hasTouch ? locator.tap() : locator.click());

    test(`programme is added ${name} and its cards have its colour`, async ({ page, server }) => {
      const api = await server.api("admin");
      await signIn(page, server, "admin");
      await page.goto("/catalogue");
      await press(page.getByRole("link", { name: "新增工程" }));
      await expect(page.getByRole("heading", { name: "新增工程" })).toBeVisible();
      await expect(page.locator(".catalogue .lead")).toContainText("不限工程的账号马上可以使用");
      await page.locator("#field-name").fill("生态");
      await page.locator("#field-name_en").fill("Ecology");
      await page.locator("#field-code").fill("ecology");
      // A colour that is too light is refused at its field.
      await page.locator("#field-color").fill("#ffee00");
      const contrast = page.locator(".catalogue .hint[role=status]");
      await expect(contrast).toHaveText("与白色的对比度 1.2:1（至少 4:1）");
      await expect(contrast).toHaveClass(/warn/);
      await press(page.locator("#save"));
      await expect(page.locator("#error-color")).toContainText("颜色太浅");
      await expectReadable(page);
      expect((await api.get("/catalogue")).programmes).toHaveLength(6);
      // The colour input of the browser fills in the same field.
      await page.locator("input[type=color]").fill("#2e7d32");
      await expect(page.locator("#field-color")).toHaveValue("#2e7d32");
      await expect(page.locator("#error-color")).toBeEmpty();
      await expect(contrast).not.toHaveClass(/warn/);
      const [light, dark] = await page.locator(".catalogue-swatch").all();
      await expect(light.locator("strong")).toHaveText("生态");
      expect(await styleOf(light.locator("strong"), "borderLeftColor")).toBe(GREEN);
      expect(await styleOf(dark, "backgroundColor")).toBe("rgb(27, 33, 64)");
      expect(await styleOf(dark.locator("strong"), "borderLeftColor")).not.toBe(GREEN);
      await expectReadable(page);
      await page.locator("#field-order").selectOption({ label: "在“党建”之后" });
      await press(page.locator("#save"));
      await expect(page.getByRole("heading", { name: "活动与指标" })).toBeVisible();
      await expect(page.locator("details.programme > summary").nth(1)).toHaveText("生态");
      const { programmes } = await api.get("/catalogue");
      expect(programmes[1]).toEqual({ code: "ecology", name: "生态", name_en: "Ecology", color: "#2e7d32" });

      const words = { programme: "ecology", name: "植树", name_en: "Trees" };
      await api.put("/catalogue/indicators/trees", { ...words, unit: "棵", unit_en: "trees", aggregation: "sum" });
      const field = { code: "trees", name: "植树", name_en: "Trees", kind: "integer", required: true, feeds: "trees" };
      await api.put("/catalogue/activities/planting", { ...words, fields: [field] });
      // The account of the demonstration is for all programmes.
      const fields = { activity: "planting", date: "2026-03-02", place: "522728109", values: { trees: 40 } };
      const mutations = [{ seq: 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields }];
      const recorder = await server.api("recorder");
      const { results } = await recorder.post("/sync/push", { client_id: crypto.randomUUID(), mutations });
      expect(results.map(({ outcome }) => outcome)).toEqual(["applied"]);
      await page.goto("/?year=2026");
      const cards = page.locator(".indicators tbody").filter({ has: page.getByRole("rowheader", { name: "生态", exact: true }) });
      await expect(cards.locator("[data-indicator=trees]")).toContainText("40");
      expect(await styleOf(cards.locator(".indicators-programme th"), "borderLeftColor")).toBe(GREEN);
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await styleOf(cards.locator(".indicators-programme th"), "borderLeftColor")).not.toBe(GREEN);
    });
  });
}

test("programme that another administrator has changed is not overwritten and typed text stays", async ({ page, server }) => {
  const api = await server.api("admin");
  const labour = async () => (await api.get("/catalogue")).programmes.find(({ code }) => code === "labour");
  await signIn(page, server, "admin");
  await page.goto("/catalogue/programmes/labour");
  const chinese = page.locator("#field-name");
  await expect(chinese).toHaveValue("劳务");
  await chinese.fill("我改的名称");
  await api.put("/catalogue/programmes/labour", { name: "别人改的名称", name_en: "Labour", color: "#123456" });
  await page.locator("#save").click();
  await expect(page.locator(".notice[role=alert]")).toContainText("别人刚刚改过");
  await expect(chinese).toHaveValue("我改的名称");
  await expectReadable(page);
  expect((await labour()).name).toBe("别人改的名称");
  // Opened again, the form has the other change, and saves.
  await expect(async () => {
    await page.goto("/catalogue/programmes/labour");
    await expect(chinese).toHaveValue("别人改的名称", { timeout: 3_000 });
  }).toPass();
  await chinese.fill("劳务协作");
  await page.locator("#save").click();
  await expect(page.getByRole("heading", { name: "活动与指标" })).toBeVisible();
  expect(await labour()).toEqual({ code: "labour", name: "劳务协作", name_en: "Labour", color: "#123456" });
});

test("programme with the code new has a form of its own", async ({ page, server }) => {
  const api = await server.api("admin");
  await api.put("/catalogue/programmes/new", { name: "生态", name_en: "Ecology", color: "#2e7d32" });
  await signIn(page, server, "admin");
  await page.goto("/catalogue/programmes/new");
  await expect(page.locator("#field-name")).toHaveValue("生态");
  await page.goto("/catalogue");
  await page.getByRole("link", { name: "新增工程" }).click();
  await expect(page.locator("#field-code")).toHaveValue("");
  await expect(page.locator("#field-name")).toHaveValue("");
});
