// A graph to look at and to pick nodes from, as a component of Streamlit.
// data: {nodes: [{id, label, full, kind, column, row}], edges: [{source, target, kind}],
//        layout: "tree" | "columns" | "free", selected, label, height}
// Cytoscape comes from cytoscape.min.js, which tells by an event when it is there.

const ROW = 30, INDENT = 18, PAD = 8, FONT = 13;
const graphs = new WeakMap();

function colours(element) {
  const style = getComputedStyle(element);
  return (name, otherwise) => style.getPropertyValue("--st-" + name).trim() || otherwise;
}

function sheet(element) {
  const of = colours(element);
  const text = of("text-color", "#222"), ground = of("background-color", "#fff");
  const second = of("secondary-background-color", "#eee"), line = of("border-color", "#999");
  const primary = of("primary-color", "#0b6e99");
  const tint = (name) => ({
    "background-color": of(name + "-background-color", second),
    "border-color": of(name + "-text-color", line),
    color: of(name + "-text-color", text),
  });
  return [
    { selector: "node", style: {
      label: "data(label)", shape: "round-rectangle", width: "data(width)", height: ROW - 6,
      "background-color": second, "border-color": line, "border-width": 1, "border-opacity": 0.6, color: text,
      "font-size": FONT, "font-family": of("font", "sans-serif"), "text-valign": "center",
      "text-halign": "center", "text-wrap": "ellipsis", "text-max-width": "data(room)",
      "overlay-opacity": 0 } },
    { selector: "edge", style: {
      width: 1.2, "line-color": text, "line-opacity": 0.35, "curve-style": "straight", "overlay-opacity": 0 } },
    { selector: "edge.free", style: {
      label: "data(label)", color: text, "font-size": FONT - 2, "font-family": of("font", "sans-serif"),
      "text-rotation": "autorotate", "text-background-color": ground, "text-background-opacity": 0.8,
      "curve-style": "bezier", "target-arrow-shape": "triangle", "target-arrow-color": text, "arrow-scale": 0.8 } },
    { selector: "edge.column", style: { "source-endpoint": "90deg", "target-endpoint": "270deg" } },
    { selector: "edge.column[kind = 'part']", style: {
      "curve-style": "round-taxi", "taxi-direction": "rightward", "taxi-turn": "50%" } },
    { selector: "edge.tree", style: {
      "curve-style": "segments", "edge-distances": "endpoints", "segment-weights": "data(weight)",
      "segment-distances": "data(distance)", "source-endpoint": "data(from)", "target-endpoint": "270deg" } },
    { selector: "edge[kind = 'also']", style: { "line-style": "dashed" } },
    { selector: "node[kind = 'group']", style: { "background-opacity": 0, "border-width": 0, "font-weight": "bold" } },
    { selector: "node[kind = 'mentioned']", style: { "background-opacity": 0, "border-style": "dashed" } },
    ...["green", "blue", "red", "orange", "violet", "gray"].map((name) =>
      ({ selector: `node[kind = '${name}']`, style: tint(name) })),
    { selector: ".far", style: { opacity: 0.25 } },
    { selector: "edge.near", style: { "line-color": primary, "line-opacity": 1, width: 2, "z-index": 2 } },
    { selector: "node.hover", style: { "border-color": primary, "border-opacity": 1, "border-width": 2 } },
    { selector: "node.chosen", style: { "border-color": primary, "border-opacity": 1, "border-width": 3, "font-weight": "bold" } },
    { selector: "node[kind = 'group'].chosen, node[kind = 'group'].hover", style: { "border-width": 2 } },
  ];
}

function measured(element, label) {
  const canvas = (measured.canvas ||= document.createElement("canvas").getContext("2d"));
  canvas.font = `bold ${FONT}px ${colours(element)("font", "sans-serif")}`;
  return Math.ceil(canvas.measureText(label).width) + 18;
}

// An edge of the tree leaves the parent below (or above) its first letter, then goes to the child.
function bend(edge) {
  const [source, target] = [edge.source(), edge.target()];
  const left = (node) => node.position("x") - node.data("width") / 2;
  const way = target.position("y") - source.position("y");
  const [down, right] = [way - Math.sign(way) * (ROW / 2 - 3), left(target) - left(source) - 10];
  const square = down * down + right * right;
  edge.addClass("tree");
  edge.data({
    from: `${10 - source.data("width") / 2}px ${Math.sign(way) * (ROW / 2 - 3)}px`,
    weight: (down * down) / square,
    distance: (right * down) / Math.sqrt(square),
  });
}

function place(cy, element, layout) {
  const width = element.clientWidth;
  const nodes = cy.nodes().toArray();
  const size = (node, most) => {
    const found = Math.min(measured(element, node.data("label")), most);
    node.data({ width: found, room: found - 10 });
    return found;
  };
  if (layout === "tree") {
    for (const node of nodes) {
      const left = PAD + node.data("column") * INDENT;
      const wide = size(node, width - left - PAD);
      node.position({ x: left + wide / 2, y: PAD + (node.data("row") + 0.5) * ROW });
    }
    for (const edge of cy.edges()) bend(edge);
    return;
  }
  if (layout === "free") {
    cy.edges().addClass("free");
    for (const node of nodes) size(node, 180);
    cy.layout({ name: "cose", animate: false, randomize: true, nodeRepulsion: 20000, idealEdgeLength: 90, padding: PAD }).run();
    return;
  }
  cy.edges().addClass("column");
  const columns = [...new Set(nodes.map((n) => n.data("column")))].sort((a, b) => a - b);
  const wants = columns.map((c) => Math.max(...nodes.filter((n) => n.data("column") === c)
    .map((n) => measured(element, n.data("label")))));
  const gaps = Math.max(24, Math.min(200, (width - 2 * PAD - wants.reduce((a, b) => a + b, 0)) / Math.max(1, columns.length - 1)));
  const room = width - 2 * PAD - gaps * (columns.length - 1);
  const short = Math.min(...wants), scale = Math.min(1, room / wants.reduce((a, b) => a + b, 0));
  let given = wants.map((w) => Math.max(Math.min(w, short), w * scale));
  const over = given.reduce((a, b) => a + b, 0) - room;
  if (over > 0) given[given.indexOf(Math.max(...given))] -= over;
  const rows = Math.max(...nodes.map((n) => n.data("row"))) + 1;
  let left = PAD;
  columns.forEach((column, i) => {
    const members = nodes.filter((n) => n.data("column") === column);
    const count = Math.max(...members.map((n) => n.data("row"))) + 1;
    for (const node of members) {
      size(node, given[i]);
      node.data({ width: given[i], room: given[i] - 10 });
      const step = count < 2 ? 0 : ((rows - 1) / (count - 1)) * ROW;
      const y = ROW / 2 + node.data("row") * step;
      node.position({ x: left + given[i] / 2, y: PAD + y });
    }
    left += given[i] + gaps;
  });
}

function mark(cy, selected) {
  cy.elements().removeClass("chosen near far");
  const node = selected ? cy.getElementById(selected) : cy.collection();
  if (node.empty()) return;
  node.addClass("chosen");
  if (node.connectedEdges().hasClass("tree") || node.data("plain")) return;
  const way = node.union(node.predecessors()).union(node.successors());
  cy.elements().difference(way).addClass("far");
  way.edges().addClass("near");
}

function make(element) {
  const cy = globalThis.cytoscape({
    container: element, autoungrabify: true, boxSelectionEnabled: false,
    userZoomingEnabled: false, userPanningEnabled: false, zoom: 1, pan: { x: 0, y: 0 },
  });
  const graph = { cy, drawn: null, data: null, pick: () => {} };
  graph.again = () => {
    const free = graph.data.layout === "free";
    cy.resize();
    cy.userPanningEnabled(free);
    if (!free) cy.zoom(1).pan({ x: 0, y: 0 });
    if (!free || graph.placed !== graph.drawn) place(cy, element, graph.data.layout);
    if (free && (graph.placed !== graph.drawn || graph.width !== cy.width())) cy.fit(undefined, PAD);
    graph.placed = graph.drawn;
    graph.width = cy.width();
    cy.style(sheet(element));
    mark(cy, graph.data.selected);
  };
  cy.on("tap", "node", (event) => graph.pick(event.target.id()));
  cy.on("mouseover", "node", (event) => {
    event.target.addClass("hover");
    element.style.cursor = "pointer";
    element.title = event.target.data("full") || event.target.data("label");
  });
  cy.on("mouseout", "node", (event) => {
    event.target.removeClass("hover");
    element.style.cursor = "";
    element.title = "";
  });
  graph.sizes = new ResizeObserver(() => graph.again());
  // A change of theme changes colours of the element, and a transition tells of it.
  element.addEventListener("transitionend", () => graph.again());
  element.cy = cy;
  return graph;
}

function draw(element, data, pick) {
  let graph = graphs.get(element);
  if (!graph) graphs.set(element, (graph = make(element)));
  graph.data = data;
  graph.pick = pick;
  const drawn = JSON.stringify([data.nodes, data.edges, data.layout]);
  if (graph.drawn !== drawn) {
    graph.drawn = drawn;
    graph.cy.elements().remove();
    graph.cy.add([
      ...data.nodes.map((node) => ({ group: "nodes", data: { width: 10, room: 10, ...node } })),
      ...data.edges.map((edge) => ({ group: "edges", data: { from: "90deg", weight: 0.5, distance: 0, ...edge } })),
    ]);
  }
  graph.again();
  graph.sizes.observe(element);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const element = parentElement.querySelector(".graph");
  element.style.height = data.height + "px";
  element.setAttribute("aria-label", data.label);
  element.setAttribute("role", "img"); // an image only once it has its name
  const show = () => draw(element, data, (id) => setTriggerValue("clicked", id));
  if (globalThis.cytoscape) show();
  else globalThis.addEventListener("cytoscape", show, { once: true });
  return () => {
    globalThis.removeEventListener("cytoscape", show);
    const graph = graphs.get(element);
    if (!graph) return;
    graph.sizes.disconnect();
    graph.cy.destroy();
    graphs.delete(element);
  };
}
