import { Children, useEffect, useId, useRef, useState } from "react";

const KEEP = 800; // ms after the last key
const ASK = 120;
const WRITES = 3000;
const RESTS = 5000;
const LOOKS = 20000;
const fold = (words) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const SIGNS = { "/": /(^|\s)\/(\S*)$/u, "@": /(^|\s)@([^\n@]{0,40})$/u };

/** A field to write in. It keeps what is written, tells that somebody writes, and proposes after a sign. */
export function Writer({ sign, items, local, onAsk, onKeep, onWrite, onRest, proposing, children, className, ...rest }) {
  const field = useRef(null);
  const list = useId();
  const calls = useRef({});
  const late = useRef({ keep: 0, ask: 0, rest: 0, told: 0, words: null, empty: true });
  const [sought, setSought] = useState(null);
  const [at, setAt] = useState(0);
  calls.current = { onAsk, onKeep, onWrite, onRest };
  const all = items ?? [];
  const found = sought === null ? [] : local ? all.filter((one) => fold(one.title).includes(fold(sought))) : all;
  const open = sought !== null && (found.length > 0 || !local);

  function keep() {
    clearTimeout(late.current.keep);
    if (late.current.words === null) return;
    calls.current.onKeep?.(late.current.words);
    late.current.words = null;
  }
  function still() {
    clearTimeout(late.current.rest);
    if (late.current.told) calls.current.onRest?.();
    late.current.told = 0;
  }
  function forget() {
    clearTimeout(late.current.keep);
    late.current.words = null;
    still();
  }
  useEffect(() => {
    const form = field.current.form;
    const gone = () => { if (document.visibilityState === "hidden") keep(); };
    form?.addEventListener("submit", forget);
    document.addEventListener("visibilitychange", gone);
    return () => {
      form?.removeEventListener("submit", forget);
      document.removeEventListener("visibilitychange", gone);
      clearTimeout(late.current.ask);
      clearTimeout(late.current.rest);
      keep();
    };
  }, []);

  function look() {
    const before = field.current.value.slice(0, field.current.selectionStart);
    const match = SIGNS[sign].exec(before);
    setAt(0);
    if (!match) return setSought(null);
    setSought(match[2]);
    clearTimeout(late.current.ask);
    if (!local) late.current.ask = setTimeout(() => calls.current.onAsk?.(match[2]), ASK);
  }
  function changed() {
    look();
    if (calls.current.onKeep) {
      late.current.words = field.current.value;
      clearTimeout(late.current.keep);
      late.current.keep = setTimeout(keep, KEEP);
    }
    const empty = field.current.value.trim() === "";
    if (!empty && (late.current.empty || Date.now() - late.current.told > WRITES)) {
      late.current.told = Date.now();
      calls.current.onWrite?.();
    }
    late.current.empty = empty;
    clearTimeout(late.current.rest);
    late.current.rest = setTimeout(still, RESTS);
  }
  function put(words) {
    const { value, selectionStart } = field.current;
    const match = SIGNS[sign].exec(value.slice(0, selectionStart));
    const from = match ? match.index + match[1].length : selectionStart;
    field.current.setRangeText(words, from, selectionStart, "end");
    setSought(null);
    field.current.focus();
    changed();
    setSought(null);
  }
  function choose(one) {
    put(local ? `@${one.title} ` : one.words);
  }
  function opened() {
    const { value, selectionStart } = field.current;
    field.current.focus();
    const apart = selectionStart === 0 || /\s/u.test(value[selectionStart - 1]);
    field.current.setRangeText(`${apart ? "" : " "}${sign}`, selectionStart, selectionStart, "end");
    look();
  }
  function keyed(event) {
    if (!open) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setAt((at + step + found.length) % Math.max(1, found.length));
    } else if ((event.key === "Enter" || event.key === "Tab") && found[at] && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      choose(found[at]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      setSought(null);
    }
  }
  return (
    <div className={`writer ${className ?? ""}`}>
      {open && (
        <div className="proposals">
          {found.length === 0 && <p className="proposal text-muted">{window.cmhub.t("inbox.proposals.none")}</p>}
          <ul id={list} role="listbox" aria-label={proposing}>
            {found.map((one, place) => (
              <li key={one.key} id={`${list}-${place}`} role="option" aria-selected={place === at} className="proposal"
                onPointerDown={(event) => { event.preventDefault(); choose(one); }}>
                <span className="font-medium">{one.title}</span>
                {one.line && <span className="truncate text-muted">{one.line}</span>}
              </li>
            ))}
          </ul>
        </div>
      )}
      <textarea {...rest} className="textarea" ref={field} onInput={changed} onKeyDown={keyed} onBlur={() => { keep(); setSought(null); }}
        aria-autocomplete="list" aria-controls={open ? list : undefined}
        aria-activedescendant={open && found[at] ? `${list}-${at}` : undefined} />
      {Children.count(children) > 0 && (
        <button type="button" className="btn btn-ghost btn-sm proposes" onPointerDown={(event) => event.preventDefault()} onClick={opened}>{children}</button>
      )}
    </div>
  );
}

/** Two ways to write, one of them shown: the first child answers, the second is a note. */
export function Answer({ labels, keys, label, children, ...rest }) {
  const place = useRef(null);
  const [mode, setMode] = useState(0);
  const [asked, setAsked] = useState(0);
  const ways = Children.toArray(children);
  useEffect(() => {
    if (asked) place.current.querySelector(".way-of[data-on='true'] textarea")?.focus();
  }, [asked]);
  return (
    <div {...rest} ref={place}>
      <div className="segments answer-modes" role="group" aria-label={label}>
        {labels.map((words, number) => (
          <button key={words} type="button" className="segment" aria-pressed={number === mode} data-key={keys[number]}
            onClick={() => { setMode(number); setAsked((before) => before + 1); }}>{words}</button>
        ))}
      </div>
      {ways.map((way, number) => (
        <div key={number} className="way-of" data-on={number === mode} hidden={number !== mode}>{way}</div>
      ))}
    </div>
  );
}

/** Says again and again, while the page is seen, that somebody looks at it. Renders nothing. */
export function Looking({ onLook }) {
  const call = useRef(onLook);
  call.current = onLook;
  useEffect(() => {
    const look = () => { if (document.visibilityState === "visible") call.current(); };
    look();
    const again = setInterval(look, LOOKS);
    document.addEventListener("visibilitychange", look);
    return () => { clearInterval(again); document.removeEventListener("visibilitychange", look); };
  }, []);
  return null;
}
