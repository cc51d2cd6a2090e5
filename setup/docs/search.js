// Where MkDocs' search finds its index: beside this page. Until the index is read, the page says what is looked for.
window.base_url = ".";
const words = new URLSearchParams(window.location.search).get("q");
if (words) {
  document.getElementById("mkdocs-search-query").value = words;
  document.getElementById("mkdocs-search-results").textContent = "Searching…";
}
