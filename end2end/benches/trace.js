// Measures the cost of a page in its browser: tasks of the main thread, frames, memory, bytes of the network.

const CATEGORIES = ["disabled-by-default-devtools.timeline", "disabled-by-default-devtools.timeline.frame", "devtools.timeline", "toplevel"];

// Traces the page during `during`. Returns the longest task of its main thread in milliseconds, the number of tasks above 50
// ms, and frames a second.
export async function traced(browser, page, during) {
  await browser.startTracing(page, { categories: CATEGORIES });
  const begin = Date.now();
  try {
    await during();
  } catch (error) {
    await browser.stopTracing();
    throw error;
  }
  const seconds = (Date.now() - begin) / 1000;
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const thread = ({ pid, tid }) => `${pid}:${tid}`;
  const main = new Set(traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(thread));
  const tasks = traceEvents.filter((event) => event.name === "RunTask" && event.dur && main.has(thread(event))).map(({ dur }) => dur / 1000);
  const frames = traceEvents.filter(({ name }) => name === "DrawFrame").length;
  return { longest: Math.round(Math.max(...tasks)), over_50_ms: tasks.filter((task) => task > 50).length, frames_per_second: Math.round(frames / seconds) };
}

// Makes a page's wasm memory readable by `usedMemory`; to be called before the page is opened.
export async function watchWasm(target) {
  await target.addInitScript(() => {
    for (const name of ["instantiate", "instantiateStreaming"]) {
      const original = WebAssembly[name];
      WebAssembly[name] = async (...given) => {
        const made = await original.apply(WebAssembly, given);
        const { memory } = (made.instance ?? made).exports;
        if (memory) globalThis.wasmMemory = () => memory.buffer.byteLength;
        return made;
      };
    }
  });
}

// Returns the bytes in use after a garbage collection: JavaScript heap and wasm; and the number of nodes.
export async function usedMemory(page, devtools) {
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  const { nodes } = await devtools.send("Memory.getDOMCounters");
  const wasm = await page.evaluate(() => globalThis.wasmMemory());
  return { heap: usedSize, nodes, wasm };
}

// Counts the bytes that a page receives over the network, heads included, as they were encoded.
export class Traffic {
  static async of(devtools) {
    const traffic = new Traffic();
    traffic.requests = new Map();
    devtools.on("Network.requestWillBeSent", ({ requestId, request }) => traffic.requests.set(requestId, { path: new URL(request.url).pathname, bytes: 0, ended: false }));
    devtools.on("Network.dataReceived", ({ requestId, encodedDataLength }) => traffic.change(requestId, (request) => (request.bytes += encodedDataLength)));
    devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => traffic.change(requestId, (request) => Object.assign(request, { bytes: encodedDataLength, ended: true })));
    devtools.on("Network.loadingFailed", ({ requestId }) => traffic.change(requestId, (request) => (request.ended = true)));
    await devtools.send("Network.enable");
    return traffic;
  }

  change(requestId, by) {
    const request = this.requests.get(requestId);
    if (request) by(request);
  }

  forget() {
    this.requests.clear();
  }

  // True once the stream of changes is open and everything else has arrived: nothing more is fetched until something changes.
  get isCurrent() {
    const requests = [...this.requests.values()];
    const isStream = ({ path }) => path.endsWith("/live");
    return requests.some(isStream) && requests.every((request) => request.ended || isStream(request));
  }

  bytes(isCounted) {
    return [...this.requests.values()].filter(({ path }) => isCounted(path)).reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
