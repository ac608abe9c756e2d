// Upgrades and downgrades of the server under open pages. The other build is made of the same source, but its chunks do not
// fit those of this one.
import path from "node:path";
import { expect, fillIn, goOffline, goOnline, complaints, readyOffline, save, signIn, test } from "./jiedui.js";

const OTHER = { JIEDUI_SITE: path.resolve(import.meta.dirname, "../../target/site-other") };
const NOTICE = "#version";

const build = (page) => page.evaluate(() => new URL(document.querySelector("script[type=module]").src).pathname.split("/")[2]);
// Returns the builds from which this page has loaded files.
const loaded = (page) => page.evaluate(() => [...new Set(performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname.match(/^\/pkg\/(\w+)\//)).filter(Boolean).map((match) => match[1]))]);
const caches = (page) => page.evaluate(async () => (await window.caches.keys()).filter((name) => name.startsWith("jiedui-")).map((name) => name.split("-")[1]));
const look = (page) => page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
const agree = (page) => page.locator(NOTICE).getByRole("button", { name: "现在更新" }).click();
const started = (page) => expect(page.locator("html.scripted")).toBeAttached();

async function countLoads(page) {
  let loads = 0;
  page.on("load", () => (loads += 1));
  return () => loads;
}

test("build files are named by content and cached for a year", async ({ page, server, request }) => {
  await page.goto("/");
  await started(page);
  const first = await build(page);
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  for (const name of ["start.js", "version.js", "jiedui.js", "jiedui.wasm", "jiedui.css", "export-image.js", "push.js"]) {
    const answer = await request.get(`/pkg/${first}/${name}`);
    expect(answer.status(), name).toBe(200);
    expect(answer.headers()["cache-control"], name).toBe("public, max-age=31536000, immutable");
  }
  for (const gone of ["/pkg/jiedui.js", "/pkg/0123456789abcdef/jiedui.js", "/pkg/0123456789abcdef/split_browse.wasm"]) {
    const answer = await request.get(gone);
    expect(answer.status(), gone).toBe(404);
    expect(answer.headers()["cache-control"], gone).toBe("no-store");
  }
  await server.restart(OTHER);
  await page.goto("/shell");
  expect((await request.get(`/pkg/${first}/jiedui.js`)).status()).toBe(404);
});

test("page loaded before an upgrade completes with files of its build", async ({ page, server }) => {
  const errors = complaints(page);
  await page.goto("/");
  await started(page);
  await expect(page.locator("html")).toHaveAttribute("data-offline", "ready");
  const first = await build(page);
  await server.restart(OTHER);
  await page.getByRole("navigation").getByRole("link", { name: "单位" }).click();
  await expect(page.getByRole("searchbox")).toBeVisible();
  expect(await loaded(page)).toEqual([first]);
  await look(page);
  await expect(page.locator(NOTICE)).toContainText("新版本已准备好");
  expect(await caches(page)).toHaveLength(2);
  await agree(page);
  await expect.poll(() => build(page).catch(() => first)).not.toBe(first);
  await started(page);
  await expect(page.getByRole("searchbox")).toBeVisible();
  expect(await loaded(page)).toEqual([await build(page)]);
  await expect(page.locator(NOTICE)).toHaveCount(0);
  // No page of the old build is open any more.
  await expect.poll(() => caches(page)).toEqual([await build(page)]);
  // The event stream breaks when the server goes.
  expect(errors.filter((text) => !text.includes("net::"))).toEqual([]);
});

test("form in progress survives an upgrade and is saved by the new build", async ({ page, server, line }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "3" }, note: "升级前" });
  const first = await build(page);
  const loads = await countLoads(page);
  await server.restart(OTHER);
  await look(page);
  await expect(page.locator(NOTICE)).toBeVisible();
  await page.getByLabel("备注").fill("升级前，升级后");
  expect(loads()).toBe(0);
  expect(await build(page)).toBe(first);

  await goOffline(page, line);
  await page.reload();
  await started(page);
  expect(await build(page)).toBe(first);
  await expect(page.getByLabel("备注")).toHaveValue("升级前，升级后");

  await goOnline(page, line);
  await expect(page.locator(NOTICE)).toBeVisible();
  await agree(page);
  await expect.poll(() => build(page).catch(() => first)).not.toBe(first);
  await expect(page.getByLabel("备注")).toHaveValue("升级前，升级后");
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  const { entries } = await (await server.api("admin")).get("/entries?year=" + new Date().getFullYear());
  expect(entries.map((entry) => entry.fields.note)).toEqual(["升级前，升级后"]);
  await expect(page.getByText("可离线使用")).toBeVisible();
  await goOffline(page, line);
  await page.reload();
  await started(page);
  expect(await build(page)).not.toBe(first);
});

test("page is served by the cached build until the new one is cached", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  const first = await build(page);
  await server.restart(OTHER);
  // No file of the new build arrives.
  await page.context().route(/\/pkg\//, (route) => route.abort());
  await page.goto("/entries/new/field_survey");
  await started(page);
  expect(await build(page)).toBe(first);
  await expect(page.getByLabel("备注")).toBeVisible();
});

test("each of two tabs switches builds when its user agrees", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  const first = await build(page);
  const second = await page.context().newPage();
  await second.goto("/");
  await started(second);
  await server.restart(OTHER);
  await look(page);
  await expect(page.locator(NOTICE)).toBeVisible();
  await agree(page);
  await expect.poll(() => build(page).catch(() => first)).not.toBe(first);
  await expect(second.locator(NOTICE)).toContainText("新版本已准备好");
  // Further files come from the cache of the page's build.
  expect(await build(second)).toBe(first);
  expect((await caches(second)).sort()).toContain(first);
  expect(await second.evaluate(async (first) => (await fetch(`/pkg/${first}/split_browse.wasm`)).status, first)).toBe(200);
  await second.close();
  await page.reload();
  await expect.poll(() => caches(page)).not.toContain(first);
});

test("new build starts while the previous worker is busy with a download", async ({ page, server, line }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  const first = await build(page);
  await server.restart(OTHER);
  await look(page);
  await expect(page.locator(NOTICE)).toBeVisible();
  // Another tab's download lasts: the browser does not stop a worker that has something to do.
  const second = await page.context().newPage();
  await second.goto("/people");
  line.hold("/pkg/slow");
  await second.evaluate(() => void fetch("/pkg/slow"));
  await expect.poll(() => line.held.waiting.length).toBeGreaterThan(0);
  await agree(page);
  await expect.poll(() => build(page).catch(() => first)).not.toBe(first);
  expect(await page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration()).waiting))).toBe(true);
  await expect(page.locator("html")).toHaveAttribute("data-offline", "ready");
  await page.context().setOffline(true);
  await page.reload();
  await started(page);
  expect(await build(page)).not.toBe(first);
});

test("downgrade works like an upgrade", async ({ page, server }) => {
  await server.restart(OTHER);
  await signIn(page, server, "recorder");
  await readyOffline(page);
  const newer = await build(page);
  await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "4" }, note: "新版" });
  await server.restart({});
  await look(page);
  await agree(page);
  await expect.poll(() => build(page).catch(() => newer)).not.toBe(newer);
  await expect(page.getByLabel("备注")).toHaveValue("新版");
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
});

test("waiting build takes over when the only tab is reloaded", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  const first = await build(page);
  await server.restart(OTHER);
  await look(page);
  await expect(page.locator(NOTICE)).toBeVisible();
  await page.reload();
  await started(page);
  expect(await build(page)).not.toBe(first);
  await expect.poll(() => caches(page)).toEqual([await build(page)]);
  await expect(page.locator(NOTICE)).toHaveCount(0);
});

test("offline use is promised only while all files are cached", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await page.evaluate(async () => {
    for (const name of await window.caches.keys()) {
      const cache = await window.caches.open(name);
      for (const request of await cache.keys()) if (request.url.endsWith("split_browse.wasm")) await cache.delete(request);
    }
  });
  await page.reload();
  await expect(page.getByText("正在准备离线使用")).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("data-offline", "preparing");
});

test("page of another release is rendered from the phone's storage", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await page.goto("/?year=2023");
  await expect(page.locator('[data-indicator="exchanges"] strong')).toHaveText("272");
  for (const other of ['{"shape":2}', "no JSON", '{"overview":{"parts":"none"},"language":"fr"}']) {
    await page.context().route("/?year=2023", async (route) => {
      const answer = await route.fetch();
      const body = (await answer.text()).replace(/(<script[^>]*id="boot"[^>]*>)[^]*?<\/script>/, `$1${other}</script>`);
      expect(body).toContain(other);
      await route.fulfill({ response: answer, body });
    }, { times: 1 });
    await page.goto("/?year=2023");
    await started(page);
    await expect(page.locator("header.bar")).toHaveCount(1);
    await expect(page.locator("main")).toHaveCount(1);
    await expect(page.locator('[data-indicator="exchanges"] strong')).toHaveText("272");
    await expect(page.locator("#sync")).toContainText("已同步");
  }
});

test("manifest's icons match their sizes, and the shell names this build", async ({ page, request }) => {
  await page.goto("/");
  const first = await build(page);
  const manifest = await request.get("/manifest.webmanifest");
  expect(manifest.headers()["content-type"]).toContain("application/manifest+json");
  const { icons, start_url, scope, id } = await manifest.json();
  expect([id, start_url, scope]).toEqual(["/", "/", "/"]);
  for (const icon of icons) {
    const size = await page.evaluate(async ({ src }) => {
      const image = new Image();
      image.src = src;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, icon);
    if (icon.sizes !== "any") expect(size, icon.src).toBe(icon.sizes);
  }
  const shell = await request.get("/shell");
  expect(shell.headers()["cache-control"]).toBe("no-cache");
  expect(await shell.text()).toContain(`/pkg/${first}/start.js`);
  expect(await shell.text()).not.toContain('id="boot"');
});
