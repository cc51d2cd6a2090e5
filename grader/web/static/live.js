// What changes by itself is looked at again, until the server says that it is over: see data-live.

"use strict";

const EVERY = 1500;

async function look() {
  const place = document.querySelector('[data-live="on"]');
  if (!place) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = fresh.querySelector("[data-live]");
      if (!found || found.dataset.live === "off") {
        // The end: what stands around it has changed too.
        location.reload();
        return;
      }
      if (!place.contains(document.activeElement)) place.replaceWith(document.adoptNode(found));
    }
  } catch {
    // Away for a moment: the next look may find it.
  }
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
