// Configuration of the browser tests: two workers, each with its server and browser.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "tests",
  timeout: 120_000,
  expect: { timeout: 30_000 },
  // Each worker has its own server and browser; the tests wait for conditions, so they hold on a busy machine.
  workers: 2,
  forbidOnly: !!process.env.CI,
  reporter: [["list"]],
  snapshotPathTemplate: "{testDir}/visual/{arg}{ext}",
  use: {
    viewport: { width: 360, height: 640 },
    // A control that cannot be pressed fails after 30 s, not at the end of the test.
    actionTimeout: 30_000,
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
    },
  },
});
