// The first pull, which may take minutes on a weak line: before its end no screen shows a count or claims to be empty.
import { contentReady, expect, expectReadable, goOffline, goOnline, test } from "./jiedui.js";

const NOWHERE = "019abcde-0000-7000-8000-00000000dead";
const OFFERED = ["/work", "/review", "/list", "/needs", "/entries", `/list/${NOWHERE}`, `/entries/${NOWHERE}`, `/entries/${NOWHERE}/conflict`, `/needs/${NOWHERE}`];
// Claims that are wrong while entries are missing: counts, and empty lists.
const CLAIMS = /待我审核（|到期（|填报的地方（|共 ?\d+ ?[条项]|待审核 \d+ 条|没有待审核|没有找到|没有符合条件|还没有填报|不在这台手机上|没有要选择|可离线使用|待处理|\d+ 本月/;

const percent = async (page) => Number((await page.locator("#sync").textContent()).match(/(\d+)%/)?.[1]);

// Signs in on a line that stalls the first pull after a part of its response.
async function signInToPartOfIt(page, server, line, username) {
  await server.command("generate", "--entries", "4000");
  await page.goto("/sign-in");
  await expect(page.locator("html.scripted")).toBeAttached();
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
    }
  });
  line.hold("/sync/snapshot");
  await page.getByLabel("用户名").fill(username);
  await page.getByLabel("密码").fill(server.passwords[username]);
  await page.getByRole("button", { name: "登录" }).click();
  await expect.poll(() => Boolean(line.held.far)).toBe(true);
  await expect(async () => {
    line.grant(16_000);
    await expect(page.locator("#sync")).toContainText(/正在接收 \d+%/, { timeout: 1_000 });
    expect(await percent(page)).toBeGreaterThan(0);
  }).toPass({ timeout: 60_000 });
}

for (const [width, height] of [[360, 640], [1440, 900]]) {
  test(`screens make no claims while the first pull runs (${width} px wide)`, async ({ page, server, line }) => {
    await page.setViewportSize({ width, height });
    await signInToPartOfIt(page, server, line, "admin");
    for (const path of OFFERED) {
      // Each start of the app resumes the pull, and stalls again.
      line.hold("/sync/snapshot");
      await page.goto(path);
      await expect(page.locator("html.scripted")).toBeAttached();
      await expect(page.locator("main"), path).toContainText(/正在接收 \d+%/);
      await expect(page.locator("main"), "it is still busy").toHaveAttribute("aria-busy", "true");
      expect(await page.locator("main").innerText(), path).not.toMatch(CLAIMS);
    }
    line.hold("/sync/snapshot");
    await page.goto("/list");
    await expect.poll(() => Boolean(line.held.far)).toBe(true);
    await expectReadable(page);
    line.grant(Infinity);
    await expect(page.locator("#sync")).toContainText("已同步");
    await expect(page.locator("main")).toContainText(/共 \d+ 条/);
    await expect(page.locator("main")).not.toContainText("正在接收");
    for (const path of [`/list/${NOWHERE}`, `/entries/${NOWHERE}`]) {
      await page.goto(path);
      await expect(page.getByText("这条填报不在这台手机上"), path).toBeVisible();
    }
    await page.goto("/entries");
    await expect(page.getByText("可离线使用")).toBeVisible();
    await expect(page.getByText("还没有填报")).toBeVisible();
  });
}

test("interrupted first pull is shown as partial, offline and after a reload", async ({ page, server, line }) => {
  await signInToPartOfIt(page, server, line, "admin");
  await goOffline(page, line);
  const part = /只收到一部分（\d+%）/;
  await expect(page.locator("#sync")).toContainText(/离线 · 只收到 \d+%/);
  for (const path of ["/list", "/review", "/work", "/needs", "/entries"]) {
    await page.goto(path);
    await contentReady(page);
    await expect(page.locator("main").getByText(part).first(), path).toBeVisible();
    await expect(page.locator("#sync"), path).toContainText(/离线 · 只收到 \d+%/);
    const words = await page.locator("main").innerText();
    expect(words, path).not.toMatch(/没有待审核|没有找到|没有符合条件|还没有填报|可离线使用|本月还没有填报/);
    await expectReadable(page);
  }
  for (const path of [`/list/${NOWHERE}`, `/entries/${NOWHERE}`, `/entries/${NOWHERE}/conflict`, `/needs/${NOWHERE}`]) {
    await page.goto(path);
    await contentReady(page);
    await expect(page.locator("main").getByText(part), path).toBeVisible();
    await expect(page.locator("main"), path).not.toContainText(/不在这台手机上|没有要选择|没有这一项/);
  }
  await page.goto("/list");
  await expect(page.locator(".list .latest li").first(), "what has arrived is listed").toBeVisible();
  await expect(page.locator("main")).toContainText(/共 \d+ 条/);
  const counted = async () => Number((await page.locator("main").innerText()).match(/共 (\d+) 条/)[1]);
  const before = await counted();
  await goOnline(page, line);
  await expect(page.locator("#sync")).toContainText("已同步");
  await expect(page.locator("main")).not.toContainText("只收到");
  expect(await counted()).toBeGreaterThan(before);
  await page.goto("/entries");
  await expect(page.getByText("可离线使用")).toBeVisible();
});
