// The navigation of each role: a tab bar on a phone, a rail on a desktop. The user's own page has what the tab bar lacks, and
// the preferences, which each user of a shared phone has for themselves.
import { complaints, contentReady, expect, expectReadable, goOffline, readyOffline, signIn, signOut, test } from "./jiedui.js";

const PHONE = { name: "by touch", viewport: { width: 360, height: 640 }, hasTouch: true };
const DESK = { name: "by mouse", viewport: { width: 1440, height: 900 }, hasTouch: false };

const LINKS = {
  我的工作: "/work", 我的填报: "/entries", 审核: "/review", 新填报: "/entries/new", 全部填报: "/list", 需求台账: "/needs", 协作总览: "/",
  报告: "/report", 大屏: "/?screen=wall", 单位: "/organisations", 导入表格: "/import", 活动与指标: "/catalogue", 人员: "/people", 操作日志: "/audit", 帮助: "/help", 我的: "/me",
};
const RESULTS = ["协作总览", "报告", "大屏"];
const RECORDING = ["我的工作", "我的填报", "新填报", "全部填报", "需求台账", ...RESULTS, "单位", "导入表格"];
const REVIEWING = RECORDING.toSpliced(2, 0, "审核");
// What a role has in the tab bar and in the rail, and the screen at which it starts.
const ROLES = {
  anonymous: { tabs: ["协作总览", "报告", "单位", "我的"], rail: [...RESULTS, "单位", "帮助", "我的"], home: "/" },
  viewer: { tabs: ["协作总览", "报告", "单位", "我的"], rail: ["我的工作", "全部填报", "需求台账", ...RESULTS, "单位", "帮助", "我的"], home: "/" },
  recorder: { tabs: ["我的工作", "我的填报", "新填报", "协作总览", "我的"], rail: [...RECORDING, "帮助", "我的"], home: "/entries" },
  reviewer: { tabs: ["我的工作", "审核", "新填报", "协作总览", "我的"], rail: [...REVIEWING, "帮助", "我的"], home: "/review" },
  coordinator: { tabs: ["我的工作", "审核", "协作总览", "单位", "我的"], rail: [...REVIEWING, "活动与指标", "人员", "帮助", "我的"], home: "/" },
  admin: { tabs: ["我的工作", "审核", "协作总览", "单位", "我的"], rail: [...REVIEWING, "活动与指标", "人员", "操作日志", "帮助", "我的"], home: "/catalogue" },
};

const links = (page) => page.locator("nav.rail a").filter({ visible: true });
const boxOf = (locator) => locator.evaluate((element) => element.getBoundingClientRect().toJSON());
const pathOf = (page) => new URL(page.url()).pathname;

for (const { name, viewport, hasTouch } of [PHONE, DESK]) {
  test.describe(`${name} at ${viewport.width} × ${viewport.height}`, () => {
    test.use({ viewport, hasTouch });
    const press = (locator) => (hasTouch ? locator.tap() : locator.click());

    for (const [role, { tabs, rail, home }] of Object.entries(ROLES)) {
      test(`navigation leads where it says: ${role}`, async ({ page, server }) => {
        const errors = complaints(page);
        if (role === "anonymous") await page.goto("/sign-in");
        else await signIn(page, server, role);
        if (role !== "anonymous") expect(pathOf(page)).toBe(home);
        await contentReady(page);
        await expect(page.getByRole("navigation")).toHaveCount(1);
        const names = hasTouch ? tabs : rail;
        await expect(links(page)).toHaveText(names.map((name) => new RegExp(`^${name}$`)));
        for (const name of names.filter((name) => name !== "大屏")) {
          const link = page.getByRole("navigation").getByRole("link", { name, exact: true });
          await press(link);
          await expect(page).toHaveURL((url) => url.pathname === LINKS[name]);
          await contentReady(page);
          await expect(page.locator("nav.rail [aria-current=page]")).toHaveText(name);
          // The bar is one row, and the navigation covers nothing above it.
          const [bar, nav] = [await boxOf(page.locator("header.bar")), await boxOf(page.locator("nav.rail"))];
          expect(bar.height, name).toBeLessThanOrEqual(56);
          expect(bar.top).toBe(0);
          if (hasTouch) expect([nav.left, nav.right, nav.bottom, nav.height]).toEqual([0, viewport.width, viewport.height, 56]);
          else expect([nav.left, nav.top, nav.bottom, nav.right]).toEqual([0, bar.bottom, viewport.height, 208]);
        }
        await expectReadable(page);
        if (hasTouch) {
          // The user's own page links to the rest.
          const others = rail.filter((name) => !tabs.includes(name));
          await expect(page.locator(".me-links a")).toHaveText(others);
          await press(page.locator(".me-links a").filter({ hasText: "帮助" }));
          await expect(page).toHaveURL(/\/help$/);
          await press(page.locator("header.bar").getByRole("link", { name: "我的", exact: true }).first());
          await expect(page).toHaveURL(/\/me$/);
        }
        await press(page.locator(".bar-brand"));
        await expect(page).toHaveURL((url) => url.pathname === home);
        expect(errors).toEqual([]);
      });
    }

    test("wall screen hides the navigation", async ({ page }) => {
      await page.goto("/?screen=wall");
      await contentReady(page);
      await expect(page.locator(".wall")).toBeVisible();
      await expect(page.locator("nav.rail")).toBeHidden();
      await expect(page.locator("header.bar")).toBeHidden();
    });

    test("keyboard reaches the navigation and keeps its place", async ({ page, server }) => {
      await signIn(page, server, "recorder");
      await contentReady(page);
      await page.evaluate(() => document.activeElement.blur());
      await page.keyboard.press("Tab");
      await expect(page.locator(".skip")).toBeFocused();
      const overview = page.getByRole("navigation").getByRole("link", { name: "协作总览" });
      for (let tabs = 0; tabs < 30 && !(await overview.evaluate((link) => link === document.activeElement)); tabs++) await page.keyboard.press("Tab");
      await expect(overview).toBeFocused();
      expect(await overview.evaluate((link) => getComputedStyle(link).outlineStyle)).toBe("solid");
      await page.keyboard.press("Enter");
      await expect(page).toHaveURL((url) => url.pathname === "/");
      await expect(overview).toBeFocused();
      await expect(overview).toHaveAttribute("aria-current", "page");
    });
  });
}

test.describe("on a phone", () => {
  test.use({ viewport: PHONE.viewport, hasTouch: true });

  test("link back from a record keeps the filter of its list", async ({ page, server }) => {
    await server.command("generate", "--entries", "30");
    await signIn(page, server, "recorder");
    await page.goto("/list?year=all&programme=labour");
    await contentReady(page);
    await page.locator(".list .latest").getByRole("link").first().tap();
    await expect(page).toHaveURL(/\/list\/[0-9a-f-]{36}$/);
    await page.locator(".bar-back").tap();
    await expect(page).toHaveURL(/\/list\?year=all&programme=labour$/);
    await expect(page.locator(".bar-back")).toHaveText("我的");
  });

  test("strip below the bar says what the sync lacks", async ({ page, server, line }) => {
    await signIn(page, server, "recorder");
    await readyOffline(page);
    await expect(page.locator(".bar-strip")).toBeHidden();
    await goOffline(page, line);
    await expect(page.locator(".bar-strip")).toHaveText("离线");
    await page.goto("/me");
    await contentReady(page);
    await expect(page.locator(".me-account")).toContainText("离线");
    await expect(page.locator(".me-account")).toContainText("可离线使用");
  });

  test("end of a page is above the tab bar", async ({ page }) => {
    await page.goto("/?year=2023");
    await contentReady(page);
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    const last = await boxOf(page.locator("main > *").last());
    // Scroll positions are whole pixels.
    expect(last.bottom).toBeLessThanOrEqual((await boxOf(page.locator("nav.rail"))).top + 1);
  });
});

test.describe("preferences", () => {
  test.use({ viewport: PHONE.viewport, colorScheme: "light" });

  const choose = (page, name) => page.getByRole("radio", { name, exact: true }).click();
  const fontSize = (page) => page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize));
  const ground = (page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const [LIGHT, DARK] = ["rgb(251, 250, 246)", "rgb(18, 22, 42)"];

  test("text size and colours take effect at once and stay", async ({ page, server, line }) => {
    await signIn(page, server, "recorder");
    await readyOffline(page);
    await page.goto("/me");
    await contentReady(page);
    expect([await fontSize(page), await ground(page)]).toEqual([16, LIGHT]);
    await choose(page, "特大");
    await choose(page, "深色");
    expect([await fontSize(page), await ground(page)]).toEqual([22.4, DARK]);
    await expectReadable(page);
    await page.reload();
    await contentReady(page);
    await expect(page.getByRole("radio", { name: "特大" })).toBeChecked();
    await expect(page.getByRole("radio", { name: "深色" })).toBeChecked();
    // The server paints with them.
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    expect(await (await page.request.get("/", { headers: { cookie } })).text()).toContain('data-look="dark largest"');
    await goOffline(page, line);
    await page.goto("/work");
    await contentReady(page);
    expect([await fontSize(page), await ground(page)]).toEqual([22.4, DARK]);
    await expect(page.locator("nav.rail a").filter({ visible: true })).toHaveCount(5);
    expect((await boxOf(page.locator("nav.rail"))).height).toBeCloseTo(24 + 2 * 22.4, 0);
  });

  test("light colours are shown on a dark system", async ({ page }) => {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto("/me");
    await contentReady(page);
    expect(await ground(page)).toBe(DARK);
    await choose(page, "浅色");
    expect(await ground(page)).toBe(LIGHT);
    await choose(page, "跟随系统");
    expect(await ground(page)).toBe(DARK);
  });

  test("each user of a shared phone has their own", async ({ page, server }) => {
    await signIn(page, server, "recorder");
    await page.goto("/me");
    await contentReady(page);
    await choose(page, "大");
    expect(await fontSize(page)).toBeCloseTo(19.2);
    await choose(page, "English");
    await expect(page.locator("html.scripted[lang=en]")).toBeAttached();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.locator("html.scripted[lang=zh-CN]")).toBeAttached();
    expect(await fontSize(page)).toBe(16);
    await signIn(page, server, "reviewer");
    expect(await fontSize(page)).toBe(16);
    await signOut(page);
    await expect(page.getByRole("link", { name: "登录" }).first()).toBeVisible();
    await page.goto("/sign-in");
    await contentReady(page);
    await page.getByLabel("用户名").fill("recorder");
    await page.getByLabel("密码").fill(server.passwords.recorder);
    await page.getByRole("button", { name: "登录" }).click();
    await expect(page.locator("html.scripted[lang=en]")).toBeAttached();
    expect(await fontSize(page)).toBeCloseTo(19.2);
  });
});

test.describe("on a desktop", () => {
  test.use({ viewport: DESK.viewport });

  test("search of the bar opens the matching entries", async ({ page, server }) => {
    await server.command("generate", "--entries", "60");
    await signIn(page, server, "coordinator");
    const search = page.getByRole("search").getByRole("searchbox", { name: "搜索填报" });
    await search.fill("沟通对接");
    await search.press("Enter");
    await expect(page).toHaveURL((url) => url.pathname === "/list" && url.searchParams.get("q") === "沟通对接");
    await contentReady(page);
    const rows = page.locator(".list .data-table tbody tr");
    await expect(rows.first()).toContainText("沟通对接");
    await expect(rows.filter({ hasNotText: "沟通对接" })).toHaveCount(0);
  });

  test("list uses the width", async ({ page }) => {
    await page.goto("/organisations");
    await contentReady(page);
    const list = await boxOf(page.locator(".list .latest"));
    expect(list.width).toBeGreaterThan(1100);
    const [name, place] = await Promise.all(["strong", "span"].map((part) => boxOf(page.locator(`.list .latest li ${part}`).first())));
    expect(place.left).toBeGreaterThan(name.right - 1);
  });
});
