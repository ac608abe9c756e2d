// Steps of the coordinator guide, docs/guide/zh-CN/coordinator.md.
import { expect } from "../tests/jiedui.js";
import { PLACE, put, settled, survey, synced, to, toTop, today } from "./preparations.js";
import { attach, choose, fill, first, pick, picture, place, press, section, see, then } from "./walk.js";

export const coordinator = [
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
    then(({ page }) => expect(page.locator(".data-table tbody tr")).toHaveCount(1)),
    press("打开"),
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
    press("打开"),
    see("进展"),
    pick("已对接"),
    see("已完成"),
    choose("结对", { index: 1 }),
    press("保存"),
    then(({ page }) => expect(page.locator(".data-table tbody tr")).toHaveCount(1)),
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
