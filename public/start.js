// Starts the app: the program is fetched while its glue is, and the phone keeps both for when there is no network.
(function () {
  function say(text) {
    document.body.insertAdjacentHTML("afterbegin", "<p class='notice bad' role='alert'>" + text + "</p>");
  }
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register("/sw.js").catch((error) => console.warn("offline use is not possible:", error));
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-save]");
    if (!button) return;
    const { save, pictures } = button.dataset;
    import("/picture.js").then((own) => own.save(pictures, save)).catch((error) => say(String(error)));
  });
  const notify = (way, button) => button && import("/notify.js").then((own) => own[way](button)).catch((error) => say(String(error)));
  document.addEventListener("click", (event) => notify("toggle", event.target.closest("[data-notify]")));
  document.addEventListener("jiedui-notify", () => notify("show", document.querySelector("[data-notify]")));
  if (typeof WebAssembly !== "object") {
    say("浏览器太旧，只能查看，不能填报。请更新浏览器。");
    return;
  }
  const program = fetch("/pkg/jiedui.wasm");
  import("/pkg/jiedui.js")
    .then(async (app) => {
      await app.default({ module_or_path: program });
      await app.start();
      document.documentElement.classList.add("scripted");
    })
    .catch((error) => {
      console.error(error);
      say("应用没有完整下载，暂时只能查看。请在有网络时重新打开。");
    });
})();
