// Steps of the recorder guide, docs/guide/zh-CN/recorder.md.
import { expect, goOffline, goOnline } from "../tests/jiedui.js";
import { change, lastMonth, ownEntry, saveOffline, settled, synced, to, toTop, today } from "./preparations.js";
import { choose, fill, first, picture, place, press, section, see, then } from "./walk.js";

export const recorder = [
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
    see("另填一条"),
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
    // Saving leads back to the list.
    then(({ page }) => page.waitForURL(/\/entries(\?|$)/)),
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
    then(({ page }) => page.locator("#dialog-confirm").click()),
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
    // The navigation has the same word.
    then(({ page }) => expect(page.locator("main input[type=radio]").first()).toBeAttached()),
    press("我的"),
    picture(toTop),
    press("按选择保存"),
    // The choice's label is the word that the next section presses in the navigation.
    then(({ page }) => expect(page.locator("main input[type=radio]")).toHaveCount(0)),
  ),
  section(
    "记下村里的需求",
    press("我的"),
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
