// What pointer and keyboard do everywhere: dialogs, menus, shortcuts, selection, charts. Pages say
// what they want by attributes, so that none of it needs a round trip or a script of its own.
(function () {
  "use strict";
  const root = document.documentElement;
  const TYPING = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])";
  const MENUS = "details[data-menu][open]";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const element = (event) => (event.target instanceof Element ? event.target : null);
  const words = (one) => (one.getAttribute("aria-label") || one.dataset.name || one.labels?.[0]?.textContent || one.textContent).trim();

  // Dialogs, menus, the sidebar

  function open(id) {
    const dialog = document.getElementById(id);
    if (!dialog?.showModal || dialog.open) return;
    if (id === "keys") listKeys(dialog);
    dialog.showModal();
  }

  function pressed(event) {
    const from = element(event);
    if (!from) return;
    const opens = from.closest("[data-opens]");
    if (opens) open(opens.dataset.opens);
    if (from.closest("[data-palette]")) palette();
    if (from.closest("[data-closes]")) from.closest("dialog")?.close();
    if (from instanceof HTMLDialogElement && from.open && event.detail) {
      const box = from.getBoundingClientRect();
      const inside = event.clientX >= box.left && event.clientX <= box.right
        && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside) from.close();
    }
    const chosen = from.closest("[data-chosen]");
    if (chosen) chosen.closest("details").open = false;
    if (from.closest("[role=menuitem]:not([data-stays])")) from.closest("[popover]")?.hidePopover();
    if (from.closest("[data-collapses]")) {
      root.dataset.sidebar = root.dataset.sidebar === "narrow" ? "wide" : "narrow";
      window.cmhub.remember("cmhub_sidebar", root.dataset.sidebar);
    }
    const floating = from.closest("a[href]")?.closest("[popover]");
    if (floating?.matches(":popover-open")) floating.hidePopover();
    all(MENUS).forEach((menu) => {
      if (!menu.contains(from) || from.closest("a[href]")) menu.open = false;
    });
    select(event, from);
  }

  // A menu stands under its button, or above it where there is no room.
  function placeMenu(menu) {
    const button = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
    if (!button) return;
    const at = button.getBoundingClientRect();
    const room = innerHeight - at.bottom - 8;
    const above = room < menu.offsetHeight && at.top > room;
    menu.style.top = `${Math.max(8, above ? at.top - menu.offsetHeight - 4 : at.bottom + 4)}px`;
    menu.style.left = `${Math.max(8, Math.min(at.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
  }

  function toggled(event) {
    const menu = element(event);
    if (!menu?.matches("[role=menu]") || event.newState !== "open") return;
    placeMenu(menu);
    menu.querySelector("[role=menuitem]")?.focus();
  }

  function walkMenu(event, from) {
    const opener = from.closest("[aria-haspopup=menu][popovertarget]");
    if (opener && event.key === "ArrowDown") {
      event.preventDefault();
      document.getElementById(opener.getAttribute("popovertarget"))?.showPopover();
      return;
    }
    const menu = from.closest("[role=menu], details[data-menu]");
    if (!menu || (menu.matches("details") && !menu.open)) return;
    const native = menu.matches("details");
    const items = native ? all("summary, .floating :is(a, button, input)", menu).filter((one) => one.checkVisibility()) : all("[role=menuitem]", menu);
    if (native && !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const here = items.indexOf(document.activeElement);
    const aim = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (aim !== undefined) {
      event.preventDefault();
      items.at(aim % items.length)?.focus();
    } else if (event.key === "Tab") {
      menu.hidePopover();
    } else if (event.key.length === 1 && event.key !== " ") {
      const begins = event.key.toLocaleLowerCase();
      [...items.slice(here + 1), ...items].find((one) => words(one).toLocaleLowerCase().startsWith(begins))?.focus();
    }
  }

  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  // A field above a list leaves what holds its words.
  function narrow(field) {
    const wanted = fold(field.value).split(/\s+/);
    all("[data-name]", field.closest("[data-menu]")).forEach((one) => {
      const text = fold(`${one.dataset.name} ${one.dataset.line ?? ""}`);
      one.closest("li").hidden = !wanted.every((word) => text.includes(word));
    });
  }

  // Shortcuts: a key does what stands beside it on the screen. By the key's own character, so that
  // digits and punctuation are found on every keyboard; never while somebody types.

  let going = 0;

  function shortcut(event, from) {
    const sends = from?.closest("[data-submits]");
    if (sends && event.key === "Enter" && (event.ctrlKey || event.metaKey)) return sends.closest("form")?.requestSubmit();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return palette();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (from?.matches(TYPING) || document.querySelector("dialog[open], [role=menu]:popover-open")) return;
    const key = event.key.toLowerCase();
    if (Date.now() < going) return go(event, key);
    if (event.shiftKey && /^\p{L}$/u.test(event.key) && key !== "j" && key !== "k") return;
    if (key === "g") { going = Date.now() + 1500; return; }
    if (key === "j" || key === "k") return move(key === "j" ? 1 : -1, event.shiftKey);
    const aim = all(`[data-key~="${CSS.escape(key)}"]:not([disabled])`).find((one) => one.checkVisibility?.() ?? true);
    if (aim) {
      event.preventDefault();
      if (aim.matches("textarea, input, select")) aim.focus(); else aim.click();
    } else if (key === "?") {
      event.preventDefault();
      open("keys");
    }
  }

  function palette() {
    const one = document.getElementById("palette");
    if (one?.open || !document.querySelector("dialog[open]")) document.dispatchEvent(new CustomEvent("cmhub:palette"));
  }

  function go(event, key) {
    going = 0;
    const way = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (!way) return;
    event.preventDefault();
    way.click();
  }

  function move(step, extends_) {
    const rows = all("[data-row]");
    const here = rows.findIndex((row) => row === document.activeElement || row.getAttribute("aria-current") === "true");
    const aim = rows[here < 0 ? 0 : here + step];
    aim?.focus();
    const table = aim?.closest(".rows-table");
    if (table && extends_) tick(aim, true);
    if (!table) aim?.click();
  }

  // What can be pressed on this page, as it says itself: [{key, words, element}]
  function keysHere() {
    const found = new Map();
    all("[data-key]").forEach((one) => {
      const [key] = one.dataset.key.split(" ");
      if (key !== "?" && !found.has(key) && (one.checkVisibility?.() ?? true)) found.set(key, one);
    });
    return [...found].map(([key, one]) => ({ key: key.toUpperCase(), words: one.dataset.name || words(one), element: one }));
  }

  function listKeys(dialog) {
    const t = window.cmhub.t;
    const lists = document.querySelector("[data-row]")
      ? [["J", t("app.keys.next")], ["K", t("app.keys.previous")]] : [];
    if (document.querySelector("[data-select]")) lists.push([t("app.keys.space"), t("app.keys.select")], [`${t("app.keys.shift")} ${t("app.keys.space")}`, t("app.keys.select_to")]);
    const page = [...lists, ...keysHere().map((one) => [one.key, one.words])];
    const ways = all(".sidebar [data-go]").map((way) => [`G ${way.dataset.go.toUpperCase()}`, words(way)]);
    const apple = /Mac|iP/.test(navigator.platform);
    const everywhere = [[`${apple ? "⌘" : t("app.keys.ctrl")} K`, t("palette.title")], ["?", t("app.shortcuts")], [t("app.keys.escape"), t("app.keys.close")]];
    const place = dialog.querySelector("[data-keys]");
    place.replaceChildren(...[["app.keys.page", page], ["app.keys.go", ways], ["app.keys.everywhere", everywhere]]
      .filter(([, keys]) => keys.length).map(([title, keys]) => group(t(title), keys)));
  }

  function group(title, keys) {
    const made = (name, text, parts = []) => {
      const one = document.createElement(name);
      one.append(...(text ? [text] : []), ...parts);
      return one;
    };
    const rows = keys.map(([pressed_, does]) => made("div", "", [
      made("dt", "", pressed_.split(" ").map((key) => Object.assign(made("kbd", key), { className: "key" }))),
      made("dd", does),
    ]));
    return made("section", "", [made("h3", title), made("dl", "", rows)]);
  }

  // Selection: Space takes the row that has the focus, Shift takes all from the last one.

  let last = null;

  function boxOf(one) {
    return one?.closest("tr, li, [data-item]")?.querySelector("[data-select]");
  }

  function tick(one, on) {
    const box = boxOf(one);
    if (!box) return;
    box.checked = on;
    last = box;
    tell();
  }

  function reach(box) {
    const boxes = all("[data-select]", box.closest("[data-bulk]") ?? document);
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    if (from >= 0) boxes.slice(from, to + 1).forEach((each) => { each.checked = true; });
  }

  function tell(within = document) {
    all("[data-bulk]", within).forEach((place) => {
      const count = all("[data-select]:checked", place).length;
      const said = place.querySelector("[data-selected]");
      if (said) said.textContent = count ? window.cmhub.t("app.selected", { n: count }) : "";
      const boxes = all("[data-select]", place).length;
      const whole = place.querySelector("[data-select-all]");
      if (whole) { whole.checked = count > 0 && count === boxes; whole.indeterminate = count > 0 && count < boxes; }
    });
  }

  function unselect() {
    all("[data-select]:checked").forEach((box) => { box.checked = false; });
    last = null;
    tell();
  }

  function select(event, from) {
    const box = from.closest("[data-select]");
    if (box) {
      if (event.shiftKey && box.checked) reach(box);
      last = box;
    }
    const whole = from.closest("[data-select-all]");
    if (whole) all("[data-select]", whole.closest("[data-bulk]") ?? document).forEach((each) => { each.checked = whole.checked; });
    if (box || whole) tell();
    if (from.closest("[data-unselects]")) unselect();
    // The handler of the page reads the selection first.
    if (from.closest("[data-acts]:not([data-opens])")) setTimeout(unselect);
  }

  function spaced(event, from) {
    const row = from?.closest("[data-row], [data-select]");
    if (![" ", "x", "X"].includes(event.key) || !row) return;
    const box = boxOf(row);
    if (!box) return;
    event.preventDefault();
    if (event.shiftKey) { reach(box); tick(row, true); } else tick(row, !box.checked);
  }

  // A chart says the day that is pointed at; the arrow keys move from day to day.

  function say(slot) {
    const chart = slot.closest(".surface");
    all("[data-on]", chart).forEach((other) => other.removeAttribute("data-on"));
    slot.setAttribute("data-on", "");
    chart.querySelector("[data-said]").textContent = slot.dataset.tip;
  }

  function walkChart(event, from) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const bars = from?.closest("[data-bars]");
    if (!step || !bars) return;
    event.preventDefault();
    const slots = [...bars.children];
    const here = slots.findIndex((slot) => slot.hasAttribute("data-on"));
    const next = here < 0 ? (step > 0 ? 0 : slots.length - 1) : here + step;
    if (slots[next]) say(slots[next]);
  }

  function pointed(event) {
    const slot = element(event)?.closest("[data-tip]");
    if (slot) say(slot);
  }

  function entered(event) {
    const filter = element(event)?.closest("[data-filters]");
    if (filter) narrow(filter);
    const range = element(event)?.closest("[data-range]");
    if (!range) return;
    const [first, second] = all("input", range);
    first.max = second.value;
    second.min = first.value;
  }

  // A form in a dialog closes it when it is sent, and ends the selection that it was about.
  function sent(event) {
    const form = element(event);
    if (!form?.matches("[data-closes-after]")) return;
    setTimeout(() => { form.closest("dialog")?.close(); if (form.matches("[data-acts-after]")) unselect(); });
  }

  function keyed(event) {
    const from = element(event);
    if (from) { walkMenu(event, from); walkChart(event, from); spaced(event, from); }
    if (!event.defaultPrevented) shortcut(event, from);
    if (event.key !== "Escape") return;
    if (!all(MENUS).length && !document.querySelector("dialog[open], :popover-open") && window.cmhub.selected().length) unselect();
    all(MENUS).forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    });
  }

  document.addEventListener("click", pressed);
  document.addEventListener("keydown", keyed);
  document.addEventListener("input", entered);
  document.addEventListener("submit", sent);
  document.addEventListener("pointerover", pointed);
  document.addEventListener("toggle", toggled, true);
  window.cmhubKeys = keysHere;
})();
