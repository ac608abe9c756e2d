// The toolbar: export, report, share links and the wall screen, with a mouse on desktops, a finger on a
// phone, and the keyboard.
import { expect, expectReadable, signIn, test } from "./jiedui.js";

const started = (page) => expect(page.locator("html.scripted")).toBeAttached();

// Presses the centre of an element, as a hand does: the topmost element there is pressed.
async function press(page, locator, touch) {
  await locator.scrollIntoViewIfNeeded();
  const box = await locator.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await (touch ? page.touchscreen.tap(x, y) : page.mouse.click(x, y));
}

// Returns whether the centre of each element is not covered by another.
const covered = (page, selector) =>
  page.evaluate((selector) => [...document.querySelectorAll(selector)].filter((element) => element.offsetParent).filter((element) => {
    const box = element.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return !element.contains(top);
  }).map((element) => element.textContent), selector);

for (const [width, height] of [[1366, 768], [1440, 900], [1920, 1080]]) {
  for (const query of ["?year=2023", "?year=2023&programme=labour"]) {
    test(`toolbar at ${width} × ${height} with ${query} opens each of its four`, async ({ page, server }) => {
      await page.setViewportSize({ width, height });
      await signIn(page, server, "coordinator");
      const home = async () => {
        await page.goto(`/${query}`);
        await started(page);
      };
      await home();
      const toolbar = page.locator(".toolbar");
      expect(await covered(page, ".toolbar a, .toolbar button")).toEqual([]);
      await press(page, toolbar.getByRole("button", { name: "导出" }));
      const menu = page.getByRole("menu", { name: "导出" });
      await expect(menu.getByRole("menuitem")).toHaveCount(5);
      expect(await covered(page, ".menu.open [role=menuitem]")).toEqual([]);
      await expectReadable(page);
      const [download] = await Promise.all([page.waitForEvent("download"), press(page, menu.getByRole("menuitem", { name: "指标表格（XLSX）" }))]);
      expect(download.suggestedFilename()).toBe("indicators.xlsx");
      await press(page, toolbar.getByRole("button", { name: "分享" }));
      const share = page.getByRole("dialog", { name: "分享" });
      await press(page, share.getByRole("button", { name: "生成链接" }));
      await expect(share.locator("[name=made-link]")).toHaveValue(/\/s\//);
      await press(page, share.getByRole("button", { name: "关闭" }));
      await expect(share).toHaveCount(0);
      await press(page, toolbar.getByRole("link", { name: "报告" }));
      await expect(page).toHaveURL(/\/report\?year=2023/);
      await home();
      await press(page, toolbar.getByRole("link", { name: "大屏" }));
      await expect(page.locator(".wall")).toBeVisible();
      // At any scroll position, the sticky map covers no content of the page.
      await home();
      for (const share of [0.2, 0.5, 0.8, 1]) {
        await page.evaluate((share) => scrollTo(0, document.documentElement.scrollHeight * share), share);
        const inView = await page.evaluate(() => [...document.querySelectorAll("main a, main button, main select, main summary")].filter((element) => {
          const box = element.getBoundingClientRect();
          const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
          // Content behind the bar at the top has been scrolled away.
          const top = document.querySelector("header.bar").getBoundingClientRect().bottom;
          if (!element.offsetParent || y < top || y > innerHeight || element.closest(".menu > ul, .map")) return false;
          return !element.contains(document.elementFromPoint(x, y));
        }).map((element) => element.outerHTML));
        expect(inView).toEqual([]);
      }
    });
  }
}

test.describe("on a phone", () => {
  test.use({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });

  test("toolbar is one menu that a finger opens", async ({ page, server }) => {
    await signIn(page, server, "coordinator");
    const more = page.getByRole("button", { name: "更多操作" });
    const open = async () => {
      await page.goto("/?year=2023");
      await started(page);
      await press(page, more, true);
      await expect(more).toHaveAttribute("aria-expanded", "true");
    };
    await open();
    const item = (name) => page.getByRole("menu", { name: "更多操作" }).getByRole("menuitem", { name });
    expect(await covered(page, ".menu.open [role=menuitem]")).toEqual([]);
    await expectReadable(page);
    await press(page, item("报告"), true);
    await expect(page).toHaveURL(/\/report/);
    await open();
    const [download] = await Promise.all([page.waitForEvent("download"), press(page, item("指标表格（CSV）"), true)]);
    expect(download.suggestedFilename()).toBe("indicators.csv");
    await open();
    await press(page, item("分享"), true);
    await press(page, page.getByRole("dialog", { name: "分享" }).getByRole("button", { name: "生成链接" }), true);
    await expect(page.locator("[name=made-link]")).toHaveValue(/\/s\//);
    await expectReadable(page);
    await open();
    await press(page, item("大屏"), true);
    await expect(page.locator(".wall")).toBeVisible();
  });
});

test("menus support keys and return the focus", async ({ page, server }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await signIn(page, server, "coordinator");
  await page.goto("/?year=2023");
  await started(page);
  const button = page.getByRole("button", { name: "导出" });
  const menu = page.getByRole("menu", { name: "导出" });
  const item = (name) => menu.getByRole("menuitem", { name });
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(item("指标表格（XLSX）")).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(item("指标表格（CSV）")).toBeFocused();
  await page.keyboard.press("End");
  await expect(item("保存为 SVG 图片")).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(item("指标表格（XLSX）")).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(item("保存为 SVG 图片")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(menu).toBeHidden();
  await expect(button).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(item("保存为 SVG 图片")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(menu).toBeHidden();
  await button.click();
  await expect(menu).toBeVisible();
  await page.locator(".dashboard-figures").click({ position: { x: 5, y: 5 } });
  await expect(menu).toBeHidden();
  const share = page.getByRole("button", { name: "分享" });
  await share.focus();
  await page.keyboard.press("Enter");
  const panel = page.getByRole("dialog", { name: "分享" });
  await expect(panel).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(panel).toHaveCount(0);
  await expect(share).toBeFocused();
});

test("only users who may share see the button", async ({ page }) => {
  await page.goto("/?year=2023");
  await started(page);
  await page.getByRole("button", { name: "更多操作" }).click();
  await expect(page.getByRole("menuitem", { name: "报告" })).toBeVisible();
  await expect(page.getByRole("menuitem", { name: "分享" })).toHaveCount(0);
});
