// The stored overview: a long one is written in chunks after it is shown, and the format of an older app is read.
import { expect, goOffline, readyOffline, signIn, test } from "./jiedui.js";

const figures = async (page) => Object.fromEntries(await page.locator("[data-indicator]").evaluateAll((cards) => cards.map((element) => [element.dataset.indicator, element.querySelector("strong").textContent])));

// Returns the number of entries in the stored overview, and of its chunks.
const storedOverview = (page) => page.evaluate(() => new Promise((done) => {
  const opening = indexedDB.open("jiedui");
  opening.onsuccess = () => {
    const all = opening.result.transaction("kept").objectStore("kept").getAll(IDBKeyRange.bound("overview ", "overview ~"));
    all.onsuccess = () => {
      opening.result.close();
      const tallies = all.result.flatMap((text) => JSON.parse(text).tallies ?? []);
      done({ pieces: all.result.length, entries: tallies.reduce((sum, tally) => sum + tally.entries, 0) });
    };
  };
}));

// Pushes an entry as another phone would.
async function record(api, number, times) {
  const fields = { activity: "field_survey", date: "2026-11-20", place: "522728109", values: { times } };
  const mutation = { seq: number, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields };
  const { results } = await api.post("/sync/push", { client_id: "01890000-0000-7000-8000-0000000000ab", mutations: [mutation] });
  expect(results[0].outcome).toBe("applied");
}

test("long overview and its deltas are stored completely", async ({ page, server, line }) => {
  await server.command("generate", "--entries", "6000", "--pairings", "1500", "--seed", "4");
  await server.restart({});
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  const api = await server.api("recorder");
  await page.goto("/?year=2026");
  const before = Number((await figures(page)).field_surveys.replaceAll(",", ""));
  const { tallies } = await api.get("/overview");
  expect(tallies.length).toBeGreaterThan(2_000);
  const entries = tallies.reduce((sum, tally) => sum + tally.entries, 0);
  await expect.poll(() => storedOverview(page)).toMatchObject({ entries });
  for (const number of [1, 2, 3]) await record(api, number, 6);
  // More changes arrived while it was written: the last state is stored.
  await expect(page.locator('[data-indicator="field_surveys"] strong')).toHaveText((before + 18).toLocaleString("en-US"));
  await expect.poll(() => storedOverview(page)).toMatchObject({ entries: entries + 3 });
  expect((await storedOverview(page)).pieces).toBeGreaterThan(20);
  const seen = await figures(page);
  const lines = await page.locator(".map-frame .map-pairing").count();
  await goOffline(page, line);
  await page.reload();
  await expect(page.locator(".dashboard-freshness")).toContainText("离线");
  await expect.poll(() => figures(page)).toEqual(seen);
  await expect(page.locator(".map-frame .map-pairing")).toHaveCount(lines);
});

test("years that are not on the phone are said to be missing offline", async ({ page, server, line }) => {
  await server.command("generate", "--entries", "6000", "--seed", "4");
  await server.restart({});
  // The page has one year of a large overview; the whole one does not arrive.
  await page.route("**/api/v1/overview**", (route) => route.abort());
  await page.goto("/?year=2026");
  const main = page.locator("main");
  await expect(page.locator("html.scripted")).toBeAttached();
  await expect(page.locator('[data-indicator="field_surveys"] strong')).not.toHaveText("—");
  await expect(main).not.toHaveAttribute("aria-busy");
  await page.getByLabel("年度").selectOption("all");
  await expect(main, "the whole overview is still expected").toHaveAttribute("aria-busy", "true");
  await goOffline(page, line);
  await expect(main).toContainText("这台手机上还没有数据");
  await expect(main).not.toHaveAttribute("aria-busy");
  await page.getByLabel("年度").selectOption("2026");
  await expect(page.locator('[data-indicator="field_surveys"] strong')).not.toHaveText("—");
});

test("data stored by an older app is readable offline", async ({ page, server, line }) => {
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  await page.goto("/?year=2023");
  const seen = await figures(page);
  expect(seen.exchanges).toBe("272");
  // The old format: one text for the whole overview.
  await page.evaluate(() => new Promise((done) => {
    const opening = indexedDB.open("jiedui");
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("kept", "readwrite");
      const store = transaction.objectStore("kept");
      for (const name of ["overview", "places"]) {
        store.getAll(IDBKeyRange.bound(`${name} `, `${name} ~`)).onsuccess = ({ target }) => {
          const pieces = target.result.map((text) => JSON.parse(text));
          const add = (whole, piece) => {
            for (const [list, rows] of Object.entries(piece)) whole[list].push(...rows);
            return whole;
          };
          const whole = name === "places" ? pieces.flat() : pieces.slice(1).reduce(add, pieces[0]);
          store.delete(IDBKeyRange.bound(`${name} `, `${name} ~`));
          store.put(JSON.stringify(whole), name);
        };
      }
      transaction.oncomplete = () => done(opening.result.close());
    };
  }));
  await goOffline(page, line);
  await page.goto("/?year=2023");
  await expect.poll(() => figures(page)).toEqual(seen);
  await page.goto("/entries/new/field_survey");
  await page.locator("#field-place").click();
  await page.getByPlaceholder("输入地名").fill("沫阳镇");
  await expect(page.locator(".place-offers").getByRole("button").first()).toContainText("沫阳镇");
});

test("long-running screen opens its storage once", async ({ page, server }) => {
  await page.addInitScript(() => {
    window.opened = [];
    const open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (name, ...version) {
      window.opened.push(name);
      return open.call(this, name, ...version);
    };
  });
  await page.goto("/?screen=wall&year=2026&programme=party_building");
  const api = await server.api("recorder");
  for (const number of [1, 2, 3, 4, 5]) {
    await record(api, number, 1);
    await expect(page.locator('[data-indicator="field_surveys"] strong')).toHaveText(String(number));
  }
  expect(await page.evaluate(() => window.opened)).toEqual(["jiedui"]);
});

test("unchanged long overview is written once", async ({ page, server }) => {
  await server.command("generate", "--entries", "6000", "--pairings", "1500", "--seed", "4");
  await server.restart({});
  await page.addInitScript(() => {
    window.written = 0;
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (value, key) {
      // The number of chunks is written last.
      if (key === "overview") window.written += 1;
      return put.call(this, value, key);
    };
  });
  // The first live event makes the page ask again immediately.
  const again = page.waitForResponse((answer) => answer.url().includes("/api/v1/overview?since="));
  await page.goto("/");
  await again;
  await expect.poll(() => page.evaluate(() => window.written)).toBeGreaterThan(0);
  const { entries } = await storedOverview(page);
  // A repeated write of the same overview would precede the next change.
  await record(await server.api("recorder"), 1, 1);
  await expect.poll(() => storedOverview(page)).toMatchObject({ entries: entries + 1 });
  expect(await page.evaluate(() => window.written)).toBe(2);
});
