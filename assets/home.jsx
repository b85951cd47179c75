import { useEffect, useRef } from "react";

/**
 * Calls `onChange` when any of the topics has changed, once the page is loaded, and at most once
 * in `wait` seconds: what comes in the meantime is one call. Renders nothing.
 */
export function Follower({ changes, topics, ready, wait, onChange }) {
  const count = topics.reduce((sum, topic) => sum + (changes?.[topic] ?? 0), 0);
  const seen = useRef(count);
  const timer = useRef(0);
  const call = useRef(onChange);
  call.current = onChange;
  useEffect(() => {
    if (ready && count > seen.current) {
      timer.current ||= setTimeout(() => { timer.current = 0; call.current(); }, wait * 1000);
    }
    seen.current = count;
  }, [count, ready]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return null;
}
