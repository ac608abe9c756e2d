// Starts the app: the program is fetched while its glue is, and the phone keeps both for when there is no network. All
// files beside this one are of the same build.
function say(chinese, english) {
  const text = document.documentElement.lang === "en" ? english : chinese;
  const notice = document.createElement("p");
  notice.className = "notice bad";
  notice.setAttribute("role", "alert");
  notice.textContent = text;
  document.body.prepend(notice);
}

// Fetched beside the program: once it is needed it may be on the server no more.
const versions = import("./version.js");
versions.then((own) => own.begin()).catch((error) => console.warn("offline use is not possible:", error));
// What does not load may be gone because the server was upgraded. True where the page starts anew, or offers to.
const isLeft = () => versions.then((own) => own.leaveIfGone()).catch(() => false);

function load(file, then) {
  import(file).then(then).catch(async (error) => {
    if (!(await isLeft())) say(String(error), String(error));
  });
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-save]");
  if (!button) return;
  const { save, pictures } = button.dataset;
  load("./picture.js", (own) => own.save(pictures, save));
});
const notify = (way, button) => button && load("./notify.js", (own) => own[way](button));
document.addEventListener("click", (event) => notify("toggle", event.target.closest("[data-notify]")));
document.addEventListener("jiedui-notify", () => notify("show", document.querySelector("[data-notify]")));
document.addEventListener("jiedui-update", () => versions.then((own) => own.update()).catch(() => location.reload()));

async function start() {
  const program = fetch(new URL("jiedui.wasm", import.meta.url));
  const app = await import("./jiedui.js");
  await app.default({ module_or_path: program });
  await versions.then((own) => own.putBack()).catch(() => {});
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
