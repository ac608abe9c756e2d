// People: a coordinator adds an account, the person signs in by the one-time code, and a closed account is cut off at once.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { choosePlace, complaints, contentReady, expect, expectReadable, goOffline, readyOffline, Server, signIn, test } from "./jiedui.js";

const at = (server, path) => `http://127.0.0.1:${server.port}${path}`;

// Fills in the form of a new account of Moyang Town and returns its one-time code.
async function add(page, username, name) {
  await page.goto("/people/new");
  await contentReady(page);
  await page.getByLabel("用户名").fill(username);
  await page.getByLabel("姓名").fill(name);
  await page.getByLabel("身份").selectOption({ label: "填报员" });
  await choosePlace(page, "沫阳镇");
  await expect(page.locator(".people-places")).toContainText("沫阳镇");
  await page.getByRole("button", { name: "建立账号并生成一次性代码" }).click();
  const code = page.locator(".people-code-text");
  await expect(code).toHaveText(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
  return code.textContent();
}

// Opens a page of another device and uses a one-time code there.
async function useCode(browser, server, path, fill) {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
  const phone = await context.newPage();
  await phone.goto(at(server, path));
  await expect(phone.locator("html.scripted")).toBeAttached();
  await fill(phone);
  await phone.getByRole("button", { name: "设置密码并登录" }).click();
  return phone;
}

for (const [width, height] of [[360, 640], [1440, 900]]) {
  test(`account is added and its person signs in by the code at ${width} × ${height}`, async ({ page, server, browser }) => {
    const errors = complaints(page);
    await page.setViewportSize({ width, height });
    await signIn(page, server, "coordinator");
    const code = await add(page, "Ｌisi", " 李四 ");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("李四");
    await expect(page.locator(".people-qr svg")).toBeVisible();
    await expect(page.locator(".people-code")).toContainText("lisi");
    await expectReadable(page);

    const link = await page.getByRole("link", { name: "在这台设备上使用" }).getAttribute("href");
    const phone = await useCode(browser, server, link, async (phone) => {
      await expect(phone.getByLabel("用户名")).toHaveValue("lisi");
      await expect(phone.getByLabel("一次性代码")).toHaveValue(code);
      await phone.getByLabel("新密码").fill("12345678");
      await phone.getByRole("button", { name: "设置密码并登录" }).click();
      await expect(phone.locator("#error-password")).toContainText("太容易被猜到");
      await expectReadable(phone);
      await phone.getByLabel("新密码").fill("village-house-7");
    });
    await expect(phone).toHaveURL(/\/entries$/);
    await expect(phone.locator("#sync")).toContainText("已同步");
    await phone.goto(at(server, "/people"));
    await expect(phone.locator("main")).toContainText("这里只有协调员可以更改");

    await page.goto("/people");
    const row = page.locator(".people-list li").filter({ hasText: "李四" });
    await expect(row).toContainText("填报员");
    await expect(row).toContainText("沫阳镇");
    await expect(row).toContainText("最近联系");
    await page.locator(".people > input").fill("没有这个人");
    await expect(page.locator("main")).toContainText("没有符合的人员");
    await page.locator(".people > input").fill("lisi");
    await expect(page.locator(".people-list li")).toHaveCount(1);
    await expectReadable(page);

    // Closed: the phone is signed out with its next request.
    await row.getByRole("link").click();
    await expect(page.locator(".people-sessions li")).toHaveCount(1);
    page.on("dialog", (dialog) => dialog.accept());
    await page.getByRole("button", { name: "停用账号" }).click();
    await expect(page.locator(".people-account")).toContainText("已停用");
    expect((await phone.request.get(at(server, "/api/v1/session"))).status()).toBe(401);
    await page.getByRole("button", { name: "重新启用" }).click();
    await expect(page.getByRole("button", { name: "生成一次性代码" })).toBeVisible();
    await phone.context().close();
    expect(errors.filter((text) => !text.includes("401"))).toEqual([]);
  });
}

test("used code and taken name are refused with a reason", async ({ page, server, browser }) => {
  await signIn(page, server, "admin");
  const code = await add(page, "lisi", "李四");
  const fill = async (phone) => {
    await phone.getByLabel("用户名").fill("lisi");
    await phone.getByLabel("一次性代码").fill(code.toLowerCase().replace("-", " "));
    await phone.getByLabel("新密码").fill("village-house-7");
  };
  const phone = await useCode(browser, server, "/sign-in/code", fill);
  await expect(phone).toHaveURL(/\/entries$/);
  const again = await useCode(browser, server, "/sign-in/code", fill);
  await expect(again.getByRole("alert")).toContainText("一次性代码不对，或代码已过期");
  await page.goto("/people/new");
  await contentReady(page);
  await page.getByLabel("用户名").fill("LISI");
  await page.getByLabel("姓名").fill("另一个李四");
  await page.getByRole("button", { name: "建立账号并生成一次性代码" }).click();
  await expect(page.locator("#error-username")).toContainText("已有这个用户名");
  await expect(page.getByLabel("姓名")).toHaveValue("另一个李四");
  await phone.context().close();
  await again.context().close();
});

test("coordinator gives no rights beyond the own ones", async ({ page, server }) => {
  await signIn(page, server, "coordinator");
  await page.goto("/people/new");
  await contentReady(page);
  await expect(page.getByLabel("身份").locator("option")).toHaveText(["填报员", "审核员", "协调员", "浏览"]);
  await page.getByLabel("用户名").fill("lisi");
  await page.getByLabel("姓名").fill("李四");
  // Without a place, the account would be for all places.
  await page.getByRole("button", { name: "建立账号并生成一次性代码" }).click();
  await expect(page.locator("#error-place")).toContainText("您没有这项权限");
  await page.goto("/people");
  await contentReady(page);
  await expect(page.locator(".people-list li").filter({ hasText: "演示管理员" })).toHaveCount(0);
  await page.locator(".people-list li").filter({ hasText: "演示协调员" }).getByRole("link").click();
  await expect(page.locator(".people-account")).toContainText("这是您自己的账号");
  await expect(page.getByRole("button", { name: "停用账号" })).toHaveCount(0);
});

test("list of people needs a network and says so", async ({ page, server, line }) => {
  await signIn(page, server, "admin");
  await readyOffline(page);
  await goOffline(page, line);
  await page.goto("/people");
  await expect(page.locator(".people").getByRole("alert")).toContainText("这里需要网络");
  await expect(page.getByRole("button", { name: "再试一次" })).toBeVisible();
  await expectReadable(page);
});

test("own name and password are changed, and another device is signed out", async ({ page, server, browser }) => {
  await signIn(page, server, "recorder");
  const other = await browser.newContext({ locale: "zh-CN" });
  const body = { username: "recorder", password: server.passwords.recorder, device_name: "旧手机" };
  expect((await other.request.post(at(server, "/api/v1/session"), { data: body })).status()).toBe(200);
  await page.goto("/me");
  await page.getByRole("link", { name: "姓名、密码和设备" }).click();
  await page.getByLabel("姓名").fill("新名字");
  await page.locator(".own-name button").click();
  await expect(page.locator(".own-name")).toContainText("已保存");
  const device = page.locator(".people-sessions li").filter({ hasText: "旧手机" });
  page.on("dialog", (dialog) => dialog.accept());
  await device.getByRole("button", { name: "退出登录" }).click();
  await expect(device).toHaveCount(0);
  expect((await other.request.get(at(server, "/api/v1/session"))).status()).toBe(401);
  await page.getByLabel("现在的密码").fill("不对的密码");
  await page.getByLabel("新密码").fill("village-house-7");
  await page.getByRole("button", { name: "修改密码" }).click();
  await expect(page.locator("#error-current")).toContainText("不对");
  await page.getByLabel("现在的密码").fill(server.passwords.recorder);
  await page.getByRole("button", { name: "修改密码" }).click();
  await expect(page.locator(".own-password")).toContainText("已保存");
  await expectReadable(page);
  await page.goto("/me");
  await expect(page.locator(".me-name")).toContainText("新名字");
  await other.close();
});

test("empty installation is set up in the browser", async ({ browser }) => {
  const folder = await mkdtemp(path.join(tmpdir(), "jiedui-"));
  const server = new Server(folder);
  await server.run(["serve"], {});
  const context = await browser.newContext({ viewport: { width: 360, height: 640 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
  const page = await context.newPage();
  await page.goto(at(server, `/setup#${server.setup}`));
  await contentReady(page);
  await page.getByLabel("用户名").fill("head");
  await page.getByLabel("姓名").fill("王管理");
  await page.getByLabel("密码").fill("village-house-7");
  await expectReadable(page);
  await page.getByRole("button", { name: "建立管理员账号并登录" }).click();
  await expect(page).toHaveURL(/\/people$/);
  await expect(page.locator(".people-list")).toContainText("王管理");
  await page.goto(at(server, `/setup#${server.setup}`));
  await contentReady(page);
  await page.getByLabel("用户名").fill("second");
  await page.getByLabel("密码").fill("village-house-8");
  await page.getByRole("button", { name: "建立管理员账号并登录" }).click();
  await expect(page.getByRole("alert")).toContainText("已经有账号了");
  await context.close();
  await server.end();
  await rm(folder, { recursive: true });
});
