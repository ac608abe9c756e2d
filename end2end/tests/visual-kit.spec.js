// Compares screenshots of the kit page, which shows each component in every state, with the files in visual/. After an intended
// change: npx playwright test visual --update-snapshots, and review the images.
import { complaints, expect, expectReadable, signIn, test } from "./jiedui.js";

const SIZES = { phone: [360, 640], desktop: [1440, 900] };

for (const [size, [width, height]] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    test.describe(() => {
      test.use({ viewport: { width, height }, colorScheme });

      test(`kit, ${size}, ${colorScheme}`, async ({ page, server }) => {
        const errors = complaints(page);
        await signIn(page, server, "recorder");
        await page.goto("/kit");
        await expect(page.getByRole("heading", { name: "EmptyState" })).toBeVisible();
        await expectReadable(page);
        await page.evaluate(() => document.fonts.ready);
        await expect(page.locator(".kit")).toHaveScreenshot(`kit-${size}-${colorScheme}.png`, { maxDiffPixelRatio: 0.02 });
        await page.locator("#field-none").click();
        await expect(page.getByRole("dialog")).toBeVisible();
        await expect(page).toHaveScreenshot(`kit-sheet-${size}-${colorScheme}.png`, { maxDiffPixelRatio: 0.02 });
        expect(errors).toEqual([]);
      });
    });
  }
}

test("kit is a page of the demonstration only", async ({ page, server }) => {
  await server.restart({});
  await page.goto("/kit");
  await expect(page.getByText("没有这个页面")).toBeVisible();
});
