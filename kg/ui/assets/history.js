// Keeps the queries of a session in its tab, so that a reload does not lose them. The browser
// forgets them when the tab is closed; they are sent nowhere but to the page itself.
const KEY = "hcc-kg:queries";

export default function ({ data, setTriggerValue }) {
  const stored = sessionStorage.getItem(KEY);
  if (data.fresh && stored) setTriggerValue("stored", stored);
  else sessionStorage.setItem(KEY, JSON.stringify(data.past));
}
