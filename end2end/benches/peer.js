// PouchDB 9 with a server of its own: express-pouchdb over LevelDB in a temporary folder, on loopback, and a page for it.
import expressPouchdb from "express-pouchdb";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import PouchDB from "pouchdb";

const SCRIPT = createRequire(import.meta.url).resolve("pouchdb/dist/pouchdb.min.js");
const BATCH = 1_000;

// Pulls at the press of the button, then follows; shows the number of entries and the newest fifty. An identifier begins
// with its entry's date, so that no index is needed for them. The number is set last, with the moment at which it is.
const PAGE = `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>PouchDB</title>
<button>pull</button><p></p><ul></ul><script src="/pouchdb.min.js"></script><script>
const db = new PouchDB("entries");
const remote = new PouchDB(location.origin + "/entries");
const options = { batch_size: ${BATCH} };
async function show() {
  const { doc_count } = await db.info();
  const { rows } = await db.allDocs({ include_docs: true, descending: true, limit: 50 });
  document.querySelector("ul").replaceChildren(...rows.map(({ doc }) => {
    const item = document.createElement("li");
    item.textContent = [doc.date, doc.activity, doc.place, doc.state, doc.note].join(" ");
    return item;
  }));
  await new Promise(requestAnimationFrame);
  globalThis.shownAt = performance.now();
  document.querySelector("p").textContent = doc_count;
}
function follow() {
  db.replicate.from(remote, { ...options, live: true, retry: true }).on("change", show);
}
document.querySelector("button").onclick = async () => {
  await db.replicate.from(remote, options);
  await show();
  follow();
};
db.info().then(({ doc_count }) => doc_count > 0 && show());
</script></html>`;

export class Peer {
  static async start() {
    const peer = new Peer();
    peer.folder = await mkdtemp(path.join(tmpdir(), "pouchdb-"));
    const Database = PouchDB.defaults({ prefix: `${peer.folder}/` });
    const app = expressPouchdb(Database, { mode: "minimumForPouchDB", inMemoryConfig: true, logPath: path.join(peer.folder, "log") });
    const script = await readFile(SCRIPT);
    peer.database = new Database("entries");
    peer.listener = http.createServer((request, response) => {
      if (request.url === "/") response.setHeader("content-type", "text/html; charset=utf-8").end(PAGE);
      else if (request.url === "/pouchdb.min.js") response.setHeader("cache-control", "max-age=3600").end(script);
      else app(request, response);
    });
    await new Promise((resolve) => peer.listener.listen(0, "127.0.0.1", resolve));
    peer.address = `http://127.0.0.1:${peer.listener.address().port}`;
    return peer;
  }

  // Stores records as the other server has them.
  async put(records) {
    const documents = records.map(({ id, kind, fields }) => ({ _id: id, kind, ...fields }));
    const body = (docs) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ docs }) });
    for (let first = 0; first < documents.length; first += BATCH) {
      const answer = await fetch(`${this.address}/entries/_bulk_docs`, body(documents.slice(first, first + BATCH)));
      if (!answer.ok) throw new Error(`PouchDB's server answers ${answer.status}`);
    }
  }

  async stop() {
    this.listener.closeAllConnections();
    await new Promise((resolve) => this.listener.close(resolve));
    await this.database.close();
    await rm(this.folder, { recursive: true });
  }
}
