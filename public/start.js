// Starts the app: fetches the wasm program and its JavaScript in parallel. All files in this folder are of the same build.

// Trusted Types: the server's Content-Security-Policy allows this policy alone. The app's views write HTML that they have escaped;
// a script's address is one of this server's files, and text is never made a script.
if (window.trustedTypes) {
  window.trustedTypes.createPolicy("default", {
    createHTML: (html) => html,
    createScriptURL: (address) => {
      const { origin, pathname } = new URL(address, location.href);
      if (origin === location.origin && (pathname === "/sw.js" || pathname.startsWith("/pkg/"))) return address;
      throw new TypeError(`not a script of this app: ${address}`);
    },
  });
}

// Shows an error at the top of the page.
function say(chinese, english) {
  const text = document.documentElement.lang === "en" ? english : chinese;
  const notice = document.createElement("p");
  notice.className = "notice bad";
  notice.setAttribute("role", "alert");
  notice.textContent = text;
  document.body.prepend(notice);
}

// Fetched together with the program, since the server may no longer have this file when it is needed.
const versions = import("./version.js");
versions.then((module) => module.begin()).catch((error) => console.warn("offline use is not possible:", error));
// A file that does not load may have been removed by an upgrade of the server. True if the page reloads or offers to.
const isLeft = () => versions.then((module) => module.leaveIfGone()).catch(() => false);

function load(file, then) {
  import(file).then(then).catch(async (error) => {
    if (!(await isLeft())) say(String(error), String(error));
  });
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-save]");
  if (!button) return;
  const { save, pictures } = button.dataset;
  load("./export-image.js", (module) => module.save(pictures, save));
});
const notify = (action, button) => button && load("./push.js", (module) => module[action](button));
document.addEventListener("click", (event) => notify("toggle", event.target.closest("[data-notify]")));
document.addEventListener("jiedui-notify", () => notify("show", document.querySelector("[data-notify]")));
document.addEventListener("jiedui-update", () => versions.then((module) => module.update()).catch(() => location.reload()));

async function start() {
  const program = fetch(new URL("jiedui.wasm", import.meta.url));
  const app = await import("./jiedui.js");
  await app.default({ module_or_path: program });
  await versions.then((module) => module.putBack()).catch(() => {});
  await app.start();
  document.documentElement.classList.add("scripted");
}

if (typeof WebAssembly !== "object") {
  say("浏览器太旧，只能查看，不能填报。请更新浏览器。", "This browser is too old: you can look, but not record. Please update it.");
} else {
  start().catch(async (error) => {
    console.error(error);
    if (await isLeft()) return;
    say("应用没有完整下载，暂时只能查看。请在有网络时重新打开。", "The app has not loaded completely: you can only look for now. Please open it again with a network.");
  });
}
