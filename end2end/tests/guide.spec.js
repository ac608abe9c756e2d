// The user guide in docs/guide: each page is walked step by step in the running app, in both languages, so that it names no
// control that the screens lack. UPDATE_GUIDE=1 also takes its screenshots.
import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { expect, goOffline, goOnline, signIn, test } from "./jiedui.js";

const GUIDE = path.resolve(import.meta.dirname, "../../docs/guide");
const LANGUAGES = ["zh-CN", "en"];
const PHONE = { width: 360, height: 640 };
const DESK = { width: 1440, height: 900 };
const LARGEST_IMAGES = 2_000_000;
const PLACE = "522728109";

const day = (ago) => new Date(Date.now() + (8 - 24 * ago) * 3600_000).toISOString().slice(0, 10);
const today = day(0);
const lastMonth = day(Number(today.slice(8))).slice(0, 7);

// The guide: its sections, and in each of them, in order, the names of controls (bold) and the images.

async function read(language, name) {
  const text = await readFile(path.join(GUIDE, language, `${name}.md`), "utf8");
  const [lead, ...rest] = text.split(/^## /m);
  const sections = rest.map((section) => ({ heading: section.slice(0, section.indexOf("\n")), parts: partsOf(section) }));
  return { text, lead, sections };
}

const partsOf = (text) =>
  [...text.matchAll(/\*\*(.+?)\*\*|!\[[^\]]+\]\(([^)]+)\)/g)].map(([, name, image]) => (name ? { name } : { image }));

// The walk: what each part of a section stands for, and what is done between them. A part that only has to be on the screen is `see`.

const section = (heading, ...steps) => ({ heading, steps });
const first = (prepare) => ({ prepare });
const then = first;
const control = (name, act, pressed = false) => ({ name, act, pressed });
const see = (name) => control(name, () => {});
const press = (name) => control(name, (visit, found) => found.click(), true);
const fill = (name, text) => control(name, async (visit, found) => (await inputOf(found)).fill(text(visit)));
const choose = (name, option) => control(name, async (visit, found) => (await inputOf(found)).selectOption(option));
const tick = (name) => control(name, async (visit, found) => (await inputOf(found)).check());
const attach = (name, file) => control(name, async (visit, found) => (await inputOf(found)).setInputFiles(file));
const pick = (name, value) =>
  control(name, async (visit, found) => {
    const select = found.locator("xpath=ancestor::select");
    await select.selectOption(value ?? (await found.getAttribute("value")));
  });
const place = (name) =>
  control(name, async ({ page }, found) => {
    await (await inputOf(found)).fill("沫阳");
    await page.locator(".place-offers").getByRole("button").first().click();
  });
const picture = (where = () => {}) => ({ picture: where });

// The input of a label, or of the row that a label heads.
async function inputOf(found) {
  return found.evaluateHandle((own) => own.closest("label")?.control ?? own.closest(".form-row")?.querySelector("input, select, textarea") ?? own);
}

// Finds what the guide calls by a name: a control by preference, the content before the bar. The screen may go on after the name
// with a number, a count or a remark, not with another word. Only controls can be pressed.
async function find(page, name, pressed) {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const hasText = new RegExp(`^[\\s\\d]*${escaped}(?!\\s*\\p{L})`, "u");
  const controls = (scope) => [
    scope.locator(`xpath=.//*[self::a or self::button][text()[normalize-space()="${name}"]]`).filter({ visible: true }),
    scope.locator("a, button, summary, label, label *").filter({ hasText, visible: true }),
    scope.locator(`[aria-label="${name}"]`).filter({ visible: true }),
  ];
  const texts = (scope) => [
    scope.locator("select:visible option").filter({ hasText }),
    scope.locator("legend, h1, h2, h3, h4, p, li, [role=status], :not(:has(*))").filter({ hasText, visible: true }),
  ];
  const all = (scope) => [...controls(scope), ...(pressed ? [] : texts(scope))];
  let found;
  await expect(async () => {
    for (const locator of [...all(page.locator("main")), ...all(page.locator("body"))]) {
      if ((await locator.count()) > 0) {
        found = locator.first();
        return;
      }
    }
    throw new Error(`“${name}” is not on the screen ${page.url()}`);
  }).toPass({ timeout: 20_000 });
  return found;
}

async function walk(visit, sections, walked) {
  expect(sections.map((own) => own.parts.length), "names and images of each section").toEqual(
    walked.map((own) => own.steps.filter((step) => !step.prepare).length),
  );
  for (const [at, { heading, steps }] of walked.entries()) {
    const parts = sections[at].parts.values();
    for (const step of steps) {
      if (step.prepare) {
        await step.prepare(visit);
        continue;
      }
      const part = parts.next().value;
      const where = `${heading}: ${step.name ?? "image"}`;
      if (step.picture) {
        expect(part.image, where).toBeDefined();
        await step.picture(visit);
        if (process.env.UPDATE_GUIDE === "1") {
          await visit.page.screenshot({ path: path.join(GUIDE, visit.language, part.image), animations: "disabled" });
        }
        continue;
      }
      expect(part.name, where).toBeDefined();
      if (visit.language === "zh-CN") expect(part.name, where).toBe(step.name);
      await test.step(`${where} (${part.name})`, async () => step.act(visit, await find(visit.page, part.name, step.pressed)));
    }
  }
}

// What other people do meanwhile.

async function put(api, kind, items) {
  const mutations = items.map(({ id, rev, ...fields }, at) => ({ seq: at + 1, kind, id: id ?? crypto.randomUUID(), base_rev: rev ?? 0, op: "put", fields }));
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations });
  expect(results.map((own) => own.outcome)).toEqual(items.map(() => "applied"));
  return mutations.map((own) => own.id);
}

const survey = (own) => ({ activity: "field_survey", date: today, place: PLACE, values: { times: 3 }, ...own });

async function change(api, id, fields) {
  await put(api, "entry", [{ id, rev: (await api.get(`/entries/${id}`)).rev, ...fields }]);
}

// The recorder's own entry, as the server has it.
async function ownEntry(server) {
  const { entries } = await (await server.api("coordinator")).get(`/entries?limit=1&year=${today.slice(0, 4)}`);
  return entries[0].id;
}

const synced = ({ page }) => expect(page.locator("#sync.done")).toBeVisible();

async function saveOffline({ page, line, server }, date, ahead = () => {}) {
  await synced({ page });
  await goOffline(page, line);
  await page.goto("/entries/new/field_survey");
  await page.locator("#field-date").fill(date);
  await page.locator("#field-place").fill("沫阳");
  await page.locator(".place-offers").getByRole("button").first().click();
  await page.locator("#field-values-times").fill("4");
  await page.locator("#save").click();
  await expect(page.locator(".entry").first()).toBeVisible();
  await ahead(server);
}

// Waits until nothing is drawn for a second: a redrawn entry closes its open menu.
const settled = (selector) => async ({ page }) => {
  await expect(page.locator(selector).first()).toBeAttached();
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        let quiet;
        const observer = new MutationObserver(() => wait());
        const wait = () => {
          clearTimeout(quiet);
          quiet = setTimeout(() => resolve(observer.disconnect()), 1_000);
        };
        observer.observe(document.querySelector("main"), { childList: true, subtree: true });
        wait();
      }),
  );
};

const toTop = ({ page }) => page.evaluate(() => window.scrollTo(0, 0));
const toTopOf = (selector) => ({ page }) => page.locator(selector).first().evaluate((own) => own.scrollIntoView({ block: "start" }));
const to = (address) => ({ page }) => page.goto(address);

const recorder = [
  section(
    "登录",
    first(to("/")),
    press("登录"),
    fill("用户名", () => "recorder"),
    fill("密码", ({ server }) => server.passwords.recorder),
    press("登录"),
    press("我的填报"),
    see("可离线使用"),
    then(({ page }) =>
      page.evaluate(async () => {
        await navigator.serviceWorker.ready;
        if (!navigator.serviceWorker.controller) {
          await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
        }
      }),
    ),
    then(synced),
  ),
  section(
    "新填报",
    press("新填报"),
    press("党建"),
    press("实地调研"),
    see("日期"),
    place("地点"),
    then(({ page }) => page.locator("#field-values-times").fill("3")),
    see("照片"),
    picture(toTop),
    then(({ page, line }) => goOffline(page, line)),
    press("保存"),
    see("我的填报"),
  ),
  section(
    "看看传上去没有",
    see("离线"),
    see("仅在本机，待上传"),
    picture(toTop),
    then(({ page, line }) => goOnline(page, line)),
    see("已同步"),
    see("已接收，待审核"),
    then(async ({ server }) => change(await server.api("reviewer"), await ownEntry(server), { state: "verified" })),
    see("已审核"),
  ),
  section(
    "被退回了怎么办",
    then(async ({ server }) => {
      const returned = { state: "returned", review_note: "请核对数值", review_fields: ["values"] };
      await change(await server.api("reviewer"), await ownEntry(server), returned);
    }),
    press("我的工作"),
    press("待处理"),
    see("已退回"),
    then(({ page }) => page.locator(".entry").getByRole("link").first().click()),
    see("请核对这一项"),
    picture(toTop),
    press("改好并重新提交"),
  ),
  section("删除填错的", then(synced), press("我的填报"), then(settled(".entry-menu")), press("更多操作"), press("删除"), press("撤销")),
  section(
    "写着“未通过检查”",
    then((visit) =>
      saveOffline(visit, `${lastMonth}-15`, async (server) => {
        await (await server.api("coordinator")).put(`/periods/${lastMonth}`, { closed: true });
      }),
    ),
    then(({ page, line }) => goOnline(page, line)),
    see("未通过检查"),
    press("丢弃"),
  ),
  section(
    "别人也改了同一条",
    then(async ({ page, line, server }) => {
      await synced({ page });
      const id = await ownEntry(server);
      await goOffline(page, line);
      await page.goto(`/entries/${id}`);
      await page.locator("#field-values-times").fill("5");
      await page.locator("#save").click();
      await expect(page.locator(".entry").first()).toBeVisible();
      await change(await server.api("coordinator"), id, { values: { times: 8 } });
      await goOnline(page, line);
    }),
    see("两处不同，请选择"),
    press("选择保留哪个"),
    press("我的"),
    picture(toTop),
    press("按选择保存"),
  ),
  section(
    "记下村里的需求",
    press("需求台账"),
    press("新增一项"),
    fill("需要什么", () => "冷库"),
    choose("类别", "industry"),
    fill("数量", () => "1"),
    see("完成期限"),
    press("保存"),
  ),
  section(
    "换手机之前",
    see("已同步"),
    then((visit) => saveOffline(visit, today)),
    press("我的填报"),
    press("待上传"),
    see("把未上传的填报存成文件"),
  ),
];

const reviewer = [
  section(
    "审核一条",
    first(async ({ server }) => {
      const { pairings } = await (await server.api("coordinator")).get("/overview");
      const { id } = pairings.find((own) => own.programme === "party_building");
      const people = { times: 3, people: 12 };
      await put(await server.api("recorder"), "entry", [
        survey({ date: day(9), values: people, pairing: id, note: "看了蔬菜大棚和冷库选址" }),
        survey({ date: day(8), activity: "liaison_contact", values: { times: 20 } }),
        survey({ date: day(5), values: { times: 30 }, note: "第一次报" }),
        survey({ date: day(5), values: { times: 31 }, note: "第二次报" }),
        survey({ date: day(2), activity: "joint_study", values: { times: 2 } }),
        survey({ date: day(1), activity: "liaison_contact", values: { times: 1 } }),
      ]);
    }),
    press("我的工作"),
    then(({ page }) => expect(page.locator("#work-queue").getByRole("link").first()).toBeVisible()),
    press("待我审核"),
    see("操作记录"),
    picture(toTopOf(".entry")),
    press("通过"),
  ),
  section("退回", press("退回"), press("请核对数值"), see("退回原因"), picture(toTopOf(".entry")), press("确认退回")),
  section(
    "疑似重复",
    see("可能与以下填报重复"),
    press("作废重复"),
    see("与哪一条重复"),
    fill("作废原因", () => "同一次调研报了两遍"),
    press("确认作废"),
    press("撤销"),
  ),
  section("一次通过多条", press("全选（不含疑似重复）"), press("通过所选")),
  section(
    "查以前的填报",
    then(synced),
    press("全部填报"),
    fill("搜索", () => "大棚"),
    then(({ page }) => page.locator(".list .latest").getByRole("link").first().click()),
    see("操作记录"),
    see("退回"),
  ),
];

const coordinator = [
  section("看哪里还没有填报", press("我的工作"), press("本月还没有填报的地方"), picture(toTop)),
  section("锁定月份", press("我的工作"), press("月度锁定"), press("锁定"), press("重新打开")),
  section(
    "更改或删除别人的填报",
    first(async ({ server }) => {
      await put(await server.api("recorder"), "entry", [survey({ note: "蔬菜大棚" })]);
      await (await server.api("coordinator")).put(`/periods/${today.slice(0, 7)}`, { closed: true });
    }),
    press("全部填报"),
    fill("搜索", () => "蔬菜大棚"),
    then(({ page }) => page.locator(".list .latest").getByRole("link").first().click()),
    press("修改"),
    fill("已锁定月份的更改原因", () => "核对签到表"),
    press("保存"),
    then(synced),
    then(({ page }) => expect(page.locator("ol.latest li").last()).toContainText("核对签到表")),
    then(settled(".entry-menu")),
    press("更多操作"),
    press("删除"),
    fill("删除原因", () => "填错了村"),
    press("确认删除"),
  ),
  section(
    "单位和结对",
    press("单位"),
    press("新增单位"),
    fill("单位名称", () => "沫阳镇新希望小学"),
    choose("类型", "school"),
    place("地点"),
    then(({ page }) => page.locator("#field-programme").selectOption("education")),
    press("保存"),
    press("新增结对"),
    then(({ page }) => page.locator("#field-organisation_a").selectOption({ index: 1 })),
    fill("开始日期", () => "2026-09-01"),
    see("协议文件"),
    press("保存"),
    then(({ page }) => expect(page.locator(".latest").first()).toContainText("2026-09-01")),
  ),
  section(
    "对接需求",
    first(async ({ server }) => {
      const need = { ledger: "need", year: Number(today.slice(0, 4)), place: PLACE, programme: "party_building", title: "党员活动室" };
      await put(await server.api("recorder"), "need", [need]);
    }),
    press("需求台账"),
    then(({ page }) => page.locator("[data-need]").getByRole("link").first().click()),
    see("进展"),
    pick("已对接"),
    see("已完成"),
    choose("结对", { index: 1 }),
    press("保存"),
    then(({ page }) => expect(page.locator("[data-need]")).toHaveCount(1)),
  ),
  section(
    "请没有账号的人看",
    press("协作总览"),
    then(synced),
    then(to("/?year=2023")),
    press("分享"),
    fill("有效天数", () => "7"),
    press("生成链接"),
    picture(async ({ page }) => {
      await expect(page.getByRole("dialog").locator("input[readonly]")).toBeVisible();
      await toTop({ page });
    }),
    press("撤回"),
  ),
  section(
    "出报告和表格",
    see("协作总览"),
    press("报告"),
    see("年度"),
    see("报告期"),
    see("打印"),
    press("回到协作总览"),
    press("导出"),
    see("指标表格（XLSX）"),
  ),
  section(
    "导入已有的表格",
    press("我的工作"),
    press("导入表格"),
    choose("活动类型", "joint_study"),
    see("下载这个活动的空白模板"),
    attach("选择文件", { name: "学习.csv", mimeType: "text/csv", buffer: Buffer.from("活动时间,乡镇村,几回\n2026-3-5,沫阳镇,2\n2026-4-9,边阳镇,1") }),
    see("各列对应的栏目"),
    then(({ page }) => page.getByRole("row").filter({ hasText: "几回" }).getByRole("combobox").selectOption("values.times")),
    press("下一步：预览"),
    press("导入"),
    press("撤销这次导入"),
  ),
];

const administrator = [
  section("账号"),
  section(
    "改活动表单",
    press("我的工作"),
    press("活动与指标"),
    press("党建"),
    press("实地调研"),
    press("添加栏目"),
    then(({ page }) => page.locator(".catalogue-fields > li").last().locator("summary").click()),
    fill("栏目名称", () => "走访户数"),
    tick("必填"),
    choose("计入指标", { index: 1 }),
    see("预览"),
    picture(toTop),
    press("保存"),
  ),
  section(
    "新增活动",
    see("活动与指标"),
    press("新增活动"),
    fill("活动名称", () => "乡村夜校"),
    fill("代码", () => "night_school"),
    choose("协作工程", "education"),
    press("添加栏目"),
    then(async ({ page }) => {
      await page.locator(".catalogue-fields > li").last().locator("summary").click();
      await page.locator(".catalogue-fields > li").last().locator("input[type=text]").first().fill("期数");
    }),
    press("保存"),
  ),
  section(
    "定年度目标",
    see("活动与指标"),
    press("党建"),
    press("干部培训批次"),
    press("添加年度目标"),
    fill("年度", () => today.slice(0, 4)),
    fill("目标", () => "12"),
    press("保存"),
    then(({ page }) => expect(page).toHaveURL(/\/catalogue$/)),
  ),
  section("备份"),
  section("有人交来未上传的填报文件"),
];

const viewer = [
  section(
    "看总览",
    press("协作总览"),
    see("年度"),
    see("协作工程"),
    see("地点"),
    see("口径"),
    pick("仅已审核"),
    picture(toTop),
  ),
  section(
    "一个数是怎么来的",
    press("交流活动"),
    see("各月"),
    see("各年累计对比"),
    see("按地点"),
    see("按结对"),
    see("构成这个数的填报"),
    press("回到协作总览"),
  ),
  section("看地图", press("花溪区 — 沫阳镇"), press("关闭"), pick("不着色", "exchanges"), press("播放")),
  section("看报告", first(to("/?year=2023&programme=labour")), press("报告"), see("年度"), see("报告期"), see("打印"), picture(toTop)),
  section("放到大屏上", first(to("/")), see("协作总览"), press("大屏"), press("退出大屏")),
  section("查具体的填报", press("全部填报"), fill("搜索", () => "交流活动")),
];

const GUIDES = {
  recorder: { viewport: PHONE, walked: recorder },
  reviewer: { viewport: PHONE, walked: reviewer, username: "reviewer" },
  coordinator: { viewport: DESK, walked: coordinator, username: "coordinator" },
  administrator: { viewport: DESK, walked: administrator, username: "admin" },
  viewer: { viewport: DESK, walked: viewer, username: "viewer" },
};

for (const [name, { viewport, walked, username }] of Object.entries(GUIDES)) {
  for (const language of LANGUAGES) {
    test.describe(() => {
      test.use({ viewport });

      test(`the ${name} guide names what the screens have, ${language}`, async ({ page, server, line }) => {
        test.setTimeout(300_000);
        const { lead, sections } = await read(language, name);
        expect(partsOf(lead), "a name is in a section").toEqual([]);
        page.on("dialog", (dialog) => dialog.accept());
        if (username) await signIn(page, server, username);
        if (language === "en") {
          await page.goto("/");
          await expect(page.locator("html.scripted")).toBeAttached();
          await page.locator("header [lang=en]").click();
          await expect(page.locator("html.scripted[lang=en]")).toBeAttached();
        }
        await walk({ page, server, line, language }, sections, walked);
      });
    });
  }
}

test("the guide's pages are alike in both languages and linked", async () => {
  const names = ["index", ...Object.keys(GUIDES)];
  for (const language of LANGUAGES) {
    expect((await readdir(path.join(GUIDE, language))).sort()).toEqual(names.map((name) => `${name}.md`).sort());
    const { text } = await read(language, "index");
    for (const name of Object.keys(GUIDES)) expect(text).toContain(`(${name}.md)`);
  }
  for (const name of names) {
    const [chinese, english] = await Promise.all(LANGUAGES.map((language) => read(language, name)));
    const shape = ({ text }) =>
      text.split(/\n+/).filter(Boolean).map((line) => line.match(/^(#+ |\d+\. |!|`)/)?.[0] ?? "text");
    expect(shape(english), name).toEqual(shape(chinese));
    expect(english.text.match(/\([\w-]+\.md\)/g), name).toEqual(chinese.text.match(/\([\w-]+\.md\)/g));
    for (const { text } of [chinese, english]) {
      for (const [, target] of text.matchAll(/\[[^\]]+\]\(([\w-]+)\.md\)/g)) expect(names).toContain(target);
      // CommonMark prints the asterisks of emphasis that ends with a bracket or a stop and is followed by a letter.
      for (const [all, name, next] of text.matchAll(/\*\*(.+?)\*\*(.?)/gu)) expect(/[^\p{L}\d]$/u.test(name) && /[\p{L}\d]/u.test(next), all).toBe(false);
    }
  }
});

test("the guide's commands are accepted by the program", async ({ server }) => {
  for (const language of LANGUAGES) {
    const { text } = await read(language, "administrator");
    const commands = [...text.matchAll(/`jiedui ([^`]+)`/g)].map(([, words]) => words.split(" "));
    expect(commands).toHaveLength(4);
    for (const words of commands) await server.command(...words, "--help");
    for (const [, option] of text.matchAll(/`(--\w+)`/g)) {
      const value = option === "--everywhere" ? [] : [PLACE];
      await server.command("user", "add", "--username", "x", "--role", "recorder", option, ...value, "--help");
    }
    for (const [, role] of text.matchAll(/`([a-z]+)`/g)) await server.command("user", "add", "--username", "x", "--role", role, "--help");
  }
});

test("the guide's images are there, in size and together small", async () => {
  const named = new Set();
  for (const [name, { viewport }] of Object.entries(GUIDES)) {
    for (const language of LANGUAGES) {
      for (const { image } of partsOf((await read(language, name)).text).filter((own) => own.image)) {
        const file = path.join(GUIDE, language, image);
        const bytes = await readFile(file);
        expect(bytes.subarray(1, 4).toString(), image).toBe("PNG");
        expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], image).toEqual([viewport.width, viewport.height]);
        named.add(path.basename(file));
      }
    }
  }
  const files = await readdir(path.join(GUIDE, "images"));
  expect(files.sort(), "every image is in the guide").toEqual([...named].sort());
  const sizes = await Promise.all(files.map(async (file) => (await stat(path.join(GUIDE, "images", file))).size));
  expect(sizes.reduce((all, one) => all + one, 0)).toBeLessThan(LARGEST_IMAGES);
});
