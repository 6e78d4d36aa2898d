// Small comforts of the pages with a question; everything works without them.
"use strict";

(() => {
  const panel = () => document.getElementById("panel");

  function closePanel() {
    panel()?.replaceChildren();
    document.querySelector("tr.is-open")?.classList.remove("is-open");
  }

  // Selecting text in a row must not open it; a click anywhere else in it does.
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-panel]")) {
      const row = document.querySelector("tr.is-open .row-link");
      closePanel();
      row?.focus();
      return;
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
    if (event.key === "Escape" && panel()?.childElementCount) closePanel();
  });

  // A period or a direction applies at once; a free range waits for its dates.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-filters]");
    if (!form) return;
    const period = form.elements.period;
    const dates = [form.elements.date_start, form.elements.date_end];
    if (dates.includes(event.target) && event.target.value) period.value = "custom";
    if (event.target === period && period.value !== "custom") {
      for (const date of dates) date.value = "";
    }
    if (event.target === period && period.value === "custom") {
      dates[0].focus();
    } else if (event.target.matches("[data-autosubmit]")) {
      form.requestSubmit();
    }
  });

  // A refresh replaces the table: the place in it and the open row stay as they were.
  let place = { top: 0, left: 0, key: "" };

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "results") return;
    const wrap = event.target.querySelector(".table-wrap");
    const open = event.target.querySelector("tr.is-open");
    place = { top: wrap?.scrollTop ?? 0, left: wrap?.scrollLeft ?? 0, key: open?.dataset.key ?? "" };
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "results") return;
    const results = document.getElementById("results");
    results.querySelector(".table-wrap")?.scrollTo(place.left, place.top);
    document.body.dispatchEvent(new Event("refreshed")); // the figures above are those of the new rows
    if (place.key) results.querySelector(`tr[data-key="${place.key}"]`)?.classList.add("is-open");
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "panel") return;
    event.target.scrollTop = 0;
    event.target.querySelector("[data-close-panel]")?.focus({ preventScroll: true });
  });
})();
