// Subscribes this browser to push notifications about returned entries, and unsubscribes it. The button names what it will do.
const BROWSER = "/api/v1/notices/browser";

async function subscription() {
  const worker = await navigator.serviceWorker.ready;
  return worker.pushManager.getSubscription();
}

function label(button, words) {
  button.textContent = words;
  button.hidden = false;
}

// Shows the button if the browser supports push notifications.
export async function show(button) {
  if (!("PushManager" in window) || !("Notification" in window) || !("serviceWorker" in navigator)) return;
  label(button, (await subscription()) ? button.dataset.off : button.dataset.on);
}

const send = (method, endpoint) =>
  fetch(BROWSER, { method, headers: { "content-type": "application/json" }, body: JSON.stringify({ endpoint }) });

// Subscribes the browser, or unsubscribes it.
export async function toggle(button) {
  const current = await subscription();
  if (current) {
    await send("DELETE", current.endpoint);
    await current.unsubscribe();
    return label(button, button.dataset.on);
  }
  if ((await Notification.requestPermission()) !== "granted") return label(button, button.dataset.denied);
  try {
    const { key } = await (await fetch(BROWSER)).json();
    const worker = await navigator.serviceWorker.ready;
    const created = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const answer = await send("PUT", created.endpoint);
    if (!answer.ok) await created.unsubscribe();
    label(button, answer.ok ? button.dataset.off : button.dataset.failed);
  } catch {
    // The browser's push service is unreachable.
    label(button, button.dataset.failed);
  }
}
