// Keys of the list, the dialog that names them, and the order of columns; everything works without them.
"use strict";

(() => {
  const root = document.documentElement;
  const covering = window.matchMedia("(max-width: 1099px)");
  const dialog = () => document.getElementById("keys");
  const FIELDS = "input, select, textarea, [contenteditable]";
  const isPlain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey;

  // Where the panel lies over the list, its rows cannot be seen.
  const isCovered = () =>
    covering.matches && document.getElementById("panel")?.childElementCount > 0;

  // From the row with the focus, or else the open one, or else from before the first.
  function step(by) {
    const links = [...document.querySelectorAll("#results tr[data-key] .row-link")];
    if (!links.length || isCovered()) return;
    const row =
      document.activeElement.closest("tr[data-key]") ?? document.querySelector("tr.is-open");
    const at = links.findIndex((link) => row?.contains(link));
    const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1);
    links[next].focus();
    links[next].scrollIntoView({ block: "nearest" });
  }

  function showKeys() {
    if (!dialog()?.open) dialog()?.showModal();
  }

  const KEYS = { j: () => step(1), k: () => step(-1), "?": showKeys };

  document.addEventListener("keydown", (event) => {
    const does = KEYS[event.key];
    if (!does || root.dataset.keys === "off" || !isPlain(event) || event.target.closest(FIELDS)) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    does();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-show-keys]");
    if (!link || !dialog() || !isPlain(event)) return;
    event.preventDefault();
    link.closest("details").open = false;
    showKeys();
  });

  // A column moves in its list at once; without a script the server moves it.
  document.addEventListener("click", (event) => {
    const button = event.target.closest('form[data-columns] button[name="move"]');
    if (!button) return;
    event.preventDefault();
    const item = button.closest("li");
    const beside = button.value.endsWith(":up")
      ? item.previousElementSibling
      : item.nextElementSibling;
    if (beside) button.value.endsWith(":up") ? beside.before(item) : beside.after(item);
    button.focus(); // it was taken off the page for a moment
    const places = [...item.parentElement.children];
    const words = { name: item.innerText.split("\n")[0].trim(), place: places.indexOf(item) + 1, all: places.length };
    const sentence = button.form.dataset.moved.replace(/\{(\w+)\}/g, (_, word) => words[word]);
    document.dispatchEvent(new CustomEvent("announce", { detail: sentence }));
  });
})();
