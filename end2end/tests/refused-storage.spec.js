// Browsers that refuse local storage, IndexedDB or both: the app names its limits and continues as far as possible.
import { expect, fillIn, test } from "./jiedui.js";

const denied = 'throw new DOMException("denied", "SecurityError")';
const REFUSALS = {
  "local storage that throws": `Object.defineProperty(window, "localStorage", { get() { ${denied}; } });`,
  "no local storage": 'Object.defineProperty(window, "localStorage", { value: null });',
  "no IndexedDB": 'Object.defineProperty(window, "indexedDB", { value: undefined });',
  "IndexedDB that throws": `IDBFactory.prototype.open = () => { ${denied}; };`,
  "neither": `for (const name of ["localStorage", "sessionStorage", "indexedDB"]) Object.defineProperty(window, name, { get() { ${denied}; } });`,
};

for (const [name, script] of Object.entries(REFUSALS)) {
  test(`browser with ${name} shows figures, names its limits, records online`, async ({ page, server }) => {
    const hasDatabase = !/indexedDB|IDBFactory/.test(script);
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.addInitScript(script);
    await page.goto("/?year=2023");
    await expect(page.locator("html.scripted")).toBeAttached();
    await expect(page.locator('[data-indicator="exchanges"] strong')).toHaveText("272");
    await page.goto("/sign-in");
    await expect(page.locator("html.scripted")).toBeAttached();
    await page.getByLabel("用户名").fill("recorder");
    await page.getByLabel("密码").fill(server.passwords.recorder);
    await page.getByRole("button", { name: "登录" }).click();
    await expect(page.getByRole("heading", { name: "我的填报" })).toBeVisible();
    await expect(page.locator(".ready")).toContainText("不能离线使用");
    if (!hasDatabase) {
      await expect(page.getByRole("alert")).toContainText("此浏览器不允许本站存储数据");
      await expect(page.locator("main")).toContainText("无法列出");
      await expect(page.locator("#sync")).not.toContainText("已同步");
    }
    await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "3" }, note: "不存储" });
    if (script.includes("localStorage")) await expect(page.locator(".form [role=alert]").filter({ hasText: "不能存为草稿" })).toBeVisible();
    await page.locator("#save").dblclick();
    await expect(page.getByRole("heading", { name: "我的填报" })).toBeVisible();
    await expect(page.getByText(hasDatabase ? "已接收，待审核" : "已直接上传 1 条")).toBeVisible();
    const { entries } = await (await server.api("admin")).get("/entries?year=" + new Date().getFullYear());
    expect(entries.map((entry) => [entry.rev, entry.fields.note])).toEqual([[1, "不存储"]]);
    for (const screen of ["/list", "/review", "/work", "/needs", "/organisations", "/report", `/entries/${entries[0].id}`]) {
      await page.goto(screen);
      await expect(page.locator("html.scripted")).toBeAttached();
      await expect(page.getByRole("main")).not.toContainText("正在读取");
    }
    expect(errors).toEqual([]);
  });
}

test("rejected entry stays in the form without IndexedDB", async ({ page, server, line }) => {
  await page.addInitScript(REFUSALS["no IndexedDB"]);
  await page.goto("/sign-in");
  await expect(page.locator("html.scripted")).toBeAttached();
  await page.getByLabel("用户名").fill("recorder");
  await page.getByLabel("密码").fill(server.passwords.recorder);
  await page.getByRole("button", { name: "登录" }).click();
  await expect(page.getByRole("heading", { name: "我的填报" })).toBeVisible();
  await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "3" }, note: "断线" });
  // The server has stored it, and the response is lost.
  await page.route("**/api/v1/sync/push", async (route) => {
    await route.fetch();
    await route.abort("connectionreset");
  }, { times: 1 });
  await page.locator("#save").click();
  await expect(page.locator(".form [role=alert]").filter({ hasText: "没有保存" })).toBeVisible();
  await expect(page.getByLabel("备注")).toHaveValue("断线");
  line.cut();
  await page.locator("#save").click();
  await expect(page.locator(".form [role=alert]").filter({ hasText: "没有保存" })).toBeVisible();
  line.mend();
  await page.locator("#save").click();
  await expect(page.getByText("已直接上传 1 条")).toBeVisible();
  const api = await server.api("admin");
  const { entries } = await api.get("/entries?year=" + new Date().getFullYear());
  expect(entries.map((entry) => [entry.rev, entry.fields.note])).toEqual([[1, "断线"]]);
  // The rejection is shown: the month is closed while the form is filled in.
  const month = `${new Date().getFullYear()}-01`;
  await fillIn(page, { activity: "field_survey", place: "沫阳镇", date: `${month}-05`, values: { times: "1" } });
  const { closed } = await api.put(`/periods/${month}`, { closed: true });
  expect(closed.map((period) => period.month)).toEqual([month]);
  await page.locator("#save").click();
  await expect(page.locator(".form").getByText("这个月份已锁定").first()).toBeVisible();
  await expect(page.locator("#field-values-times")).toHaveValue("1");
});
