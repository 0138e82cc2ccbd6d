// The findings: the pointer or the focus on one marks the layers that it is about; a link shows its line.

view("findings", (section) => {
  const items = [...section.querySelectorAll(".findings-item")];
  const on = marker(), about = new Map();
  for (const item of items) {
    const box = concerned(item);
    if (box) { about.set(item, box); overs(item, () => mark(box), () => mark(null)); }
    else if (item.dataset.line) overs(item, () => say(item, "over-line"), () => say(null, "over-line"));
    item.querySelector("a")?.addEventListener("click", (event) => {
      if (!item.dataset.line || !say(item, "show-line")) return;
      event.preventDefault();
      if (box) choose(box, "findings");
    });
  }
  /** Tells the source of the line of a finding, or of none; says whether there is a source. */
  function say(item, what) {
    const source = sourceBeside(section);
    source?.dispatchEvent(new CustomEvent(what, { detail: item ? Number(item.dataset.line) : 0 }));
    return Boolean(source);
  }
  const lit = (box) => {
    const lines = box && box.parent ? linesIn(box, []) : new Set();
    on(items.filter((item) => {
      if (!box || !box.parent || !about.has(item)) return false;
      const { line } = item.dataset, { start } = about.get(item);
      return line ? lines.has(Number(line)) : box.start <= start && start < box.stop;
    }));
  };
  return { mark: lit };
});

/** The source view that is next to a section: a page of several files may have several. */
function sourceBeside(section) {
  for (let around = section.parentElement; around; around = around.parentElement) {
    const found = around.querySelector('[data-view="source"]');
    if (found) return found;
  }
  return null;
}

/** The box of the first layer that a finding is about. */
function concerned(item) {
  const { line, layer } = item.dataset;
  if (layer) return widened(layers[layer]?.box);
  return line ? widened(layers.find((one) => one.line === Number(line))?.box) : null;
}

/** The layer with its `norm` and `act`, where a box is a part of one. */
function widened(box) {
  return box?.parent?.expanded ? box.parent : box ?? null;
}

/** Calls one function when the pointer or the focus comes into an element, the other when it leaves. */
function overs(element, come, leave) {
  element.addEventListener("pointerenter", come);
  element.addEventListener("pointerleave", leave);
  element.addEventListener("focusin", come);
  element.addEventListener("focusout", leave);
}
