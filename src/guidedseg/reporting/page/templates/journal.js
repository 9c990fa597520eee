// Where, when and with what every artifact was made: it changes from run to run, so it lies beside the page, in run.js.
(() => {
  const entries = window.guidedsegRun;
  if (!entries) return;
  const place = document.getElementById("journal");
  const make = (name, ...content) => { const element = document.createElement(name); element.append(...content); return element; };
  const rows = JSON.parse(place.dataset.made).map(([stage, outs]) => {
    const path = Object.keys(outs).find(out => entries[out]?.md5 === outs[out]);
    return {path: path ?? Object.keys(outs)[0] ?? stage, entry: entries[path]};
  });
  rows.push({path: "report/index.html", entry: entries["report/index.html"]});

  // What several artifacts were made with is said once, then what others were made with only where it differs.
  const settings = [];
  for (const row of rows) {
    if (!row.entry) continue;
    const {commit, "uncommitted changes": changes, machine, versions} = row.entry;
    const setting = {code: {commit: commit?.slice(0, 10), "uncommitted changes": changes, ...machine}, versions: {...versions}};
    row.setting = settings.findIndex(known => JSON.stringify(known) === JSON.stringify(setting));
    if (row.setting < 0) row.setting = settings.push(setting) - 1;
  }
  const letter = index => String.fromCharCode(65 + index);
  const several = settings.length > 1;

  const block = (title, values, open) => {
    const list = make("dl");
    list.className = "parameters";
    for (const [key, value] of Object.entries(values)) list.append(make("div", make("dt", key), make("dd", value ?? "unknown")));
    const details = make("details", make("summary", title), list);
    details.open = open;
    return details;
  };
  const differing = setting => {
    const [all, first] = [setting, settings[0]].map(({code, versions}) => ({...code, ...versions}));
    return Object.fromEntries(Object.entries(all).filter(([key, value]) => value !== first[key]));
  };
  const duration = seconds => seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(Math.round(seconds) / 60)} min ${Math.round(seconds) % 60} s`;
  const cells = ({entry, setting}) => [
    duration(entry.seconds), entry.finished, [`${entry.threads} thread${entry.threads === 1 ? "" : "s"}`, entry.gpu].filter(Boolean).join(", "),
    ...(several ? [letter(setting)] : []),
  ];

  const body = make("tbody");
  for (const row of rows) {
    const missing = make("td", "made elsewhere or restored from DVC's cache: not on record");
    missing.colSpan = several ? 4 : 3;
    missing.className = "words quiet";
    const line = make("tr", make("th", row.path), ...(row.entry ? cells(row).map(cell => make("td", cell)) : [missing]));
    line.firstChild.scope = "row";
    body.append(line);
  }
  const heads = ["Artifact", "took", "finished", "on", ...(several ? ["made with"] : [])].map(name => make("th", name));
  for (const head of heads) head.scope = "col";
  const table = make("div", make("table", make("thead", make("tr", ...heads)), body));
  Object.assign(table, {className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Where and when each artifact was made"});

  const [first, ...others] = settings;
  place.replaceChildren(
    ...(first ? [block(several ? "A: code and machine" : "Code and machine", first.code, true)] : []),
    ...others.map((setting, index) => block(`${letter(index + 1)}: as A, but`, differing(setting), true)),
    table,
    ...(first ? [block(several ? "Versions of A" : "Versions", first.versions, false)] : []),
  );
})();
