import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";

const MOST = 8;
const fold = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const t = (key, params) => window.cmhub?.t(key, params);

/** What the page itself offers: its actions, and the ways of its menus. */
function offered() {
  const lines = window.cmhubKeys().map((one) => ({ group: "actions", title: one.words, hint: one.key, element: one.element }));
  document.querySelectorAll(".sidebar [data-go], .sidebar [data-way]").forEach((way) => {
    const [group, hint] = way.dataset.go ? ["places", `G ${way.dataset.go.toUpperCase()}`] : [way.dataset.way, ""];
    lines.push({ group, title: way.dataset.name, line: way.dataset.line, hint, element: way });
  });
  return lines;
}

function matching(lines, words) {
  const wanted = fold(words).split(/\s+/).filter(Boolean);
  const counts = {};
  return lines.filter((one) => {
    const text = fold(`${one.title} ${one.line ?? ""}`);
    if (!wanted.every((word) => text.includes(word))) return false;
    counts[one.group] = (counts[one.group] ?? 0) + 1;
    return counts[one.group] <= MOST;
  });
}

/** The command palette: a text field that drives a list; opened by `cmhub:palette`. */
export function Palette({ found, asked, onSearch, onForget }) {
  const box = useRef(null);
  const waiting = useRef(0);
  const navigate = useNavigate();
  const [lines, setLines] = useState([]);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);

  useEffect(() => {
    const show = () => {
      if (box.current.open) return box.current.close();
      setLines(offered());
      setWords("");
      setAt(0);
      box.current.showModal();
    };
    document.addEventListener("cmhub:palette", show);
    return () => { clearTimeout(waiting.current); document.removeEventListener("cmhub:palette", show); };
  }, []);

  const sought = words.trim();
  const hits = asked === sought && sought.length > 1 ? found ?? [] : [];
  const shown = [...matching(lines, words), ...hits];
  const groups = [...new Set(shown.map((one) => one.group))];
  const ordered = groups.flatMap((group) => shown.filter((one) => one.group === group));
  const active = Math.min(at, ordered.length - 1);
  useEffect(() => { document.getElementById(`palette-${active}`)?.scrollIntoView({ block: "nearest" }); }, [active]);

  function typed(event) {
    const wanted = event.target.value.trim();
    setWords(event.target.value);
    setAt(0);
    clearTimeout(waiting.current);
    if (wanted.length > 1 && wanted !== asked) waiting.current = setTimeout(() => onSearch(wanted), 160);
  }

  function choose(one) {
    box.current.close();
    if (one.to) return navigate(one.to);
    if (one.element.matches("input, textarea, select")) one.element.focus(); else one.element.click();
  }

  function keyed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && ordered.length) {
      event.preventDefault();
      setAt((active + step + ordered.length) % ordered.length);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (ordered[active]) choose(ordered[active]);
    }
  }

  function closed() {
    clearTimeout(waiting.current);
    setWords("");
    setLines([]);
    if (asked) onForget();
  }

  let place = -1;
  return (
    <dialog ref={box} id="palette" className="dialog palette" aria-label={t("palette.title")} onClose={closed}>
      <input className="palette-field" type="text" role="combobox" aria-expanded="true" aria-controls="palette-list"
        aria-activedescendant={ordered.length ? `palette-${active}` : undefined} aria-autocomplete="list"
        aria-label={t("palette.title")} placeholder={t("palette.hint")} maxLength={100} autoComplete="off"
        spellCheck="false" value={words} onChange={typed} onKeyDown={keyed} autoFocus />
      <div className="palette-list" id="palette-list" role="listbox" aria-label={t("palette.results")}>
        {groups.map((group) => (
          <div key={group} role="group" aria-labelledby={`palette-of-${group}`}>
            <div id={`palette-of-${group}`} className="group-name" role="presentation">{t(`palette.group.${group}`)}</div>
            {ordered.filter((one) => one.group === group).map((one) => {
              const mine = ++place;
              return (
                <div key={mine} id={`palette-${mine}`} role="option" aria-selected={mine === active} className="palette-line"
                  onPointerMove={() => setAt(mine)} onClick={() => choose(one)}>
                  <span className="truncate">{one.title}</span>
                  {one.line && <span className="truncate text-muted text-sm">{one.line}</span>}
                  {one.hint && <span className="palette-keys" aria-hidden="true">{one.hint.split(" ").map((key, n) => <kbd className="key" key={n}>{key}</kbd>)}</span>}
                </div>
              );
            })}
          </div>
        ))}
        {!ordered.length && <p className="palette-none">{t("palette.none")}</p>}
      </div>
      <p className="sr-only" role="status">{t("palette.count", { n: ordered.length })}</p>
    </dialog>
  );
}

/** Has the counts of the menu loaded once a page, and again when a topic of theirs changed. */
export function Counter({ changes, topics, ready, onChange }) {
  const total = (topics ?? []).reduce((sum, topic) => sum + (changes?.[topic] ?? 0), 0);
  const seen = useRef(null);
  useEffect(() => {
    if (!ready || seen.current === total) return undefined;
    const later = setTimeout(() => { seen.current = total; onChange(); }, seen.current === null ? 0 : 500);
    return () => clearTimeout(later);
  }, [ready, total]);
  return null;
}
