// The index of the search, built and asked beside the page, in place of the file of this name in MkDocs' search.
importScripts("lunr.js");

// A page for its readers comes before one on how Backmark works: by the page's folder.
const WEIGHTS = { student: 10, instructor: 10, developer: 8, operator: 8, reference: 1, "how-we-know": 1 };
const SECTIONS = 3;
const EXCERPT = 200;
// A name of code is found by each of its words.
lunr.tokenizer.separator = /[^\p{L}\p{N}_]/u;

const ready = fetch("search_index.json").then((answer) => answer.json()).then(({ docs }) => {
  const documents = new Map(docs.map((document) => [document.location, document]));
  // A page's own entry repeats the text of its sections, which are found instead.
  const sections = docs.filter((document) => document.location.includes("#"));
  const index = lunr(function () {
    this.ref("location");
    this.field("title", { boost: 4 });
    this.field("text");
    this.metadataWhitelist = ["position"];
    sections.forEach((section) => this.add(section, { boost: WEIGHTS[section.location.split("/")[0]] ?? 1 }));
  });
  return { index, documents };
});

onmessage = async ({ data }) => {
  const { index, documents } = await ready;
  const stems = listStems(index, data.words);
  const pages = listPages(find(index, stems), documents);
  // A page that is asked for by its name comes first.
  const isNamed = ({ title }) => String(listStems(index, title)) === String(stems);
  postMessage([...pages.filter(isNamed), ...pages.filter((page) => !isNamed(page))]);
};

function listStems(index, words) {
  return lunr.tokenizer(words).filter(lunr.stopWordFilter).map((word) => index.pipeline.run([word])).map(String);
}

// Sections with all of the words, else those with one of them; the last word may be unfinished.
function find(index, stems) {
  for (const presence of [lunr.Query.presence.REQUIRED, lunr.Query.presence.OPTIONAL]) {
    const found = index.query((query) => stems.forEach((stem, place) => {
      const isLast = place === stems.length - 1;
      const wildcard = isLast ? lunr.Query.wildcard.TRAILING : lunr.Query.wildcard.NONE;
      query.term(stem, { presence, wildcard, usePipeline: false });
      query.term(stem, { boost: 4, usePipeline: false });
    }));
    if (found.length) return found;
  }
  return [];
}

// Each page once, at the place of its best section.
function listPages(found, documents) {
  const pages = new Map();
  for (const { ref, matchData } of found) {
    const address = ref.split("#")[0];
    const page = pages.get(address) ?? { address, title: documents.get(address).title, sections: [] };
    pages.set(address, page);
    if (page.sections.length < SECTIONS) page.sections.push(cut(documents.get(ref), matchData));
  }
  return [...pages.values()];
}

// The text around the first word that was found.
function cut({ location, title, text }, { metadata }) {
  const places = Object.values(metadata).flatMap((fields) => fields.text?.position ?? []).sort(([one], [other]) => one - other);
  const first = places.length ? places[0][0] : 0;
  const from = first < EXCERPT / 2 ? 0 : text.indexOf(" ", first - EXCERPT / 2) + 1;
  const to = from + EXCERPT;
  const marks = places.filter(([start, length]) => start + length <= to);
  return {
    location, title, text: text.slice(from, to), isCut: [from > 0, to < text.length],
    marks: marks.map(([start, length]) => [start - from, length]),
  };
}
