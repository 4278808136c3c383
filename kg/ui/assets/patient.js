// The second click of a double click is none: what came to stand under it was not meant. On a
// choice that has the focus the keys y, n and u mean yes, no and unknown.
if (!window.hccFocus) {
  document.addEventListener("click", (event) => {
    if (event.detail > 1 && event.target.closest(".st-key-patient-record .stButtonGroup")) {
      event.stopPropagation();
      event.preventDefault();
    }
  }, true);
  document.addEventListener("keydown", (event) => {
    const group = event.target.closest(".st-key-patient-record .stButtonGroup");
    const word = {y: "yes", n: "no", u: "unknown"}[event.key.toLowerCase()];
    if (!group || !word || event.ctrlKey || event.metaKey || event.altKey) return;
    const found = [...group.querySelectorAll("button")].find((b) => b.textContent.trim() === word);
    if (found) { event.preventDefault(); found.click(); found.focus(); }
  });
  // Puts a field in focus; until it is drawn, for ten seconds at most.
  window.hccFocus = (name, looks = 100) => {
    const field = document.querySelector(`.st-key-field-${name}`);
    const input = field?.querySelector("input, button[role], button");
    if (!input) return void (looks && setTimeout(hccFocus, 100, name, looks - 1));
    field.scrollIntoView({ block: "center" });
    input.focus();
  };
}
