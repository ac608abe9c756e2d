// Fixtures and helpers of the browser tests: a real server with a new database, and a line to the browser that can be cut.
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect } from "@playwright/test";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import readline from "node:readline";

const PROGRAM = process.env.JIEDUI_PROGRAM ?? path.resolve(import.meta.dirname, "../../target/release/jiedui");

export class Server {
  constructor(folder) {
    this.folder = folder;
    this.env = {
      ...process.env,
      JIEDUI_LISTEN: "127.0.0.1:0",
      JIEDUI_DATABASE_URL: `sqlite://${folder}/jiedui.db`,
      JIEDUI_DATA_DIR: folder,
      RUST_LOG: "warn",
    };
    this.passwords = {};
    // Where a thread of the server panicked: each ends somebody's request.
    this.panics = [];
  }

  static async start() {
    const server = new Server(await mkdtemp(path.join(tmpdir(), "jiedui-")));
    await server.run(["serve", "--demo"], {});
    return server;
  }

  async run(command, env) {
    this.process = spawn(PROGRAM, command, { env: { ...this.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    readline.createInterface({ input: this.process.stderr }).on("line", (line) => {
      process.stderr.write(`${line}\n`);
      if (line.includes("panicked at")) this.panics.push(line);
    });
    for await (const line of readline.createInterface({ input: this.process.stdout })) {
      const [, username, password] = line.match(/^ {2}(\w+) +(\w+)$/) ?? [];
      if (username) this.passwords[username] = password;
      const [, setup] = line.match(/\/setup#(\S+)$/) ?? [];
      if (setup) this.setup = setup;
      if (line.startsWith("http://")) {
        this.port = Number(new URL(line).port);
        break;
      }
    }
  }

  async end() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    await ended;
  }

  // Restarts the server on the same database with other settings.
  async restart(env) {
    await this.end();
    await this.run(["serve"], { JIEDUI_PUBLIC_VIEW: "true", ...env });
  }

  // Runs a command on the same database while the server runs.
  async command(...parameters) {
    await this.commandWithInput("", ...parameters);
  }

  // The same, with a text on standard input.
  async commandWithInput(input, ...parameters) {
    const child = spawn(PROGRAM, parameters, { env: this.env, stdio: ["pipe", "ignore", "inherit"] });
    // A command that reads nothing may end before the text is written.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
  }

  async stop() {
    await this.end();
    await rm(this.folder, { recursive: true });
    expect(this.panics, "the server panicked").toEqual([]);
  }

  // Client of the HTTP API, as another program would use it.
  async api(username) {
    const address = `http://127.0.0.1:${this.port}/api/v1`;
    const body = JSON.stringify({ username, password: this.passwords[username] });
    const json = { "content-type": "application/json" };
    const session = await (await fetch(`${address}/session`, { method: "POST", headers: json, body })).json();
    const headers = { ...json, authorization: `Bearer ${session.token}` };
    return {
      get: async (path) => (await fetch(address + path, { headers })).json(),
      post: async (path, value) =>
        (await fetch(address + path, { method: "POST", headers, body: JSON.stringify(value) })).json(),
      put: async (path, value) => {
        const answer = await fetch(address + path, { method: "PUT", headers, body: JSON.stringify(value) });
        const text = await answer.text();
        expect(answer.status, text).toBeLessThan(300);
        return text && JSON.parse(text);
      },
    };
  }
}

// A line that can be cut: open connections break, and no new ones are accepted until it is restored.
class Line {
  static async to(server) {
    const line = new Line();
    line.sockets = new Set();
    line.open = true;
    // Bytes after which a connection breaks, and the number of broken connections.
    line.bears = Infinity;
    line.breaks = 0;
    line.listener = net.createServer((near) => {
      if (!line.open) return near.destroy();
      const far = net.connect(server.port, "127.0.0.1");
      const holds = new Set();
      let holding;
      near.on("data", (bytes) => {
        const { held } = line;
        if (!held || held.allowance === Infinity || holds.has(held) || !bytes.includes(held.path)) return;
        holds.add(held);
        held.far = far;
        far.unpipe(near);
        // Each connection gets its own bytes: the path may be requested on several ones.
        if (holding) far.off("data", holding);
        holding = (answer) => {
          held.waiting.push({ near, answer });
          Line.pass(held);
        };
        far.on("data", holding);
        far.resume();
      });
      let carried = 0;
      for (const [one, other] of [[near, far], [far, near]]) {
        line.sockets.add(one);
        one.pipe(other);
        one.on("data", (bytes) => {
          carried += bytes.length;
          if (carried <= line.bears || one.destroyed) return;
          line.breaks += 1;
          one.destroy();
        });
        one.on("error", () => other.destroy());
        one.on("close", () => {
          line.sockets.delete(one);
          other.destroy();
        });
      }
    });
    await new Promise((resolve) => line.listener.listen(0, "127.0.0.1", resolve));
    line.address = `http://127.0.0.1:${line.listener.address().port}`;
    return line;
  }

  // Holds back the responses to further requests for a path. `grant` releases more of their bytes.
  hold(path) {
    this.held = { path, waiting: [], allowance: 0 };
  }

  grant(bytes) {
    this.held.allowance += bytes;
    Line.pass(this.held);
  }

  static pass(held) {
    while (held.waiting.length > 0 && held.allowance > 0) {
      const { near, answer } = held.waiting.shift();
      held.allowance -= answer.length;
      if (!near.destroyed) near.write(answer);
    }
  }

  cut() {
    this.held = undefined;
    this.open = false;
    for (const socket of this.sockets) socket.destroy();
  }

  mend() {
    this.open = true;
  }

  async end() {
    this.cut();
    await new Promise((resolve) => this.listener.close(resolve));
  }
}

export const test = base.extend({
  server: async ({}, use) => {
    const server = await Server.start();
    await use(server);
    await server.stop();
  },
  line: async ({ server }, use) => {
    const line = await Line.to(server);
    await use(line);
    await line.end();
  },
  baseURL: async ({ line }, use) => use(line.address),
});

export { expect };

// Collects the errors that a page logs.
export function complaints(page) {
  const errors = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  return errors;
}

// Asserts that the screen meets WCAG 2.2 AA, fits its width, and has controls at least 44 px high and 24 px wide.
export async function expectReadable(page) {
  // Sizes are compared below: axe measures the part of a control that the fixed bars leave uncovered at this scroll position.
  const axe = new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).disableRules(["target-size"]);
  const { violations } = await axe.analyze();
  const screen = page.url();
  expect(violations.map((violation) => `${screen}: ${violation.id}: ${violation.nodes.map((node) => node.html)}`)).toEqual([]);
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  expect(tooWide, `${screen} is wider than the screen`).toBe(false);
  // A radio button and a box are pressed by their labels.
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("a:not(.skip), button, select, input:not([type=radio], label [type=checkbox]), label:has([type=radio], [type=checkbox]), summary")]
      .filter((element) => element.offsetParent)
      .filter((element) => element.getBoundingClientRect().height < 44 || element.getBoundingClientRect().width < 24)
      .map((element) => element.outerHTML)
  );
  expect(small, screen).toEqual([]);
}

export async function signIn(page, server, username) {
  await page.goto("/sign-in");
  await expect(page.locator("html.scripted")).toBeAttached();
  await page.getByLabel("用户名").fill(username);
  await page.getByLabel("密码").fill(server.passwords[username]);
  await page.getByRole("button", { name: "登录" }).click();
  await expect(page.locator("#sync")).toContainText("已同步", { timeout: 90_000 });
}

// Signs the user out on the page with their settings.
export async function signOut(page) {
  await page.locator("nav.rail").getByRole("link", { name: "我的", exact: true }).click();
  await page.getByRole("button", { name: "退出" }).click();
}

// Waits until the app runs and the screen's content has loaded.
export async function contentReady(page) {
  await expect(page.locator("html.scripted")).toBeAttached();
  await expect(page.locator("main")).not.toHaveAttribute("aria-busy", "true");
  await expect(page.locator("main")).not.toBeEmpty();
}

// Waits until the app can start offline.
export async function readyOffline(page) {
  await page.goto("/entries");
  await expect(page.getByText("可离线使用")).toBeVisible();
  // The entries have arrived, too.
  await expect(page.locator("#sync")).toContainText("已同步");
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
    }
  });
}

export async function goOffline(page, line) {
  line.cut();
  await page.context().setOffline(true);
}

export async function goOnline(page, line) {
  line.mend();
  await page.context().setOffline(false);
}

// Chooses the first place that a search in the sheet of the place finds.
export async function choosePlace(page, text) {
  await page.locator("#field-place").click();
  await page.locator(".sheet-panel input").fill(text);
  await page.locator(".place-offers").getByRole("button").first().click();
}

// Fills in a form up to the save button.
export async function fillIn(page, { activity, place, date, values, note }) {
  await page.goto(`/entries/new/${activity}`);
  await choosePlace(page, place);
  if (date) await page.getByLabel("日期").fill(date);
  for (const [code, text] of Object.entries(values)) await page.locator(`#field-values-${code}`).fill(text);
  if (note) await page.getByLabel("备注").fill(note);
}

// A second user on another phone.
export async function another(page, server, username) {
  const context = await page.context().browser().newContext({ viewport: { width: 360, height: 640 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
  const other = await context.newPage();
  await other.goto(`http://127.0.0.1:${server.port}/sign-in`);
  await expect(other.locator("html.scripted")).toBeAttached();
  await other.getByLabel("用户名").fill(username);
  await other.getByLabel("密码").fill(server.passwords[username]);
  await other.getByRole("button", { name: "登录" }).click();
  await expect(other.locator("#sync")).toContainText("已同步");
  return other;
}

export async function save(page) {
  await page.locator("#save").click();
  await expect(page.getByRole("heading", { name: "我的填报" })).toBeVisible();
}
