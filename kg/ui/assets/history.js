// Keeps the queries of a session in its tab, so that a reload does not lose them. The browser
// forgets them when the tab is closed; they are sent nowhere but to the page itself, and only
// where a session finds those of another: each time that they are sent runs the page again.
const KEY = "hcc-kg:queries";

export default function ({ data, setTriggerValue }) {
  const { past = [], session } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
  if (data.fresh && past.length && session !== data.session)
    setTriggerValue("stored", JSON.stringify(past));
  else sessionStorage.setItem(KEY, JSON.stringify({ session: data.session, past: data.past }));
}
