// Content-Security-Policy and Trusted Types: the app runs under them, and a script that gets into a page does not.
import { expect, signIn, test } from "./jiedui.js";

const SCREENS = ["/", "/indicators/field_surveys", "/report", "/organisations", "/list", "/needs", "/work", "/review", "/entries", "/entries/new", "/import", "/catalogue", "/help"];

test("no screen violates the policy", async ({ page, server }) => {
  const violations = [];
  await page.exposeFunction("violated", (violation) => violations.push(violation));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => window.violated(`${location.pathname}: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  });
  await signIn(page, server, "admin");
  for (const address of SCREENS) {
    await page.goto(address);
    await expect(page.locator("html.scripted")).toBeAttached();
    await expect(page.locator("main")).not.toHaveAttribute("aria-busy", "true");
  }
  // The app still registers its service worker, whose address is checked.
  await expect(page.locator("html")).toHaveAttribute("data-offline", /ready|preparing/);
  expect(violations).toEqual([]);
});

test("inline scripts, handlers and addresses elsewhere are refused", async ({ page, server }) => {
  await page.goto("/");
  await expect(page.locator("html.scripted")).toBeAttached();
  const outcome = await page.evaluate(async () => {
    const element = document.createElement("div");
    element.innerHTML = "<img src=/missing.png onerror=\"window.ran = 'handler'\">";
    const failed = new Promise((done) => element.firstChild.addEventListener("error", done));
    document.body.append(element);
    const refused = (action) => {
      try {
        action();
        return false;
      } catch (error) {
        return error instanceof TypeError;
      }
    };
    const script = document.createElement("script");
    const answers = {
      text: refused(() => { script.text = "window.ran = 'script'"; }),
      address: refused(() => { script.src = "https://example.org/x.js"; }),
      worker: refused(() => new Worker("data:text/javascript,1")),
    };
    await failed;
    return { ...answers, ran: window.ran ?? null };
  });
  expect(outcome).toEqual({ text: true, address: true, worker: true, ran: null });
  // The page itself has no inline script, online and as the shell.
  for (const address of ["/", "/shell"]) {
    const html = await (await page.request.get(`http://127.0.0.1:${server.port}${address}`)).text();
    const inline = [...html.matchAll(/<script(?![^>]*\bsrc=)(?![^>]*type="application\/json")[^>]*>/g)];
    expect(inline.map(([tag]) => tag), address).toEqual([]);
  }
});
