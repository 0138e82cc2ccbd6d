// The network as a graph: boxes over a picture of their edges. Which row, column and track each has comes with the data
// (`columns` of graph.py); here sizes are stacked, and boxes fold and open. Only what is open is in the document.

{
const METRICS = [["macs", "MACs"], ["shared.parameters", "parameters"], ["activation", "activations"]];

view("graph", (section) => {
  const place = section.querySelector(".graph-place");
  const open = new Set(data.graph.open), elements = new Map(), lit = marker();
  const canvas = html("div", { class: "graph-canvas" });
  const scroller = html("div", { class: "graph-scroll", role: "group", "aria-label": place.dataset.label }, canvas);
  let metric = "macs", current = null, picture = null, drawn = null;

  const button = (text, title, onclick) => html("button", { type: "button", class: "page-button", title, onclick }, text);
  const fold = button("fold", "Fold all blocks", () => { open.clear(); open.add(0); draw(); });
  const unfold = button("unfold 1", "Open all blocks that are shown folded", deeper);
  section.querySelector(".page-head").append(
    segments("Tint of the boxes", METRICS, metric, (value) => { metric = value; tint(); }), fold, unfold,
  );
  place.append(scroller);

  /** Stacks and draws what is open. Elements stay those of their boxes, so that the focus stays too. */
  function draw(kept = null) {
    const before = kept && elements.get(kept.id)?.getBoundingClientRect();
    const width = Math.floor(Math.min(Math.max((scroller.clientWidth - 32 - 4 * GRAPH.pad - GRAPH.space - 22) / 2, GRAPH.narrow), GRAPH.wide));
    drawn = graphArranged(open, width);
    const scene = graphPictured(drawn);
    if (picture) scene.classList.add("graph-new");
    canvas.style.width = `${drawn.width}px`;
    canvas.style.height = `${drawn.height}px`;
    settle(picture !== null);
    if (picture) picture.replaceWith(scene); else canvas.prepend(scene);
    picture = scene;
    fold.disabled = open.size < 2;
    unfold.disabled = !closed().length || drawn.shown.length > GRAPH.most;
    tint();
    entitle();
    aim(current && drawn.at.has(current.id) ? current : nearest(current));
    if (before) {
      const after = elements.get(kept.id).getBoundingClientRect();
      scroller.scrollTop += after.top - before.top;
      scroller.scrollLeft += after.left - before.left;
    }
    show(marked);
  }

  /** An element for each box that is shown, in the order of the network. */
  function settle(again) {
    for (const [id, element] of elements) {
      if (!drawn.at.has(id)) { element.remove(); elements.delete(id); }
    }
    let last = null;
    for (const spot of drawn.shown) {
      let element = elements.get(spot.box.id);
      if (!element) {
        element = boxed(spot.box);
        if (again) element.classList.add("graph-new");
        elements.set(spot.box.id, element);
        if (last) last.after(element); else canvas.insertBefore(element, picture?.nextSibling ?? null);
      }
      const { style } = element;
      style.left = `${spot.x}px`; style.top = `${spot.y}px`; style.width = `${spot.width}px`; style.height = `${spot.height}px`;
      element.classList.toggle("graph-open", spot.open);
      if (spot.box.parts.length) element.setAttribute("aria-expanded", String(spot.open));
      last = element;
    }
  }

  /** Colour and words for the share of each box in what is counted. */
  function tint() {
    const whole = sum(metric), [, words] = METRICS.find(([name]) => name === metric);
    for (const { box } of drawn.shown) {
      const part = sum(metric, box.start, box.stop), element = elements.get(box.id);
      const share = Number(whole) ? Number(part) / Number(whole) : 0;
      element.style.setProperty("--graph-share", `${Math.round(44 * Math.sqrt(share))}%`);
      const said = Number(part) ? percent(part, whole) : "";
      element.querySelector(".graph-share").textContent = said;
      const letters = 7.4 * box.label.length + 6.8 * said.length + (box.parts.length ? 12 : 0) + (box.times > 1 ? 22 : 0);
      element.classList.toggle("graph-long", letters + 54 > drawn.closed);
      const parts = [box.title, box.kind, `output ${box.output}`, `${percent(part, whole)} of ${words}`];
      if (box.layers > 1) parts.push(plural(box.layers, "layer"));
      element.setAttribute("aria-label", parts.map((text) => cut(text, 200)).join(", "));
    }
    canvas.dataset.metric = metric.replace("shared.", "");
  }

  /** Gives every text that is cut a title with the whole. */
  function entitle() {
    const texts = [...canvas.querySelectorAll(".graph-name, .graph-kind")];
    const cuts = texts.map((text) => text.scrollWidth > text.clientWidth);
    texts.forEach((text, at) => { if (cuts[at]) text.title = text.textContent; else text.removeAttribute("title"); });
  }

  const closed = () => drawn.shown.filter((spot) => spot.box.parts.length && !spot.open).map((spot) => spot.box);
  function deeper() {
    let room = GRAPH.most - drawn.shown.length;
    for (const box of closed()) {
      if (box.parts.length > room) break;
      room -= box.parts.length;
      open.add(box.id);
    }
    draw();
  }

  /** The innermost shown box that holds this one. */
  function nearest(box) {
    for (let at = box; at && at.parent; at = at.parent) if (drawn.at.has(at.id)) return at;
    return drawn.shown[0]?.box ?? null;
  }

  /** The one box that Tab enters. */
  function aim(box) {
    const had = current && elements.get(current.id);
    if (had) had.tabIndex = -1;
    current = box;
    if (box) elements.get(box.id).tabIndex = 0;
  }

  function toggle(box) {
    if (!open.delete(box.id)) open.add(box.id);
    draw(box);
  }

  function act(box) {
    aim(box);
    if (box.parts.length) toggle(box);
    choose(box, "graph");
  }

  function reveal(box) {
    const spot = drawn.at.get(box.id), room = 24;
    const { clientWidth, clientHeight } = scroller;
    const left = spot.x + canvas.offsetLeft, top = spot.y + canvas.offsetTop;
    if (top - room < scroller.scrollTop || top + Math.min(spot.height, clientHeight) + room > scroller.scrollTop + clientHeight) {
      scroller.scrollTop = top - Math.max((clientHeight - spot.height) / 3, room);
    }
    if (left - 4 < scroller.scrollLeft || left + Math.min(spot.width, clientWidth) + 4 > scroller.scrollLeft + clientWidth) {
      scroller.scrollLeft = left - Math.max((clientWidth - spot.width) / 2, 4);
    }
  }

  function show(box) {
    const at = box && box.parent ? nearest(box) : null;
    lit(at && (at === box || at.contains(box)) ? [elements.get(at.id), ...(drawn.edges.get(at.id) ?? [])] : []);
  }

  const boxOf = (event) => { const found = event.target.closest("[data-box]"); return found && boxes[found.dataset.box]; };
  canvas.addEventListener("pointerover", (event) => mark(boxOf(event)));
  canvas.addEventListener("pointerleave", () => mark(null));
  canvas.addEventListener("focusin", (event) => { const box = boxOf(event); if (box) { aim(box); mark(box); } });
  canvas.addEventListener("focusout", () => mark(null));
  canvas.addEventListener("click", (event) => { const box = boxOf(event); if (box) act(box); });
  canvas.addEventListener("keydown", (event) => {
    const box = boxOf(event);
    if (!box || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(box); return; }
    const next = beside(drawn, box, event.key);
    if (next === undefined) return;
    event.preventDefault();
    if (!next) return;
    elements.get(next.id).focus({ preventScroll: true });
    reveal(next);
    elements.get(next.id).scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  /** A wide picture is printed smaller. */
  const paper = matchMedia("print");
  paper.addEventListener("change", () => {
    const room = Math.min(scroller.clientWidth - 32, 680);
    canvas.style.zoom = paper.matches ? String(Math.min(1, room / drawn.width)) : "";
  });

  draw();
  const middle = () => { scroller.scrollLeft = Math.max(drawn.axis - scroller.clientWidth / 2, 0); };
  middle();
  let seen = scroller.clientWidth;
  new ResizeObserver(() => { if (scroller.clientWidth !== seen) { seen = scroller.clientWidth; draw(); middle(); } }).observe(scroller);

  return {
    mark: show,
    choose(box, from) {
      if (!box || !box.parent || from === "graph") return;
      const path = box.path.filter((one) => !open.has(one.id));
      for (const one of path) open.add(one.id);
      aim(nearest(box));
      if (path.length) draw();
      aim(box);
      reveal(box);
      if (from === "address") elements.get(box.id).scrollIntoView({ block: "nearest", inline: "nearest" });
    },
  };
});

/** The element of a box: glyph, name, kind, share. */
function boxed(box) {
  const element = html("div", {
    class: `graph-box${box.parts.length ? " graph-block" : ""}${box.times > 1 ? " graph-stack" : ""}`,
    role: "button", tabindex: "-1", "data-box": box.id,
  });
  element.append(
    html("span", { class: "graph-glyph" }, glyph(box.output)),
    html("span", { class: "graph-name" }, box.label + (box.times > 1 ? ` ${TIMES}${count(box.times)}` : "")),
    html("span", { class: "graph-kind" }, box.kind),
    html("span", { class: "graph-share" }),
  );
  return element;
}

/** A volume in its proportions, both logarithms: height is the spatial size, width the depth. A vector is a bar. */
function glyph(volume) {
  const sizes = sizesOf(volume), depth = sizes.at(-1), spatial = sizes.slice(0, -1);
  const scale = (number, most) => Math.max(2, Math.min(most, (most * Math.log2(1 + number)) / 11));
  const wide = scale(depth, 20), mark = html("i", {});
  if (!spatial.length) {
    mark.className = "graph-vector";
    mark.style.width = "4px";
    mark.style.height = `${scale(depth, 28)}px`;
    return mark;
  }
  const cells = spatial.reduce((one, other) => one * other, 1) ** (1 / spatial.length);
  mark.className = spatial.length === 1 ? "graph-tokens" : spatial.length > 2 ? "graph-deep" : "";
  mark.style.width = `${wide}px`;
  mark.style.height = `${spatial.length === 1 ? scale(cells, 28) : 2 + scale(cells, 28)}px`;
  return mark;
}

// ---------------------------------------------------------------- arrow keys

/** The box that an arrow key leads to; null for none, undefined for another key. */
function beside(drawn, box, key) {
  const spot = drawn.at.get(box.id), order = drawn.shown;
  if (key === "Home") return order[0].box;
  if (key === "End") return order.at(-1).box;
  const next = () => order[order.indexOf(spot) + 1]?.box ?? null;
  if (key === "ArrowDown") return spot.open ? next() : below(drawn, spot) ?? next();
  if (key === "ArrowUp") return above(drawn, spot) ?? order[order.indexOf(spot) - 1]?.box ?? null;
  if (key !== "ArrowLeft" && key !== "ArrowRight") return undefined;
  const side = key === "ArrowLeft" ? -1 : 1, middle = (one) => one.x + one.width / 2;
  const level = (one) => one.y < spot.y + spot.height && one.y + one.height > spot.y;
  const there = order.filter((one) => (middle(one) - middle(spot)) * side > 1 && level(one));
  there.sort((one, other) => Math.abs(middle(one) - middle(spot)) - Math.abs(middle(other) - middle(spot)));
  return there[0]?.box ?? null;
}

/** The first box that reads this one; behind the last box of a block those that read the block. */
function below(drawn, { scope, item }) {
  const found = scope.edges.filter((edge) => edge.source === item);
  const into = found.filter((edge) => edge.target?.part).sort((one, other) => one.target.y - other.target.y || one.target.x - other.target.x);
  if (into.length) return into[0].target.part;
  const around = drawn.at.get(scope.box.id);
  return around ? below(drawn, around) : null;
}

/** The last box that this one reads; at the upper border of a block the block. */
function above(drawn, { scope, item }) {
  const from = scope.edges.filter((edge) => edge.target === item).map((edge) => edge.source);
  let best = null;
  for (const source of from) if (source?.part && (!best || source.y > best.y)) best = source;
  if (!best) return scope.box.parent ? scope.box : null;
  let part = best.part;
  for (let spot = drawn.at.get(part.id); spot.open; spot = drawn.at.get(part.id)) part = part.parts.at(-1);
  return part;
}
}
