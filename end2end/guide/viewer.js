// Steps of the viewer guide, docs/guide/zh-CN/viewer.md.
import { to, toTop } from "./preparations.js";
import { fill, first, pick, picture, press, section, see } from "./walk.js";

export const viewer = [
  section(
    "看总览",
    press("协作总览"),
    see("年度"),
    see("协作工程"),
    see("地点"),
    see("口径"),
    pick("仅已审核"),
    picture(toTop),
    see("要关注"),
    see("各地"),
    see("全部指标"),
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
