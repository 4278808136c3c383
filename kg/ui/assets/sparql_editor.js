// A SPARQL editor with completion from the ontology, as a component of Streamlit.
// data: {text, revision, label, terms: [[name, label, kind]], prefixes: {prefix: IRI},
//        fault: {line, column, message, number} | null}
// It says {text, revision, time}: as "edited" when the typing pauses, as "run" when it is to be
// asked.
// CodeMirror comes from codemirror.min.js, which tells by an event when it is there.

const PAUSE = 700; // milliseconds without typing after which the text is told to Python
const KEYWORDS = (
  "SELECT DISTINCT REDUCED WHERE CONSTRUCT DESCRIBE ASK FILTER OPTIONAL UNION MINUS BIND VALUES " +
  "UNDEF GRAPH GROUP ORDER BY HAVING LIMIT OFFSET ASC DESC COUNT SUM MIN MAX AVG SAMPLE " +
  "GROUP_CONCAT SEPARATOR AS IN NOT EXISTS BOUND COALESCE IF STR LANG DATATYPE REGEX STRSTARTS " +
  "STRENDS CONTAINS STRLEN SUBSTR UCASE LCASE REPLACE CONCAT STRBEFORE STRAFTER ABS ROUND CEIL " +
  "FLOOR isIRI isBlank isLiteral isNumeric FROM NAMED PREFIX BASE"
).split(" ");

const colour = (name) => `var(--st-${name}-text-color, var(--st-text-color))`;

// What is made from CodeMirror, once for all editors.
let kit;
function toolkit() {
  if (kit) return kit;
  const { Annotation, Decoration, EditorView, HighlightStyle, StateEffect, StateField, tags } = globalThis.CM;
  const highlighting = HighlightStyle.define([
    { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword], color: colour("violet"), fontWeight: "600" },
    { tag: [tags.variableName, tags.name], color: colour("blue") },
    { tag: [tags.string, tags.literal], color: colour("green") },
    { tag: [tags.number, tags.bool, tags.atom], color: colour("orange") },
    { tag: [tags.namespace, tags.propertyName, tags.typeName, tags.url], color: colour("red") },
    { tag: [tags.comment, tags.lineComment], color: colour("gray"), fontStyle: "italic" },
  ]);

  const theme = EditorView.theme({
    "&": {
      color: "var(--st-text-color)",
      backgroundColor: "var(--st-background-color)",
      border: "1px solid var(--st-border-color, rgba(128,128,128,.4))",
      borderRadius: "var(--st-base-radius, .5rem)",
      fontSize: ".85rem",
      maxHeight: "var(--editor-height)",
    },
    "&.cm-focused": { outline: "2px solid var(--st-primary-color)", outlineOffset: "-1px" },
    ".cm-scroller": { fontFamily: "var(--st-code-font, monospace)", minHeight: "9rem", borderRadius: "inherit" },
    ".cm-content": { caretColor: "var(--st-text-color)" },
    ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--st-text-color)" },
    ".cm-gutters": {
      backgroundColor: "var(--st-secondary-background-color)",
      color: colour("gray"),
      border: "none",
    },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "rgba(128,128,128,.1)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
      { backgroundColor: "color-mix(in srgb, var(--st-primary-color) 30%, transparent)" },
    ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
      backgroundColor: "transparent",
      outline: "1px solid var(--st-primary-color)",
    },
    ".cm-selectionMatch": { backgroundColor: "rgba(128,128,128,.25)" },
    ".cm-fault": { backgroundColor: "var(--st-red-background-color)" },
    ".cm-fault-place": { textDecoration: `underline wavy ${colour("red")} 2px` },
    ".cm-tooltip, .cm-panels": {
      backgroundColor: "var(--st-secondary-background-color)",
      color: "var(--st-text-color)",
      border: "1px solid var(--st-border-color, rgba(128,128,128,.4))",
    },
    ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--st-code-font, monospace)", maxWidth: "min(36rem, 85vw)" },
    ".cm-tooltip-autocomplete ul li[aria-selected]": {
      backgroundColor: "var(--st-primary-color)",
      color: "var(--st-background-color)",
    },
    ".cm-completionDetail": { opacity: ".85" },
    ".cm-button": {
      backgroundImage: "none",
      backgroundColor: "var(--st-background-color)",
      color: "var(--st-text-color)",
    },
    ".cm-textfield": { backgroundColor: "var(--st-background-color)", color: "var(--st-text-color)" },
  });

  const fromPython = Annotation.define(); // changes that nobody typed

  // The line of an error; it goes when the text changes.
  const setFault = StateEffect.define();
  const fault = StateField.define({
    create: () => Decoration.none,
    update(marks, transaction) {
      for (const effect of transaction.effects)
        if (effect.is(setFault)) return marked(transaction.state.doc, effect.value);
      return transaction.docChanged ? Decoration.none : marks;
    },
    provide: (field) => EditorView.decorations.from(field),
  });

  function marked(doc, place) {
    if (!place || place.line < 1 || place.line > doc.lines) return Decoration.none;
    const line = doc.line(place.line);
    const attributes = { "aria-invalid": "true", title: place.message };
    const found = [Decoration.line({ class: "cm-fault", attributes }).range(line.from)];
    const from = Math.min(line.from + Math.max(0, (place.column ?? 1) - 1), line.to);
    if (from < line.to) found.push(Decoration.mark({ class: "cm-fault-place" }).range(from, line.to));
    return Decoration.set(found);
  }

  return (kit = { fault, fromPython, highlighting, setFault, theme });
}

// Inserts a term and, where the query has not declared its prefix, the declaration on top.
function inserting(name, prefixes) {
  const prefix = name.slice(0, name.indexOf(":"));
  return (view, _, from, to) => {
    const text = view.state.doc.toString();
    const changes = [{ from, to, insert: name }];
    const known = new RegExp(`PREFIX\\s+${prefix}:`, "i").test(text);
    if (!known && prefixes[prefix]) {
      const header = /^(#[^\n]*\n)*/.exec(text)[0].length;
      const declaration = `PREFIX ${prefix}: <${prefixes[prefix]}>\n`;
      changes.unshift({ from: Math.min(header, from), insert: declaration });
    }
    const set = view.state.changes(changes);
    view.dispatch({ changes: set, selection: { anchor: set.mapPos(to, 1) }, userEvent: "input.complete" });
  };
}

function options({ terms, prefixes }) {
  const named = terms.map(([name, label, kind]) => ({
    label: name, detail: label, type: kind, apply: inserting(name, prefixes),
  }));
  const labelled = terms.filter(([, label]) => label).map(([name, label, kind]) => ({
    label, detail: name, type: kind, apply: inserting(name, prefixes), boost: -20,
  }));
  const keywords = KEYWORDS.map((label) => ({ label, type: "keyword", boost: 10 }));
  const declared = Object.keys(prefixes).map((prefix) => ({
    label: `${prefix}:`, detail: prefixes[prefix], type: "namespace",
  }));
  const declarations = Object.entries(prefixes).map(([prefix, iri]) => ({
    label: `${prefix}:`, detail: iri, type: "namespace", apply: `${prefix}: <${iri}>`,
  }));
  return { names: [...named, ...declared], words: [...keywords, ...labelled, ...named], declarations };
}

function completing(offered) {
  return (context) => {
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    if (/(^|[^<])#|<[^>\s]*$/.test(before.replace(/<[^>]*>/g, "<>"))) return null;
    if (/^[^"]*("[^"]*"[^"]*)*"[^"]*$/.test(before)) return null;
    const variable = context.matchBefore(/[?$]\w*/);
    if (variable) {
      const names = new Set(context.state.doc.toString().match(/[?$]\w+/g) ?? []);
      names.delete(variable.text);
      return { from: variable.from, options: [...names].map((label) => ({ label, type: "variable" })) };
    }
    const word = context.matchBefore(/[A-Za-z][\w-]*:?[\w.-]*/);
    if (!word && !context.explicit) return null;
    const from = word ? word.from : context.pos;
    if (/PREFIX\s+[\w-]*:?$/i.test(before)) return { from, options: offered.declarations };
    const named = word && word.text.includes(":");
    return { from, options: named ? offered.names : offered.words, validFor: /^[\w-]*:?[\w.-]*$/ };
  };
}

function mount(root, component) {
  const { EditorView, Prec, SparqlLanguage, autocompletion, basicSetup, keymap, syntaxHighlighting } = globalThis.CM;
  const { fault, fromPython, highlighting, theme } = toolkit();
  const { data } = component;
  const editor = { component, revision: data.revision, fault: "", told: data.text };
  const offered = options(data);
  let timer;

  const text = () => editor.view.state.doc.toString();
  const said = () => {
    clearTimeout(timer);
    editor.told = text();
    return { text: editor.told, revision: editor.revision, time: performance.now() };
  };
  const tell = () => {
    if (text() !== editor.told) editor.component.setStateValue("edited", said());
  };
  const run = () => {
    editor.component.setTriggerValue("run", said());
    return true;
  };
  const watching = EditorView.updateListener.of((update) => {
    if (!update.docChanged || update.transactions.some((t) => t.annotation(fromPython))) return;
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE);
  });
  const attributes = { "aria-label": data.label, "aria-describedby": "hint", tabindex: "0" };
  editor.view = new EditorView({
    root: root instanceof ShadowRoot ? root : undefined,
    parent: root.querySelector(".editor"),
    doc: data.text,
    extensions: [
      Prec.highest(keymap.of([{ key: "Mod-Enter", run, preventDefault: true }])),
      basicSetup,
      SparqlLanguage,
      syntaxHighlighting(highlighting),
      autocompletion({ override: [completing(offered)], icons: false }),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of(attributes),
      fault,
      theme,
      watching,
      EditorView.domEventHandlers({ blur: () => void tell() }),
    ],
  });
  root.querySelector("button").onclick = run;
  editor.stop = () => {
    clearTimeout(timer);
    editor.view.destroy();
  };
  return editor;
}

// Takes over what Python says, where it is new: another text, another fault.
function update(editor, { text, revision, fault: place }) {
  const { EditorView } = globalThis.CM;
  const { fromPython, setFault } = toolkit();
  const { view } = editor;
  if (revision !== editor.revision) {
    editor.revision = revision;
    editor.told = text;
    view.dispatch({
      changes: { from: 0, to: view.state.doc.length, insert: text },
      annotations: fromPython.of(true),
    });
  }
  const said = JSON.stringify([place, revision]);
  if (said === editor.fault) return;
  editor.fault = said;
  const effects = [setFault.of(place)];
  if (place && place.line <= view.state.doc.lines)
    effects.push(EditorView.scrollIntoView(view.state.doc.line(place.line).from));
  view.dispatch({ effects });
}

const mounted = new WeakMap();

export default function (component) {
  const { parentElement: root, data } = component;
  const show = () => {
    if (!mounted.has(root)) mounted.set(root, mount(root, component));
    const editor = mounted.get(root);
    editor.component = component;
    update(editor, data);
  };
  if (globalThis.CM) show();
  else globalThis.addEventListener("codemirror", show, { once: true });
  return () => {
    globalThis.removeEventListener("codemirror", show);
    mounted.get(root)?.stop();
    mounted.delete(root);
  };
}
