// Prints: black on white in any colour scheme, without controls, with page numbers.
import { getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";
import { expect, signIn, test } from "./jiedui.js";

const started = (page) => expect(page.locator("html.scripted")).toBeAttached();
const SCREENS = ["/?year=2023", "/?year=2026&place=522728109", "/report?year=2023", "/report?year=2023&until=2023-11&programme=labour",
  "/indicators/exchanges?year=2023", "/needs", "/needs?ledger=plan", "/list?year=2023", "/organisations", "/entries", "/work", "/review?year=all", "/catalogue"];

// Returns the text of each page of a PDF. Fonts map some Chinese characters to radicals, which are converted back.
async function textOf(pdf) {
  const file = await getDocument({ data: new Uint8Array(pdf), verbosity: 0 }).promise;
  const pages = [];
  for (let number = 1; number <= file.numPages; number++) {
    const { items } = await (await file.getPage(number)).getTextContent();
    pages.push(items.map((item) => item.str).join("").normalize("NFKC"));
  }
  return pages;
}

// Lists visible text that is not black on white, and visible controls.
const notPaper = () => {
  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const isClear = (colour) => channels(colour)[3] === 0;
  const faults = [];
  for (const element of document.querySelectorAll("body, body *")) {
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [red, green, blue] = channels(style.color);
    const name = `${element.tagName}.${element.className?.baseVal ?? element.className}`;
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (hasText && !(element instanceof SVGElement) && red + green + blue > 0) faults.push(`${name}: ${style.color}`);
    if (hasText && !isClear(style.backgroundColor) && Math.min(...channels(style.backgroundColor).slice(0, 3)) < 200) faults.push(`${name} on ${style.backgroundColor}`);
    if (element.matches("button, select, summary:empty, input, nav, .button, [role=menu]")) faults.push(`${name} is printed`);
  }
  const ground = getComputedStyle(document.documentElement).backgroundColor;
  if (ground !== "rgb(255, 255, 255)") faults.push(`the ground is ${ground}`);
  return faults;
};

for (const colorScheme of ["dark", "light"]) {
  test(`${colorScheme} device prints every screen black on white without controls`, async ({ page, server }) => {
    await server.command("generate", "--entries", "300", "--seed", "3");
    await page.setViewportSize({ width: 1440, height: 900 });
    await signIn(page, server, "admin");
    for (const screen of SCREENS) {
      await page.emulateMedia({ media: "screen", colorScheme });
      await page.goto(screen);
      await started(page);
      await expect(page.getByRole("main")).not.toContainText("正在读取");
      await page.emulateMedia({ media: "print", colorScheme });
      expect(await page.evaluate(notPaper), screen).toEqual([]);
    }
  });
}

test("printed report has page numbers and no control labels", async ({ page }) => {
  await page.goto("/report?year=2023");
  await started(page);
  const pages = await textOf(await page.pdf({ preferCSSPageSize: true, printBackground: true }));
  expect(pages).toHaveLength(6);
  pages.forEach((text, number) => {
    expect(text).toContain(`${number + 1} / 6`);
    for (const label of ["回到协作总览", "报告期", "打印", "全年", "含待审核", "协作总览"]) expect(text).not.toContain(label);
  });
  for (const screen of ["/?year=2023", "/needs", "/organisations", "/indicators/exchanges?year=2023"]) {
    await page.goto(screen);
    await started(page);
    const text = (await textOf(await page.pdf({ preferCSSPageSize: true, printBackground: true }))).join("\n");
    for (const label of ["导出", "大屏", "保存为", "看数据表", "适合筛选", "全图", "播放", "English"]) expect(text, screen).not.toContain(label);
  }
});

test("printed overview leaves no heading at the foot of a page", async ({ page }) => {
  await page.goto("/?year=2023");
  await started(page);
  await page.emulateMedia({ media: "print" });
  const breaks = await page.evaluate(() => [...document.querySelectorAll(".dashboard h2")].filter((element) => element.checkVisibility()).map((heading) => getComputedStyle(heading).breakAfter));
  expect(breaks.length).toBeGreaterThan(2);
  expect(breaks.every((value) => value === "avoid")).toBe(true);
});

test("report's choices are made on the page and stored in the address", async ({ page }) => {
  await page.goto("/report");
  await started(page);
  await page.getByLabel("年度").selectOption("2023");
  await expect(page).toHaveURL(/year=2023/);
  await page.getByLabel("协作工程").selectOption("labour");
  await expect(page).toHaveURL(/programme=labour/);
  await expect(page.locator(".report .page")).toHaveCount(1);
  await page.getByLabel("报告期").selectOption("2023-11");
  await expect(page).toHaveURL(/until=2023-11/);
  await page.getByLabel("地点").selectOption("522728");
  await expect(page).toHaveURL(/place=522728/);
  await expect(page.locator(".report h1")).toContainText("2023-11");
  await page.reload();
  await expect(page.getByLabel("报告期")).toHaveValue("2023-11");
  await expect(page.getByLabel("地点")).toHaveValue("522728");
});

test("report of a year without targets says so and omits their columns", async ({ page }) => {
  await page.goto("/report?year=2026");
  await started(page);
  await expect(page.locator(".report .page").first()).toContainText("本年度未设目标");
  await expect(page.locator(".report")).not.toContainText("没有未达到的目标");
  await expect(page.getByRole("columnheader", { name: "目标", exact: true })).toHaveCount(0);
  await expect(page.getByRole("columnheader", { name: "完成率" })).toHaveCount(0);
  await page.goto("/report?year=2023");
  await started(page);
  await expect(page.getByRole("columnheader", { name: "上年同期" })).toHaveCount(0);
  const done = await page.locator(".report td").allTextContents();
  expect(done.filter((text) => /^[\d,]{4,}%$/.test(text))).toEqual([]);
});

test("target without a figure is listed as not reached", async ({ page }) => {
  await page.goto("/report?year=2023");
  const pages = page.locator(".report .page");
  await expect(pages.first()).toBeVisible();
  await expect(pages.filter({ hasText: "结对村集体经济增收" }).locator("h2 + ul")).toContainText("暂无填报");
});
