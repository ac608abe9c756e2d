// Steps of the administrator guide, docs/guide/zh-CN/administrator.md.
import { expect } from "../tests/jiedui.js";
import { toTop, today } from "./preparations.js";
import { choose, fill, picture, press, section, see, then, tick } from "./walk.js";

export const administrator = [
  section("账号", see("人员")),
  section("谁做了什么", press("操作日志"), see("导出 CSV")),
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
  section(
    "新增协作工程",
    see("活动与指标"),
    press("新增工程"),
    fill("工程名称", () => "生态"),
    fill("代码", () => "ecology"),
    fill("颜色", () => "#2e7d32"),
    see("预览"),
    press("保存"),
    then(({ page }) => page.locator("details.programme").last().locator("summary").click()),
    see("修改工程"),
  ),
  section("备份"),
  section("有人交来未上传的填报文件"),
];
