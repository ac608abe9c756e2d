// Reviews: an entry is returned with a reason, corrected and verified, partly offline.
import { complaints, expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const started = (page) => expect(page.locator("html.scripted")).toBeAttached();
const surveys = { activity: "field_survey", place: "沫阳" };

async function phone(browser, line) {
  return (await browser.newContext({ baseURL: line.address, viewport: { width: 360, height: 640 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" })).newPage();
}

async function recorded(page, values, note) {
  await fillIn(page, { ...surveys, values: { times: String(values) }, note });
  await save(page);
  await expect(page.locator("#sync")).toContainText("已同步");
}

test("entry is returned, corrected and verified, and the figure follows", async ({ page, server, line, browser }) => {
  const errors = complaints(page);
  await signIn(page, server, "recorder");
  await recorded(page, 7, "村口调研");
  const other = await phone(browser, line);
  const foundThere = complaints(other);
  await signIn(other, server, "reviewer");
  const figure = async (text) => {
    await page.goto("/?year=2026");
    await expect(page.locator('[data-indicator="field_surveys"] strong')).toHaveText(text);
  };
  await figure("7");

  await readyOffline(other);
  await other.goto("/review");
  const [waiting, card] = [other.locator(".review .row"), other.locator(".pane")];
  await expect(waiting).toHaveCount(1);
  await expect(waiting).toContainText("沫阳镇 · 7 次");
  await expectReadable(other);
  await waiting.getByRole("link").click();
  await expect(card).toContainText("村口调研");
  await expectReadable(other);
  // A village without a line: the decision waits on the reviewer's phone.
  await goOffline(other, line);
  await card.getByRole("button", { name: "退回", exact: true }).click();
  await card.getByRole("button", { name: "确认退回" }).click();
  await expect(card.locator(".error")).toHaveText("请写明退回原因");
  await card.getByRole("button", { name: "请核对数值" }).click();
  await card.getByRole("button", { name: "确认退回" }).click();
  await expect(card).toHaveCount(0);
  await expect(other.getByText("没有待审核的填报")).toBeVisible();
  await expect(other.locator("#sync")).toContainText("待上传 1");
  await goOnline(other, line);
  await expect(other.locator("#sync")).toContainText("已同步");
  await figure("—");

  await page.goto("/entries");
  await expect(page.locator(".entry")).toContainText("请核对数值");
  await page.locator(".entry a").first().click();
  await page.locator("#field-values-times").fill("6");
  await save(page);
  await expect(page.locator("#sync")).toContainText("已同步");
  await figure("6");

  await other.goto("/review");
  await expect(waiting).toHaveCount(1);
  // By keyboard only.
  await other.locator("h1").click();
  await other.keyboard.press("j");
  await card.getByText("操作记录").click();
  const changes = card.locator(".table-changes tbody tr");
  await expect(changes).toHaveCount(1);
  await expect(changes).toContainText("次数");
  expect((await changes.locator("td").allTextContents()).map((text) => text.trim())).toEqual(["7 次", "6 次"]);
  await other.keyboard.press("v");
  await expect(other.getByText("没有待审核的填报")).toBeVisible();
  await expect(other.locator("#sync")).toContainText("已同步");
  await page.goto("/?year=2026&include=verified");
  await expect(page.locator('[data-indicator="field_surveys"] strong')).toHaveText("6");
  await page.goto("/entries");
  await expect(page.locator(".entry .state")).toHaveText("已审核");
  expect(errors.concat(foundThere).filter((line) => !line.includes("net::ERR"))).toEqual([]);
  await other.context().close();
});

test("typed reason stays when the entry changes", async ({ page, server, line, browser }) => {
  await signIn(page, server, "recorder");
  await recorded(page, 7, "村口调研");
  const other = await phone(browser, line);
  await signIn(other, server, "reviewer");
  await other.goto("/list?year=2026");
  await other.locator(".list .latest a").first().click();
  await other.getByRole("button", { name: "退回", exact: true }).click();
  await other.getByLabel("退回原因").fill("人数与签到表不符");
  await page.locator(".entry a").first().click();
  await page.locator("#field-values-times").fill("6");
  await save(page);
  await expect(other.locator(".entry-whole")).toContainText("6 次");
  await expect(other.getByLabel("退回原因")).toHaveValue("人数与签到表不符");
  await other.getByRole("button", { name: "确认退回" }).click();
  await expect(other.locator(".entry-whole .state")).toContainText("已退回");
  await page.goto("/entries");
  await expect(page.locator(".entry")).toContainText("人数与签到表不符");
  await other.context().close();
});

test("likely duplicates are marked and excluded from bulk verification", async ({ page, server, line, browser }) => {
  await signIn(page, server, "recorder");
  for (const times of [30, 31, 3]) await recorded(page, times, `第${times}次`);
  const other = await phone(browser, line);
  await signIn(other, server, "reviewer");
  await other.goto("/review");
  const [waiting, dialog] = [other.locator(".review .row"), other.getByRole("dialog")];
  await expect(waiting).toHaveCount(3);
  await expect(waiting.getByText("疑似重复")).toHaveCount(2);
  // The card shows both side by side.
  await waiting.filter({ hasText: "31 次" }).getByRole("link").click();
  const sideBySide = other.locator(".pane .review-duplicates");
  await expect(sideBySide).toContainText("可能与以下填报重复");
  await expect(sideBySide.locator("tbody tr").first()).toContainText(/31 次.*30 次/);
  await expectReadable(other);
  await other.goBack();
  await expect(other.locator(".pane")).toHaveCount(0);
  await other.getByRole("button", { name: "全选（不含疑似重复）" }).click();
  await other.getByRole("button", { name: "通过所选（1）" }).click();
  await expect(dialog).toContainText("确定通过所选的 1 条填报？");
  await expect(dialog.locator("tr")).toContainText("次数 3 次");
  await expect(dialog).toContainText("1 条没有照片");
  await expectReadable(other);
  await dialog.getByRole("button", { name: "通过 1 条" }).click();
  await expect(waiting).toHaveCount(2);
  await expect(other.locator(".snackbar")).toContainText("已通过 1 条");
  await other.getByRole("button", { name: "撤销" }).click();
  await expect(waiting).toHaveCount(3);
  await other.getByRole("button", { name: "全选（不含疑似重复）" }).click();
  await other.locator("#verify-chosen").click();
  await dialog.getByRole("button", { name: "通过 1 条" }).click();
  await expect(waiting).toHaveCount(2);
  await expect(other.locator("#sync")).toContainText("已同步");
  await other.getByRole("button", { name: "多选" }).click();
  await waiting.first().getByRole("checkbox").check();
  await waiting.nth(1).getByRole("checkbox").check();
  await other.getByRole("button", { name: "通过所选（2）" }).click();
  await expect(dialog).toContainText("2 条疑似重复");
  await expect(dialog.locator("tr")).toContainText("次数 61 次");
  await dialog.getByRole("button", { name: "通过 2 条" }).click();
  await expect(other.getByText("没有待审核的填报")).toBeVisible();
  await other.context().close();
});

test("reviewer leaves entries with their own numbers to another reviewer", async ({ page, server }) => {
  await signIn(page, server, "reviewer");
  await recorded(page, 7, "自己填的");
  await page.goto("/review");
  await expect(page.getByText("没有待审核的填报")).toBeVisible();
  await expect(page.locator("main")).toContainText("另有 1 条的数字是您填报或最后修改的");
  const api = await server.api("coordinator");
  const { entries } = await api.get("/entries?year=2026");
  await page.goto(`/list/${entries[0].id}`);
  await expect(page.locator(".review-decide")).toContainText("由另一位审核人员通过");
  await expect(page.locator("[data-decide=verify]")).toBeHidden();
  await expect(page.locator("[data-decide=return]")).toBeVisible();
  await expectReadable(page);
  // After another's change of the number, the author may approve it.
  const put = { seq: 1, kind: "entry", id: entries[0].id, base_rev: entries[0].rev, op: "put", fields: { values: { times: 8 } } };
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations: [put] });
  expect(results[0].outcome).toBe("applied");
  await expect(page.locator("[data-decide=verify]")).toBeVisible();
  await page.locator("[data-decide=verify]").click();
  await expect(page.locator(".entry-whole .state")).toContainText("已审核");
  await expect(page.locator("#sync")).toContainText("已同步");
  await expect.poll(async () => (await api.get(`/entries/${entries[0].id}`)).fields.state).toBe("verified");
});

// Records surveys of some days before today through the API, the first of which has the largest number.
async function surveysBefore(api, numbers) {
  const day = (before) => new Date(Date.now() + 8 * 3600_000 - before * 86_400_000).toISOString().slice(0, 10);
  const fields = (times, before) => ({ activity: "field_survey", date: day(before), place: "522728109", values: { times } });
  const mutations = numbers.map((times, at) => ({ seq: at + 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields: fields(times, at + 1) }));
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations });
  expect(results.map((result) => result.outcome)).toEqual(numbers.map(() => "applied"));
  return mutations.map((mutation) => mutation.id);
}

test.describe("on a desktop", () => {
  test.use({ viewport: { width: 1440, height: 900 } });

  test("queue is sorted, decided by keyboard, and undone", async ({ page, server }) => {
    const errors = complaints(page);
    const api = await server.api("recorder");
    const [large] = await surveysBefore(api, [40, 3, 4, 3]);
    await signIn(page, server, "reviewer");
    await page.goto("/review");
    const rows = page.locator(".review .data-table tbody tr");
    const [pane, current] = [page.locator(".pane"), page.locator(".review tr[aria-current]")];
    await expect(rows).toHaveCount(4);
    await expect(page.locator(".review [role=status]").first()).toHaveText("待审核 4 条（先审最早的）");
    // The oldest entry is shown next to the list, with its recorder.
    await expect(current).toHaveCount(1);
    await expect(rows.first()).toHaveAttribute("aria-current", "true");
    await expect(pane).toContainText("第 1 条，共 4 条");
    await expect(pane).toContainText("演示填报员");
    await expectReadable(page);
    const heading = page.getByRole("columnheader", { name: "数量" });
    await heading.getByRole("button").click();
    await expect(heading).toHaveAttribute("aria-sort", "ascending");
    await heading.getByRole("button").click();
    await expect(heading).toHaveAttribute("aria-sort", "descending");
    await expect(rows.first()).toHaveAttribute("data-entry", large);
    await expect(rows.first()).toContainText("数值偏大");
    await expect(page.getByText("数值偏大")).toHaveCount(1);
    // The keys move, and the pane follows without a change of the page.
    await rows.nth(1).click();
    await expect(pane).toContainText("第 2 条，共 4 条");
    await page.keyboard.press("k");
    await expect(current).toHaveAttribute("data-entry", large);
    await expect(pane).toContainText("次数 偏大：这里同类填报的中位数是 3 次");
    await expect(pane.locator("thead")).toContainText("上次");
    await expect(pane.locator("tr").filter({ hasText: "次数" })).toContainText("3 次");
    await page.keyboard.press("j");
    await expect(pane).toContainText("第 2 条，共 4 条");
    await page.keyboard.press("k");
    await expect(page).toHaveURL(/\/review$/);
    // A reason by keyboard: Escape closes it, Enter sends it.
    await page.keyboard.press("r");
    await expect(page.getByLabel("退回原因")).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(page.getByLabel("退回原因")).toHaveCount(0);
    await page.keyboard.press("r");
    await expect(page.getByLabel("退回原因")).toBeFocused();
    await page.keyboard.press("Alt+1");
    await expect(page.getByLabel("退回原因")).toHaveValue("请核对数值");
    await page.keyboard.press("Enter");
    await expect(rows).toHaveCount(3);
    await expect(page.locator(".snackbar")).toContainText("已退回 1 条填报");
    await expect(current).toHaveCount(1);
    await page.getByRole("button", { name: "撤销" }).click();
    await expect(rows).toHaveCount(4);
    await expect.poll(async () => (await api.get(`/entries/${large}`)).fields.state ?? "submitted").toBe("submitted");
    // A press approves; the next entry is shown.
    await rows.first().click();
    await page.keyboard.press("v");
    await expect(rows).toHaveCount(3);
    await expect(rows.first()).toHaveAttribute("aria-current", "true");
    await expect.poll(async () => (await api.get(`/entries/${large}`)).fields.state).toBe("verified");
    // Two of three are chosen and approved together.
    await page.keyboard.press("x");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.getByRole("button", { name: "通过所选（2）" }).click();
    await expect(page.getByRole("dialog")).toContainText("2 条没有照片");
    await page.getByRole("dialog").getByRole("button", { name: "取消" }).click();
    await expect(rows).toHaveCount(3);
    await page.getByRole("button", { name: "通过所选（2）" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "通过 2 条" }).click();
    await expect(rows).toHaveCount(1);
    expect(errors).toEqual([]);
  });

  test("list of all entries has a detail pane, keys and columns", async ({ page, server, line }) => {
    const errors = complaints(page);
    await surveysBefore(await server.api("recorder"), [41, 42, 43]);
    await signIn(page, server, "coordinator");
    await readyOffline(page);
    await page.goto("/list?year=2026");
    const [rows, pane, current] = [page.locator(".data-table tbody tr"), page.locator(".pane"), page.locator("tr[aria-current]")];
    await expect(rows.first()).toContainText("41 次");
    await expect(rows.first()).toContainText("演示填报员");
    await expect(pane).toContainText("41 次");
    await expectReadable(page);
    await page.keyboard.press("j");
    await expect(pane).toContainText("42 次");
    await expect(current).toContainText("42 次");
    await rows.nth(2).getByRole("link").click();
    await expect(pane).toContainText("43 次");
    await expect(page).toHaveURL(/\/list\?year=2026$/);
    await page.keyboard.press("k");
    await expect(current).toContainText("42 次");
    // A search narrows the table, and the pane follows, also offline.
    await goOffline(page, line);
    await page.getByLabel("搜索", { exact: true }).fill("实地调研 43");
    await expect(rows).toHaveCount(1);
    await expect(pane).toContainText("43 次");
    await page.getByText("选择列").click();
    await page.getByLabel("备注", { exact: true }).check();
    await expect(page.getByRole("columnheader", { name: "备注" })).toBeVisible();
    await pane.getByRole("link", { name: "打开" }).click();
    await expect(page).toHaveURL(/\/list\/[-0-9a-f]{36}$/);
    expect(errors.filter((line) => !line.includes("net::ERR"))).toEqual([]);
  });

  test("columns of the queue are chosen, and a range of rows", async ({ page, server }) => {
    await surveysBefore(await server.api("recorder"), [1, 2, 3, 5]);
    await signIn(page, server, "reviewer");
    await page.goto("/review");
    const rows = page.locator(".review .data-table tbody tr");
    await expect(rows).toHaveCount(4);
    const heading = page.getByRole("columnheader", { name: "结对" });
    await expect(heading).toHaveCount(0);
    await page.getByText("选择列").click();
    await page.getByLabel("结对", { exact: true }).check();
    await expect(heading).toHaveCount(1);
    await expectReadable(page);
    await page.reload();
    await expect(rows).toHaveCount(4);
    await expect(heading).toHaveCount(1);
    await rows.nth(0).getByRole("checkbox").click();
    await rows.nth(2).getByRole("checkbox").click({ modifiers: ["Shift"] });
    await expect(page.getByRole("button", { name: "通过所选（3）" })).toBeEnabled();
  });
});

test.describe("on a phone", () => {
  test.use({ hasTouch: true });

  test("card shows the neighbours by swipes, and stays while entries are decided", async ({ page, server }) => {
    await surveysBefore(await server.api("recorder"), [1, 20, 300]);
    await signIn(page, server, "reviewer");
    await page.goto("/review");
    const [rows, pane] = [page.locator(".review .row"), page.locator(".pane")];
    await expect(rows).toHaveCount(3);
    expect((await rows.first().boundingBox()).height).toBeLessThanOrEqual(80);
    await rows.first().getByRole("link").tap();
    await expect(pane).toContainText("300 次");
    const swipe = (from, to) =>
      pane.evaluate(
        (element, [from, to]) => {
          const at = (type, x) => element.dispatchEvent(new PointerEvent(type, { pointerType: "touch", clientX: x, clientY: 300, bubbles: true }));
          at("pointerdown", from);
          at("pointerup", to);
        },
        [from, to],
      );
    await swipe(300, 60);
    await expect(pane).toContainText("20 次");
    await swipe(60, 300);
    await expect(pane).toContainText("300 次");
    await swipe(200, 180);
    await expect(pane).toContainText("第 1 条，共 3 条");
    // The next entry takes its place.
    await pane.getByRole("button", { name: "通过", exact: true }).tap();
    await expect(pane).toContainText("第 1 条，共 2 条");
    await expect(pane).toContainText("20 次");
    await page.getByRole("button", { name: "撤销" }).tap();
    await expect(pane).toContainText("共 3 条");
    await page.goBack();
    await expect(pane).toHaveCount(0);
    await expect(page).toHaveURL(/\/review$/);
    await expect(rows).toHaveCount(3);
  });
});

test("entries are found by words and states offline, with their history", async ({ page, server, line }) => {
  const errors = complaints(page);
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  await page.goto("/list?year=2023");
  await started(page);
  const rows = page.locator(".list .latest li");
  await expect(rows.nth(20)).toBeVisible();
  const all = await rows.count();
  await page.getByLabel("搜索", { exact: true }).fill("罗甸 实地调研");
  await expect(rows).toHaveCount(1);
  await expect(page).toHaveURL(/q=/);
  await expectReadable(page);
  await goOffline(page, line);
  await page.reload();
  await expect(rows).toHaveCount(1);
  await page.getByLabel("搜索", { exact: true }).fill("没有这样的");
  await expect(page.getByText("没有找到符合条件的填报")).toBeVisible();
  await page.getByLabel("搜索", { exact: true }).fill("");
  await expect(rows).toHaveCount(all);
  await rows.first().getByRole("link").first().click();
  await expect(page.getByText("联网后可查看操作记录")).toBeVisible();
  await goOnline(page, line);
  await page.reload();
  await expect(page.getByRole("heading", { name: "操作记录" })).toBeVisible();
  await expect(page.locator("ol.latest li")).toHaveCount(1);
  await expectReadable(page);
  await page.goto("/?year=2023");
  await page.locator(".pair button").first().click();
  await page.getByRole("link", { name: /打开列表/ }).click();
  await expect(rows).toHaveCount(3);
  await page.getByRole("button", { name: "列出全部" }).click();
  await expect(rows).toHaveCount(all);
  expect(errors.filter((line) => !line.includes("net::ERR"))).toEqual([]);
});

test("organisation is found by pinyin initials offline, with its partners", async ({ page, server, line }) => {
  const errors = complaints(page);
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  const rows = page.locator(".list .latest li");
  // The entries are on the phone, too.
  await page.goto("/list?year=2023");
  await expect(rows.nth(20)).toBeVisible();
  await goOffline(page, line);
  await page.goto("/organisations");
  await expect(rows).toHaveCount(10);
  await page.getByLabel("名称或拼音首字母").fill("myz");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("沫阳镇");
  await expectReadable(page);
  await rows.getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("沫阳镇");
  await expect(page.getByRole("link", { name: "花溪区 — 沫阳镇" })).toBeVisible();
  // Its map and figures include only its pairing.
  await expect(page.locator(".map-static path.map-pairing")).toHaveCount(1);
  await expect(page.locator(".table-amounts")).toContainText("交流活动");
  await expect(page.getByRole("heading", { name: "共 3 条" })).toBeVisible();
  await expectReadable(page);
  await page.getByRole("link", { name: "花溪区 — 沫阳镇" }).click();
  await expect(rows).toHaveCount(3);
  await goOnline(page, line);
  await page.goto("/organisations?side=a");
  await expect(rows.first()).toBeVisible();
  expect(await rows.count()).toBeLessThan(10);
  expect(errors.filter((line) => !line.includes("net::ERR"))).toEqual([]);
});

test("organisation's page without an account shows a count and sign-in", async ({ page }) => {
  await page.goto("/organisations?q=myz");
  await page.locator(".list .latest li").getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("沫阳镇");
  await expect(page.getByRole("heading", { name: "共 3 条" })).toBeVisible();
  await expect(page.getByText("登录后可以看到填报明细")).toBeVisible();
});

test("entry's photos are shown in lists, pairing and entry", async ({ page, server }) => {
  await signIn(page, server, "coordinator");
  const photo = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 30 });
    canvas.getContext("2d").fillRect(5, 5, 20, 20);
    const bytes = await (await new Promise((done) => canvas.toBlob(done, "image/jpeg"))).arrayBuffer();
    const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const answer = await fetch(`/api/v1/attachments/${hash}`, { method: "PUT", body: bytes });
    return answer.status === 201 ? hash : `${answer.status}: ${await answer.text()}`;
  });
  const api = await server.api("coordinator");
  const { pairings } = await api.get("/overview");
  const pairing = pairings.find((candidate) => candidate.programme === "party_building");
  const fields = { activity: "field_survey", date: "2026-11-20", place: "522728109", values: { times: 1 }, pairing: pairing.id, attachments: [photo] };
  const mutation = { seq: 1, kind: "entry", id: crypto.randomUUID(), base_rev: 0, op: "put", fields };
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations: [mutation] });
  expect(results[0].outcome).toBe("applied");
  const seen = (where) => expect.poll(() => page.locator(`${where} .photo img`).first().evaluate((element) => element.naturalWidth)).toBe(40);
  await page.goto("/list?year=2026");
  await seen(".list .latest");
  await page.locator(".list .latest a").first().click();
  await seen(".entry-whole");
  await expectReadable(page);
  await page.goto("/?year=2026");
  await page.locator(".pair button").first().click();
  await seen(".sheet");
});
