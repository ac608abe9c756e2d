// Steps of the reviewer guide, docs/guide/zh-CN/reviewer.md.
import { expect } from "../tests/jiedui.js";
import { day, put, survey, synced } from "./preparations.js";
import { fill, first, picture, press, section, see, then } from "./walk.js";

export const reviewer = [
  section(
    "审核一条",
    first(async ({ server }) => {
      const { pairings } = await (await server.api("coordinator")).get("/overview");
      const { id } = pairings.find((pairing) => pairing.programme === "party_building");
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
    then(({ page }) => page.locator("main .row").first().getByRole("link").click()),
    see("操作记录"),
    picture(),
    press("通过"),
    // The approved entry leaves the list, and the next one is shown.
    then(({ page }) => expect(page.locator("main .row")).toHaveCount(5)),
  ),
  section("退回", press("退回"), press("请核对数值"), see("退回原因"), picture(), press("确认退回")),
  section(
    "疑似重复",
    see("可能与以下填报重复"),
    press("作废重复"),
    see("与哪一条重复"),
    fill("作废原因", () => "同一次调研报了两遍"),
    press("确认作废"),
    press("撤销"),
    then(({ page }) => page.goBack()),
  ),
  section("一次通过多条", press("全选（不含疑似重复）"), press("通过所选"), press("通过")),
  section(
    "查以前的填报",
    then(synced),
    press("我的"),
    press("全部填报"),
    fill("搜索", () => "大棚"),
    then(({ page }) => page.locator(".list .latest").getByRole("link").first().click()),
    see("操作记录"),
    see("退回"),
  ),
];
