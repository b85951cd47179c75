import { useEffect, useLayoutEffect, useState } from "react";

/** Keeps the page's colour that of the workspace. Renders nothing. */
export function Brand({ sheet, ready }) {
  useLayoutEffect(() => {
    if (!ready) return;
    let style = document.querySelector("style[data-brand]");
    if (!style) {
      style = document.createElement("style");
      style.dataset.brand = "";
      document.head.append(style);
    }
    style.textContent = sheet ?? "";
    document.querySelectorAll("link[data-brand]").forEach((link) => link.remove());
  }, [sheet, ready]);
  return null;
}

/** A field for a picture that shows what was chosen, in the sizes it will have. */
export function PickedPicture({ name, current, letter, words }) {
  const [picked, setPicked] = useState({ url: "", called: "" });
  useEffect(() => () => { if (picked.url) URL.revokeObjectURL(picked.url); }, [picked.url]);
  const shown = picked.url || current;
  return (
    <div className="picked">
      {["tile", "tile tile-large"].map((kind) => shown
        ? <img key={kind} src={shown} alt="" className={`${kind} tile-logo`} />
        : <span key={kind} className={kind} aria-hidden="true">{letter}</span>)}
      <input type="file" id={name} name={name} required className="sr-only"
        accept="image/png,image/jpeg,image/webp,image/gif"
        aria-describedby={`${name}-hint ${name}-error`}
        onChange={(event) => {
          const file = event.target.files?.[0];
          setPicked(file ? { url: URL.createObjectURL(file), called: file.name } : { url: "", called: "" });
        }} />
      <label htmlFor={name} className="btn">{words}</label>
      <span className="truncate text-sm text-muted">{picked.called}</span>
    </div>
  );
}
