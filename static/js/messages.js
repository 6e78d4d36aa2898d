// Rows, the panel beside them, and the refresh; everything works without them.
"use strict";

(() => {
  const panel = () => document.getElementById("panel");
  const covering = window.matchMedia("(max-width: 1099px)");
  let coveredAt = ""; // address of the list that the panel lies over, with a step of its own in the history

  function closePanel() {
    const row = document.querySelector("tr.is-open");
    panel()?.replaceChildren();
    row?.classList.remove("is-open");
    (row?.querySelector(".row-link") ?? document.querySelector("#results .table-wrap"))?.focus();
    coveredAt = "";
  }

  const leavePanel = () => (coveredAt ? history.back() : closePanel());

  // Where the panel covers the list, Back leads to the list. htmx must not load it again.
  window.addEventListener(
    "popstate",
    (event) => {
      if (coveredAt !== location.href) return;
      event.stopImmediatePropagation();
      closePanel();
    },
    true,
  );

  // Selecting text in a row must not open it; a click anywhere else in it does.
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-panel]")) return leavePanel();
    if (event.target.closest("[data-refresh-now]")) {
      document.querySelector("[data-refresher]")?.dispatchEvent(new Event("now"));
    }
    const row = event.target.closest("tr[data-key]");
    if (!row) return;
    const link = row.querySelector(".row-link");
    if (event.target.closest("a") !== link && event.target.closest("a, button")) return;
    document.querySelector("tr.is-open")?.classList.remove("is-open");
    row.classList.add("is-open");
    if (!event.target.closest("a") && !String(window.getSelection())) link.click();
  });

  document.addEventListener("keydown", (event) => {
    const isOver = document.querySelector("dialog[open]");
    const closes = event.key === "Escape" && !event.defaultPrevented && !isOver;
    if (closes && panel()?.childElementCount) leavePanel();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "content") coveredAt = "";
    if (event.target.id !== "panel") return;
    event.target.scrollTop = 0;
    event.target.querySelector("[data-close-panel]")?.focus({ preventScroll: true });
    if (!covering.matches) return;
    if (!history.state?.panel) history.pushState({ panel: true }, "");
    coveredAt = location.href;
  });

  // Older messages take the place of what asked for them, and the focus of the keyboard with it.
  document.addEventListener("htmx:afterSettle", (event) => {
    const asked = event.detail.requestConfig?.elt;
    if (!asked?.matches("[data-earlier], [data-unheard] a")) return;
    const first = event.target.matches(".turns") && event.target.querySelector(".bubble");
    if (!first || document.activeElement !== document.body) return;
    first.tabIndex = -1;
    first.focus({ preventScroll: true });
  });

  // A refresh that fails leaves what stands, and says why it is no newer.
  function keep(target, why) {
    const note = target?.querySelector("[data-stale]");
    if (!note) return false;
    const reason = note.querySelector("[data-why]");
    if (reason.textContent !== why) reason.textContent = why;
    note.hidden = false;
    return true;
  }
  const refreshes = (detail) => detail.requestConfig.elt.matches("[data-refresher], #figures");

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.shouldSwap || !refreshes(event.detail)) return;
    const answer = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
    const trouble = answer.querySelector("[data-trouble]")?.dataset.trouble;
    if (trouble && keep(event.detail.target, trouble)) event.detail.shouldSwap = false;
  });

  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      const { detail } = event;
      if (refreshes(detail) && keep(detail.target, document.body.dataset.failed)) {
        event.preventDefault();
      }
    });
  }

  // A refresh replaces the table: the open row and the focus stay as they were.
  let place = { key: "", focus: "" };

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "results" || !event.detail.shouldSwap) return;
    const open = event.target.querySelector("tr.is-open");
    const focus = document.activeElement.closest("tr[data-key]");
    place = {
      key: open?.dataset.key ?? "",
      focus: focus?.dataset.key ?? "",
    };
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "results") return;
    const results = document.getElementById("results");
    const row = (key) => key && results.querySelector(`tr[data-key="${key}"]`);
    document.body.dispatchEvent(new Event("refreshed")); // the figures above are those of the new rows
    if (place.key) row(place.key)?.classList.add("is-open");
    if (place.focus) row(place.focus)?.querySelector(".row-link").focus({ preventScroll: true });
  });
})();
