// The user guide in docs/guide. Each page is walked step by step in the running app, in both languages, so it names no
// control that the screens lack. The steps are in end2end/guide/. UPDATE_GUIDE=1 also takes its screenshots.
import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { administrator } from "../guide/administrator.js";
import { coordinator } from "../guide/coordinator.js";
import { GUIDE, LANGUAGES, partsOf, read } from "../guide/pages.js";
import { PLACE } from "../guide/preparations.js";
import { recorder } from "../guide/recorder.js";
import { reviewer } from "../guide/reviewer.js";
import { viewer } from "../guide/viewer.js";
import { walk } from "../guide/walk.js";
import { expect, signIn, test } from "./jiedui.js";

const PHONE = { width: 360, height: 640 };
const DESK = { width: 1440, height: 900 };
const LARGEST_IMAGES = 2_400_000;

const GUIDES = {
  recorder: { viewport: PHONE, walked: recorder },
  reviewer: { viewport: PHONE, walked: reviewer, username: "reviewer" },
  coordinator: { viewport: DESK, walked: coordinator, username: "coordinator" },
  administrator: { viewport: DESK, walked: administrator, username: "admin" },
  viewer: { viewport: DESK, walked: viewer, username: "viewer" },
};

for (const [name, { viewport, walked, username }] of Object.entries(GUIDES)) {
  for (const language of LANGUAGES) {
    test.describe(() => {
      test.use({ viewport });

      test(`${name} guide names only what the screens have, ${language}`, async ({ page, server, line }) => {
        test.setTimeout(300_000);
        const { lead, sections } = await read(language, name);
        expect(partsOf(lead), "a name is in a section").toEqual([]);
        page.on("dialog", (dialog) => dialog.accept());
        if (username) await signIn(page, server, username);
        if (language === "en") {
          await page.goto("/me");
          await expect(page.locator("html.scripted")).toBeAttached();
          await page.locator("main [lang=en]").click();
          await expect(page.locator("html.scripted[lang=en]")).toBeAttached();
        }
        await walk({ page, server, line, language }, sections, walked);
      });
    });
  }
}

test("guide's pages are alike in both languages and linked", async () => {
  const names = ["index", ...Object.keys(GUIDES)];
  for (const language of LANGUAGES) {
    expect((await readdir(path.join(GUIDE, language))).sort()).toEqual(names.map((name) => `${name}.md`).sort());
    const { text } = await read(language, "index");
    for (const name of Object.keys(GUIDES)) expect(text).toContain(`(${name}.md)`);
  }
  for (const name of names) {
    const [chinese, english] = await Promise.all(LANGUAGES.map((language) => read(language, name)));
    const shape = ({ text }) =>
      text.split(/\n+/).filter(Boolean).map((line) => line.match(/^(#+ |\d+\. |!|`)/)?.[0] ?? "text");
    expect(shape(english), name).toEqual(shape(chinese));
    expect(english.text.match(/\([\w-]+\.md\)/g), name).toEqual(chinese.text.match(/\([\w-]+\.md\)/g));
    for (const { text } of [chinese, english]) {
      for (const [, target] of text.matchAll(/\[[^\]]+\]\(([\w-]+)\.md\)/g)) expect(names).toContain(target);
      // CommonMark prints the asterisks of emphasis that ends with a bracket or a stop and is followed by a letter.
      for (const [all, name, next] of text.matchAll(/\*\*(.+?)\*\*(.?)/gu)) expect(/[^\p{L}\d]$/u.test(name) && /[\p{L}\d]/u.test(next), all).toBe(false);
    }
  }
});

test("guide's commands are accepted by the program", async ({ server }) => {
  for (const language of LANGUAGES) {
    const { text } = await read(language, "administrator");
    const commands = [...text.matchAll(/`jiedui ([^`]+)`/g)].map(([, words]) => words.split(" "));
    expect(commands).toHaveLength(7);
    for (const words of commands) await server.command(...words, "--help");
    for (const [, option] of text.matchAll(/`(--\w+)`/g)) {
      const value = option === "--everywhere" ? [] : [PLACE];
      await server.command("user", "add", "--username", "x", "--role", "recorder", option, ...value, "--help");
    }
    for (const [, role] of text.matchAll(/`([a-z]+)`/g)) await server.command("user", "add", "--username", "x", "--role", role, "--help");
  }
});

test("guide's images exist, with the right size and a small total", async () => {
  const named = new Set();
  for (const [name, { viewport }] of Object.entries(GUIDES)) {
    for (const language of LANGUAGES) {
      for (const { image } of partsOf((await read(language, name)).text).filter((part) => part.image)) {
        const file = path.join(GUIDE, language, image);
        const bytes = await readFile(file);
        expect(bytes.subarray(1, 4).toString(), image).toBe("PNG");
        expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], image).toEqual([viewport.width, viewport.height]);
        named.add(path.basename(file));
      }
    }
  }
  const files = await readdir(path.join(GUIDE, "images"));
  expect(files.sort(), "every image is in the guide").toEqual([...named].sort());
  const sizes = await Promise.all(files.map(async (file) => (await stat(path.join(GUIDE, "images", file))).size));
  expect(sizes.reduce((all, one) => all + one, 0)).toBeLessThan(LARGEST_IMAGES);
});
