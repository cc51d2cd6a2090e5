// Where MkDocs' search finds its index: beside this page.
window.base_url = ".";
