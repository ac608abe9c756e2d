// Compares screenshots of the shared view in each of its states with the files in visual/. After an intended change:
// npx playwright test visual --update-snapshots, and review the images.
import { expect, goOffline, goOnline, readyOffline, signIn, test } from "./jiedui.js";

const SIZES = { phone: [360, 640], middle: [1280, 800], wide: [1920, 1080] };
const started = (page) => expect(page.locator("html.scripted")).toBeAttached();

async function compareScreenshot(page, name) {
  await page.evaluate(() => document.fonts.ready);
  // The age of the figures changes daily, so it is masked. The allowed share of pixels covers differences in font smoothing.
  await expect(page).toHaveScreenshot(`${name}.png`, { mask: [page.locator(".dashboard-freshness")], maxDiffPixelRatio: 0.02 });
}

for (const [size, [width, height]] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    test.describe(() => {
      test.use({ viewport: { width, height }, colorScheme });

      test(`${size}, ${colorScheme}`, async ({ page }) => {
        await page.goto("/?year=2023");
        await started(page);
        await compareScreenshot(page, `view-${size}-${colorScheme}`);
      });
    });
  }
}

test("in English", async ({ page, context, line }) => {
  await context.addCookies([{ name: "jiedui_language", value: "en", url: line.address }]);
  await page.goto("/?year=2023");
  await started(page);
  await compareScreenshot(page, "view-english");
});

test("shaded, and a county alone", async ({ page }) => {
  await page.goto("/?year=2023&shade=exchanges");
  await started(page);
  await page.locator(".map").scrollIntoViewIfNeeded();
  await compareScreenshot(page, "map-shaded");
  await page.goto("/?year=2023&place=520111");
  await started(page);
  await compareScreenshot(page, "view-county");
  await page.goto("/?year=2023&place=522728&shade=exchanges");
  await started(page);
  await page.locator(".map").scrollIntoViewIfNeeded();
  await compareScreenshot(page, "towns-shaded");
});

test("with nothing in it", async ({ page }) => {
  await page.goto("/?year=2020");
  await started(page);
  await expect(page.locator(".dashboard-headline.empty")).toBeInViewport();
  await compareScreenshot(page, "view-empty");
});

test("a sheet, and no network", async ({ page, server, line }) => {
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  await page.goto("/?year=2023");
  await started(page);
  await goOffline(page, line);
  await expect(page.locator(".dashboard-freshness.old")).toBeVisible();
  await page.evaluate(() => scrollTo(0, 0));
  await compareScreenshot(page, "view-offline");
  // The phone has no entries of that year.
  await page.locator(".pair button").first().click();
  await expect(page.locator(".sheet")).toContainText("更早的内容联网后可以加载");
  await expect(page.locator(".sheet")).toContainText("这台手机上没有找到符合条件的填报");
  await goOnline(page, line);
  await expect(page.locator(".sheet .latest li").first()).toBeVisible();
  await expect(page.locator(".sheet")).toContainText("已全部加载");
  await compareScreenshot(page, "sheet");
});

test("an indicator's page and the report", async ({ page }) => {
  await page.goto("/indicators/exchanges?year=2023");
  await started(page);
  await compareScreenshot(page, "indicator");
  await page.goto("/report?year=2023");
  await started(page);
  await compareScreenshot(page, "report");
});

test.describe(() => {
  test.use({ viewport: { width: 1920, height: 1080 } });

  test("the wall screen", async ({ page }) => {
    await page.goto("/?screen=wall&year=2023&programme=marketing");
    await started(page);
    await compareScreenshot(page, "wall");
  });
});
