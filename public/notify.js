// Asks the browser's push service to wake this browser when something comes back, or no longer. The button says which it would do.
const BROWSER = "/api/v1/notices/browser";

async function subscription() {
  const worker = await navigator.serviceWorker.ready;
  return worker.pushManager.getSubscription();
}

function say(button, words) {
  button.textContent = words;
  button.hidden = false;
}

// Shows the button where the browser can do it.
export async function show(button) {
  if (!("PushManager" in window) || !("Notification" in window) || !("serviceWorker" in navigator)) return;
  say(button, (await subscription()) ? button.dataset.off : button.dataset.on);
}

const tell = (method, endpoint) =>
  fetch(BROWSER, { method, headers: { "content-type": "application/json" }, body: JSON.stringify({ endpoint }) });

export async function toggle(button) {
  const known = await subscription();
  if (known) {
    await tell("DELETE", known.endpoint);
    await known.unsubscribe();
    return say(button, button.dataset.on);
  }
  if ((await Notification.requestPermission()) !== "granted") return say(button, button.dataset.denied);
  try {
    const { key } = await (await fetch(BROWSER)).json();
    const worker = await navigator.serviceWorker.ready;
    const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const answer = await tell("PUT", made.endpoint);
    if (!answer.ok) await made.unsubscribe();
    say(button, answer.ok ? button.dataset.off : button.dataset.failed);
  } catch {
    // The browser's push service cannot be reached from here.
    say(button, button.dataset.failed);
  }
}
