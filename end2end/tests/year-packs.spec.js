// Year packs: a phone's figures where the server has too many for one overview, online and offline, and their deltas.
import { choosePlace, contentReady, expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const YEAR = new Date().getFullYear();
const TOWNSHIP = "522728109";
// A filter of each kind, and all of them together.
const FILTERS = [
  `?year=${YEAR}`,
  `?year=${YEAR - 1}`,
  `?year=${YEAR}&programme=industry`,
  `?year=${YEAR}&place=5201`,
  `?year=${YEAR}&place=522728`,
  `?year=${YEAR}&place=${TOWNSHIP}`,
  `?year=${YEAR - 1}&place=${TOWNSHIP}&include=verified`,
  `?year=${YEAR}&include=verified`,
  `?year=${YEAR}&from=${YEAR}-03&until=${YEAR}-09`,
  `?year=${YEAR}&programme=industry&place=522728&include=submitted&from=${YEAR}-02&until=${YEAR}-12`,
];
const PACKS = /\/api\/v1\/overview\/\d{4}\?/;

// Fills the server with more figures than an overview may have.
async function fill(server) {
  await server.command("generate", "--entries", "16000", "--pairings", "1500", "--seed", "7");
  await server.restart({});
  const { years, parts } = await (await server.api("admin")).get("/overview?parts=few");
  expect(years.slice(0, 2)).toEqual([YEAR, YEAR - 1]);
  expect(parts).toEqual([]);
}

// Follows a link inside the running app.
const follow = (page, address) => page.evaluate((href) => {
  const link = Object.assign(document.createElement("a"), { href });
  document.body.append(link);
  link.click();
  link.remove();
}, address);

// Returns the exact amounts of the indicators with entries: a short number has the exact one as its title.
const amounts = (page) => page.locator("tr[data-indicator]").evaluateAll((rows) => Object.fromEntries(rows.filter((row) => row.offsetParent).map((row) => {
  const amount = row.querySelector(".figure-amount");
  return [row.dataset.indicator, amount?.querySelector("[title]")?.title ?? amount?.querySelector("strong")?.textContent ?? ""];
})));

// Waits until the figures of a screen are those of the server under a filter; all but some that the server does not count yet.
async function expectServed(page, api, query, unsent = []) {
  const indicators = (await api.get(`/indicators${query}`)).indicators.filter(({ code }) => !unsent.includes(code));
  expect(indicators.length).toBeGreaterThan(5);
  const mismatches = async () => {
    const shown = await amounts(page);
    return indicators.flatMap(({ code, actual }) => {
      const number = shown[code]?.match(/[\d.,]+$/)?.[0].replaceAll(",", "");
      return (number === undefined ? null : Number(number)) === actual ? [] : [`${code}: ${shown[code]} instead of ${actual}`];
    });
  };
  await expect.poll(mismatches, query).toEqual([]);
}

async function show(page, query) {
  await follow(page, `/${query}`);
  await expect(page).toHaveURL(new RegExp(`${query.replace("?", "\\?")}$`));
  await contentReady(page);
}

// Returns the numbers of lines and points of the map's text, which do not depend on the zoom.
const mapWords = (page) => page.locator(".map-words").textContent();

test("offline figures with own entries equal the server's under every filter", async ({ page, server, line }) => {
  test.setTimeout(300_000);
  await fill(server);
  const api = await server.api("admin");
  await signIn(page, server, "recorder");
  await readyOffline(page);
  const words = {};
  await page.goto("/");
  await contentReady(page);
  for (const query of FILTERS) {
    await show(page, query);
    await expectServed(page, api, query);
    words[query] = await mapWords(page);
  }
  await goOffline(page, line);
  await page.goto(`/${FILTERS[0]}`);
  await contentReady(page);
  for (const query of FILTERS) {
    await show(page, query);
    await expectServed(page, api, query);
    expect(await mapWords(page), `map of ${query}`).toBe(words[query]);
  }
  // A sum, and a township that the server counts already: the number of townships stays.
  await fillIn(page, { activity: "field_survey", place: "沫阳", values: { times: "7" } });
  await save(page);
  await page.goto("/entries/new/lead_industry");
  await choosePlace(page, "沫阳");
  await page.locator("#field-values-townships").fill("1");
  await save(page);
  await page.goto(`/${FILTERS[0]}`);
  await contentReady(page);
  const offline = {};
  for (const query of FILTERS) {
    await show(page, query);
    if (query === FILTERS[0]) await expect(page.locator('[data-indicator="field_surveys"]')).toContainText("含本机未上传");
    await expectServed(page, api, query, ["field_surveys", "townships_with_lead_industry"]);
    offline[query] = await amounts(page);
  }
  const before = (await api.get(`/indicators${FILTERS[0]}`)).indicators.find(({ code }) => code === "field_surveys").actual;
  expect(offline[FILTERS[0]].field_surveys.replaceAll(",", "")).toContain(String(before + 7));
  // Back online, the packs are renewed by their changes only.
  const requests = [];
  page.on("request", (request) => PACKS.test(request.url()) && requests.push(request.url()));
  await goOnline(page, line);
  const surveys = async () => (await api.get(`/indicators${FILTERS[0]}`)).indicators.find(({ code }) => code === "field_surveys").actual;
  await expect.poll(surveys).toBe(before + 7);
  await show(page, FILTERS[0]);
  await expect(page.locator('[data-indicator="field_surveys"]')).not.toContainText("含本机未上传");
  for (const query of FILTERS) {
    await show(page, query);
    await expectServed(page, api, query);
    expect(await amounts(page), query).toEqual(offline[query]);
  }
  expect(requests.length).toBeGreaterThan(0);
  expect(requests.filter((address) => !address.includes("since="))).toEqual([]);
});

test("other years are fetched when asked for, and stay on the phone", async ({ page, server, line }) => {
  test.setTimeout(300_000);
  await fill(server);
  const api = await server.api("admin");
  const asked = () => requests.map((address) => Number(address.match(/overview\/(\d{4})/)[1]));
  const requests = [];
  page.on("request", (request) => PACKS.test(request.url()) && requests.push(request.url()));
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  await page.goto(`/?year=${YEAR}`);
  await contentReady(page);
  expect(asked()).not.toContain(YEAR - 2);
  await show(page, `?year=${YEAR - 2}`);
  await expectServed(page, api, `?year=${YEAR - 2}`);
  await expect.poll(asked).toContain(YEAR - 2);
  // All years are summed up by the server.
  await show(page, "?year=all");
  const years = [YEAR, YEAR - 1, YEAR - 2, YEAR - 3];
  let sum = 0;
  for (const year of years) sum += (await api.get(`/indicators?year=${year}`)).indicators.find(({ code }) => code === "field_surveys").actual;
  await expect(page.locator('[data-indicator="field_surveys"] strong')).toContainText(sum.toLocaleString("en-US"));
  // The page of an indicator compares four years.
  await follow(page, `/indicators/field_surveys?year=${YEAR}`);
  await contentReady(page);
  await expect(page.locator(".table-numbers").nth(1).locator("thead th")).toHaveText(["月份", ...years.map(String)]);
  await expectReadable(page);
  await goOffline(page, line);
  await page.goto(`/?year=${YEAR - 2}`);
  await contentReady(page);
  await expectServed(page, api, `?year=${YEAR - 2}`);
  // The report compares with the year before.
  await page.goto(`/report?year=${YEAR - 2}`);
  await contentReady(page);
  await expect(page.locator(".report thead").first()).toContainText("上年同期");
  // A filter without data on the phone says so.
  const main = page.locator("main");
  await page.goto("/?year=all");
  await expect(main).toContainText("这台手机上还没有数据");
  await expect(main).not.toHaveAttribute("aria-busy");
  await goOnline(page, line);
  await expect(page.locator('[data-indicator="field_surveys"] strong')).toContainText(sum.toLocaleString("en-US"));
});

test("visitor's packs follow a change in the other city", async ({ page, server, line }) => {
  test.setTimeout(300_000);
  await fill(server);
  const requests = [];
  page.on("request", (request) => PACKS.test(request.url()) && requests.push(request.url()));
  await page.goto(`/?year=${YEAR}`);
  const surveys = page.locator('[data-indicator="field_surveys"] strong');
  await expect.poll(() => requests.length).toBe(2);
  // A visitor needs neither townships nor subjects.
  for (const address of requests) expect(address).toMatch(/pieces=base,pairings,organisations$/);
  const before = Number((await surveys.textContent()).replaceAll(",", ""));
  const fields = { activity: "field_survey", date: `${YEAR}-01-15`, place: TOWNSHIP, values: { times: 6 } };
  const mutation = { seq: 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields };
  const { results } = await (await server.api("recorder")).post("/sync/push", { client_id: crypto.randomUUID(), mutations: [mutation] });
  expect(results[0].outcome).toBe("applied");
  await expect(surveys).toHaveText((before + 6).toLocaleString("en-US"));
  // An unwatched answer may still be on its way to the storage.
  const change = async () => page.evaluate(() => new Promise((done) => {
    const opening = indexedDB.open("jiedui");
    opening.onsuccess = () => {
      opening.result.transaction("kept").objectStore("kept").getAll(IDBKeyRange.bound("pack ", "pack ~")).onsuccess = ({ target }) => {
        opening.result.close();
        done(target.result.map(([, change]) => change));
      };
    };
  }));
  await expect.poll(async () => new Set(await change()).size).toBe(1);
  expect(requests.slice(2).every((address) => address.includes("since="))).toBe(true);
  await goOffline(page, line);
  await page.reload();
  await contentReady(page);
  await expect(surveys).toHaveText((before + 6).toLocaleString("en-US"));
});
