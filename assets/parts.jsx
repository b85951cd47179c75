import { useEffect, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";

/** Calls `onChange` when the count grows, once the page is loaded. Renders nothing. */
export function Reloader({ count, ready, onChange }) {
  const seen = useRef(count);
  useEffect(() => {
    if (ready && (count ?? 0) > (seen.current ?? 0)) onChange();
    seen.current = count;
  }, [count, ready]);
  return null;
}

/** Brings the message that the address names into view, once its thread is there. */
export function Arrival({ of }) {
  const place = useLocation();
  useEffect(() => {
    const found = place.hash.startsWith("#m-") && document.getElementById(place.hash.slice(1));
    document.querySelectorAll("[data-found]").forEach((other) => other.removeAttribute("data-found"));
    if (!found) return;
    found.setAttribute("data-found", "");
    found.scrollIntoView({ block: "center" });
  }, [of, place.hash]);
  return null;
}

/** Leaves the pages for an address outside of them, with a full load. Renders nothing. */
export function Door({ to }) {
  useEffect(() => {
    if (to) window.location.assign(to);
  }, [to]);
  return null;
}

/** A form whose fields go into the query of the address; texts half a second after the last key. */
export function FilterForm({ children, ...rest }) {
  const navigate = useNavigate();
  const place = useLocation();
  const waiting = useRef(0);
  function go(form) {
    clearTimeout(waiting.current);
    const given = Object.fromEntries(new FormData(form));
    form.querySelectorAll("input[type=checkbox][name]").forEach((box) => { given[box.name] = box.checked ? box.value : ""; });
    const to = window.cmhub.asking(place, { ...given, after: "", page: "" });
    if (to !== place.pathname + place.search) navigate(to);
  }
  function changed(event) {
    const form = event.currentTarget;
    const typed = event.target.matches("input:not([type]), input[type=search], input[type=text]");
    clearTimeout(waiting.current);
    waiting.current = setTimeout(() => go(form), typed ? 400 : 0);
  }
  useEffect(() => () => clearTimeout(waiting.current), []);
  return (
    <form {...rest} onChange={changed} onSubmit={(event) => { event.preventDefault(); go(event.currentTarget); }}>
      {children}
    </form>
  );
}

/** A native dialog that is open while `open` is true; closed by the reader, it goes to `to`. */
export function Sheet({ open, to, children, ...rest }) {
  const box = useRef(null);
  const navigate = useNavigate();
  useEffect(() => {
    if (open && !box.current.open) box.current.showModal();
    if (!open && box.current.open) box.current.close();
  }, [open]);
  return <dialog {...rest} ref={box} onClose={() => { if (open && to) navigate(to); }}>{children}</dialog>;
}

/** A form with files, sent by itself to say how far it is; the answer's address is gone to. */
export function UploadForm({ children, action, ...rest }) {
  const [sent, setSent] = useState(-1);
  const [fault, setFault] = useState("");
  const under = useRef(null);
  const t = (key, params) => window.cmhub?.t(key, params);
  function send(event) {
    event.preventDefault();
    if (under.current) return;
    const request = under.current = new XMLHttpRequest();
    const ended = (key) => { under.current = null; setSent(-1); setFault(key); };
    request.upload.onprogress = (now) => setSent(now.lengthComputable ? Math.floor((100 * now.loaded) / now.total) : 0);
    request.onload = () => {
      if (request.status < 400) return window.location.assign(request.responseURL);
      const ours = [403, 409, 413, 415, 422, 429].includes(request.status);
      const plain = ours && request.getResponseHeader("content-type")?.startsWith("text/plain");
      ended(plain && request.responseText ? request.responseText : t(request.status === 413 ? "app.upload.large" : "app.upload.failed"));
    };
    request.onerror = () => ended(t("app.upload.failed"));
    request.onabort = () => ended("");
    request.open("POST", action);
    setFault("");
    setSent(0);
    request.send(new FormData(event.currentTarget, event.nativeEvent.submitter));
  }
  return (
    <form {...rest} action={action} method="post" encType="multipart/form-data" onSubmit={send} aria-busy={sent >= 0}>
      {children}
      {sent >= 0 && (
        <div className="flex items-center gap-3" role="status">
          <progress className="progress-bar" max="100" value={sent} aria-label={t("app.upload.sending")} />
          <span className="text-sm text-muted whitespace-nowrap">{window.cmhub.number(sent / 100, { style: "percent" })}</span>
          <button type="button" className="btn btn-sm" onClick={() => under.current?.abort()}>{t("app.cancel")}</button>
        </div>
      )}
      {fault && <p className="text-sm text-error" role="alert">{fault}</p>}
    </form>
  );
}

/** A native dialog that begins at its first field and closes by itself when `done` changes. */
export function ClosingDialog({ done, children, ...rest }) {
  const box = useRef(null);
  const seen = useRef(done);
  useEffect(() => {
    if (done !== seen.current) box.current?.close();
    seen.current = done;
  }, [done]);
  function begin(event) {
    if (event.target === box.current && event.newState === "open") box.current.querySelector("form input, form textarea")?.focus();
  }
  return <dialog {...rest} ref={box} onToggle={begin}>{children}</dialog>;
}
