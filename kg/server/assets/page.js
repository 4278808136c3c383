// The start page: a query, its result as a table or text, the saved questions. No library.
"use strict";

const PREFIXES = {
  hcc: "https://w3id.org/hcc-kg/",
  rdf: "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
  rdfs: "http://www.w3.org/2000/01/rdf-schema#",
  owl: "http://www.w3.org/2002/07/owl#",
  xsd: "http://www.w3.org/2001/XMLSchema#",
  skos: "http://www.w3.org/2004/02/skos/core#",
  dcterms: "http://purl.org/dc/terms/",
  prov: "http://www.w3.org/ns/prov#",
  oa: "http://www.w3.org/ns/oa#",
  sh: "http://www.w3.org/ns/shacl#",
};
const FIRST = `PREFIX hcc: <${PREFIXES.hcc}>

SELECT ?therapy ?verdict (COUNT(*) AS ?patients)
WHERE {
    ?node a hcc:TherapyVerdict ;
        hcc:therapy ?therapy ;
        hcc:verdict ?verdict .
}
GROUP BY ?therapy ?verdict
ORDER BY ?therapy ?verdict
`;
const TABLES = [
  ["CSV", "text/csv", "csv"],
  ["TSV", "text/tab-separated-values", "tsv"],
  ["JSON", "application/sparql-results+json", "json"],
  ["XML", "application/sparql-results+xml", "xml"],
];
const GRAPHS = [
  ["Turtle", "text/turtle", "ttl"],
  ["N-Triples", "application/n-triples", "nt"],
  ["RDF/XML", "application/rdf+xml", "rdf"],
  ["JSON-LD", "application/ld+json", "jsonld"],
];
const SHOWN = 1000; // rows
const ACCEPT = "application/sparql-results+json, text/turtle;q=0.9";

const at = (id) => document.getElementById(id);
let running = null;
let answered = ""; // the query whose result is shown

function tell(text, bad = false) {
  at("status").textContent = text;
  at("status").className = bad ? "bad" : "";
}

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

async function ask(query, accept, signal) {
  const headers = { Accept: accept, "Content-Type": "application/sparql-query" };
  if (at("token").value) headers.Authorization = `Bearer ${at("token").value}`;
  const response = await fetch("sparql", { method: "POST", headers, body: query, signal });
  if (!response.ok) throw new Error(`${response.status}: ${(await response.text()).trim()}`);
  return response;
}

function shortened(iri) {
  for (const [prefix, base] of Object.entries(PREFIXES)) {
    if (iri.startsWith(base) && iri.length > base.length) return `${prefix}:${iri.slice(base.length)}`;
  }
  return iri;
}

function cell(term) {
  if (!term) return element("td");
  if (term.type !== "uri") {
    const number = /#(integer|decimal|double|float)$/.test(term.datatype || "");
    const made = element("td", term.type === "bnode" ? `_:${term.value}` : String(term.value), number ? "number" : "");
    if (term["xml:lang"]) made.append(" ", element("small", `@${term["xml:lang"]}`));
    return made;
  }
  const made = element("td", shortened(term.value));
  made.title = term.value;
  return made;
}

function table(result) {
  const names = result.head.vars;
  const made = document.createElement("table");
  const head = made.createTHead().insertRow();
  for (const name of names) {
    const th = element("th", name);
    th.scope = "col";
    head.append(th);
  }
  const body = made.createTBody();
  for (const row of result.results.bindings.slice(0, SHOWN)) {
    body.insertRow().append(...names.map((name) => cell(row[name])));
  }
  return made;
}

function downloads(kinds) {
  at("kinds").replaceChildren(
    ...kinds.flatMap(([label, media, ending]) => {
      const button = element("button", label);
      button.type = "button";
      button.addEventListener("click", () => download(media, ending));
      return [button, " "];
    }),
  );
  at("downloads").hidden = false;
}

async function download(media, ending) {
  try {
    const blob = await (await ask(answered, media)).blob();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `result.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  } catch (error) {
    tell(error.message, true);
  }
}

async function show(response, seconds) {
  const took = `in ${seconds} s`;
  if (!response.headers.get("Content-Type").includes("json")) {
    at("result").replaceChildren(element("pre", await response.text()));
    downloads(GRAPHS);
    return tell(`A graph ${took}`);
  }
  const result = await response.json();
  downloads(TABLES);
  if ("boolean" in result) {
    at("result").replaceChildren(element("pre", String(result.boolean)));
    return tell(`An answer ${took}`);
  }
  const rows = result.results.bindings.length;
  at("result").replaceChildren(table(result));
  const cut = rows > SHOWN ? `; the first ${SHOWN} are shown, a download has all` : "";
  return tell(`${rows} ${rows === 1 ? "row" : "rows"} ${took}${cut}`);
}

async function run(event) {
  event?.preventDefault();
  running?.abort();
  const mine = (running = new AbortController());
  const query = at("query").value;
  history.replaceState(null, "", `#query=${encodeURIComponent(query)}`);
  at("stop").hidden = false;
  at("downloads").hidden = true;
  at("result").replaceChildren();
  tell("Running …");
  const start = performance.now();
  try {
    const response = await ask(query, ACCEPT, mine.signal);
    answered = query;
    await show(response, ((performance.now() - start) / 1000).toFixed(2));
  } catch (error) {
    if (mine === running) tell(error.name === "AbortError" ? "Stopped" : error.message, true);
  } finally {
    if (mine === running) {
      running = null;
      at("stop").hidden = true;
    }
  }
}

function addPrefixes() {
  const text = at("query").value;
  const missing = Object.entries(PREFIXES).filter(
    ([prefix]) =>
      new RegExp(`(^|[^\\w:])${prefix}:`).test(text) &&
      !new RegExp(`prefix\\s+${prefix}:`, "i").test(text),
  );
  const lines = missing.map(([prefix, base]) => `PREFIX ${prefix}: <${base}>\n`).join("");
  if (lines) at("query").setRangeText(lines, 0, 0, "preserve");
  tell(lines ? `Added ${missing.length}` : "No known prefix is missing");
}

async function loadSaved() {
  const headers = at("token").value ? { Authorization: `Bearer ${at("token").value}` } : {};
  const response = await fetch("queries", { headers });
  if (!response.ok) return;
  const saved = await response.json();
  const choice = at("saved");
  choice.replaceChildren(choice.options[0]);
  for (const each of saved) {
    const option = element("option", each.title);
    option.value = each.name;
    choice.append(option);
  }
  choice.onchange = () => {
    const each = saved.find((one) => one.name === choice.value);
    at("question").textContent = each ? each.question : "";
    if (each) at("query").value = each.query;
  };
}

at("form").addEventListener("submit", run);
at("stop").addEventListener("click", () => running?.abort());
at("prefixes").addEventListener("click", addPrefixes);
at("token").addEventListener("change", loadSaved);
at("query").addEventListener("keydown", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  if (event.key === "Enter") run(event);
  if (event.key === " ") {
    event.preventDefault();
    addPrefixes();
  }
});
at("address").textContent = new URL("sparql", location).href;
const linked = new URLSearchParams(location.hash.slice(1)).get("query");
at("query").value = linked || FIRST;
loadSaved();
