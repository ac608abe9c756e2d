// Configuration of the browser tests.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "tests",
  timeout: 120_000,
  expect: { timeout: 30_000 },
  // Each worker has a browser, and each test a server. A test waits for timers and for the network about half of its time, so
  // that three workers keep two processors busy.
  workers: 3,
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
