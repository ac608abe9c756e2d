// Saves drawings as image files: as SVG with computed styles inlined, or as PNG at twice the size.
const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity", "font-family", "font-size",
  "font-weight", "text-anchor", "dominant-baseline", "vector-effect"];

// Returns a drawing as SVG text that looks the same without the page's style sheets.
function standalone(picture) {
  const copy = picture.cloneNode(true);
  const originals = picture.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((element, number) => {
    const computed = getComputedStyle(originals[number]);
    element.setAttribute("style", STYLES.map((name) => `${name}:${computed.getPropertyValue(name)}`).join(";"));
  });
  const { width, height } = picture.getBoundingClientRect();
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.removeAttribute("style");
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const [x, y, wide, high] = copy.getAttribute("viewBox").split(" ");
  for (const [name, value] of Object.entries({ x, y, width: wide, height: high })) ground.setAttribute(name, value);
  ground.setAttribute("fill", getComputedStyle(document.documentElement).getPropertyValue("--card"));
  copy.prepend(ground);
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

async function asPng({ text, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width * 2, height * 2];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

// Downloads each drawing that the selector matches, as a file of the kind "svg" or "png".
export async function save(selector, kind) {
  for (const picture of document.querySelectorAll(selector)) {
    const drawing = standalone(picture);
    const blob = kind === "png" ? await asPng(drawing) : new Blob([drawing.text], { type: "image/svg+xml" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${picture.getAttribute("aria-label") || "jiedui"}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }
}
