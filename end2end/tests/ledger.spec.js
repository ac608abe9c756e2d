// Ledgers: needs recorded offline, matched and met, and concurrent changes of an item.
import { another, choosePlace, complaints, expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const today = () => new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10);

async function addNeed(page, { title, due, amount }) {
  await page.goto("/needs/new");
  await page.getByLabel("需要什么").fill(title);
  await choosePlace(page, "沫阳");
  await page.locator("#field-programme").selectOption("industry");
  if (amount) await page.locator("#field-amount").fill(amount);
  if (due) await page.locator("#field-due").fill(due);
  await page.locator("#save").click();
  await expect(page.getByRole("heading", { name: "需求台账" })).toBeVisible();
}

test("need is recorded offline, matched, met and seen by both sides", async ({ page, server, line }) => {
  const errors = complaints(page);
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await page.goto("/needs");
  await expect(page.getByText("没有符合条件的项目")).toBeVisible();
  await page.getByRole("link", { name: "新增一项" }).click();
  await page.locator("#save").click();
  await expect(page.getByRole("alert").filter({ hasText: "请检查" })).toContainText("需要什么");
  await page.getByLabel("需要什么").fill("彩超设备");
  await page.locator("#field-amount").fill("两栋");
  await page.reload();
  await expect(page.getByLabel("需要什么"), "what is typed survives the tab").toHaveValue("彩超设备");
  await page.locator("#field-programme").selectOption("health");
  await page.locator("#save").click();
  await expect(page.locator("#error-amount")).not.toBeEmpty();
  await page.locator("#field-amount").fill("2");
  await page.locator("#field-due").fill("2026-03-31");
  await choosePlace(page, "沫阳");
  await expectReadable(page);
  await page.locator("#save").click();
  const item = page.locator("[data-need]").filter({ hasText: "彩超设备" });
  await expect(item).toContainText("逾期");
  await expect(item).toContainText("仅在本机");
  await addNeed(page, { title: "冷库", due: "2099-01-01", amount: "1" });
  await expect(page.locator(".needs [role=status]")).toContainText("共 2 项");
  await expectReadable(page);
  await goOnline(page, line);
  await expect(page.locator("#sync")).toContainText("已同步");
  await expect(item).not.toContainText("仅在本机");

  // Matching requires a pairing; a met need names the entry that met it.
  await fillIn(page, { activity: "department_guidance", place: "沫阳", values: { visits: "2" } });
  await save(page);
  await page.goto("/needs");
  await item.getByRole("link").click();
  await page.locator("#field-status").selectOption("matched");
  await page.locator("#save").click();
  await expect(page.locator("#error-pairing")).not.toBeEmpty();
  await page.locator("#field-pairing").selectOption({ index: 1 });
  await page.getByLabel(/科室建设指导/).check();
  await page.locator("#field-status").selectOption("met");
  await page.locator("#save").click();
  await expect(item).toContainText("已完成");
  await expect(item).not.toContainText("逾期");
  await expect(page.locator("#sync")).toContainText("已同步");

  const city = await another(page, server, "coordinator");
  await city.goto(`http://127.0.0.1:${server.port}/needs`);
  await expect(city.locator("[data-need]").filter({ hasText: "彩超设备" })).toContainText("已完成");
  await city.locator("[data-need]").filter({ hasText: "彩超设备" }).getByRole("link").click();
  await expect(city.locator(".ledger-steps")).toContainText(`${today()} 已完成`);
  await expect(city.getByLabel(/科室建设指导/)).toBeChecked();
  await city.goto(`http://127.0.0.1:${server.port}/organisations?q=中医院`);
  await city.locator(".latest").getByRole("link", { name: "罗甸县中医院" }).click();
  await expect(city.locator(".needs-here")).toContainText("彩超设备");
  await city.goto(`http://127.0.0.1:${server.port}/needs?q=冷库`);
  await expect(city.locator("[data-need]")).toHaveCount(1);
  await city.goto(`http://127.0.0.1:${server.port}/needs?status=met`);
  await expect(city.locator("[data-need]")).toHaveCount(1);
  const download = city.waitForEvent("download");
  await city.getByRole("button", { name: "下载表格（CSV）" }).click();
  const file = await (await download).createReadStream();
  let text = "";
  for await (const piece of file) text += piece;
  expect(text).toContain("彩超设备");
  expect(text.trim().split("\r\n").length).toBe(2);
  await city.context().close();
  expect(errors.filter((line) => !line.includes("net::ERR_"))).toEqual([]);
});

test("concurrent changes of an item are reported and nothing is lost", async ({ page, server, line }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await addNeed(page, { title: "路灯" });
  await expect(page.locator("#sync")).toContainText("已同步");
  const other = await another(page, server, "reviewer");
  await other.goto(`http://127.0.0.1:${server.port}/needs`);
  await goOffline(page, line);
  await page.locator("[data-need]").getByRole("link").click();
  await page.getByLabel("需要什么").fill("太阳能路灯");
  await page.locator("#field-responsible").fill("村支书");
  await page.locator("#save").click();
  await other.locator("[data-need]").getByRole("link").click();
  await other.getByLabel("需要什么").fill("路灯二十盏");
  await other.locator("#save").click();
  await expect(other.locator("[data-need]")).toContainText("路灯二十盏");
  await expect(other.locator("[data-need]")).not.toContainText("仅在本机");
  await other.context().close();
  await goOnline(page, line);
  const item = page.locator("[data-need]");
  await expect(item).toContainText("未通过检查");
  await item.getByRole("link").click();
  await expect(page.locator(".notice.bad")).toContainText("需要什么");
  await expect(page.getByLabel("需要什么"), "one's own words are still there").toHaveValue("太阳能路灯");
  await page.locator("#field-note").fill("按二十盏");
  await page.locator("#save").click();
  await expect(item).toContainText("太阳能路灯");
  await expect(item).not.toContainText("未通过检查");
  await expect(page.locator("#sync")).toContainText("已同步");
});

test.describe("on a desktop", () => {
  test.use({ viewport: { width: 1440, height: 900 } });

  test("ledger is a sorted table with a detail pane", async ({ page, server }) => {
    const errors = complaints(page);
    const api = await server.api("recorder");
    const item = (title, due, amount) => ({ ledger: "need", year: 2026, place: "522728109", programme: "industry", title, due, amount, unit: "台", status: "open" });
    const items = [item("冷库设备", "2026-12-20", 3), item("路灯", "2026-01-05", 20), item("电脑", "2026-12-30", 7)];
    const mutations = items.map((fields, at) => ({ seq: at + 1, kind: "need", id: crypto.randomUUID(), base_rev: 0, op: "put", fields }));
    const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations });
    expect(results.map((result) => result.outcome)).toEqual(items.map(() => "applied"));
    await signIn(page, server, "coordinator");
    await page.goto("/needs");
    const [rows, pane] = [page.locator(".needs .data-table tbody tr"), page.locator(".pane")];
    const titles = async () => (await rows.locator("td:first-child").allTextContents()).map((text) => text.trim());
    await expect(rows).toHaveCount(3);
    // The item that is due first comes first, and is shown.
    expect(await titles()).toEqual(["路灯", "冷库设备", "电脑"]);
    await expect(rows.first()).toContainText("逾期");
    await expect(pane).toContainText("20 台");
    await expectReadable(page);
    const amount = page.getByRole("columnheader", { name: "数量" });
    await amount.getByRole("button").click();
    await expect(amount).toHaveAttribute("aria-sort", "ascending");
    await expect.poll(titles).toEqual(["冷库设备", "电脑", "路灯"]);
    await rows.first().click();
    await page.keyboard.press("j");
    await expect(pane).toContainText("电脑");
    await page.keyboard.press("o");
    await expect(page).toHaveURL(new RegExp(`/needs/${mutations[2].id}$`));
    expect(errors).toEqual([]);
  });
});
