// Figures of the shared view: shares, offline entries, share links, live updates, report and saved charts.
import { expect, expectReadable, fillIn, goOffline, readyOffline, save, signIn, test } from "./jiedui.js";

const started = (page) => expect(page.locator("html.scripted")).toBeAttached();
const amount = (page, code) => page.locator(`[data-indicator="${code}"] strong`);
// Exact numbers: a screen shows two decimals and has the exact number in an attribute.
const numbers = (cells) => cells.evaluateAll((all) => all.map((element) => Number((element.querySelector("data")?.value ?? element.textContent).replaceAll(",", ""))));
const sum = (list) => Math.round(list.reduce((all, one) => all + one, 0) * 1e4) / 1e4;

test("shares of a figure add up to it under a hundred filters", async ({ page, server }) => {
  await server.command("generate", "--entries", "3000", "--seed", "5");
  const api = await server.api("admin");
  const { indicators } = await api.get("/catalogue");
  const sums = indicators.filter((indicator) => indicator.aggregation === "sum").map((indicator) => indicator.code);
  await page.goto("/");
  await started(page);
  let compared = 0;
  for (let number = 0; number < 100; number++) {
    const code = sums[(number * 7) % sums.length];
    const year = 2023 + (number % 4);
    const place = ["", "5201", "522728", "522728101", "522728109"][number % 5];
    const include = number % 2 ? "verified" : "";
    const query = `?year=${year}&place=${place}&include=${include}`;
    await page.evaluate((address) => {
      const link = Object.assign(document.createElement("a"), { href: address });
      document.body.append(link);
      link.click();
      link.remove();
    }, `/indicators/${code}${query}`);
    await expect(page).toHaveURL(new RegExp(`${code}\\?`));
    const served = (await api.get(`/indicators${query}`)).indicators.find((indicator) => indicator.code === code).actual;
    if (served === null) {
      await expect(page.locator(".indicator .figure-amount strong")).toHaveText("—");
      continue;
    }
    await expect(page.locator(".indicator .figure-amount strong")).toHaveText(new RegExp(`(^|\\s)${served.toLocaleString("en-US", { maximumFractionDigits: 2 })}$`));
    const tables = page.locator("table.bars");
    for (const index of [0, 1]) expect(sum(await numbers(tables.nth(index).locator(".number")))).toBe(served);
    const months = page.locator(".table-numbers").first().locator("tbody tr td:nth-of-type(1)");
    expect(sum(await numbers(months))).toBe(served);
    compared += 1;
  }
  expect(compared).toBeGreaterThan(50);
});

test("indicator's page includes the phone's unsent entry offline", async ({ page, server, line }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await fillIn(page, { activity: "field_survey", place: "沫阳", values: { times: "7" } });
  await save(page);
  await page.goto("/");
  await expect(amount(page, "field_surveys")).toHaveText("7");
  await page.locator('[data-indicator="field_surveys"] th a').click();
  await expect(page.locator(".indicator .figure-amount strong")).toHaveText("7");
  await expect(page.locator("svg.chart")).toHaveCount(2);
  await expect(page.locator("table.bars").first()).toContainText("罗甸县");
  for (const [width, height] of [[1920, 1080], [360, 640]]) {
    await page.setViewportSize({ width, height });
    await expectReadable(page);
  }
});

test("share link opens the view without an account until revoked", async ({ page, server, browser, baseURL }) => {
  // Without the public view, as in production.
  await server.restart({ JIEDUI_PUBLIC_VIEW: "false" });
  await signIn(page, server, "coordinator");
  await page.goto("/?year=2023&programme=labour");
  await started(page);
  await page.getByRole("button", { name: "更多操作" }).click();
  await page.getByRole("menuitem", { name: "分享" }).click();
  await page.getByRole("button", { name: "生成链接" }).click();
  const link = await page.locator("[name=made-link]").inputValue();
  await expectReadable(page);
  const stranger = await (await browser.newContext({ viewport: { width: 360, height: 640 } })).newPage();
  await stranger.goto(baseURL);
  await expect(stranger.locator("[data-indicator]")).toHaveCount(0);
  await stranger.goto(link);
  await expect(stranger).toHaveURL(/\?year=2023&programme=labour/);
  await expect(stranger.locator("[data-indicator]")).toHaveCount(5);
  await started(stranger);
  await stranger.getByRole("button", { name: "更多操作" }).click();
  await expect(stranger.getByRole("menuitem", { name: "大屏" })).toBeVisible();
  await expect(stranger.getByRole("menuitem", { name: "分享" })).toHaveCount(0);
  await page.getByRole("button", { name: "撤回" }).click();
  await expect(page.getByText("已撤回")).toBeVisible();
  await stranger.reload();
  await expect(stranger.locator("[data-indicator]")).toHaveCount(0);
  const answer = await stranger.goto(link);
  expect(answer.status()).toBe(410);
  await stranger.context().close();
});

test("new entry of one side flashes on the other's screen", async ({ page, server }) => {
  await page.goto("/?year=2026");
  await started(page);
  const api = await server.api("recorder");
  const fields = { activity: "field_survey", date: "2026-11-20", place: "522728109", values: { times: 6 } };
  const mutation = { seq: 1, kind: "entry", id: "01890000-0000-7000-8000-0000000000aa", base_rev: 0, op: "put", fields };
  const { results } = await api.post("/sync/push", { client_id: "01890000-0000-7000-8000-0000000000ab", mutations: [mutation] });
  expect(results[0].outcome).toBe("applied");
  await expect(amount(page, "field_surveys")).toHaveText("6");
  await expect(page.locator('[data-indicator="field_surveys"]')).toHaveClass(/flash-/);
});

test("report prints one page a programme and names missed targets", async ({ page }) => {
  await page.goto("/report?year=2023");
  await started(page);
  await expect(page.locator(".report .page")).toHaveCount(6);
  await expect(page.locator(".report")).toContainText("未达到目标，差");
  await expectReadable(page);
  const paper = (await page.pdf({ format: "A4", printBackground: true })).toString("latin1");
  expect(paper.match(/\/Type\s*\/Page\b/g)).toHaveLength(6);
  await page.getByLabel("报告期").selectOption("2023-11");
  await expect(page.locator(".report h1").first()).toContainText("2023-11");
  await expect(page.locator(".report")).toContainText("当月");
});

test("charts can be saved as self-contained SVG and as PNG", async ({ page }) => {
  await page.goto("/indicators/exchanges?year=2023");
  await started(page);
  for (const [name, kind, begins] of [["保存为 SVG 图片", ".svg", "<svg"], ["保存为 PNG 图片", ".png", "\x89PNG"]]) {
    // The page has several charts, each saved as a file.
    const ofKind = (download) => download.suggestedFilename().endsWith(kind);
    const [download] = await Promise.all([page.waitForEvent("download", ofKind), page.getByRole("button", { name }).click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    const content = Buffer.concat(chunks).toString("latin1");
    expect(content.startsWith(begins)).toBe(true);
    if (begins === "<svg") expect(content).toMatch(/style="fill:\s*rgb/);
  }
});
