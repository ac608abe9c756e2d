// The window of a phone: what it holds, and what it reads from the server.
import { randomUUID } from "node:crypto";
import { contentReady, expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const YEAR = new Date().getFullYear();

// Records a verified entry of an earlier year, which no phone holds.
async function recordEarlier(server, author = "coordinator") {
  const [recorder, reviewer] = [await server.api(author), await server.api("reviewer")];
  const id = randomUUID();
  const fields = { activity: "field_survey", date: `${YEAR - 4}-05-01`, place: "522728109", values: { times: 3 }, note: "早年的走访" };
  const push = (api, base_rev, fields) =>
    api.post("/sync/push", { client_id: randomUUID(), mutations: [{ seq: 1, kind: "entry", id, base_rev, op: "put", fields }] });
  expect((await push(recorder, 0, fields)).results[0].outcome).toBe("applied");
  expect((await push(reviewer, 1, { state: "verified" })).results[0].outcome).toBe("applied");
  return id;
}

test("list with few entries on the phone is continued from the server", async ({ page, server, line }) => {
  const id = await recordEarlier(server);
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await page.goto("/list?year=all");
  await contentReady(page);
  const row = page.locator(`a[href="/list/${id}"]`);
  await expect(page.locator("main")).toContainText(`这台手机上有您范围内 ${YEAR - 1}-01-01 以来的填报`);
  await expect(page.locator("main")).toContainText("更早的内容联网后可以加载");
  await expect(page.locator("main")).toContainText("这台手机上没有找到符合条件的填报");
  await expect(row).toHaveCount(0);
  await goOnline(page, line);
  await expect(row).toBeVisible();
  await expect(page.locator("main")).toContainText("已全部加载");
  await expectReadable(page);
  // A search covers the loaded entries.
  const search = page.getByLabel("搜索", { exact: true });
  await search.fill("早年的走访");
  await expect(row).toBeVisible();
  await search.fill("没有这样的");
  await expect(page.getByText("没有找到符合条件的填报", { exact: true })).toBeVisible();
});

test("own earlier entries are loaded on request, or at once where the phone has none", async ({ page, server, line }) => {
  await recordEarlier(server, "recorder");
  await signIn(page, server, "recorder");
  await readyOffline(page);
  const entries = page.locator(".entry");
  await expect(entries).toHaveCount(1);
  await fillIn(page, { activity: "field_survey", place: "沫阳镇", values: { times: "2" }, note: "今天的走访" });
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  await page.reload();
  await contentReady(page);
  await expect(entries.first()).toBeVisible();
  await goOffline(page, line);
  await expect(page.locator("main")).toContainText("更早的内容联网后可以加载");
  await expect(page.getByRole("button", { name: "加载更早的" })).toHaveCount(0);
  await goOnline(page, line);
  await page.getByRole("button", { name: "加载更早的" }).click();
  await expect(entries).toHaveCount(2);
  await expect(page.locator("main")).toContainText("已全部加载");
});

test("entry outside the window opens from the server, and an unsent change keeps it on the phone", async ({ page, server, line }) => {
  const id = await recordEarlier(server);
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  await page.goto(`/list/${id}`);
  await expect(page.locator("main")).toContainText("早年的走访");
  await page.getByRole("link", { name: "修改" }).click();
  await page.getByLabel("备注").fill("更正后的走访");
  await goOffline(page, line);
  await save(page);
  await page.goto(`/list/${id}`);
  await expect(page.locator("main")).toContainText("更正后的走访");
  await goOnline(page, line);
  await page.locator("#sync").click();
  await expect(page.locator("#sync")).toContainText("已同步");
  const api = await server.api("coordinator");
  expect((await api.get(`/entries/${id}`)).fields.note).toBe("更正后的走访");
});

test("entry outside the window says offline that it needs a network", async ({ page, server, line }) => {
  const id = await recordEarlier(server);
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await page.goto(`/list/${id}`);
  await expect(page.locator("main")).toContainText("联网后可以打开");
});

test("number of a long queue says that it is the newest part", async ({ page, server }) => {
  await server.command("generate", "--entries", "8000");
  await signIn(page, server, "reviewer");
  await page.goto("/work");
  await expect(page.getByRole("heading", { name: /待我审核（这台手机上有最近的 \d+ 条，其余联网后可加载）/ })).toBeVisible();
  await expect(page.getByText("等得最久的：")).toHaveCount(0);
  const { entries, next } = await (await server.api("reviewer")).get("/entries?order=date&state=submitted&limit=500");
  expect(entries.length === 500 && next !== null, "the queue is longer than the phone's part").toBe(true);
});

test("entries beneath a figure are continued from the server, and offline nothing claims to be all", async ({ page, server, line }) => {
  const id = await recordEarlier(server, "recorder");
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  await goOffline(page, line);
  await page.goto(`/indicators/field_surveys?year=${YEAR - 4}`);
  await contentReady(page);
  const beneath = page.locator("#entries");
  await expect(beneath).toContainText("这台手机上没有找到符合条件的填报");
  await expect(beneath).toContainText("更早的内容联网后可以加载");
  await expect(beneath).not.toContainText("暂无填报");
  await goOnline(page, line);
  await expect(beneath.locator(`a[href="/list/${id}"]`)).toBeVisible();
  await expect(beneath).toContainText("已全部加载");
  await expect(beneath).toContainText("1 条填报");
  // An indicator without entries of that year.
  await page.goto(`/indicators/exchanges?year=${YEAR - 4}`);
  await expect(beneath).toContainText("暂无填报");
});

test("entries of an organisation are continued from the server", async ({ page, server, line }) => {
  const [coordinator, reviewer] = [await server.api("coordinator"), await server.api("reviewer")];
  const { organisations } = await coordinator.get("/overview");
  const organisation = organisations.find((other) => other.place.startsWith("522728")).id;
  const id = randomUUID();
  const fields = { activity: "field_survey", date: `${YEAR - 4}-05-01`, place: "522728109", organisation, values: { times: 3 } };
  const push = (api, base_rev, fields) =>
    api.post("/sync/push", { client_id: randomUUID(), mutations: [{ seq: 1, kind: "entry", id, base_rev, op: "put", fields }] });
  expect((await push(await server.api("recorder"), 0, fields)).results[0].outcome).toBe("applied");
  expect((await push(reviewer, 1, { state: "verified" })).results[0].outcome).toBe("applied");
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  await goOffline(page, line);
  await page.goto(`/organisations/${organisation}`);
  await contentReady(page);
  await expect(page.locator("main")).toContainText("这台手机上没有找到符合条件的填报");
  await goOnline(page, line);
  await expect(page.locator(`a[href="/list/${id}"]`)).toBeVisible();
  await expect(page.locator("main")).toContainText("已全部加载");
});
