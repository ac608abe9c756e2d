// No screen overflows: at 360 pixels, with doubled text and the longest possible contents.
import { expect, signIn, test } from "./jiedui.js";

const SCREENS = ["/", "/?year=2023&programme=labour", "/indicators/exchanges?year=2023", "/report?year=2023", "/sign-in", "/entries", "/entries/new",
  "/entries/new/field_survey", "/work", "/needs", "/needs/new", "/import", "/organisations", "/list?year=all", "/review?year=all", "/catalogue",
  "/catalogue/activities/new-item", "/catalogue/activities/pairing_project", "/catalogue/indicators/field_surveys", "/catalogue/indicators/new-item", "/catalogue/programmes/labour", "/catalogue/programmes/new-item",
  "/organisations/new", "/pairings/new", "/help", "/me", "/me/account", "/people", "/people/new", "/audit", "/sign-in/code", "/nothing-here"];
const LONG = "没有空格也没有标点的很长很长的文字".repeat(12);
const WORD = "Verylongwordwithoutanyblankinit".repeat(6);

test("no screen is wider than a phone with long contents and doubled text", async ({ page, server }) => {
  const admin = await server.api("admin");
  const { programmes } = await admin.get("/catalogue");
  const columns = [["town", "村（社区）及村民小组的全称", "text"], ["unit", "用工单位及其所在地区全称", "text"], ["people", "人数合计", "integer"], ["pay", "月平均工资", "number"]];
  const activity = { code: "long_table", programme: programmes[0].code, name: `表格很长的活动${LONG.slice(0, 20)}`, name_en: "Long table", version: 1, fields: [
    { code: "total", name: "新增就业岗位总数（含季节性用工）", name_en: "", kind: "integer", unit: "人", required: false },
    { code: "rows", name: "逐村逐单位明细表（全部填写）", name_en: "", kind: "table", required: false,
      columns: columns.map(([code, name, kind]) => ({ code, name, name_en: "", kind, required: false })) }] };
  await admin.put("/catalogue/activities/long_table", activity);
  const rows = Array.from({ length: 60 }, (_, number) => ({ town: `第${number}村${WORD.slice(0, 60)}`, unit: LONG.slice(0, 60), people: number, pay: 1234.5678 }));
  const fields = { activity: "long_table", date: "2026-03-02", place: "522728109205", values: { total: 123456789 }, details: { rows }, note: LONG + WORD };
  const recorder = await server.api("recorder");
  const { results } = await recorder.post("/sync/push", { client_id: crypto.randomUUID(), mutations: [
    { seq: 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields },
    { seq: 2, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields },
    { seq: 3, kind: "need", id: crypto.randomUUID(), base_rev: 0, op: "put", fields: { ledger: "need", year: 2026, place: "522728109205", programme: programmes[0].code, title: WORD.slice(0, 90), note: LONG, status: "open" } },
  ] });
  expect(results.slice(0, 2).map((result) => result.outcome)).toEqual(["applied", "applied"]);
  await signIn(page, server, "admin");
  const entry = (await admin.get("/entries?limit=1")).entries?.[0]?.id;
  for (const screen of [...SCREENS, ...(entry ? [`/list/${entry}`] : [])]) {
    await page.goto(screen);
    await expect(page.locator("html.scripted")).toBeAttached();
    await expect(page.getByRole("main")).not.toContainText("正在读取");
    await page.addStyleTag({ content: "html { font-size: 200% !important; }" });
    await page.evaluate(() => document.querySelectorAll("main details").forEach((element) => element.setAttribute("open", "")));
    const wide = await page.evaluate(() => {
      const scrolls = (element) => element.closest(".scroll, .table-numbers, .map-frame, .menu > ul");
      const over = [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility() && !scrolls(element) && !element.closest("svg, .unseen, .skip") && element.getBoundingClientRect().right > innerWidth + 1);
      return [document.documentElement.scrollWidth, ...over.slice(0, 3).map((element) => element.outerHTML.slice(0, 160))];
    });
    expect(wide, screen).toEqual([360]);
  }
});

test("no chart label is cut off or overlaps another", async ({ page, server }) => {
  await server.command("generate", "--entries", "3000", "--seed", "5");
  for (const width of [360, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    for (const screen of ["/indicators/exchanges?year=2026", "/indicators/exchanges?year=all", "/indicators/field_surveys?year=2025", "/indicators/pigs_marketed?year=2026"]) {
      await page.goto(screen);
      await expect(page.locator("html.scripted")).toBeAttached();
      await expect(page.locator("svg.chart").first()).toBeVisible();
      const bad = await page.evaluate(() => [...document.querySelectorAll("svg.chart")].flatMap((chart) => {
        const frame = chart.getBoundingClientRect();
        const labels = [...chart.querySelectorAll("text")].map((element) => [element.textContent, element.getBoundingClientRect()]);
        const cut = labels.filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
        // Letters have room above and below them, so boxes may overlap by a few pixels while the drawn letters do not.
        const meet = ([, one], [, other]) => one.left < other.right - 1 && other.left < one.right - 1 && one.top + 3 < other.bottom - 3 && other.top + 3 < one.bottom - 3;
        const pairs = labels.flatMap((one, number) => labels.slice(number + 1).filter((other) => meet(one, other)).map((other) => `${one[0]} on ${other[0]}`));
        return [...cut.map(([text]) => `${text} is cut off`), ...pairs];
      }));
      expect(bad, `${screen} at ${width}`).toEqual([]);
    }
  }
});
