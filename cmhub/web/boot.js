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

  // Words that few pages need come after the first paint; a page that needs one before waits.
  let later = settings.later;
  function add(more) {
    later = "";
    return Object.assign(texts, more);
  }
  function hurry() {
    const request = new XMLHttpRequest();
    try {
      request.open("GET", later, false);
      request.send();
      return add(JSON.parse(request.responseText));
    } catch (away) {
      return texts;
    }
  }
  addEventListener("load", () => later && fetch(later).then((answer) => answer.json()).then(add).catch(() => {}));

  function t(key, params) {
    let found = texts[key];
    if (found === undefined && later) found = hurry()[key];
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
    document.querySelector("meta[name=theme-color]")?.setAttribute("content", night ? "#191714" : "#f7f5f1");
  }

  function remember(name, value) {
    try { localStorage.setItem(name, value); } catch (refused) { /* the choice lasts for this page */ }
  }
  function remembered(name) {
    try { return localStorage.getItem(name); } catch (refused) { return null; }
  }

  // The colour of a name, always the same one; and its first letters.
  const HUES = ["red", "orange", "amber", "green", "teal", "blue", "violet", "pink"];
  function hue(name) {
    let sum = 7;
    for (const letter of String(name ?? "")) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
    return HUES[sum % HUES.length];
  }

  function initials(name) {
    const words = String(name ?? "").split(/[\s._-]+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
    const letters = words.map((word) => [...word].find((letter) => /[\p{L}\p{N}]/u.test(letter)));
    return ((letters[0] ?? "?") + (letters.length > 1 ? letters.at(-1) : "")).toLocaleUpperCase(language);
  }

  // The address of a place with parts of its query changed; what is empty is left out.
  function asking(place, changes) {
    const query = new URLSearchParams(place.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === "" || value === null || value === undefined) query.delete(name); else query.set(name, value);
    }
    const words = query.toString();
    return place.pathname + (words ? `?${words}` : "");
  }

  function selected() {
    return [...document.querySelectorAll("[data-select]:checked")].map((box) => box.dataset.select);
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
    const place = /^\/(?:w\/([\w-]+)\/([\w-]+)|a\/([\w-]+))\//.exec(location.pathname);
    if (place) document.cookie = `cmhub_last=${place[1] ?? place[3]}/${place[2] ?? ""}; path=/; max-age=31536000; samesite=lax`;
  }

  // The client's colour is asked for by the page itself, so that nothing is painted without it;
  // a link that a script appends would not be waited for by every browser.
  const branded = /^\/w\/[\w-]+\/[\w-]+\//.exec(location.pathname);
  if (branded) document.write(`<link rel="stylesheet" data-brand href="${branded[0]}brand.css">`);

  root.lang = language;
  root.dataset.sidebar = remembered("cmhub_sidebar") === "narrow" ? "narrow" : "wide";
  paint();
  document.querySelector("meta[name=viewport]")?.setAttribute("content", "width=device-width, initial-scale=1, viewport-fit=cover");
  // A page for no connection, in this language; it keeps nothing else.
  addEventListener("load", () => navigator.serviceWorker?.register(`/worker.js?language=${language}`).catch(() => {}));
  dark.addEventListener("change", paint);
  addEventListener("pagehide", keepPlace);
  keepPlace();
  setInterval(tick, 30000);
  window.cmhub = { language, theme: settings.theme, t, number, ago, when, hue, initials, asking, selected, remember };
})
