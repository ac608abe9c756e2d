// The shared view: the map under fingers, keys and filters; every figure down to its entries; links; paper; the wall.
import { complaints, expect, expectReadable, fillIn, goOffline, readyOffline, save, signIn, test } from "./jiedui.js";

const started = (page) => expect(page.locator("html.scripted")).toBeAttached();
const amount = (page, code) => page.locator(`[data-indicator="${code}"] strong`);
// Exact numbers: a screen shows two decimals and keeps the others for programs.
const numbers = (cells) => cells.evaluateAll((all) => all.map((own) => Number((own.querySelector("data")?.value ?? own.textContent).replaceAll(",", ""))));
const sum = (list) => Math.round(list.reduce((all, one) => all + one, 0) * 1e4) / 1e4;
const viewBox = (page) => page.locator(".map-frame svg").getAttribute("viewBox");

test("map zooms by wheel, keys, buttons and double tap, and links keep it", async ({ page }) => {
  const found = complaints(page);
  await page.goto("/?year=2023");
  await started(page);
  const whole = await viewBox(page);
  expect(whole).toBe("0 0 520 940");
  const frame = page.locator(".map-frame");
  await frame.hover();
  await page.mouse.wheel(0, -300);
  await expect.poll(() => viewBox(page)).not.toBe(whole);
  await expect(page).toHaveURL(/map=\d+-\d+-\d+/);
  const closer = await viewBox(page);
  const address = page.url();
  const box = await frame.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 - 60, box.y + box.height / 2 - 40, { steps: 5 });
  await page.mouse.up();
  await expect.poll(() => viewBox(page)).not.toBe(closer);
  const moved = await viewBox(page);
  const [left, top, width, height] = moved.split(" ").map(Number);
  const [before] = closer.split(" ").map(Number);
  expect(left).toBeGreaterThan(before);
  await expect.poll(() => page.url()).not.toBe(address);
  await page.reload();
  await started(page);
  const again = (await viewBox(page)).split(" ").map(Number);
  [left, top, width, height].forEach((number, index) => expect(Math.abs(again[index] - number)).toBeLessThan(2));
  await frame.focus();
  await page.keyboard.press("0");
  await expect.poll(() => viewBox(page)).toBe(whole);
  await page.keyboard.press("+");
  await page.keyboard.press("ArrowRight");
  await expect.poll(async () => (await viewBox(page)).split(" ").map(Number)[2]).toBeLessThan(520);
  await page.getByRole("button", { name: "全图" }).click();
  await expect.poll(() => viewBox(page)).toBe(whole);
  await frame.dblclick({ position: { x: 20, y: 20 } });
  await expect.poll(() => viewBox(page)).not.toBe(whole);
  await page.getByRole("button", { name: "适合筛选" }).click();
  expect(found).toEqual([]);
});

test("pressed line shows partners, start, figures and latest entries", async ({ page, server }) => {
  await signIn(page, server, "coordinator");
  await page.goto("/?year=2023");
  await started(page);
  await page.locator(".pair button").first().click();
  const sheet = page.locator(".sheet");
  await expect(sheet.getByRole("heading").first()).toContainText("—");
  await expect(sheet).toContainText("起始日期未填");
  await expect(sheet.locator("table.table-amounts tr").first()).toBeVisible();
  await expect(sheet.locator(".latest li").first()).toContainText("2023-12-31");
  await expectReadable(page);
  await sheet.getByRole("button", { name: "关闭" }).click();
  await expect(sheet).toHaveCount(0);
  // The same by a finger on the line itself.
  const line = page.locator(".map-frame .map-pairing").first();
  await line.scrollIntoViewIfNeeded();
  const [x, y] = await line.evaluate((path) => {
    // Within a finger's reach of the path that is drawn.
    const middle = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM());
    return [middle.x + 4, middle.y];
  });
  await page.mouse.click(x, y);
  await expect(sheet).toBeVisible();
});

test("map, chart bars and months filter all figures", async ({ page }) => {
  await page.goto("/?year=2023");
  await started(page);
  const all = await amount(page, "exchanges").textContent();
  await page.locator('.outlines [data-place="520111"]').dispatchEvent("click");
  await expect(page).toHaveURL(/place=520111/);
  await expect(page.getByLabel("地点")).toHaveValue("520111");
  await page.locator('.outlines [data-place="520111"]').dispatchEvent("click");
  await expect(page).not.toHaveURL(/place=/);
  await expect(amount(page, "exchanges")).toHaveText(all);
  // The report's entries lie in December: up to November there are none.
  await page.getByLabel("月份", { exact: true }).fill("10");
  await expect(page).toHaveURL(/until=2023-11/);
  await expect(amount(page, "exchanges")).toHaveText("—");
  // The months that play are on the map only: links to the report and the list keep the chosen month.
  await page.getByRole("button", { name: "播放" }).click();
  await expect(page.locator(".map-months span")).toHaveText("截至 2023-01");
  await expect(page).toHaveURL(/until=2023-11/);
  await expect(page.locator('.toolbar a[href^="/report"]').first()).toHaveAttribute("href", /until=2023-11/);
  await expect(page.getByRole("button", { name: "播放" })).toBeVisible();
  await expect(page.locator(".map-months span")).toHaveText("截至 2023-11");
  await page.getByLabel("月份", { exact: true }).fill("11");
  await expect(page).not.toHaveURL(/until=/);
  await expect(amount(page, "exchanges")).toHaveText(all);
  await page.locator('[data-indicator="exchanges"] h3 a').click();
  await expect(page.getByRole("heading", { name: "交流活动" })).toBeVisible();
  await page.locator("table.bars a").first().click();
  await expect(page).toHaveURL(/indicators\/exchanges\?.*place=\d+/);
  await page.getByRole("link", { name: "回到协作总览" }).click();
  await expect(page).toHaveURL(/\/\?.*place=\d+/);
});

test("village can be chosen as filter without an account and offline", async ({ page, server, line, browser }) => {
  const api = await server.api("recorder");
  const fields = { activity: "field_survey", date: "2026-03-02", place: "522728109205", values: { times: 7 } };
  const mutation = { seq: 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields };
  expect((await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations: [mutation] })).results[0].outcome).toBe("applied");
  const down = async (page) => {
    await page.goto("/?year=2026&place=522728109");
    await started(page);
    const below = page.getByLabel("下级地方");
    await below.selectOption("522728109205");
    await expect(page).toHaveURL(/place=522728109205/);
    await expect(amount(page, "field_surveys")).toHaveText("7");
    await below.selectOption("522728109204");
    await expect(amount(page, "field_surveys")).toHaveText("—");
    await below.selectOption({ label: "全部" });
    await expect(page).toHaveURL(/place=522728109$/);
    await expect(amount(page, "field_surveys")).toHaveText("7");
  };
  await down(page);
  await page.goto("/?year=2026&place=522728109205");
  await expect(amount(page, "field_surveys")).toHaveText("7");
  const signedIn = await (await browser.newContext({ baseURL: line.address, viewport: { width: 360, height: 640 } })).newPage();
  await signIn(signedIn, server, "coordinator");
  await readyOffline(signedIn);
  await goOffline(signedIn, line);
  await down(signedIn);
  await signedIn.context().close();
});

test("shaded map distinguishes zero from no data and names classes", async ({ page }) => {
  await page.goto("/?year=2023");
  await started(page);
  await page.getByLabel("按指标着色").selectOption("exchanges");
  await expect(page).toHaveURL(/shade=exchanges/);
  await expect(page.locator(".outlines path.shade-1")).toHaveCount(1);
  await expect(page.locator(".outlines path.no-data")).toHaveCount(10);
  await expect(page.locator(".legend")).toContainText("无数据");
  await expectReadable(page);
});

test("towns of a county are shaded as markers without outlines", async ({ page }) => {
  await page.goto("/?year=2023&place=522728&shade=exchanges");
  await started(page);
  const towns = page.locator(".map-frame .map-town");
  await expect(towns).toHaveCount(await page.evaluate(async () => {
    const overview = await (await fetch("/api/v1/overview")).json();
    return overview.places.filter((place) => place.parent === "522728").length;
  }));
  await expect(page.locator(".map-town circle.shade-1")).toHaveCount(1);
  await expect(page.locator(".outlines .no-data[data-place]")).toHaveCount(0);
  await page.locator('.map-town[data-place="522728109"]').dispatchEvent("click");
  await expect(page).toHaveURL(/place=522728109/);
});

test("shares of a figure add up to it under a hundred filters", async ({ page, server }) => {
  await server.command("generate", "--entries", "3000", "--seed", "5");
  const api = await server.api("admin");
  const { indicators } = await api.get("/catalogue");
  const sums = indicators.filter((own) => own.aggregation === "sum").map((own) => own.code);
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
    const served = (await api.get(`/indicators${query}`)).indicators.find((own) => own.code === code).actual;
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
  await page.locator('[data-indicator="field_surveys"] h3 a').click();
  await expect(page.locator(".indicator .figure-amount strong")).toHaveText("7");
  await expect(page.locator("svg.chart")).toHaveCount(2);
  await expect(page.locator("table.bars").first()).toContainText("罗甸县");
  for (const [width, height] of [[1920, 1080], [360, 640]]) {
    await page.setViewportSize({ width, height });
    await expectReadable(page);
  }
});

test("share link opens the view without an account until revoked", async ({ page, server, browser, baseURL }) => {
  // Without the public view, as a real server runs.
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
  await expect(stranger.locator(".card")).toHaveCount(0);
  await stranger.goto(link);
  await expect(stranger).toHaveURL(/\?year=2023&programme=labour/);
  await expect(stranger.locator(".card")).toHaveCount(5);
  await started(stranger);
  await stranger.getByRole("button", { name: "更多操作" }).click();
  await expect(stranger.getByRole("menuitem", { name: "大屏" })).toBeVisible();
  await expect(stranger.getByRole("menuitem", { name: "分享" })).toHaveCount(0);
  await page.getByRole("button", { name: "撤回" }).click();
  await expect(page.getByText("已撤回")).toBeVisible();
  await stranger.reload();
  await expect(stranger.locator(".card")).toHaveCount(0);
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
    // The page has several pictures, each of them a file.
    const ofKind = (download) => download.suggestedFilename().endsWith(kind);
    const [download] = await Promise.all([page.waitForEvent("download", ofKind), page.getByRole("button", { name }).click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    const content = Buffer.concat(chunks).toString("latin1");
    expect(content.startsWith(begins)).toBe(true);
    if (begins === "<svg") expect(content).toMatch(/style="fill:\s*rgb/);
  }
});

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
    const programme = page.locator(".wall-programme");
    const seen = new Set();
    for (let turn = 0; turn < 6; turn++) {
      seen.add(await programme.textContent());
      const now = await programme.textContent();
      await page.clock.runFor(15_000);
      await expect(programme).not.toHaveText(now);
      const over = await page.evaluate(() => [...document.querySelectorAll(".wall .card, .wall .map-frame, .wall-latest li")]
        .filter((own) => own.getBoundingClientRect().bottom > innerHeight + 1 || own.getBoundingClientRect().right > innerWidth + 1).length);
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
  expect(results.map((own) => own.outcome)).toEqual(["applied", "applied"]);
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
