// The page of the search. It stands in place of the file of this name in MkDocs' search.
const worker = new Worker("search/worker.js");
const field = document.getElementById("words");
const place = document.getElementById("found");

field.value = new URLSearchParams(window.location.search).get("q") ?? "";
field.addEventListener("input", search);
worker.onmessage = ({ data }) => show(data);
search();

// Until the index is read, the page says that it searches.
function search() {
  place.replaceChildren();
  if (field.value.trim().length < field.minLength) return;
  place.textContent = "Searching…";
  worker.postMessage({ words: field.value });
}

function show(pages) {
  const count = document.createElement("p");
  count.textContent = pages.length ? `${pages.length} ${pages.length === 1 ? "page" : "pages"}` : "No page has these words.";
  place.replaceChildren(count, ...pages.map(drawPage));
}

function drawPage({ address, title, sections }) {
  const article = document.createElement("article");
  const heading = document.createElement("h2");
  heading.append(link(address, title));
  article.append(heading, ...sections.map((section) => drawSection(section, title)));
  return article;
}

function drawSection({ location, title, text, marks, isCut }, page) {
  const paragraph = document.createElement("p");
  if (title !== page) paragraph.append(link(location, title), document.createElement("br"));
  if (isCut[0]) paragraph.append("… ");
  let end = 0;
  for (const [start, length] of marks) {
    if (start < end) continue;
    const mark = document.createElement("mark");
    mark.textContent = text.slice(start, start + length);
    paragraph.append(text.slice(end, start), mark);
    end = start + length;
  }
  paragraph.append(text.slice(end));
  if (isCut[1]) paragraph.append(" …");
  return paragraph;
}

function link(address, text) {
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.textContent = text;
  return anchor;
}
