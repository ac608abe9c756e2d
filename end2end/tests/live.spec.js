// Live events: one stream for all tabs, none for a hidden tab, and polling when no event arrives.
import { expect, signIn, test } from "./jiedui.js";

const CLIENT = "01890000-0000-7000-8000-000000000002";

async function tab(context, address) {
  const page = await context.newPage();
  await page.goto(address);
  await expect(page.locator("html.scripted")).toBeAttached();
  return page;
}

// Counts the open event streams of the tabs.
async function streams(context) {
  await context.addInitScript(() => {
    const Real = EventSource;
    window.streams = [];
    window.EventSource = class extends Real {
      constructor(...parts) {
        super(...parts);
        window.streams.push(this);
      }
    };
  });
  const of = (page) => page.evaluate(() => (window.streams ?? []).filter((stream) => stream.readyState !== EventSource.CLOSED).length);
  return async () => (await Promise.all(context.pages().map(of))).reduce((sum, one) => sum + one, 0);
}

for (const locks of [true, false]) {
  test(`nine tabs share one event stream, ${locks ? "with" : "without"} Web Locks`, async ({ page, server, context }) => {
    test.setTimeout(300_000);
    if (!locks) await context.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined }));
    const open = await streams(context);
    await signIn(page, server, "coordinator");
    const pages = [page];
    while (pages.length < 9) pages.push(await tab(context, "/?year=2026"));
    await page.goto("/?year=2026");
    const amount = (page) => page.locator('[data-indicator="field_surveys"] strong');
    const recorder = await server.api("recorder");
    const record = async (number, times) => {
      const fields = { activity: "field_survey", date: "2026-11-20", place: "522728109", values: { times } };
      const mutation = { seq: number, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields };
      const { results } = await recorder.post("/sync/push", { client_id: "01890000-0000-7000-8000-0000000000ac", mutations: [mutation] });
      expect(results[0].outcome).toBe("applied");
    };
    await record(1, 6);
    for (const tabPage of pages) {
      await expect(amount(tabPage)).toHaveText("6");
      await expect(tabPage.locator("#sync")).toContainText("已同步");
    }
    expect(await open()).toBe(1);
    // The tab with the stream is closed: another takes over.
    for (const tabPage of pages.splice(0, 3)) await tabPage.close();
    await expect.poll(open, { timeout: 60_000 }).toBe(1);
    await record(2, 4);
    for (const tabPage of pages) await expect(amount(tabPage)).toHaveText("10");
    expect(await open()).toBe(1);
    // A tenth request is answered immediately.
    expect(await pages[0].evaluate(async () => (await fetch("/api/v1/overview")).status)).toBe(200);
  });
}

test("killed tab leaves the stream to another, without Web Locks", async ({ page, server, context }) => {
  await context.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined });
    // A killed page is not told that it ends.
    const listen = window.addEventListener.bind(window);
    window.addEventListener = (name, ...parts) => name === "pagehide" || listen(name, ...parts);
  });
  const open = await streams(context);
  await signIn(page, server, "coordinator");
  await page.goto("/?year=2026");
  // The page of the sign-in could not release its lease either.
  await expect.poll(open, { timeout: 60_000 }).toBe(1);
  const other = await tab(context, "/?year=2026");
  await expect(other.locator("#sync")).toContainText("已同步");
  expect(await other.evaluate(() => window.streams.length)).toBe(0);
  await page.close();
  await expect.poll(open, { timeout: 60_000 }).toBe(1);
});

test("hidden tab closes the stream and catches up when visible", async ({ page, server, context }) => {
  const open = await streams(context);
  await signIn(page, server, "coordinator");
  await page.goto("/?year=2026");
  await expect(page.locator("html.scripted")).toBeAttached();
  await expect.poll(open).toBe(1);
  const hide = (hidden) => page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  await hide(true);
  await expect.poll(open).toBe(0);
  const recorder = await server.api("recorder");
  const fields = { activity: "field_survey", date: "2026-11-20", place: "522728109", values: { times: 6 } };
  const mutation = { seq: 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields };
  await recorder.post("/sync/push", { client_id: "01890000-0000-7000-8000-0000000000ad", mutations: [mutation] });
  await hide(false);
  await expect(page.locator('[data-indicator="field_surveys"] strong')).toHaveText("6");
  await expect.poll(open).toBe(1);
});

test("visible screen polls when no live event arrives", async ({ page, server }) => {
  await page.route("**/api/v1/live", (route) => route.abort());
  await page.clock.install();
  await signIn(page, server, "viewer");
  const recorder = await server.api("recorder");
  const fields = { activity: "field_survey", date: "2026-11-20", place: "522728109", values: { times: 6 } };
  const id = "019abcde-0000-7000-8000-000000000001";
  const mutations = [{ seq: 1, kind: "entry", id, base_rev: 0, op: "put", fields }];
  await recorder.post("/sync/push", { client_id: CLIENT, mutations });
  await page.goto("/?year=2026&programme=party_building");
  const figure = page.locator("[data-indicator=field_surveys]");
  await expect(figure).toContainText("6");
  const more = { ...fields, values: { times: 4 } };
  await recorder.post("/sync/push", { client_id: CLIENT, mutations: [{ ...mutations[0], seq: 2, id: id.replace(/1$/, "2"), fields: more }] });
  await page.clock.fastForward(61_000);
  await expect(figure).toContainText("10");
});
