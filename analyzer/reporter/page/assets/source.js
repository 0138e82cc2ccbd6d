// The source: the layers of the line under the pointer are marked, the lines of marked layers too; a long text is drawn
// in parts, each when it comes into sight.

view("source", (section) => {
  const region = section.querySelector(".source-text"), list = section.querySelector(".source-lines");
  if (!list) return {};
  const { rest = [], wrong = [], calls = [] } = data.source ?? {};
  const PART = 100, LONGEST = 400, DEEPEST = 40;
  const grades = new Map(wrong), uses = linesOf(calls), on = marker(), turns = new Map(), rows = new Map(), parts = [];

  let entry = null; // the row that Tab comes to; arrows go on from there

  /** Gives a row, of the page or of the script, what it does. */
  const alive = (row) => {
    const line = lineOf(row);
    rows.set(line, row);
    if (uses.has(line)) {
      row.dataset.layers = "";
      row.tabIndex = entry ? -1 : 0;
      entry ??= row;
    }
    return row;
  };
  const lineOf = (row) => Number(row.querySelector("b").textContent);
  for (const row of list.querySelectorAll(".source-line")) alive(row);
  const first = rest.length ? rows.size : Infinity;

  function drawn(line) {
    const used = uses.get(line), grade = grades.get(line), whole = rest[line - first - 1];
    const bare = whole.replace(/^ +/, ""), indent = Math.min(whole.length - bare.length, DEEPEST);
    const text = bare.length > LONGEST ? html("span", { title: bare }, cut(bare, LONGEST)) : bare;
    return alive(html("li", { id: `page-line-${line}`, class: `source-line${grade ? ` source-${grade}` : ""}` },
      html("b", {}, String(line)),
      indent ? html("i", {}, " ".repeat(indent)) : null,
      html("code", {}, grade ? html("mark", {}, text) : text),
      used ? html("span", {}, ...volumesOf(used)) : null));
  }

  function fill(part) {
    if (part.drawn) return;
    part.drawn = true;
    const items = [];
    for (let line = part.start; line < part.stop; line += 1) items.push(drawn(line));
    part.element.replaceWith(...items);
    seen?.unobserve(part.element);
    show(marked);
  }

  const seen = rest.length ? new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) fill(parts[Number(entry.target.dataset.part)]);
  }, { root: region, rootMargin: "600px" }) : null;
  for (let start = first + 1; start < first + 1 + rest.length; start += PART) {
    const stop = Math.min(start + PART, first + rest.length + 1);
    const element = html("li", { class: "source-part", "data-part": String(parts.length), "aria-label": `lines ${start} to ${stop - 1}` });
    element.style.height = `${(stop - start) * 1.6}em`;
    parts.push({ start, stop, element, drawn: false });
    list.append(element);
    seen.observe(element);
  }

  const partOf = (line) => (line > first ? parts[Math.floor((line - first - 1) / PART)] : null);

  /** Brings a line into the middle of the region, and nothing else of the page into motion. */
  function reach(line) {
    const part = partOf(line);
    if (part) fill(part);
    const row = rows.get(line);
    if (!row) return null;
    const top = row.getBoundingClientRect().top - region.getBoundingClientRect().top;
    region.scrollTop += top - region.clientHeight / 2 + row.offsetHeight / 2;
    return row;
  }

  function show(box) {
    on(box && box.parent ? [...linesIn(box, calls)].map((line) => rows.get(line)).filter(Boolean) : []);
  }

  const lineAt = (event) => { const row = event.target.closest(".source-line"); return row ? lineOf(row) : 0; };
  list.addEventListener("pointerover", (event) => {
    const used = uses.get(lineAt(event));
    mark(used ? used[Math.min(turns.get(lineAt(event)) ?? 0, used.length - 1)] : null);
  });
  list.addEventListener("pointerleave", () => mark(null));
  list.addEventListener("click", (event) => {
    const line = lineAt(event), used = uses.get(line);
    if (!used || String(getSelection())) return;
    const turn = used.includes(chosen) ? (used.indexOf(chosen) + 1) % used.length : 0;
    turns.set(line, turn);
    choose(used[turn], "source");
  });
  list.addEventListener("focusin", (event) => {
    const used = uses.get(lineAt(event));
    if (!used) return;
    entry.tabIndex = -1;
    entry = event.target;
    entry.tabIndex = 0;
    mark(used[Math.min(turns.get(lineAt(event)) ?? 0, used.length - 1)]);
  });
  list.addEventListener("focusout", () => mark(null));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") event.target.click();
    if (!step) return;
    event.preventDefault();
    for (let line = lineAt(event) + step; rows.has(line) || partOf(line); line += step) {
      if (!uses.has(line)) continue;
      reach(line).focus({ preventScroll: true });
      return;
    }
  });
  section.addEventListener("show-line", (event) => {
    for (const row of list.querySelectorAll("[data-found]")) row.removeAttribute("data-found");
    const row = reach(event.detail);
    row?.setAttribute("data-found", "");
    region.scrollIntoView({ block: "nearest" });
    region.focus({ preventScroll: true });
  });

  section.addEventListener("over-line", (event) => {
    const row = rows.get(event.detail);
    if (row) on([row]); else show(marked);
  });
  if (!data.source) {
    const fault = list.querySelector("mark");
    if (fault) reach(lineOf(fault.closest(".source-line")));
  }
  return {
    mark: show,
    choose: (box, from) => {
      if (!box || !box.parent || from === "source" || from === "findings") return;
      const [line] = linesIn(box, calls);
      if (line) reach(line);
    },
  };
});

/** The boxes that lines are used for, in their order: of layers with their `norm` and `act`, of calls of blocks. */
function linesOf(calls) {
  const found = new Map();
  for (const layer of layers) {
    if (!layer.line) continue;
    const box = widened(layer.box), used = found.get(layer.line);
    if (!used) found.set(layer.line, [box]);
    else if (used[used.length - 1] !== box) used.push(box);
  }
  for (const [line, places] of calls) if (!found.has(line)) found.set(line, places.map((id) => boxes[id]));
  return found;
}

/** What a line puts out: one volume, or the first and the last. */
function volumesOf(used) {
  const one = used[0].output, other = used[used.length - 1].output;
  return one === other ? [one] : [html("span", {}, `${one} \u2026`), ` ${other}`];
}

/** The lines of the layers in a box, and those that call a block in it, which come first. */
function linesIn(box, calls) {
  const found = new Set(calls.filter(([, places]) => places.some((id) => box.contains(boxes[id]))).map(([line]) => line));
  for (let at = box.start; at < box.stop; at += 1) if (layers[at].line) found.add(layers[at].line);
  return found;
}
