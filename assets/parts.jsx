import { useEffect, useRef } from "react";

/** Calls `onChange` when the count grows, once the page is loaded. Renders nothing. */
export function Reloader({ count, ready, onChange }) {
  const seen = useRef(count);
  useEffect(() => {
    if (ready && (count ?? 0) > (seen.current ?? 0)) onChange();
    seen.current = count;
  }, [count, ready]);
  return null;
}

/** Leaves the pages for an address outside of them, with a full load. Renders nothing. */
export function Door({ to }) {
  useEffect(() => {
    if (to) window.location.assign(to);
  }, [to]);
  return null;
}
