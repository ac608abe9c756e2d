// Compares Jiedui with PouchDB 9. Both pull the same entries from a server of their own into IndexedDB, in the same browser and
// the same run. Figures are medians of five, with the processor as it is and slowed down six times. The network is not slowed.
//
// Content: entries of `jiedui generate`. PouchDB's documents have the same fields (activity, date, place, values, note, state)
// under the same identifiers. Its server is express-pouchdb over LevelDB; the pull has batches of 1,000, faster than its
// default of 100. PouchDB's page (peer.js) has no framework, no service worker and no rights.
//
// | measured | Jiedui | PouchDB |
// | --- | --- | --- |
// | first pull | press of "sign in" until the badge says synced: password check, pull, storage, views | press of a button until `replicate.from` is complete and the list is shown |
// | 100 new ones | a push of another client until the open list counts them: live event, pull, storage, screen | `_bulk_docs` of another client until the page counts them: live replication, storage, screen |
// | start with them on the phone | page load until the list of all is there with its number, under the filters of the screen | page load until the newest fifty are there with their number, read by identifier |
//
// Jiedui's phone holds what its account needs, which may be less than all; the app's list is of an administrator's.
import { Server, readyOffline, test } from "../tests/jiedui.js";
import { Figures, expectWithinBounds } from "./figures.js";
import { today } from "./filled.js";
import { Peer } from "./peer.js";
import { openByAddress, slowDown, watchContent } from "./phone.js";

const ROUNDS = Number(process.env.JIEDUI_BENCH_ROUNDS ?? 5);
const NEW_ONES = 100;
// How many times faster than PouchDB, by slowdown.
const FASTER = { 1: 10, 6: 5 };
const PHONE = { viewport: { width: 360, height: 640 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" };
const LIST = "/list?year=all";
const TIMEOUT = 180_000;
const WAIT = { polling: "raf", timeout: TIMEOUT };
// Measured parts of a round.
const PARTS = (entries) => ({ pull: `first pull of ${entries}`, more: `${NEW_ONES} new ones`, start: "start with them on the phone" });

// All records of the server, as a client pulls them.
async function recordsOf(api) {
  const records = [];
  for (let cursor = ""; ; ) {
    const page = await api.get(`/sync/pull?limit=2000${cursor && `&cursor=${cursor}`}`);
    records.push(...page.records);
    if (!page.more) return records;
    cursor = page.cursor;
  }
}

const newOnes = (round) =>
  [...Array(NEW_ONES).keys()].map((number) => ({
    id: crypto.randomUUID(),
    kind: "entry",
    fields: { activity: "field_survey", date: today(), place: "522728109", values: { times: 1 + (number % 9) }, note: `第${round}轮第${number}次：走访了${number}户，看了蔬菜大棚，下周再来看。`, state: "submitted" },
  }));

// Returns the milliseconds of each part, and the error that ended the round early.
async function onPhone(browser, baseURL, rate, measure) {
  const context = await browser.newContext({ ...PHONE, baseURL });
  await watchContent(context);
  const page = await context.newPage();
  await slowDown(page, rate);
  const parts = {};
  try {
    await measure(page, context, parts);
  } catch (error) {
    parts.error = error;
  } finally {
    await context.close();
  }
  return parts;
}

async function timed(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

const isSynced = () => document.querySelector("#sync")?.textContent.includes("已同步");
const isListed = (count) => Number(document.querySelector("main")?.textContent.match(/共 ([\d,]+) 条/)?.[1].replaceAll(",", "")) === count;
const listed = () => Number(document.querySelector("main").textContent.match(/共 ([\d,]+) 条/)[1].replaceAll(",", ""));

function ofJiedui(browser, server, rate, added) {
  return onPhone(browser, `http://127.0.0.1:${server.port}`, rate, async (page, context, parts) => {
    await page.goto("/sign-in");
    await page.evaluate(() => globalThis.contentShown);
    await page.getByLabel("用户名").fill("admin");
    await page.getByLabel("密码").fill(server.passwords.admin);
    parts.pull = await timed(async () => {
      await page.getByRole("button", { name: "登录" }).click();
      await page.waitForFunction(isSynced, null, WAIT);
    });
    await readyOffline(page);
    await openByAddress(page, LIST, TIMEOUT);
    const count = (await page.evaluate(listed)) + NEW_ONES;
    const api = await server.api("recorder");
    const mutations = added.map(({ id, fields }, number) => ({ seq: number + 1, kind: "entry", id, base_rev: 0, op: "put", fields }));
    parts.more = await timed(async () => {
      await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations });
      await page.waitForFunction(isListed, count, WAIT);
    });
    await page.close();
    const next = await context.newPage();
    await slowDown(next, rate);
    const start = await openByAddress(next, LIST, TIMEOUT);
    await next.waitForFunction(isListed, count, WAIT);
    parts.start = start;
  });
}

const isCounted = (count) => Number(document.querySelector("p").textContent) === count;

async function ofPouchdb(browser, peer, rate, added) {
  const { doc_count: count } = await peer.database.info();
  return onPhone(browser, peer.address, rate, async (page, context, parts) => {
    await page.goto("/");
    parts.pull = await timed(async () => {
      await page.getByRole("button").click();
      await page.waitForFunction(isCounted, count, WAIT);
    });
    parts.more = await timed(async () => {
      await peer.put(added);
      await page.waitForFunction(isCounted, count + NEW_ONES, WAIT);
    });
    await page.close();
    const next = await context.newPage();
    await slowDown(next, rate);
    await next.goto("/");
    await next.waitForFunction(isCounted, count + NEW_ONES, WAIT);
    parts.start = await next.evaluate(() => globalThis.shownAt);
  });
}

for (const entries of [3_000, 10_000]) {
  for (const rate of [1, 6]) {
    test(`${entries} entries beside PouchDB, slowdown ${rate}`, async ({ browser }, testInfo) => {
      test.setTimeout(3_600_000);
      const figures = new Figures(testInfo.project.outputDir, entries);
      const server = await Server.start();
      const peer = await Peer.start();
      await server.command("generate", "--entries", String(entries));
      const records = await recordsOf(await server.api("admin"));
      await peer.put(records);
      const results = { Jiedui: [], PouchDB: [] };
      for (let round = 0; round < ROUNDS; round++) {
        const added = newOnes(round);
        results.Jiedui.push(await ofJiedui(browser, server, rate, added));
        results.PouchDB.push(await ofPouchdb(browser, peer, rate, added));
      }
      await server.stop();
      await peer.stop();
      for (const [part, what] of Object.entries(PARTS(entries))) {
        const [jiedui, pouchdb] = Object.entries(results).map(([name, rounds]) => {
          const settled = rounds.map((round) => (part in round ? { status: "fulfilled", value: round[part] } : { status: "rejected", reason: round.error }));
          return figures.addRounds(`${what}, slowdown ${rate}: ${name}`, "ms", null, settled);
        });
        figures.add(`${what}, slowdown ${rate}`, jiedui && pouchdb && pouchdb / jiedui, "times faster", FASTER[rate]);
      }
      expectWithinBounds(figures);
    });
  }
}
