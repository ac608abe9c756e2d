// Upgrades of the server under open pages in browsers without a service worker.
import path from "node:path";
import { expect, fillIn, goOffline, goOnline, save, signIn, test } from "./jiedui.js";

const OTHER = { JIEDUI_SITE: path.resolve(import.meta.dirname, "../../target/site-other") };
const NOTICE = "#version";
const build = (page) => page.evaluate(() => new URL(document.querySelector("script[type=module]").src).pathname.split("/")[2]);
// Returns the builds from which this page has loaded files.
const loaded = (page) => page.evaluate(() => [...new Set(performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname.match(/^\/pkg\/(\w+)\//)).filter(Boolean).map((match) => match[1]))]);
const started = (page) => expect(page.locator("html.scripted")).toBeAttached();

async function countLoads(page) {
  let loads = 0;
  page.on("load", () => (loads += 1));
  return () => loads;
}

test.describe("without a service worker", () => {
  test.use({ serviceWorkers: "block" });

  test("page with a missing chunk reloads in the new build with typed text", async ({ page, server }) => {
    await page.goto("/");
    await started(page);
    const first = await build(page);
    await server.restart(OTHER);
    await page.getByRole("link", { name: "登录" }).click();
    await expect.poll(() => build(page).catch(() => first)).not.toBe(first);
    await started(page);
    await expect(page.getByLabel("用户名")).toBeVisible();
    expect(await loaded(page)).toEqual([await build(page)]);
  });

  test("text typed into a partly loaded page is in the new build", async ({ page }) => {
    await page.route("**/pkg/*/split_browse.wasm", (route) => route.fulfill({ status: 404 }), { times: 1 });
    await page.route("**/pkg/*/jiedui.js", async (route) => {
      if (route.request().method() === "HEAD") return route.fulfill({ status: 404 });
      await expect.poll(() => page.getByRole("searchbox").inputValue()).toBe("沫阳");
      await route.continue();
    }, { times: 2 });
    const loads = await countLoads(page);
    await page.goto("/organisations", { waitUntil: "commit" });
    await page.getByRole("searchbox").fill("沫阳");
    await started(page);
    await expect(page.getByRole("searchbox")).toHaveValue("沫阳");
    expect(loads()).toBeLessThanOrEqual(2);
  });

  test("draft of a form in progress is in the new build", async ({ page, server }) => {
    await signIn(page, server, "recorder");
    await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "3" }, note: "写到一半" });
    const first = await build(page);
    await server.restart(OTHER);
    await page.reload();
    await started(page);
    expect(await build(page)).not.toBe(first);
    await expect(page.getByLabel("备注")).toHaveValue("写到一半");
    await save(page);
    await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  });

  test("page whose start script is missing after an upgrade reloads", async ({ page, server }) => {
    await page.goto("/");
    const first = await build(page);
    const html = await (await page.request.get("/")).text();
    await server.restart(OTHER);
    await page.route("/?kept", (route) => route.fulfill({ body: html, contentType: "text/html" }), { times: 1 });
    await page.goto("/?kept");
    await expect.poll(() => build(page).catch(() => first)).not.toBe(first);
    await started(page);
  });

  test("servers with different builds cause no reload loop", async ({ page, server }) => {
    const html = await (await page.request.get("/")).text();
    await server.restart(OTHER);
    let loads = 0;
    // Pages come from a server with the old build, files from a server with the new one.
    await page.route("/", (route) => {
      loads += 1;
      return route.fulfill({ body: html, contentType: "text/html" });
    });
    await page.goto("/");
    await expect(page.locator(NOTICE)).toContainText("应用已更新");
    expect(loads).toBe(2);
    await expect(page.locator("[data-indicator]").first()).toBeVisible();
  });

  test("missing chunk without a network causes no reload", async ({ page, line }) => {
    await page.goto("/");
    await started(page);
    const loads = await countLoads(page);
    await goOffline(page, line);
    await page.getByRole("link", { name: "登录" }).click();
    await expect(page.getByRole("main")).toContainText("没有下载完整");
    expect(loads()).toBe(0);
    await expect(page.locator(NOTICE)).toHaveCount(0);
    await goOnline(page, line);
    await page.getByRole("button", { name: "再试一次" }).click();
    await expect(page.getByLabel("用户名")).toBeVisible();
  });
});
