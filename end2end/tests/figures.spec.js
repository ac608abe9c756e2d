// Figures: their verified share, the target they are compared with, and their units.
import { expect, expectReadable, signIn, test } from "./jiedui.js";

const started = (page) => expect(page.locator("html.scripted")).toBeAttached();
const card = (page, code) => page.locator(`[data-indicator="${code}"]`);

async function put(api, entries) {
  const mutations = entries.map((fields, number) => ({ seq: number + 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields }));
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations });
  expect(results.map((result) => result.outcome)).toEqual(entries.map(() => "applied"));
  return mutations.map((mutation, number) => ({ id: mutation.id, rev: results[number].rev }));
}

async function setTarget(api, code, target) {
  const { indicators } = await api.get("/catalogue");
  const indicator = indicators.find((candidate) => candidate.code === code);
  await api.put(`/catalogue/indicators/${code}`, { ...indicator, targets: [target] });
  return indicator;
}

test("figure shows its verified share and links to its entries", async ({ page, server }) => {
  const recorder = await server.api("recorder");
  const reviewer = await server.api("reviewer");
  const entry = (times, place) => ({ activity: "field_survey", date: "2026-03-02", place, values: { times } });
  const [first] = await put(recorder, [entry(17, "522728109"), entry(3, "522728109205")]);
  const { results } = await reviewer.post("/sync/push", { client_id: crypto.randomUUID(), mutations: [{ seq: 1, kind: "entry", id: first.id, base_rev: first.rev, op: "put", fields: { state: "verified" } }] });
  expect(results[0].outcome).toBe("applied");
  await signIn(page, server, "coordinator");
  await page.goto("/?year=2026");
  await started(page);
  const surveys = card(page, "field_surveys");
  await expect(surveys.locator(".figure-amount strong")).toHaveText("20");
  await expect(surveys.locator(".figure-shares")).toHaveText(/^已审核 17 次（85%）$/);
  expect(await surveys.locator(".figure-shares > span > span").evaluate((bar) => bar.style.width)).toBe("85%");
  await expect(surveys).not.toContainText("其中已审核");
  await surveys.getByRole("link", { name: "2 条填报" }).click();
  await expect(page).toHaveURL(/\/indicators\/field_surveys\?.*#entries$/);
  await expect(page.locator("#entries .latest li")).toHaveCount(2);
  await expect(page.locator("#entries")).toBeInViewport();
  await expect(page.locator(".indicator .figure-shares")).toHaveText(/^已审核 17 次（85%）$/);
});

test("mean and latest value show no verified share", async ({ page, server }) => {
  await server.command("generate", "--entries", "400", "--seed", "3");
  const api = await server.api("admin");
  const { indicators } = await api.get("/catalogue");
  const levels = indicators.filter((indicator) => ["mean", "latest"].includes(indicator.aggregation)).map((indicator) => indicator.code);
  expect(levels.length).toBeGreaterThan(0);
  const served = (await api.get("/indicators?year=2025")).indicators;
  await page.goto("/?year=2025");
  await started(page);
  let sums = 0;
  for (const indicator of served.filter((indicator) => indicator.actual)) {
    const shares = card(page, indicator.code).locator(".figure-shares");
    if (levels.includes(indicator.code)) await expect(shares).toHaveCount(0);
    else {
      await expect(shares).toHaveText(/^已审核 [\d,.＜]+ \S+（(\d+%|不到 1%)）$/);
      sums += 1;
    }
  }
  expect(sums).toBeGreaterThan(5);
  // No figure on the screen has more than two decimals, nor a share of a person.
  const texts = await page.locator("[data-indicator] :is(th, td)").allTextContents();
  expect(texts.length).toBeGreaterThan(100);
  expect(texts.filter((text) => /\.\d{3,}/.test(text))).toEqual([]);
});

test("target of both regions is not compared with a place", async ({ page, server }) => {
  const api = await server.api("admin");
  await setTarget(api, "field_surveys", { year: 2026, value: 500, qualifier: "exact" });
  const recorder = await server.api("recorder");
  await put(recorder, [{ activity: "field_survey", date: "2026-03-02", place: "522728109205", values: { times: 85 } }]);
  await signIn(page, server, "viewer");
  const expectNeutral = async (scope) => {
    await expect(scope.locator(".figure-target")).toHaveText("两地目标 500，本镇贡献 85（17%）");
    await expect(scope.locator(".figure-pace, .figure-progress")).toHaveCount(0);
  };
  await page.goto("/?year=2026&place=522728109");
  await started(page);
  await expectNeutral(card(page, "field_surveys"));
  await page.goto("/indicators/field_surveys?year=2026&place=522728109");
  await started(page);
  await expectNeutral(page.locator(".indicator header"));
  await expect(page.locator(".chart-target")).toHaveCount(0);
  const programme = (await api.get("/catalogue")).indicators.find((indicator) => indicator.code === "field_surveys").programme;
  await page.goto(`/?screen=wall&year=2026&programme=${programme}&place=522728109`);
  await started(page);
  await expectNeutral(page.locator('.wall [data-indicator="field_surveys"]'));
  await page.goto("/report?year=2026&place=522728109");
  await started(page);
  const report = page.locator(".report .page").first();
  await expect(report.getByRole("row", { name: "实地调研" }).first()).toContainText("17%");
  await expect(report.getByRole("columnheader", { name: "两地目标", exact: true })).toHaveCount(1);
  for (const words of ["落后进度", "未达到", "完成率"]) await expect(report).not.toContainText(words);
  // A village without entries has no gap to a target.
  await page.goto("/?year=2026&place=522728109204");
  await started(page);
  await expect(card(page, "field_surveys").locator(".figure-target")).toHaveText("两地目标 500");
  await expect(card(page, "field_surveys").locator(".figure-pace")).toHaveCount(0);
  // The target is compared at its place, in whole units.
  await page.goto("/?year=2026");
  await started(page);
  await expect(card(page, "field_surveys").locator(".figure-target")).toHaveText("目标 500");
  await expect(card(page, "field_surveys").locator(".figure-pace")).toHaveText(/^落后进度 \d+ 次$/);
  await expectReadable(page);
});

test("unreadable address shows an error", async ({ page, server }) => {
  await signIn(page, server, "coordinator");
  for (const [address, words] of [
    ["/?year=2023&until=2023-13", "月份“2023-13”"],
    ["/?year=20x3", "年度“20x3”"],
    ["/?year=2023&programme=nothing", "协作工程“nothing”"],
    ["/?year=2023&place=999999", "地点“999999”"],
    ["/indicators/exchanges?year=2023&from=x", "月份“x”"],
    ["/report?year=2023&until=2023-6", "月份“2023-6”"],
    ["/list?year=2023&include=maybe", "“maybe”"],
    ["/list?pairing=nobody", "结对“nobody”"],
    ["/needs?year=x", "年度“x”"],
  ]) {
    await page.goto(address);
    await started(page);
    await expect(page.locator("main .notice[role=alert]").first(), address).toContainText(words);
  }
  await page.goto("/?year=2023&until=2023-11");
  await started(page);
  await expect(page.locator("main .notice[role=alert]")).toHaveCount(0);
});
