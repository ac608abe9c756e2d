// A browser's translation replaces texts by other elements. The page asks not to be translated. If it is, no state
// on the screen becomes wrong.
import { expect, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

// Translates each text of the page as a browser does, and returns whether the badge was among them. It returns
// immediately, because the next change of the badge restores the app's text.
const translate = (page) => page.evaluate(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (walker.currentNode.textContent.trim()) texts.push(walker.currentNode);
  for (const text of texts) {
    const [outer, inner] = [document.createElement("font"), document.createElement("font")];
    inner.textContent = text.textContent;
    outer.append(inner);
    text.replaceWith(outer);
  }
  return document.querySelector("#sync font") !== null;
});

test("page asks browsers not to translate it", async ({ page }) => {
  for (const address of ["/", "/shell"]) {
    await page.goto(address);
    await expect(page.locator("html")).toHaveAttribute("translate", "no");
    await expect(page.locator('meta[name="google"][content="notranslate"]')).toHaveCount(1);
  }
});

test("translated page keeps badge, state and offline use correct", async ({ page, server, line }) => {
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "3" } });
  expect(await translate(page)).toBe(true);
  await goOffline(page, line);
  await expect(page.locator("#sync")).toHaveText("离线");
  await translate(page);
  await save(page);
  await expect(page.locator("#sync")).toHaveText("离线 · 待上传 1");
  await translate(page);
  await expect(page.locator(".entry .state").first()).toHaveText("仅在本机，待上传");
  await goOnline(page, line);
  await expect(page.locator("#sync")).toHaveText("已同步");
  await expect(page.locator(".entry .state").first()).toHaveText("已接收，待审核");
  await page.goto("/?year=2026");
  await expect(page.locator(".dashboard-freshness")).toBeVisible();
  await translate(page);
  await goOffline(page, line);
  await expect(page.locator(".dashboard-freshness")).toContainText("离线");
  await goOnline(page, line);
  await expect(page.locator(".dashboard-freshness")).not.toContainText("离线");
  expect(errors).toEqual([]);
});
