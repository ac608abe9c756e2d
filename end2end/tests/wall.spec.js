// The wall screen: its size, rotation of the programmes, and latest entries.
import { expect, signIn, test } from "./jiedui.js";

const started = (page) => expect(page.locator("html.scripted")).toBeAttached();

test("wall's cards on a phone have the usual width", async ({ page }) => {
  await page.goto("/?screen=wall&year=2023&programme=party_building");
  await started(page);
  await expect(page.locator(".wall .card:visible")).toHaveCount(12);
  for (const card of await page.locator(".wall .card:visible").all()) expect((await card.boundingBox()).width).toBeGreaterThan(140);
});

for (const [width, height] of [[1920, 1080], [3840, 2160]]) {
  test(`wall screen fills ${width} × ${height} and rotates the programmes`, async ({ page, server }) => {
    await page.setViewportSize({ width, height });
    await signIn(page, server, "viewer");
    await page.clock.install();
    await page.goto("/?screen=wall&year=2023");
    await started(page);
    const [map, figures] = [await page.locator(".wall .map-frame").boundingBox(), await page.locator(".wall .dashboard-figures").boundingBox()];
    expect(map.height, "the map fills the height").toBeGreaterThan(height / 2);
    expect(figures.x, "the figures are beside the map").toBeGreaterThan(map.x + map.width - 1);
    const programme = page.locator(".wall-programme");
    const seen = new Set();
    for (let turn = 0; turn < 6; turn++) {
      seen.add(await programme.textContent());
      const now = await programme.textContent();
      await page.clock.runFor(15_000);
      await expect(programme).not.toHaveText(now);
      const over = await page.evaluate(() => [...document.querySelectorAll(".wall .card, .wall .map-frame, .wall-latest li")]
        .filter((element) => element.getBoundingClientRect().bottom > innerHeight + 1 || element.getBoundingClientRect().right > innerWidth + 1).length);
      expect(over).toBe(0);
    }
    expect(seen.size).toBe(6);
    await expect(page.locator(".wall-latest li").first()).toBeVisible();
  });
}

test("wall shows latest entries of the year and shortens long answers", async ({ page, server }) => {
  const api = await server.api("recorder");
  const topic = "春耕备耕与农资供应情况".repeat(15);
  const entry = (date, values) => ({ seq: Number(date.replaceAll("-", "")), kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put",
    fields: { activity: "field_survey", date, place: "522728109", values, details: { topic } } });
  const mutations = [entry("2023-12-31", { times: 3 }), entry("2026-11-20", { times: 2 })];
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations });
  expect(results.map((result) => result.outcome)).toEqual(["applied", "applied"]);
  await page.setViewportSize({ width: 1920, height: 1080 });
  await signIn(page, server, "admin");
  await page.goto("/?screen=wall&year=2023");
  await started(page);
  const rows = page.locator(".wall-latest li");
  await expect(rows.first()).toContainText("2023-12-31");
  for (const row of await rows.all()) await expect(row.locator("strong")).toContainText("2023-");
  const answers = rows.first().locator("span[title]");
  await expect(answers).toHaveAttribute("title", new RegExp(topic));
  expect((await answers.textContent()).length).toBeLessThan(70);
  await expect(rows.first().getByRole("link")).toHaveAttribute("href", `/list/${mutations[0].id}`);
});
