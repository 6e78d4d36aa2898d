// The form of a question and the way to its answer; everything works without it.
"use strict";

(() => {
  const filters = "form[data-filters]";
  const forms = `${filters}, form[data-search]`;
  const TOKEN = '[name="csrfmiddlewaretoken"]';

  // A period or a direction applies at once; a free range waits for its dates.
  document.addEventListener("change", (event) => {
    const form = event.target.closest(filters);
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

  // A login in another tab makes this page's token old. The refusal brings the new one: once more.
  document.addEventListener("htmx:responseError", (event) => {
    const { elt, xhr } = event.detail;
    if (xhr.status !== 403 || !elt.matches(forms) || elt.dataset.renewed) return;
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    const token = page.querySelector(TOKEN)?.value;
    if (!token || !page.querySelector("[data-stale-form]")) return;
    event.preventDefault();
    document.querySelectorAll(TOKEN).forEach((input) => (input.value = token));
    elt.dataset.renewed = "true";
    setTimeout(() => elt.requestSubmit());
  });

  // What leaves the page awaits no answer any more: a late count must not meet the next list.
  const asking = new WeakMap();
  document.addEventListener("htmx:beforeRequest", ({ detail }) => asking.set(detail.elt, detail.xhr));
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    const xhr = asking.get(event.target);
    if (!xhr || xhr.readyState === XMLHttpRequest.DONE) return;
    xhr.onabort = null; // htmx would complain of it in the console
    xhr.abort();
  });

  // While the answer is on its way the old one fades, and what was clicked says so.
  function mark(event, isBusy) {
    const { elt, target } = event.detail;
    if (target?.id !== "content") return;
    for (const one of [target, elt.closest("th")]) one?.setAttribute("aria-busy", String(isBusy));
  }
  document.addEventListener("htmx:beforeRequest", (event) => mark(event, true));
  document.addEventListener("htmx:afterRequest", (event) => mark(event, false));

  // The answer replaces the form: what was typed in the meantime stays, and so does the place.
  let kept = {};

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "content") return;
    const field = document.activeElement;
    const sent = event.detail.requestConfig.parameters[field.name] ?? field.defaultValue;
    const typed = field.matches(`${filters} input[type="text"]`) && field.value !== sent;
    kept = { field: typed ? field : null, hadFocus: event.target.contains(field) };
  });

  // At once: between swap and settle there is time for a key, which would be lost.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "content" || !kept.field) return;
    const field = document.getElementById(kept.field.id);
    if (field) field.value = kept.field.value;
    kept.field = null;
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "content") return;
    // htmx finds the place again by its id; where it is gone, the answer in words is the next best.
    if (kept.hadFocus && document.activeElement === document.body) {
      document.getElementById("question")?.focus({ preventScroll: true });
    }
  });

  // A search that cannot be read is answered in its box: what is wrong is selected, to be typed anew.
  const units = (text, points) => [...text].slice(0, points).join("").length;

  document.addEventListener("htmx:afterSettle", (event) => {
    const field = event.target.id === "search" && event.target.querySelector("[data-mistake-start]");
    if (!field) return;
    const { mistakeStart, mistakeEnd } = field.dataset;
    field.focus();
    field.setSelectionRange(units(field.value, mistakeStart), units(field.value, mistakeEnd));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.target.id !== "search-line") return;
    event.preventDefault(); // one press closes one thing
    document.getElementById("search-error")?.remove();
    event.target.removeAttribute("aria-describedby");
    event.target.blur();
  });

  // The box shows the present question, but never in place of what somebody types into it.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const box = event.detail.target;
    const field = box.id === "search" && box.querySelector("#search-line");
    if (!field) return;
    if (field.value !== field.defaultValue || field === document.activeElement) {
      event.detail.shouldSwap = false;
    }
  });
})();
