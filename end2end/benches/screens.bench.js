// Benchmarks of every screen and of the server, with few and with many entries:
//
//   JIEDUI_BENCH_ENTRIES="10000 1000000" npx playwright test -c bench.config.js screens
//
// The phone is Chromium at 360 × 640 with its processor slowed down six times (phone.js). The accounts are a village recorder,
// a reviewer of a township with 5,000 entries of which 300 wait, and a coordinator of all (filled.js). Each figure is a JSON
// line, the median of three rounds (JIEDUI_BENCH_ROUNDS). The bounds are checked after all figures of a test are printed. The
// growth from the smallest to the largest size is checked at the end.
//
// A screen is measured twice. For "by link", a link is followed in the running app, to the first frame with the content.
// For "by address", the page is loaded and the app starts. Offline this has the bound of the second start.
import { expect } from "@playwright/test";
import { goOffline, readyOffline } from "../tests/jiedui.js";
import { ROUNDS, SIZES, test } from "./bench.js";
import { Figures, expectWithinBounds } from "./figures.js";
import { Editor, INDICATOR, LEDGER_ITEM, ORGANISATION, OWN_ENTRY, PAIRING, WAITING } from "./filled.js";
import { TIMEOUT, idle, openByAddress, openByLink, readOn, recordsOnPhone, scroll, signInTo, slowDown, watchContent } from "./phone.js";
import { measureExports, measureFigures, measurePage, measureStarts } from "./serving.js";
import { Traffic, traced, usedMemory, watchWasm } from "./trace.js";

const MB = 1 << 20;
const KB = 1 << 10;
// A sign-in ends when the first pull has. The window holds 3,000 records of the places and 500 that wait for review, the directory,
// and the recorder's own entries.
const ON_PHONE = { recorder: 4_500, reviewer: 4_500, coordinator: 4_500 };
const SIGN_IN = { recorder: 3_000, reviewer: 6_000, coordinator: 6_000 };
const SCREEN = 1_000;
const FORM = 700;
const SECOND_START = 1_500;
const LONGEST_TASK = 50;
const PAGE_MEMORY = 60;
const FIRST_VISIT = 200;
const DAYS_CHANGES = 5;
// Entries that a county records on an average day.
const CHANGES_OF_A_DAY = 55;
const WHOLE_TEST = 10_800_000;
const PHONE = { viewport: { width: 360, height: 640 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" };

const EVERYBODY = ["/?year=all&programme=labour", `/indicators/${INDICATOR}`, "/report", "/work", "/needs", "/needs/new", `/needs/${LEDGER_ITEM}`, "/list", `/list/${OWN_ENTRY}`, "/organisations", `/organisations/${ORGANISATION}`, "/catalogue", "/me", "/me/account", "/help", "/?screen=wall", "/"];
const FORMS = ["/entries/new/field_survey", `/entries/${OWN_ENTRY}`];
const SCREENS = {
  recorder: ["/entries", "/entries/new", ...FORMS, "/import", ...EVERYBODY],
  reviewer: ["/review", ...EVERYBODY],
  coordinator: ["/review", "/entries", "/import", "/organisations/new", `/organisations/${ORGANISATION}/edit`, "/pairings/new", `/pairings/${PAIRING}`, "/people", ...EVERYBODY],
};

// Opens all screens in turn, round by round: a link leads from each screen to another one.
async function measureScreens(figures, name, network, open, opened) {
  const results = new Map(SCREENS[name].map((screen) => [screen, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [screen, rounds] of results) rounds.push(...(await Promise.allSettled([open(screen)])));
  }
  for (const [screen, rounds] of results) {
    const bound = opened === "by address" ? SECOND_START : FORMS.includes(screen) ? FORM : SCREEN;
    figures.addRounds(`${name}: ${screen.replace(/[0-9a-f-]{36}/, "ID")} ${opened}, ${network}`, "ms", bound, rounds);
  }
}

// A filter of a list or of the shared view, until the page is idle.
async function setFilter(page, values) {
  for (const value of values) {
    await page.locator("main select[name=programme]").selectOption(value);
    await idle(page);
  }
}

// An edit by another user, until the shared view has its figure.
async function seeChange(page, editor) {
  const figure = page.locator(`[data-indicator="${INDICATOR}"] strong`);
  const before = await figure.textContent();
  await editor.edit(1);
  await page.waitForFunction(([code, text]) => document.querySelector(`[data-indicator="${code}"] strong`)?.textContent !== text, [INDICATOR, before], { polling: "raf" });
  await idle(page);
}

for (const entries of SIZES) {
  test.describe(`${entries} entries`, () => {
    test.use({ entries });

    for (const name of Object.keys(SCREENS)) {
      test(`screens of the ${name}`, async ({ context, page, server, line, figures, browser }) => {
        test.setTimeout(WHOLE_TEST);
        await watchContent(context);
        await watchWasm(context);
        const devtools = await slowDown(page);
        const signedIn = await figures.measure(`${name}: sign-in to usable`, "ms", SIGN_IN[name], ROUNDS, async (round) => {
          // The last one stays signed in.
          if (round === ROUNDS - 1) return signInTo(page, server, `bench-${name}`);
          const other = await browser.newContext({ ...PHONE, baseURL: line.address });
          await watchContent(other);
          const first = await other.newPage();
          await slowDown(first);
          const milliseconds = await signInTo(first, server, `bench-${name}`);
          await other.close();
          return milliseconds;
        });
        if (signedIn !== null) {
          await figures.measure(`${name}: ready for offline use`, "ms", null, 1, async () => {
            const begin = performance.now();
            await readyOffline(page);
            return performance.now() - begin;
          });
          figures.add(`${name}: records on the phone after the first pull`, await recordsOnPhone(page), "records", ON_PHONE[name]);
          await openByAddress(page, "/");
          await measureScreens(figures, name, "online", (screen) => openByLink(page, screen), "by link");
          if (name !== "recorder") {
            // The phone of the recorder has all entries of the village.
            await figures.measure(`${name}: /list goes on from the server`, "ms", SCREEN, ROUNDS, async () => {
              await openByAddress(page, "/list?year=all");
              return readOn(page);
            });
          }
          const used = await usedMemory(page, devtools);
          figures.add(`${name}: JavaScript and wasm memory`, (used.heap + used.wasm) / MB, "MB", PAGE_MEMORY);
          await measureScreens(figures, name, "online", (screen) => openByAddress(page, screen), "by address");
          const editor = await Editor.of(server, WAITING);
          const longest = (what, prepare, during) =>
            figures.measure(`${name}: longest task while ${what}`, "ms", LONGEST_TASK, ROUNDS, async () => {
              await prepare();
              await idle(page);
              return (await traced(browser, page, during)).longest;
            });
          await longest("a change arrives", () => openByAddress(page, "/?year=all"), () => seeChange(page, editor));
          await longest("a filter of the shared view is set", () => openByAddress(page, "/"), () => setFilter(page, ["labour", ""]));
          await longest("a filter of a list is set", () => openByAddress(page, "/list"), () => setFilter(page, ["party_building", ""]));
          await longest("a list is scrolled", () => openByAddress(page, "/list"), () => scroll(page, devtools, 3_000));
          await openByAddress(page, "/");
          await idle(page);
          await goOffline(page, line);
          await measureScreens(figures, name, "offline", (screen) => openByLink(page, screen), "by link");
          await measureScreens(figures, name, "offline", (screen) => openByAddress(page, screen), "by address");
          await page.close();
          await figures.measure(`${name}: second start of the installed app, offline`, "ms", SECOND_START, ROUNDS, async () => {
            const next = await context.newPage();
            await slowDown(next);
            const milliseconds = await openByAddress(next, "/");
            await next.close();
            return milliseconds;
          });
        }
        expectWithinBounds(figures);
      });
    }

    test("bytes of the shared view", async ({ context, page, server, figures }) => {
      test.setTimeout(WHOLE_TEST);
      await watchContent(context);
      const devtools = await slowDown(page);
      const traffic = await Traffic.of(devtools);
      const open = async () => {
        traffic.forget();
        await openByAddress(page, "/");
        await expect.poll(() => traffic.isCurrent, { timeout: TIMEOUT }).toBe(true);
        await idle(page);
      };
      const isApp = (path) => path.startsWith("/pkg/") || /\.\w+$/.test(path);
      await figures.measure("shared view: bytes at the first visit (page and data)", "KB", FIRST_VISIT, 1, async () => {
        await open();
        return traffic.bytes((path) => !isApp(path)) / KB;
      });
      // The app starts again from the phone, and fetches the changes made meanwhile.
      await page.goto("about:blank");
      const editor = await Editor.of(server, WAITING);
      await editor.edit(CHANGES_OF_A_DAY);
      await figures.measure("shared view: bytes of a day's changes", "KB", DAYS_CHANGES, 1, async () => {
        await open();
        return traffic.bytes((path) => path.startsWith("/api/")) / KB;
      });
      expectWithinBounds(figures);
    });

    test("the server", async ({ server, figures }) => {
      test.setTimeout(WHOLE_TEST);
      await measureStarts(figures, server, ROUNDS);
      await measurePage(figures, server);
      await measureFigures(figures, server);
      await measureExports(figures, server);
      figures.add("server: resident memory", await server.memory(), "MB", 100);
      expectWithinBounds(figures);
    });
  });
}

test("growth from the smallest to the largest size", ({}, testInfo) => {
  const [smallest, largest] = [Math.min(...SIZES), Math.max(...SIZES)];
  const figures = new Figures(testInfo.project.outputDir, largest);
  if (smallest < largest) figures.addGrowth(smallest, largest);
  expectWithinBounds(figures);
});
