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
      source.closest("details")?.setAttribute("open", "");
      getSelection().selectAllChildren(source);
      if ("select" in source) source.select();
      button.textContent = "Selected: press Ctrl+C";
    }
    setTimeout(() => { button.textContent = said; }, 2500);
  });
}

// Without BACKMARK_PUBLIC_URL the server knows no address of its own: it is where this browser found it.
for (const field of document.querySelectorAll("input[data-path]")) {
  field.value = new URL(field.value, location.origin).href;
}

// With its zone: it is the browser's, and in the title there is UTC.
const parts = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
for (const time of document.querySelectorAll("time[datetime]")) {
  const when = new Date(time.dateTime);
  if (Number.isNaN(when.getTime())) continue;
  time.title = time.textContent;
  time.textContent = when.toLocaleString("en-GB", parts);
}

// Times in a form are written in UTC; whoever never named a zone reads them in that of the browser. Near a change of
// clocks they stay as they are, since a local time might be another one there.
for (const form of document.querySelectorAll("form[data-zoned]")) {
  const zone = form.querySelector("[data-zone]");
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const fields = [...form.querySelectorAll("[data-time]")].filter((field) => field.value);
  const moments = fields.map((field) => new Date(`${field.value}Z`));
  const hour = 3600 * 1000;
  const steady = (moment) => [-2, 2].every((hours) => new Date(+moment + hours * hour).getTimezoneOffset() === moment.getTimezoneOffset());
  if (!zone || !name || !moments.every((moment) => !Number.isNaN(+moment) && steady(moment))) continue;
  zone.value = name;
  // A browser may know a place that the list lacks.
  if (zone.value !== name) zone.add(new Option(name, name, true, true));
  for (const [at, moment] of moments.entries()) {
    const local = new Date(+moment - 60000 * moment.getTimezoneOffset());
    fields[at].value = local.toISOString().slice(0, fields[at].value.length);
  }
}

// A form is sent once, however often its button is pressed.
for (const form of document.querySelectorAll("form[data-sending]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button[type=submit]");
    button.textContent = form.dataset.sending;
    // After the form has taken its values.
    setTimeout(() => { button.disabled = true; });
  });
  // Who comes back by the browser's button finds it as it was.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

// Times that come nearer, and the form that closes. The seconds left are the server's: a wrong clock here moves none.
const opened = Date.now();
const left = (seconds) => seconds - (Date.now() - opened) / 1000;
const countdowns = document.querySelectorAll("[data-left]");
const closing = document.querySelector("form[data-closing]");

function count() {
  for (const place of countdowns) {
    const seconds = left(place.dataset.left);
    place.textContent = seconds > 0 ? `in ${duration(seconds)}` : `${duration(-seconds)} ago`;
  }
  const button = closing?.querySelector("button[type=submit]");
  // A file that is on its way is not called back.
  if (button && !button.disabled && left(closing.dataset.closing) <= 0) {
    button.disabled = true;
    location.reload();
  }
}

if (countdowns.length || closing) setInterval(count, 1000);

// As the server writes it: 4 s, 3 min, 2 h.
function duration(seconds) {
  for (const [size, unit] of [[86400, "days"], [3600, "h"], [60, "min"]]) {
    if (seconds >= 2 * size) return `${Math.round(seconds / size)} ${unit}`;
  }
  return `${Math.max(1, Math.round(seconds))} s`;
}

// A verdict that is held back comes days later, a refusal of the file within minutes: look again after as long as before.
const heldBack = document.querySelector("[data-held-back]");
if (heldBack) lookAgain(heldBack.dataset.heldBack, 4);

async function lookAgain(path, seconds) {
  await new Promise((resolve) => { setTimeout(resolve, 1000 * seconds); });
  try {
    const answer = await fetch(path);
    if (answer.ok && !(await answer.json()).held_back) {
      location.reload();
      return;
    }
  } catch {
    // The next look tells.
  }
  lookAgain(path, Math.min(2 * seconds, 3600));
}

const followed = document.querySelector("[data-follow]");
if (followed) follow(followed, followed.dataset.follow);

function follow(place, path) {
  const title = place.querySelector("[data-title]");
  const says = place.querySelector("[data-says]");
  const states = ["queued", "running", "done", "superseded", "cancelled", "service_failed"];

  function show(told) {
    if (told.over) {
      source.close();
      location.replace(location.href);
      return;
    }
    const running = told.state === "running";
    title.textContent = running ? "Being graded" : "Handed in";
    const text = running ? "Your code is running on the first cases. The verdict follows in a moment." : waiting(told);
    if (says.textContent !== text) says.textContent = text;
    for (const step of place.querySelectorAll("[data-step]")) {
      step.className = step.dataset.step === told.state ? "now" : running ? "past" : "";
    }
  }

  function waiting(told) {
    const count = told.position === 1 ? "1 submission is" : `${told.position} submissions are`;
    const place = told.position ? `${count} ahead of yours` : "Your submission is next";
    const time = told.estimated_seconds ? `; about ${duration(told.estimated_seconds)}` : "";
    return `${place}${time}.`;
  }

  // Where no connection can be held open (the server has so many only), look now and then, not all at once.
  async function look() {
    try {
      const answer = await fetch(`${path}/state`);
      if (answer.ok) {
        const told = await answer.json();
        show(told);
        if (told.over) return;
      }
    } catch {
      // The next look tells.
    }
    setTimeout(look, 2000 + 2000 * Math.random());
  }

  const source = new EventSource(`${path}/events`);
  for (const state of states) source.addEventListener(state, (event) => show(JSON.parse(event.data)));
  source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) look(); });
}
