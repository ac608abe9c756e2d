// Every screen: no logged errors online and offline, accessible, and readable without JavaScript.
import { complaints, expect, expectReadable, fillIn, goOffline, readyOffline, save, signIn, test } from "./jiedui.js";

const SCREENS = ["/", "/?year=2023&programme=labour", "/indicators/exchanges?year=2023", "/report?year=2023", "/sign-in", "/sign-in/code", "/entries", "/entries/new", "/entries/new/field_survey", "/work", "/needs", "/needs/new", "/import", "/organisations", "/list", "/help", "/me", "/nothing-here"];
const OF_ADMINISTRATORS = ["/work", "/review", "/catalogue", "/catalogue/activities/new-item", "/catalogue/activities/pairing_project", "/catalogue/indicators/field_surveys", "/catalogue/indicators/new-item", "/catalogue/programmes/labour", "/catalogue/programmes/new-item", "/organisations/new", "/pairings/new", "/people", "/people/new", "/audit", "/me/account"];

test("no screen logs errors, and every first paint is taken over", async ({ page, server, line }) => {
  const errors = complaints(page);
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "3" } });
  await save(page);
  for (const screen of SCREENS) {
    await page.goto(screen);
    await expect(page.locator("html.scripted")).toBeAttached();
    await expect(page.locator("main")).not.toBeEmpty();
  }
  // A missing page is answered 404, which the browser logs for the page itself.
  expect(errors.filter((text) => !text.includes("404"))).toEqual([]);
  await expect(page.locator("#sync")).toContainText("已同步");
  await goOffline(page, line);
  await expect(page.locator("#sync")).toContainText("离线");
  errors.length = 0;
  for (const screen of SCREENS) {
    await page.goto(screen);
    await expect(page.locator("header.bar")).toBeVisible();
    await expect(page.locator("main")).not.toBeEmpty();
  }
  expect(errors).toEqual([]);
});

test("main part of every screen is busy until its content has loaded", async ({ page, server, line }) => {
  await page.addInitScript(() => {
    window.notSaid = [];
    const look = () => {
      const main = document.querySelector("main");
      const waits = main && [...main.querySelectorAll("p.empty")].some((element) => element.textContent.startsWith("正在读取"));
      if (waits && main.getAttribute("aria-busy") !== "true") window.notSaid.push(location.pathname);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await signIn(page, server, "recorder");
  await readyOffline(page);
  const main = page.locator("main");
  for (const screen of [...SCREENS, "/entries/new/nothing", "/needs?ledger=plan"]) {
    await page.goto(screen);
    await expect(page.locator("html.scripted")).toBeAttached();
    await expect(main).not.toHaveAttribute("aria-busy");
    await expect(main).not.toContainText("正在读取");
    await expect(main).not.toBeEmpty();
    expect(await page.evaluate(() => window.notSaid), screen).toEqual([]);
  }
  // The server's painting of a screen is not its content.
  for (const screen of ["/entries", "/entries/new/field_survey", "/work", "/needs"]) {
    expect(await (await page.request.get(screen)).text(), screen).toContain('aria-busy="true"');
  }
  expect(await (await page.request.get("/?year=2023")).text()).not.toContain('aria-busy="true"');
  await goOffline(page, line);
  for (const screen of SCREENS) {
    await page.goto(screen);
    await expect(page.locator("header.bar")).toBeVisible();
    await expect(main).not.toHaveAttribute("aria-busy");
    await expect(main).not.toContainText("正在读取");
    expect(await page.evaluate(() => window.notSaid), screen).toEqual([]);
  }
});

for (const [width, height] of [[360, 640], [1920, 1080]]) {
  test(`every screen meets WCAG 2.2 AA with large targets at ${width} × ${height}`, async ({ page, server }) => {
    await page.setViewportSize({ width, height });
    await signIn(page, server, "recorder");
    await readyOffline(page);
    for (const screen of SCREENS) {
      await page.goto(screen);
      await expect(page.locator("html.scripted")).toBeAttached();
      await expectReadable(page);
    }
  });
}

test("every administrator's screen meets WCAG 2.2 AA and logs no error", async ({ page, server }) => {
  test.setTimeout(300_000);
  const errors = complaints(page);
  await signIn(page, server, "admin");
  for (const [width, height] of [[360, 640], [1920, 1080]]) {
    await page.setViewportSize({ width, height });
    for (const screen of OF_ADMINISTRATORS) {
      await page.goto(screen);
      await expect(page.locator("html.scripted")).toBeAttached();
      await expect(page.getByRole("main")).not.toContainText("正在读取");
      await page.evaluate(() => document.querySelectorAll("main details").forEach((element) => element.setAttribute("open", "")));
      await expectReadable(page);
    }
  }
  expect(errors).toEqual([]);
});

test.describe("with JavaScript off", () => {
  test.use({ javaScriptEnabled: false });

  test("page contains outlines and figures, and filters work", async ({ page }) => {
    await page.goto("/?year=2023");
    await expect(page.locator("svg path.map-county")).toHaveCount(16);
    await expect(page.locator("svg .map-pairing")).toHaveCount(2);
    const single = await page.locator("svg .map-organisation").count();
    const gathered = (await page.locator("svg .map-cluster text").allTextContents()).map(Number);
    expect(gathered.reduce((all, one) => all + one, single)).toBe(10);
    await expect(page.locator("[data-indicator]")).toHaveCount(40);
    await expect(page.locator('[data-indicator="mushrooms_produced"] strong')).toHaveText("44.17");
    await expect(page.locator('[data-indicator="liaison_contacts"] strong')).toHaveText("超过 100");
    await expect(page.locator('[data-indicator="job_posts_pushed"]')).toContainText("目标 至少 30,000");
    await page.getByLabel("协作工程").selectOption("health");
    await page.getByRole("button", { name: "查看" }).click();
    await expect(page).toHaveURL(/programme=health/);
    await expect(page.locator("[data-indicator]")).toHaveCount(4);
  });
});

test("filters are stored in the address and restored from it", async ({ page }) => {
  await page.goto("/");
  await expect(page.locator("html.scripted")).toBeAttached();
  await page.getByLabel("协作工程").selectOption("labour");
  await expect(page).toHaveURL(/programme=labour/);
  await expect(page.locator("[data-indicator]")).toHaveCount(5);
  await page.getByLabel("年度").selectOption("2023");
  await expect(page).toHaveURL(/year=2023/);
  await page.reload();
  await expect(page.getByLabel("协作工程")).toHaveValue("labour");
  await expect(page.locator("[data-indicator]")).toHaveCount(5);
  await page.goBack();
  await expect(page.getByLabel("协作工程")).toHaveValue("labour");
});

test("chosen English stays after a reload", async ({ page }) => {
  await page.goto("/");
  await expect(page.locator("html.scripted")).toBeAttached();
  await page.getByRole("button", { name: "English" }).click();
  await expect(page.getByRole("link", { name: "Shared view" })).toBeVisible();
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(page.locator('[data-indicator="pigs_marketed"] a').first()).toHaveText("Pigs marketed");
});

// Delays the wasm program until the returned function is called.
async function held(page) {
  let arrive;
  const arrived = new Promise((resolve) => (arrive = resolve));
  await page.route("**/pkg/*/jiedui.wasm", async (route) => {
    await arrived;
    await route.continue();
  });
  return arrive;
}

test("text typed before the app has started is kept", async ({ page }) => {
  const arrive = await held(page);
  await page.goto("/sign-in", { waitUntil: "commit" });
  await page.getByLabel("用户名").fill("recorder");
  await page.getByLabel("密码").fill("geheim");
  arrive();
  await expect(page.locator("html.scripted")).toBeAttached();
  await expect(page.getByLabel("用户名")).toHaveValue("recorder");
  await expect(page.getByLabel("密码")).toHaveValue("geheim");
  await expect(page.getByLabel("密码")).toBeFocused();
  await page.getByRole("button", { name: "登录" }).click();
  await expect(page.getByRole("alert").first()).toContainText("用户名或密码不对");
});

test("search and choice before the app has started take effect", async ({ page }) => {
  const arrive = await held(page);
  await page.goto("/organisations", { waitUntil: "commit" });
  await page.getByRole("searchbox").fill("zzzz");
  await page.getByRole("main").getByRole("combobox").first().selectOption({ index: 1 });
  arrive();
  await expect(page.locator("html.scripted")).toBeAttached();
  await expect(page).toHaveURL(/q=zzzz/);
  await expect(page).toHaveURL(/side=/);
  await expect(page.getByRole("searchbox")).toHaveValue("zzzz");
});

test.describe("with a page that comes from the server", () => {
  test.use({ serviceWorkers: "block" });

  test("form appears only when its input is handled", async ({ page, server }) => {
    await signIn(page, server, "admin");
    const arrive = await held(page);
    await page.goto("/catalogue/activities/field_survey", { waitUntil: "commit" });
    await expect(page.getByRole("main")).toContainText("正在读取");
    await expect(page.getByRole("main").locator("input, select, button")).toHaveCount(0);
    arrive();
    await expect(page.locator("#activity-name")).toHaveValue("实地调研");
  });

  test("untouched screen keeps its address and figures", async ({ page, server }) => {
    await signIn(page, server, "coordinator");
    const filtered = ["/?year=2023", "/?year=2023&programme=party_building&place=522728&include=verified&shade=exchanges", "/?year=all&until=2023-12", "/organisations?side=b&q=lj", "/list?year=2023&q=调研", "/needs?year=2026"];
    for (const screen of [...SCREENS.filter((screen) => screen !== "/sign-in"), ...filtered]) {
      await page.goto(screen);
      await expect(page.locator("html.scripted")).toBeAttached();
      // The app handles restored input within a frame, and its consequences within the next.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));
      expect(page.url().endsWith(encodeURI(screen)), `${screen} became ${page.url()}`).toBe(true);
    }
    await page.goto("/?year=2023");
    await expect(page.locator('[data-indicator="exchanges"] strong')).toHaveText("272");
  });
});

test("app takes over the page without a blank frame and keeps the scroll", async ({ page }) => {
  const arrive = await held(page);
  await page.addInitScript(() => {
    window.emptyFrames = 0;
    let seen = false;
    const look = () => {
      const hasCard = document.querySelector("[data-indicator]") !== null;
      seen ||= hasCard;
      if (seen && !hasCard) window.emptyFrames += 1;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto("/?year=2023", { waitUntil: "commit" });
  await expect(page.locator("[data-indicator]")).toHaveCount(40);
  await page.evaluate(() => window.scrollTo(0, 1500));
  arrive();
  await expect(page.locator("html.scripted")).toBeAttached();
  await expect(page.locator("[data-indicator]")).toHaveCount(40);
  const framesLater = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  await page.evaluate(framesLater);
  expect(await page.evaluate(() => [window.emptyFrames, window.scrollY])).toEqual([0, 1500]);
});
