// What pages do beyond what they do without it: copy buttons, times in the reader's own zone, progress as it happens.

"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  const said = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    const text = "value" in source ? source.value : source.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      // Over plain http from another machine there is no clipboard: select it, for the keys that copy.
      getSelection().selectAllChildren(source);
      if ("select" in source) source.select();
      button.textContent = "Selected: now press Ctrl+C";
    }
    setTimeout(() => { button.textContent = said; }, 2500);
  });
}

for (const time of document.querySelectorAll("time[datetime]")) {
  const when = new Date(time.dateTime);
  if (Number.isNaN(when.getTime())) continue;
  time.title = time.textContent;
  time.textContent = when.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}
