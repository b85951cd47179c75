(function (settings) {
  "use strict";
  const root = document.documentElement;
  const language = settings.language;
  const texts = settings.texts;
  const plural = new Intl.PluralRules(language);
  const decimal = new Intl.NumberFormat(language);
  const compact = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const STEPS = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600],
    [2592000, "day", 86400], [31536000, "month", 2592000], [Infinity, "year", 31536000]];

  function number(value, options) {
    if (value === null || value === undefined || value === "") return "";
    if (options === "compact") return compact.format(value);
    return options ? new Intl.NumberFormat(language, options).format(value) : decimal.format(value);
  }

  function t(key, params) {
    let found = texts[key];
    if (found === undefined) return key;
    if (typeof found === "object") found = found[plural.select(params ? Number(params.n) : 0)] ?? found.other;
    if (!params) return found;
    return found.replace(/\{(\w+)\}/g, (_, name) => {
      const value = params[name];
      return typeof value === "number" ? number(value) : String(value ?? "");
    });
  }

  function moment(iso) {
    const at = iso ? new Date(String(iso).replace(" ", "T")) : null;
    return at && !Number.isNaN(at.getTime()) ? at : null;
  }

  function ago(iso) {
    const at = moment(iso);
    if (!at) return "";
    const seconds = (at.getTime() - Date.now()) / 1000;
    if (Math.abs(seconds) < 60) return t("app.time.now");
    const [, unit, size] = STEPS.find(([limit]) => Math.abs(seconds) < limit);
    return relative.format(Math.trunc(seconds / size), unit);
  }

  function when(iso, zone, options) {
    const at = moment(iso);
    if (!at) return "";
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const wanted = zone || own;
    const shown = options || { dateStyle: "long", timeStyle: "short" };
    try {
      const words = new Intl.DateTimeFormat(language, { ...shown, timeZone: wanted }).format(at);
      return wanted === own || options ? words : `${words} (${wanted})`;
    } catch (unknownZone) {
      return new Intl.DateTimeFormat(language, shown).format(at);
    }
  }

  const dark = matchMedia("(prefers-color-scheme: dark)");
  function paint() {
    const night = settings.theme === "dark" || (settings.theme === "system" && dark.matches);
    root.dataset.theme = night ? "cmhub-dark" : "cmhub";
  }

  function remember(name, value) {
    try { localStorage.setItem(name, value); } catch (refused) { /* the choice lasts for this page */ }
  }
  function remembered(name) {
    try { return localStorage.getItem(name); } catch (refused) { return null; }
  }

  // Native dialogs, the drawer and the sidebar need no round trip and no script of their own.
  function pressed(event) {
    const from = event.target instanceof Element ? event.target : null;
    const opens = from?.closest("[data-opens]");
    if (opens) document.getElementById(opens.dataset.opens)?.showModal?.();
    if (from?.closest("[data-closes]")) from.closest("dialog")?.close();
    if (from instanceof HTMLDialogElement && from.open) {
      const box = from.getBoundingClientRect();
      const inside = event.clientX >= box.left && event.clientX <= box.right
        && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside && event.detail) from.close();
    }
    const chosen = from?.closest("[data-chosen]");
    if (chosen) chosen.closest("details").open = false;
    if (from?.closest("[data-collapses]")) {
      root.dataset.sidebar = root.dataset.sidebar === "narrow" ? "wide" : "narrow";
      remember("cmhub_sidebar", root.dataset.sidebar);
    }
    const drawer = from?.closest("a[href]")?.closest("[popover]");
    if (drawer?.matches(":popover-open")) drawer.hidePopover();
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
      if (!menu.contains(from) || from.closest("a[href]")) menu.open = false;
    });
  }

  // A letter does what stands beside it on the screen: [data-key] is pressed, or gets the focus.
  function shortcut(event) {
    const from = event.target instanceof HTMLElement ? event.target : null;
    if (from?.closest("[data-submits]") && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      from.closest("form")?.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (from?.matches("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
    const aim = document.querySelector(`[data-key="${CSS.escape(key)}"]:not([disabled])`);
    if (!aim) return;
    event.preventDefault();
    if (aim.matches("textarea, input")) aim.focus(); else aim.click();
  }

  function move(step) {
    const rows = [...document.querySelectorAll("[data-row]")];
    const here = rows.findIndex((row) => row === document.activeElement || row.getAttribute("aria-current") === "true");
    const aim = rows[here < 0 ? 0 : here + step];
    aim?.focus();
    aim?.click();
  }

  // A chart says the day that is pointed at; the arrow keys move from day to day.
  function tell(slot) {
    const chart = slot.closest(".surface");
    chart.querySelectorAll("[data-on]").forEach((other) => other.removeAttribute("data-on"));
    slot.setAttribute("data-on", "");
    chart.querySelector("[data-said]").textContent = slot.dataset.tip;
  }

  function walk(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const bars = event.target instanceof Element ? event.target.closest("[data-bars]") : null;
    if (!step || !bars) return;
    event.preventDefault();
    const slots = [...bars.children];
    const here = slots.findIndex((slot) => slot.hasAttribute("data-on"));
    const next = here < 0 ? (step > 0 ? 0 : slots.length - 1) : here + step;
    if (slots[next]) tell(slots[next]);
  }

  function pointed(event) {
    const slot = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
    if (slot) tell(slot);
  }

  function keyed(event) {
    walk(event);
    shortcut(event);
    if (event.key !== "Escape") return;
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    });
  }

  function tick() {
    document.querySelectorAll("[data-ago]").forEach((place) => {
      const words = ago(place.dataset.ago);
      const node = place.firstChild;
      if (node && node.nodeType === Node.TEXT_NODE && node.nodeValue !== words) node.nodeValue = words;
    });
  }

  // Where somebody was last, so that the front door leads there.
  function keepPlace() {
    const place = /^\/w\/([\w-]+)\/([\w-]+)\//.exec(location.pathname);
    if (place) document.cookie = `cmhub_last=${place[1]}/${place[2]}; path=/; max-age=31536000; samesite=lax`;
  }

  // The client's colour is asked for by the page itself, so that nothing is painted without it;
  // a link that a script appends would not be waited for by every browser.
  const branded = /^\/w\/[\w-]+\/[\w-]+\//.exec(location.pathname);
  if (branded) document.write(`<link rel="stylesheet" data-brand href="${branded[0]}brand.css">`);

  root.lang = language;
  root.dataset.sidebar = remembered("cmhub_sidebar") === "narrow" ? "narrow" : "wide";
  paint();
  dark.addEventListener("change", paint);
  document.addEventListener("click", pressed);
  document.addEventListener("keydown", keyed);
  document.addEventListener("pointerover", pointed);
  addEventListener("pagehide", keepPlace);
  keepPlace();
  setInterval(tick, 30000);
  window.cmhub = { language, theme: settings.theme, t, number, ago, when };
})
