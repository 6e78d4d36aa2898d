// The frame of every page: theme, menus, copying, messages, parts that do not come. Everything works
// without it.
"use strict";

(() => {
  const root = document.documentElement;
  const toast = () => document.querySelector(".toast");
  let silence;

  function announce(text) {
    toast().textContent = text;
    fade();
  }

  function fade() {
    clearTimeout(silence);
    silence = setTimeout(() => (toast().textContent = ""), 4000);
  }

  // A cookie of a year, so that the server's first answer has it already.
  function remember(name, value) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax${secure}`;
  }

  // Theme: as the system, light, dark.
  const THEMES = ["", "light", "dark"];

  function showTheme(button) {
    const theme = root.dataset.theme ?? "";
    button.textContent = { "": "◐", light: "○", dark: "●" }[theme];
    button.title = button.dataset[theme || "auto"];
    button.setAttribute("aria-label", button.title);
    button.hidden = false;
  }

  function nextTheme(button) {
    const theme = THEMES[(THEMES.indexOf(root.dataset.theme ?? "") + 1) % THEMES.length];
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    remember("theme", theme);
    showTheme(button);
    document.dispatchEvent(new Event("themechange"));
  }

  // Keys of one character get in the way of people who speak to their machine: they can switch them off.
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-shortcuts]")) return;
    root.dataset.keys = target.checked ? "on" : "off";
    remember("keys", root.dataset.keys);
  });

  // What needs a script is hidden until there is one.
  function wake() {
    document
      .querySelectorAll("[data-copy], [data-copy-table], #panel [data-close-panel]")
      .forEach((one) => (one.hidden = false));
    document.querySelectorAll("[data-theme-switch]").forEach(showTheme);
  }

  // What folds stands open where there is no script. Each folds once: later a person has the say.
  function fold() {
    const narrow = window.matchMedia("(max-width: 700px)").matches;
    document.querySelectorAll("details[data-fold]").forEach((one) => {
      const folds = narrow || one.dataset.fold !== "narrow";
      one.open = !folds || one.querySelector(".has-error") !== null;
      delete one.dataset.fold;
    });
  }

  async function copy(button) {
    const text = button.dataset.copy;
    // An address of ours is copied whole; what somebody wrote is copied as it stands.
    const isAddress = text.startsWith("/") && !("verbatim" in button.dataset);
    const full = isAddress ? new URL(text, location.href).href : text;
    try {
      await navigator.clipboard.writeText(full);
      announce(button.dataset.copied);
    } catch {
      if (copyBySelection(full)) announce(button.dataset.copied);
      else window.prompt(button.textContent, full); // no right to the clipboard: let people copy by hand
      button.focus();
    }
  }

  document.addEventListener("announce", ({ detail }) => announce(detail));

  // Over plain http there is no clipboard to write to; a prompt would lose the lines of a text.
  function copyBySelection(text) {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }

  document.addEventListener("copytext", ({ detail }) => copy(detail));

  const menus = "details.menu[open], details.info[open]";

  function closeMenus(but) {
    const left = [...document.querySelectorAll(menus)].filter((menu) => !menu.contains(but));
    for (const menu of left) menu.open = false;
    return left;
  }

  // A choice in a menu of a form that was not sent yet.
  const isPending = (field) =>
    field.checked !== field.defaultChecked || field.value !== field.defaultValue;
  const holdsChoice = (menu) =>
    menu.closest("form[data-filters]") && [...menu.querySelectorAll("input")].some(isPending);

  // A click beside an open menu closes it. It opens no row below, and leads nowhere with the choice lost.
  document.addEventListener(
    "click",
    (event) => {
      const left = closeMenus(event.target);
      const inRow = left.length && event.target.closest("tr[data-key]");
      const loses = left.some(holdsChoice) && !event.target.closest("form[data-filters]");
      if (inRow || loses) {
        event.preventDefault();
        event.stopPropagation();
      }
    },
    true,
  );

  // A menu that closes, in whatever way, applies what was chosen in it.
  document.addEventListener(
    "toggle",
    (event) => {
      const form = event.target.closest("form[data-filters]");
      if (!form || event.target.open || !event.target.matches("details.menu")) return;
      if (holdsChoice(event.target) && !form.matches(".htmx-request")) form.requestSubmit();
    },
    true,
  );

  document.addEventListener("keyup", (event) => {
    if (event.key === "Tab") closeMenus(document.activeElement);
  });

  document.addEventListener("click", (event) => {
    const target = event.target;
    const copies = target.closest("[data-copy]:not([data-copy-table])");
    if (copies) {
      event.preventDefault(); // without a script it is a link to what it copies
      copy(copies);
      closeMenus(null);
    }
    const theme = target.closest("[data-theme-switch]");
    if (theme) nextTheme(theme);
  });

  // The frame stays while htmx changes the question: come back to the present one.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-stays]")) {
      event.target.elements.next.value = location.pathname + location.search;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const [open] = closeMenus(null);
      open?.querySelector("summary").focus();
      if (open) event.preventDefault(); // one press closes one thing
    }
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (event.key === "/" && !typing && root.dataset.keys !== "off" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const field = document.getElementById("search-line");
      if (!field || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      field.focus();
      field.select();
    }
  });

  // What a page asks by itself, again and again or after a refresh, does not keep a login alive.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const begun = detail.triggeringEvent?.type;
    if (!begun || begun === "refreshed") detail.headers["X-By-Itself"] = "1";
  });

  document.addEventListener("htmx:beforeRequest", () => document.body.classList.add("is-loading"));
  document.addEventListener("htmx:afterRequest", () => document.body.classList.remove("is-loading"));
  document.addEventListener("htmx:afterSwap", fold);
  document.addEventListener("htmx:afterSettle", wake);
  // A part that could not be fetched at all says so in its own place, and is asked for again there.
  const waiting = (target) => target?.matches('[aria-busy="true"]:has([data-not-loaded])');

  function showsFailure(place, isFailed) {
    place.setAttribute("aria-busy", String(!isFailed));
    const loading = place.querySelectorAll(".skeleton, .state-loading, .chart-grid");
    for (const one of loading) one.hidden = isFailed;
    place.querySelector("[data-not-loaded]").hidden = !isFailed;
  }

  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      if (!waiting(event.detail.target)) return;
      showsFailure(event.detail.target, true);
      event.preventDefault();
    });
  }

  document.addEventListener("click", (event) => {
    const place = event.target.closest("[data-load-again]")?.closest("[aria-busy]");
    if (!place) return;
    showsFailure(place, false);
    place.dispatchEvent(new Event("again"));
  });

  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    window.addEventListener(failure, (event) => {
      if (!event.defaultPrevented) announce(document.body.dataset.failed);
    });
  }
  wake();
  fold();
  // On a phone the pages of the review are one line that moves: the page at hand is in sight.
  const here = document.querySelector(".review-pages [aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 40;
  if (toast().textContent.trim()) fade();
})();
