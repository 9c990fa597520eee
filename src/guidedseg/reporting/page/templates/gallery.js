// Filters, order, views and enlarging of the test images. Without scripts all images are shown.
(() => {
  const form = document.getElementById("filters");
  const list = document.getElementById("cases");
  const cases = [...list.children];
  const large = document.getElementById("large");
  const flips = large.querySelectorAll("[data-flip]");
  const dice = new Map(cases.map((item) => [item, JSON.parse(item.dataset.dice)]));
  const outcomes = new Map(cases.map((item) => [item, JSON.parse(item.dataset.outcomes)]));
  const gain = (item) => dice.get(item).guided - dice.get(item).direct;
  let shown = cases;
  let opened = null;

  const by = {
    worst: (branch) => (a, b) => dice.get(a)[branch] - dice.get(b)[branch],
    best: (branch) => (a, b) => dice.get(b)[branch] - dice.get(a)[branch],
    loss: () => (a, b) => gain(a) - gain(b),
    gain: () => (a, b) => gain(b) - gain(a),
    name: () => () => 0,
  };

  function update() {
    const chosen = Object.fromEntries(new FormData(form));
    const low = Number(chosen.low), high = chosen.high === "" ? 100 : Number(chosen.high);
    list.dataset.view = large.dataset.view = chosen.view;
    for (const button of flips) button.setAttribute("aria-pressed", button.dataset.flip === chosen.view);
    shown = cases.filter((item) => {
      const score = dice.get(item)[chosen.branch];
      return (!chosen.pathology || item.dataset.pathology === chosen.pathology)
        && (!chosen.patient || item.dataset.patient === chosen.patient)
        && (!chosen.outcome || outcomes.get(item)[chosen.branch] === chosen.outcome)
        && item.dataset.name.toLowerCase().includes(chosen.name.toLowerCase())
        && score >= low && score <= high;
    }).sort(by[chosen.order](chosen.branch)); // the sort is stable: equal scores stay in the order of their names
    list.replaceChildren(...shown);
    document.getElementById("count").textContent = `${shown.length} of ${cases.length} images`;
    document.getElementById("none").hidden = shown.length > 0;
  }

  function enlarge(item) {
    opened = item;
    document.getElementById("large-title").textContent = item.dataset.name;
    document.getElementById("large-picture").replaceChildren(item.querySelector(".picture").cloneNode(true));
    const scores = Object.entries(dice.get(item)).map(([branch, value]) => `${branch} ${value}`).join(", ");
    document.getElementById("large-about").textContent =
      `${item.dataset.pathology}, patient ${item.dataset.patient}. Dice under strict, %: ${scores}`;
    if (!large.open) large.showModal();
  }

  function step(by) {
    const place = shown.indexOf(opened) + by;
    if (shown[place]) enlarge(shown[place]);
  }

  form.addEventListener("input", update);
  form.addEventListener("reset", () => setTimeout(update));
  form.addEventListener("submit", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button.open");
    if (button) enlarge(button.closest("li"));
  });
  document.getElementById("previous").addEventListener("click", () => step(-1));
  document.getElementById("next").addEventListener("click", () => step(1));
  document.getElementById("close").addEventListener("click", () => large.close());
  large.addEventListener("click", (event) => {
    if (event.target === large) large.close();
    if (event.target.dataset.flip) { form.elements.view.value = event.target.dataset.flip; update(); }
  });
  large.addEventListener("close", () => { if (opened) opened.querySelector("button").focus(); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (large.open && event.key === "ArrowLeft") step(-1);
    if (large.open && event.key === "ArrowRight") step(1);
    if (event.target.matches("input[type=number], input[type=search], select")) return;
    const view = form.querySelectorAll("input[name=view]")[Number(event.key) - 1];
    if (view) { view.checked = true; update(); }
  });
  update();
})();
