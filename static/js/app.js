// The frame of every page: theme, menus, copying, messages. Everything works without it.
"use strict";

(() => {
  const root = document.documentElement;
  const toast = () => document.querySelector(".toast");
  let silence;

  function announce(text) {
    toast().textContent = text;
    clearTimeout(silence);
    silence = setTimeout(() => (toast().textContent = ""), 4000);
  }

  // Theme: as the system, light, dark. A cookie, so that the server's first answer has it already.
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
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax${secure}`;
    showTheme(button);
    document.dispatchEvent(new Event("themechange"));
  }

  // What needs a script is hidden until there is one.
  function wake() {
    document.querySelectorAll("[data-copy], [data-close-panel]").forEach((one) => (one.hidden = false));
    document.querySelectorAll("[data-theme-switch]").forEach(showTheme);
    const narrow = window.matchMedia("(max-width: 700px)").matches;
    document.querySelectorAll("details[data-fold]").forEach((fold) => {
      fold.open = !narrow || fold.querySelector(".has-error") !== null;
    });
  }

  async function copy(button) {
    const text = button.dataset.copy;
    const full = text.startsWith("/") ? new URL(text, location.href).href : text;
    try {
      await navigator.clipboard.writeText(full);
      announce(button.dataset.copied);
    } catch {
      window.prompt(button.textContent, full); // no right to the clipboard: let people copy by hand
    }
  }

  const menus = "details.menu[open], details.info[open]";

  function closeMenus(but) {
    document.querySelectorAll(menus).forEach((menu) => {
      if (!menu.contains(but)) menu.open = false;
    });
  }

  document.addEventListener("click", (event) => {
    const target = event.target;
    closeMenus(target);
    const copies = target.closest("[data-copy]");
    if (copies) copy(copies);
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
      const open = document.querySelector(menus);
      closeMenus(null);
      open?.querySelector("summary").focus();
    }
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const field = document.querySelector('input[name="destination"]');
      if (!field) return;
      event.preventDefault();
      document.querySelectorAll("details[data-fold]").forEach((fold) => (fold.open = true));
      field.focus();
      field.select();
    }
  });

  document.addEventListener("htmx:beforeRequest", () => document.body.classList.add("is-loading"));
  document.addEventListener("htmx:afterRequest", () => document.body.classList.remove("is-loading"));
  document.addEventListener("htmx:afterSettle", wake);
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, () => announce(document.body.dataset.failed));
  }
  wake();
})();
