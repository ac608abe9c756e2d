// Configuration of the browser tests.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "tests",
  timeout: 120_000,
  expect: { timeout: 30_000 },
  // Each worker has a browser, and each test a server. Long files, such as the crawler's, are shared between the workers.
  workers: 2,
  fullyParallel: true,
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
