// Runs in the page. Returns what is wrong with it, in words; an empty list is a good page.
() => {
  const wrong = [];
  const short = (node) => node.outerHTML.replace(/\s+/g, " ").slice(0, 120);
  const isShown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)];

  if (!document.documentElement.lang) wrong.push("no lang");
  if (!document.title.trim()) wrong.push("no title");
  if (all("h1").filter(isShown).length !== 1) wrong.push(`${all("h1").length} h1`);
  if (all("main").length !== 1) wrong.push(`${all("main").length} main`);
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (over > 0) {
    const edge = document.documentElement.clientWidth;
    const widest = all("main *").find((node) => isShown(node) && !node.closest(".scroll, svg") && node.getBoundingClientRect().right > edge + 1);
    wrong.push(`${over} px too wide${widest ? ": " + short(widest) : ""}`);
  }
  const ids = all("[id]").map((node) => node.id);
  ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => wrong.push(`id twice: ${id}`));
  all("[aria-labelledby], [aria-describedby]").forEach((node) => {
    for (const name of ["aria-labelledby", "aria-describedby"]) {
      (node.getAttribute(name) ?? "").split(/\s+/).filter(Boolean).forEach((id) => document.getElementById(id) || wrong.push(`${name} names nothing: ${id}`));
    }
  });
  const nameOf = (node) => (node.getAttribute("aria-label") ?? "").trim() || node.textContent.trim()
    || [...node.querySelectorAll("[aria-label], img[alt], svg title")].map((one) => one.ariaLabel ?? one.alt ?? one.textContent).join("").trim();
  all("a[href], button, summary").filter((node) => !nameOf(node)).forEach((node) => wrong.push(`without text: ${short(node)}`));
  all("input:not([type=hidden]), select, textarea").forEach((node) => {
    if (![...node.labels].some((label) => label.textContent.trim()) && !node.ariaLabel) wrong.push(`without a label: ${short(node)}`);
  });
  all("img:not([alt])").forEach((node) => wrong.push(`without alt: ${short(node)}`));
  all("table").forEach((table) => {
    if (!table.querySelector("thead th")) wrong.push(`table without headers: ${short(table)}`);
    table.querySelectorAll("th:not([scope])").forEach((node) => wrong.push(`th without scope: ${short(node)}`));
  });
  let level = 0;
  all("h1, h2, h3, h4").filter((node) => isShown(node) && node.closest("main")).forEach((node) => {
    if (Number(node.tagName[1]) > level + 1) wrong.push(`heading leaps: ${short(node)}`);
    level = Number(node.tagName[1]);
  });

  // Contrast: each text against what is painted under it.
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const colour = (text) => {
    if (!known.has(text)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = text;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
  };
  const onto = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const ratio = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const canvas = getComputedStyle(document.documentElement).colorScheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0, 1] : [255, 255, 255, 1];
  const once = (make) => {
    const made = new Map();
    return (node) => made.get(node) ?? made.set(node, make(node)).get(node);
  };
  const under = once((node) => node === null ? canvas : onto(colour(getComputedStyle(node).backgroundColor), under(node.parentElement)));
  const fading = once((node) => node === null ? 1 : Number(getComputedStyle(node).opacity) * fading(node.parentElement));
  const underDrawn = (text, ground) => {
    const box = text.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
    for (const shape of text.ownerSVGElement.querySelectorAll("rect, text")) {
      if (shape === text) break;
      if (shape.tagName !== "rect") continue;
      const at = shape.getBoundingClientRect(), style = getComputedStyle(shape);
      if (at.left <= x && x <= at.right && at.top <= y && y <= at.bottom && style.fill !== "none" && !style.fill.startsWith("url")) {
        const [r, g, b, a] = colour(style.fill);
        ground = onto([r, g, b, a * Number(style.opacity)], ground);
      }
    }
    return ground;
  };
  const seen = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode, node = text.parentElement;
    if (!text.data.trim() || !isShown(node) || node.closest("style, script, template, option, .skip")) continue;
    const style = getComputedStyle(node), isDrawn = node.closest("svg") !== null;
    let ground = under(node);
    if (isDrawn && style.paintOrder.startsWith("stroke") && style.stroke !== "none") ground = onto(colour(style.stroke), ground);
    else if (isDrawn && node.ownerSVGElement) ground = underDrawn(node, ground);
    const [r, g, b, a] = colour(isDrawn ? style.fill : style.color);
    const found = ratio(onto([r, g, b, a * fading(node)], ground), ground);
    const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const said = `contrast ${found.toFixed(2)}: ${node.tagName.toLowerCase()}.${node.getAttribute("class") ?? ""} "${text.data.trim().slice(0, 40)}"`;
    if (found < (isLarge ? 3 : 4.5) && !seen.has(said)) { seen.add(said); wrong.push(said); }
  }
  return wrong;
}
