"""What a person would see at once on a page: boxes and words over each other, cut words, numbers that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: Text and attributes that are a slip of a script.
_SLIPS = r"""
const slip = /\b(NaN|undefined|Infinity)\b|\[object /;
const shown = document.createTreeWalker(document.querySelector("main") || document.body, NodeFilter.SHOW_TEXT);
while (shown.nextNode()) {
  const parent = shown.currentNode.parentElement;
  if (!parent.closest("[data-view=source]") && slip.test(shown.currentNode.data)) found.push(`text: ${shown.currentNode.data.slice(0, 80)}`);
}
for (const one of document.querySelectorAll("main svg, main svg *")) {
  for (const {name, value} of one.attributes) {
    if (/^(data-|aria-)/.test(name)) continue;
    if (slip.test(value)) found.push(`${one.tagName} ${name}=${value.slice(0, 80)}`);
    if (/^(width|height|r)$/.test(name) && parseFloat(value) < 0) found.push(`${one.tagName} ${name}=${value}`);
  }
}
"""

#: An id that is there twice; a label or a control that refers to nothing; an empty view; two main headings.
_STRUCTURE = r"""
const ids = new Map();
for (const one of document.querySelectorAll("[id]")) ids.set(one.id, (ids.get(one.id) || 0) + 1);
for (const [id, times] of ids) if (times > 1) found.push(`id ${id.slice(0, 60)} is there ${times} times`);
for (const name of ["aria-labelledby", "aria-describedby", "aria-controls", "for"])
  for (const one of document.querySelectorAll(`[${name}]`))
    for (const id of one.getAttribute(name).split(/\s+/)) if (!ids.has(id)) found.push(`${name}=${id} leads nowhere`);
for (const name of ["main", "h1"])
  if (document.querySelectorAll(name).length !== 1) found.push(`${document.querySelectorAll(name).length} ${name}`);
const skip = document.querySelector("a[href^='#']");
if (!skip || !document.querySelector(skip.getAttribute("href"))) found.push("no skip link, or it leads nowhere");
for (const view of document.querySelectorAll("[data-view]")) {
  const {width, height} = view.getBoundingClientRect();
  if (width < 50 || height < 20) found.push(`view ${view.dataset.view} is ${width}x${height}`);
}
for (const one of document.querySelectorAll("main svg")) {
  if (one.closest("[aria-hidden=true]") || one.closest("svg[role] svg")) continue;
  if (!one.getAttribute("role") || !(one.getAttribute("aria-label") || one.getAttribute("aria-labelledby")))
    found.push(`svg without role and label in ${one.closest("[data-view]")?.dataset.view}`);
}
"""

#: Boxes of the graph either contain each other or do not touch; each can be reached and has a label.
_BOXES = r"""
const boxes = [...document.querySelectorAll("[data-view=graph] [role=button]")].filter(one => one.closest("svg") || one.hasAttribute("aria-label"));
const places = [];
for (const box of boxes) {
  const label = box.getAttribute("aria-label");
  if (!label) found.push(`graph box without a label: ${box.outerHTML.slice(0, 100)}`);
  const shape = box.querySelector("rect") || box;
  const place = shape.getBoundingClientRect();
  if (place.width) places.push([label || "?", place, box]);
}
for (let i = 0; i < places.length; i++) for (let j = 0; j < i; j++) {
  const [one, a] = places[i], [other, b] = places[j];
  const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const inside = (a, b) => a.left >= b.left - .5 && a.right <= b.right + .5 && a.top >= b.top - .5 && a.bottom <= b.bottom + .5;
  if (wide > .5 && high > .5 && !inside(a, b) && !inside(b, a)) found.push(`boxes overlap: ${one.slice(0, 60)} | ${other.slice(0, 60)}`);
}
"""

#: Words of a picture do not cover each other, and stay in it.
_WORDS = r"""
for (const picture of document.querySelectorAll("main svg")) {
  const frame = picture.getBoundingClientRect();
  if (!frame.width) continue;
  const view = picture.closest("[data-view]")?.dataset.view;
  const words = [...picture.querySelectorAll("text")].filter(one => one.textContent.trim() && one.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}));
  const places = words.map(one => [one.textContent.slice(0, 40), one.getBoundingClientRect()]).filter(([, place]) => place.width);
  for (const [word, place] of places)
    if (place.left < frame.left - 2 || place.right > frame.right + 2 || place.top < frame.top - 2 || place.bottom > frame.bottom + 2)
      found.push(`${view}: "${word}" leaves its picture`);
  for (let i = 0; i < places.length; i++) for (let j = 0; j < i; j++) {
    const [one, a] = places[i], [other, b] = places[j];
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 2 && high > 4) found.push(`${view}: "${one}" over "${other}" by ${Math.round(wide)}x${Math.round(high)}`);
  }
}
"""

#: A word that is cut has the whole in a title.
_CUT = r"""
for (const one of document.querySelectorAll("main *")) {
  if (one.closest("svg") || one.tagName === "PRE" || one.closest("pre, textarea, input")) continue;
  const style = getComputedStyle(one);
  if (style.overflowX === "visible" || style.overflowX === "auto" || style.overflowX === "scroll") continue;
  if (one.scrollWidth > one.clientWidth + 1 && one.clientWidth && one.textContent.trim() && !one.closest("[title]") && !one.querySelector("[title]"))
    found.push(`cut without a title: ${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 60)}`);
}
"""


def seen(page: Page) -> list[str]:
    """What is wrong on the page as it is drawn now."""
    parts = "\n".join(f"{{{part}}}" for part in (_SLIPS, _STRUCTURE, _BOXES, _WORDS, _CUT))
    found: list[str] = page.evaluate(f"() => {{ const found = []; {parts} return found; }}")
    return list(dict.fromkeys(found))[:40]


#: The contrast of each word of a picture with what is painted below it, where it is under 4.5 : 1 (3 : 1 for large words).
_CONTRAST = r"""
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const rgba = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data].map((part, at) => at < 3 ? part : part / 255); };
  const over = ([r, g, b, a], [s, h, c]) => [r * a + s * (1 - a), g * a + h * (1 - a), b * a + c * (1 - a)];
  const light = (color) => color.slice(0, 3).map((part) => (part /= 255) <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4).reduce((sum, part, at) => sum + part * [.2126, .7152, .0722][at], 0);
  const ratio = (one, other) => { const [a, b] = [light(one), light(other)].sort((x, y) => y - x); return (a + .05) / (b + .05); };
  const found = [];
  for (const word of document.querySelectorAll("main svg text")) {
    const place = word.getBoundingClientRect();
    if (!place.width || !word.textContent.trim() || !word.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) continue;
    const x = place.left + place.width / 2, y = place.top + place.height / 2;
    const stack = document.elementsFromPoint(x, y);
    if (!stack.length) continue;
    const paints = [];
    for (const below of stack) {
      if (below === word || word.contains(below) || below.tagName === "text" || below.tagName === "tspan") continue;
      const style = getComputedStyle(below);
      const shape = below.ownerSVGElement && below.tagName !== "g" && below.tagName !== "svg";
      const color = shape ? (style.fill === "none" ? null : rgba(style.fill)) : rgba(style.backgroundColor);
      if (!color) continue;
      color[3] *= (shape ? parseFloat(style.fillOpacity) : 1) * parseFloat(style.opacity);
      if (color[3] > 0) paints.push(color);
      if (color[3] >= 1) break;
    }
    let ground = [255, 255, 255];
    for (const paint of paints.reverse()) ground = over(paint, ground);
    const style = getComputedStyle(word), ink = rgba(style.fill);
    let opacity = parseFloat(style.fillOpacity);
    for (let one = word; one && one.tagName !== "svg"; one = one.parentElement) opacity *= parseFloat(getComputedStyle(one).opacity);
    ink[3] *= opacity;
    const contrast = ratio(over(ink, ground), ground), size = parseFloat(style.fontSize), bold = parseInt(style.fontWeight) >= 700;
    if (contrast < (size >= 24 || (size >= 18.66 && bold) ? 3 : 4.5))
      found.push(`${word.closest("[data-view]")?.dataset.view}: "${word.textContent.slice(0, 30)}" ${contrast.toFixed(2)} : 1 (${style.fill} on ${ground.map(Math.round)})`);
  }
  return [...new Set(found)].slice(0, 20);
}
"""


def faint(page: Page) -> list[str]:
    """Words of pictures with too little contrast, which axe does not look at. Needs a page that is opened for axe."""
    size = page.viewport_size or {"width": 1600, "height": 1000}
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": min(height + 50, 8000)})
    page.add_style_tag(content="*{pointer-events:auto!important;transition:none!important}")
    found: list[str] = page.evaluate(_CONTRAST)
    return found


def unfocused(page: Page, most: int = 400) -> list[str]:
    """Presses Tab through the page: what has the focus without a sign of it. Ends where the focus comes round."""
    found: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        state = page.evaluate(
            """() => {
              const one = document.activeElement;
              if (!one || one === document.body) return null;
              const signs = (element) => { const s = getComputedStyle(element); return [s.outlineStyle + s.outlineWidth + s.outlineColor, s.boxShadow, s.stroke + s.strokeWidth, s.backgroundColor, s.borderColor].join(); };
              const all = [one, ...one.querySelectorAll(":scope > rect, :scope > path")];
              const before = all.map(signs).join();
              const first = !one.dataset.seen; one.dataset.seen = "1";
              one.blur();
              const after = all.map(signs).join();
              one.focus({preventScroll: true, focusVisible: true});
              return [first, before !== after, one.outerHTML.slice(0, 120)];
            }"""
        )
        if state is None or not state[0]:
            break
        if not state[1]:
            found.append(state[2])
    return found
