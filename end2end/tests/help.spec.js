// The help page shows the user guide of docs/guide: for each role, in both languages, online and offline.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { contentReady, expect, expectReadable, goOffline, readyOffline, signIn, test } from "./jiedui.js";

const GUIDE = path.resolve(import.meta.dirname, "../../docs/guide");
const PAGES = { anonymous: "index", recorder: "recorder", reviewer: "reviewer", coordinator: "coordinator", admin: "administrator", viewer: "viewer" };
const SIZES = [
  { name: "by touch", viewport: { width: 360, height: 640 }, hasTouch: true },
  { name: "by mouse", viewport: { width: 1440, height: 900 }, hasTouch: false },
];

// Returns the title of a page of the guide.
async function titleOf(language, name) {
  const text = await readFile(path.join(GUIDE, language, `${name}.md`), "utf8");
  return text.match(/^# (.+)$/m)[1];
}

const expectPage = async (page, language, name) => expect(page.locator("main h1")).toHaveText(await titleOf(language, name));

for (const { name, viewport, hasTouch } of SIZES) {
  test.describe(`${name} at ${viewport.width} × ${viewport.height}`, () => {
    test.use({ viewport, hasTouch });
    const press = (locator) => (hasTouch ? locator.tap() : locator.click());

    test("each role gets its page of the guide with links to the others", async ({ server, line, browser }) => {
      test.setTimeout(300_000);
      for (const [role, pageOfRole] of Object.entries(PAGES)) {
        const options = { viewport, hasTouch, locale: "zh-CN", timezoneId: "Asia/Shanghai", baseURL: line.address };
        const context = await browser.newContext(options);
        const page = await context.newPage();
        if (role === "anonymous") await page.goto("/sign-in");
        else await signIn(page, server, role);
        await contentReady(page);
        await press(page.locator("header.bar").getByRole("link", { name: "帮助" }));
        await expect(page).toHaveURL(/\/help$/);
        await expectPage(page, "zh-CN", pageOfRole);
        await expect(page).toHaveTitle(/^帮助/);
        await expectReadable(page);
        for (const other of Object.values(PAGES).filter((other) => other !== pageOfRole)) {
          await expect(page.locator(`main a[href="/help/${other}"]`).first(), `${role}: ${other}`).toBeVisible();
        }
        const other = pageOfRole === "viewer" ? "recorder" : "viewer";
        await press(page.locator(`main a[href="/help/${other}"]`).last());
        await expect(page).toHaveURL(new RegExp(`/help/${other}$`));
        await expectPage(page, "zh-CN", other);
        await context.close();
      }
    });

    test("guide has the app's language and shows its images", async ({ page }) => {
      await page.goto("/help/recorder");
      await contentReady(page);
      await expectPage(page, "zh-CN", "recorder");
      await press(page.locator("header.bar").getByRole("button", { name: "English" }));
      await expectPage(page, "en", "recorder");
      await expect(page).toHaveURL(/\/help\/recorder$/);
      await expect(page.locator("header.bar .bar-help")).toHaveAttribute("aria-current", "page");
      const images = page.locator("main img");
      await expect(images).toHaveCount(4);
      for (const image of await images.all()) {
        await image.scrollIntoViewIfNeeded();
        await expect.poll(() => image.evaluate((element) => element.complete && element.naturalWidth)).toBeGreaterThan(0);
      }
      await expectReadable(page);
    });

    test("guide is readable offline without images", async ({ page, server, line }) => {
      await signIn(page, server, "recorder");
      await readyOffline(page);
      await goOffline(page, line);
      await page.goto("/help");
      await contentReady(page);
      await expectPage(page, "zh-CN", "recorder");
      await expect(page.locator("main img").filter({ visible: true })).toHaveCount(0);
      await press(page.locator('main a[href="/help/reviewer"]').last());
      await expectPage(page, "zh-CN", "reviewer");
      await expect(page.locator("main h2").first()).toBeVisible();
    });
  });
}

test.describe("without a service worker", () => {
  test.use({ serviceWorkers: "block" });

  test("main part is busy until the guide has loaded", async ({ page }) => {
    let release;
    const released = new Promise((resolve) => (release = resolve));
    await page.route("**/guide/**/*.html", async (route) => {
      await released;
      await route.continue();
    });
    await page.goto("/help");
    await expect(page.locator("html.scripted")).toBeAttached();
    await expect(page.locator("main")).toHaveAttribute("aria-busy", "true");
    await expect(page.locator("main h1")).toHaveCount(0);
    release();
    await contentReady(page);
    await expectPage(page, "zh-CN", "index");
  });

  test("page that fails to load shows an error and a retry", async ({ page }) => {
    await page.route("**/guide/**/*.html", (route) => route.abort());
    await page.goto("/help");
    await expect(page.locator("main").getByRole("alert")).toContainText("没有下载完整");
    await page.unroute("**/guide/**/*.html");
    await page.locator("main").getByRole("button", { name: "再试一次" }).click();
    await expectPage(page, "zh-CN", "index");
    await expect(page.locator("main").getByRole("alert")).toHaveCount(0);
  });

  test("page that was never loaded is reported offline and loads later", async ({ page }) => {
    await page.goto("/help");
    await contentReady(page);
    await page.context().setOffline(true);
    await page.locator('main a[href="/help/recorder"]').click();
    await expect(page.locator("main .empty")).toContainText("没有下载完整");
    await expect(page.locator("main").getByRole("button")).toHaveCount(0);
    await page.context().setOffline(false);
    await expectPage(page, "zh-CN", "recorder");
  });
});
