// Pages of the user guide in docs/guide: their sections, and in each the names of controls (bold) and the images, in order.
import { readFile } from "node:fs/promises";
import path from "node:path";

export const GUIDE = path.resolve(import.meta.dirname, "../../docs/guide");
export const LANGUAGES = ["zh-CN", "en"];

export async function read(language, name) {
  const text = await readFile(path.join(GUIDE, language, `${name}.md`), "utf8");
  const [lead, ...rest] = text.split(/^## /m);
  const sections = rest.map((section) => ({ heading: section.slice(0, section.indexOf("\n")), parts: partsOf(section) }));
  return { text, lead, sections };
}

export const partsOf = (text) =>
  [...text.matchAll(/\*\*(.+?)\*\*|!\[[^\]]+\]\(([^)]+)\)/g)].map(([, name, image]) => (name ? { name } : { image }));
