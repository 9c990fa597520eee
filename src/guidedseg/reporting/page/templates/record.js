// Commit, versions, machine and durations: they change from run to run, so they lie beside the page, in run.js.
(() => {
  const record = window.guidedsegRun;
  if (!record) return;
  const place = document.getElementById("record");
  const make = (name, text) => { const element = document.createElement(name); element.textContent = text; return element; };
  const pairs = (title, values, open) => {
    const block = document.createElement("details");
    block.open = open;
    const list = document.createElement("dl");
    list.className = "parameters";
    for (const [key, value] of Object.entries(values)) {
      const row = document.createElement("div");
      row.append(make("dt", key), make("dd", value === null ? "unknown" : value));
      list.append(row);
    }
    block.append(make("summary", title), list);
    return block;
  };
  place.replaceChildren(
    pairs("Code and machine", record.run, true),
    pairs("Durations", record.durations, true),
    pairs("Versions", record.versions, false),
  );
})();
